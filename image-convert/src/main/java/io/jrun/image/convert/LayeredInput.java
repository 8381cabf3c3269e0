package io.jrun.image.convert;

import io.jrun.error.CorruptDataException;
import io.jrun.image.layer.KnownLayer;
import io.jrun.image.layer.LayerLog;
import io.jrun.image.layer.LayerMerger;
import io.jrun.image.layer.MergeLimits;
import io.jrun.image.layer.MergeReport;
import io.jrun.image.layer.Notice;
import io.jrun.image.model.Descriptor;
import io.jrun.image.reference.Digest;
import io.jrun.image.reference.Platform;
import io.jrun.image.source.ImageSource;
import io.jrun.image.source.ResolvedImage;
import io.jrun.image.tree.ContentReuse;
import io.jrun.image.tree.ContentStore;
import io.jrun.image.tree.FileTree;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** An image of layers, from the top down, in one pass and with no file on disk but the source's own cache. */
public final class LayeredInput implements RootfsInput {

    private final ImageSource source;
    private final Optional<LayerRecords> records;
    private ResolvedImage image;
    private MergeLimits limits;
    private ConversionListener listener;

    // What the last reading found out, for remember().
    private Optional<ContentReuse> reuse = Optional.empty();
    private List<LayerLog> logs = List.of();

    /** @param source open; closed with this */
    public LayeredInput(ImageSource source) {
        this(source, Optional.empty());
    }

    /**
     * @param source open; closed with this
     * @param records of layers that earlier image files hold
     */
    public LayeredInput(ImageSource source, LayerRecords records) {
        this(source, Optional.of(records));
    }

    private LayeredInput(ImageSource source, Optional<LayerRecords> records) {
        this.source = source;
        this.records = records;
    }

    @Override
    public Beginning begin(Platform platform, MergeLimits mergeLimits, ConversionListener conversionListener)
            throws IOException {
        limits = mergeLimits;
        listener = conversionListener;
        image = source.resolve(platform);
        listener.resolved(image);
        return Beginning.of(image);
    }

    @Override
    public boolean passesOnce() {
        return true;
    }

    @Override
    public Rootfs readInto(ContentStore contents) throws IOException {
        LayerMerger merger = new LayerMerger(contents, limits);
        reuse = records.isPresent() ? contents.reuse() : Optional.empty();
        if (reuse.isPresent()) {
            merger.reuseLayers();
        }
        int reused = mergeLayers(merger);
        FileTree tree = merger.finish();
        logs = merger.logs();
        MergeReport report = merger.report();
        return new Rootfs(tree, Provenance.of(image), Optional.of(report), losses(report), told(reused));
    }

    private List<String> told(int reused) {
        int all = image.manifest().layers().size();
        return reused == 0
                ? List.of()
                : List.of(
                        reused + " of " + all + " layers came out of image files made before, checked block by block");
    }

    /**
     * Notes which layers the result holds, for later imports; to be called when it is complete and has its name. What
     * cannot be noted is no failure.
     */
    public void remember(Path result) {
        if (reuse.isEmpty()) {
            return;
        }
        Set<Digest> noted = new HashSet<>();
        List<Digest> diffIds = image.config().diffIds();
        for (int i = 0; i < logs.size(); i++) {
            // From the top down: of equal layers the topmost has more that is visible.
            Digest diffId = diffIds.get(diffIds.size() - 1 - i);
            if (noted.add(diffId)) {
                records.orElseThrow().write(diffId, logs.get(i), reuse.get(), result);
            }
        }
        logs = List.of();
    }

    /** How many layers were reused. */
    private int mergeLayers(LayerMerger merger) throws IOException {
        List<Layer> topDown = new ArrayList<>();
        List<Descriptor> descriptors = image.manifest().layers();
        for (int i = 0; i < descriptors.size(); i++) {
            topDown.add(new Layer(
                    source,
                    limits,
                    i,
                    descriptors.size(),
                    descriptors.get(i),
                    image.config().diffIds().get(i)));
        }
        Collections.reverse(topDown);
        List<List<KnownLayer>> known = topDown.stream().map(this::known).toList();
        List<Layer> unknown = new ArrayList<>();
        for (int i = 0; i < topDown.size(); i++) {
            if (known.get(i).isEmpty()) {
                unknown.add(topDown.get(i));
            }
        }
        List<Descriptor> wanted = unknown.stream().map(Layer::descriptor).toList();
        long bytes = wanted.stream().mapToLong(Descriptor::sizeInBytes).sum();
        unknown.forEach(layer -> layer.amid(bytes));
        source.prefetch(wanted);
        int reused = 0;
        for (int i = 0; i < topDown.size(); i++) {
            Layer layer = topDown.get(i);
            listener.layerBegan(layer.index());
            if (mergeKnown(merger, layer, known.get(i))) {
                listener.layerReused(layer.index());
                reused++;
            } else {
                merge(merger, layer);
            }
        }
        return reused;
    }

    private List<KnownLayer> known(Layer layer) {
        return reuse.isPresent() ? records.orElseThrow().find(layer.diffId(), reuse.get()) : List.of();
    }

    private static boolean mergeKnown(LayerMerger merger, Layer layer, List<KnownLayer> known) throws IOException {
        for (KnownLayer each : known) {
            if (merger.merge(layer, each)) {
                return true;
            }
        }
        return false;
    }

    private static void merge(LayerMerger merger, Layer layer) throws IOException {
        try {
            merger.merge(layer);
        } catch (CorruptDataException malformed) {
            throw layer.blame(malformed);
        }
    }

    static List<String> losses(MergeReport report) {
        List<String> sentences = new ArrayList<>();
        for (Map.Entry<Notice, Long> notice : report.notices().entrySet()) {
            sentences.add(notice.getValue() + " " + notice.getKey().text());
        }
        return sentences;
    }

    @Override
    public void close() throws IOException {
        source.close();
    }
}
