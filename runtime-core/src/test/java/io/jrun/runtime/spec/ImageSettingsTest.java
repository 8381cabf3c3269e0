package io.jrun.runtime.spec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.CorruptDataException;
import io.jrun.posix.ByteString;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ImageSettingsTest {

    private static final String COMPLETE = """
            {"os":"linux","architecture":"arm64","variant":"v8","config":{
              "Env":["PATH=/opt/bin","EMPTY=","A=b=c","BARE"],
              "Entrypoint":["/init","--"],"Cmd":["serve"],
              "WorkingDir":"srv","User":"app","Volumes":{"/data":{}},"Labels":null}}""";

    private static ImageSettings parse(String text) throws CorruptDataException {
        return ImageSettings.parse(text.getBytes(StandardCharsets.UTF_8), "config of lab/solver");
    }

    private static ImageSettings.Variable variable(String name, String value) {
        return new ImageSettings.Variable(ByteString.of(name), ByteString.of(value));
    }

    @Test
    void allExecutionParametersAreRead() throws Exception {
        ImageSettings expected = new ImageSettings(
                List.of(
                        variable("PATH", "/opt/bin"),
                        variable("EMPTY", ""),
                        variable("A", "b=c"),
                        variable("BARE", "")),
                List.of(ByteString.of("/init"), ByteString.of("--")),
                List.of(ByteString.of("serve")),
                Optional.of(ByteString.of("/srv")),
                Optional.of("app"),
                List.of("/data"),
                Optional.of("linux/arm64/v8"));

        assertEquals(expected, parse(COMPLETE));
    }

    @Test
    void nullAndAbsentMembersMeanNothing() throws Exception {
        assertEquals(ImageSettings.none(), parse("{}"));
        assertEquals(ImageSettings.none(), parse("{\"config\":null}"));
        assertEquals(
                ImageSettings.none(),
                parse(
                        "{\"config\":{\"Env\":null,\"Cmd\":null,\"Entrypoint\":[],\"WorkingDir\":\"\",\"Volumes\":null}}"));
    }

    @Test
    void membersOfAWrongTypeAreCorruptAndNamed() {
        for (String member :
                List.of("\"Env\":\"A=1\"", "\"Cmd\":\"sh\"", "\"Env\":[1]", "\"WorkingDir\":[]", "\"Env\":[\"=x\"]")) {
            CorruptDataException e =
                    assertThrows(CorruptDataException.class, () -> parse("{\"config\":{" + member + "}}"), member);
            assertTrue(e.getMessage().contains("config of lab/solver"), e.getMessage());
        }
        assertThrows(CorruptDataException.class, () -> parse("[]"));
        assertThrows(CorruptDataException.class, () -> parse("{\"config\":{\"Cmd\":[\"a\\u0000b\"]}}"));
    }

    @Test
    void everyTruncationIsCorrupt() {
        for (int length = 0; length < COMPLETE.length(); length++) {
            String cut = COMPLETE.substring(0, length);
            assertThrows(CorruptDataException.class, () -> parse(cut), cut);
        }
    }
}
