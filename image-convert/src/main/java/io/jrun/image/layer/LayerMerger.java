package io.jrun.image.layer;

import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
import io.jrun.image.tree.ContentReuse;
import io.jrun.image.tree.ContentStore;
import io.jrun.image.tree.EntryName;
import io.jrun.image.tree.FileContent;
import io.jrun.image.tree.FileNode;
import io.jrun.image.tree.FileTree;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

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

    private static final byte[] WHITEOUT_PREFIX = ascii(".wh.");
    private static final byte[] AUFS_PREFIX = ascii(".wh..wh.");
    private static final byte[] OPAQUE_WHITEOUT = ascii(".wh..wh..opq");

    private static final byte[] OWN_FOLDER = ascii(".jrun");

    /** Far more than jrun itself writes there. */
    private static final int MAX_REMEMBERED_FILES = 16;

    private static final int MAX_REMEMBERED_BYTES = 16 << 20;

    /** Of the tar: contents are packed together in stretches of so many bytes, so that most of them come out the same. */
    private static final long STRETCH_IN_BYTES = 8 << 20;

    private static final int MAX_SYMLINK_TARGET = 4095; // PATH_MAX less its final 0x00: symlink(2)

    /** What names that begin with ".wh." mean. */
    public enum Whiteouts {
        /** They hide what lower layers hold, as image-spec says. */
        APPLIED,
        /** They are names like any other: the tar is a root filesystem and no layer. */
        LITERAL
    }

    private final ContentStore contents;
    private Optional<ContentReuse> reuse = Optional.empty();
    private final MergeLimits limits;
    private final Whiteouts whiteoutRule;
    private final Map<EntryName, byte[]> ownFiles = new HashMap<>();
    private final Budget budget;
    private final Notices notices = new Notices();
    private final InternPool pool;
    private final PathTrie paths;
    private final LexicalPath path = new LexicalPath();

    /** From the top down; freed when the tree is built. */
    private final List<MergedLayer> layers = new ArrayList<>();

    private long whiteouts;
    private long hiddenEntries;
    private long hiddenBytes;
    private long storedBytes;
    private long unusedBytes;
    private int rereadLayers;

    // Of the layer that is being merged.
    private long stretchEnd;
    private int ordinal;
    private int fileNumber;

    /**
     * @param known where the layer was not read
     * @param log kept where the store can take contents over later
     */
    private record MergedLayer(
            LayerStream source,
            int number,
            List<LayerEntry> entries,
            Optional<KnownLayer> known,
            Optional<LayerLog> log) {

        MergedLayer(LayerStream source, int number, Optional<KnownLayer> known, Optional<LayerLog> log) {
            this(source, number, new ArrayList<>(), known, log);
        }
    }

    /** Hands the content of the entry at hand to the store. */
    private interface Storing {
        FileContent store() throws IOException;
    }

    public LayerMerger(ContentStore contents, MergeLimits limits) {
        this(contents, limits, Whiteouts.APPLIED);
    }

    public LayerMerger(ContentStore contents, MergeLimits limits, Whiteouts whiteoutRule) {
        this.contents = contents;
        this.limits = limits;
        this.whiteoutRule = whiteoutRule;
        this.budget = new Budget(limits);
        this.pool = new InternPool(budget);
        this.paths = new PathTrie(budget, System.nanoTime());
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
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
            for (Optional<TarEntry> entry = reader.next(); entry.isPresent(); entry = reader.next()) {
                TarEntry each = entry.get();
                merge(each, () -> storeContent(each, reader), layer);
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
        if (!known.covers(entry -> isVisible(entry, number))) {
            return false;
        }
        Notices ofTar = new Notices();
        ofTar.addAll(known.notices());
        MergedLayer layer =
                new MergedLayer(source, number, Optional.of(known), Optional.of(new LayerLog(known, ofTar)));
        begin(layer);
        EntryDecoder decoder = new EntryDecoder(known.entries(), pool);
        for (Optional<TarEntry> entry = decoder.next(); entry.isPresent(); entry = decoder.next()) {
            TarEntry each = entry.get();
            merge(each, () -> adopt(each.sizeInBytes(), known, fileNumber, store), layer);
        }
        end(layer, ofTar);
        return true;
    }

    /** As far as the paths of upper layers tell. */
    private boolean isVisible(TarEntry entry, int number) throws CorruptDataException {
        path.parse(entry.path());
        for (int i = 0; i < path.depth(); i++) {
            if (path.startsWith(i, WHITEOUT_PREFIX)) {
                return false;
            }
            if (path.end(i) - path.start(i) > EntryName.MAX_LENGTH) {
                return true;
            }
        }
        return !paths.locate(path, path.depth(), "a layer").isHidden(number);
    }

    private FileContent adopt(long sizeInBytes, KnownLayer known, int file, ContentReuse store) throws IOException {
        return sizeInBytes == 0
                ? contents.store(InputStream.nullInputStream(), 0)
                : store.adopt(known.content(file).orElseThrow());
    }

    private void begin(MergedLayer layer) throws IOException {
        pool.startLayer(layer.source().name());
        contents.border();
        stretchEnd = STRETCH_IN_BYTES;
        ordinal = 0;
        fileNumber = 0;
    }

    private void end(MergedLayer layer, Notices ofTar) {
        notices.addAll(ofTar.counts());
        ((ArrayList<LayerEntry>) layer.entries()).trimToSize();
        layers.add(layer);
    }

    private void merge(TarEntry entry, Storing content, MergedLayer layer) throws IOException {
        boolean file = entry.kind() == TarEntry.Kind.REGULAR_FILE;
        if (layer.log().isPresent()) {
            layer.log().get().add(entry);
        }
        if (entry.offset() >= stretchEnd) {
            contents.border();
            stretchEnd = (entry.offset() / STRETCH_IN_BYTES + 1) * STRETCH_IN_BYTES;
        }
        mergeEntry(entry, content, layer);
        ordinal++;
        fileNumber += file ? 1 : 0;
    }

    private void mergeEntry(TarEntry entry, Storing content, MergedLayer layer) throws IOException {
        budget.takeEntry(layer.source().name());
        budget.takeContent(layer.source().name(), entry.sizeInBytes());
        path.parse(entry.path());
        if (path.aboveRoot()) {
            notices.count(Notice.NAME_ABOVE_ROOT);
        }
        if (whiteoutRule == Whiteouts.APPLIED && isBelowReservedName()) {
            return;
        }
        checkNames(entry, layer);
        int last = path.depth() - 1;
        if (whiteoutRule == Whiteouts.APPLIED && last >= 0 && path.startsWith(last, WHITEOUT_PREFIX)) {
            mergeWhiteout(entry, layer);
        } else {
            mergeFile(entry, content, layer);
        }
    }

    /** No directory of an image is named as whiteouts are, so such entries are a storage driver's, or mistaken. */
    private boolean isBelowReservedName() {
        for (int i = 0; i < path.depth() - 1; i++) {
            if (path.startsWith(i, AUFS_PREFIX)) {
                notices.count(Notice.AUFS_METADATA);
                return true;
            }
            if (path.startsWith(i, WHITEOUT_PREFIX)) {
                notices.count(Notice.BELOW_WHITEOUT);
                return true;
            }
        }
        return false;
    }

    private void checkNames(TarEntry entry, MergedLayer layer) throws CorruptDataException {
        if (path.depth() > limits.maxDepth()) {
            throw corrupt(
                    layer, entry, "has " + path.depth() + " names, where " + limits.maxDepth() + " are the limit");
        }
        for (int i = 0; i < path.depth(); i++) {
            int length = path.end(i) - path.start(i);
            if (length > EntryName.MAX_LENGTH) {
                throw corrupt(
                        layer,
                        entry,
                        "has a name of " + length + " bytes, where " + EntryName.MAX_LENGTH + " are the limit");
            }
        }
    }

    private static CorruptDataException corrupt(MergedLayer layer, TarEntry entry, String why) {
        return TarInput.corrupt(
                layer.source().name(), entry.offset(), "the entry \"" + TarInput.printable(entry.path()) + "\" " + why);
    }

    private void mergeWhiteout(TarEntry entry, MergedLayer layer) throws IOException {
        int last = path.depth() - 1;
        String layerName = layer.source().name();
        if (path.matches(last, OPAQUE_WHITEOUT)) {
            PathNode directory = paths.locate(path, last, layerName);
            directory.close(layer.number());
            layer.entries().add(new LayerEntry.OpaqueWhiteout(directory));
            whiteouts++;
            return;
        }
        if (path.startsWith(last, AUFS_PREFIX)) {
            notices.count(Notice.AUFS_METADATA);
            return;
        }
        int from = path.start(last) + WHITEOUT_PREFIX.length;
        if (!EntryName.isValid(path.bytes(), from, path.end(last))) {
            throw corrupt(layer, entry, "is a whiteout that names no file");
        }
        PathNode directory = paths.locate(path, last, layerName);
        PathNode hidden = paths.child(directory, path.bytes(), from, path.end(last), layerName);
        hidden.hide(layer.number());
        hidden.close(layer.number());
        layer.entries().add(new LayerEntry.Whiteout(hidden));
        whiteouts++;
    }

    private void mergeFile(TarEntry entry, Storing content, MergedLayer layer) throws IOException {
        boolean directory = entry.kind() == TarEntry.Kind.DIRECTORY;
        if (path.depth() == 0 && !directory) {
            throw corrupt(layer, entry, "would replace the root directory");
        }
        PathNode node = paths.locate(path, path.depth(), layer.source().name());
        boolean hidden = node.isHidden(layer.number());
        node.hide(layer.number());
        if (!directory) {
            node.close(layer.number());
        }
        layer.entries().add(toLayerEntry(entry, node, hidden, content, layer));
    }

    private LayerEntry toLayerEntry(TarEntry entry, PathNode node, boolean hidden, Storing content, MergedLayer layer)
            throws IOException {
        int number = layer.number();
        return switch (entry.kind()) {
            case DIRECTORY -> new LayerEntry.Directory(node, entry.metadata());
            case HARD_LINK -> {
                budget.takeText(layer.source().name(), entry.linkTarget().length);
                yield new LayerEntry.HardLink(node, number, entry.linkTarget());
            }
            case REGULAR_FILE -> hidden ? passOver(entry, node, number) : store(entry, node, content, layer);
            case SYMBOLIC_LINK -> symbolicLink(entry, node, layer);
            case CHARACTER_DEVICE -> device(entry, node, FileNode.DeviceKind.CHARACTER, number);
            case BLOCK_DEVICE -> device(entry, node, FileNode.DeviceKind.BLOCK, number);
            case FIFO -> new LayerEntry.Inode(node, number, new FileNode.Fifo(entry.metadata()));
            case SOCKET -> new LayerEntry.Inode(node, number, new FileNode.Socket(entry.metadata()));
        };
    }

    private LayerEntry passOver(TarEntry entry, PathNode node, int number) {
        hiddenBytes += entry.sizeInBytes();
        return new LayerEntry.UnreadFile(node, number, entry.metadata(), ordinal, fileNumber, entry.sizeInBytes());
    }

    private LayerEntry store(TarEntry entry, PathNode node, Storing content, MergedLayer layer) throws IOException {
        storedBytes += entry.sizeInBytes();
        FileContent stored = content.store();
        layer.log().ifPresent(log -> log.putContent(fileNumber, stored));
        return new LayerEntry.Inode(node, layer.number(), new FileNode.RegularFile(entry.metadata(), stored));
    }

    private FileContent storeContent(TarEntry entry, TarReader reader) throws IOException {
        if (!isWorthRemembering(entry)) {
            return contents.store(reader.content(), entry.sizeInBytes());
        }
        byte[] bytes = reader.content().readNBytes((int) entry.sizeInBytes());
        ownFiles.put(EntryName.of(path.bytes(), path.start(1), path.end(1)), bytes);
        return contents.store(new ByteArrayInputStream(bytes), entry.sizeInBytes());
    }

    private boolean isWorthRemembering(TarEntry entry) {
        return whiteoutRule == Whiteouts.LITERAL
                && path.depth() == 2
                && path.matches(0, OWN_FOLDER)
                && entry.sizeInBytes() <= MAX_REMEMBERED_BYTES
                && ownFiles.size() < MAX_REMEMBERED_FILES;
    }

    /**
     * What files directly in {@code /.jrun} hold, for {@link Whiteouts#LITERAL} only: what a root filesystem says of
     * itself is wanted when its content is in the store already.
     */
    public Map<EntryName, byte[]> ownFiles() {
        return Collections.unmodifiableMap(ownFiles);
    }

    private LayerEntry symbolicLink(TarEntry entry, PathNode node, MergedLayer layer) throws IOException {
        int length = entry.linkTarget().length;
        if (length == 0 || length > MAX_SYMLINK_TARGET) {
            throw corrupt(
                    layer,
                    entry,
                    "is a symbolic link of " + length + " bytes, where 1 to " + MAX_SYMLINK_TARGET + " are allowed");
        }
        budget.takeText(layer.source().name(), length);
        return new LayerEntry.Inode(
                node, layer.number(), new FileNode.SymbolicLink(entry.metadata(), entry.linkTarget()));
    }

    private static LayerEntry device(TarEntry entry, PathNode node, FileNode.DeviceKind kind, int number) {
        return new LayerEntry.Inode(
                node, number, new FileNode.Device(entry.metadata(), kind, entry.deviceMajor(), entry.deviceMinor()));
    }

    /**
     * The merged tree; called once, after the lowest layer. Reads layers again where a hard link needs content that was
     * passed over, so their streams must still open and the store still take content.
     *
     * @throws CorruptDataException when a hard link has no target, or symbolic links form a circle
     */
    public FileTree finish() throws IOException {
        paths.forget();
        Extraction tree = new Extraction(budget, notices);
        for (int i = layers.size() - 1; i >= 0; i--) {
            tree.startLayer(i, layers.get(i).source().name());
            for (LayerEntry entry : layers.get(i).entries()) {
                entry.applyTo(tree);
            }
        }
        markVisible(tree.root());
        for (MergedLayer layer : layers) {
            readAgain(layer);
            countHidden(layer);
        }
        contents.border();
        layers.forEach(layer -> layer.entries().clear());
        return new FileTree(tree.root().freeze());
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

    private void readAgain(MergedLayer layer) throws IOException {
        TreeMap<Integer, LayerEntry.UnreadFile> wanted = new TreeMap<>();
        for (LayerEntry entry : layer.entries()) {
            if (entry instanceof LayerEntry.UnreadFile file && file.isNeeded()) {
                wanted.put(file.ordinal(), file);
            }
        }
        if (wanted.isEmpty()) {
            return;
        }
        contents.border();
        if (adoptAgain(layer, wanted.values())) {
            return;
        }
        rereadLayers++;
        String name = layer.source().name();
        pool.startLayer(name);
        try (InputStream in = layer.source().open()) {
            TarReader reader = new TarReader(in, name, limits, new Notices(), pool); // the first reading has counted
            int next = 0;
            for (Optional<TarEntry> entry = reader.next(); entry.isPresent(); entry = reader.next()) {
                LayerEntry.UnreadFile file = wanted.remove(next++);
                if (file != null) {
                    readAgain(file, entry.get(), reader, layer);
                }
            }
        }
        if (!wanted.isEmpty()) {
            throw changed(name);
        }
    }

    private void readAgain(LayerEntry.UnreadFile file, TarEntry entry, TarReader reader, MergedLayer layer)
            throws IOException {
        if (entry.kind() != TarEntry.Kind.REGULAR_FILE || entry.sizeInBytes() != file.sizeInBytes()) {
            throw changed(layer.source().name());
        }
        fill(file, contents.store(reader.content(), file.sizeInBytes()), layer);
    }

    private void fill(LayerEntry.UnreadFile file, FileContent content, MergedLayer layer) {
        hiddenBytes -= file.sizeInBytes();
        storedBytes += file.sizeInBytes();
        file.fill(content);
        layer.log().ifPresent(log -> log.putContent(file.fileNumber(), content));
    }

    /** False where the contents are not at hand, all of them. */
    private boolean adoptAgain(MergedLayer layer, Collection<LayerEntry.UnreadFile> wanted) throws IOException {
        if (layer.known().isEmpty()) {
            return false;
        }
        KnownLayer known = layer.known().get();
        if (wanted.stream()
                .anyMatch(file -> file.sizeInBytes() > 0
                        && known.content(file.fileNumber()).isEmpty())) {
            return false;
        }
        for (LayerEntry.UnreadFile file : wanted) {
            fill(file, adopt(file.sizeInBytes(), known, file.fileNumber(), reuse.orElseThrow()), layer);
        }
        return true;
    }

    private static CorruptDataException changed(String layerName) {
        return new CorruptDataException(
                Failure.of("read " + layerName, "it has other content than when it was read first"));
    }

    private void countHidden(MergedLayer layer) {
        for (LayerEntry entry : layer.entries()) {
            if (entry instanceof LayerEntry.Name name && !name.isVisible()) {
                hiddenEntries++;
            }
            if (entry instanceof LayerEntry.Inode inode
                    && !inode.isNeeded()
                    && inode.node() instanceof FileNode.RegularFile file) {
                unusedBytes += file.content().sizeInBytes();
            }
        }
    }

    /** Of the layers merged, from the top down, where the store can take contents over later; after {@link #finish}. */
    public List<LayerLog> logs() {
        return layers.stream().flatMap(layer -> layer.log().stream()).toList();
    }

    /** What was merged so far; complete after {@link #finish}. */
    public MergeReport report() {
        return new MergeReport(
                layers.size(),
                budget.entries(),
                whiteouts,
                hiddenEntries,
                hiddenBytes,
                storedBytes,
                unusedBytes,
                rereadLayers,
                notices.counts());
    }
}
