package io.jrun.image.convert;

import io.jrun.image.tree.ContentSource;
import io.jrun.image.tree.DataExtent;
import io.jrun.image.tree.FileContent;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/** Contents of which a listener hears how much has been read. */
record ToldContents(ContentSource contents, ConversionListener listener) implements ContentSource {

    @Override
    public InputStream open(FileContent content) throws IOException {
        return new ToldStream(contents.open(content), listener);
    }

    @Override
    public List<DataExtent> dataExtents(FileContent content) throws IOException {
        return contents.dataExtents(content);
    }
}
