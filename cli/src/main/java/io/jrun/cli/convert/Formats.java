package io.jrun.cli.convert;

import io.jrun.cli.convert.ImportRequest.Target;
import io.jrun.error.Failure;
import io.jrun.error.UsageException;
import io.jrun.image.blob.ArchiveCompression;
import io.jrun.image.convert.OutputFormat;
import io.jrun.image.squashfs.Compression;
import io.jrun.image.squashfs.SquashfsOptions;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;

/** What the options say of the form of a result. */
final class Formats {

    private Formats() {}

    static OutputFormat of(Target target) throws UsageException {
        return switch (target.format()) {
            case "squashfs" -> squashfs(target);
            case "tar" -> {
                ArchiveCompression compression = archive(target, ArchiveCompression.NONE);
                yield new OutputFormat.Tar(compression, level(target, compression));
            }
            case "oci" -> {
                ArchiveCompression compression = archive(target, ArchiveCompression.GZIP);
                yield new OutputFormat.OciLayout(compression, level(target, compression));
            }
            case "dir" -> directory(target);
            default ->
                throw new UsageException(Failure.of("write the format " + target.format(), "jrun does not know it")
                        .hint("choose squashfs, tar, dir or oci"));
        };
    }

    /** What a file of the format is called, with its dot; empty for directories. */
    static String suffix(OutputFormat format) {
        if (format instanceof OutputFormat.Squashfs) {
            return ".sqsh";
        } else if (format instanceof OutputFormat.Tar tar) {
            return switch (tar.compression()) {
                case NONE -> ".tar";
                case GZIP -> ".tar.gz";
                case ZSTD -> ".tar.zst";
            };
        }
        return format instanceof OutputFormat.OciLayout ? ".oci" : "";
    }

    private static OutputFormat squashfs(Target target) throws UsageException {
        Compression compression = compression(target.compression().orElse(Compression.ZSTD.label()));
        int level = level(
                target.level(),
                compression.label(),
                compression.minLevel(),
                compression.maxLevel(),
                compression.defaultLevel());
        int blockSize = target.blockSizeInBytes().orElse(SquashfsOptions.DEFAULT_BLOCK_SIZE);
        if (!SquashfsOptions.isBlockSize(blockSize)) {
            throw new UsageException(
                    Failure.of("use blocks of " + blockSize + " bytes", "squashfs has none such (EINVAL)")
                            .hint("choose a power of two from 4K to 1M"));
        }
        return new OutputFormat.Squashfs(compression, level, blockSize);
    }

    private static OutputFormat directory(Target target) throws UsageException {
        if (target.compression().isPresent() || target.level().isPresent()) {
            throw new UsageException(Failure.of("compress a directory", "its files lie there as they are (EINVAL)")
                    .hint("leave out --compress and --level"));
        }
        refuseBlockSize(target);
        return new OutputFormat.Directory();
    }

    private static void refuseBlockSize(Target target) throws UsageException {
        if (target.blockSizeInBytes().isPresent()) {
            throw new UsageException(
                    Failure.of("use --block-size for " + target.format(), "only squashfs has such blocks (EINVAL)")
                            .hint("leave it out"));
        }
    }

    private static int level(Target target, ArchiveCompression compression) throws UsageException {
        refuseBlockSize(target);
        return level(
                target.level(),
                compression.label(),
                compression.minLevel(),
                compression.maxLevel(),
                compression.defaultLevel());
    }

    private static int level(OptionalInt wanted, String label, int min, int max, int usual) throws UsageException {
        int level = wanted.orElse(usual);
        if (level < min || level > max) {
            throw new UsageException(Failure.of("compress with level " + level, label + " has no such level (EINVAL)")
                    .hint(min == max ? "leave out --level" : "choose " + min + " to " + max));
        }
        return level;
    }

    private static Compression compression(String label) throws UsageException {
        List<Compression> writable = Arrays.stream(Compression.values())
                .filter(Compression::isWritable)
                .toList();
        return writable.stream()
                .filter(each -> each.label().equals(label))
                .findFirst()
                .orElseThrow(() ->
                        unknown(label, writable.stream().map(Compression::label).toList()));
    }

    private static ArchiveCompression archive(Target target, ArchiveCompression usual) throws UsageException {
        String label = target.compression().orElse(usual.label());
        List<ArchiveCompression> all = List.of(ArchiveCompression.values());
        return all.stream()
                .filter(each -> each.label().equals(label))
                .findFirst()
                .orElseThrow(() -> unknown(
                        label, all.stream().map(ArchiveCompression::label).toList()));
    }

    private static UsageException unknown(String label, List<String> known) {
        return new UsageException(Failure.of("compress with " + label, "jrun does not write it here")
                .hint("choose one of " + String.join(", ", known)));
    }
}
