package io.jrun.cli.convert;

import io.jrun.cli.console.RoomOption;
import io.jrun.cli.convert.ImportManner.Reuse;
import io.jrun.error.Failure;
import io.jrun.error.UsageException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** How an import goes about its work. */
final class MannerOptions {

    @Option(
            names = "--shared",
            paramLabel = "DIR",
            description =
                    "Keep the image file in DIR, where each image is made once, whatever the number of processes and nodes that ask for it; prints its path.")
    private Optional<Path> shared;

    @Option(
            names = "--takeover-after",
            paramLabel = "SECONDS",
            description = "With --shared: how long another node may be silent before its work is taken over; 75.")
    private Optional<Integer> takeoverAfter;

    @Mixin
    private RoomOption room;

    @Option(
            names = "--no-reuse",
            description =
                    "Read every layer, also those that an earlier image file of this user has; the result is the same.")
    private boolean noReuse;

    @Option(names = "--plan-only", description = "Tell what would be done, and do nothing.")
    private boolean planOnly;

    @Option(names = "--json", description = "With --plan-only: as JSON.")
    private boolean json;

    boolean isPlanOnly() {
        return planOnly;
    }

    boolean isJson() {
        return json;
    }

    ImportManner manner() {
        return new ImportManner(
                shared,
                takeoverAfter.map(seconds -> Duration.ofSeconds(seconds)),
                room.roomCheck(),
                noReuse ? Reuse.READ_ALL : Reuse.TAKE_OVER);
    }

    /** Refuses what contradicts itself. */
    void check(boolean namesOutput) throws UsageException {
        if (shared.isPresent() && namesOutput) {
            throw new UsageException(Failure.of(
                            "import into " + shared.get(),
                            "files there are named by their content, so -o and -f mean nothing")
                    .hint("leave out -o and -f, or --shared"));
        }
        if (json && !planOnly) {
            throw new UsageException(Failure.of("print JSON", "only a plan is printed so")
                    .hint("add --plan-only, or use --progress json for events"));
        }
        if (takeoverAfter.filter(seconds -> seconds < 1).isPresent()) {
            throw new UsageException(
                    Failure.of("take over after " + takeoverAfter.get() + " s", "less than a second is no time")
                            .hint("give it a minute: --takeover-after 60"));
        }
    }
}
