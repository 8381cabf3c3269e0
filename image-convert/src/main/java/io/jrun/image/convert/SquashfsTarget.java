package io.jrun.image.convert;

import io.jrun.image.squashfs.SquashfsOptions;
import io.jrun.image.squashfs.SquashfsWriter;
import io.jrun.image.tree.EarlierFileChangedException;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** An image file: contents go into it as they come. */
final class SquashfsTarget {

    private static final Logger log = LoggerFactory.getLogger(SquashfsTarget.class);

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
            try {
                return write(conversion, writer, output);
            } catch (EarlierFileChangedException changed) {
                log.debug("begins anew", changed);
                // Closing the first writer would drop the lock on the file that both write.
                writer.stop();
                try (SquashfsWriter again = SquashfsWriter.fromScratch(output.temporary(), options)) {
                    return write(conversion, again, output);
                }
            }
        }
    }

    private ConversionResult write(Conversion conversion, SquashfsWriter writer, OutputFile output) throws IOException {
        Rootfs rootfs = conversion.readInto(writer);
        writer.finish(conversion.complete(rootfs, writer));
        long sizeInBytes = Files.size(output.temporary());
        output.publish();
        return new ConversionResult(
                conversion.request().output(),
                sizeInBytes,
                rootfs.provenance(),
                rootfs.report(),
                rootfs.told(losses(writer)),
                Map.of());
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
