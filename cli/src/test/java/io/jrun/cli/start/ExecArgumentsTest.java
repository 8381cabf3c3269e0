package io.jrun.cli.start;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.UsageException;
import io.jrun.posix.ByteString;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ExecArgumentsTest {

    private static List<ByteString> words(String text) {
        return Arrays.stream(text.split(" ", -1)).map(ByteString::of).toList();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "exec -e A=1 -w /w box sh",
                "exec -eA=1 -w/w box sh",
                "exec --env=A=1 --workdir=/w box sh",
                "exec --env A=1 --workdir /w -- box sh",
                "exec -e=A=1 -w /other -w /w box sh -e B"
            })
    void optionsEndAtTheContainer(String line) throws UsageException {
        ExecArguments parsed = ExecArguments.parse(words(line)).orElseThrow();

        assertEquals(words("A=1"), parsed.environment());
        assertEquals(Optional.of(ByteString.of("/w")), parsed.directory());
        assertEquals(ByteString.of("box"), parsed.target());
        assertEquals(words(line.substring(0, line.indexOf("box") + 3)), parsed.prefix());
    }

    @ParameterizedTest
    @ValueSource(strings = {"exec", "exec box", "exec -e", "exec -e A=1", "exec --nothing box sh", "exec -x box sh"})
    void whatIsMissingOrUnknownIsRefused(String line) {
        assertThrows(UsageException.class, () -> ExecArguments.parse(words(line)));
    }

    @Test
    void helpIsAskedFor() throws UsageException {
        assertTrue(ExecArguments.parse(words("exec --help")).isEmpty());
    }
}
