package io.jrun.image.browse;

import io.jrun.image.tree.ContentSource;
import io.jrun.image.tree.EntryName;
import io.jrun.image.tree.FileNode;
import io.jrun.image.tree.FileTree;
import io.jrun.image.writer.tar.TarTreeWriter;
import java.io.IOException;
import java.io.OutputStream;

/** Copies a file or directory out of a tree as a tar stream, with owners, devices and attributes as the tree has them. */
public final class TarCopy {

    private TarCopy() {}

    /**
     * Entries begin with the file's own name, those of the root with {@code ./}.
     *
     * @param out stays open
     * @return how many sockets there were, which other readers take for empty files
     */
    public static long copy(TreeView view, PathResolver.Found from, OutputStream out) throws IOException {
        TarTreeWriter writer = new TarTreeWriter(out, ContentSource.DIRECT, owners -> owners);
        int depth = from.path().depth();
        EntryName name = depth == 0 ? EntryName.of("root") : from.path().names().get(depth - 1);
        FileTree tree = Subtree.of(view, from, name, 0);
        if (depth == 0) {
            writer.write(
                    new FileTree((FileNode.Directory) tree.root().children().get(name)));
        } else {
            writer.writeBelowRoot(tree);
        }
        return writer.sockets();
    }
}
