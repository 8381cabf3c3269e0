package io.jrun.image.layer;

import java.io.IOException;
import java.io.InputStream;

/**
 * Where the tar of one layer comes from. May be opened a second time, until the merge has finished: a file that seemed
 * hidden by an upper layer can turn out to be wanted by a hard link.
 */
public interface LayerStream {

    /** The uncompressed tar from its first byte; the caller closes it, after reading it to its end. */
    InputStream open() throws IOException;

    /** For messages, such as "layer 3 of 8 (sha256:9f2c…)". */
    String name();
}
