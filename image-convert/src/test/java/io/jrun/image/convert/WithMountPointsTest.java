package io.jrun.image.convert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.image.convert.WithMountPoints.Kind;
import io.jrun.image.layer.MergeLimits;
import io.jrun.image.reference.Platform;
import io.jrun.image.tree.ContentStore;
import io.jrun.image.tree.EntryName;
import io.jrun.image.tree.FileNode;
import io.jrun.image.tree.FileTree;
import io.jrun.image.tree.Metadata;
import io.jrun.image.tree.Xattrs;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class WithMountPointsTest {

    private static final Metadata OLD = new Metadata(0755, 7, 7, 100, 0, Xattrs.NONE);
    private static final long CREATED = 1234;

    private static FileNode.Directory directory(Object... namesAndNodes) {
        Map<EntryName, FileNode> children = new LinkedHashMap<>();
        for (int i = 0; i < namesAndNodes.length; i += 2) {
            children.put(EntryName.of((String) namesAndNodes[i]), (FileNode) namesAndNodes[i + 1]);
        }
        return new FileNode.Directory(OLD, children);
    }

    private static FileNode link(String target) {
        return new FileNode.SymbolicLink(OLD, target.getBytes(StandardCharsets.UTF_8));
    }

    private static FileNode.Directory with(FileNode.Directory root, String path, Kind kind) throws IOException {
        RootfsInput input = new RootfsInput() {
            @Override
            public Beginning begin(Platform platform, MergeLimits limits, ConversionListener listener) {
                return Beginning.at(Instant.ofEpochSecond(CREATED));
            }

            @Override
            public Rootfs readInto(ContentStore contents) {
                Provenance provenance = Provenance.bare("test", Platform.ofMachine("amd64"), List.of());
                return new Rootfs(new FileTree(root), provenance, Optional.empty(), List.of(), List.of());
            }

            @Override
            public void close() {}
        };
        try (WithMountPoints points = new WithMountPoints(input, Map.of(path, kind))) {
            points.begin(Platform.ofMachine("amd64"), MergeLimits.DEFAULT, null);
            return points.readInto((data, size) -> () -> size).tree().root();
        }
    }

    @Test
    void missingOnesAreMadeWithTheirParentsAtTheTimeOfTheImage() throws IOException {
        FileNode.Directory root = with(directory("usr", directory()), "/a/b", Kind.DIRECTORY);

        FileNode made = root.descendant("a/b").orElseThrow();
        assertInstanceOf(FileNode.Directory.class, made);
        assertEquals(CREATED, made.metadata().mtimeSeconds());
        assertTrue(root.child("usr").isPresent());
        assertEquals(OLD, root.metadata());
    }

    @Test
    void filesAreEmpty() throws IOException {
        FileNode made = with(directory(), "/etc/hosts", Kind.FILE)
                .descendant("etc/hosts")
                .orElseThrow();

        assertEquals(0, ((FileNode.RegularFile) made).content().sizeInBytes());
    }

    @Test
    void whatIsThereStays() throws IOException {
        FileNode.Directory root = directory("etc", directory("hosts", directory()));

        assertInstanceOf(
                FileNode.Directory.class,
                with(root, "/etc/hosts", Kind.FILE).descendant("etc/hosts").orElseThrow());
    }

    @Test
    void linksAreFollowedWithinTheImage() throws IOException {
        FileNode.Directory root =
                directory("etc", directory("resolv.conf", link("../../run/resolv")), "tmp", link("/var/tmp"));

        assertTrue(with(root, "/etc/resolv.conf", Kind.FILE)
                .descendant("run/resolv")
                .isPresent());
        assertTrue(with(root, "/tmp/x", Kind.DIRECTORY).descendant("var/tmp/x").isPresent());
    }

    @Test
    void aLinkIsEnoughWhereItIsNotToBeFollowed() throws IOException {
        FileNode.Directory root = directory("etc", directory("localtime", link("/usr/share/zoneinfo/UTC")));

        assertTrue(
                with(root, "/etc/localtime", Kind.FILE_BUT_NO_LINK).child("usr").isEmpty());
    }

    @Test
    void linksWithoutEndAndFilesInTheWayAreLeftAlone() throws IOException {
        FileNode.Directory circle = directory("a", link("b"), "b", link("a"));
        FileNode.Directory file = directory("a", new FileNode.RegularFile(OLD, () -> 3));

        assertEquals(2, with(circle, "/a/x", Kind.DIRECTORY).children().size());
        assertInstanceOf(
                FileNode.RegularFile.class,
                with(file, "/a/x", Kind.DIRECTORY).child("a").orElseThrow());
    }
}
