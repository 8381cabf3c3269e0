package io.jrun.image.writer.directory;

import io.jrun.image.tree.EntryName;
import io.jrun.image.tree.FileNode;
import io.jrun.image.tree.FileTree;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/** A tree sorted by what is to be done: a pure step before the first system call. */
final class Layout {

    /** A further name of an inode that has one. */
    record HardLink(Place first, Place name) {}

    private final List<Place> directories = new ArrayList<>();
    private final List<Place> files = new ArrayList<>();
    private final List<Place> others = new ArrayList<>();
    private final List<HardLink> hardLinks = new ArrayList<>();
    private final IdentityHashMap<FileNode, Place> firstNames = new IdentityHashMap<>();

    Layout(FileTree tree) {
        directories.add(Place.root(tree.root()));
        for (int next = 0; next < directories.size(); next++) {
            Place directory = directories.get(next);
            FileNode.Directory node = (FileNode.Directory) directory.node();
            for (Map.Entry<EntryName, FileNode> child : node.children().entrySet()) {
                sort(directory.child(child.getKey().toBytes(), child.getValue()));
            }
        }
    }

    private void sort(Place place) {
        if (place.node() instanceof FileNode.Directory) {
            directories.add(place);
            return;
        }
        Place first = firstNames.putIfAbsent(place.node(), place);
        if (first != null) {
            hardLinks.add(new HardLink(first, place));
        } else if (place.node() instanceof FileNode.RegularFile file
                && file.content().sizeInBytes() > 0) {
            files.add(place);
        } else {
            others.add(place);
        }
    }

    /** Parents before their children, brothers together. The first is the root. */
    List<Place> directories() {
        return directories;
    }

    /** Regular files that have content, once each. */
    List<Place> files() {
        return files;
    }

    /** Everything else that is no directory, once each. */
    List<Place> others() {
        return others;
    }

    List<HardLink> hardLinks() {
        return hardLinks;
    }
}
