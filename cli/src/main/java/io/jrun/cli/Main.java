package io.jrun.cli;

import io.jrun.cli.console.Console;
import io.jrun.cli.console.FailureReport;
import io.jrun.cli.console.Termination;
import io.jrun.cli.manual.HelpPages;
import io.jrun.cli.start.StartMain;
import java.io.IOException;
import java.time.Clock;
import java.util.List;
import java.util.Optional;

/** The commands that need a JVM. */
public final class Main {

    private Main() {}

    public static void main(String[] arguments) throws IOException {
        Console console = Console.ofThisProcess();
        Optional<String> page = HelpPages.askedFor(List.of(arguments));
        if (page.isPresent()) {
            console.result(page.get().stripTrailing());
            return;
        }
        if (arguments.length > 0 && List.of("start", "batch", "exec", "env").contains(arguments[0])) {
            StartMain.main(arguments);
            return;
        }
        FailureReport report = new FailureReport(console.err(), console.environment(), Clock.systemUTC());
        Termination.install();
        int exitCode;
        try {
            exitCode = run(console, report, arguments);
        } catch (Error fault) {
            // Exceptions are told where the failing command is known; these pass by there.
            exitCode = report.print(arguments[0], fault).number();
        }
        Termination.unwound();
        System.exit(exitCode);
    }

    private static int run(Console console, FailureReport report, String[] arguments) {
        Services services = Services.ofThisHost(console);
        if (arguments.length == 1 && arguments[0].equals("list")) {
            // The most frequent command line after start; without options there is nothing to parse.
            return listed(console, services, report);
        }
        String word = arguments.length == 0 ? "" : arguments[0];
        return Commands.treeFor(word, console, services, report).execute(arguments);
    }

    private static int listed(Console console, Services services, FailureReport report) {
        try {
            return Commands.list(console, services).call();
        } catch (IOException failure) {
            return report.print("list", failure).number();
        }
    }
}
