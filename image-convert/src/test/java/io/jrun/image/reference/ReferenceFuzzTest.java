package io.jrun.image.reference;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.jrun.error.UsageException;
import java.nio.charset.StandardCharsets;

/** Whatever a user types is a reference or a usage error, and a reference printed is the same one read. */
class ReferenceFuzzTest {

    @FuzzTest(maxDuration = "3m")
    void reference(byte[] data) throws UsageException {
        ImageReference reference;
        try {
            reference = ImageReference.parse(new String(data, StandardCharsets.UTF_8));
        } catch (UsageException refused) {
            return;
        }

        assertEquals(reference, ImageReference.parse(reference.toString()));
    }

    @FuzzTest(maxDuration = "1m")
    void platform(byte[] data) throws UsageException {
        Platform platform;
        try {
            platform = Platform.parse(new String(data, StandardCharsets.UTF_8));
        } catch (UsageException refused) {
            return;
        }

        assertEquals(platform, Platform.parse(platform.toString()));
    }
}
