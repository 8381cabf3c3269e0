package io.jrun.image.layer;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

/** The merge against {@link ReferenceExtraction}; a failure names the seed. */
class RandomLayersTest {

    private static final int STACKS = 10_000;

    @Test
    void anyStackIsMergedAsExtractionFromBelowWouldMakeIt() throws Exception {
        int rereadLayers = 0;
        long unusedBytes = 0;
        for (long seed = 0; seed < STACKS; seed++) {
            RandomLayers random = new RandomLayers(seed, RandomLayers.Entries.ALL);
            List<List<TarItem>> layers = random.stack();

            String what = "seed " + seed + ", layers " + layers;

            MergedImage image = assertDoesNotThrow(
                    () -> MergedImage.of(layers.stream()
                            .map(layer -> layer.toArray(TarItem[]::new))
                            .toArray(TarItem[][]::new)),
                    what);

            assertEquals(random.reference().fullListing(), image.fullListing(), what);
            rereadLayers += image.report().rereadLayers();
            unusedBytes += image.report().unusedBytes();
        }
        assertTrue(rereadLayers > 50 && unusedBytes > 100, "the stacks never met a wrong guess");
    }
}
