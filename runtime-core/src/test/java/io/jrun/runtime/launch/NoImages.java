package io.jrun.runtime.launch;

import io.jrun.runtime.store.Container;
import java.nio.file.Path;

/** For starts that come without images. */
final class NoImages implements ImageAccess {

    @Override
    public OpenImage open(Path imageFile, long offset) {
        throw new AssertionError("unexpected image file " + imageFile);
    }

    @Override
    public boolean make(Container container, boolean there) {
        return there;
    }

    @Override
    public void fetch(String reference, Path imageFile) {
        throw new AssertionError("unexpected reference " + reference);
    }

    @Override
    public boolean asksEachTime() {
        return false;
    }

    @Override
    public void refresh(String reference, Path imageFile) {
        throw new AssertionError("unexpected reference " + reference);
    }
}
