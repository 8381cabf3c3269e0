package io.jrun.image.tree;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/** Content that can be read back, as of a tree read from an image file. */
public interface ReadableContent extends FileContent {

    /** The bytes from the start; the caller closes. Several may be open at a time. */
    InputStream open() throws IOException;

    /** Where there is data, in ascending order, apart from each other; one extent for all where nobody knows of holes. */
    default List<DataExtent> dataExtents() throws IOException {
        return sizeInBytes() == 0 ? List.of() : List.of(new DataExtent(0, sizeInBytes()));
    }
}
