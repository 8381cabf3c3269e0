package io.jrun.cli.start;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TurnTest {

    @TempDir
    Path directory;

    private final List<Path> tried = new ArrayList<>();

    /** Locks nothing below the given directory, as a file system without locks. */
    private Turn.Locking failing(int times) {
        return channel -> {
            tried.add(directory);
            if (tried.size() <= times) {
                throw new IOException("No locks available");
            }
            return channel.lock();
        };
    }

    @Test
    void theHolderIsAloneUntilHeCloses() throws IOException {
        Path file = directory.resolve("images/x.lock");

        try (Turn turn = Turn.await(file, List.of());
                FileChannel other = FileChannel.open(file, StandardOpenOption.WRITE)) {
            assertEquals(Turn.Kind.ALONE, turn.kind());
            assertThrows(OverlappingFileLockException.class, other::tryLock);
        }
        try (Turn next = Turn.await(file, List.of())) {
            assertEquals(Turn.Kind.ALONE, next.kind());
        }
    }

    @Test
    void withoutLocksThoseOfTheNodeWaitForEachOther() throws IOException {
        Path local = directory.resolve("run/jrun/x.lock");

        try (Turn turn = Turn.await(directory.resolve("x.lock"), List.of(local), failing(1));
                FileChannel other = FileChannel.open(local, StandardOpenOption.WRITE)) {
            assertEquals(Turn.Kind.NOT_ALONE, turn.kind());
            assertThrows(OverlappingFileLockException.class, other::tryLock);
        }
    }

    @Test
    void withoutAnyLocksTheTurnComesAllTheSame() throws IOException {
        Path notADirectory = Files.writeString(directory.resolve("file"), "");
        List<Path> local = List.of(notADirectory.resolve("x.lock"), directory.resolve("y.lock"));

        try (Turn turn = Turn.await(directory.resolve("x.lock"), local, failing(9))) {
            assertEquals(Turn.Kind.NOT_ALONE, turn.kind());
        }
        assertEquals(2, tried.size(), "what cannot be opened is not locked");
    }

    @Test
    void aPlaceThatCannotBeWrittenIsAFailure() throws IOException {
        Path notADirectory = Files.writeString(directory.resolve("file"), "");

        IOException failure =
                assertThrows(IOException.class, () -> Turn.await(notADirectory.resolve("x.lock"), List.of()));

        assertTrue(failure.getMessage().contains("file"), failure.getMessage());
    }
}
