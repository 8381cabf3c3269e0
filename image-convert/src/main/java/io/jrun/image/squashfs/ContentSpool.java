package io.jrun.image.squashfs;

import io.jrun.image.tree.ContentSource;
import io.jrun.image.tree.ContentStore;
import io.jrun.image.tree.DataExtent;
import io.jrun.image.tree.FileContent;
import io.jrun.image.tree.FileNode;
import io.jrun.image.tree.FileTree;
import io.jrun.image.tree.Metadata;
import io.jrun.image.tree.ReadableContent;
import io.jrun.image.tree.Xattrs;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Contents kept in a file until they are wanted in another order: an image file without names, compressed fast, equal
 * contents kept once, blocks of zeros not at all. For one thread; the caller deletes the file.
 */
public final class ContentSpool implements ContentStore, ContentSource, Closeable {

    private static final int FASTEST = 1;

    private final Path file;
    private final SquashfsWriter writer;
    private SquashfsImage image;
    private ContentReader reader;

    /** @param file is created or emptied */
    public ContentSpool(Path file, int threads) throws IOException {
        this.file = file;
        this.writer = new SquashfsWriter(
                file, SquashfsOptions.of(Compression.ZSTD).withLevel(FASTEST).withThreads(threads));
    }

    @Override
    public FileContent store(InputStream data, long sizeInBytes) throws IOException {
        return writer.store(data, sizeInBytes);
    }

    /** Ends the storing; from then on contents can be read. */
    public void finish() throws IOException {
        Metadata none = new Metadata(0, 0, 0, 0, 0, Xattrs.NONE);
        writer.finish(new FileTree(new FileNode.Directory(none, Map.of())));
        image = SquashfsImage.open(file);
        reader = image.contentReader();
    }

    /** Of contents that this stored, or that read themselves. */
    @Override
    public InputStream open(FileContent content) throws IOException {
        return content instanceof StoredContent stored ? reader.open(inImage(stored)) : DIRECT.open(content);
    }

    @Override
    public List<DataExtent> dataExtents(FileContent content) throws IOException {
        return content instanceof StoredContent stored
                ? inImage(stored).dataExtents()
                : ((ReadableContent) content).dataExtents();
    }

    private SquashfsContent inImage(StoredContent stored) {
        return new SquashfsContent(image, stored.sizeInBytes(), stored.location());
    }

    @Override
    public void close() throws IOException {
        if (reader != null) {
            reader.close();
        }
        if (image != null) {
            image.close();
        }
        writer.close();
    }
}
