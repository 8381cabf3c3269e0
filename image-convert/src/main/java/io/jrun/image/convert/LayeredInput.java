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
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** An image of layers, from the top down, in one pass and with no file on disk but the source's own cache. */
public final class LayeredInput implements RootfsInput {

    private final ImageSource source;
    private final Optional<LayerRecords> records;
    private ResolvedImage image;
    private MergeLimits limits;
    private ConversionListener listener;

    // What the last reading found out, for remember().
    private Optional<ContentReuse> reuse = Optional.empty();
    private Map<Digest, LayerLog> logs = Map.of();

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
        logs = byDiffId(merger.logs());
        MergeReport report = merger.report();
        return new Rootfs(tree, Provenance.of(image), Optional.of(report), losses(report), told(reused));
    }

    /** Of equal layers the topmost, of which more is visible. */
    private Map<Digest, LayerLog> byDiffId(List<LayerLog> fromTheTop) {
        Iterator<LayerLog> log = fromTheTop.iterator();
        Map<Digest, LayerLog> found = new LinkedHashMap<>();
        List<Digest> diffIds = image.config().diffIds();
        for (int i = diffIds.size() - 1; i >= 0 && log.hasNext(); i--) {
            found.putIfAbsent(diffIds.get(i), log.next());
        }
        return found;
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
        logs.forEach((diffId, log) -> records.orElseThrow().write(diffId, log, reuse.get(), result));
        logs = Map.of();
    }

    /** A layer, and how earlier imports saw it. */
    private record Step(Layer layer, List<KnownLayer> known) {

        boolean isKnown() {
            return !known.isEmpty();
        }
    }

    /** How many layers were reused. */
    private int mergeLayers(LayerMerger merger) throws IOException {
        List<Step> topDown = stepsFromTheTop();
        fetch(topDown.stream().filter(step -> !step.isKnown()).map(Step::layer).toList());
        int reused = 0;
        for (Step step : topDown) {
            listener.layerBegan(step.layer().index());
            if (mergeKnown(merger, step)) {
                listener.layerReused(step.layer().index());
                reused++;
            } else {
                merge(merger, step.layer());
            }
        }
        return reused;
    }

    private List<Step> stepsFromTheTop() {
        List<Descriptor> descriptors = image.manifest().layers();
        List<Step> steps = new ArrayList<>();
        for (int i = descriptors.size() - 1; i >= 0; i--) {
            Digest diffId = image.config().diffIds().get(i);
            Layer layer = new Layer(source, limits, i, descriptors.size(), descriptors.get(i), diffId);
            steps.add(new Step(layer, known(diffId)));
        }
        return steps;
    }

    private List<KnownLayer> known(Digest diffId) {
        return reuse.isPresent() ? records.orElseThrow().find(diffId, reuse.get()) : List.of();
    }

    /** Lets these come while others are merged. */
    private void fetch(List<Layer> layers) throws IOException {
        List<Descriptor> wanted = layers.stream().map(Layer::descriptor).toList();
        long bytes = wanted.stream().mapToLong(Descriptor::sizeInBytes).sum();
        layers.forEach(layer -> layer.amid(bytes));
        source.prefetch(wanted);
    }

    private static boolean mergeKnown(LayerMerger merger, Step step) throws IOException {
        for (KnownLayer known : step.known()) {
            if (merger.merge(step.layer(), known)) {
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
