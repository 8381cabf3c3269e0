package io.jrun.json;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.CorruptDataException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class JsonTest {

    private static JsonValue parse(String text) throws CorruptDataException {
        return Json.parse(text.getBytes(StandardCharsets.UTF_8), "test document");
    }

    @Test
    void membersAreReadByTypeAndOthersAreAbsent() throws Exception {
        JsonValue value = parse("{\"s\":\"text\",\"n\":7,\"f\":1.5,\"a\":[\"x\",1],\"m\":{\"k\":\"v\"},\"z\":null}");

        assertEquals("text", value.string("s").orElseThrow());
        assertEquals(OptionalLong.of(7), value.integer("n"));
        assertEquals(OptionalLong.empty(), value.integer("f"));
        assertEquals(List.of("x"), value.strings("a"));
        assertEquals(Map.of("k", "v"), value.stringMap("m"));
        assertTrue(value.member("z").isEmpty());
    }

    @Test
    void whatWasParsedPrintsTheSame() throws Exception {
        String text = "{\"b\":[1,true,null,{\"ü\":\"\\n\"}],\"a\":-12.50}";

        assertEquals(text, new String(Json.toBytes(parse(text)), StandardCharsets.UTF_8));
    }

    @Test
    void everyTruncationIsCorruptData() {
        String text = "{\"a\":[1,{\"b\":\"c\"}],\"d\":null}";
        for (int length = 0; length < text.length(); length++) {
            String cut = text.substring(0, length);
            assertThrows(CorruptDataException.class, () -> parse(cut), cut);
        }
    }

    @Test
    void nestingBeyondTheLimitIsRefused() {
        CorruptDataException e = assertThrows(CorruptDataException.class, () -> parse("[".repeat(100_000)));

        assertTrue(e.getMessage().contains("test document"), e.getMessage());
    }

    @Test
    void textBehindTheDocumentIsRefused() {
        assertThrows(CorruptDataException.class, () -> parse("{} {}"));
    }

    @Test
    void duplicateMembersAreRefused() {
        assertThrows(CorruptDataException.class, () -> parse("{\"a\":1,\"a\":2}"));
    }

    /** Four bytes that look like UTF-32 make the library read all that follows so. */
    @Test
    void bytesThatAreNoTextOfTheEncodingTheyBeginInAreCorrupt() {
        byte[] document = {0, 0, 0, '{', '{', '!', 's', 'm'};

        CorruptDataException failure = assertThrows(CorruptDataException.class, () -> Json.parse(document, "it"));

        assertTrue(failure.getMessage().contains("not well-formed JSON"), failure.getMessage());
    }
}
