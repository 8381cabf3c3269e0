package io.jrun.cli.start;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.cli.console.RawArguments;
import io.jrun.error.UsageException;
import io.jrun.posix.ByteString;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StartArgumentParserTest {

    private static List<ByteString> bytes(String... arguments) {
        return Stream.of(arguments).map(ByteString::of).toList();
    }

    private static StartArguments parse(String... arguments) throws UsageException {
        return StartArgumentParser.parse(bytes(arguments)).orElseThrow();
    }

    @Test
    void optionsStopAtTheName() throws UsageException {
        StartArguments parsed = parse("start", "--rw", "solver", "--root", "-e", "A=1", "--help");

        assertEquals(bytes("start", "--rw", "solver"), parsed.prefix());
        assertEquals(ByteString.of("solver"), parsed.name());
        assertEquals(bytes("--root", "-e", "A=1", "--help"), parsed.command());
        assertTrue(parsed.has(StartOption.WRITABLE));
        assertFalse(parsed.has(StartOption.ROOT));
    }

    @Test
    void twoDashesEndTheOptionsAndBelongToThePrefix() throws UsageException {
        StartArguments parsed = parse("start", "--", "-odd", "--");

        assertEquals(bytes("start", "--", "-odd"), parsed.prefix());
        assertEquals(ByteString.of("-odd"), parsed.name());
        assertEquals(bytes("--"), parsed.command());
    }

    @Test
    void valuesMayBeAttachedOrFollow() throws UsageException {
        StartArguments parsed = parse(
                "start",
                "-e",
                "A=1",
                "-eB=2",
                "--env",
                "C",
                "--env=D=4",
                "-v/x",
                "--mount=/y:/z",
                "-m",
                "/m",
                "-e=E=5",
                "-w=/w",
                "n");

        assertEquals(bytes("A=1", "B=2", "C", "D=4", "E=5"), parsed.all(StartOption.ENVIRONMENT));
        assertEquals(bytes("/x", "/y:/z", "/m"), parsed.all(StartOption.MOUNT));
        assertEquals(bytes("/w"), parsed.all(StartOption.WORKING_DIRECTORY));
    }

    @Test
    void valuesMayLookLikeOptionsOrBeEmpty() throws UsageException {
        StartArguments parsed = parse("start", "-e", "--rw", "--workdir=", "-v", "", "n");

        assertEquals(bytes("--rw"), parsed.all(StartOption.ENVIRONMENT));
        assertEquals(bytes(""), parsed.all(StartOption.WORKING_DIRECTORY));
        assertEquals(bytes(""), parsed.all(StartOption.MOUNT));
        assertFalse(parsed.has(StartOption.WRITABLE));
    }

    @Test
    void valuesThatMayBeLeftOutAreAttached() throws UsageException {
        StartArguments bare = parse("start", "--overlay", "solver", "true");
        StartArguments valued = parse("start", "--overlay=/kept", "--host-env=A_*", "--host-env", "solver");

        assertEquals(ByteString.of("solver"), bare.name());
        assertEquals(bytes(""), bare.all(StartOption.OVERLAY));
        assertEquals(bytes("/kept"), valued.all(StartOption.OVERLAY));
        assertEquals(bytes("A_*", ""), valued.all(StartOption.HOST_ENVIRONMENT));
    }

    @Test
    void environmentMayBePrintedAsJsonWithoutMore() throws UsageException {
        assertEquals(bytes("json"), parse("env", "--format", "json", "solver").all(StartOption.FORMAT));
    }

    @Test
    void bytesThatAreNoTextStayAsTheyAre() throws UsageException {
        ByteString odd = ByteString.of(new byte[] {'A', '=', (byte) 0xff, (byte) 0xc3});
        ByteString attached = ByteString.of(new byte[] {'-', 'e', 'B', '=', (byte) 0x80});
        ByteString argument = ByteString.of(new byte[] {(byte) 0xfe});

        StartArguments parsed = StartArgumentParser.parse(
                        List.of(ByteString.of("start"), ByteString.of("-e"), odd, attached, argument, argument))
                .orElseThrow();

        assertEquals(
                List.of(odd, ByteString.of(new byte[] {'B', '=', (byte) 0x80})), parsed.all(StartOption.ENVIRONMENT));
        assertEquals(argument, parsed.name());
        assertEquals(List.of(argument), parsed.command());
    }

    @Test
    void helpIsHelpWhateverIsMissing() throws UsageException {
        assertTrue(StartArgumentParser.parse(bytes("start", "--help")).isEmpty());
        assertTrue(StartArgumentParser.parse(bytes("start", "--rw", "-h", "n")).isEmpty());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    start             | the name of a container is missing     | `jrun list` shows the names
                    start --rw        | the name of a container is missing     | `jrun list` shows the names
                    start --roor n    | unknown option --roor                  | did you mean --root?
                    start -x n        | unknown option -x                      | see `jrun start --help`
                    start - n         | unknown option -                       | see `jrun start --help`
                    start --rw=1 n    | --rw takes no value, found --rw=1      | see `jrun start --help`
                    start -e          | -e needs a value, KEY[=VALUE]          | see `jrun start --help`
                    start --mount     | --mount needs a value, SRC[:DST[:OPTS]] | see `jrun start --help`
                    start --format json n | --format is for --explain and --security only | add one of them, or leave --format out
                    start --rw --overlay=1g n | --rw and --overlay contradict each other | leave one of them out
                    start --root --uid 3 n | --root and --uid contradict each other | leave one of them out
                    start --no-entrypoint --rc f n | --no-entrypoint and --rc contradict each other | leave one of them out
                    start --new n     | --new says nothing without --image     | name the image, or leave --new out
                    start --clean-env --host-env n | --clean-env and --host-env contradict each other | leave one of them out
                    """)
    void mistakesAreExplained(String line, String why, String hint) {
        UsageException failure = assertThrows(UsageException.class, () -> parse(line.split(" ", -1)));

        assertEquals("cannot start a container: " + why + "\n  hint: " + hint, failure.getMessage());
    }

    @Test
    void theArgumentsOfMainAreTheLastOfTheProcess() {
        byte[] commandLine = {'j', 0, '-', 'c', 0, 'M', 0, 's', 0, 0, (byte) 0xff, 0};

        assertEquals(
                List.of(ByteString.of("s"), ByteString.of(""), ByteString.of(new byte[] {(byte) 0xff})),
                RawArguments.last(commandLine, 3));
        assertEquals(List.of(), RawArguments.last(commandLine, 0));
        assertThrows(IllegalStateException.class, () -> RawArguments.last(commandLine, 9));
    }
}
