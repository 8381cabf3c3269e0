package io.jrun.image.writer.directory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.DeniedException;
import io.jrun.posix.ByteString;
import io.jrun.posix.Errno;
import io.jrun.posix.JnrPosix;
import io.jrun.posix.Posix;
import io.jrun.posix.PosixException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DirectoryRemoverTest {

    @TempDir
    Path directory;

    private final Posix posix = JnrPosix.load();

    private void remove(Path path) throws IOException {
        new DirectoryRemover(posix).remove(ByteString.of(path.toString()));
    }

    @Test
    void closedDirectoriesAndOddNamesAreRemoved() throws Exception {
        Path top = Files.createDirectories(directory.resolve("top/a/b"))
                .getParent()
                .getParent();
        Files.writeString(top.resolve("a/b/file"), "x");
        int handle = posix.openat(
                Posix.WORKING_DIRECTORY, ByteString.of(top.toString()).toBytes(), Posix.OpenMode.DIRECTORY, 0);
        posix.mkdirat(handle, new byte[] {(byte) 0xff, '\n', (byte) 0x80}, 0);
        posix.close(handle);
        Files.setPosixFilePermissions(top.resolve("a/b"), PosixFilePermissions.fromString("---------"));
        Files.setPosixFilePermissions(top.resolve("a"), PosixFilePermissions.fromString("r-x------"));

        remove(top);

        assertFalse(Files.exists(top));
    }

    @Test
    void whatLinksPointToStays() throws IOException {
        Path outside = Files.createDirectory(directory.resolve("outside"));
        Files.writeString(outside.resolve("precious"), "x");
        Path top = Files.createDirectory(directory.resolve("top"));
        Files.createSymbolicLink(top.resolve("link"), outside);
        Files.createSymbolicLink(directory.resolve("topLink"), outside);

        remove(top);
        remove(directory.resolve("topLink"));

        assertTrue(Files.exists(outside.resolve("precious")));
        assertFalse(Files.exists(directory.resolve("topLink"), java.nio.file.LinkOption.NOFOLLOW_LINKS));
    }

    @Test
    void treesDeeperThanDescriptorsReachAreRemoved() throws Exception {
        Path top = Files.createDirectory(directory.resolve("top"));
        byte[] name = ByteString.of("d".repeat(50)).toBytes();
        int handle = posix.openat(
                Posix.WORKING_DIRECTORY, ByteString.of(top.toString()).toBytes(), Posix.OpenMode.DIRECTORY, 0);
        for (int depth = 0; depth < 1500; depth++) {
            posix.mkdirat(handle, name, 0700);
            int child = posix.openat(handle, name, Posix.OpenMode.DIRECTORY, 0);
            posix.close(handle);
            handle = child;
        }
        posix.close(handle);

        remove(top);

        assertFalse(Files.exists(top));
    }

    @Test
    void nothingToRemoveIsNoFailure() throws IOException {
        remove(directory.resolve("none"));
        assertTrue(Files.exists(directory));
    }

    @Test
    void refusalNamesTheDirectory() throws IOException {
        Path top = Files.createDirectory(directory.resolve("top"));
        Posix denied =
                new FaultyPosix(posix).failing("unlinkat", 1, Errno.EACCES).posix();
        DeniedException e = assertThrows(
                DeniedException.class, () -> new DirectoryRemover(denied).remove(ByteString.of(top.toString())));
        assertEquals("cannot remove " + top + ": permission denied (EACCES)", e.getMessage());
    }

    @Test
    void errnoOfTheKernelArrives() {
        PosixException e = assertThrows(PosixException.class, () -> posix.close(-1));
        assertEquals(Errno.EBADF, e.errno());
    }
}
