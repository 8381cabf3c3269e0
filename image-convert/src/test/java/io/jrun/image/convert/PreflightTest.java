package io.jrun.image.convert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.StorageException;
import io.jrun.image.blob.ArchiveCompression;
import io.jrun.image.convert.Preflight.Need;
import io.jrun.image.squashfs.Compression;
import io.jrun.image.squashfs.SquashfsOptions;
import io.jrun.image.tree.ContentSource;
import io.jrun.image.tree.DataExtent;
import io.jrun.image.tree.EntryName;
import io.jrun.image.tree.FileNode;
import io.jrun.image.tree.FileTree;
import io.jrun.image.tree.Metadata;
import io.jrun.image.tree.ReadableContent;
import io.jrun.image.tree.Xattrs;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PreflightTest {

    private static final Metadata METADATA = new Metadata(0644, 0, 0, 0, 0, Xattrs.NONE);

    private static final Volume TREE = new Volume(2_000, 1_000, 70, 0);

    @TempDir
    Path directory;

    private static OutputFormat squashfs(Compression compression) {
        return new OutputFormat.Squashfs(compression, 1, SquashfsOptions.DEFAULT_BLOCK_SIZE);
    }

    private static OutputFormat tar(ArchiveCompression compression) {
        return new OutputFormat.Tar(compression, 1);
    }

    @Test
    void aDirectoryTakesAllDataAndAllInodes() {
        assertEquals(new Need(1_000, 70), Preflight.need(TREE, new OutputFormat.Directory(), false));
    }

    @Test
    void ofPlainContentsOnlyWhatSurelyIsTooLargeCounts() {
        assertEquals(new Need(100, 1), Preflight.need(TREE, squashfs(Compression.ZSTD), false));
        assertEquals(new Need(500, 1), Preflight.need(TREE, squashfs(Compression.NONE), false));
        assertEquals(new Need(1_000, 1), Preflight.need(TREE, tar(ArchiveCompression.NONE), false));
    }

    @Test
    void ofPackedContentsAHalf() {
        Volume packed = Volume.ofPackedTar(1_000);

        assertEquals(new Need(500, 1), Preflight.need(packed, squashfs(Compression.ZSTD), true));
        assertEquals(new Need(1_000, 0), Preflight.need(packed, new OutputFormat.Directory(), true));
    }

    @Test
    void aTarOfAStreamTakesAFileBesideIt() {
        Volume packed = Volume.ofPackedTar(1_000);

        assertEquals(new Need(1_000, 1), Preflight.need(packed, tar(ArchiveCompression.ZSTD), true));
        assertEquals(new Need(500, 1), Preflight.need(packed, tar(ArchiveCompression.ZSTD), false));
    }

    private record Sparse(long sizeInBytes, long data) implements ReadableContent {

        @Override
        public InputStream open() {
            return InputStream.nullInputStream();
        }

        @Override
        public List<DataExtent> dataExtents() {
            return List.of(new DataExtent(0, data));
        }
    }

    @Test
    void hardLinksAndHolesTakeNothing() throws IOException {
        FileNode sparse = new FileNode.RegularFile(METADATA, new Sparse(5L << 30, 4096));
        FileNode small = new FileNode.RegularFile(METADATA, new Sparse(100, 100));
        FileTree tree = new FileTree(new FileNode.Directory(
                METADATA, Map.of(EntryName.of("a"), sparse, EntryName.of("b"), sparse, EntryName.of("c"), small)));

        assertEquals(new Volume((5L << 30) + 100, 4196, 3, 0), Volume.of(tree, ContentSource.DIRECT));
    }

    @Test
    void whatCannotFitIsRefusedWithBothFigures() {
        Volume huge = new Volume(1L << 60, 1L << 60, 3, 0);

        StorageException bytes = assertThrows(
                StorageException.class,
                () -> Preflight.check(huge, new OutputFormat.Directory(), false, directory.resolve("not/yet/there")));
        assertTrue(bytes.getMessage().contains("1,152,921,504,606,846,976 bytes or more"), bytes.getMessage());
    }
}
