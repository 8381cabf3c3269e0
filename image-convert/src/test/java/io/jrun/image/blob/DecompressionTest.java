package io.jrun.image.blob;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.github.luben.zstd.Zstd;
import io.jrun.error.CorruptDataException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Random;
import java.util.function.Supplier;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class DecompressionTest {

    private static final OutputLimit NO_LIMIT = new OutputLimit(Long.MAX_VALUE, "");

    private static byte[] text(int length, long seed) {
        Random random = new Random(seed);
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) (random.nextInt(4) == 0 ? random.nextInt(256) : 'a' + i % 7);
        }
        return bytes;
    }

    private static byte[] gzip(byte[] text) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(text);
        }
        return out.toByteArray();
    }

    private static byte[] concat(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }

    /** Hands out few bytes at a time, so that every border falls between two reads once. */
    private static InputStream slow(byte[] bytes, int step) {
        return new ByteArrayInputStream(bytes) {
            @Override
            public synchronized int read(byte[] target, int offset, int length) {
                return super.read(target, offset, Math.min(length, step));
            }
        };
    }

    private static byte[] unpack(byte[] packed) throws IOException {
        try (InputStream in = Decompression.open(new ByteArrayInputStream(packed), packed.length, NO_LIMIT, "x")) {
            return in.readAllBytes();
        }
    }

    private static byte[] unpack(InputStream packed, RawInflater inflater) throws IOException {
        try (InputStream in = new GzipStream(packed, inflater, "layer 1 of x")) {
            return in.readAllBytes();
        }
    }

    /** The same behaviour of every inflater. */
    interface InflaterContract {

        Supplier<RawInflater> inflaters();

        @Test
        default void longTextsComeBackWhole() throws Exception {
            byte[] text = text(3_000_000, 1);

            assertArrayEquals(
                    text,
                    unpack(new ByteArrayInputStream(gzip(text)), inflaters().get()));
        }

        @Test
        default void membersFollowEachOtherAtAnyBorder() throws Exception {
            byte[] first = text(70_000, 2);
            byte[] second = text(300, 3);
            byte[] packed = concat(gzip(first), gzip(new byte[0]), gzip(second), new byte[1000]);
            byte[] expected = concat(first, second);

            for (int step : new int[] {1, 2, 3, 7, 8, 9, 100, 4096, 1 << 20}) {
                assertArrayEquals(
                        expected, unpack(slow(packed, step), inflaters().get()), "step " + step);
            }
        }

        @Test
        default void smallReadsGiveTheSameBytes() throws Exception {
            byte[] text = text(600_000, 4);
            byte[] found = new byte[text.length];
            try (InputStream in = new GzipStream(
                    new ByteArrayInputStream(gzip(text)), inflaters().get(), "x")) {
                int filled = 0;
                int step = 1;
                while (filled < found.length) {
                    int count = in.read(found, filled, Math.min(step, found.length - filled));
                    filled += count;
                    step = step % 700 + 1;
                }
                assertEquals(-1, in.read());
            }

            assertArrayEquals(text, found);
        }

        @Test
        default void garbageBehindTheLastMemberIsCorrupt() throws Exception {
            byte[] packed = gzip(text(1000, 5));

            for (byte[] tail : new byte[][] {{'x'}, {0, 0, 'x'}, {0x1f}, {0x1f, (byte) 0x8b}}) {
                assertThrows(
                        CorruptDataException.class,
                        () -> unpack(
                                new ByteArrayInputStream(concat(packed, tail)),
                                inflaters().get()),
                        Arrays.toString(tail));
            }
        }

        @Test
        default void everyTruncationIsCorruptAndNamesThePlace() throws Exception {
            byte[] packed = gzip(text(500, 6));
            for (int length = 2; length < packed.length; length++) {
                byte[] cut = Arrays.copyOf(packed, length);
                CorruptDataException e = assertThrows(
                        CorruptDataException.class,
                        () -> unpack(new ByteArrayInputStream(cut), inflaters().get()),
                        "length " + length);
                assertTrue(e.getMessage().contains("layer 1 of x")
                        && e.getMessage().contains("near byte"));
            }
        }

        @Test
        default void everyFlippedBitIsCorruptOrHarmless() throws Exception {
            byte[] text = text(90, 7);
            byte[] packed = gzip(text);
            for (int bit = 0; bit < packed.length * 8; bit++) {
                byte[] damaged = packed.clone();
                damaged[bit / 8] ^= (byte) (1 << bit % 8);
                try {
                    assertArrayEquals(
                            text,
                            unpack(
                                    new ByteArrayInputStream(damaged),
                                    inflaters().get()),
                            "bit " + bit);
                } catch (CorruptDataException expected) {
                    assertTrue(expected.getMessage().contains("gzip"), expected.getMessage());
                }
            }
        }
    }

    @Nested
    class WithTheJdk implements InflaterContract {
        @Override
        public Supplier<RawInflater> inflaters() {
            return JdkInflater::new;
        }
    }

    @Nested
    class WithIsal implements InflaterContract {
        @Override
        public Supplier<RawInflater> inflaters() {
            assumeTrue(IsalInflater.open().isPresent(), "libisal.so.2 is not installed (Debian: libisal2)");
            return () -> IsalInflater.open().orElseThrow();
        }
    }

    @Test
    void headerFieldsAreSkipped() throws Exception {
        byte[] plain = gzip("hello".getBytes(US_ASCII));
        byte[] header = {0x1f, (byte) 0x8b, 8, 2 | 4 | 8 | 16, 1, 2, 3, 4, 0, 3};
        byte[] fields = concat(new byte[] {3, 0, 9, 9, 9}, "name\0comment\0".getBytes(US_ASCII), new byte[] {1, 2});
        byte[] packed = concat(header, fields, Arrays.copyOfRange(plain, 10, plain.length));

        assertEquals("hello", new String(unpack(packed), US_ASCII));
    }

    @Test
    void zstdFramesAndSkippableFramesFollowEachOther() throws Exception {
        byte[] first = text(500_000, 8);
        byte[] second = text(100, 9);
        byte[] skippable = {0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 7, 7, 7};

        assertArrayEquals(
                concat(first, second),
                unpack(concat(skippable, Zstd.compress(first), skippable, Zstd.compress(second), skippable)));
    }

    /** As zstd:chunked has it: a frame per file, the table of contents and a footer in skippable frames behind them. */
    @Test
    void zstdChunkedIsOneStreamOfManyFrames() throws Exception {
        byte[] text = text(400_000, 77);
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        int at = 0;
        for (int size = 0; at < text.length; size = size * 2 + 3) {
            int end = Math.min(text.length, at + size);
            packed.writeBytes(Zstd.compress(Arrays.copyOfRange(text, at, end)));
            at = end;
        }
        packed.writeBytes(skippable(Zstd.compress("{\"version\":1}".getBytes(US_ASCII))));
        packed.writeBytes(skippable(text(64, 5)));

        for (int step : new int[] {1000, 1 << 20}) {
            InputStream in = Decompression.open(slow(packed.toByteArray(), step), 0, NO_LIMIT, "layer");
            assertArrayEquals(text, in.readAllBytes());
        }
    }

    private static byte[] skippable(byte[] content) {
        byte[] head = {0x50, 0x2a, 0x4d, 0x18, (byte) content.length, (byte) (content.length >> 8), 0, 0};
        return concat(head, content);
    }

    /** As estargz has it: a gzip member per chunk, and an empty one behind them whose extra field says where the index is. */
    @Test
    void estargzIsOneStreamOfManyMembers() throws Exception {
        byte[] text = text(300_000, 78);
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        for (int at = 0; at < text.length; at += 70_001) {
            packed.writeBytes(gzip(Arrays.copyOfRange(text, at, Math.min(text.length, at + 70_001))));
        }
        byte[] extra = ("SG" + "\u0016\0" + "0000000000012345STARGZ").getBytes(US_ASCII);
        byte[] footer = concat(
                new byte[] {0x1f, (byte) 0x8b, 8, 4, 0, 0, 0, 0, 0, 0, (byte) extra.length, 0},
                extra,
                new byte[] {1, 0, 0, (byte) 0xff, (byte) 0xff, 0, 0, 0, 0, 0, 0, 0, 0});
        packed.writeBytes(footer);

        for (int step : new int[] {1000, 1 << 20}) {
            InputStream in = Decompression.open(slow(packed.toByteArray(), step), 0, NO_LIMIT, "layer");
            assertArrayEquals(text, in.readAllBytes());
        }
    }

    @Test
    void damagedZstdIsCorrupt() throws Exception {
        byte[] text = text(3000, 10);
        byte[] packed = Zstd.compress(text);
        for (int length = 4; length < packed.length; length += 11) {
            byte[] cut = Arrays.copyOf(packed, length);
            assertThrows(CorruptDataException.class, () -> unpack(cut), "length " + length);
        }
        assertThrows(CorruptDataException.class, () -> unpack(concat(packed, "garbage".getBytes(US_ASCII))));
    }

    @Test
    void otherBytesPassUnchanged() throws Exception {
        for (int length : new int[] {0, 1, 5, 6, 7, 100_000}) {
            byte[] text = text(length, 11);
            assertArrayEquals(text, unpack(text), "length " + length);
        }
    }

    @Test
    void compressionsThatLayersDoNotUseAreNamed() {
        byte[] xz = {(byte) 0xfd, '7', 'z', 'X', 'Z', 0, 0};

        CorruptDataException e = assertThrows(CorruptDataException.class, () -> unpack(xz));

        assertTrue(e.getMessage().contains("compressed with xz"), e.getMessage());
    }

    @Test
    void bombsStopAtTheLimitAndTellHowToRaiseIt() throws Exception {
        byte[] packed = gzip(new byte[5_000_000]);
        OutputLimit limit = new OutputLimit(1_000_000, "raise it with --some-option");

        CorruptDataException e = assertThrows(CorruptDataException.class, () -> {
            try (InputStream in = Decompression.open(new ByteArrayInputStream(packed), 0, limit, "layer 1 of x")) {
                in.readAllBytes();
            }
        });

        assertEquals(
                "cannot unpack layer 1 of x: it holds more than 1000000 bytes\n  hint: raise it with --some-option",
                e.getMessage());
    }

    @Test
    void exactlyTheLimitIsAllowed() throws Exception {
        byte[] packed = gzip(new byte[1000]);
        OutputLimit limit = new OutputLimit(1000, "");

        try (InputStream in = Decompression.open(new ByteArrayInputStream(packed), 0, limit, "x")) {
            assertEquals(1000, in.readAllBytes().length);
        }
    }
}
