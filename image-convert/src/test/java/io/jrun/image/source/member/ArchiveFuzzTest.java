package io.jrun.image.source.member;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.jrun.error.CorruptDataException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Optional;

/** Any bytes as an archive of images give members that lie within it, or a damaged archive. */
class ArchiveFuzzTest {

    @FuzzTest(maxDuration = "3m")
    void archive(byte[] data) throws IOException {
        try {
            ArchiveReader reader = new ArchiveReader(new ByteArrayInputStream(data), "archive");
            long read = 0;
            for (Optional<ArchiveReader.Entry> next = reader.next(); next.isPresent(); next = reader.next()) {
                ArchiveReader.Entry entry = next.get();
                assertTrue(entry.offset() >= ArchiveReader.BLOCK_SIZE && entry.sizeInBytes() >= 0, entry::toString);
                if (entry.kind() == ArchiveReader.Kind.FILE) {
                    read += reader.content(entry).readAllBytes().length;
                }
            }
            assertTrue(read <= data.length, "more content than archive: " + read);
        } catch (CorruptDataException refused) {
            assertTrue(refused.getMessage().contains("archive"), refused.getMessage());
        }
    }
}
