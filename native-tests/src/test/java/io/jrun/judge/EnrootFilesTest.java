package io.jrun.judge;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * What {@code import --compat enroot} adds, and that nothing is added without it. enroot hands {@code /etc/rc} to the
 * image's own shell, and so does this test, in a read-only root as there.
 */
@NeedsUserns
@NeedsSquashfsTools
class EnrootFilesTest {

    private static final String PROCESS = """
            {"Env": ["PATH=/bin", "GREETING=it's $5", "LINES=one\\ntwo"],
             "Entrypoint": ["/bin/sh", "-c", "echo \\"$PWD\\"; for i; do echo \\"[$i]\\"; done", "it's"],
             "Cmd": ["one two", "$HOME"], "WorkingDir": "/work/not there", "Volumes": {"/srv": {}, "/new/volume one": {}}}""";

    private static final Jrun JRUN = Jrun.as(Account.USER);
    private static final FakeRegistry REGISTRY = FakeRegistry.withProcess(
            PROCESS,
            TestImages.busybox()
                    .file("etc/rc", "the image's own\n")
                    .file("etc/environment", "OWN=1\n")
                    .file("etc/fstab", "# its own\n"));
    private static final Path PLAIN = JRUN.file("plain.sqsh");
    private static final Path COMPATIBLE = JRUN.file("compatible.sqsh");
    private static Path tree = Path.of("");

    @BeforeAll
    static void importBoth() {
        JRUN.run("import", "-q", "-o", PLAIN.toString(), REGISTRY.reference()).orFail();
        JRUN.run("import", "-q", "--compat", "enroot", "-o", COMPATIBLE.toString(), REGISTRY.reference())
                .orFail();
        tree = unsquashed(COMPATIBLE);
    }

    @AfterAll
    static void stop() {
        REGISTRY.close();
    }

    private static Path unsquashed(Path image) {
        Path target = Workbench.newFolder("unsquashed", Account.USER).resolve("tree");
        Command.of("unsquashfs", "-q", "-no-progress", "-d", target.toString(), image.toString())
                .as(Account.USER)
                .run()
                .orFail();
        return target;
    }

    /** Runs the script as enroot does. */
    private static Command.Result rc(String... arguments) {
        List<String> words = new ArrayList<>(List.of(
                "unshare",
                "-Urm",
                "sh",
                "-c",
                "mount --bind $0 $0 && mount -o remount,bind,ro $0 && exec chroot \"$@\""));
        words.add(tree.toString());
        words.addAll(List.of(tree.toString(), "/bin/sh", "/etc/rc"));
        words.addAll(List.of(arguments));
        return Command.of(words).as(Account.USER).run();
    }

    @Test
    void scriptStartsTheCommandOfTheImageInItsDirectory() {
        assertEquals("/work/not there\n[one two]\n[$HOME]", rc().orFail().text());
    }

    @Test
    void argumentsReplaceTheCommandAndKeepTheEntryPoint() {
        assertEquals("/work/not there\n[x y]\n[*]", rc("x y", "*").orFail().text());
    }

    @Test
    void variablesStandALineEachAndWhatHasNoFormIsTold() throws IOException {
        Command.Result inspected = JRUN.run("inspect", COMPATIBLE.toString()).orFail();

        assertAll(
                () -> assertEquals("PATH=/bin\nGREETING=it's $5\n", Files.readString(tree.resolve("etc/environment"))),
                () -> assertTrue(inspected.text().contains("1 variables were left out"), inspected::toString));
    }

    @Test
    void volumesAreDirectoriesThatFstabMountsOverThemselves() throws IOException {
        assertAll(
                () -> assertEquals(
                        List.of(
                                "${ENROOT_ROOTFS}/new/volume\\040one /new/volume\\040one none bind,rw,nosuid,nodev,nofail,silent",
                                "${ENROOT_ROOTFS}/srv /srv none bind,rw,nosuid,nodev,nofail,silent"),
                        Files.readAllLines(tree.resolve("etc/fstab")).stream()
                                .sorted()
                                .toList()),
                () -> assertTrue(Files.isDirectory(tree.resolve("new/volume one"))));
    }

    @Test
    void nothingElseDiffers() {
        assertEquals(
                List.of(
                        "added /new",
                        "added /work",
                        "changed /etc/environment",
                        "changed /etc/fstab",
                        "changed /etc/rc"),
                JRUN.run("diff", PLAIN.toString(), COMPATIBLE.toString())
                        .text()
                        .lines()
                        .map(line -> line.replaceFirst("^(\\S+) +(\\S+).*", "$1 $2"))
                        .sorted()
                        .toList());
    }

    @Test
    void withoutTheOptionTheImagesFilesAreItsOwn() {
        Path plain = unsquashed(PLAIN);

        assertAll(
                () -> assertEquals("the image's own\n", Files.readString(plain.resolve("etc/rc"))),
                () -> assertEquals("OWN=1\n", Files.readString(plain.resolve("etc/environment"))),
                () -> assertEquals("# its own\n", Files.readString(plain.resolve("etc/fstab"))));
    }

    @Test
    void jrunStartsTheSameFileByItsConfig() {
        JRUN.run("create", "-n", "compatible", COMPATIBLE.toString()).orFail();

        assertEquals(
                "/work/not there\n[one two]\n[$HOME]",
                JRUN.run("start", "compatible").orFail().text());
    }
}
