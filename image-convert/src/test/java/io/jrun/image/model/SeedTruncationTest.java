package io.jrun.image.model;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.CorruptDataException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** The documents of the image-spec, cut at each length. */
class SeedTruncationTest {

    private interface Reader {
        Object read(byte[] document) throws CorruptDataException;
    }

    private static void assertRefusedWhenCut(String kind, Reader reader) throws IOException {
        byte[] whole = Files.readAllBytes(
                Path.of("src/test/resources/io/jrun/image/model/DocumentFuzzTestInputs", kind, "oci.json"));
        assertTrue(reader.read(whole).toString().length() > 10, kind);
        int end = new String(whole, java.nio.charset.StandardCharsets.UTF_8)
                .strip()
                .length();
        for (int length = 0; length < end; length++) {
            byte[] cut = Arrays.copyOf(whole, length);
            assertThrows(CorruptDataException.class, () -> reader.read(cut), kind + " cut at " + length);
        }
    }

    @Test
    void documentCutAnywhereIsRefused() throws IOException {
        assertRefusedWhenCut("manifest", bytes -> ImageManifest.read(bytes, "manifest"));
        assertRefusedWhenCut("index", bytes -> ImageIndex.read(bytes, "index"));
        assertRefusedWhenCut("config", bytes -> ImageConfig.read(bytes, "config"));
    }
}
