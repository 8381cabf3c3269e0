package io.jrun.judge;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** jrun in a container of jrun's: the host's Java and programs are mounted, everything else is the container's. */
@NeedsUserns
class NestedStartTest {

    private static final Jrun JRUN = Jrun.as(Account.USER);
    private static final FakeRegistry REGISTRY = FakeRegistry.of(TestImages.busybox());

    @BeforeAll
    static void create() {
        JRUN.create(REGISTRY.reference(), "box");
    }

    @AfterAll
    static void stop() {
        REGISTRY.close();
    }

    /** In a container, whose /tmp is the host's, so that installation and home lie where they do outside. */
    private static Command.Result inContainer(String options, List<String> words) {
        String java = System.getProperty("java.home");
        List<String> line =
                new ArrayList<>(List.of("start", "-e", "HOME", "-e", "PATH=/usr/bin:/bin", "-e", "JAVA_HOME=" + java));
        for (String place : List.of("/usr", "/lib", "/lib64", "/etc/java-17-openjdk", java)) {
            if (Files.exists(Path.of(place))) {
                line.addAll(List.of("-v", place));
            }
        }
        line.addAll(List.of(
                "-v",
                JRUN.home().toString(),
                "-v",
                Workbench.launcher().resolve("../..").normalize().toString()));
        line.addAll(List.of(options.split(" ", -1)));
        line.addAll(words);
        return JRUN.run(line.toArray(new String[0]));
    }

    @ParameterizedTest
    @CsvSource({
        "box, box",
        "box, --root box",
        "box, --overlay --root box",
        "box, --pid --ipc --net box",
        "--root box, box",
        "--root box, --root box",
        "--overlay --root box, --rw box",
        "--pid box, --pid box",
        "--net --uts=outer box, -v /srv:/data box"
    })
    void aContainerStartsInAContainer(String outer, String inner) {
        assertEquals("hello", nested(outer, inner));
    }

    @ParameterizedTest
    @CsvSource({
        "box, box.sqsh",
        "--root box, --overlay box.sqsh",
        "box.sqsh, --root box.sqsh",
        "box.sqsh, --pid box.sqsh"
    })
    @NeedsFuse
    void imageFilesAreMountedThereToo(String outer, String inner) {
        assertEquals("hello", nested(outer, inner));
    }

    /** Twice: compiled, and from the cache, which the host shares. */
    private static String nested(String outer, String inner) {
        String home = JRUN.home().toString();
        List<String> words = new ArrayList<>(List.of(Workbench.launcher().toString(), "start"));
        words.addAll(List.of(inner.replace("box.sqsh", home + "/box.sqsh").split(" ", -1)));
        words.addAll(List.of("cat", "/srv/greeting"));
        String from = outer.replace("box.sqsh", home + "/box.sqsh");
        String first = inContainer(from, words).orFail().text();

        assertEquals(first, inContainer(from, words).orFail().text());
        return first;
    }

    /** The variables that name a container are those of the innermost one. */
    @ParameterizedTest
    @CsvSource({"box, inner"})
    void theInnermostContainerIsNamed(String outer, String inner) {
        JRUN.run("create", "-n", inner, JRUN.file("box.sqsh").toString()).orFail();

        String named = inContainer(
                        outer,
                        List.of(Workbench.launcher().toString(), "start", inner, "sh", "-c", "echo $JRUN_CONTAINER"))
                .orFail()
                .text();

        assertEquals(inner, named);
    }
}
