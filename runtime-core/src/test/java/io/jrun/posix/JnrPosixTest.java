package io.jrun.posix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.DeniedException;
import io.jrun.error.HostUnsupportedException;
import io.jrun.error.NotFoundException;
import io.jrun.error.StorageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JnrPosixTest {

    @TempDir
    Path directory;

    private final Posix posix = JnrPosix.load();
    private int handle;

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @BeforeEach
    void open() throws PosixException {
        handle = posix.openat(Posix.WORKING_DIRECTORY, bytes(directory.toString()), Posix.OpenMode.DIRECTORY, 0);
    }

    @AfterEach
    void close() throws PosixException {
        posix.close(handle);
    }

    @Test
    void writesDirectAndHeapBuffersAtTheirPlaces() throws Exception {
        int file = posix.openat(handle, bytes("file"), Posix.OpenMode.CREATE_NEW, 0600);
        ByteBuffer direct = ByteBuffer.allocateDirect(10)
                .put(bytes("..direct.."))
                .position(2)
                .limit(8);
        posix.write(file, direct);
        posix.pwrite(file, ByteBuffer.wrap(bytes("-heap")), 6);
        posix.ftruncate(file, 12);
        posix.fsync(file);
        posix.close(file);

        assertEquals("direct-heap\0", Files.readString(directory.resolve("file")));
        assertEquals(0, direct.remaining());
    }

    @Test
    void heapBuffersLongerThanTheScratchAreaAreWrittenWhole() throws Exception {
        byte[] much = bytes("0123456789".repeat(50_000));
        int file = posix.openat(handle, bytes("much"), Posix.OpenMode.CREATE_NEW, 0600);
        posix.write(file, ByteBuffer.wrap(much));
        posix.close(file);
        assertEquals(new String(much, StandardCharsets.UTF_8), Files.readString(directory.resolve("much")));
    }

    @Test
    void existingFileIsNotCreatedAndLinksAreNotFollowed() throws Exception {
        posix.symlinkat(bytes("elsewhere"), handle, bytes("link"));
        assertEquals(Errno.EEXIST, errnoOfOpening("link", Posix.OpenMode.CREATE_NEW));
        assertEquals(Errno.ELOOP, errnoOfOpening("link", Posix.OpenMode.WRITE));
        assertEquals(Errno.ENOENT, errnoOfOpening("none", Posix.OpenMode.READ));
    }

    private Errno errnoOfOpening(String name, Posix.OpenMode how) {
        return assertThrows(PosixException.class, () -> posix.openat(handle, bytes(name), how, 0600))
                .errno();
    }

    @Test
    void namesOfAnyBytesAreListedAndLargeDirectoriesInParts() throws Exception {
        for (int i = 0; i < 9000; i++) {
            posix.symlinkat(bytes("x"), handle, bytes("n" + i));
        }
        posix.mkdirat(handle, new byte[] {(byte) 0xff, '\n'}, 0700);
        int names = 0;
        boolean odd = false;
        for (List<DirectoryEntry> part = posix.getdents(handle); !part.isEmpty(); part = posix.getdents(handle)) {
            names += part.size();
            odd |= part.contains(
                    new DirectoryEntry(ByteString.of(new byte[] {(byte) 0xff, '\n'}), DirectoryEntry.Kind.DIRECTORY));
        }
        assertEquals(9001, names);
        assertTrue(odd);
    }

    @Test
    void timesModesLinksAndRenamesAreTheKernels() throws Exception {
        posix.close(posix.openat(handle, bytes("a"), Posix.OpenMode.CREATE_NEW, 0600));
        posix.linkat(handle, bytes("a"), handle, bytes("b"));
        posix.fchmodat(handle, bytes("a"), 0421);
        posix.utimensat(handle, bytes("a"), -7, 5);
        posix.renameat2(handle, bytes("b"), handle, bytes("c"), Posix.RenameMode.NO_REPLACE);
        posix.mknodat(handle, bytes("pipe"), Posix.FIFO | 0600, 0, 0);

        Path renamed = directory.resolve("c");
        assertEquals(0421, (int) Files.getAttribute(renamed, "unix:mode") & 07777);
        assertEquals(2, Files.getAttribute(renamed, "unix:nlink"));
        assertEquals(-7_000_000_000L + 5, Files.getLastModifiedTime(renamed).to(TimeUnit.NANOSECONDS));
        assertEquals(
                Posix.FIFO,
                (int) Files.getAttribute(directory.resolve("pipe"), "unix:mode", LinkOption.NOFOLLOW_LINKS) & 0170000);
        assertEquals(
                Errno.EEXIST,
                assertThrows(
                                PosixException.class,
                                () -> posix.renameat2(
                                        handle, bytes("a"), handle, bytes("c"), Posix.RenameMode.NO_REPLACE))
                        .errno());
    }

    @Test
    void umaskReturnsTheOneBefore() {
        int before = posix.umask(027);
        assertEquals(027, posix.umask(before));
    }

    @Test
    void geteuidIsThatOfThisProcess() throws IOException {
        String uids = Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("Uid:"))
                .collect(Collectors.joining());
        assertEquals(uids.split("\\s+", -1)[2], Integer.toString(posix.geteuid()));
    }

    @ParameterizedTest
    @CsvSource({
        "28,StorageException",
        "122,StorageException",
        "30,StorageException",
        "13,DeniedException",
        "1,DeniedException",
        "2,NotFoundException",
        "38,HostUnsupportedException",
        "9999,StorageException"
    })
    void errorsOfTheKernelBecomeOurKinds(int number, String kind) {
        IOException failure = new PosixException("openat", number).during("open it");
        List<Class<?>> kinds = List.of(
                StorageException.class, DeniedException.class, NotFoundException.class, HostUnsupportedException.class);
        assertTrue(kinds.contains(failure.getClass()));
        assertEquals(kind, failure.getClass().getSimpleName());
        assertTrue(failure.getMessage().startsWith("cannot open it: "), failure.getMessage());
    }

    @Test
    void quotasOfWhatIsNoDeviceAreUnknown() {
        assertEquals(java.util.Optional.empty(), JnrQuotas.load().of(Quotas.Kind.USER, directory + "/no-device", 2000));
    }

    @Test
    void freeInodesAreThoseThatStatTells() throws Exception {
        Process stat = new ProcessBuilder("stat", "-f", "-c", "%c %d", directory.toString()).start();
        String[] figures = new String(stat.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8)
                .strip()
                .split(" ", -1);

        java.util.OptionalLong free = JnrInodes.freeIn(directory.toString());

        if (figures[0].equals("0")) {
            assertTrue(free.isEmpty(), "made as it goes");
        } else {
            // Others make files meanwhile.
            assertTrue(Math.abs(free.orElseThrow() - Long.parseLong(figures[1])) < 10_000, free + " " + figures[1]);
        }
        assertTrue(JnrInodes.freeIn(directory + "/nothing").isEmpty());
    }
}
