package io.jrun.cli.container;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a name stands for where several things are called so. */
class NamedTreeTest {

    @TempDir
    Path directory;

    private Optional<NamedTree> named(String name) throws IOException {
        return new ContainerStores(Map.of("JRUN_DATA_PATH", directory.toString()), note -> {}).named(name);
    }

    @Test
    void aFileIsAnImageFile() throws IOException {
        Path file = Files.createFile(directory.resolve("solver.sqsh"));

        assertEquals(Optional.of(new NamedTree.ImageFile(file)), named(file.toString()));
    }

    @Test
    void aSlashMakesADirectory() throws IOException {
        assertEquals(Optional.of(new NamedTree.Directory(directory)), named(directory.toString()));
    }

    @Test
    void aNameIsAContainerEvenBesideADirectoryOfThatName() throws IOException {
        Path root = Files.createDirectories(directory.resolve("containers/target/rootfs"));
        Files.createFile(root.resolveSibling("container.json"));

        assertEquals(Optional.of(root), named("target").map(NamedTree::path));
        assertTrue(named("target").orElseThrow() instanceof NamedTree.OfContainer);
    }

    @Test
    void whatIsNotThereAndWhatNoContainerCanBeCalledIsNothing() throws IOException {
        assertEquals(Optional.empty(), named("absent"));
        assertEquals(Optional.empty(), named(directory + "/absent"));
        assertEquals(Optional.empty(), named("a b"));
        assertEquals(Optional.empty(), named("a\0b"));
    }
}
