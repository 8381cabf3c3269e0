package io.jrun.cli.start;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.cli.console.Console;
import io.jrun.error.UsageException;
import io.jrun.json.JsonValue;
import io.jrun.posix.ByteString;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which command line of start, batch, exec and env asks for what. */
class StartMainTest {

    private final List<String> calls = new ArrayList<>();
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    /** Notes what it is asked for, and answers with the word for it. */
    private final class Recording implements StartCompilation {

        @Override
        public void compile(StartArguments arguments, int descriptor, int build) {
            calls.add("compile " + arguments.name() + " to " + descriptor + " for build " + build);
        }

        @Override
        public StartArguments batch(StartArguments arguments) {
            calls.add("batch " + arguments.name());
            return arguments;
        }

        @Override
        public void enter(ExecArguments arguments, int descriptor, int build) {
            calls.add("enter " + arguments.target() + " to " + descriptor + " for build " + build);
        }

        @Override
        public Report explain(StartArguments arguments) {
            return report("explain");
        }

        @Override
        public Report security(StartArguments arguments) {
            return report("security");
        }

        @Override
        public Report environment(StartArguments arguments) {
            return report("environment");
        }

        private Report report(String word) {
            calls.add(word);
            return new Report("text of " + word, JsonValue.of(word));
        }
    }

    private void run(String... arguments) throws IOException {
        Console console = new Console(
                new ByteArrayInputStream(new byte[0]),
                out,
                new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8),
                Map.of("JRUN_PLAN_FD", "9", "JRUN_BUILD", "-7"),
                false,
                false);
        new StartMain(console, new Recording())
                .run(Stream.of(arguments).map(ByteString::of).toList());
    }

    private String out() {
        return out.toString(StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @CsvSource({
        "start solver ./run, compile solver to 9 for build -7",
        "start --explain solver, explain",
        "start --security solver, security",
        "start --security --explain solver, security",
        "env solver, environment",
        "env --explain solver, environment"
    })
    void eachCommandLineAsksForOneThing(String line, String call) throws IOException {
        run(line.split(" ", -1));

        assertEquals(List.of(call), calls);
    }

    @Test
    void whatAFileSaysIsReadBeforeItIsCompiled() throws IOException {
        run("batch", "train");

        assertEquals(List.of("batch train", "compile train to 9 for build -7"), calls);
    }

    @Test
    void execEntersWhatRuns() throws IOException {
        run("exec", "solver", "sh");

        assertEquals(1, calls.size(), calls::toString);
        assertTrue(calls.get(0).startsWith("enter "), calls::toString);
        assertTrue(calls.get(0).endsWith(" to 9 for build -7"), calls::toString);
    }

    @ParameterizedTest
    @CsvSource({"explain, text of explain", "security, text of security"})
    void reportsAreTextOrJson(String option, String text) throws IOException {
        run("start", "--" + option, "solver");
        run("start", "--" + option, "--format", "json", "solver");

        assertEquals(text + "\n\"" + option + "\"\n", out());
    }

    @Test
    void formatsThatAreNoneAreRefused() {
        assertThrows(UsageException.class, () -> run("start", "--explain", "--format", "yaml", "solver"));
        assertEquals("", out());
    }

    @ParameterizedTest
    @CsvSource({"start", "batch", "env", "exec"})
    void helpIsPrintedAndNothingElseDone(String command) throws IOException {
        run(command, "--help");

        assertTrue(out().contains("jrun " + command), out());
        assertEquals(List.of(), calls);
    }
}
