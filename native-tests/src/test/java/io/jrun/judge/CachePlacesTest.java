package io.jrun.judge;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Where plans go when the usual place cannot have them. */
@NeedsUserns
class CachePlacesTest {

    private static final Jrun JRUN = Jrun.as(Account.USER);
    private static final FakeRegistry REGISTRY = FakeRegistry.of(TestImages.busybox());
    private static Path tree;

    @BeforeAll
    static void makeTree() {
        JRUN.create(REGISTRY.reference(), "box");
        tree = Workbench.newFolder("tree", Account.USER).resolve("tree");
        user("cp", "-a", JRUN.rootfs("box").toString(), tree.toString());
    }

    @AfterAll
    static void stop() {
        REGISTRY.close();
    }

    private static void user(String... words) {
        Command.of(words).as(Account.USER).run().orFail();
    }

    private static Path readOnlyFolder() {
        Path home = Workbench.newFolder("read-only", Account.USER);
        user("chmod", "500", home.toString());
        return home;
    }

    private static List<Path> plansIn(Path directory) throws IOException {
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.filter(entry -> !entry.getFileName().toString().contains("."))
                    .toList();
        }
    }

    @Test
    void homeThatMayNotBeWrittenCostsNoStartAndTheNextOneIsWarm() throws IOException {
        Path home = readOnlyFolder();
        Path session = Workbench.newFolder("session", Account.USER);
        Command start = JRUN.command("start", "--verbose", tree.toString(), "cat", "/srv/greeting")
                .with("HOME", home.toString())
                .with("XDG_RUNTIME_DIR", session.toString());

        Command.Result cold = start.run();
        Object first = Files.getAttribute(plansIn(session.resolve("jrun/plans")).get(0), "unix:ino");
        Command.Result warm = start.run();
        Object second =
                Files.getAttribute(plansIn(session.resolve("jrun/plans")).get(0), "unix:ino");

        assertAll(
                () -> assertEquals("hello", cold.orFail().text()),
                () -> assertTrue(cold.talk().contains(session + "/jrun, since " + home), cold::toString),
                () -> assertEquals("hello", warm.orFail().text()),
                () -> assertEquals(first, second, "it was compiled again"));
    }

    @Test
    void imageFilesNeedNoHomeEither() {
        Path session = Workbench.newFolder("session", Account.USER);

        assertEquals(
                "hello",
                JRUN.command("start", JRUN.file("box.sqsh").toString(), "cat", "/srv/greeting")
                        .with("HOME", readOnlyFolder().toString())
                        .with("XDG_RUNTIME_DIR", session.toString())
                        .run()
                        .orFail()
                        .text());
    }

    @Test
    void sessionDirectoryThatOthersMayWriteToHoldsNoPlan() {
        Path session = Workbench.newFolder("session", Account.USER);
        user("mkdir", session.resolve("jrun").toString());
        user("chmod", "777", session.resolve("jrun").toString());

        JRUN.command("start", "-e", "OPEN=1", tree.toString(), "true")
                .with("HOME", readOnlyFolder().toString())
                .with("XDG_RUNTIME_DIR", session.toString())
                .run()
                .orFail();

        assertFalse(Files.exists(session.resolve("jrun/plans")));
    }

    @Test
    void treeThatHoldsTheCacheStarts() {
        Path cache = tree.resolve("srv/cache");
        user("mkdir", "-p", cache.toString());
        Path session = Workbench.newFolder("session", Account.USER);
        Path data = Workbench.newFolder("data", Account.USER);

        Command.Result result = JRUN.command(
                        "start",
                        "-v",
                        data + ":/new/place",
                        tree.toString(),
                        "sh",
                        "-c",
                        "cat /srv/greeting; ls -d /new/place")
                .with("XDG_CACHE_HOME", cache.toString())
                .with("XDG_RUNTIME_DIR", session.toString())
                .run();

        assertEquals("hello\n/new/place", result.orFail().text());
    }

    @Test
    void layersWithinEachOtherAreRefusedWithTheReason() {
        String layers = tree + ":" + tree.resolve("srv");

        Command.Result result =
                JRUN.run("start", "--mount", "type=overlay,lowerdir=" + layers + ",dst=/mnt", tree.toString(), "true");

        assertAll(
                () -> assertEquals(125, result.status(), result::toString),
                () -> assertTrue(
                        result.talk().contains("one of its directories lies within another"), result::toString));
    }
}
