package io.jrun.cli.console;

import picocli.CommandLine.Option;

/** What every command but {@code start} understands. */
public final class TalkOptions {

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            order = 1000,
            description = "Show this help and exit.")
    boolean help;

    /** Must be set before the first logger is made, because it reads its level once. */
    @Option(
            names = {"-v", "--verbose"},
            order = 999,
            description = "Tell developers what happens.")
    public void verbose(boolean on) {
        if (on) {
            System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", "debug");
        }
    }
}
