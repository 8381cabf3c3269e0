package io.jrun.runtime.host;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.StorageException;
import io.jrun.posix.ByteString;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KernelFilesTest {

    private final KernelFiles files = new KernelFiles();

    @TempDir
    private Path directory;

    private static ByteString bytes(Path path) {
        return HostPaths.fromPath(path);
    }

    @Test
    void kindAndIdentityComeFromStat() throws Exception {
        Path file = Files.writeString(directory.resolve("f"), "content");
        Files.setLastModifiedTime(file, FileTime.from(Instant.ofEpochSecond(12, 345)));
        Path link = Files.createSymbolicLink(directory.resolve("l"), Path.of("f"));

        FileStatus status = files.stat(bytes(link));

        assertEquals(FileKind.REGULAR, status.kind());
        assertEquals(7, status.sizeInBytes());
        assertEquals(12, status.mtimeSeconds());
        assertEquals(345, status.mtimeNanos());
        assertEquals(Files.getAttribute(file, "unix:ino"), status.inode());
        assertEquals(FileKind.SYMLINK, files.lstat(bytes(link)).kind());
        assertEquals(FileKind.DIRECTORY, files.lstat(bytes(directory)).kind());
        assertEquals(FileKind.SPECIAL, files.lstat(ByteString.of("/dev/null")).kind());
        assertEquals(Optional.of(ByteString.of("f")), files.readLink(bytes(link)));
    }

    @Test
    void absenceIsNoError() throws Exception {
        ByteString missing = bytes(directory.resolve("missing"));

        assertEquals(FileKind.MISSING, files.stat(missing).kind());
        assertTrue(files.read(missing, 10).isEmpty());
        assertTrue(files.readLink(missing).isEmpty());
    }

    @Test
    void namesThatAreNoTextAreLeftToTheKernel() {
        ByteString name = ByteString.of("/tmp/").plus(ByteString.of(new byte[] {(byte) 0xff}));

        assertEquals(FileKind.UNKNOWN, files.stat(name).kind());
    }

    @Test
    void filesAreReadUpToTheLimitOnly() throws Exception {
        Path file = Files.write(directory.resolve("f"), new byte[] {1, 2, 3});

        assertArrayEquals(new byte[] {1, 2, 3}, files.read(bytes(file), 3).orElseThrow());
        assertThrows(StorageException.class, () -> files.read(bytes(file), 2));
    }
}
