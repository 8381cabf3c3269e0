package io.jrun.cli.convert;

import io.jrun.cli.console.ByteSize;
import io.jrun.cli.convert.ImportRequest.Limits;
import java.util.Optional;
import java.util.OptionalLong;
import picocli.CommandLine.Option;

/** How much is read at most, against images that were made to fill a disk. */
final class LimitOptions {

    @Option(names = "--max-entries", paramLabel = "N", description = "Refuse images with more files than this.")
    private Optional<Long> maxEntries;

    @Option(
            names = "--max-size",
            paramLabel = "BYTES",
            description = "Refuse images larger than this when unpacked; K, M, G and T may follow.")
    private Optional<ByteSize> maxSize;

    Limits limits() {
        return new Limits(
                maxEntries.map(OptionalLong::of).orElse(OptionalLong.empty()),
                maxSize.map(size -> OptionalLong.of(size.sizeInBytes())).orElse(OptionalLong.empty()));
    }
}
