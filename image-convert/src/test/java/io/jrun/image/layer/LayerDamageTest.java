package io.jrun.image.layer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.CorruptDataException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Cut and altered layers: an error of ours, never another exception and never a hang. */
class LayerDamageTest {

    private static final TarItem[] ITEMS = {
        TarItem.of("./"),
        TarItem.of("d/").xattr("user.x", "\377"),
        TarItem.of("d/" + "n".repeat(150) + "=content").time(1, 5),
        TarItem.of("d/big=" + "0123456789".repeat(300)),
        TarItem.of("h => d/big"),
        TarItem.of("s -> d/big"),
        TarItem.of("c:1,3"),
        TarItem.of(".wh.gone"),
        TarItem.of("e/.wh..wh..opq"),
        TarItem.of("p|")
    };

    private static Optional<Map<String, String>> listing(byte[] tar) throws Exception {
        try {
            return Optional.of(MergedImage.ofTars(tar).fullListing());
        } catch (CorruptDataException refused) {
            return Optional.empty();
        }
    }

    @Test
    void layerCutAnywhereIsRefusedOrEndsBetweenTwoEntries() throws Exception {
        for (TarBytes.Format format : TarBytes.Format.values()) {
            byte[] tar = TarBytes.of(format, usable(format));
            Set<Map<String, String>> prefixes = new HashSet<>();
            for (int count = 0; count <= usable(format).length; count++) {
                prefixes.add(listing(TarBytes.of(format, Arrays.copyOf(usable(format), count)))
                        .orElseThrow());
            }
            for (int length = 0; length < tar.length; length++) {
                Optional<Map<String, String>> cut = listing(Arrays.copyOf(tar, length));

                assertTrue(
                        cut.isEmpty() || (prefixes.contains(cut.get()) && cut.equals(listing(padded(tar, length)))),
                        format + " cut at " + length);
            }
        }
    }

    /** Whoever misses only padding, misses nothing: its last block is what it was. */
    private static byte[] padded(byte[] tar, int length) {
        return Arrays.copyOf(tar, (length + 511) / 512 * 512);
    }

    /** ustar has no room for a long last name. */
    private static TarItem[] usable(TarBytes.Format format) {
        return Arrays.stream(ITEMS)
                .filter(item -> format != TarBytes.Format.USTAR || item.path().length() < 100)
                .toArray(TarItem[]::new);
    }

    @Test
    void flippedBitInAHeaderIsRefusedOrHitsUnusedBytes() throws Exception {
        byte[] tar = TarBytes.of(TarBytes.Format.USTAR, usable(TarBytes.Format.USTAR));
        Map<String, String> whole = listing(tar).orElseThrow();
        List<Integer> headers = headers(tar);
        for (int header : headers) {
            for (int bit = 0; bit < 512 * 8; bit += 7) {
                byte[] damaged = tar.clone();
                damaged[header + bit / 8] ^= (byte) (1 << (bit % 8));

                Optional<Map<String, String>> read = listing(damaged);

                assertTrue(read.isEmpty() || read.get().equals(whole), "bit " + bit + " of header at " + header);
            }
        }
        assertEquals(usable(TarBytes.Format.USTAR).length, headers.size());
    }

    private static List<Integer> headers(byte[] tar) {
        List<Integer> headers = new ArrayList<>();
        for (int at = 0; at < tar.length; at += 512) {
            if (tar[at + 257] == 'u' && tar[at + 258] == 's') {
                headers.add(at);
            }
        }
        return headers;
    }

    @Test
    void anyAlteredBytesGiveATreeOrAnErrorOfOurs() throws Exception {
        long seed = 20_250_101L;
        Random random = new Random(seed);
        int refused = 0;
        for (int round = 0; round < 5_000; round++) {
            TarBytes.Format format = random.nextBoolean() ? TarBytes.Format.PAX : TarBytes.Format.GNU;
            byte[] damaged = TarBytes.of(format, ITEMS);
            int flips = 1 + random.nextInt(4);
            for (int i = 0; i < flips; i++) {
                damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
            }
            signHeaders(damaged, random.nextBoolean());

            refused += listing(damaged).isEmpty() ? 1 : 0; // any other exception fails the test
        }
        assertTrue(refused > 500, "refused only " + refused + " with seed " + seed);
    }

    /** With a fresh checksum, damage gets past the first check. */
    private static void signHeaders(byte[] tar, boolean sign) {
        for (int at : sign ? headers(tar) : List.<Integer>of()) {
            byte[] block = Arrays.copyOfRange(tar, at, at + 512);
            System.arraycopy(TarBytes.sign(block), 0, tar, at, 512);
        }
    }
}
