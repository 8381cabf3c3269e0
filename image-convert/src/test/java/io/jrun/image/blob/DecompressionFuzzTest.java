package io.jrun.image.blob;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.jrun.error.CorruptDataException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;

/** Any bytes as a blob unpack within the limit or are corrupt. */
class DecompressionFuzzTest {

    private static final int LIMIT = 1 << 20;

    @FuzzTest(maxDuration = "8m")
    void blob(byte[] data) throws IOException {
        assertWithinLimit(() -> Decompression.open(new ByteArrayInputStream(data), data.length, limit(), "blob"));
    }

    /** What people pack in other ways. */
    @FuzzTest(maxDuration = "8m")
    void archive(byte[] data) throws IOException {
        assertWithinLimit(
                () -> ArchiveDecompression.open(new ByteArrayInputStream(data), data.length, limit(), "blob"));
    }

    private static OutputLimit limit() {
        return new OutputLimit(LIMIT, "raise it");
    }

    private interface Opening {
        InputStream open() throws IOException;
    }

    private static void assertWithinLimit(Opening opening) throws IOException {
        int length = 0;
        try (InputStream in = opening.open()) {
            byte[] some = new byte[8192];
            for (int count = in.read(some); count >= 0; count = in.read(some)) {
                length += count;
            }
        } catch (CorruptDataException refused) {
            assertTrue(refused.getMessage().contains("blob"), refused.getMessage());
        }
        assertTrue(length <= LIMIT, "more bytes than allowed: " + length);
    }
}
