package io.jrun.image.convert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.NotFoundException;
import io.jrun.error.UsageException;
import io.jrun.image.convert.ConversionRequest.Existing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OutputFileTest {

    @TempDir
    Path directory;

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void aPublishedFileHasItsNameAndNothingElseIsLeft() throws Exception {
        try (OutputFile output = OutputFile.open(directory.resolve("image.sqsh"), Existing.KEEP)) {
            Files.writeString(output.temporary(), "whole");
            output.publish();
        }

        assertEquals(List.of("image.sqsh"), names());
        assertEquals("whole", Files.readString(directory.resolve("image.sqsh")));
    }

    @Test
    void anAbandonedOutputLeavesNothing() throws Exception {
        try (OutputFile output = OutputFile.open(directory.resolve("image.sqsh"), Existing.KEEP)) {
            Files.writeString(output.temporary(), "half");
        }

        assertEquals(List.of(), names());
    }

    @Test
    void anExistingFileIsKept() throws Exception {
        Path target = Files.writeString(directory.resolve("image.sqsh"), "old");

        UsageException e = assertThrows(UsageException.class, () -> OutputFile.open(target, Existing.KEEP));

        assertTrue(e.getMessage().contains("-f"), e.getMessage());
        assertEquals("old", Files.readString(target));
        assertEquals(List.of("image.sqsh"), names());
    }

    @Test
    void aFileThatAppearsMeanwhileIsKept() throws Exception {
        Path target = directory.resolve("image.sqsh");
        try (OutputFile output = OutputFile.open(target, Existing.KEEP)) {
            Files.writeString(output.temporary(), "ours");
            Files.writeString(target, "theirs");

            assertThrows(UsageException.class, output::publish);
        }

        assertEquals("theirs", Files.readString(target));
        assertEquals(List.of("image.sqsh"), names());
    }

    @Test
    void replacingSwapsTheFile() throws Exception {
        Path target = Files.writeString(directory.resolve("image.sqsh"), "old");
        try (OutputFile output = OutputFile.open(target, Existing.REPLACE)) {
            Files.writeString(output.temporary(), "new");
            assertEquals("old", Files.readString(target));
            output.publish();
        }

        assertEquals("new", Files.readString(target));
        assertEquals(List.of("image.sqsh"), names());
    }

    @Test
    void whatAKilledWriterLeftIsRemovedAndWhatALiveOneWritesIsNot() throws Exception {
        Path target = directory.resolve("image.sqsh");
        Path left = Files.writeString(directory.resolve("image.sqsh.6f1c.jrun-part"), "half");
        Path other = Files.writeString(directory.resolve("other.sqsh.6f1c.jrun-part"), "half");
        try (OutputFile first = OutputFile.open(target, Existing.KEEP)) {
            assertFalse(Files.exists(left), "the leftover of the same target is gone");
            assertTrue(Files.exists(other), "another target's is not touched");
            try (OutputFile second = OutputFile.open(target, Existing.KEEP)) {
                assertTrue(Files.exists(first.temporary()), "a locked file has a live writer");
                assertTrue(Files.exists(second.temporary()));
            }
        }
    }

    @Test
    void whatIsNoRegularFileIsNeitherReplacedNorOpened() throws Exception {
        Path pipe = directory.resolve("image.sqsh");
        assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
        Path trap = directory.resolve("new.sqsh.6f1c.jrun-part");
        assertEquals(0, new ProcessBuilder("mkfifo", trap.toString()).start().waitFor());

        assertThrows(UsageException.class, () -> OutputFile.open(pipe, Existing.REPLACE));
        assertTimeoutPreemptively(
                Duration.ofMinutes(1), () -> OutputFile.open(directory.resolve("new.sqsh"), Existing.KEEP)
                        .close());

        assertEquals(List.of("image.sqsh", "new.sqsh.6f1c.jrun-part"), names());
    }

    @Test
    void aMissingDirectoryIsNamedWithTheCommandThatMakesIt() {
        Path target = directory.resolve("absent").resolve("image.sqsh");

        NotFoundException e = assertThrows(NotFoundException.class, () -> OutputFile.open(target, Existing.KEEP));

        assertTrue(e.getMessage().contains("mkdir -p " + target.getParent()), e.getMessage());
    }
}
