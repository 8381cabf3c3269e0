package io.jrun.image.layer;

import io.jrun.error.CorruptDataException;
import io.jrun.image.tree.ContentReuse;
import io.jrun.image.tree.ContentStore;
import io.jrun.image.tree.EntryName;
import io.jrun.image.tree.FileContent;
import io.jrun.image.tree.FileTree;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Merges layers into one tree while their content is stored, without scratch space. Layers come from the top down, so
 * that the content of a file which an upper layer hides is never stored; what a layer does to the tree is only noted,
 * and done from the bottom up at the end, when no content moves any more. So the result is that of extracting the layers
 * in order (see {@link Extraction}), whatever they hold: the decision to pass content over is only a guess from paths. A
 * wrong guess costs a second reading of that layer, or content in the store that nothing refers to; the report counts
 * both.
 *
 * <p>Memory: some 200 bytes for each entry of all layers. Not for several threads. After an exception the merger is of no
 * further use.
 *
 * <p>Source: OCI image-spec 1.1, layer.md.
 */
public final class LayerMerger {

    /** What names that begin with ".wh." mean. */
    public enum Whiteouts {
        /** They hide what lower layers hold, as image-spec says. */
        APPLIED,
        /** They are names like any other: the tar is a root filesystem and no layer. */
        LITERAL
    }

    private final ContentStore contents;
    private final MergeLimits limits;
    private final Whiteouts whiteoutRule;
    private Optional<ContentReuse> reuse = Optional.empty();

    private final Budget budget;
    private final Notices notices = new Notices();
    private final MergeTally tally = new MergeTally();
    private final InternPool pool;
    private final EntryMerger entries;
    private final OwnFiles ownFiles = new OwnFiles();

    /** From the top down; freed when the tree is built. */
    private final List<MergedLayer> layers = new ArrayList<>();

    public LayerMerger(ContentStore contents, MergeLimits limits) {
        this(contents, limits, Whiteouts.APPLIED);
    }

    public LayerMerger(ContentStore contents, MergeLimits limits, Whiteouts whiteoutRule) {
        this.contents = contents;
        this.limits = limits;
        this.whiteoutRule = whiteoutRule;
        this.budget = new Budget(limits);
        this.pool = new InternPool(budget);
        this.entries = new EntryMerger(contents, whiteoutRule, budget, notices, tally);
    }

    /**
     * Keeps a log of each layer, and takes known ones; called before the first. Changes nothing where the store cannot take
     * contents over, or the tar is no layer.
     */
    public void reuseLayers() {
        reuse = whiteoutRule == Whiteouts.APPLIED ? contents.reuse() : Optional.empty();
    }

    /**
     * Reads one layer to the very end of its stream, and stores what no layer above hides. Called from the top layer
     * down.
     *
     * @throws CorruptDataException when the layer is malformed or beyond the limits
     */
    public void merge(LayerStream source) throws IOException {
        Notices ofTar = new Notices();
        MergedLayer layer =
                new MergedLayer(source, layers.size(), Optional.empty(), reuse.map(any -> new LayerLog(ofTar)));
        begin(layer);
        try (InputStream in = source.open()) {
            TarReader reader = new TarReader(in, source.name(), limits, ofTar, pool);
            EntryContents read = (entry, path, file) -> storeContent(entry, path, reader);
            for (Optional<TarEntry> entry = reader.next(); entry.isPresent(); entry = reader.next()) {
                entries.merge(entry.get(), read, layer);
            }
        }
        end(layer, ofTar);
    }

    /**
     * Merges a layer without reading it, with the same result. Called in its turn, in place of {@link #merge(LayerStream)}.
     *
     * @return false, and nothing is merged, when a content is visible now that {@code known} lacks
     * @throws CorruptDataException when the layer is beyond the limits
     */
    public boolean merge(LayerStream source, KnownLayer known) throws IOException {
        int number = layers.size();
        ContentReuse store = reuse.orElseThrow(() -> new IllegalStateException("nothing is to be reused"));
        if (!known.covers(entry -> entries.isVisible(entry, number))) {
            return false;
        }
        Notices ofTar = new Notices();
        ofTar.addAll(known.notices());
        MergedLayer layer =
                new MergedLayer(source, number, Optional.of(known), Optional.of(new LayerLog(known, ofTar)));
        begin(layer);
        EntryContents adopted = (entry, path, file) -> known.adopt(file, entry.sizeInBytes(), contents, store);
        EntryDecoder decoder = new EntryDecoder(known.entries(), pool);
        for (Optional<TarEntry> entry = decoder.next(); entry.isPresent(); entry = decoder.next()) {
            entries.merge(entry.get(), adopted, layer);
        }
        end(layer, ofTar);
        return true;
    }

    private void begin(MergedLayer layer) throws IOException {
        pool.startLayer(layer.name());
        entries.startLayer();
    }

    private void end(MergedLayer layer, Notices ofTar) {
        notices.addAll(ofTar.counts());
        layer.entries().trimToSize();
        layers.add(layer);
    }

    private FileContent storeContent(TarEntry entry, LexicalPath path, TarReader reader) throws IOException {
        if (whiteoutRule == Whiteouts.LITERAL && ownFiles.isWorthKeeping(path, entry.sizeInBytes())) {
            byte[] bytes = reader.content().readNBytes((int) entry.sizeInBytes());
            ownFiles.keep(path, bytes);
            return contents.store(new ByteArrayInputStream(bytes), entry.sizeInBytes());
        }
        return contents.store(reader.content(), entry.sizeInBytes());
    }

    /**
     * What files directly in {@code /.jrun} hold, for {@link Whiteouts#LITERAL} only: what a root filesystem says of
     * itself is wanted when its content is in the store already.
     */
    public Map<EntryName, byte[]> ownFiles() {
        return ownFiles.contents();
    }

    /**
     * The merged tree; called once, after the lowest layer. Reads layers again where a hard link needs content that was
     * passed over, so their streams must still open and the store still take content.
     *
     * @throws CorruptDataException when a hard link has no target, or symbolic links form a circle
     */
    public FileTree finish() throws IOException {
        entries.finish();
        LiveDirectory root = extract();
        markVisible(root);
        SecondReading second = new SecondReading(contents, reuse, limits, pool, tally);
        for (MergedLayer layer : layers) {
            second.complete(layer);
            tally.countHidden(layer);
        }
        contents.border();
        layers.forEach(layer -> layer.entries().clear());
        return new FileTree(root.freeze());
    }

    private LiveDirectory extract() throws IOException {
        Extraction tree = new Extraction(budget, notices);
        for (int i = layers.size() - 1; i >= 0; i--) {
            tree.startLayer(i, layers.get(i).name());
            for (LayerEntry entry : layers.get(i).entries()) {
                entry.applyTo(tree);
            }
        }
        return tree.root();
    }

    private static void markVisible(LiveDirectory directory) {
        for (LiveNode child : directory.children().values()) {
            if (child instanceof LiveDirectory inner) {
                markVisible(inner);
            } else if (child instanceof LayerEntry.Name name) {
                name.markVisible();
                name.inode().markNeeded();
            }
        }
    }

    /** Of the layers merged, from the top down, where the store can take contents over later; after {@link #finish}. */
    public List<LayerLog> logs() {
        return layers.stream().flatMap(layer -> layer.log().stream()).toList();
    }

    /** What was merged so far; complete after {@link #finish}. */
    public MergeReport report() {
        return tally.report(layers.size(), budget.entries(), notices.counts());
    }
}
