package io.jrun.judge;

import static io.jrun.judge.Failures.assertFailed;
import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Layers made to do harm. Each test says which; none may leave an image file that does it. */
@Aside
class HostileLayerTest {

    private final Jrun jrun = Jrun.as(Account.USER);

    private Command.Result importOf(FakeRegistry registry, String... options) {
        String[] words = new String[options.length + 4];
        words[0] = "import";
        System.arraycopy(options, 0, words, 1, options.length);
        words[options.length + 1] = "-o";
        words[options.length + 2] = "hostile.sqsh";
        words[options.length + 3] = registry.reference();
        return jrun.run(words);
    }

    private void assertRefused(FakeRegistry registry, String... words) {
        try (registry) {
            Command.Result result = importOf(registry, "-q");

            assertAll(
                    () -> assertFailed(5, result, words),
                    () -> assertFalse(Files.exists(jrun.file("hostile.sqsh")), "an image file was left"));
        }
    }

    /** Imports, creates, and returns the tree of the container. */
    private Tree contained(FakeRegistry registry) {
        try (registry) {
            importOf(registry, "-q").orFail();
            jrun.run("create", "-n", "hostile", "hostile.sqsh").orFail();
            return Tree.of(jrun.rootfs("hostile"), Account.USER).withoutOwnFolder();
        }
    }

    private static FakeRegistry over(LayerTar hostile) {
        return FakeRegistry.of(new LayerTar().directory("etc/", 0755).file("etc/passwd", "image\n"), hostile);
    }

    /** Harm: a file of the host is written. */
    @Test
    void absoluteNameStaysInside() {
        Path victim = Workbench.newFolder("victim", Account.USER).resolve("written");

        Tree tree = contained(over(new LayerTar().file(victim.toString(), "pwned")));

        assertAll(
                () -> assertFalse(Files.exists(victim), "a file of the host was written"),
                () -> assertTrue(tree.entries().containsKey("." + victim), () -> "it lies inside: " + tree));
    }

    /** Harm: a file above the root of the container is written. */
    @Test
    void dotDotStaysInside() {
        Tree tree = contained(over(new LayerTar().file("etc/../../../../../../tmp/jrun-escaped", "pwned")));

        assertAll(
                () -> assertFalse(Files.exists(Path.of("/tmp/jrun-escaped")), "a file of the host was written"),
                () -> assertTrue(tree.entries().containsKey("./tmp/jrun-escaped"), () -> "it lies inside: " + tree));
    }

    /** Harm: a symbolic link of the image sends the next entry out of it. */
    @Test
    void symbolicLinkAsParentLeadsNowhereElse() {
        Path victim = Workbench.newFolder("victim", Account.USER);

        contained(over(new LayerTar().symlink("way-out", victim.toString()).file("way-out/written", "pwned")));

        assertFalse(Files.exists(victim.resolve("written")), "a file of the host was written");
    }

    /** Harm: a lower layer's link is followed by an upper layer's entry. */
    @Test
    void symbolicLinkOfALowerLayerLeadsNowhereElse() {
        Path victim = Workbench.newFolder("victim", Account.USER);

        contained(FakeRegistry.of(
                new LayerTar().symlink("way-out", "../../../../../../../.." + victim),
                new LayerTar().file("way-out/written", "pwned")));

        assertFalse(Files.exists(victim.resolve("written")), "a file of the host was written");
    }

    /** Harm: a hard link gives the container a name for a file of the host. */
    @Test
    void hardLinkToAFileOfTheHostIsRefusedOrLinksTheImagesOwn() {
        Tree tree = contained(over(new LayerTar().link("stolen", "../../../../../../etc/passwd")));

        Tree.Entry own = tree.entries().get("./etc/passwd");
        assertEquals(own.content(), tree.entries().get("./stolen").content(), "content of the image's own file");
    }

    /** Harm: a link to nothing, which a careless reader turns into an empty file. */
    @Test
    void hardLinkWithoutTargetIsRefused() {
        assertRefused(over(new LayerTar().link("dangling", "no/such/file")), "dangling");
    }

    /** Harm: a circle of links hangs the converter. */
    @Test
    void circleOfSymbolicLinksAsParentIsRefused() {
        assertRefused(
                over(new LayerTar().symlink("one", "two").symlink("two", "one").file("one/inside", "pwned")));
    }

    /** Harm: a nameless file replaces the root directory. */
    @Test
    void emptyNameDoesNotReplaceTheRoot() {
        try (FakeRegistry registry = over(new LayerTar().file("", "pwned"))) {
            Command.Result result = importOf(registry, "-q");

            assertAll(
                    () -> assertFailed(5, result),
                    () -> assertFalse(Files.exists(jrun.file("hostile.sqsh")), "an image file was left"));
        }
    }

    /** Harm: a layer cut in the middle of a file gives half a file. */
    @Test
    void entryThatPromisesMoreThanTheLayerHoldsIsRefused() {
        assertRefused(FakeRegistry.ofTars(
                List.of(new LayerTar().promise("half", 1 << 20).bytesWithoutEnd())));
    }

    /** Harm: a few kilobytes unpack to more than the disk holds. */
    @Test
    void bombOfSizeIsRefusedAtTheLimitAndAcceptedAboveIt() {
        byte[] zeros = new byte[8 << 20];
        try (FakeRegistry registry = over(new LayerTar().file("zeros", zeros, 0644))) {
            Command.Result refused = importOf(registry, "-q", "--max-size", "4M");
            boolean left = Files.exists(jrun.file("hostile.sqsh"));
            Command.Result accepted = importOf(registry, "-q", "--max-size", "16M");

            assertAll(
                    () -> assertFailed(5, refused, "--max-size"),
                    () -> assertFalse(left, "an image file was left"),
                    () -> assertEquals(0, accepted.status(), accepted::toString));
        }
    }

    /** Harm: millions of empty files use up memory and inodes. */
    @Test
    void bombOfCountIsRefusedAtTheLimitAndAcceptedAboveIt() {
        LayerTar many = new LayerTar();
        for (int i = 0; i < 5_000; i++) {
            many.file("n" + i, "");
        }
        try (FakeRegistry registry = over(many)) {
            Command.Result refused = importOf(registry, "-q", "--max-entries", "1000");
            boolean left = Files.exists(jrun.file("hostile.sqsh"));
            Command.Result accepted = importOf(registry, "-q", "--max-entries", "10000");

            assertAll(
                    () -> assertFailed(5, refused, "--max-entries"),
                    () -> assertFalse(left, "an image file was left"),
                    () -> assertEquals(0, accepted.status(), accepted::toString));
        }
    }

    /** Harm: a whiteout without a name removes everything. */
    @Test
    void namelessWhiteoutRemovesNothing() {
        try (FakeRegistry registry = over(new LayerTar().file(".wh.", ""))) {
            Command.Result result = importOf(registry, "-q");

            boolean refused = result.status() == 5;
            assertTrue(refused || stillHas("./etc/passwd"), () -> "neither refused nor harmless: " + result);
        }
    }

    private boolean stillHas(String path) {
        jrun.run("create", "-n", "hostile", "hostile.sqsh").orFail();
        return Tree.of(jrun.rootfs("hostile"), Account.USER).entries().containsKey(path);
    }

    /** Harm: a whiteout reaches above the directory it stands in. */
    @Test
    void whiteoutOfDotDotRemovesNothing() {
        try (FakeRegistry registry = over(new LayerTar().file("etc/.wh...", "").file("etc/.wh..", ""))) {
            Command.Result result = importOf(registry, "-q");

            assertTrue(
                    result.status() == 5 || stillHas("./etc/passwd"), () -> "neither refused nor harmless: " + result);
        }
    }

    /** Rule of the specification: whiteouts hide what lies below their layer, never what stands beside them. */
    @Test
    void fileBesideItsOwnWhiteoutSurvivesWhicheverComesFirst() {
        Tree tree = contained(FakeRegistry.of(
                new LayerTar().directory("a/", 0755).file("a/x", "old").file("a/y", "old"),
                new LayerTar()
                        .file("a/x", "new")
                        .file("a/.wh.x", "")
                        .file("a/.wh.y", "")
                        .file("a/y", "new")));

        assertEquals(
                tree.entries().get("./a/x").content(),
                tree.entries().get("./a/y").content());
        assertEquals(
                FakeRegistry.digest(new byte[] {'n', 'e', 'w'}).substring(7),
                tree.entries().get("./a/x").content());
    }

    /** Rule: of two entries of one name in one layer, the later is the file. */
    @Test
    void laterOfTwoEntriesOfOneNameWins() {
        Tree tree = contained(FakeRegistry.of(new LayerTar().file("x", "first").file("x", "second")));

        assertEquals("6", tree.entries().get("./x").size());
    }
}
