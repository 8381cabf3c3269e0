package io.jrun.cli.progress;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class AmountsTest {

    @Test
    void bytesHaveThreeSignificantDigits() {
        assertEquals("0 B", Amounts.bytes(0));
        assertEquals("999 B", Amounts.bytes(999));
        assertEquals("1.00 kB", Amounts.bytes(1000));
        assertEquals("1.00 MB", Amounts.bytes(999_999));
        assertEquals("45.6 MB", Amounts.bytes(45_600_000));
        assertEquals("123 GB", Amounts.bytes(123_456_789_012L));
        assertEquals("9.22 EB", Amounts.bytes(Long.MAX_VALUE));
    }

    @Test
    void durationsReadLikeAClock() {
        assertEquals("00:42", Amounts.clock(Duration.ofSeconds(42)));
        assertEquals("12:05", Amounts.clock(Duration.ofSeconds(725)));
        assertEquals("1:02:03", Amounts.clock(Duration.ofSeconds(3723)));
    }
}
