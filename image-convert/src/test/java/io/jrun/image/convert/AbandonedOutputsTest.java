package io.jrun.image.convert;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AbandonedOutputsTest {

    @TempDir
    Path directory;

    private Path temporary(String name) throws IOException {
        return Files.createFile(directory.resolve(name + "." + UUID.randomUUID() + ".jrun-part"));
    }

    @Test
    void fileWithoutALockGoesWithItsWorkingDirectory() throws IOException {
        Path abandoned = temporary("a.sqsh");
        Path working = Files.createDirectories(
                directory.resolve(abandoned.getFileName() + ".d").resolve("tree"));
        Files.createFile(directory.resolve("whole.sqsh"));

        List<Path> found = AbandonedOutputs.in(directory);
        boolean removed = AbandonedOutputs.remove(abandoned);

        assertAll(
                () -> assertEquals(List.of(abandoned), found),
                () -> assertTrue(removed),
                () -> assertFalse(Files.exists(abandoned)),
                () -> assertFalse(Files.exists(working)),
                () -> assertTrue(Files.exists(directory.resolve("whole.sqsh"))));
    }

    @Test
    void linkOfSuchANameIsNotFollowed() throws IOException {
        Path precious = Files.createFile(directory.resolve("precious"));
        Path link = Files.createSymbolicLink(directory.resolve("x.jrun-part"), precious);

        assertAll(
                () -> assertEquals(List.of(), AbandonedOutputs.in(directory)),
                () -> assertFalse(AbandonedOutputs.remove(link)),
                () -> assertTrue(Files.exists(precious)));
    }

    @Test
    void directoryThatIsNotThereHoldsNothing() throws IOException {
        assertEquals(List.of(), AbandonedOutputs.in(directory.resolve("none")));
    }
}
