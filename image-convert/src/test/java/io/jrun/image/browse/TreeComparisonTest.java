package io.jrun.image.browse;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.jrun.image.squashfs.Compression;
import io.jrun.image.squashfs.SquashfsOptions;
import io.jrun.image.tree.Xattrs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TreeComparisonTest {

    @TempDir
    Path directory;

    private static List<String> compare(TreeView one, TreeView other) throws IOException {
        try (one;
                other) {
            return TreeComparison.compare(one, other).stream()
                    .map(each -> each.path() + " "
                            + (each.before().isEmpty() ? "+" : each.after().isEmpty() ? "-" : each.aspects()))
                    .toList();
        }
    }

    private List<String> compare(SampleImage one, SampleImage other) throws IOException {
        return compare(
                ImageView.open(one.write(directory.resolve("one"), Compression.ZSTD)),
                ImageView.open(other.write(directory.resolve("other"), Compression.ZSTD)));
    }

    private static byte[] random(long seed, int length) {
        byte[] bytes = new byte[length];
        Random random = new Random(seed);
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) random.nextInt(20);
        }
        return bytes;
    }

    @Test
    void everyAspectIsNamedInTheOrderOfPaths() throws IOException {
        SampleImage one = new SampleImage()
                .file("same", "s")
                .file("content", "abc")
                .file("size", "abc")
                .file("mode", "m", SampleImage.metadata(0644, 0, Xattrs.NONE))
                .file("owner", "m", SampleImage.metadata(0644, 0, Xattrs.NONE))
                .file("xattr", "m", SampleImage.metadata(0644, 0, SampleImage.xattr("user.a", "1")))
                .symlink("link", "a")
                .device("dev", 1, 3)
                .file("type", "t")
                .file("gone/below", "b")
                .file("kept/removed", "r")
                .file("both", "1", SampleImage.metadata(0600, 1, Xattrs.NONE));
        SampleImage other = new SampleImage()
                .file("same", "s")
                .file("content", "abd")
                .file("size", "abcd")
                .file("mode", "m", SampleImage.metadata(04755, 0, Xattrs.NONE))
                .file("owner", "m", SampleImage.metadata(0644, 7, Xattrs.NONE))
                .file("xattr", "m", SampleImage.metadata(0644, 0, SampleImage.xattr("user.a", "2")))
                .symlink("link", "b")
                .device("dev", 1, 5)
                .symlink("type", "t")
                .file("kept/added", "r")
                .file("new/below/more", "b")
                .file("both", "2", SampleImage.metadata(0640, 2, Xattrs.NONE));

        assertEquals(
                List.of(
                        "/both [MODE, OWNER, CONTENT]",
                        "/content [CONTENT]",
                        "/dev [DEVICE]",
                        "/gone -",
                        "/kept/added +",
                        "/kept/removed -",
                        "/link [TARGET]",
                        "/mode [MODE]",
                        "/new +",
                        "/owner [OWNER]",
                        "/size [SIZE, CONTENT]",
                        "/type [TYPE, MODE]",
                        "/xattr [XATTRS]"),
                compare(one, other));
    }

    @Test
    void recordOfTheMakingIsLeftOut() throws IOException {
        SampleImage one = new SampleImage().file(".jrun/image.json", "1").file("d/.jrun/x", "1");
        SampleImage other = new SampleImage().file(".jrun/image.json", "2").file("d/.jrun/x", "2");

        assertEquals(List.of("/d/.jrun/x [CONTENT]"), compare(one, other));
    }

    @ParameterizedTest
    @CsvSource({"ZSTD,4096,ZSTD,4096", "ZSTD,4096,GZIP,4096", "ZSTD,4096,ZSTD,131072", "NONE,8192,GZIP,4096"})
    void contentsAreComparedAcrossCompressorsAndBlockSizes(Compression a, int sizeA, Compression b, int sizeB)
            throws IOException {
        SampleImage one = new SampleImage();
        SampleImage other = new SampleImage();
        int[] lengths = {1, 4095, 4096, 4097, 20_000, 70_000};
        for (int length : lengths) {
            byte[] bytes = random(length, length);
            one.file("same" + length, bytes, SampleImage.metadata(0644, 0, Xattrs.NONE));
            other.file("same" + length, bytes, SampleImage.metadata(0644, 0, Xattrs.NONE));
            byte[] changed = bytes.clone();
            changed[length - 1]++;
            one.file("last" + length, bytes, SampleImage.metadata(0644, 0, Xattrs.NONE));
            other.file("last" + length, changed, SampleImage.metadata(0644, 0, Xattrs.NONE));
        }

        List<String> found = compare(
                ImageView.open(one.write(
                        directory.resolve("one"), SquashfsOptions.of(a).withBlockSize(sizeA))),
                ImageView.open(other.write(
                        directory.resolve("other"), SquashfsOptions.of(b).withBlockSize(sizeB))));

        assertEquals(
                List.of(
                        "/last1 [CONTENT]",
                        "/last20000 [CONTENT]",
                        "/last4095 [CONTENT]",
                        "/last4096 [CONTENT]",
                        "/last4097 [CONTENT]",
                        "/last70000 [CONTENT]"),
                found);
    }

    @Test
    void treeOfAnUnprivilegedUserIsComparedByWhatItCanHold() throws IOException {
        Path root = Files.createDirectories(directory.resolve("root/d"));
        Files.writeString(root.resolve("same"), "s");
        Files.writeString(root.resolve("content"), "1");
        Files.createSymbolicLink(root.resolve("link"), Path.of("same"));
        SampleImage image = new SampleImage()
                .file("d/same", "s", SampleImage.metadata(04444, 4711, SampleImage.xattr("security.x", "1")))
                .file("d/content", "2")
                .symlink("d/link", "same");

        List<String> found = compare(
                ImageView.open(image.write(directory.resolve("image"), Compression.ZSTD)),
                new DirectoryView(root.getParent(), "root"));

        assertEquals(List.of("/d/content [CONTENT]"), found);
    }
}
