package io.jrun.judge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The pages for who comes from another tool name every option of it. */
class MigrationTest {

    private static final Pattern LONG_OPTION = Pattern.compile("(?<![\\w-])--[a-z][a-z0-9-]+");

    private static String page(String name) throws IOException {
        return Files.readString(Workbench.module().resolveSibling("docs").resolve(name));
    }

    private static List<String> missing(String page, Iterable<String> words) {
        List<String> missing = new ArrayList<>();
        for (String word : words) {
            if (!Pattern.compile("(?<![\\w-])" + Pattern.quote(word) + "(?![\\w-])")
                    .matcher(page)
                    .find()) {
                missing.add(word);
            }
        }
        return missing;
    }

    @ParameterizedTest
    @NeedsCharliecloud
    @ValueSource(strings = {"ch-run", "ch-fromhost"})
    void eachOptionOfTheInstalledCharliecloudIsMapped(String program) throws IOException {
        Command.Result help = Command.of(program, "--help").with("USER", "root").run();
        Matcher options = LONG_OPTION.matcher(help.text() + help.talk());
        Set<String> names = new TreeSet<>();
        while (options.find()) {
            names.add(options.group());
        }

        assertTrue(names.size() > 2, help::toString);
        assertEquals(List.of(), missing(page("from-charliecloud.md"), names));
    }

    /** Those that are scripts: their help says less than they read, or wants what is not installed. */
    @ParameterizedTest
    @NeedsCharliecloud
    @CsvSource(
            delimiter = ';',
            value = {"ch-image; \"(--[a-z][a-z0-9-]+)\"", "ch-convert; (?m)^ +(?:-[a-z]\\|)?(--[a-z-]+)\\)"})
    void eachOptionThatAScriptOfCharliecloudReadsIsMapped(String program, String option) throws IOException {
        Path script = Path.of(Command.of("which", program).run().orFail().text());
        Matcher options = Pattern.compile(option).matcher(Files.readString(script));
        Set<String> names = new TreeSet<>();
        while (options.find()) {
            names.add(options.group(1));
        }

        assertTrue(names.size() > 3, names::toString);
        assertEquals(List.of(), missing(page("from-charliecloud.md"), names));
    }

    @ParameterizedTest
    @CsvSource({"enroot, 120", "charliecloud, 50"})
    void eachWordOfTheToolIsMapped(String tool, int least) throws IOException {
        Path list = Workbench.module().resolve("src/test/resources/" + tool + "-words.txt");
        List<String> words = Files.readAllLines(list).stream()
                .filter(line -> !line.isBlank() && !line.startsWith("#"))
                .toList();

        assertTrue(words.size() > least, words::toString);
        assertEquals(List.of(), missing(page("from-" + tool + ".md"), words));
    }
}
