package io.jrun.image.registry;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Any header of a server that wants authentication is read to its end, and no challenge holds more than the header has. */
class ChallengeFuzzTest {

    @FuzzTest(maxDuration = "3m")
    void header(byte[] data) {
        String header = new String(data, StandardCharsets.ISO_8859_1);
        List<Challenge> challenges = Challenge.parse(List.of(header, header));
        long held = 0;
        for (Challenge challenge : challenges) {
            assertTrue(!challenge.scheme().isEmpty(), challenge::toString);
            held += challenge.scheme().length();
            held += challenge.parameters().values().stream()
                    .mapToInt(String::length)
                    .sum();
        }
        assertTrue(held <= 2L * header.length(), "more than was sent: " + held);
    }
}
