package io.jrun.cli;

import java.time.Clock;
import picocli.CommandLine;

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
            exitCode = commands(console, report).execute(arguments);
        } catch (Error fault) {
            // Exceptions are told where the failing command is known; these pass by there.
            exitCode = report.print(arguments[0], fault).number();
        }
        Termination.unwound();
        System.exit(exitCode);
    }

    private static CommandLine commands(Console console, FailureReport report) {
        Operations operations = new JrunOperations(
                console.environment(), note -> console.err().println("jrun: " + note), Clock.systemUTC());
        return Commands.tree(console, operations, report);
    }
}
