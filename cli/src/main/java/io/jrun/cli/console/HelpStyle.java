package io.jrun.cli.console;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;

/** No colours, and one width, so that help pages are the same everywhere. */
public final class HelpStyle {

    private static final int COLUMNS = 80;

    private HelpStyle() {}

    /** The same command line, which prints to the console. */
    public static CommandLine on(CommandLine command, Console console) {
        return command.setColorScheme(CommandLine.Help.defaultColorScheme(Ansi.OFF))
                .setUsageHelpWidth(COLUMNS)
                .setOut(new PrintWriter(console.out(), true, StandardCharsets.UTF_8))
                .setErr(new PrintWriter(console.err(), true, StandardCharsets.UTF_8));
    }
}
