package io.jrun.cli;

import io.jrun.cli.console.Console;
import io.jrun.cli.console.FailureReport;
import io.jrun.cli.console.Termination;
import io.jrun.cli.start.StartMain;
import java.time.Clock;

/** The commands that need a JVM. */
public final class Main {

    private Main() {}

    public static void main(String[] arguments) {
        if (arguments.length > 0 && arguments[0].equals("start")) {
            StartMain.main(arguments);
            return;
        }
        Console console = Console.ofThisProcess();
        FailureReport report = new FailureReport(console.err(), console.environment(), Clock.systemUTC());
        Termination.install();
        int exitCode;
        try {
            exitCode =
                    Commands.tree(console, Services.ofThisHost(console), report).execute(arguments);
        } catch (Error fault) {
            // Exceptions are told where the failing command is known; these pass by there.
            exitCode = report.print(arguments[0], fault).number();
        }
        Termination.unwound();
        System.exit(exitCode);
    }
}
