package io.jrun.cli.console;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Dies of Ctrl-C as a process should: cleaned up, and of the signal itself, so that a shell stops its script too. A JVM
 * alone would exit with 130, which a shell takes for a command that failed by itself.
 *
 * <p>On SIGINT, SIGTERM and SIGHUP the main thread is interrupted and given time to unwind, because whoever holds a
 * temporary file deletes it there. Signals that the caller ignores (nohup) stay ignored.
 */
public final class Termination {

    private static final long UNWIND_SECONDS = 2;

    /** What shells add to a signal's number. */
    private static final int SIGNAL_BASE = 128;

    private static final List<String> SIGNALS = List.of("INT", "TERM", "HUP");
    private static final List<Runnable> CLEANUPS = new ArrayList<>();
    private static final CountDownLatch UNWOUND = new CountDownLatch(1);

    private static volatile boolean dying;

    private Termination() {}

    /** To be called by the thread that runs the command, before it begins. */
    public static void install() {
        Thread worker = Thread.currentThread();
        for (String name : SIGNALS) {
            Signal.named(name).handle(signal -> unwindAndDie(worker, signal));
        }
    }

    /** Runs {@code cleanup} before this process dies of a signal. */
    public static void beforeDying(Runnable cleanup) {
        synchronized (CLEANUPS) {
            CLEANUPS.add(cleanup);
        }
    }

    /** Whether a signal has come; what fails from then on fails because of it. */
    public static boolean isDying() {
        return dying;
    }

    /** Tells that the command has unwound. Does not return when the process is to die of a signal. */
    public static void unwound() {
        UNWOUND.countDown();
        while (dying) {
            // The thread that handles the signal has interrupted this one, and ends the process; park() needs that
            // cleared.
            Thread.interrupted();
            LockSupport.park();
        }
    }

    /** Whatever goes wrong on the way, the process ends: nobody else would end it any more. */
    private static void unwindAndDie(Thread worker, Signal signal) {
        try {
            unwind(worker);
            signal.restoreDefault();
            dieOf(signal);
        } finally {
            // The next best is the exit status by which shells tell of a signal.
            Runtime.getRuntime().halt(SIGNAL_BASE + signal.number());
        }
    }

    private static void unwind(Thread worker) {
        dying = true;
        worker.interrupt();
        try {
            UNWOUND.await(UNWIND_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException impatient) {
            Thread.currentThread().interrupt();
        }
        synchronized (CLEANUPS) {
            CLEANUPS.forEach(Runnable::run);
        }
    }

    /** By a shell, because a JVM raises only signals that it handles, and lets no process end itself otherwise. */
    private static void dieOf(Signal signal) {
        long self = ProcessHandle.current().pid();
        try {
            new ProcessBuilder("/bin/sh", "-c", "kill -s " + signal.name() + " " + self)
                    .start()
                    .waitFor();
        } catch (IOException | InterruptedException noShell) {
            // The caller goes on to the exit status.
            return;
        }
    }
}
