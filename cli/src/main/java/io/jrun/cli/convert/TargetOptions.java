package io.jrun.cli.convert;

import io.jrun.cli.console.ByteSize;
import io.jrun.cli.console.Replacement;
import io.jrun.cli.convert.ImportRequest.Compat;
import io.jrun.cli.convert.ImportRequest.Owners;
import io.jrun.cli.convert.ImportRequest.Target;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import picocli.CommandLine.Option;

/** What to write, and how. */
final class TargetOptions {

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FILE",
            description = "The file or directory to write; by default named after what is read.")
    private Optional<Path> output;

    @Option(
            names = {"-f", "--force"},
            description = "Replace the output if it exists.")
    private boolean force;

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            defaultValue = "squashfs",
            description = "squashfs (default), tar, dir (an extracted tree) or oci (a layout with one layer).")
    private String format;

    @Option(
            names = "--compress",
            paramLabel = "CODEC",
            description =
                    "For squashfs zstd, gzip, lz4, xz or none (zstd by default); for tar none (default), gzip or zstd; for oci"
                            + " gzip (default), zstd or none.")
    private Optional<String> compression;

    @Option(
            names = "--level",
            paramLabel = "N",
            description = "How hard to compress, in the codec's own numbers; gzip has 1 to 9, zstd 1 to 22.")
    private Optional<Integer> level;

    @Option(
            names = "--block-size",
            paramLabel = "BYTES",
            description = "Size of squashfs's compressed blocks, a power of two from 4K to 1M; 128K by default.")
    private Optional<ByteSize> blockSize;

    @Option(names = "--all-root", description = "Let root own every file.")
    private boolean allRoot;

    /** Spelled in lower case on the command line. */
    enum CompatName {
        enroot
    }

    @Option(
            names = "--compat",
            paramLabel = "enroot",
            description = "Add /etc/rc, /etc/environment and /etc/fstab, from which enroot and pyxis take command and"
                    + " variables.")
    private Optional<CompatName> compat;

    /** Whether the user says where the output goes. */
    boolean namesOutput() {
        return output.isPresent() || force;
    }

    Target target() {
        return new Target(
                output,
                force ? Replacement.REPLACE : Replacement.REFUSE,
                format,
                compression,
                level.map(OptionalInt::of).orElse(OptionalInt.empty()),
                blockSize
                        .map(size -> OptionalInt.of(Math.toIntExact(size.sizeInBytes())))
                        .orElse(OptionalInt.empty()),
                allRoot ? Owners.ALL_ROOT : Owners.AS_RECORDED,
                compat.isPresent() ? Compat.ENROOT : Compat.NONE);
    }
}
