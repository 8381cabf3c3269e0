package io.jrun.cli;

import io.jrun.cli.console.Console;
import io.jrun.cli.console.FailureReport;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Map;

/** The whole command line but for the process around it. */
final class CommandLineFixture {

    final RecordingOperations operations = new RecordingOperations();
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final Map<String, String> environment;
    private final String input;
    private final boolean interactive;

    private CommandLineFixture(Path cache, String input, boolean interactive) {
        this.environment = Map.of("XDG_CACHE_HOME", cache.toString());
        this.input = input;
        this.interactive = interactive;
    }

    static CommandLineFixture withoutTerminal(Path cache) {
        return new CommandLineFixture(cache, "", false);
    }

    static CommandLineFixture answering(Path cache, String input) {
        return new CommandLineFixture(cache, input, true);
    }

    Console console() {
        return new Console(
                new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)),
                out,
                new PrintStream(err, true, StandardCharsets.UTF_8),
                environment,
                interactive,
                false);
    }

    int run(String... arguments) {
        Console console = console();
        Clock clock = Clock.fixed(Instant.parse("2026-11-01T10:20:30Z"), ZoneOffset.UTC);
        FailureReport report = new FailureReport(console.err(), environment, clock);
        return Commands.tree(console, operations.services(), report).execute(arguments);
    }

    String out() {
        return out.toString(StandardCharsets.UTF_8);
    }

    String err() {
        return err.toString(StandardCharsets.UTF_8);
    }
}
