package io.jrun.judge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What {@code start --verbose} tells of the way that a start took. */
@NeedsUserns
class CostTest {

    private static final Jrun JRUN = Jrun.as(Account.USER);
    private static final FakeRegistry REGISTRY = FakeRegistry.of(TestImages.busybox());
    private static Path image;

    @BeforeAll
    static void create() {
        image = JRUN.create(REGISTRY.reference(), "box");
    }

    @AfterAll
    static void stop() {
        REGISTRY.close();
    }

    private static void assertTold(String way, String... words) {
        Command.Result cold = JRUN.run(words);
        Command.Result warm = JRUN.run(words);

        String line = "jrun: " + way + ", by the plan \\S+/plans/[0-9a-f]{32}: [0-9]+ us";
        assertEquals("hello", warm.orFail().text());
        assertTrue(warm.talk().matches(line), warm::toString);
        assertTrue(cold.orFail().talk().matches("(?s).*the plan compiled in [0-9]+ ms\n" + line), cold::toString);
    }

    @Test
    void containerIsNamedByItsPlace() {
        assertTold("root file system " + JRUN.rootfs("box"), "start", "--verbose", "box", "cat", "/srv/greeting");
    }

    @Test
    void directoryUnderALayerSaysSo() {
        assertTold(
                "root file system " + JRUN.rootfs("box") + ", under an overlay",
                "start",
                "--verbose",
                "--overlay",
                JRUN.rootfs("box").toString(),
                "cat",
                "/srv/greeting");
    }

    @Test
    @NeedsFuse
    void imageFileNamesItsHelper() {
        assertTold(
                "image file " + image + " mounted by \\S+/squashfuse_ll(, under an overlay)?",
                "start",
                "--verbose",
                image.toString(),
                "cat",
                "/srv/greeting");
    }

    @Test
    @NeedsFuse
    void referenceTellsWhenItWasImported() {
        JRUN.run("start", REGISTRY.reference(), "true").orFail();

        Command.Result later = JRUN.run("start", "--verbose", REGISTRY.reference(), "cat", "/srv/greeting");

        assertTrue(
                later.orFail().talk().matches("(?s).* was imported on 2[0-9]{3}-[0-9]{2}-[0-9]{2}, to .*"),
                later::toString);
    }

    @Test
    void closedStandardErrorHurtsNobody() {
        Command.Result result = JRUN.command("start", "--verbose", "-e", "QUIET=1", "box", "cat", "/srv/greeting")
                .behind("sh", "-c", "\"$@\" 2>&-", "sh")
                .run();

        assertEquals("hello", result.orFail().text());
    }
}
