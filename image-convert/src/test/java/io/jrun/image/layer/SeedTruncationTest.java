package io.jrun.image.layer;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.CorruptDataException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Layers of GNU tar 1.34 in all its formats, cut at each length. */
class SeedTruncationTest {

    private static final Path SEEDS = Path.of("src/test/resources/io/jrun/image/layer/TarFuzzTestInputs/layer");

    private static boolean isRead(byte[] tar) throws IOException {
        try {
            return !MergedImage.ofTars(tar).listing().isEmpty();
        } catch (CorruptDataException refused) {
            return false;
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
            assertTrue(isRead(whole), seed + " as a whole");
            for (int length = 0; length < whole.length; length++) {
                assertTrue(!isRead(Arrays.copyOf(whole, length)) || length % 512 == 0, seed + " cut at " + length);
            }
        }
        assertTrue(seeds.size() >= 10, "only " + seeds);
    }
}
