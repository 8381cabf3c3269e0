package io.jrun.image.convert;

import io.jrun.error.Failure;
import io.jrun.error.NotFoundException;
import io.jrun.image.mtree.MtreeReader;
import io.jrun.image.tree.ContentSource;
import io.jrun.image.tree.EntryName;
import io.jrun.image.tree.FileNode;
import io.jrun.image.tree.FileTree;
import io.jrun.image.tree.Metadata;
import io.jrun.image.tree.Xattrs;
import java.io.IOException;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Gives a directory's files back what an unprivileged user could not set: owners, modes, attributes, devices. The record
 * is a tree of what should be there; a file is recognised by path and kind. One that was changed since (another time or
 * size) keeps its own mode, and gets its owner only: new bytes must not become set-user-ID or gain capabilities.
 */
public final class RecordedAttributes {

    private final IdentityHashMap<FileNode, FileNode> restored = new IdentityHashMap<>();
    private long owners;
    private long devices;
    private long changed;

    /** A million files take some 150 MB; a record that grew further is none of ours. */
    private static final long MAX_RECORD_IN_BYTES = 1L << 30;

    private static final String OWN_RECORD = OwnFolder.NAME + "/" + ImageRecord.ATTRIBUTES_FILE;

    private RecordedAttributes() {}

    /** Whether the tree brings a record in its {@code /.jrun/attributes.mtree}. */
    public static boolean hasOwnRecord(FileTree found) {
        return found.root().descendant(OWN_RECORD).isPresent();
    }

    /** From the tree's own record. */
    public static FileTree restoreFromOwnRecord(FileTree found, List<String> notes) throws IOException {
        Optional<byte[]> document = OwnFolder.document(found, OWN_RECORD, ContentSource.DIRECT, MAX_RECORD_IN_BYTES);
        if (document.isEmpty()) {
            throw new NotFoundException(Failure.of("restore owners and attributes", "there is no /" + OWN_RECORD)
                    .hint("convert without --restore"));
        }
        return restore(found, MtreeReader.read(document.get(), "/" + OWN_RECORD), notes);
    }

    /** @param notes takes what was done, one sentence with its count each */
    public static FileTree restore(FileTree found, FileTree record, List<String> notes) {
        RecordedAttributes restoration = new RecordedAttributes();
        FileTree tree = new FileTree(restoration.directory(found.root(), record.root()));
        restoration.tell(notes);
        return tree;
    }

    private void tell(List<String> notes) {
        note(notes, owners, "files got their recorded owner, mode and attributes back");
        note(notes, devices, "device nodes were made again as recorded");
        note(notes, changed, "files have changed since they were recorded and got their owner back only");
    }

    private static void note(List<String> notes, long count, String text) {
        if (count > 0) {
            notes.add(count + " " + text);
        }
    }

    private FileNode.Directory directory(FileNode.Directory found, FileNode.Directory record) {
        Map<EntryName, FileNode> children = new TreeMap<>();
        found.children().forEach((name, child) -> {
            FileNode recorded = record.children().get(name);
            if (child instanceof FileNode.Directory inner) {
                children.put(name, recorded instanceof FileNode.Directory known ? directory(inner, known) : inner);
            } else {
                children.put(name, leaf(child, recorded));
            }
        });
        record.children().forEach((name, recorded) -> {
            if (recorded instanceof FileNode.Device && !children.containsKey(name)) {
                children.put(name, recorded);
                devices++;
            }
        });
        owners++;
        return new FileNode.Directory(atTimeOf(found, record.metadata()), children);
    }

    /** What holds is the record, but for the time: a directory's changes with what is made in it. */
    private static Metadata atTimeOf(FileNode found, Metadata record) {
        return new Metadata(
                record.permissions(),
                record.uid(),
                record.gid(),
                found.metadata().mtimeSeconds(),
                found.metadata().mtimeNanos(),
                record.xattrs());
    }

    /** @param record null where there is none */
    private FileNode leaf(FileNode found, FileNode record) {
        FileNode known = restored.get(found);
        if (known != null) {
            return known;
        }
        FileNode result = found;
        if (record != null && record.getClass() == found.getClass()) {
            result = restored(found, record);
            owners++;
        }
        restored.put(found, result);
        return result;
    }

    private FileNode restored(FileNode found, FileNode record) {
        if (found instanceof FileNode.RegularFile file) {
            return new FileNode.RegularFile(
                    isUnchanged(file, (FileNode.RegularFile) record)
                            ? record.metadata()
                            : ownerOnly(found.metadata(), record.metadata()),
                    file.content());
        } else if (found instanceof FileNode.SymbolicLink link) {
            return new FileNode.SymbolicLink(atTimeOf(found, record.metadata()), link.target());
        } else if (found instanceof FileNode.Device device) {
            return new FileNode.Device(
                    atTimeOf(found, record.metadata()), device.kind(), device.major(), device.minor());
        }
        Metadata metadata = atTimeOf(found, record.metadata());
        return found instanceof FileNode.Fifo ? new FileNode.Fifo(metadata) : new FileNode.Socket(metadata);
    }

    private boolean isUnchanged(FileNode.RegularFile found, FileNode.RegularFile record) {
        boolean same = found.content().sizeInBytes() == record.content().sizeInBytes()
                && found.metadata().mtimeSeconds() == record.metadata().mtimeSeconds();
        if (!same) {
            changed++;
        }
        return same;
    }

    private static Metadata ownerOnly(Metadata found, Metadata record) {
        Xattrs own = found.xattrs();
        return new Metadata(
                found.permissions() & 01777, record.uid(), record.gid(), found.mtimeSeconds(), found.mtimeNanos(), own);
    }
}
