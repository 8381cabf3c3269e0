package io.jrun.image.convert;

import io.jrun.image.layer.MergeLimits;
import io.jrun.image.reference.Platform;
import io.jrun.image.squashfs.SquashfsOptions.OwnershipPolicy;
import java.nio.file.Path;

/**
 * What to make of an image. The same request for the same manifest digest gives the same bytes.
 *
 * @param output the file or directory; appears whole or not at all
 * @param jrunVersion recorded inside the result
 */
public record ConversionRequest(
        Platform platform,
        Path output,
        Existing existing,
        OutputFormat format,
        OwnershipPolicy ownership,
        Compatibility compatibility,
        MergeLimits limits,
        String jrunVersion) {

    /** The same with another output. */
    public ConversionRequest withOutput(Path other) {
        return new ConversionRequest(platform, other, existing, format, ownership, compatibility, limits, jrunVersion);
    }

    /** What happens to a file that already has the output's name. */
    public enum Existing {
        KEEP,
        REPLACE
    }

    /** For whom files are added that the image does not have. */
    public enum Compatibility {
        /** Not one file of the image is touched. */
        NONE,
        /** /etc/rc, /etc/environment and /etc/fstab, which enroot reads. */
        ENROOT
    }
}
