package io.jrun.image.layer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.CorruptDataException;
import io.jrun.image.squashfs.Compression;
import io.jrun.image.squashfs.SquashfsOptions;
import io.jrun.image.squashfs.SquashfsWriter;
import io.jrun.image.tree.ContentReuse;
import io.jrun.image.tree.KnownContent;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Layers merged from what an earlier merge noted, against the same layers read: byte for byte the same image file. */
class LayerReuseTest {

    private static final int PAIRS = 120;

    private static final int BLOCK = 4096;

    @TempDir
    Path directory;

    /** What is kept of a layer between two images. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Kept(byte[] entries, byte[] contents, Map<Notice, Long> notices, Path image) {}

    /** Bytes of an image file and how it came about; or why there is none. */
    private record Outcome(Optional<Path> file, String failure, int reused, List<Integer> read) {}

    private final Map<String, Kept> kept = new HashMap<>();
    private int files;

    private enum Manner {
        READ_ALL,
        REUSE
    }

    /** Layers from the lowest up. */
    private Outcome make(List<byte[]> layers, Manner manner, Compression compression) throws IOException {
        Path file = directory.resolve("image" + files++);
        SquashfsOptions options =
                SquashfsOptions.of(compression).withBlockSize(BLOCK).withThreads(2);
        List<Integer> read = new ArrayList<>();
        int reused = 0;
        try (SquashfsWriter writer = new SquashfsWriter(file, options)) {
            ContentReuse reuse = writer.reuse().orElseThrow();
            LayerMerger merger = new LayerMerger(writer, MergeLimits.DEFAULT);
            merger.reuseLayers();
            for (int i = layers.size() - 1; i >= 0; i--) {
                LayerStream stream = stream(layers.get(i), i, read);
                Optional<KnownLayer> known = manner == Manner.REUSE ? known(layers.get(i), reuse) : Optional.empty();
                if (known.isPresent() && merger.merge(stream, known.get())) {
                    reused++;
                } else {
                    merger.merge(stream);
                }
            }
            writer.finish(merger.finish());
            note(layers, merger.logs(), reuse, file);
        } catch (CorruptDataException refused) {
            return new Outcome(Optional.empty(), String.valueOf(refused.getMessage()), reused, read);
        }
        return new Outcome(Optional.of(file), "", reused, read);
    }

    private static LayerStream stream(byte[] tar, int number, List<Integer> read) {
        return new LayerStream() {
            @Override
            public InputStream open() {
                read.add(number);
                return new ByteArrayInputStream(tar);
            }

            @Override
            public String name() {
                return "layer " + number;
            }
        };
    }

    private static String key(byte[] tar) {
        return new String(tar, StandardCharsets.ISO_8859_1);
    }

    private Optional<KnownLayer> known(byte[] tar, ContentReuse reuse) throws IOException {
        Kept layer = kept.get(key(tar));
        if (layer == null) {
            return Optional.empty();
        }
        Optional<List<Optional<KnownContent>>> contents =
                reuse.open(layer.image(), new DataInputStream(new ByteArrayInputStream(layer.contents())));
        return Optional.of(new KnownLayer(layer.entries(), contents.orElseThrow(), layer.notices()));
    }

    private void note(List<byte[]> layers, List<LayerLog> logs, ContentReuse reuse, Path file) throws IOException {
        for (int i = 0; i < logs.size(); i++) {
            ByteArrayOutputStream contents = new ByteArrayOutputStream();
            reuse.describe(logs.get(i).contents(), new DataOutputStream(contents));
            kept.put(
                    key(layers.get(layers.size() - 1 - i)),
                    new Kept(
                            logs.get(i).entries(),
                            contents.toByteArray(),
                            logs.get(i).notices(),
                            file));
        }
    }

    private static String contentOf(Random random) {
        // Few contents, so that equal ones meet in different layers; some are longer than a block.
        int number = random.nextInt(14);
        int length = number < 3 ? number : 700 * number + (number > 11 ? 3 * BLOCK : 0);
        StringBuilder text = new StringBuilder();
        Random letters = new Random(number);
        while (text.length() < length) {
            text.append((char) ('a' + letters.nextInt(26)));
        }
        return text.toString();
    }

    private static List<byte[]> tars(long seed) {
        Random random = new Random(seed);
        List<byte[]> tars = new ArrayList<>();
        for (List<TarItem> layer : new RandomLayers(seed, RandomLayers.Entries.ALL).stack()) {
            TarItem[] items = layer.stream()
                    .map(item -> item.content().isEmpty() ? item : item.content(contentOf(random)))
                    .toArray(TarItem[]::new);
            tars.add(TarBytes.of(TarBytes.Format.PAX, items));
        }
        return tars;
    }

    /** Some layers of the first image, and some of another one in between or on top. */
    private static List<byte[]> related(List<byte[]> first, long seed) {
        Random random = new Random(seed);
        List<byte[]> second = new ArrayList<>(first);
        if (random.nextBoolean()) {
            second.remove(second.size() - 1);
        }
        List<byte[]> others = tars(seed + 1_000_000);
        second.add(random.nextInt(3) == 0 ? 0 : second.size(), others.get(0));
        if (random.nextInt(4) == 0) {
            second.add(second.get(random.nextInt(second.size())));
        }
        return second;
    }

    @Test
    void anotherImageWithSuchLayersComesOutAsIfTheyHadBeenRead() throws Exception {
        int reused = 0;
        int read = 0;
        for (long seed = 0; seed < PAIRS; seed++) {
            kept.clear();
            Compression compression = seed % 3 == 0 ? Compression.GZIP : Compression.ZSTD;
            List<byte[]> first = tars(seed);
            List<byte[]> second = related(first, seed);
            Outcome expected = make(second, Manner.READ_ALL, compression);
            kept.clear();
            make(first, Manner.READ_ALL, compression);

            Outcome found = make(second, Manner.REUSE, compression);

            assertSame(expected, found, "seed " + seed);
            reused += found.reused();
            read += found.read().size();
            Outcome thrice = make(second, Manner.REUSE, compression);
            assertSame(expected, thrice, "seed " + seed + ", from records of what was reused");
        }
        assertTrue(reused > PAIRS && read > PAIRS, reused + " reused, " + read + " read");
    }

    private static void assertSame(Outcome expected, Outcome found, String what) throws IOException {
        assertEquals(expected.failure(), found.failure(), what);
        if (expected.file().isPresent()) {
            assertEquals(-1, Files.mismatch(expected.file().get(), found.file().orElseThrow()), what);
        }
    }

    /** Twenty-four mebibytes: three stretches, files of all sizes. */
    private static byte[] longLayer(String prefix) {
        Random random = new Random(prefix.hashCode());
        List<TarItem> items = new ArrayList<>();
        for (int i = 0; i < 3000; i++) {
            byte[] bytes = new byte[i % 100 == 0 ? 200_000 : random.nextInt(12_000)];
            random.nextBytes(bytes);
            items.add(TarItem.base('0', prefix + "/" + i).content(new String(bytes, StandardCharsets.ISO_8859_1)));
        }
        return TarBytes.of(TarBytes.Format.PAX, items.toArray(TarItem[]::new));
    }

    @Test
    void aLongLayerOfWhichOneFileIsHiddenIsNotRead() throws Exception {
        byte[] base = longLayer("base");
        byte[] hides = TarBytes.of(TarBytes.Format.PAX, TarItem.of("base/1500=other"), TarItem.of("base/.wh.2999"));
        Outcome expected = make(List.of(base, hides), Manner.READ_ALL, Compression.ZSTD);
        kept.clear();
        make(List.of(base), Manner.READ_ALL, Compression.ZSTD);

        Outcome found = make(List.of(base, hides), Manner.REUSE, Compression.ZSTD);

        assertEquals(List.of(1), found.read());
        assertSame(expected, found, "one file hidden");
    }

    @Test
    void aLayerOfWhichAHiddenFileBecomesVisibleIsRead() throws Exception {
        byte[] base = TarBytes.of(TarBytes.Format.PAX, TarItem.of("a=1"), TarItem.of("b=2"));
        byte[] hides = TarBytes.of(TarBytes.Format.PAX, TarItem.of("a=3"));
        make(List.of(base, hides), Manner.READ_ALL, Compression.ZSTD);

        Outcome found = make(List.of(base), Manner.REUSE, Compression.ZSTD);

        assertEquals(List.of(0), found.read());
    }

    @Test
    void contentThatAHardLinkNeedsComesFromTheEarlierImageToo() throws Exception {
        byte[] base = TarBytes.of(TarBytes.Format.PAX, TarItem.of("a=kept by its other name"), TarItem.of("z => a"));
        byte[] hides = TarBytes.of(TarBytes.Format.PAX, TarItem.of("a=3"));
        byte[] top = TarBytes.of(TarBytes.Format.PAX, TarItem.of("c=4"));
        make(List.of(base, hides), Manner.READ_ALL, Compression.ZSTD);
        Outcome expected = make(List.of(base, hides, top), Manner.READ_ALL, Compression.ZSTD);

        Outcome found = make(List.of(base, hides, top), Manner.REUSE, Compression.ZSTD);

        assertEquals(List.of(), found.read());
        assertSame(expected, found, "hard link");
    }
}
