package io.jrun.image.layer;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.CorruptDataException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Layers of GNU tar 1.34 in all its formats, cut at each length. */
class SeedTruncationTest {

    private static final Path SEEDS = Path.of("src/test/resources/io/jrun/image/layer/TarFuzzTestInputs/layer");

    private static final Path WHITEOUTS = SEEDS.resolveSibling("twoLayers").resolve("whiteouts");

    /** Empty: refused. */
    private static Map<String, String> listing(byte[] whole, int length) throws IOException {
        return listing(Arrays.copyOf(whole, length));
    }

    private static Map<String, String> listing(byte[]... layersFromBelow) throws IOException {
        try {
            return MergedImage.ofTars(layersFromBelow).fullListing();
        } catch (CorruptDataException refused) {
            return Map.of();
        }
    }

    @Test
    void layerOfAnotherProgramCutAnywhereIsRefusedOrEndsBetweenTwoEntries() throws IOException {
        List<Path> seeds;
        try (Stream<Path> listing = Files.list(SEEDS)) {
            seeds = listing.sorted().toList();
        }
        for (Path seed : seeds) {
            byte[] whole = Files.readAllBytes(seed);
            assertFalse(listing(whole, whole.length).isEmpty(), seed + " as a whole");
            for (int length = 0; length < whole.length; length++) {
                Map<String, String> cut = listing(whole, length);
                int padded =
                        Math.min(whole.length, (length + 511) / 512 * 512); // who misses only padding, misses nothing
                assertTrue(cut.isEmpty() || cut.equals(listing(whole, padded)), seed + " cut at " + length);
            }
        }
        assertTrue(seeds.size() >= 10, "only " + seeds);
    }

    /** The first byte tells where, in blocks, the upper layer begins. */
    @Test
    void upperLayerWithWhiteoutsCutAnywhereIsRefusedOrEndsBetweenTwoEntries() throws IOException {
        byte[] seed = Files.readAllBytes(WHITEOUTS);
        int border = 1 + 512 * (seed[0] & 0xff);
        byte[] lower = Arrays.copyOfRange(seed, 1, border);
        byte[] upper = Arrays.copyOfRange(seed, border, seed.length);
        assertFalse(listing(lower, upper).isEmpty(), "as a whole");
        assertNotEquals(listing(lower), listing(lower, upper), "it hides something");
        for (int length = 0; length < upper.length; length++) {
            Map<String, String> cut = listing(lower, Arrays.copyOf(upper, length));
            int padded = Math.min(upper.length, (length + 511) / 512 * 512);
            assertTrue(cut.isEmpty() || cut.equals(listing(lower, Arrays.copyOf(upper, padded))), "cut at " + length);
        }
    }
}
