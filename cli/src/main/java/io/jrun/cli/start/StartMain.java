package io.jrun.cli.start;

import io.jrun.cli.console.Console;
import io.jrun.cli.console.ExitCode;
import io.jrun.cli.console.FailureReport;
import io.jrun.cli.console.Launcher;
import io.jrun.cli.console.OutputFormat;
import io.jrun.cli.console.RawArguments;
import io.jrun.cli.start.StartCompilation.Report;
import io.jrun.json.Json;
import io.jrun.posix.ByteString;
import java.io.IOException;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * {@code start}, {@code batch} and {@code exec}, as far as they need a JVM, and {@code env}: compiles the plan and hands
 * it to the launcher, whose child this process is, through the descriptor that JRUN_PLAN_FD names. Leaving that empty
 * means that there is nothing to run.
 */
public final class StartMain {

    private static final ByteString BATCH = ByteString.of("batch");
    private static final ByteString EXEC = ByteString.of("exec");
    private static final ByteString ENVIRONMENT = ByteString.of("env");

    private final Console console;
    private final Launcher launcher;
    private final StartCompilation compilation;

    StartMain(Console console, StartCompilation compilation) {
        this.console = console;
        this.launcher = new Launcher(console.environment());
        this.compilation = compilation;
    }

    public static void main(String[] arguments) {
        Console console = Console.ofThisProcess();
        int status;
        try {
            List<ByteString> raw = RawArguments.ofThisProcess(arguments.length);
            new StartMain(console, new HostStart(new Silence())).run(raw);
            status = ExitCode.SUCCESS.number();
        } catch (Throwable failure) {
            FailureReport report = new FailureReport(console.err(), console.environment(), Clock.systemUTC());
            boolean start = !arguments[0].equals("env");
            ExitCode code = report.print(arguments[0], failure);
            status = (start ? ExitCode.START_FAILED : code).number();
        }
        // Nothing waits for an orderly end, which would cost milliseconds of each first start.
        Runtime.getRuntime().halt(status);
    }

    /** Nobody asks a start for details. Not a lambda: those cost each first start several milliseconds. */
    private static final class Silence implements Consumer<String> {
        @Override
        public void accept(String note) {}
    }

    void run(List<ByteString> arguments) throws IOException {
        if (arguments.get(0).equals(EXEC)) {
            enter(arguments);
            return;
        }
        Optional<StartArguments> parsed = StartArgumentParser.parse(arguments);
        if (parsed.isEmpty()) {
            StartHelp.print(console, arguments.get(0).toString());
            return;
        }
        StartArguments start = parsed.get();
        start(arguments.get(0).equals(BATCH) ? compilation.batch(start) : start);
    }

    private void start(StartArguments arguments) throws IOException {
        if (arguments.prefix().get(0).equals(ENVIRONMENT)) {
            print(compilation.environment(arguments), arguments);
        } else if (arguments.has(StartOption.SECURITY)) {
            print(compilation.security(arguments), arguments);
        } else if (arguments.has(StartOption.EXPLAIN)) {
            print(compilation.explain(arguments), arguments);
        } else {
            compilation.compile(arguments, launcher.planDescriptor(), launcher.build());
        }
    }

    private void enter(List<ByteString> arguments) throws IOException {
        Optional<ExecArguments> parsed = ExecArguments.parse(arguments);
        if (parsed.isEmpty()) {
            StartHelp.print(console, "exec");
        } else {
            compilation.enter(parsed.get(), launcher.planDescriptor(), launcher.build());
        }
    }

    private void print(Report report, StartArguments arguments) throws IOException {
        console.result(wantsJson(arguments) ? Json.toPrettyText(report.json()) : report.text());
    }

    private static boolean wantsJson(StartArguments arguments) throws IOException {
        Optional<ByteString> format = arguments.last(StartOption.FORMAT);
        return format.isPresent() && OutputFormat.named(format.get().toString()) == OutputFormat.JSON;
    }
}
