package io.jrun.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.cli.console.ExitCode;
import io.jrun.cli.start.StartHelp;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Help pages as they were read and agreed on; {@code -Dgolden.update} writes them anew. */
class HelpTest {

    private static final Path GOLDEN = Path.of("src/main/resources/io/jrun/cli/manual/help");

    @TempDir
    Path cache;

    @ParameterizedTest
    @ValueSource(strings = {"", "import", "create", "start", "list", "inspect", "remove", "version"})
    void helpPagesAreTheGoldenOnes(String command) throws IOException {
        CommandLineFixture jrun = CommandLineFixture.withoutTerminal(cache);

        int exitCode = jrun.run(
                Stream.of(command, "--help").filter(word -> !word.isEmpty()).toArray(String[]::new));

        Path golden = GOLDEN.resolve((command.isEmpty() ? "jrun" : command) + ".txt");
        if (System.getProperty("golden.update") != null) {
            Files.writeString(golden, jrun.out());
        }
        assertEquals(0, exitCode);
        assertEquals(Files.readString(golden), jrun.out());
        assertTrue(jrun.out().contains("Example:\n  jrun " + command), jrun.out());
        assertTrue(jrun.out().lines().allMatch(line -> line.length() <= 80), jrun.out());
    }

    @Test
    void startPrintsTheSamePageWithoutTheOtherCommands() throws IOException {
        CommandLineFixture jrun = CommandLineFixture.withoutTerminal(cache);

        StartHelp.print(jrun.console());

        assertEquals(Files.readString(GOLDEN.resolve("start.txt")), jrun.out());
    }

    @Test
    void theExitCodesOfTheTableAreOnTheHelpPage() throws IOException {
        String page = Files.readString(GOLDEN.resolve("jrun.txt"));

        assertTrue(
                Arrays.stream(ExitCode.values())
                        .allMatch(code -> page.contains(" " + code.number() + "   " + code.meaning() + "\n")),
                page);
    }
}
