package io.jrun.judge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The man pages that come with an installation, as mandoc reads them. */
@NeedsMandoc
class ManPagesTest {

    private static final Path PAGES =
            Workbench.launcher().resolve("../../share/man/man1").normalize();

    private static List<String> pages() throws IOException {
        try (Stream<Path> files = Files.list(PAGES)) {
            return files.map(Path::toString).sorted().toList();
        }
    }

    @Test
    void mandocFindsNothingToComplainAbout() throws IOException {
        List<String> words = new ArrayList<>(List.of("mandoc", "-Tlint", "-Wwarning"));
        words.addAll(pages());

        // Pages change with what they say and so have no date.
        List<String> complaints = Command.of(words)
                .run()
                .text()
                .lines()
                .filter(line -> !line.contains("missing date"))
                .toList();

        assertEquals(List.of(), complaints);
    }

    @Test
    void thePageOfStartIsReadable() {
        String page = Command.of(
                        "mandoc", "-Tascii", PAGES.resolve("jrun-start.1").toString())
                .run()
                .orFail()
                .text()
                .replaceAll(".\b", "");

        assertTrue(page.contains("EXIT STATUS") && page.contains("--overlay"), page);
    }
}
