package io.jrun.image.layer;

import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
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

    private static final int MAX_SYMLINK_TARGET = 4095; // PATH_MAX less its final 0x00: symlink(2)

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

    private record MergedLayer(LayerStream source, int number, List<LayerEntry> entries) {}

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
     * Reads one layer to the very end of its stream, and stores what no layer above hides. Called from the top layer
     * down.
     *
     * @throws CorruptDataException when the layer is malformed or beyond the limits
     */
    public void merge(LayerStream source) throws IOException {
        MergedLayer layer = new MergedLayer(source, layers.size(), new ArrayList<>());
        pool.startLayer(source.name());
        try (InputStream in = source.open()) {
            TarReader reader = new TarReader(in, source.name(), limits, notices, pool);
            int ordinal = 0;
            for (Optional<TarEntry> entry = reader.next(); entry.isPresent(); entry = reader.next()) {
                merge(entry.get(), ordinal++, reader, layer);
            }
        }
        ((ArrayList<LayerEntry>) layer.entries()).trimToSize();
        layers.add(layer);
    }

    private void merge(TarEntry entry, int ordinal, TarReader reader, MergedLayer layer) throws IOException {
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
            mergeFile(entry, ordinal, reader, layer);
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

    private void mergeFile(TarEntry entry, int ordinal, TarReader reader, MergedLayer layer) throws IOException {
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
        layer.entries().add(toLayerEntry(entry, node, hidden, ordinal, reader, layer));
    }

    private LayerEntry toLayerEntry(
            TarEntry entry, PathNode node, boolean hidden, int ordinal, TarReader reader, MergedLayer layer)
            throws IOException {
        int number = layer.number();
        return switch (entry.kind()) {
            case DIRECTORY -> new LayerEntry.Directory(node, entry.metadata());
            case HARD_LINK -> {
                budget.takeText(layer.source().name(), entry.linkTarget().length);
                yield new LayerEntry.HardLink(node, number, entry.linkTarget());
            }
            case REGULAR_FILE -> hidden ? passOver(entry, node, ordinal, number) : store(entry, node, reader, number);
            case SYMBOLIC_LINK -> symbolicLink(entry, node, layer);
            case CHARACTER_DEVICE -> device(entry, node, FileNode.DeviceKind.CHARACTER, number);
            case BLOCK_DEVICE -> device(entry, node, FileNode.DeviceKind.BLOCK, number);
            case FIFO -> new LayerEntry.Inode(node, number, new FileNode.Fifo(entry.metadata()));
            case SOCKET -> new LayerEntry.Inode(node, number, new FileNode.Socket(entry.metadata()));
        };
    }

    private LayerEntry passOver(TarEntry entry, PathNode node, int ordinal, int number) {
        hiddenBytes += entry.sizeInBytes();
        return new LayerEntry.UnreadFile(node, number, entry.metadata(), ordinal, entry.sizeInBytes());
    }

    private LayerEntry store(TarEntry entry, PathNode node, TarReader reader, int number) throws IOException {
        storedBytes += entry.sizeInBytes();
        return new LayerEntry.Inode(
                node, number, new FileNode.RegularFile(entry.metadata(), storeContent(entry, reader)));
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
        rereadLayers++;
        String name = layer.source().name();
        pool.startLayer(name);
        try (InputStream in = layer.source().open()) {
            TarReader reader = new TarReader(in, name, limits, new Notices(), pool); // the first reading has counted
            int ordinal = 0;
            for (Optional<TarEntry> entry = reader.next(); entry.isPresent(); entry = reader.next()) {
                LayerEntry.UnreadFile file = wanted.remove(ordinal++);
                if (file != null) {
                    readAgain(file, entry.get(), reader, name);
                }
            }
        }
        if (!wanted.isEmpty()) {
            throw changed(name);
        }
    }

    private void readAgain(LayerEntry.UnreadFile file, TarEntry entry, TarReader reader, String layerName)
            throws IOException {
        if (entry.kind() != TarEntry.Kind.REGULAR_FILE || entry.sizeInBytes() != file.sizeInBytes()) {
            throw changed(layerName);
        }
        hiddenBytes -= file.sizeInBytes();
        storedBytes += file.sizeInBytes();
        file.fill(contents.store(reader.content(), file.sizeInBytes()));
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
