package io.jrun.cli.start;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.UsageException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.launch.RunningTarget;
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
        assertEquals(new RunningTarget.Named(ByteString.of("box")), parsed.target());
        assertEquals(words(line.substring(0, line.indexOf("box") + 3)), parsed.prefix());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "exec",
                "exec box",
                "exec -e",
                "exec -e A=1",
                "exec --nothing box sh",
                "exec -x box sh",
                "exec --rank 1 box sh",
                "exec --here box sh",
                "exec --job 7",
                "exec --job 7x sh",
                "exec --job 7.x sh",
                "exec --job 7 --rank -1 sh",
                "exec --job 7 --rank 01 sh"
            })
    void whatIsMissingOrUnknownIsRefused(String line) {
        assertThrows(UsageException.class, () -> ExecArguments.parse(words(line)));
    }

    @Test
    void aTaskOfAJobStandsForTheContainer() throws UsageException {
        ExecArguments parsed = ExecArguments.parse(words("exec --job 7.0 --rank=12 -w /w sh -c"))
                .orElseThrow();
        ExecArguments batch =
                ExecArguments.parse(words("exec --here --job=7.batch -- sh")).orElseThrow();

        assertEquals(new RunningTarget.OfJob("7", Optional.of("0"), Optional.of("12"), false), parsed.target());
        assertEquals(words("exec --job 7.0 --rank=12 -w /w"), parsed.prefix());
        assertEquals(new RunningTarget.OfJob("7", Optional.of("batch"), Optional.empty(), true), batch.target());
        assertEquals(words("exec --here --job=7.batch --"), batch.prefix());
    }

    @Test
    void helpIsAskedFor() throws UsageException {
        assertTrue(ExecArguments.parse(words("exec --help")).isEmpty());
    }
}
