package io.jrun.image.mtree;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.jrun.error.CorruptDataException;

/** Any bytes as the description of a tree give one that is described by the same text again, or are refused. */
class MtreeFuzzTest {

    @FuzzTest(maxDuration = "3m")
    void description(byte[] data) throws CorruptDataException {
        byte[] described;
        try {
            described = MtreeWriter.describe(MtreeReader.read(data, "description"));
        } catch (CorruptDataException refused) {
            assertTrue(refused.getMessage().contains("description"), refused.getMessage());
            return;
        }
        assertArrayEquals(described, MtreeWriter.describe(MtreeReader.read(described, "description")));
    }
}
