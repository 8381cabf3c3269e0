package io.jrun.image.writer.directory;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.CorruptDataException;
import io.jrun.error.DeniedException;
import io.jrun.error.JrunException;
import io.jrun.error.StorageException;
import io.jrun.image.squashfs.Compression;
import io.jrun.image.squashfs.SquashfsImage;
import io.jrun.image.squashfs.SquashfsOptions;
import io.jrun.image.squashfs.SquashfsWriter;
import io.jrun.image.tree.EntryName;
import io.jrun.image.tree.FileNode;
import io.jrun.image.tree.FileTree;
import io.jrun.image.tree.Metadata;
import io.jrun.image.tree.Xattrs;
import io.jrun.posix.ByteString;
import io.jrun.posix.Errno;
import io.jrun.posix.JnrPosix;
import io.jrun.posix.Posix;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Extracts this tree, whose image {@link #image} holds:
 *
 * <pre>
 * /bin/{tool 04755, twin = tool, run 0111}     /data/{big 9 MiB, holes 1 MiB, empty, small0...small299}
 * /closed 0555 /closed/in                      /dev/{null, pipe}      /link -> /etc/passwd      /out -> ..
 * </pre>
 */
class DirectoryExtractorTest {

    private static final long MTIME = 1_500_000_000L;
    private static final int USER = 4711;

    @TempDir
    Path directory;

    private final Posix posix = JnrPosix.load();
    private final byte[] big = new byte[9 * 1024 * 1024 + 17];
    private Path image;
    private Path target;

    @BeforeEach
    void writeImage() throws IOException {
        image = directory.resolve("image.sqsh");
        target = directory.resolve("target");
        new Random(9).nextBytes(big);
        try (SquashfsWriter writer = new SquashfsWriter(image, SquashfsOptions.of(Compression.ZSTD))) {
            writer.finish(new FileTree(tree(writer)));
        }
    }

    private static Metadata metadata(int mode) {
        return new Metadata(mode, 12, 34, MTIME, 0, Xattrs.NONE);
    }

    private static FileNode.RegularFile file(SquashfsWriter writer, int mode, byte[] bytes) throws IOException {
        return new FileNode.RegularFile(metadata(mode), writer.store(new ByteArrayInputStream(bytes), bytes.length));
    }

    private static FileNode.Directory directory(int mode, Map<String, FileNode> children) {
        Map<EntryName, FileNode> named = new HashMap<>();
        children.forEach((name, node) -> named.put(EntryName.of(name), node));
        return new FileNode.Directory(metadata(mode), named);
    }

    private FileNode.Directory tree(SquashfsWriter writer) throws IOException {
        FileNode tool = file(writer, 04755, new byte[] {1, 2, 3});
        Map<String, FileNode> data = new HashMap<>();
        data.put("big", file(writer, 0644, big));
        byte[] holes = new byte[1024 * 1024];
        holes[300_000] = 7;
        data.put("holes", file(writer, 0644, holes));
        data.put("empty", file(writer, 0644, new byte[0]));
        for (int i = 0; i < 300; i++) {
            data.put("small" + i, file(writer, 0644, ("content " + i).repeat(i).getBytes(StandardCharsets.US_ASCII)));
        }
        Map<String, FileNode> root = new HashMap<>();
        root.put("bin", directory(0755, Map.of("tool", tool, "twin", tool, "run", file(writer, 0111, new byte[1]))));
        root.put("data", directory(0755, data));
        root.put("closed", directory(0555, Map.of("in", file(writer, 0000, new byte[] {5}))));
        root.put(
                "dev",
                directory(
                        0755,
                        Map.of(
                                "null", new FileNode.Device(metadata(0666), FileNode.DeviceKind.CHARACTER, 1, 3),
                                "pipe", new FileNode.Fifo(metadata(0600)))));
        root.put("link", new FileNode.SymbolicLink(metadata(0777), "/etc/passwd".getBytes(StandardCharsets.US_ASCII)));
        root.put("out", new FileNode.SymbolicLink(metadata(0777), "..".getBytes(StandardCharsets.US_ASCII)));
        return directory(0755, root);
    }

    private ExtractionReport extract(Posix with, int threads) throws IOException {
        try (SquashfsImage open = SquashfsImage.open(image)) {
            return new DirectoryExtractor(with, threads).extract(open, ByteString.of(target.toString()));
        }
    }

    private Object fact(String path, String name) throws IOException {
        return Files.getAttribute(target.resolve(path), "unix:" + name, LinkOption.NOFOLLOW_LINKS);
    }

    private int mode(String path) throws IOException {
        return (int) fact(path, "mode") & 07777;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 4})
    void contentsLinksAndTimesArriveWhateverTheThreads(int threads) throws IOException {
        ExtractionReport report = extract(new FaultyPosix(posix).asUser(USER).posix(), threads);

        assertArrayEquals(big, Files.readAllBytes(target.resolve("data/big")));
        byte[] holes = Files.readAllBytes(target.resolve("data/holes"));
        assertEquals("1048576 7", holes.length + " " + holes[300_000]);
        assertEquals("content 299".repeat(299), Files.readString(target.resolve("data/small299")));
        assertEquals(0, Files.size(target.resolve("data/empty")));
        assertEquals(fact("bin/tool", "ino"), fact("bin/twin", "ino"));
        assertEquals(Path.of(".."), Files.readSymbolicLink(target.resolve("out")));
        for (String path : new String[] {"", "data", "data/big", "data/small7", "data/empty", "link", "dev/pipe"}) {
            assertEquals(FileTime.from(java.time.Instant.ofEpochSecond(MTIME)), fact(path, "lastModifiedTime"), path);
        }
        // Five directories, 300 + 3 + 2 + 1 files, two links and a pipe.
        assertEquals(5 + 306 + 3, report.inodes());
    }

    @Test
    void anyUserCanReadAndRemoveWhatHeGotAndIsToldTheDifference() throws IOException {
        ExtractionReport report = extract(new FaultyPosix(posix).asUser(USER).posix(), 2);

        assertEquals(0755, mode("closed"));
        assertEquals(0400, mode("closed/in"));
        assertEquals(0511, mode("bin/run"));
        assertEquals(0755, mode("bin/tool"));
        assertFalse(Files.exists(target.resolve("dev/null")));
        assertEquals(1, report.droppedDevices());
        assertEquals(1, report.droppedSetIds());
        assertEquals(3, report.widenedModes());
        assertEquals(report.inodes(), report.droppedOwners());
    }

    @Test
    void descriptorsAreClosedWhateverHappens() throws IOException {
        FaultyPosix counted = new FaultyPosix(posix).asUser(USER);
        extract(counted.posix(), 3);
        assertEquals(0, counted.openDescriptors());
    }

    @ParameterizedTest
    @CsvSource({
        "pwrite,0",
        "pwrite,40",
        "openat,5",
        "openat,200",
        "mkdirat,2",
        "futimens,100",
        "symlinkat,1",
        "linkat,0",
        "utimensat,3",
        "ftruncate,0"
    })
    void fullDiskIsAStorageFailureThatLeavesNothingOpenAndIsRemovable(String call, int nth) throws IOException {
        FaultyPosix full = new FaultyPosix(posix).asUser(USER).failing(call, nth, Errno.ENOSPC);

        StorageException e = assertThrows(StorageException.class, () -> extract(full.posix(), 3));

        assertTrue(e.getMessage().contains("(ENOSPC)"), e.getMessage());
        assertEquals(0, full.openDescriptors());
        new DirectoryRemover(posix).remove(ByteString.of(target.toString()));
        assertFalse(Files.exists(target));
    }

    @Test
    void refusedCallsNameTheFileAndTheErrno() {
        FaultyPosix denied = new FaultyPosix(posix).asUser(USER).failing("symlinkat", 0, Errno.EACCES);
        JrunException e = assertThrows(DeniedException.class, () -> extract(denied.posix(), 1));
        assertEquals("cannot create /link: permission denied (EACCES)", e.getMessage());
    }

    @Test
    void existingTargetIsLeftAlone() throws IOException {
        Files.createDirectory(target);
        StorageException e = assertThrows(StorageException.class, () -> extract(posix, 1));
        assertTrue(e.getMessage().contains("(EEXIST)"), e.getMessage());
    }

    @Test
    void damagedContentIsCorruptAndLeavesNothingOpen() throws IOException {
        // The fragment block of the small files lies right before the inode table, whose place is at offset 64.
        byte[] bytes = Files.readAllBytes(image);
        int end = (int) ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong(64);
        Arrays.fill(bytes, end - 200, end, (byte) 0);
        Files.write(image, bytes);
        FaultyPosix counted = new FaultyPosix(posix).asUser(USER);
        assertThrows(CorruptDataException.class, () -> extract(counted.posix(), 3));
        assertEquals(0, counted.openDescriptors());
    }

    @Test
    void rootKeepsOwnersModesAndDevices() throws IOException {
        org.junit.jupiter.api.Assumptions.assumeTrue(posix.geteuid() == 0, "needs root; run the build as root");
        ExtractionReport report = extract(posix, 2);
        assertEquals("12:34", fact("bin/tool", "uid") + ":" + fact("bin/tool", "gid"));
        assertEquals(04755, mode("bin/tool"));
        assertEquals(0000, mode("closed/in"));
        assertEquals(0555, mode("closed"));
        assertEquals(0, report.droppedOwners() + report.widenedModes() + report.droppedSetIds());
    }
}
