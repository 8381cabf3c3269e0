package io.jrun.image.blob;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ArchiveCompressionTest {

    private static final int PIECE = 1 << 20;

    /** Half text, half noise. */
    private static byte[] content(int length) {
        Random random = new Random(3);
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        for (int i = 0; i < length; i++) {
            if (i % 8192 < 4096) {
                bytes[i] = (byte) ('a' + i / 7 % 20);
            }
        }
        return bytes;
    }

    private static byte[] packed(ArchiveCompression compression, byte[] plain, int step, int threads)
            throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (OutputStream out = compression.open(packed, compression.defaultLevel(), threads)) {
            for (int from = 0; from < plain.length; from += step) {
                out.write(plain, from, Math.min(step, plain.length - from));
            }
        }
        return packed.toByteArray();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, PIECE - 1, PIECE, PIECE + 1, 5 * PIECE + 12_345})
    void gzipOfAnyLengthIsOneMemberThatComesBack(int length) throws IOException {
        byte[] plain = content(length);
        byte[] packed = packed(ArchiveCompression.GZIP, plain, 100_000, 3);

        try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(packed))) {
            assertArrayEquals(plain, in.readAllBytes());
        }
    }

    @Test
    void gzipJudgesIt(@TempDir Path directory) throws Exception {
        byte[] plain = content(3 * PIECE + 99);
        Path file = Files.write(directory.resolve("x.gz"), packed(ArchiveCompression.GZIP, plain, PIECE, 2));
        File unpacked = directory.resolve("x").toFile();
        int status = new ProcessBuilder("gzip", "-dc", file.toString())
                .redirectOutput(unpacked)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start()
                .waitFor();

        assertEquals(0, status);
        assertArrayEquals(plain, Files.readAllBytes(unpacked.toPath()));
    }

    @ParameterizedTest
    @EnumSource(ArchiveCompression.class)
    void bytesDependNeitherOnThreadsNorOnTheSizeOfWrites(ArchiveCompression compression) throws IOException {
        byte[] plain = content(3 * PIECE + 7);
        byte[] one = packed(compression, plain, plain.length, 1);

        assertArrayEquals(one, packed(compression, plain, plain.length, 4));
        assertArrayEquals(one, packed(compression, plain, 65_537, 2));
    }

    @Test
    void piecesCostLittleRoom() throws IOException {
        byte[] text = content(4 * PIECE);
        int whole = new java.util.zip.Deflater(6, true) {
            int size() {
                setInput(text);
                finish();
                int size = deflate(new byte[2 * text.length]);
                end();
                return size;
            }
        }.size();

        int found = packed(ArchiveCompression.GZIP, text, text.length, 2).length;

        assertTrue(found < whole * 1.001 + 100, found + " against " + whole);
    }

    @Test
    void aFullDiskIsTold() {
        OutputStream full = new OutputStream() {
            private int room = 1000;

            @Override
            public void write(int b) throws IOException {
                if (room-- == 0) {
                    throw new IOException("no space left on device");
                }
            }
        };

        IOException failure = assertThrows(IOException.class, () -> {
            try (OutputStream out = ArchiveCompression.GZIP.open(full, 6, 2)) {
                out.write(content(8 * PIECE));
            }
        });

        assertEquals("no space left on device", failure.getMessage());
    }
}
