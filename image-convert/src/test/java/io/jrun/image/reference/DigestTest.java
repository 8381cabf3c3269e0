package io.jrun.image.reference;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DigestTest {

    /** As printed by sha256sum(1) for the text "abc". */
    private static final String ABC = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    @Test
    void piecesGiveTheDigestOfTheWhole() {
        Digest.Hasher hasher = Digest.hasher(Digest.Algorithm.SHA256);
        hasher.update("xab".getBytes(US_ASCII), 1, 2);
        hasher.update(ByteBuffer.wrap("c".getBytes(US_ASCII)));

        assertEquals(ABC, hasher.finish().toString());
        assertEquals(ABC, Digest.sha256("abc".getBytes(US_ASCII)).toString());
    }

    @Test
    void sha512IsReadAndPrinted() {
        Digest digest = Digest.of(Digest.Algorithm.SHA512, "abc".getBytes(US_ASCII));

        assertEquals(digest, Digest.parse(digest.toString()).orElseThrow());
        assertTrue(digest.toString().startsWith("sha512:ddaf35a1"), digest.toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "sha256", "sha256:", "sha256:12", "md5:d41d8cd98f00b204e9800998ecf8427e"})
    void otherTextsAreNoDigests(String text) {
        assertTrue(Digest.parse(text).isEmpty());
    }

    @Test
    void upperCaseHexIsNoDigest() {
        assertTrue(Digest.parse("sha256:" + "A".repeat(64)).isEmpty());
        assertThrows(IllegalArgumentException.class, () -> new Digest(Digest.Algorithm.SHA256, "A".repeat(64)));
    }
}
