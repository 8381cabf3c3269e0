package io.jrun.image.squashfs;

import io.jrun.error.CorruptDataException;
import io.jrun.error.HostUnsupportedException;
import io.jrun.image.tree.FileContent;
import io.jrun.image.tree.FileNode;
import io.jrun.image.tree.ReadableContent;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Reads an image file in every way there is, for tests with damaged ones. */
final class HostileImage {

    /** A sparse file of terabytes is legal and takes as long to read as it is. */
    private static final long MOST_CONTENT = 1 << 20;

    private HostileImage() {}

    /** Returns whether it was read; false when it was refused as damaged. Anything else passes through. */
    static boolean readEverything(byte[] bytes) throws IOException {
        Path path = Files.createTempFile("jrun-hostile", ".sqsh");
        try {
            Files.write(path, bytes);
            return readEverything(path);
        } finally {
            Files.delete(path);
        }
    }

    static boolean readEverything(Path path) throws IOException {
        try (SquashfsImage image = SquashfsImage.open(path)) {
            List<FileContent> contents = walk(image);
            image.readTree();
            image.plan(contents);
            for (FileContent content : contents) {
                image.stored(content);
                read(content);
            }
            return true;
        } catch (CorruptDataException | HostUnsupportedException refused) {
            return false;
        }
    }

    private static List<FileContent> walk(SquashfsImage image) throws IOException {
        List<FileContent> contents = new ArrayList<>();
        Set<Long> seen = new HashSet<>();
        Deque<SquashfsInode> open = new ArrayDeque<>();
        open.add(image.root());
        while (!open.isEmpty()) {
            image.list(open.pop(), (name, reference) -> {
                SquashfsInode inode = image.inode(reference);
                if (inode.node() instanceof FileNode.RegularFile file
                        && file.content().sizeInBytes() <= MOST_CONTENT) {
                    contents.add(file.content());
                } else if (inode.node() instanceof FileNode.Directory && seen.add(reference)) {
                    open.push(inode);
                }
                return contents.size() < 1000;
            });
        }
        return contents;
    }

    private static void read(FileContent content) throws IOException {
        try (InputStream in = ((ReadableContent) content).open()) {
            long length = in.transferTo(java.io.OutputStream.nullOutputStream());
            if (length != content.sizeInBytes()) {
                throw new AssertionError("read " + length + " bytes of a file of " + content.sizeInBytes());
            }
        }
    }
}
