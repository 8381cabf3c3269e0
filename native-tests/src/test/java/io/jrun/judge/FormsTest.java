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
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** One image through every form, judged by those who read it: GNU tar, umoci, skopeo, unsquashfs, the starter. */
@NeedsRoot
@NeedsRegistry
@NeedsUmoci
@NeedsSquashfsTools
class FormsTest {

    private static final Jrun ROOT = Jrun.as(Account.ROOT);
    private static final Jrun USER = Jrun.as(Account.USER);
    private static final Path IMAGE = ROOT.file("image.sqsh");
    private static Tree imageTree;

    @BeforeAll
    static void importOnce() {
        convert(ROOT, Registry.open().reference("medium", "medium"), "squashfs", IMAGE.toString());
        imageTree = unsquashed(IMAGE);
    }

    private static void convert(Jrun jrun, String source, String format, String output, String... more) {
        List<String> words =
                new java.util.ArrayList<>(List.of("import", "-q", "--format", format, "-o", output, source));
        words.addAll(1, List.of(more));
        jrun.run(words.toArray(String[]::new)).orFail();
    }

    private static Tree unsquashed(Path imageFile) {
        Path target = Workbench.newFolder("unsquashed", Account.ROOT).resolve("tree");
        Command.of("unsquashfs", "-q", "-no-progress", "-d", target.toString(), imageFile.toString())
                .run()
                .orFail();
        return walked(target);
    }

    private static Tree walked(Path root) {
        Tree tree = Tree.of(root, Account.ROOT).withoutOwnFolder();
        Workbench.remove(root);
        return tree;
    }

    private static void assertSame(Tree found) {
        List<String> differences = imageTree.differencesTo(found);
        assertEquals("", String.join("\n", differences.subList(0, Math.min(30, differences.size()))));
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "gzip", "zstd"})
    void gnuTarExtractsTheImage(String compression) {
        Path tar = ROOT.file(compression + ".tar");
        convert(ROOT, Registry.open().reference("medium", "medium"), "tar", tar.toString(), "--compress", compression);
        Path target = Workbench.newFolder("untarred", Account.ROOT);

        Command.of(
                        "tar",
                        "--xattrs",
                        "--xattrs-include=*",
                        "--numeric-owner",
                        "-C",
                        target.toString(),
                        "-xpf",
                        tar.toString())
                .run()
                .orFail();

        assertSame(walked(target));
    }

    @Test
    void throughTarAndOciNothingChanges() throws IOException {
        Path tar = ROOT.file("round.tar");
        Path viaTar = ROOT.file("via-tar.sqsh");
        convert(ROOT, "squashfs:" + IMAGE, "tar", tar.toString());
        convert(ROOT, "tar:" + tar, "squashfs", viaTar.toString());
        Path layout = ROOT.file("round.oci");
        convert(ROOT, "squashfs:" + IMAGE, "oci", layout.toString());
        Path bundle = Workbench.newFolder("umoci", Account.ROOT).resolve("bundle");
        Command.of("umoci", "unpack", "--image", layout + ":latest", bundle.toString())
                .run()
                .orFail();
        Command.Result copied = Command.of(
                        "skopeo",
                        "copy",
                        "--insecure-policy",
                        "-q",
                        "oci:" + layout + ":latest",
                        "oci:" + ROOT.file("copied") + ":x")
                .with("HOME", Workbench.folder().toString())
                .run();
        Path tarAgain = ROOT.file("again.tar");
        convert(ROOT, "squashfs:" + IMAGE, "tar", tarAgain.toString());

        assertAll(
                () -> assertSame(unsquashed(viaTar)),
                () -> assertSame(walked(bundle.resolve("rootfs"))),
                () -> assertEquals(0, copied.status(), copied::toString),
                () -> assertEquals(-1, Files.mismatch(tar, tarAgain), "the same bytes each time"));
    }

    @Test
    void anUnprivilegedDirectoryKnowsWhatItCouldNotHold() {
        Path directory = USER.file("tree");
        Path back = USER.file("back.sqsh");
        Path source = USER.file("source.sqsh");
        Command.of("cp", IMAGE.toString(), source.toString()).run().orFail();
        Command.of("chmod", "a+r", source.toString()).run().orFail();

        convert(USER, "squashfs:" + source, "dir", directory.toString());
        convert(USER, "dir:" + directory, "squashfs", back.toString(), "--restore");

        assertSame(unsquashed(back));
    }

    @Test
    void loadedContainerExportsWhatTheImageHeld() {
        USER.run("load", "-q", "-n", "loaded", Registry.open().reference("medium", "medium"))
                .orFail();
        Path exported = USER.file("exported.sqsh");

        USER.run("export", "-q", "-o", exported.toString(), "loaded").orFail();

        Tree found = unsquashed(exported);
        // Mount points made in a directory change its time, and no record tells whose change it was.
        assertEquals(
                List.of(),
                withoutDirectoryTimes(imageTree).differencesTo(withoutDirectoryTimes(found)).stream()
                        .limit(20)
                        .toList());
    }

    private static Tree withoutDirectoryTimes(Tree tree) {
        return tree.map(entry -> entry.type().equals("d") ? entry.withoutMtime() : entry);
    }

    @ParameterizedTest
    @CsvSource({"gzip,4096", "lzma,1048576", "lzo,131072", "lz4,65536", "xz,524288", "zstd,16384"})
    void imageFilesOfOthersAreInspectedRepackedAndCreated(String compression, String blockSize) {
        Path tree = Workbench.newFolder("tree", Account.ROOT);
        Command.of("tar", "-C", "/etc", "-cf", tree + "/etc.tar", ".").run().orFail();
        Path foreign = ROOT.file("foreign-" + compression + ".sqsh");
        Command.of(
                        "mksquashfs",
                        tree.toString(),
                        foreign.toString(),
                        "-quiet",
                        "-no-progress",
                        "-comp",
                        compression,
                        "-b",
                        blockSize)
                .run()
                .orFail();
        Path ours = ROOT.file("ours-" + compression + ".sqsh");

        convert(ROOT, "squashfs:" + foreign, "squashfs", ours.toString());
        ROOT.run("create", "-n", compression, foreign.toString()).orFail();
        String inspected = ROOT.run("inspect", foreign.toString()).orFail().text();

        assertAll(
                () -> assertEquals(
                        unsquashed(foreign).entries(), unsquashed(ours).entries()),
                () -> assertEquals(
                        "",
                        Command.of("cmp", tree + "/etc.tar", ROOT.rootfs(compression) + "/etc.tar")
                                .run()
                                .orFail()
                                .text()),
                () -> assertTrue(
                        inspected.contains("compression: " + compression)
                                && inspected.contains("blockSize: " + blockSize),
                        inspected));
    }

    @Test
    void aKilledConversionLeavesNothingForGood() throws IOException {
        Path folder = Workbench.newFolder("killed", Account.ROOT);
        Command.Running running = ROOT.command(
                        "import", "-q", "--format", "dir", "-o", folder + "/tree", "squashfs:" + IMAGE)
                .start();
        running.signal("KILL");
        running.await(java.time.Duration.ofMinutes(1));
        assertFalse(Files.exists(folder.resolve("tree")), "no half a directory under its name");

        convert(ROOT, "squashfs:" + IMAGE, "dir", folder + "/tree");

        try (Stream<Path> left = Files.list(folder)) {
            assertEquals(1, left.count(), "leftovers are gone");
        }
        assertTrue(Files.exists(folder.resolve("tree/.jrun/attributes.mtree")), "what could not be set is described");
    }
}
