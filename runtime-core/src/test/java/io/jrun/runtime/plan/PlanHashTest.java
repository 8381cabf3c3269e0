package io.jrun.runtime.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.jrun.posix.ByteString;
import java.util.List;
import org.junit.jupiter.api.Test;

class PlanHashTest {

    @Test
    void valuesAreThoseOfTheFnvDraft() {
        assertEquals("6c62272e07bb014262b821756295c58d", PlanHash.of(List.of()));
        assertEquals("d228cb696f1a8caf78912b704e4a8964", PlanHash.of(StarterFixture.bytes("a")));
    }

    @Test
    void bytesAreTakenUnsigned() {
        ByteString bytes = ByteString.of(new byte[] {(byte) 0xff});

        assertNotEquals(PlanHash.of(List.of(bytes)), PlanHash.of(StarterFixture.bytes("\u007f")));
        assertEquals(32, PlanHash.of(List.of(bytes)).length());
    }

    @Test
    void hostsWithAHomeDirectoryInCommonHavePlansOfTheirOwn() {
        List<ByteString> prefix = StarterFixture.bytes("start", "box");

        assertEquals(
                PlanHash.of(StarterFixture.bytes("n1", "start", "box")), PlanHash.ofStart(ByteString.of("n1"), prefix));
        assertNotEquals(PlanHash.ofStart(ByteString.of("n1"), prefix), PlanHash.ofStart(ByteString.of("n2"), prefix));
    }

    @Test
    void bordersBetweenArgumentsCount() {
        assertNotEquals(PlanHash.of(StarterFixture.bytes("ab", "c")), PlanHash.of(StarterFixture.bytes("a", "bc")));
    }
}
