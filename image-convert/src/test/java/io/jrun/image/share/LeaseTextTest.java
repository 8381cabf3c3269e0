package io.jrun.image.share;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.image.blob.Owner;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LeaseTextTest {

    private static final LeaseText TEXT = new LeaseText(
            new Owner("a1", 17, 4),
            "node\"7",
            "n",
            9,
            new ProducerProgress("converting lab/solver:2.1", 5, 10),
            true,
            Optional.of(
                    new PassedFailure(PassedFailure.Kind.TRANSFER, "fetch", "no answer", Optional.of("try later"))));

    @Test
    void whatIsWrittenIsRead() {
        assertEquals(Optional.of(TEXT), LeaseText.parse(TEXT.toBytes()));
    }

    @Test
    void everyLengthIsALeaseOrNone() {
        byte[] bytes = TEXT.toBytes();
        for (int length = 0; length < bytes.length; length++) {
            Optional<LeaseText> read = LeaseText.parse(Arrays.copyOf(bytes, length));
            assertTrue(read.isEmpty() || read.get().equals(TEXT), "cut at " + length);
        }
    }

    @Test
    void damageIsNoFault() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int round = 0; round < 2000; round++) {
            byte[] bytes = TEXT.toBytes();
            bytes[random.nextInt(400)] ^= (byte) (1 << random.nextInt(8));
            Optional<LeaseText> read = LeaseText.parse(bytes);
            assertTrue(read.isEmpty() || !read.get().progress().doing().contains("\u001b"), "seed " + seed);
        }
    }

    @Test
    void aTextOverALongerOneLeavesNothingOfIt() {
        assertEquals(0, TEXT.toBytes().length % LeaseText.GRAIN);
    }
}
