package io.jrun.runtime.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Texts that a test expects, in files; {@code mvn test -Dgolden.update} writes them anew. */
final class Golden {

    private static final Path DIRECTORY = Path.of("src/test/resources/golden/plans");
    private static final String ORIGIN = "# written by PlannerTest with -Dgolden.update\n";

    private Golden() {}

    static void assertMatches(String name, String actual) throws IOException {
        Path file = DIRECTORY.resolve(name);
        if (System.getProperty("golden.update") != null) {
            Files.createDirectories(DIRECTORY);
            Files.writeString(file, ORIGIN + actual);
        }
        assertEquals(Files.readString(file), ORIGIN + actual, name);
    }
}
