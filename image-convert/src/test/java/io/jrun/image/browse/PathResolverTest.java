package io.jrun.image.browse;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.NotFoundException;
import io.jrun.error.UsageException;
import io.jrun.image.browse.PathResolver.LastLink;
import io.jrun.image.squashfs.Compression;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PathResolverTest {

    /*
     * bin -> usr/bin        usr/bin/tool           up -> ../../../../etc     etc/hosts
     * loop -> loop          ping -> pong -> ping   dangling -> /none         abs -> /usr/bin/../bin/tool
     */
    private Path image;

    @TempDir
    Path directory;

    @BeforeEach
    void write() throws IOException {
        image = new SampleImage()
                .symlink("bin", "usr/bin")
                .file("usr/bin/tool", "x")
                .symlink("up", "../../../../etc")
                .file("etc/hosts", "h")
                .symlink("loop", "loop")
                .symlink("ping", "pong")
                .symlink("pong", "ping")
                .symlink("dangling", "/none")
                .symlink("abs", "/usr/bin/../bin/tool")
                .write(directory.resolve("image.sqsh"), Compression.ZSTD);
    }

    private String find(String path, LastLink lastLink) throws IOException {
        try (ImageView view = ImageView.open(image)) {
            return PathResolver.find(view, path.getBytes(StandardCharsets.UTF_8), lastLink)
                    .path()
                    .toString();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "'',/",
        "/,/",
        "/../..,/",
        "bin,/usr/bin",
        "/bin/tool,/usr/bin/tool",
        "bin/./../bin//tool,/usr/bin/tool",
        "up/hosts,/etc/hosts",
        "up/../bin/tool,/usr/bin/tool",
        "abs,/usr/bin/tool",
        "bin/,/usr/bin",
        "../../../etc/hosts,/etc/hosts"
    })
    void linksAndDotsStayInTheTree(String path, String expected) throws IOException {
        assertEquals(expected, find(path, LastLink.FOLLOW));
    }

    @ParameterizedTest
    @CsvSource({"bin,/bin", "dangling,/dangling", "loop,/loop", "bin/,/usr/bin", "abs,/abs"})
    void lastLinkIsKeptOnRequestUnlessASlashAsksForADirectory(String path, String expected) throws IOException {
        assertEquals(expected, find(path, LastLink.KEEP));
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "usr/none/..", "etc/hosts/x", "etc/hosts/", "dangling", "abs/x", "etc/hosts/.."})
    void whatIsNotThereIsNotFound(String path) {
        NotFoundException e = assertThrows(NotFoundException.class, () -> find(path, LastLink.FOLLOW));
        assertTrue(e.getMessage().startsWith("cannot find " + path + " in "), e.getMessage());
    }

    @ParameterizedTest
    @ValueSource(strings = {"loop", "ping", "loop/x", "pong/"})
    void circlesOfLinksEnd(String path) {
        UsageException e = assertThrows(UsageException.class, () -> find(path, LastLink.FOLLOW));
        assertTrue(e.getMessage().contains("ELOOP"), e.getMessage());
    }

    @Test
    void linksThatMultiplyEnd() throws IOException {
        SampleImage bomb = new SampleImage().directory("d");
        for (int i = 0; i < 39; i++) {
            bomb.symlink("l" + i, ("l" + (i + 1) + "/../").repeat(500) + ".");
        }
        bomb.symlink("l39", "d");
        image = bomb.write(directory.resolve("bomb.sqsh"), Compression.ZSTD);

        IOException e = assertThrows(IOException.class, () -> find("l0", LastLink.FOLLOW));

        assertTrue(e.getMessage().contains("ELOOP") || e.getMessage().contains("ENAMETOOLONG"), e.getMessage());
    }

    @Test
    void linksOfADirectoryAreNotFollowedOnTheHost() throws IOException {
        Path outside = Files.writeString(directory.resolve("secret"), "s");
        Path root = Files.createDirectories(directory.resolve("root"));
        Files.createSymbolicLink(root.resolve("out"), outside);
        Files.createSymbolicLink(root.resolve("up"), Path.of("../secret"));
        Files.createSymbolicLink(root.resolve("rooted"), Path.of("/in"));
        Files.writeString(root.resolve("in"), "i");
        try (TreeView view = new DirectoryView(root, "root")) {
            for (String link : new String[] {"out", "up", "../secret", "../../../../../../../etc/passwd"}) {
                byte[] path = link.getBytes(StandardCharsets.UTF_8);
                assertThrows(NotFoundException.class, () -> PathResolver.find(view, path, LastLink.FOLLOW), link);
            }
            byte[] rooted = "rooted".getBytes(StandardCharsets.UTF_8);
            assertEquals(
                    "/in",
                    PathResolver.find(view, rooted, LastLink.FOLLOW).path().toString());
        }
    }

    @Test
    void namesThatAreNoUtf8AreFoundByTheirBytes() throws IOException {
        byte[] name = {'/', (byte) 0xff, 'x'};
        Path root = Files.createDirectories(directory.resolve("odd"));
        Files.writeString(HostNames.path(append(HostNames.bytes(root), name)), "found");
        try (TreeView view = new DirectoryView(root, "odd")) {
            PathResolver.Found found = PathResolver.find(view, name, LastLink.FOLLOW);
            assertEquals("/\\xffx", found.path().toString());
        }
    }

    private static byte[] append(byte[] one, byte[] other) {
        byte[] both = java.util.Arrays.copyOf(one, one.length + other.length);
        System.arraycopy(other, 0, both, one.length, other.length);
        return both;
    }
}
