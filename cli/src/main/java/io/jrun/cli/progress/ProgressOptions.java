package io.jrun.cli.progress;

import io.jrun.cli.console.Console;
import io.jrun.error.Failure;
import io.jrun.error.FileFailure;
import io.jrun.error.StorageException;
import io.jrun.error.UsageException;
import io.jrun.json.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** How a command that takes long tells how far it is. */
public final class ProgressOptions {

    @Option(
            names = "--progress",
            paramLabel = "HOW",
            defaultValue = "auto",
            description =
                    "auto (default): bars on a terminal, else plain: a line for each phase; json: events, one object a line on standard error; none.")
    private String how;

    @Option(
            names = {"-q", "--quiet"},
            description = "Print only the result, and errors.")
    private boolean quiet;

    @Option(names = "--timings", paramLabel = "FILE", description = "Write the seconds of each phase to FILE, as JSON.")
    private Optional<Path> timingsFile;

    private Optional<Timings> timings = Optional.empty();

    /** The display that was asked for. */
    public ImportListener listener(Console console) throws UsageException {
        ImportListener display = quiet ? new SilentProgress() : display(console);
        timings = timingsFile.map(file -> new Timings());
        return timings.isPresent() ? new ProgressPair(display, timings.get()) : display;
    }

    private ImportListener display(Console console) throws UsageException {
        return switch (how) {
            case "auto" ->
                console.isTerminal()
                        ? new TerminalProgress(console.err(), TerminalWidth.watched(console.columns()))
                        : new PlainProgress(console.err());
            case "plain" -> new PlainProgress(console.err());
            case "json" -> new JsonProgress(console.err());
            case "none" -> new SilentProgress();
            default ->
                throw new UsageException(Failure.of("show progress as " + how, "there is no such way")
                        .hint("choose auto, plain, json or none"));
        };
    }

    /** Whether standard error holds events and so nothing else. */
    public boolean isForPrograms() {
        return how.equals("json");
    }

    /** Writes what was measured, when all has ended. */
    public void writeTimings() throws StorageException {
        if (timings.isEmpty()) {
            return;
        }
        Path file = timingsFile.orElseThrow();
        try {
            Files.writeString(file, Json.toPrettyText(timings.get().toJson()) + "\n", StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new StorageException(Failure.of("write " + file, FileFailure.cause(e)), e);
        }
    }
}
