package io.jrun.image.convert;

import io.jrun.image.tree.ContentSource;
import io.jrun.image.tree.DataExtent;
import io.jrun.image.tree.FileContent;
import io.jrun.image.tree.FileNode;
import io.jrun.image.tree.FileTree;
import java.io.IOException;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;

/**
 * What a tree holds.
 *
 * @param contentBytes of its regular files, each inode once
 * @param dataBytes the same without holes
 * @param inodes directories among them; 0 while unknown
 * @param packedBytes of the file that it lies packed in; 0 where it does not
 */
public record Volume(long contentBytes, long dataBytes, long inodes, long packedBytes) {

    /** Smaller files are not asked for their holes, which costs system calls where they lie on the host. */
    private static final long HOLES_COUNT_FROM_BYTES = 1 << 20;

    /** Of a tar that is packed: its contents are larger. */
    public static Volume ofPackedTar(long sizeInBytes) {
        return new Volume(sizeInBytes, sizeInBytes, 0, sizeInBytes);
    }

    /** Of a tar that is not: up to a half may be headers and padding. */
    public static Volume ofPlainTar(long sizeInBytes) {
        return new Volume(sizeInBytes, sizeInBytes / 2, 0, 0);
    }

    Volume packedIn(long sizeInBytes) {
        return new Volume(contentBytes, dataBytes, inodes, sizeInBytes);
    }

    /** @param contents to which the tree's files belong */
    public static Volume of(FileTree tree, ContentSource contents) throws IOException {
        Count count = new Count(contents);
        count.add(tree.root());
        return new Volume(count.contentBytes, count.dataBytes, count.inodes, 0);
    }

    private static final class Count {

        private final ContentSource contents;
        private final Set<FileNode> counted = Collections.newSetFromMap(new IdentityHashMap<>());
        private long contentBytes;
        private long dataBytes;
        private long inodes;

        Count(ContentSource contents) {
            this.contents = contents;
        }

        void add(FileNode node) throws IOException {
            if (node instanceof FileNode.Directory directory) {
                inodes++;
                for (FileNode child : directory.children().values()) {
                    add(child);
                }
            } else if (counted.add(node)) {
                inodes++;
                if (node instanceof FileNode.RegularFile file) {
                    contentBytes += file.content().sizeInBytes();
                    dataBytes += data(file.content());
                }
            }
        }

        private long data(FileContent content) throws IOException {
            return content.sizeInBytes() < HOLES_COUNT_FROM_BYTES
                    ? content.sizeInBytes()
                    : contents.dataExtents(content).stream()
                            .mapToLong(DataExtent::length)
                            .sum();
        }
    }
}
