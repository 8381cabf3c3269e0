package io.jrun.image.convert;

import io.jrun.image.layer.MergeLimits;
import io.jrun.image.reference.Platform;
import io.jrun.image.squashfs.Compression;
import io.jrun.image.squashfs.SquashfsOptions.OwnershipPolicy;
import java.nio.file.Path;

/**
 * What to make of an image. The same request for the same manifest digest gives the same bytes.
 *
 * @param output the image file; appears whole or not at all
 * @param level within the compression's range
 * @param blockSizeInBytes a power of two from 4,096 to 1,048,576
 * @param jrunVersion recorded inside the image file
 */
public record ConversionRequest(
        Platform platform,
        Path output,
        Existing existing,
        Compression compression,
        int level,
        int blockSizeInBytes,
        OwnershipPolicy ownership,
        MergeLimits limits,
        String jrunVersion) {

    /** The same with another output. */
    public ConversionRequest withOutput(Path other) {
        return new ConversionRequest(
                platform, other, existing, compression, level, blockSizeInBytes, ownership, limits, jrunVersion);
    }

    /** What happens to a file that already has the output's name. */
    public enum Existing {
        KEEP,
        REPLACE
    }
}
