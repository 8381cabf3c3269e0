package io.jrun.image.squashfs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.jrun.error.CorruptDataException;
import io.jrun.image.tree.ContentReuse;
import io.jrun.image.tree.EarlierFileChangedException;
import io.jrun.image.tree.KnownContent;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Any bytes as a description of stored contents name contents that can be asked for, or are refused; nothing is believed. */
class RecordedContentsFuzzTest {

    @FuzzTest(maxDuration = "3m")
    void contents(byte[] data) throws IOException {
        Path earlier = Files.createTempFile("jrun-earlier", ".sqsh");
        Path next = Files.createTempFile("jrun-next", ".sqsh");
        try {
            Files.write(earlier, data);
            adoptAll(data, earlier, next);
        } catch (CorruptDataException refused) {
            assertTrue(refused.getMessage().contains("use a record"), refused.getMessage());
        } catch (EOFException cut) {
            assertEquals(null, cut.getCause());
        } finally {
            Files.delete(earlier);
            Files.delete(next);
        }
    }

    /** The earlier file holds the description itself, which is as good as any bytes. */
    private static void adoptAll(byte[] data, Path earlier, Path next) throws IOException {
        SquashfsOptions options = SquashfsOptions.of(Compression.NONE).withBlockSize(4096);
        try (SquashfsWriter writer = new SquashfsWriter(next, options)) {
            ContentReuse reuse = writer.reuse().orElseThrow();
            List<Optional<KnownContent>> known = reuse.open(
                            earlier, new DataInputStream(new ByteArrayInputStream(data)))
                    .orElseThrow();
            try {
                for (Optional<KnownContent> content : known) {
                    if (content.isPresent() && content.get().sizeInBytes() <= 1 << 20) {
                        assertEquals(
                                content.get().sizeInBytes(),
                                reuse.adopt(content.get()).sizeInBytes());
                    }
                }
                writer.border();
            } catch (EarlierFileChangedException unmasked) {
                assertTrue(unmasked.getMessage().contains(earlier.toString()), unmasked.getMessage());
            }
        }
    }
}
