package io.jrun.image.source.archive;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.jrun.error.CorruptDataException;
import io.jrun.error.NotFoundException;
import io.jrun.error.UsageException;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** Any bytes as the manifest.json of a saved image name images, of which one can be chosen, or are refused. */
class SavedImagesFuzzTest {

    @FuzzTest(maxDuration = "3m")
    void manifest(byte[] data) throws IOException {
        try {
            List<ArchivedImage> images = ArchivedImage.readAll(data, "manifest");
            for (ArchivedImage image : images) {
                assertTrue(!image.config().isEmpty(), image::toString);
                for (String name : image.names()) {
                    choose(images, Optional.of(name));
                }
            }
            choose(images, Optional.empty());
        } catch (CorruptDataException refused) {
            assertTrue(refused.getMessage().contains("manifest"), refused.getMessage());
        }
    }

    private static void choose(List<ArchivedImage> images, Optional<String> wanted) throws IOException {
        try {
            assertTrue(images.contains(ArchivedImage.choose(images, wanted, "archive.tar")));
        } catch (NotFoundException | UsageException told) {
            assertTrue(told.getMessage().contains("archive.tar"), told.getMessage());
        }
    }
}
