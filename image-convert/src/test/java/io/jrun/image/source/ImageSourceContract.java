package io.jrun.image.source;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.NotFoundException;
import io.jrun.image.model.Descriptor;
import io.jrun.image.reference.Digest;
import io.jrun.image.reference.Platform;
import java.io.InputStream;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What every kind of source does, whatever it reads from. */
public interface ImageSourceContract {

    Platform AMD64 = Platform.of("linux", "amd64");

    /** A source of the sample image; closed by the test. */
    ImageSource open(SampleImage image) throws Exception;

    /** The manifest that the source must find; a kind that keeps none writes one. */
    default Digest manifestOf(SampleImage image) {
        return image.amd64Manifest();
    }

    /** What is told about the platforms there are; a kind that keeps one platform knows of no other. */
    default String platformsTold() {
        return "linux/arm64, linux/amd64";
    }

    @Test
    default void manifestAndConfigOfThePlatformAreResolved() throws Exception {
        SampleImage sample = new SampleImage(1, 5000);
        try (ImageSource source = open(sample)) {
            ResolvedImage image = source.resolve(AMD64);

            assertEquals(manifestOf(sample), image.manifestDescriptor().digest());
            assertEquals(manifestOf(sample), image.manifestJson().digest(Digest.Algorithm.SHA256));
            assertEquals(image.manifest().config().digest(), image.configJson().digest(Digest.Algorithm.SHA256));
            assertEquals(List.of("ARCH=amd64"), image.config().env());
            assertEquals(3, image.manifest().layers().size());
        }
    }

    @Test
    default void missingPlatformIsNotFoundAndTheOthersAreListed() throws Exception {
        try (ImageSource source = open(new SampleImage(2, 100))) {
            NotFoundException e =
                    assertThrows(NotFoundException.class, () -> source.resolve(Platform.of("linux", "ppc64le")));

            assertTrue(e.getMessage().contains(platformsTold()), e.getMessage());
            assertTrue(e.failure().hint().orElseThrow().contains("--platform"), e.getMessage());
        }
    }

    @Test
    default void layersComeWholeInAnyOrderAndAgain() throws Exception {
        SampleImage sample = new SampleImage(3, 700_000);
        try (ImageSource source = open(sample)) {
            List<Descriptor> layers = source.resolve(AMD64).manifest().layers();
            source.prefetch(List.of(layers.get(2), layers.get(1), layers.get(0)));

            for (int number : new int[] {1, 2, 0, 1, 0}) {
                try (InputStream in = source.openLayer(layers.get(number))) {
                    assertArrayEquals(sample.layers().get(number), in.readAllBytes(), "layer " + number);
                }
            }
        }
    }

    @Test
    default void layersComeWithoutPrefetch() throws Exception {
        SampleImage sample = new SampleImage(4, 300_000);
        try (ImageSource source = open(sample)) {
            Descriptor layer = source.resolve(AMD64).manifest().layers().get(1);

            try (InputStream in = source.openLayer(layer)) {
                assertArrayEquals(sample.layers().get(1), in.readAllBytes());
            }
        }
    }

    @Test
    default void oneLayerIsReadByTwoAtOnce() throws Exception {
        SampleImage sample = new SampleImage(5, 400_000);
        try (ImageSource source = open(sample)) {
            Descriptor layer = source.resolve(AMD64).manifest().layers().get(0);
            source.prefetch(List.of(layer));

            try (InputStream one = source.openLayer(layer);
                    InputStream two = source.openLayer(layer)) {
                byte[] start = one.readNBytes(1000);
                assertArrayEquals(sample.layers().get(0), two.readAllBytes());
                assertEquals(sample.layers().get(0).length - start.length, one.readAllBytes().length);
            }
        }
    }

    @Test
    default void closingTwiceWithLayersUnreadIsQuiet() throws Exception {
        ImageSource source = open(new SampleImage(6, 500_000));
        source.prefetch(source.resolve(AMD64).manifest().layers());
        source.close();

        assertDoesNotThrow(source::close);
    }
}
