package io.jrun.cli.console;

import java.io.IOException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
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
 *
 * <p>The signal classes are called by reflection: they are exported by jdk.unsupported, but the compiler warns of every
 * mention and cannot be told not to.
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
        try {
            Class<?> handlerType = Class.forName("sun.misc.SignalHandler");
            Object ignore = handlerType.getField("SIG_IGN").get(null);
            InvocationHandler onSignal = (proxy, method, arguments) -> {
                if (method.getName().equals("handle")) {
                    unwindAndDie(worker, arguments[0]);
                    return null;
                }
                return method.getName().equals("equals") ? proxy == arguments[0] : System.identityHashCode(proxy);
            };
            Object handler =
                    Proxy.newProxyInstance(handlerType.getClassLoader(), new Class<?>[] {handlerType}, onSignal);
            for (String name : SIGNALS) {
                Object signal = signal(name);
                if (handle(signal, handler).equals(ignore)) {
                    handle(signal, ignore);
                }
            }
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("this JVM does not let signals be handled", e);
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
    private static void unwindAndDie(Thread worker, Object signal) throws ReflectiveOperationException {
        int number = (int) signal.getClass().getMethod("getNumber").invoke(signal);
        try {
            unwind(worker);
            Object byDefault =
                    Class.forName("sun.misc.SignalHandler").getField("SIG_DFL").get(null);
            handle(signal, byDefault);
            dieOf(signal);
        } finally {
            // The next best is the exit status by which shells tell of a signal.
            Runtime.getRuntime().halt(SIGNAL_BASE + number);
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
    private static void dieOf(Object signal) throws ReflectiveOperationException {
        String name = (String) signal.getClass().getMethod("getName").invoke(signal);
        long self = ProcessHandle.current().pid();
        try {
            new ProcessBuilder("/bin/sh", "-c", "kill -s " + name + " " + self)
                    .start()
                    .waitFor();
        } catch (IOException | InterruptedException noShell) {
            // The caller goes on to the exit status.
            return;
        }
    }

    private static Object signal(String name) throws ReflectiveOperationException {
        return Class.forName("sun.misc.Signal").getConstructor(String.class).newInstance(name);
    }

    /** @return what handled the signal before */
    private static Object handle(Object signal, Object handler) throws ReflectiveOperationException {
        Method handle =
                signal.getClass().getMethod("handle", signal.getClass(), Class.forName("sun.misc.SignalHandler"));
        return handle.invoke(null, signal, handler);
    }
}
