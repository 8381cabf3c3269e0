package io.jrun.image.convert;

import io.jrun.error.StorageException;
import io.jrun.image.blob.BlobStore;
import io.jrun.image.model.Descriptor;
import io.jrun.image.reference.Digest;
import io.jrun.image.source.ResolvedImage;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What an import will have to fetch and to write, as far as the manifest tells.
 *
 * @param layers lowest first, as in the manifest
 * @param downloadInBytes what the blob cache lacks, each blob once, without layers that an earlier image file holds; exact,
 *     unless one of these has to be read all the same, because more of it is visible than was then
 * @param estimatedOutputInBytes from the layers' sizes; see {@link #factor}
 * @param scratchInBytes of the file beside the output that holds contents until they are wanted in the order of a tar
 */
public record Outlook(
        ResolvedImage image,
        List<LayerOutlook> layers,
        long downloadInBytes,
        long estimatedOutputInBytes,
        long scratchInBytes) {

    /**
     * @param cachedInBytes up to the layer's size: what need not be fetched
     * @param reused whether an earlier image file holds it, so that it is not wanted at all
     */
    public record LayerOutlook(Descriptor layer, long cachedInBytes, boolean reused) {}

    public Outlook {
        layers = List.copyOf(layers);
    }

    /**
     * @param cache empty for sources that have none, whose layers are at hand
     * @param records of layers that earlier image files hold; empty where these are not looked at
     */
    public static Outlook of(
            ResolvedImage image, Optional<BlobStore> cache, OutputFormat format, Optional<LayerRecords> records)
            throws StorageException {
        Iterator<Digest> diffIds = image.config().diffIds().iterator();
        List<LayerOutlook> layers = new ArrayList<>();
        Set<Object> counted = new HashSet<>();
        long download = 0;
        double output = 0;
        for (Descriptor layer : image.manifest().layers()) {
            boolean first = counted.add(layer.digest());
            Digest diffId = diffIds.next();
            boolean reused = records.isPresent() && records.get().know(diffId, format);
            long cached = layer.sizeInBytes();
            if (first && !reused && cache.isPresent()) {
                cached = cache.get().presentBytes(layer.digest(), layer.sizeInBytes());
                download += layer.sizeInBytes() - cached;
            }
            output += first ? layer.sizeInBytes() * factor(layer, format) : 0;
            layers.add(new LayerOutlook(layer, cached, reused));
        }
        return new Outlook(image, layers, download, (long) output, needsScratch(format) ? sizes(layers) : 0);
    }

    private static boolean needsScratch(OutputFormat format) {
        return format instanceof OutputFormat.Tar || format instanceof OutputFormat.OciLayout;
    }

    /** Packed fast by zstd, contents take about what they took in the layers. */
    private static long sizes(List<LayerOutlook> layers) {
        return layers.stream().mapToLong(each -> each.layer().sizeInBytes()).sum();
    }

    /**
     * How many bytes of an image file come of one byte of a layer. Layers packed by gzip or zstd become as large again when
     * packed by zstd, a tenth larger by gzip in blocks, half as large again by lz4, and three times as large unpacked; of a
     * layer that is not packed a zstd image file keeps a half. What upper layers hide makes the file smaller than that.
     */
    static double factor(Descriptor layer, OutputFormat format) {
        double packed =
                switch (format.compressionLabel()) {
                    case "none" -> 3.0;
                    case "lz4" -> 1.5;
                    case "gzip" -> 1.1;
                    default -> 1.0;
                };
        return layer.mediaType().value().endsWith(".tar") ? Math.min(1.0, packed / 2) : packed;
    }
}
