package io.jrun.image.layer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.jrun.error.CorruptDataException;
import java.util.Optional;

/** Any bytes as the entries of a layer that was noted give entries that are written and read again alike, or are refused. */
class RecordedEntriesFuzzTest {

    @FuzzTest(maxDuration = "3m")
    void entries(byte[] data) throws CorruptDataException {
        EntryEncoder encoder = new EntryEncoder();
        try {
            copy(data, encoder);
        } catch (CorruptDataException refused) {
            assertTrue(refused.getMessage().contains("record of a layer"), refused.getMessage());
            return;
        }
        byte[] written = encoder.toBytes();
        EntryEncoder again = new EntryEncoder();
        copy(written, again);
        assertArrayEquals(written, again.toBytes());
    }

    private static void copy(byte[] data, EntryEncoder to) throws CorruptDataException {
        MergeLimits limits = new MergeLimits(1_000, 1 << 20, 100);
        EntryDecoder decoder = new EntryDecoder(data, new InternPool(new Budget(limits)));
        for (Optional<TarEntry> next = decoder.next(); next.isPresent(); next = decoder.next()) {
            to.add(next.get());
        }
    }
}
