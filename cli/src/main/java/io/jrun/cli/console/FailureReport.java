package io.jrun.cli.console;

import io.jrun.error.JrunException;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutionException;

/** Tells the user why a command failed: our own failures in their words, faults of ours with a file to report. */
public final class FailureReport {

    private static final DateTimeFormatter FILE_STAMP =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);

    private final PrintStream err;
    private final Map<String, String> environment;
    private final Clock clock;

    public FailureReport(PrintStream err, Map<String, String> environment, Clock clock) {
        this.err = err;
        this.environment = environment;
        this.clock = clock;
    }

    /** Prints what is to be said and returns the exit code. */
    public ExitCode print(String command, Throwable failure) {
        Throwable cause = unwrap(failure);
        if (cause instanceof JrunException known) {
            err.println("jrun: " + known.failure().message());
        } else if (cause instanceof OutOfMemoryError) {
            err.println("jrun: cannot run " + command + ": the memory given to it is used up (ENOMEM)\n"
                    + "  hint: a larger memory limit of the job, or fewer CPUs (taskset -c 0 jrun …), may help");
        } else {
            printFault(command, cause);
        }
        return ExitCode.of(cause);
    }

    /** Threads and lambdas wrap what they cannot declare; the user is told what lies inside. */
    private static Throwable unwrap(Throwable failure) {
        Throwable inner = failure;
        while ((inner instanceof UncheckedIOException || inner instanceof ExecutionException)
                && inner.getCause() != null) {
            inner = inner.getCause();
        }
        return inner;
    }

    private void printFault(String command, Throwable fault) {
        err.println("jrun: cannot run " + command + ": a fault in jrun itself ("
                + fault.getClass().getSimpleName() + (fault.getMessage() == null ? "" : ": " + fault.getMessage())
                + ")");
        StringWriter trace = new StringWriter();
        fault.printStackTrace(new PrintWriter(trace));
        try {
            err.println("  hint: please report it together with the file " + writeTrace(command, trace.toString()));
        } catch (IOException unwritable) {
            err.println("  hint: please report it together with these lines");
            err.print(trace);
        }
    }

    private Path writeTrace(String command, String trace) throws IOException {
        Path directory = cacheDirectory();
        Files.createDirectories(directory);
        Path file = directory.resolve("crash-" + FILE_STAMP.format(clock.instant()) + "-"
                + ProcessHandle.current().pid() + ".txt");
        String text = "jrun " + Version.number() + "\ncommand " + command + "\njava "
                + System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version") + "\nsystem "
                + System.getProperty("os.name") + " " + System.getProperty("os.version") + " "
                + System.getProperty("os.arch") + "\n\n" + trace;
        Files.writeString(file, text, StandardCharsets.UTF_8);
        return file;
    }

    /** Source: XDG Base Directory Specification; relative values are to be ignored. */
    private Path cacheDirectory() {
        String cache = environment.getOrDefault("XDG_CACHE_HOME", "");
        Path base = cache.startsWith("/")
                ? Path.of(cache)
                : Path.of(environment.getOrDefault("HOME", "/")).resolve(".cache");
        return base.resolve("jrun");
    }
}
