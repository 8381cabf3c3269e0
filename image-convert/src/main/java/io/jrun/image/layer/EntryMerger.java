package io.jrun.image.layer;

import io.jrun.error.CorruptDataException;
import io.jrun.image.layer.LayerMerger.Whiteouts;
import io.jrun.image.tree.ContentStore;
import io.jrun.image.tree.EntryName;
import io.jrun.image.tree.FileContent;
import io.jrun.image.tree.FileNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * Merges entry by entry: notes what each does to the tree, and has its content stored unless the paths of upper layers
 * say that it is hidden.
 */
final class EntryMerger {

    private static final byte[] WHITEOUT_PREFIX = ascii(".wh.");
    private static final byte[] AUFS_PREFIX = ascii(".wh..wh.");
    private static final byte[] OPAQUE_WHITEOUT = ascii(".wh..wh..opq");

    /** Of the tar: contents are packed together in stretches of so many bytes, so that most of them come out the same. */
    private static final long STRETCH_IN_BYTES = 8 << 20;

    private static final int MAX_SYMLINK_TARGET = 4095; // PATH_MAX less its final 0x00: symlink(2)

    private final ContentStore contents;
    private final Whiteouts whiteoutRule;
    private final Budget budget;
    private final Notices notices;
    private final MergeTally tally;
    private final PathTrie paths;
    private final LexicalPath path = new LexicalPath();

    // Where in the layer at hand.
    private long stretchEnd;
    private int ordinal;
    private int fileNumber;

    EntryMerger(ContentStore contents, Whiteouts whiteoutRule, Budget budget, Notices notices, MergeTally tally) {
        this.contents = contents;
        this.whiteoutRule = whiteoutRule;
        this.budget = budget;
        this.notices = notices;
        this.tally = tally;
        this.paths = new PathTrie(budget, System.nanoTime());
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** Begins the next layer. */
    void startLayer() throws IOException {
        contents.border();
        stretchEnd = STRETCH_IN_BYTES;
        ordinal = 0;
        fileNumber = 0;
    }

    /** @param content where that of the entry comes from, if it is wanted */
    void merge(TarEntry entry, EntryContents content, MergedLayer layer) throws IOException {
        layer.log().ifPresent(log -> log.add(entry));
        if (entry.offset() >= stretchEnd) {
            contents.border();
            stretchEnd = (entry.offset() / STRETCH_IN_BYTES + 1) * STRETCH_IN_BYTES;
        }
        mergeEntry(entry, content, layer);
        ordinal++;
        fileNumber += entry.kind() == TarEntry.Kind.REGULAR_FILE ? 1 : 0;
    }

    /** Whether a file of the layer with this number would be visible, as far as the paths of upper layers tell. */
    boolean isVisible(TarEntry entry, int number) throws CorruptDataException {
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

    /** Frees what is needed only while layers are merged. */
    void finish() {
        paths.forget();
    }

    private void mergeEntry(TarEntry entry, EntryContents content, MergedLayer layer) throws IOException {
        budget.takeEntry(layer.name());
        budget.takeContent(layer.name(), entry.sizeInBytes());
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
        int maxDepth = budget.limits().maxDepth();
        if (path.depth() > maxDepth) {
            throw corrupt(layer, entry, "has " + path.depth() + " names, where " + maxDepth + " are the limit");
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
                layer.name(), entry.offset(), "the entry \"" + TarInput.printable(entry.path()) + "\" " + why);
    }

    private void mergeWhiteout(TarEntry entry, MergedLayer layer) throws IOException {
        int last = path.depth() - 1;
        if (path.matches(last, OPAQUE_WHITEOUT)) {
            PathNode directory = paths.locate(path, last, layer.name());
            directory.close(layer.number());
            layer.entries().add(new LayerEntry.OpaqueWhiteout(directory));
            tally.whiteout();
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
        PathNode directory = paths.locate(path, last, layer.name());
        PathNode hidden = paths.child(directory, path.bytes(), from, path.end(last), layer.name());
        hidden.hide(layer.number());
        hidden.close(layer.number());
        layer.entries().add(new LayerEntry.Whiteout(hidden));
        tally.whiteout();
    }

    private void mergeFile(TarEntry entry, EntryContents content, MergedLayer layer) throws IOException {
        boolean directory = entry.kind() == TarEntry.Kind.DIRECTORY;
        if (path.depth() == 0 && !directory) {
            throw corrupt(layer, entry, "would replace the root directory");
        }
        PathNode node = paths.locate(path, path.depth(), layer.name());
        boolean hidden = node.isHidden(layer.number());
        node.hide(layer.number());
        if (!directory) {
            node.close(layer.number());
        }
        layer.entries().add(toLayerEntry(entry, node, hidden, content, layer));
    }

    private LayerEntry toLayerEntry(
            TarEntry entry, PathNode node, boolean hidden, EntryContents content, MergedLayer layer)
            throws IOException {
        int number = layer.number();
        return switch (entry.kind()) {
            case DIRECTORY -> new LayerEntry.Directory(node, entry.metadata());
            case HARD_LINK -> {
                budget.takeText(layer.name(), entry.linkTarget().length);
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
        tally.passedOver(entry.sizeInBytes());
        return new LayerEntry.UnreadFile(node, number, entry.metadata(), ordinal, fileNumber, entry.sizeInBytes());
    }

    private LayerEntry store(TarEntry entry, PathNode node, EntryContents content, MergedLayer layer)
            throws IOException {
        tally.stored(entry.sizeInBytes());
        FileContent stored = content.store(entry, path, fileNumber);
        layer.log().ifPresent(log -> log.putContent(fileNumber, stored));
        return new LayerEntry.Inode(node, layer.number(), new FileNode.RegularFile(entry.metadata(), stored));
    }

    private LayerEntry symbolicLink(TarEntry entry, PathNode node, MergedLayer layer) throws IOException {
        int length = entry.linkTarget().length;
        if (length == 0 || length > MAX_SYMLINK_TARGET) {
            throw corrupt(
                    layer,
                    entry,
                    "is a symbolic link of " + length + " bytes, where 1 to " + MAX_SYMLINK_TARGET + " are allowed");
        }
        budget.takeText(layer.name(), length);
        return new LayerEntry.Inode(
                node, layer.number(), new FileNode.SymbolicLink(entry.metadata(), entry.linkTarget()));
    }

    private static LayerEntry device(TarEntry entry, PathNode node, FileNode.DeviceKind kind, int number) {
        return new LayerEntry.Inode(
                node, number, new FileNode.Device(entry.metadata(), kind, entry.deviceMajor(), entry.deviceMinor()));
    }
}
