package io.jrun.runtime.launch;

import io.jrun.runtime.host.HostFiles;
import io.jrun.runtime.store.Container;
import java.io.IOException;
import java.nio.file.Path;

/** What starts of images need beyond the runtime. */
public interface ImageAccess {

    /**
     * The tree of an image file, by absolute paths inside; whoever asked closes nothing, the file stays open.
     *
     * @param offset where the image begins in the file
     */
    HostFiles tree(Path imageFile, long offset) throws IOException;

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
