package io.jrun.image.layer;

import static org.junit.jupiter.api.Assertions.assertFalse;
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

    /** Empty: refused. */
    private static Map<String, String> listing(byte[] whole, int length) throws IOException {
        try {
            return MergedImage.ofTars(Arrays.copyOf(whole, length)).fullListing();
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
}
