package io.jrun.judge;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
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
@Aside
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
        convert(ROOT, Registry.open().reference("lean", "lean"), "squashfs", IMAGE.toString());
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
        convert(ROOT, Registry.open().reference("lean", "lean"), "tar", tar.toString(), "--compress", compression);
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
    void whatIsPushedHasTheTreeOfTheFileAndTheConfigOfTheImage() {
        String original = Registry.open().reference("lean", "lean");
        String pushed = "docker://" + Registry.open().address() + "/pushed/lean:1";
        ROOT.run("push", "-q", IMAGE.toString(), pushed).orFail();
        Path layout = ROOT.file("pulled.oci");
        skopeo("copy", "-q", "--src-tls-verify=false", pushed, "oci:" + layout + ":x");
        Path bundle = Workbench.newFolder("umoci", Account.ROOT).resolve("bundle");
        Command.of("umoci", "unpack", "--image", layout + ":x", bundle.toString())
                .run()
                .orFail();

        assertAll(
                () -> assertSame(walked(bundle.resolve("rootfs"))),
                () -> assertEquals(config(original), config(pushed)));
    }

    /** What skopeo finds of how the image runs. */
    private static String config(String reference) {
        return Command.of("jq", "-S", "{architecture, os, variant, created, config}")
                .reading(skopeo("inspect", "--config", "--tls-verify=false", reference))
                .run()
                .orFail()
                .text();
    }

    private static String skopeo(String... words) {
        List<String> all = new java.util.ArrayList<>(List.of("skopeo", "--insecure-policy"));
        all.addAll(List.of(words));
        return Command.of(all)
                .with("HOME", Workbench.folder().toString())
                .run()
                .orFail()
                .text();
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "zstd", "none"})
    void throughOciAndBackToAnImageFileNothingIsLost(String compression) {
        Path layout = ROOT.file("back-" + compression + ".oci");
        Path back = ROOT.file("back-" + compression + ".sqsh");
        convert(ROOT, "squashfs:" + IMAGE, "oci", layout.toString(), "--compress", compression);

        convert(ROOT, "oci:" + layout, "squashfs", back.toString());

        assertAll(
                () -> assertSame(unsquashed(back)),
                () -> assertEquals(settings(ROOT.file("image.sqsh")), settings(back)),
                () -> assertEquals(
                        "1 layer, 1 step that made one",
                        Command.of(
                                        "skopeo",
                                        "inspect",
                                        "--config",
                                        "--format",
                                        "{{len .RootFS.DiffIDs}} layer, {{$n := 0}}{{range .History}}"
                                                + "{{if not .EmptyLayer}}1{{end}}{{end}} step that made one",
                                        "oci:" + layout + ":latest")
                                .with("HOME", Workbench.folder().toString())
                                .run()
                                .orFail()
                                .text()));
    }

    /** Of the image's config, what a start uses and people wrote. */
    private static String settings(Path imageFile) {
        Command.Result config = ROOT.run("cat", imageFile.toString(), "/.jrun/config.json");
        return Command.of("jq", "-S", "{architecture, os, author, created, config}")
                .reading(config.orFail().text())
                .run()
                .orFail()
                .text();
    }

    @Test
    void socketsComeBackAndAreEmptyFilesToOthers() throws IOException {
        Path tree = Workbench.newFolder("sockets", Account.ROOT);
        try (ServerSocketChannel socket = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            socket.bind(UnixDomainSocketAddress.of(tree.resolve("socket")));
        }
        Path layout = ROOT.file("sockets.oci");
        Path back = ROOT.file("sockets.sqsh");
        Command.Result made = ROOT.run("import", "--format", "oci", "-o", layout.toString(), "dir:" + tree);
        convert(ROOT, "oci:" + layout, "squashfs", back.toString());
        Path bundle = Workbench.newFolder("umoci", Account.ROOT).resolve("bundle");
        Command.of("umoci", "unpack", "--image", layout + ":latest", bundle.toString())
                .run()
                .orFail();

        assertAll(
                () -> assertTrue(made.orFail().talk().contains("1 sockets are empty files"), made::toString),
                () -> assertEquals(0, Files.size(bundle.resolve("rootfs/socket"))),
                () -> assertTrue(Files.isRegularFile(bundle.resolve("rootfs/socket"))),
                () -> assertTrue(
                        Command.of("unsquashfs", "-lls", back.toString())
                                .run()
                                .orFail()
                                .text()
                                .lines()
                                .anyMatch(line -> line.startsWith("s") && line.endsWith("/socket")),
                        "the kernel's type of it"));
    }

    @Test
    void timesThatSquashfsCannotHoldAreTold() throws IOException {
        Path tree = Workbench.newFolder("times", Account.ROOT);
        Command.of(
                        "touch",
                        "-d",
                        "1960-01-01",
                        Files.writeString(tree.resolve("old"), "x").toString())
                .run()
                .orFail();
        Path image = ROOT.file("times.sqsh");

        Command.Result made = ROOT.run("import", "-o", image.toString(), "dir:" + tree);

        assertAll(
                () -> assertTrue(made.orFail().talk().contains("1 time stamps lie outside of 1970"), made::toString),
                () -> assertTrue(
                        Command.of("unsquashfs", "-UTC", "-lls", image.toString())
                                .run()
                                .orFail()
                                .text()
                                .contains("1970-01-01 00:00 squashfs-root/old"),
                        "the nearest that there is"));
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
        USER.run("load", "-q", "-n", "loaded", Registry.open().reference("lean", "lean"))
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
