package io.jrun.image.tree;

import java.io.IOException;
import java.io.InputStream;

/** Content that can be read back, as of a tree read from an image file. */
public interface ReadableContent extends FileContent {

    /** The bytes from the start; the caller closes. Several may be open at a time. */
    InputStream open() throws IOException;
}
