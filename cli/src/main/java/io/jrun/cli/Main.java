package io.jrun.cli;

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
        int exitCode = Commands.tree(console, new JrunOperations(
                                console.environment(),
                                note -> console.err().println("jrun: " + note),
                                Clock.systemUTC()), report)
                .execute(arguments);
        Termination.unwound();
        System.exit(exitCode);
    }
}
