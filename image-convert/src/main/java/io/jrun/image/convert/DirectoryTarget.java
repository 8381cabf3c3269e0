package io.jrun.image.convert;

import io.jrun.image.tree.FileTree;
import io.jrun.image.writer.directory.DirectoryWriter;
import io.jrun.image.writer.directory.ExtractionReport;
import io.jrun.posix.ByteString;
import io.jrun.posix.Posix;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** An extracted tree: everything that this user may set, and the rest described in {@code /.jrun/attributes.mtree}. */
public final class DirectoryTarget {

    private final Posix posix;

    DirectoryTarget(Posix posix) {
        this.posix = posix;
    }

    /** @param tree where to make it; the caller removes what a failure leaves */
    ConversionResult write(Conversion conversion, Path tree) throws IOException {
        ConversionRequest request = conversion.request();
        try (DirectoryWriter writer = DirectoryWriter.create(posix, ByteString.of(tree.toString()))) {
            Rootfs rootfs = conversion.readInto(writer);
            FileTree owned = Owners.apply(request.ownership(), rootfs.tree());
            writer.finish(conversion.complete(rootfs.withTree(owned), writer));
            ExtractionReport report = writer.report();
            List<String> losses = new ArrayList<>();
            Map<String, Long> dropped = dropped(report);
            dropped.forEach((what, count) -> losses.add(count + " " + what));
            return new ConversionResult(
                    request.output(),
                    report.bytes(),
                    rootfs.provenance(),
                    rootfs.report(),
                    rootfs.told(losses),
                    dropped);
        }
    }

    /** What an extraction left out, as sentences without their counts. */
    public static Map<String, Long> dropped(ExtractionReport report) {
        Map<String, Long> counts = new LinkedHashMap<>();
        counts.put("device nodes were left out", report.droppedDevices());
        counts.put("files belong to you instead of their owner", report.droppedOwners());
        counts.put("extended attributes were left out", report.droppedXattrs());
        counts.put("files lost their set-user-ID and set-group-ID bits", report.droppedSetIds());
        counts.values().removeIf(count -> count == 0);
        return counts;
    }
}
