package io.jrun.image.squashfs;

import io.jrun.image.tree.FileNode;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;

/**
 * Numbers and link counts of all inodes, from 1: breadth first, children in the order of their names, so that one
 * directory's entries have numbers close to each other. A directory counts itself, its name and its subdirectories'
 * "..", as on disk file systems.
 */
final class InodeNumbers {

    /** One inode. */
    static final class Inode {

        private final int number;
        private final int parentNumber;
        private long links;
        private long reference = SquashfsFormat.ABSENT;
        private DirectoryTable.Listing listing;

        private Inode(int number, int parentNumber, long links) {
            this.number = number;
            this.parentNumber = parentNumber;
            this.links = links;
        }

        int number() {
            return number;
        }

        /** Of the directory that holds it first; of no inode for the root. */
        int parentNumber() {
            return parentNumber;
        }

        long links() {
            return links;
        }

        boolean isWritten() {
            return reference != SquashfsFormat.ABSENT;
        }

        long reference() {
            return reference;
        }

        void writtenAt(long place) {
            reference = place;
        }

        DirectoryTable.Listing listing() {
            return listing;
        }

        void listedAs(DirectoryTable.Listing written) {
            listing = written;
        }
    }

    private final IdentityHashMap<FileNode, Inode> inodes = new IdentityHashMap<>();
    private final List<FileNode.Directory> directories = new ArrayList<>();

    /** @throws IllegalArgumentException when a directory has two names */
    InodeNumbers(FileNode.Directory root) {
        inodes.put(root, new Inode(1, 0, 2));
        directories.add(root);
        for (int next = 0; next < directories.size(); next++) {
            FileNode.Directory directory = directories.get(next);
            Inode parent = inodes.get(directory);
            for (FileNode child : directory.children().values()) {
                number(child, parent);
            }
        }
    }

    private void number(FileNode child, Inode parent) {
        Inode known = inodes.get(child);
        if (child instanceof FileNode.Directory directory) {
            if (known != null) {
                throw new IllegalArgumentException("a directory has two names");
            }
            directories.add(directory);
            parent.links++;
            inodes.put(child, new Inode(inodes.size() + 1, parent.number, 2));
        } else if (known == null) {
            inodes.put(child, new Inode(inodes.size() + 1, parent.number, 1));
        } else {
            known.links++;
        }
    }

    int count() {
        return inodes.size();
    }

    Inode of(FileNode node) {
        return inodes.get(node);
    }

    /** Parents before their children. */
    List<FileNode.Directory> directories() {
        return directories;
    }
}
