package io.jrun.image.squashfs;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.zip.DataFormatException;
import org.apache.commons.compress.compressors.lz4.BlockLZ4CompressorInputStream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tukaani.xz.XZ;
import org.tukaani.xz.XZInputStream;

class BlockCodecTest {

    private static final int MAX = 1 << 18;

    /** Blocks of many lengths, from noise to a single letter, with repetitions near and far. */
    private static List<byte[]> blocks() {
        Random random = new Random(11);
        return IntStream.range(0, 120).mapToObj(i -> block(random, i)).toList();
    }

    private static byte[] block(Random random, int i) {
        int length = i < 40 ? i + 1 : 1 + random.nextInt(i % 10 == 0 ? MAX : 9000);
        int letters = 1 + random.nextInt(1 << random.nextInt(8));
        byte[] bytes = new byte[length];
        int at = 0;
        while (at < length) {
            int run = Math.min(length - at, 1 + random.nextInt(1 << random.nextInt(12)));
            boolean repeats = at > 0 && random.nextBoolean();
            int distance = repeats ? 1 + random.nextInt(at) : 0;
            for (int end = at + run; at < end; at++) {
                bytes[at] = repeats ? bytes[at - distance] : (byte) random.nextInt(letters);
            }
        }
        return bytes;
    }

    private static byte[] compressed(BlockCompressor compressor, byte[] plain) {
        ByteBuffer block = ByteBuffer.allocateDirect(MAX).put(0, plain);
        int size = compressor.compressInPlace(block, plain.length);
        assertTrue(size <= plain.length, "never longer");
        byte[] stored = new byte[size];
        block.get(0, stored);
        return stored;
    }

    private static byte[] plain(BlockDecompressor decompressor, byte[] stored, int maxLength)
            throws DataFormatException {
        ByteBuffer to = ByteBuffer.allocateDirect(MAX);
        int size = decompressor.decompress(
                ByteBuffer.allocateDirect(stored.length).put(stored).flip(), to, maxLength);
        byte[] plain = new byte[size];
        to.get(0, plain);
        return plain;
    }

    @ParameterizedTest
    @CsvSource({"ZSTD,3", "GZIP,6", "LZ4,1", "LZ4,2", "LZ4,9", "XZ,0", "XZ,6"})
    void blocksComeBack(Compression compression, int level) throws Exception {
        int shorter = 0;
        try (BlockCompressor compressor = BlockCompressor.open(compression, level, MAX);
                BlockDecompressor decompressor = BlockDecompressor.open(compression)) {
            for (byte[] block : blocks()) {
                byte[] stored = compressed(compressor, block);
                if (stored.length < block.length) {
                    shorter++;
                    assertArrayEquals(block, plain(decompressor, stored, block.length));
                    assertArrayEquals(block, plain(decompressor, stored, MAX));
                }
            }
        }
        assertTrue(shorter > 40, "only " + shorter + " were compressed");
    }

    @ParameterizedTest
    @CsvSource({"ZSTD,3", "GZIP,6", "LZ4,1", "LZ4,9", "XZ,6"})
    void whatWasCompressedBeforeChangesNothing(Compression compression, int level) {
        try (BlockCompressor used = BlockCompressor.open(compression, level, MAX)) {
            for (byte[] block : blocks().subList(40, 60)) {
                try (BlockCompressor fresh = BlockCompressor.open(compression, level, MAX)) {
                    assertArrayEquals(compressed(fresh, block), compressed(used, block));
                }
            }
        }
    }

    /** No damage ends in anything but a refusal or other bytes, of which there are not too many. */
    @ParameterizedTest
    @EnumSource(names = {"ZSTD", "GZIP", "LZ4", "XZ"})
    void damagedBlocksAreRefusedOrGiveOtherBytes(Compression compression) {
        long seed = 5;
        Random random = new Random(seed);
        int refused = 0;
        try (BlockCompressor compressor = BlockCompressor.open(compression, compression.defaultLevel(), MAX);
                BlockDecompressor decompressor = BlockDecompressor.open(compression)) {
            for (byte[] block : blocks()) {
                byte[] stored = compressed(compressor, block);
                for (int i = 0; i < 6 && stored.length < block.length; i++) {
                    byte[] damaged =
                            i % 2 == 0 ? Arrays.copyOf(stored, random.nextInt(stored.length)) : flipped(stored, random);
                    refused += isRefused(decompressor, damaged, block.length) ? 1 : 0;
                }
            }
        }
        assertTrue(refused > 60, "seed " + seed + ": only " + refused + " were refused");
    }

    private static byte[] flipped(byte[] stored, Random random) {
        byte[] damaged = stored.clone();
        damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
        return damaged;
    }

    private static boolean isRefused(BlockDecompressor decompressor, byte[] stored, int maxLength) {
        try {
            byte[] other = plain(decompressor, stored, maxLength);
            assertTrue(other.length > 0 && other.length <= maxLength, "length " + other.length);
            return false;
        } catch (DataFormatException expected) {
            return true;
        }
    }

    @Nested
    class Lz4 {

        @ParameterizedTest
        @ValueSource(ints = {1, 2, 9})
        void anotherDecoderReadsIt(int level) throws IOException {
            try (BlockCompressor hosts = BlockCompressor.open(Compression.LZ4, level, MAX);
                    BlockCompressor own = Lz4Blocks.openOwn(level)) {
                for (byte[] block : blocks()) {
                    assertAnotherDecoderReads(compressed(hosts, block), block);
                    assertAnotherDecoderReads(compressed(own, block), block);
                }
            }
        }

        private void assertAnotherDecoderReads(byte[] stored, byte[] block) throws IOException {
            if (stored.length < block.length) {
                try (InputStream in = new BlockLZ4CompressorInputStream(new ByteArrayInputStream(stored))) {
                    assertArrayEquals(block, in.readAllBytes());
                }
            }
        }

        @ParameterizedTest
        @ValueSource(ints = {1, 2, 9})
        void jrunsOwnAndTheHostsReadEachOther(int level) throws DataFormatException {
            byte[] plain = new byte[MAX];
            try (BlockCompressor hosts = BlockCompressor.open(Compression.LZ4, level, MAX);
                    BlockCompressor own = Lz4Blocks.openOwn(level);
                    BlockDecompressor decompressor = BlockDecompressor.open(Compression.LZ4)) {
                for (byte[] block : blocks()) {
                    byte[] byHost = compressed(hosts, block);
                    if (byHost.length < block.length) {
                        int size = new Lz4Decoder().decode(byHost, byHost.length, plain, block.length);
                        assertArrayEquals(block, Arrays.copyOf(plain, size));
                    }
                    byte[] byUs = compressed(own, block);
                    if (byUs.length < block.length) {
                        assertArrayEquals(block, plain(decompressor, byUs, block.length));
                    }
                }
            }
        }

        @Test
        void eachLevelTakesNoMoreRoomThanTheOneBelow() {
            long previous = Long.MAX_VALUE;
            for (int level : new int[] {1, 3, 9}) {
                try (BlockCompressor compressor = Lz4Blocks.openOwn(level)) {
                    long total = blocks().stream()
                            .mapToLong(block -> compressed(compressor, block).length)
                            .sum();
                    assertTrue(total <= previous, "level " + level + ": " + total + " above " + previous);
                    previous = total;
                }
            }
        }
    }

    @Nested
    class Lzo {

        private byte[] decode(String hex, int maxLength) throws DataFormatException {
            byte[] stored = HexFormat.of().parseHex(hex.replace(" ", ""));
            byte[] plain = new byte[maxLength];
            return Arrays.copyOf(plain, new LzoDecoder().decode(stored, stored.length, plain, maxLength));
        }

        @Test
        void literalsAndMatchesOfEachKindAreRead() throws DataFormatException {
            // Four literals "abcd", then 3 bytes from 4 back, one literal, then 33 + 9 bytes from 1 back, end.
            byte[] plain = decode("15 61626364 4d 00 78 20 09 0000 11 0000", 100);
            assertEquals(
                    "abcdabcx" + "x".repeat(42), new String(plain, 0, 50, java.nio.charset.StandardCharsets.US_ASCII));
        }

        @ParameterizedTest
        @ValueSource(strings = {"", "11 0000", "15 616263", "15 61626364 6c ff 11 0000", "15 61626364 20 00 00 00 00"})
        void damageIsRefused(String hex) {
            assertThrows(DataFormatException.class, () -> decode(hex, 300));
        }

        @Test
        void moreThanThereIsRoomForIsRefused() {
            assertThrows(DataFormatException.class, () -> decode("15 61626364 20 09 0000 11 0000", 20));
        }
    }

    @Test
    void bothXzCompressorsWriteStreamsOfTheSameKind() throws IOException, DataFormatException {
        byte[] block = blocks().get(110);
        try (BlockCompressor ours = XzBlocks.openOwn(6, MAX);
                BlockCompressor hosts = XzBlocks.open(6, MAX)) {
            for (BlockCompressor compressor : List.of(ours, hosts)) {
                byte[] stored = compressed(compressor, block);
                assertEquals(XZ.CHECK_CRC32, stored[7], "the kind of check in the stream's header");
                ByteArrayOutputStream plain = new ByteArrayOutputStream();
                try (XZInputStream in = new XZInputStream(new ByteArrayInputStream(stored))) {
                    in.transferTo(plain);
                }
                assertArrayEquals(block, plain.toByteArray());
                assertArrayEquals(block, decodedInJava(stored, block.length));
                try (BlockDecompressor decompressor = BlockDecompressor.open(Compression.XZ)) {
                    assertArrayEquals(block, plain(decompressor, stored, block.length));
                }
            }
        }
    }

    private static byte[] decodedInJava(byte[] stored, int length) throws DataFormatException {
        byte[] plain = new byte[length];
        return Arrays.copyOf(plain, new LzmaDecoder(LzmaDecoder::xz).decode(stored, stored.length, plain, length));
    }
}
