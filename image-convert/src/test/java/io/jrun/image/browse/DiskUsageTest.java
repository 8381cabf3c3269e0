package io.jrun.image.browse;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.image.browse.PathResolver.LastLink;
import io.jrun.image.squashfs.Compression;
import io.jrun.image.tree.Xattrs;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiskUsageTest {

    @TempDir
    Path directory;

    private List<DiskUsage.Total> usage(SampleImage image, String path, int depth) throws IOException {
        try (ImageView view = ImageView.open(image.write(directory.resolve("image"), Compression.ZSTD))) {
            byte[] bytes = path.getBytes(StandardCharsets.UTF_8);
            return DiskUsage.below(view, PathResolver.find(view, bytes, LastLink.FOLLOW), depth);
        }
    }

    private static List<String> plain(List<DiskUsage.Total> totals) {
        return totals.stream()
                .map(total -> total.path() + " " + total.bytes() + " " + total.inodes())
                .toList();
    }

    @Test
    void largestDirectoryComesFirstAndHardLinksCountOnce() throws IOException {
        SampleImage image = new SampleImage()
                .file("a/f", "12345")
                .hardLink("b/linked", "a/f")
                .file("b/c/g", "1234567890")
                .symlink("b/l", "xyz")
                .directory("empty");

        assertEquals(List.of("/ 18 8", "/b 13 4", "/a 5 2", "/empty 0 1"), plain(usage(image, "/", 1)));
        assertEquals(List.of("/b 18 5", "/b/c 10 2"), plain(usage(image, "b", 1)));
        assertEquals(List.of("/b/c/g 10 1"), plain(usage(image, "b/c/g", 1)));
        assertEquals(List.of("/ 18 8"), plain(usage(image, "", 0)));
    }

    @Test
    void storedBytesOfDuplicatesCountOnce() throws IOException {
        byte[] content = new byte[100_000];
        new Random(3).nextBytes(content);
        SampleImage image = new SampleImage()
                .file("one", content, SampleImage.metadata(0644, 0, Xattrs.NONE))
                .file("two", content, SampleImage.metadata(0644, 0, Xattrs.NONE));

        DiskUsage.Total total = usage(image, "/", 0).get(0);

        assertEquals(200_000, total.bytes());
        assertTrue(total.storedBytes() >= 100_000 && total.storedBytes() < 105_000, "stored " + total.storedBytes());
    }
}
