package io.jrun.image.blob;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.CorruptDataException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Blobs of gzip(1) and zstd(1), cut at each length. */
class SeedTruncationTest {

    private static final Path SEEDS = Path.of("src/test/resources/io/jrun/image/blob/DecompressionFuzzTestInputs/blob");

    private static boolean isRead(byte[] blob) throws IOException {
        try (InputStream in = Decompression.open(
                new ByteArrayInputStream(blob), blob.length, new OutputLimit(1 << 20, "raise it"), "blob")) {
            in.readAllBytes();
            return true;
        } catch (CorruptDataException refused) {
            return false;
        }
    }

    /** Shorter than its magic number, a blob is what it seems: uncompressed. */
    private static List<Integer> lengthsAccepted(String seed) throws IOException {
        byte[] whole = Files.readAllBytes(SEEDS.resolve(seed));
        List<Integer> accepted = new ArrayList<>();
        for (int length = 4; length < whole.length; length++) {
            if (isRead(Arrays.copyOf(whole, length))) {
                accepted.add(length);
            }
        }
        return accepted;
    }

    @ParameterizedTest
    @ValueSource(strings = {"one.gz", "named.gz", "one.zst", "long.zst"})
    void blobCutAnywhereIsRefused(String seed) throws IOException {
        assertEquals(List.of(), lengthsAccepted(seed), seed);
    }

    /** What only archives have, cut at each length by the same rule. */
    @ParameterizedTest
    @ValueSource(strings = {"xz", "bzip2", "lz4", "lzma"})
    void archivesCutAnywhereAreRefused(String program) throws Exception {
        byte[] plain = new byte[400];
        for (int i = 0; i < plain.length; i++) {
            plain[i] = (byte) ((i * i) >> 5);
        }
        Process process = new ProcessBuilder(program, "-c").start();
        process.getOutputStream().write(plain);
        process.getOutputStream().close();
        byte[] whole = process.getInputStream().readAllBytes();
        assertEquals(0, process.waitFor());
        assertArrayEquals(plain, unpacked(whole));
        for (int length = 6; length < whole.length; length++) {
            byte[] cut = Arrays.copyOf(whole, length);
            assertThrows(CorruptDataException.class, () -> unpacked(cut), program + " cut at " + length);
        }
    }

    /** What compress(1) writes has no end of its own, the tar inside has one; below four bytes the library does not know it. */
    @Test
    void archiveOfCompressCutAnywhereGivesABeginningOrIsRefused() throws IOException {
        byte[] whole = Files.readAllBytes(SEEDS.resolveSibling("archive").resolve("seq.compress"));
        byte[] plain = unpacked(whole);
        int refused = 0;
        for (int length = 4; length < whole.length; length++) {
            try {
                byte[] found = unpacked(Arrays.copyOf(whole, length));
                assertArrayEquals(Arrays.copyOf(plain, found.length), found, "cut at " + length);
            } catch (CorruptDataException damaged) {
                refused++;
            }
        }
        assertTrue(refused < whole.length - 4, "refused " + refused);
    }

    private static byte[] unpacked(byte[] archive) throws IOException {
        try (InputStream in = ArchiveDecompression.open(
                new ByteArrayInputStream(archive), 0, new OutputLimit(1 << 20, "raise it"), "archive")) {
            return in.readAllBytes();
        }
    }

    @Test
    void blobOfSeveralPartsEndsOnlyBehindAPart() throws IOException {
        List<Integer> gzip = lengthsAccepted("members.gz");
        List<Integer> zstd = lengthsAccepted("frames.zst");

        // Two members, then zeros that end the blob wherever they end.
        assertEquals(512, gzip.stream().filter(length -> length > 1100).count() - 1, gzip::toString);
        assertEquals(2, zstd.size(), zstd::toString);
        assertFalse(isRead(new byte[] {0x1f, (byte) 0x8b}), "a magic number alone");
    }
}
