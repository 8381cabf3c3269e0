package io.jrun.image.layer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.jrun.error.CorruptDataException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class EntryCodecTest {

    private static InternPool pool() {
        return new InternPool(new Budget(MergeLimits.DEFAULT));
    }

    private static List<TarEntry> entries(byte[] tar) throws IOException {
        TarReader reader =
                new TarReader(new ByteArrayInputStream(tar), "layer", MergeLimits.DEFAULT, new Notices(), pool());
        List<TarEntry> all = new ArrayList<>();
        for (Optional<TarEntry> entry = reader.next(); entry.isPresent(); entry = reader.next()) {
            all.add(entry.get());
        }
        return all;
    }

    private static byte[] encoded(List<TarEntry> entries) {
        EntryEncoder encoder = new EntryEncoder();
        entries.forEach(encoder::add);
        return encoder.toBytes();
    }

    private static List<TarEntry> decoded(byte[] bytes) throws CorruptDataException {
        EntryDecoder decoder = new EntryDecoder(bytes, pool());
        List<TarEntry> all = new ArrayList<>();
        for (Optional<TarEntry> entry = decoder.next(); entry.isPresent(); entry = decoder.next()) {
            all.add(entry.get());
        }
        return all;
    }

    private static byte[] sample() throws IOException {
        List<TarEntry> entries = new ArrayList<>();
        for (long seed = 0; seed < 12; seed++) {
            for (List<TarItem> layer : new RandomLayers(seed, RandomLayers.Entries.ALL).stack()) {
                entries.addAll(entries(TarBytes.of(TarBytes.Format.PAX, layer.toArray(TarItem[]::new))));
            }
        }
        return encoded(entries);
    }

    @Test
    void entriesComeBackAsTheyWere() throws Exception {
        for (long seed = 0; seed < 300; seed++) {
            for (List<TarItem> layer : new RandomLayers(seed, RandomLayers.Entries.ALL).stack()) {
                List<TarEntry> entries = entries(TarBytes.of(TarBytes.Format.PAX, layer.toArray(TarItem[]::new)));

                List<TarEntry> back = decoded(encoded(entries));

                assertEquals(entries.size(), back.size());
                for (int i = 0; i < entries.size(); i++) {
                    assertSame(entries.get(i), back.get(i), "seed " + seed);
                }
            }
        }
    }

    private static void assertSame(TarEntry one, TarEntry other, String what) {
        assertEquals(one.kind(), other.kind(), what);
        assertEquals(one.offset(), other.offset(), what);
        assertArrayEquals(one.path(), other.path(), what);
        assertArrayEquals(one.linkTarget(), other.linkTarget(), what);
        assertEquals(one.metadata(), other.metadata(), what);
        assertEquals(one.sizeInBytes(), other.sizeInBytes(), what);
        assertEquals(one.deviceMajor(), other.deviceMajor(), what);
        assertEquals(one.deviceMinor(), other.deviceMinor(), what);
    }

    @Test
    void timesBeforeTheEpochAndTheLargestNumbersComeBack() throws Exception {
        TarItem odd = TarItem.base('0', "x").owner(0xffff_fffeL, 0xffff_ffffL).time(-1, 999_999_999);
        List<TarEntry> entries = entries(TarBytes.of(TarBytes.Format.PAX, odd));

        assertSame(entries.get(0), decoded(encoded(entries)).get(0), "odd");
    }

    @Test
    void whereverTheyAreCutTheyAreCorruptOrFewer() throws Exception {
        byte[] whole = sample();
        int all = decoded(whole).size();
        for (int length = 0; length < whole.length; length++) {
            byte[] cut = Arrays.copyOf(whole, length);
            assertDoesNotThrow(() -> {
                try {
                    assertEquals(true, decoded(cut).size() < all);
                } catch (CorruptDataException expected) {
                    assertEquals(true, expected.getMessage().contains("record of a layer"));
                }
            });
        }
    }

    @Test
    void anyFlippedBitIsCorruptOrHarmless() throws Exception {
        byte[] whole = sample();
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int i = 0; i < 20_000; i++) {
            byte[] flipped = whole.clone();
            flipped[random.nextInt(flipped.length)] ^= (byte) (1 << random.nextInt(8));
            assertDoesNotThrow(
                    () -> {
                        try {
                            return decoded(flipped).size();
                        } catch (CorruptDataException expected) {
                            return 0;
                        }
                    },
                    "seed " + seed);
        }
    }

    @Test
    void contentsThatDoNotFitTheEntriesAreRefused() throws Exception {
        byte[] entries = encoded(entries(TarBytes.of(TarBytes.Format.PAX, TarItem.of("a=1"))));

        assertThrows(CorruptDataException.class, () -> new KnownLayer(entries, List.of(), Map.of()));
        assertThrows(
                CorruptDataException.class,
                () -> new KnownLayer(entries, List.of(Optional.empty(), Optional.empty()), Map.of()));
        assertThrows(
                CorruptDataException.class, () -> new KnownLayer(entries, List.of(Optional.of(() -> 7L)), Map.of()));
    }
}
