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
        int length = 0;
        try (InputStream in = Decompression.open(
                new ByteArrayInputStream(data), data.length, new OutputLimit(LIMIT, "raise it"), "blob")) {
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
