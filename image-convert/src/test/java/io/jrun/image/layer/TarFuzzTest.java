package io.jrun.image.layer;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.jrun.error.CorruptDataException;
import java.io.IOException;
import java.util.Arrays;

/** Any bytes as layers give a tree within the limits or a corrupt layer. */
class TarFuzzTest {

    private static final MergeLimits LIMITS = new MergeLimits(1_000, 1 << 20, 100);

    @FuzzTest(maxDuration = "8m")
    void layer(byte[] data) throws IOException {
        merge(data);
    }

    /** Lower and upper layer, cut at the block that the first byte names. */
    @FuzzTest(maxDuration = "8m")
    void twoLayers(byte[] data) throws IOException {
        if (data.length < 1) {
            return;
        }
        int cut = Math.min(data.length, 1 + 512 * (data[0] & 0xff));
        merge(Arrays.copyOfRange(data, 1, cut), Arrays.copyOfRange(data, cut, data.length));
    }

    /** Damaged checksums stop a fuzzer at the first header: here they are always right. */
    @FuzzTest(maxDuration = "8m")
    void signedHeaders(byte[] data) throws IOException {
        byte[] tar = data.clone();
        for (int at = 0; at + 512 <= tar.length; at += 512) {
            if (tar[at + 257] == 'u' && tar[at + 258] == 's') {
                System.arraycopy(TarBytes.sign(Arrays.copyOfRange(tar, at, at + 512)), 0, tar, at, 512);
            }
        }
        merge(tar);
    }

    private static void merge(byte[]... layers) throws IOException {
        try {
            MergedImage image = MergedImage.ofTars(LIMITS, layers);
            long bytes = image.stored().stream().mapToLong(String::length).sum();
            assertTrue(bytes <= LIMITS.maxContentBytes(), () -> "more content than allowed: " + bytes);
            assertTrue(image.fullListing().size() <= 3 * LIMITS.maxEntries(), "more names than allowed");
        } catch (CorruptDataException refused) {
            assertTrue(refused.getMessage().startsWith("cannot "), refused.getMessage());
        }
    }
}
