package io.jrun.error;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;

class FileFailureTest {

    @Test
    void kernelErrorsCarryTheirSymbol() {
        assertEquals("no space left (ENOSPC)", FileFailure.cause(new IOException("No space left on device")));
        assertEquals(
                "the file system is read-only (EROFS)",
                FileFailure.cause(new FileSystemException("/x", null, "Read-only file system")));
        assertEquals("permission denied (EACCES)", FileFailure.cause(new AccessDeniedException("/x")));
    }

    @Test
    void unknownTextIsQuotedInLowerCase() {
        assertEquals("stale file handle", FileFailure.cause(new IOException("Stale file handle")));
        assertEquals("IOException", FileFailure.cause(new IOException()));
    }

    @Test
    void missingFilesAreToldByWhatTheJdkThrows() {
        IOException e = Assertions.assertThrows(
                IOException.class, () -> FileChannel.open(Path.of("/nowhere/at/all"), StandardOpenOption.READ)
                        .close());

        assertEquals("no such file or directory (ENOENT)", FileFailure.cause(e));
    }

    @Test
    void aFullDeviceIsRecognized() throws IOException {
        try (FileChannel full = FileChannel.open(Path.of("/dev/full"), StandardOpenOption.WRITE)) {
            IOException e =
                    Assertions.assertThrows(IOException.class, () -> full.write(java.nio.ByteBuffer.allocate(1)));

            assertEquals("no space left (ENOSPC)", FileFailure.cause(e));
        }
    }
}
