package io.jrun.cli.device;

import io.jrun.cli.start.ImageTree;
import io.jrun.error.Failure;
import io.jrun.error.NotFoundException;
import io.jrun.runtime.launch.ImageAccess;
import io.jrun.runtime.store.Container;
import java.io.IOException;
import java.nio.file.Path;

/** Images that are here already: who only looks makes nothing. */
final class ExistingImages implements ImageAccess {

    @Override
    public OpenImage open(Path imageFile, long offset) throws IOException {
        return ImageTree.open(imageFile, offset);
    }

    @Override
    public boolean make(Container container, boolean there) {
        return there;
    }

    @Override
    public void fetch(String reference, Path imageFile) throws IOException {
        throw new NotFoundException(
                Failure.of("look at " + reference, "it is not imported, and looking imports nothing (ENOENT)")
                        .hint("jrun import " + reference));
    }

    @Override
    public boolean asksEachTime() {
        return false;
    }

    @Override
    public void refresh(String reference, Path imageFile) {
        throw new IllegalStateException("asked to refresh " + reference + ", though it asks for nothing newer");
    }
}
