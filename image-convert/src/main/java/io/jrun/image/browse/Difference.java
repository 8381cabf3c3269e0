package io.jrun.image.browse;

import io.jrun.image.tree.FileNode;
import java.util.List;
import java.util.Optional;

/**
 * One name that two trees do not have alike.
 *
 * @param before absent when the name was added
 * @param after absent when the name was removed
 * @param aspects what changed; empty for names that only one tree has
 */
public record Difference(TreePath path, Optional<FileNode> before, Optional<FileNode> after, List<Aspect> aspects) {

    /** What can differ between two files of one name; time stamps are not compared. */
    public enum Aspect {
        TYPE,
        MODE,
        OWNER,
        SIZE,
        CONTENT,
        TARGET,
        DEVICE,
        XATTRS
    }

    public Difference {
        aspects = List.copyOf(aspects);
    }
}
