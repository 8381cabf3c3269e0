package io.jrun.judge;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What cannot fit is refused before anything is written, wherever it comes from and whatever is made of it: on a tmpfs that
 * is too small, or has too few inodes. Harm: a disk or quota full of half a result.
 */
@NeedsUserns
class RoomTest {

    private static final int CONTENT_SIZE = 6 << 20;
    private static final int FILES = 300;

    private static final Jrun JRUN = Jrun.as(Account.USER);
    private static final Path IMAGE = JRUN.file("image.sqsh");
    private static FakeRegistry registry;

    @BeforeAll
    static void makeSources() {
        LayerTar layer = new LayerTar();
        for (int i = 0; i < FILES; i++) {
            layer.file("files/" + i, "x");
        }
        byte[] noise = new byte[CONTENT_SIZE];
        new Random(11).nextBytes(noise);
        registry = FakeRegistry.of(layer.file("noise", noise, 0644));
        JRUN.run("import", "-q", "-o", IMAGE.toString(), registry.reference()).orFail();
        JRUN.run("import", "-q", "--format", "tar", "-o", JRUN.file("image.tar").toString(), "squashfs:" + IMAGE)
                .orFail();
        JRUN.run("import", "-q", "--format", "dir", "-o", JRUN.file("tree").toString(), "squashfs:" + IMAGE)
                .orFail();
        JRUN.run("create", "-q", "-n", "box", IMAGE.toString()).orFail();
    }

    @AfterAll
    static void stop() {
        registry.close();
    }

    /** Runs jrun where {@code @} stands for a tmpfs of these options; behind its talk comes what lies there then. */
    private static Command.Result onTmpfs(String options, Command command) throws IOException {
        Path small = Workbench.newFolder("small", Account.USER);
        List<String> words = new ArrayList<>(List.of(
                "unshare",
                "-Urm",
                "sh",
                "-c",
                "mount -t tmpfs -o " + options + " none " + small + " || exit 99; \"$@\"; s=$?; echo left >&2; find "
                        + small + " -type f >&2; exit $s",
                "sh"));
        command.words().forEach(word -> words.add(word.replace("@", small.toString())));
        Command inside =
                Command.of(words).as(Account.USER).with("HOME", JRUN.home().toString());
        return (command.environment().containsKey("JRUN_DATA_PATH")
                        ? inside.with("JRUN_DATA_PATH", small.toString())
                        : inside)
                .run();
    }

    private static Command command(String line) {
        String[] words = line.replace("REGISTRY", registry.reference())
                .replace("HOME", JRUN.home().toString())
                .split(" ", -1);
        Command command = JRUN.command(words);
        return words[0].equals("create") || words[0].equals("load") ? command.with("JRUN_DATA_PATH", "@") : command;
    }

    @ParameterizedTest
    @CsvSource({
        "size=64m nr_inodes=100, create -n x HOME/image.sqsh, too few files",
        "size=1m, create -n x HOME/image.sqsh, too little room",
        "size=1m, load -n x squashfs:HOME/image.sqsh, too little room",
        "size=1m, load -n x REGISTRY, too little room",
        "size=64k, import -o @/x.sqsh dir:HOME/tree, too little room",
        "size=64k, import -o @/x.sqsh tar:HOME/image.tar, too little room",
        "size=1m, import -o @/x.sqsh --compress lz4 squashfs:HOME/image.sqsh, too little room",
        "size=1m, import -o @/x --format dir squashfs:HOME/image.sqsh, too little room",
        "size=64m nr_inodes=100, import -o @/x --format dir dir:HOME/tree, too few files",
        "size=8m, import -o @/x.tar --format tar REGISTRY, too little room",
        "size=64k, export -o @/x.sqsh box, too little room"
    })
    void whatCannotFitIsRefusedBeforeAnythingIsWritten(String mount, String line, String why) throws IOException {
        Command.Result result = onTmpfs(mount.replace(' ', ','), command(line));

        assertAll(
                () -> assertEquals(8, result.status(), result::toString),
                () -> assertTrue(result.talk().contains(why), result::toString),
                () -> assertTrue(result.talk().contains("expected: "), result::toString),
                () -> assertTrue(result.talk().endsWith("left"), result::toString));
    }

    @Test
    void whoTriesAllTheSameIsToldByTheDisk() throws IOException {
        Command.Result result = onTmpfs("size=1m", command("create --no-preflight -n x HOME/image.sqsh"));

        assertAll(
                () -> assertEquals(8, result.status(), result::toString),
                () -> assertTrue(result.talk().contains("ENOSPC"), result::toString),
                () -> assertFalse(result.talk().contains("expected: "), result::toString));
    }

    @Test
    void whatFitsIsNotRefused() throws IOException {
        Command.Result result = onTmpfs("size=8m,nr_inodes=1000", command("create -n x HOME/image.sqsh"));

        assertEquals("x", result.orFail().text());
    }

    @Test
    void aPlanNamesTheImageFilesSize() throws IOException {
        String plan = JRUN.run("import", "--plan-only", "--json", "squashfs:" + IMAGE)
                .orFail()
                .text();

        assertTrue(plan.contains("\"estimatedOutputBytes\" : " + Files.size(IMAGE)), plan);
    }
}
