package io.jrun.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.cli.console.FailureReport;
import io.jrun.cli.manual.HelpPages;
import io.jrun.cli.manual.ManPage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** Help and man pages as they were read and agreed on; {@code -Dgolden.update} writes them anew. */
class ManualTest {

    private static final Path HELP = Path.of("src/main/resources/io/jrun/cli/manual/help");
    private static final Path MANUAL = Path.of("../docs/man");

    @TempDir
    static Path cache;

    private static CommandLine tree() {
        CommandLineFixture jrun = CommandLineFixture.withoutTerminal(cache);
        FailureReport report = new FailureReport(jrun.console().err(), Map.of(), Clock.systemUTC());
        return Commands.tree(jrun.console(), jrun.operations.services(), report);
    }

    /** By their words without "jrun", the root as the empty text. */
    private static Map<String, CommandLine> commands() {
        Map<String, CommandLine> all = new LinkedHashMap<>();
        collect(tree(), all);
        return all;
    }

    private static void collect(CommandLine command, Map<String, CommandLine> all) {
        String words = command.getCommandSpec().qualifiedName(" ").replaceFirst("^jrun ?", "");
        if (words.equals("help") || all.containsKey(words)) {
            return;
        }
        all.put(words, command);
        command.getSubcommands().values().forEach(each -> collect(each, all));
    }

    @TestFactory
    Stream<DynamicTest> helpPagesAreTheAgreedOnes() {
        return commands().entrySet().stream()
                .map(each -> DynamicTest.dynamicTest("help " + each.getKey(), () -> {
                    String page = each.getValue().getUsageMessage();
                    String name =
                            each.getKey().isEmpty() ? "jrun" : each.getKey().replace(' ', '-');

                    golden(HELP.resolve(name + ".txt"), page);

                    assertTrue(
                            page.contains("Example:\n  ")
                                    || !each.getValue().getSubcommands().isEmpty(),
                            page);
                    assertTrue(page.lines().allMatch(line -> line.length() <= 80), page);
                }));
    }

    @TestFactory
    Stream<DynamicTest> manPagesAreTheAgreedOnes() {
        return commands().entrySet().stream()
                .map(each -> DynamicTest.dynamicTest(
                        "man " + each.getKey(),
                        () -> golden(
                                MANUAL.resolve(ManPage.fileStem(each.getValue()) + ".1"),
                                ManPage.of(each.getValue(), majorVersion()))));
    }

    /** Pages change with what they say, not with every release. */
    private static String majorVersion() {
        return io.jrun.cli.console.Version.number().replaceFirst("[-.][^.]*$", "");
    }

    private static void golden(Path file, String found) throws IOException {
        if (System.getProperty("golden.update") != null) {
            Files.createDirectories(file.getParent());
            Files.writeString(file, found);
        }
        assertTrue(Files.exists(file), file + " is missing: run with -Dgolden.update and read it");
        assertEquals(Files.readString(file), found);
    }

    @Test
    void noPageOutlivesItsCommand() throws IOException {
        Set<String> expected = new TreeSet<>();
        commands().keySet().forEach(words -> expected.add(words.isEmpty() ? "jrun" : words.replace(' ', '-')));

        assertEquals(expected, stems(HELP, ".txt"));
        Set<String> manual = new TreeSet<>();
        expected.forEach(name -> manual.add(name.equals("jrun") ? name : "jrun-" + name));
        assertEquals(manual, stems(MANUAL, ".1"));
    }

    private static Set<String> stems(Path directory, String suffix) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            Set<String> names = new TreeSet<>();
            files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(suffix))
                    .forEach(name -> names.add(name.substring(0, name.length() - suffix.length())));
            return names;
        }
    }

    /** An example that the parser refuses is worse than none. */
    @TestFactory
    Stream<DynamicTest> examplesAreUnderstood() {
        List<DynamicTest> tests = new ArrayList<>();
        commands().forEach((words, command) -> command.getUsageMessage()
                .lines()
                .dropWhile(line -> !line.equals("Example:"))
                .filter(line -> line.startsWith("  jrun "))
                .forEach(line -> tests.add(DynamicTest.dynamicTest(line.strip(), () -> understand(line.strip())))));
        assertFalse(tests.isEmpty());
        return tests.stream();
    }

    private static void understand(String example) {
        String[] words = example.replaceFirst(" *[|<>].*", "").split(" +", -1);
        String[] arguments = Arrays.copyOfRange(words, 1, words.length);
        CommandLine tree = tree();
        tree.getSubcommands().values().forEach(command -> {
            if (List.of("start", "exec").contains(command.getCommandName())) {
                command.setStopAtPositional(true);
            }
        });

        assertEquals(List.of(), tree.parseArgs(arguments).unmatched(), example);
    }

    @Test
    void aCommandLineThatAsksForAPageGetsIt() throws IOException {
        String list = Files.readString(HELP.resolve("list.txt"));

        assertEquals(list, HelpPages.askedFor(List.of("list", "--help")).orElseThrow());
        assertEquals(list, HelpPages.askedFor(List.of("help", "list")).orElseThrow());
        assertEquals(
                Files.readString(HELP.resolve("jrun.txt")),
                HelpPages.askedFor(List.of("--help")).orElseThrow());
        assertTrue(HelpPages.askedFor(List.of("list")).isEmpty());
        assertTrue(HelpPages.askedFor(List.of("../list", "--help")).isEmpty());
        assertTrue(HelpPages.askedFor(List.of("start", "solver", "--help")).isEmpty());
    }

    @Test
    void theExitCodesOfTheTableAreOnTheHelpPage() throws IOException {
        String page = Files.readString(HELP.resolve("jrun.txt"));

        assertTrue(
                Arrays.stream(io.jrun.cli.console.ExitCode.values())
                        .allMatch(code -> page.contains(" " + code.number() + "   " + code.meaning() + "\n")),
                page);
    }
}
