package io.jrun.image.convert;

import io.jrun.image.squashfs.SquashfsOptions;
import io.jrun.image.squashfs.SquashfsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** An image file: contents go into it as they come. */
final class SquashfsTarget {

    private final OutputFormat.Squashfs format;

    SquashfsTarget(OutputFormat.Squashfs format) {
        this.format = format;
    }

    ConversionResult write(Conversion conversion, OutputFile output) throws IOException {
        ConversionRequest request = conversion.request();
        SquashfsOptions options = new SquashfsOptions(
                format.compression(),
                format.level(),
                format.blockSizeInBytes(),
                conversion.createdSeconds(),
                Conversion.threads(),
                request.ownership());
        try (SquashfsWriter writer = new SquashfsWriter(output.temporary(), options)) {
            Rootfs rootfs = conversion.readInto(writer);
            writer.finish(conversion.complete(rootfs, writer));
            long sizeInBytes = Files.size(output.temporary());
            output.publish();
            return new ConversionResult(
                    request.output(),
                    sizeInBytes,
                    rootfs.provenance(),
                    rootfs.report(),
                    rootfs.told(losses(writer)),
                    Map.of());
        }
    }

    private static List<String> losses(SquashfsWriter writer) {
        List<String> losses = new ArrayList<>();
        if (writer.droppedXattrs() > 0) {
            losses.add(writer.droppedXattrs()
                    + " extended attributes outside of user, trusted and security were left out");
        }
        if (writer.clampedTimes() > 0) {
            losses.add(writer.clampedTimes() + " time stamps lie outside of 1970 to 2106 and became the nearest there");
        }
        return losses;
    }
}
