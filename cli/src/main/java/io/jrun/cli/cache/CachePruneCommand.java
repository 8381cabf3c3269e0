package io.jrun.cli.cache;

import io.jrun.cli.cache.PruneRequest.Effect;
import io.jrun.cli.console.ByteSize;
import io.jrun.cli.console.Console;
import io.jrun.cli.console.ExitCode;
import io.jrun.cli.console.FormatOption;
import io.jrun.cli.console.OutputFormat;
import io.jrun.cli.console.TalkOptions;
import io.jrun.cli.progress.Amounts;
import io.jrun.json.Json;
import io.jrun.json.JsonValue;
import io.jrun.json.JsonValue.JsonObject;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code jrun cache prune}. */
@Command(
        name = "prune",
        description = {
            "Remove what was not used for long; imports that run meanwhile take no harm.",
            "Without a choice, what was not used for 30 days goes."
        },
        footer = {"", "Example:", "  jrun cache prune --max-size 20G --older-than 90d"})
final class CachePruneCommand implements Callable<Integer> {

    private static final Duration USUAL_AGE = Duration.ofDays(30);

    private final Console console;
    private final CacheOperations operations;

    @Mixin
    TalkOptions talk;

    @Mixin
    private FormatOption format;

    @Option(
            names = "--max-size",
            paramLabel = "BYTES",
            description = "Remove the least recently used until no more is left; K, M, G and T may follow.")
    private Optional<ByteSize> maxSize;

    @Option(
            names = "--older-than",
            paramLabel = "AGE",
            converter = AgeConverter.class,
            description = "Remove what was not used for so long, such as 12h or 7d.")
    private Optional<Duration> olderThan;

    @Option(names = "--dry-run", description = "Only tell what would go.")
    private boolean dryRun;

    CachePruneCommand(Console console, CacheOperations operations) {
        this.console = console;
        this.operations = operations;
    }

    @Override
    public Integer call() throws IOException {
        OutputFormat chosen = format.chosen();
        PruneReport report = operations.prune(new PruneRequest(
                maxSize.map(size -> OptionalLong.of(size.sizeInBytes())).orElse(OptionalLong.empty()),
                maxSize.isPresent() ? olderThan : Optional.of(olderThan.orElse(USUAL_AGE)),
                dryRun ? Effect.ONLY_TELL : Effect.REMOVE));
        if (chosen == OutputFormat.JSON) {
            console.result(Json.toPrettyText(json(report)));
            return ExitCode.SUCCESS.number();
        }
        if (!report.removed().isEmpty()) {
            console.result(CacheListing.table(report.removed()));
        }
        console.err()
                .println("jrun: " + (dryRun ? "would free " : "freed ") + Amounts.bytes(report.freedInBytes()) + ", "
                        + Amounts.bytes(report.keptInBytes()) + " stay");
        return ExitCode.SUCCESS.number();
    }

    private static JsonValue json(PruneReport report) {
        Map<String, JsonValue> members = new LinkedHashMap<>();
        members.put("removed", CacheListing.json(report.removed()));
        members.put("freedBytes", JsonValue.of(report.freedInBytes()));
        members.put("keptBytes", JsonValue.of(report.keptInBytes()));
        return new JsonObject(members);
    }
}
