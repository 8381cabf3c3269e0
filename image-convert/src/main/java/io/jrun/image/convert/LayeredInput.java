package io.jrun.image.convert;

import io.jrun.error.CorruptDataException;
import io.jrun.image.layer.LayerMerger;
import io.jrun.image.layer.MergeLimits;
import io.jrun.image.layer.MergeReport;
import io.jrun.image.layer.Notice;
import io.jrun.image.model.Descriptor;
import io.jrun.image.reference.Platform;
import io.jrun.image.source.ImageSource;
import io.jrun.image.source.ResolvedImage;
import io.jrun.image.tree.ContentStore;
import io.jrun.image.tree.FileTree;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** An image of layers, from the top down, in one pass and with no file on disk but the source's own cache. */
public final class LayeredInput implements RootfsInput {

    private final ImageSource source;
    private ResolvedImage image;
    private MergeLimits limits;
    private ConversionListener listener;

    /** @param source open; closed with this */
    public LayeredInput(ImageSource source) {
        this.source = source;
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
        mergeLayers(merger);
        FileTree tree = merger.finish();
        MergeReport report = merger.report();
        return new Rootfs(tree, Provenance.of(image), Optional.of(report), losses(report), List.of());
    }

    private void mergeLayers(LayerMerger merger) throws IOException {
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
        source.prefetch(topDown.stream().map(Layer::descriptor).toList());
        for (Layer layer : topDown) {
            listener.layerBegan(layer.index());
            try {
                merger.merge(layer);
            } catch (CorruptDataException malformed) {
                throw layer.blame(malformed);
            }
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
