package io.jrun.image.tree;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/** Reads contents back, one after the other: for places that read better through something they share. */
public interface ContentSource {

    /** Contents that read themselves. */
    ContentSource DIRECT = new ContentSource() {
        @Override
        public InputStream open(FileContent content) throws IOException {
            return ((ReadableContent) content).open();
        }

        @Override
        public List<DataExtent> dataExtents(FileContent content) throws IOException {
            return ((ReadableContent) content).dataExtents();
        }
    };

    /** From the start; the caller closes it before the next. */
    InputStream open(FileContent content) throws IOException;

    /** See {@link ReadableContent#dataExtents}. */
    List<DataExtent> dataExtents(FileContent content) throws IOException;
}
