package io.jrun.runtime.launch;

import io.jrun.runtime.host.HostFiles;
import io.jrun.runtime.store.Container;
import java.io.IOException;
import java.nio.file.Path;

/** What starts of images need beyond the runtime. */
public interface ImageAccess {

    /**
     * An image file that stays open.
     *
     * @param tree by absolute paths inside
     * @param offset where the image begins in the file
     */
    record OpenImage(HostFiles tree, long offset) {}

    /**
     * Opens an image file; whoever asked closes nothing.
     *
     * @param offset of the image in a bundle; 0 for all other files, though an image may begin behind that in some
     */
    OpenImage open(Path imageFile, long offset) throws IOException;

    /**
     * Makes a container from what the caller said, where it is not there; returns whether it is there then.
     *
     * @param there whether it is there already, and its record with it
     */
    boolean make(Container container, boolean there) throws IOException;

    /** Imports a reference. {@code imageFile} exists entirely or not at all. */
    void fetch(String reference, Path imageFile) throws IOException;

    /** Whether each start asks if a reference means another image by now; a plan that is kept would ask nobody. */
    boolean asksEachTime();

    /** Replaces an image file that was imported earlier, if the reference means another image by now. */
    void refresh(String reference, Path imageFile) throws IOException;
}
