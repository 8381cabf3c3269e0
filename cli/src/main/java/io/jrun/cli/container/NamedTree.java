package io.jrun.cli.container;

import io.jrun.runtime.store.Container;
import java.nio.file.Path;

/** What a user names to look at. */
public sealed interface NamedTree {

    /** The image file, or the directory that is the root of the tree. */
    Path path();

    record ImageFile(Path path) implements NamedTree {}

    record Directory(Path path) implements NamedTree {}

    record OfContainer(Container container) implements NamedTree {
        @Override
        public Path path() {
            return container.rootfs();
        }
    }
}
