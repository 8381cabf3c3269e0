package io.jrun.image.browse;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.image.browse.PathResolver.LastLink;
import io.jrun.image.squashfs.Compression;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How much of an image file is read to look at one thing in it. */
class HugeImageTest {

    private static final long HOLE = 20L << 30;

    @TempDir
    Path directory;

    private Path small() throws IOException {
        SampleImage image = new SampleImage().file("etc/hosts", "h");
        for (int i = 0; i < 5_000; i++) {
            image.file("d" + i % 50 + "/f" + i, "content " + i);
        }
        return image.write(directory.resolve("small"), Compression.ZSTD);
    }

    /** The same tree with 20 GiB of data before the tables, which the file system need not store. */
    private Path huge(Path small) throws IOException {
        byte[] bytes = Files.readAllBytes(small);
        ByteBuffer image = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int tables = (int) image.getLong(64);
        shiftList(image, (int) image.getLong(80), (image.getInt(16) + 511) / 512);
        shiftList(image, (int) image.getLong(88), (image.getInt(4) + 1023) / 1024);
        shiftList(image, (int) image.getLong(48), 1);
        for (int field : new int[] {40, 48, 64, 72, 80, 88}) {
            shift(image, field);
        }
        Path huge = directory.resolve("huge");
        try (RandomAccessFile file = new RandomAccessFile(huge.toFile(), "rw")) {
            file.write(bytes, 0, tables);
            file.seek(tables + HOLE);
            file.write(bytes, tables, bytes.length - tables);
        }
        return huge;
    }

    private static void shiftList(ByteBuffer image, int at, int count) {
        for (int i = 0; i < count; i++) {
            shift(image, at + 8 * i);
        }
    }

    private static void shift(ByteBuffer image, int at) {
        image.putLong(at, image.getLong(at) + HOLE);
    }

    private interface Look {
        void at(ImageView view) throws IOException;
    }

    private static long bytesRead(Path image, Look look) throws IOException {
        try (ImageView view = ImageView.open(image)) {
            look.at(view);
            return view.image().bytesRead();
        }
    }

    private static PathResolver.Found find(ImageView view, String path) throws IOException {
        return PathResolver.find(view, path.getBytes(StandardCharsets.UTF_8), LastLink.FOLLOW);
    }

    @Test
    void lookingReadsAsMuchOfTwentyGigabytesAsOfASmallFile() throws IOException {
        Path small = small();
        Path huge = huge(small);
        assertTrue(Files.size(huge) > HOLE, "size " + Files.size(huge));

        for (Look look : new Look[] {
            view -> {},
            view -> find(view, "/etc/hosts"),
            view -> view.list(find(view, "/d7").file(), (name, opener) -> opener.open() != null),
            view -> DiskUsage.below(view, find(view, "/"), 1)
        }) {
            assertEquals(bytesRead(small, look), bytesRead(huge, look));
        }
    }

    @Test
    void openingReadsTheSuperblockAndAPathOnlyWhatLiesOnItsWay() throws IOException {
        Path small = small();
        long tables = Files.size(small);

        assertTrue(bytesRead(small, view -> {}) <= 128, "opened with " + bytesRead(small, view -> {}));
        long path = bytesRead(small, view -> find(view, "/etc/hosts"));
        assertTrue(path < 16 * 1024 && path < tables / 2, "one path took " + path + " of " + tables);
    }
}
