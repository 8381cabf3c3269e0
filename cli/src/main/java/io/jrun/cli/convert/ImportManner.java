package io.jrun.cli.convert;

import io.jrun.cli.console.RoomCheck;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * How an import goes about its work; nothing of this changes a byte of its result.
 *
 * @param sharedDirectory where many processes share what they import
 * @param takeoverAfter how long a silent producer on another node counts as alive
 */
public record ImportManner(
        Optional<Path> sharedDirectory, Optional<Duration> takeoverAfter, RoomCheck roomCheck, Reuse reuse) {

    /** What is done with layers that an earlier image file holds. */
    public enum Reuse {
        /** They are taken over, and those of the new file are noted. */
        TAKE_OVER,
        READ_ALL
    }

    /** Alone, and careful. */
    public static final ImportManner USUAL =
            new ImportManner(Optional.empty(), Optional.empty(), RoomCheck.REFUSE, Reuse.TAKE_OVER);
}
