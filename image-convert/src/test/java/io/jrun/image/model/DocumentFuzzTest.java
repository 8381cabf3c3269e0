package io.jrun.image.model;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.jrun.error.CorruptDataException;

/** Documents of a registry are read or refused as corrupt, with nothing impossible inside. */
class DocumentFuzzTest {

    @FuzzTest(maxDuration = "3m")
    void manifest(byte[] data) {
        try {
            ImageManifest manifest = ImageManifest.read(data, "manifest");
            assertTrue(manifest.layersSizeInBytes() >= 0, () -> "sizes overflow: " + manifest);
        } catch (CorruptDataException refused) {
            assertTrue(refused.getMessage().contains("manifest"), refused.getMessage());
        }
    }

    @FuzzTest(maxDuration = "3m")
    void index(byte[] data) {
        try {
            ImageIndex index = ImageIndex.read(data, "index");
            assertTrue(ImageIndex.looksLikeIndex(data, "index"), () -> "does not look like one: " + index);
        } catch (CorruptDataException refused) {
            assertTrue(refused.getMessage().contains("index"), refused.getMessage());
        }
    }

    @FuzzTest(maxDuration = "3m")
    void config(byte[] data) {
        try {
            ImageConfig config = ImageConfig.read(data, "config");
            assertTrue(
                    config.diffIds().stream().noneMatch(id -> id.toString().isEmpty()),
                    () -> "empty digest: " + config);
        } catch (CorruptDataException refused) {
            assertTrue(refused.getMessage().contains("config"), refused.getMessage());
        }
    }
}
