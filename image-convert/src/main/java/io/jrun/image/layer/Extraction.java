package io.jrun.image.layer;

import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
import io.jrun.image.tree.EntryName;
import io.jrun.image.tree.FileNode;
import io.jrun.image.tree.Metadata;
import io.jrun.image.tree.Xattrs;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * The tree that extracting the layers from the bottom up makes, without their content. Layers are numbered from the top,
 * so the numbers fall.
 *
 * <p>An entry whose parent is a symbolic link is extracted where the link leads, inside the root: an absolute target
 * starts at the root, ".." stops there. Only the last name of a path is never followed. A directory entry replaces a
 * symbolic link of its name; a directory upon a directory only changes its metadata; all else replaces what was there
 * with all below it. A whiteout removes what lower layers brought, also below a directory that its own layer has entered
 * before; such a directory stays, with the metadata that the lower layer gave it unless the layer names it itself.
 *
 * <p>This is what umoci does, entry by entry, with one exception: an entry below a file, which makes umoci and Docker
 * fail, replaces the file by a directory here. Overlay-based runtimes differ in another point: they extract each layer
 * alone, so that a symbolic link of a lower layer is replaced by a directory and not followed.
 *
 * <p>Source: OCI image-spec 1.1, layer.md, "Applying Changesets" and "Whiteouts".
 */
final class Extraction {

    /** As the kernel does, path_resolution(7). */
    private static final int MAX_SYMLINKS = 40;

    private static final int SET_GROUP_ID = 02000;

    /** What umoci gives the root before any entry describes it. */
    private static final Metadata UNDESCRIBED = new Metadata(0755, 0, 0, 0, 0, Xattrs.NONE);

    private final LiveDirectory root = LiveDirectory.root(UNDESCRIBED);
    private final Budget budget;
    private final Notices notices;
    private final LexicalPath linkTarget = new LexicalPath();
    private int layer;
    private String layerName = "";

    Extraction(Budget budget, Notices notices) {
        this.budget = budget;
        this.notices = notices;
    }

    void startLayer(int number, String name) {
        layer = number;
        layerName = name;
    }

    LiveDirectory root() {
        return root;
    }

    void apply(LayerEntry.Directory entry) throws CorruptDataException {
        if (entry.path().depth() == 0) {
            root.describe(entry.metadata());
            return;
        }
        LiveDirectory parent = makeDirectory(entry.path());
        EntryName name = entry.path().name();
        if (parent.child(name) instanceof LiveDirectory directory) {
            directory.describe(entry.metadata());
            directory.touch(layer);
        } else {
            addDirectory(parent, name, entry.metadata()).touch(layer);
        }
    }

    void apply(LayerEntry.Inode entry) throws CorruptDataException {
        LiveDirectory parent = makeDirectory(entry.path());
        parent.put(entry.path().name(), entry);
        parent.touch(layer);
    }

    /** The old name goes before the target is looked up: a link to itself has no target. */
    void apply(LayerEntry.HardLink link) throws CorruptDataException {
        LiveDirectory parent = makeDirectory(link.path());
        parent.remove(link.path().name());
        link.resolve(target(link));
        parent.put(link.path().name(), link);
        parent.touch(layer);
    }

    void apply(LayerEntry.Whiteout whiteout) throws CorruptDataException {
        Walk walk = walkToParent(whiteout.path());
        if (!walk.exists()) {
            return;
        }
        LiveNode hidden = walk.at.child(whiteout.path().name());
        if (hidden instanceof LiveDirectory directory && directory.isTouchedBy(layer)) {
            directory.sweep(layer);
        } else if (hidden != null && !hidden.isTouchedBy(layer)) {
            walk.at.remove(whiteout.path().name());
        }
    }

    void apply(LayerEntry.OpaqueWhiteout whiteout) throws CorruptDataException {
        Walk walk = walk(whiteout.path());
        if (walk.exists()) {
            walk.at.sweep(layer);
        }
    }

    private LayerEntry.Inode target(LayerEntry.HardLink link) throws CorruptDataException {
        LexicalPath path = linkTarget.parse(link.target());
        Walk walk = new Walk(link.path());
        for (int i = 0; i < path.depth(); i++) {
            if (!EntryName.isValid(path.bytes(), path.start(i), path.end(i))) {
                throw dangling(link, "which is no name that a file can have");
            }
        }
        for (int i = 0; i < path.depth() - 1; i++) {
            walk.enter(EntryName.of(path.bytes(), path.start(i), path.end(i)));
        }
        if (path.depth() == 0) {
            throw dangling(link, "which is the root directory");
        }
        int last = path.depth() - 1;
        LiveNode found =
                walk.exists() ? walk.at.child(EntryName.of(path.bytes(), path.start(last), path.end(last))) : null;
        if (found instanceof LayerEntry.Name name) {
            return name.inode();
        }
        throw dangling(link, found == null ? "which does not exist there" : "which is a directory");
    }

    private CorruptDataException dangling(LayerEntry.HardLink link, String why) {
        return new CorruptDataException(Failure.of(
                "merge " + layerName,
                "the hard link " + link.path() + " leads to " + TarInput.printable(link.target()) + ", " + why));
    }

    /** The directory in which the last name of the path lies, made where it is missing. */
    private LiveDirectory makeDirectory(PathNode path) throws CorruptDataException {
        Walk walk = walkToParent(path);
        LiveDirectory directory = walk.at;
        for (EntryName name : walk.missing) {
            if (directory.child(name) != null) {
                notices.count(Notice.PARENT_NO_DIRECTORY);
            }
            notices.count(Notice.IMPLICIT_DIRECTORY);
            budget.takeName(layerName);
            directory = addDirectory(directory, name, implicitMetadata(directory.metadata()));
        }
        return directory;
    }

    /** A set-group-ID directory hands its group and that bit to directories made in it, mkdir(2). */
    private static Metadata implicitMetadata(Metadata parent) {
        if ((parent.permissions() & SET_GROUP_ID) == 0) {
            return UNDESCRIBED;
        }
        return new Metadata(0755 | SET_GROUP_ID, 0, parent.gid(), 0, 0, Xattrs.NONE);
    }

    private LiveDirectory addDirectory(LiveDirectory parent, EntryName name, Metadata metadata)
            throws CorruptDataException {
        int maxDepth = budget.limits().maxDepth();
        if (parent.depth() >= maxDepth) {
            throw new CorruptDataException(Failure.of(
                    "merge " + layerName, "symbolic links lead to a path of more than " + maxDepth + " names"));
        }
        return parent.addDirectory(name, metadata);
    }

    private Walk walkToParent(PathNode path) throws CorruptDataException {
        return path.parent().depth() == 0 ? new Walk(path) : walk(path.parent());
    }

    private Walk walk(PathNode path) throws CorruptDataException {
        Walk walk = new Walk(path);
        EntryName[] names = new EntryName[path.depth()];
        PathNode node = path;
        for (int i = names.length - 1; i >= 0; i--) {
            names[i] = node.name();
            node = node.parent();
        }
        for (EntryName name : names) {
            walk.enter(name);
        }
        return walk;
    }

    /** One way through the tree; names that do not exist are kept, since they may be made. */
    private final class Walk {

        private final PathNode path;
        private LiveDirectory at = root;
        private List<EntryName> missing = List.of();
        private int symlinks;

        Walk(PathNode path) {
            this.path = path;
        }

        boolean exists() {
            return missing.isEmpty();
        }

        void enter(EntryName name) throws CorruptDataException {
            LiveNode child = missing.isEmpty() ? at.child(name) : null;
            if (child instanceof LiveDirectory directory) {
                at = directory;
            } else if (child instanceof LayerEntry.Name link
                    && link.inode().node() instanceof FileNode.SymbolicLink symlink) {
                follow(symlink);
            } else {
                addMissing(name);
            }
        }

        private void addMissing(EntryName name) {
            if (missing.isEmpty()) {
                missing = new ArrayList<>();
            }
            missing.add(name);
        }

        private void leave() {
            if (missing.isEmpty()) {
                at = at.parent();
            } else {
                missing.remove(missing.size() - 1);
            }
        }

        /** Links met on the way are put in front of what is left of the outer ones: no recursion. */
        private void follow(FileNode.SymbolicLink symlink) throws CorruptDataException {
            Deque<byte[]> todo = new ArrayDeque<>();
            push(todo, symlink);
            while (!todo.isEmpty()) {
                byte[] name = todo.pop();
                if (name.length == 2 && name[0] == '.' && name[1] == '.') {
                    leave();
                } else if (!EntryName.isValid(name, 0, name.length)) {
                    throw new CorruptDataException(Failure.of(
                            "merge " + layerName,
                            "the parent of " + path + " is a symbolic link with a name of " + name.length
                                    + " bytes, where " + EntryName.MAX_LENGTH + " are the limit"));
                } else {
                    EntryName entryName = EntryName.of(name);
                    LiveNode child = missing.isEmpty() ? at.child(entryName) : null;
                    if (child instanceof LayerEntry.Name link
                            && link.inode().node() instanceof FileNode.SymbolicLink inner) {
                        push(todo, inner);
                    } else {
                        enter(entryName);
                    }
                }
            }
        }

        private void push(Deque<byte[]> todo, FileNode.SymbolicLink symlink) throws CorruptDataException {
            if (++symlinks > MAX_SYMLINKS) {
                throw new CorruptDataException(Failure.of(
                        "merge " + layerName,
                        "more than " + MAX_SYMLINKS + " symbolic links lead to the parent of " + path + " (ELOOP)"));
            }
            byte[] target = symlink.target();
            if (target.length > 0 && target[0] == '/') {
                at = root;
            }
            int to = target.length;
            while (to > 0) {
                int from = to;
                while (from > 0 && target[from - 1] != '/') {
                    from--;
                }
                boolean dot = to - from == 1 && target[from] == '.';
                if (to > from && !dot) {
                    todo.push(java.util.Arrays.copyOfRange(target, from, to));
                }
                to = from - 1;
            }
        }
    }
}
