package io.jrun.judge;

import static io.jrun.judge.Failures.assertFailed;
import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Disks that are full or may not be written, names that are taken or wrong, hosts that forbid containers. */
class LocalTroubleTest {

    private static final FakeRegistry REGISTRY =
            FakeRegistry.of(TestImages.busybox(), new LayerTar().file("srv/noise", noise(8 << 20), 0644));

    private final Jrun jrun = Jrun.as(Account.USER);

    @AfterAll
    static void stop() {
        REGISTRY.close();
    }

    /** Bytes that no codec makes smaller, the same in each run. */
    private static byte[] noise(int size) {
        byte[] bytes = new byte[size];
        new java.util.Random(4711).nextBytes(bytes);
        return bytes;
    }

    private Path image() {
        Path image = jrun.file("image.sqsh");
        jrun.run("import", "-q", "-o", image.toString(), REGISTRY.reference()).orFail();
        return image;
    }

    /** jrun inside a namespace of its own, after {@code preparation} has changed it: the host is left alone. */
    private Command.Result inNamespace(String preparation, String... arguments) {
        return jrun.command(arguments)
                .behind("unshare", "-Urm", "sh", "-c", preparation + " && exec \"$@\"", "sh")
                .run();
    }

    private Path folder(String name) {
        Path folder = jrun.file(name);
        Command.of("mkdir", "-p", folder.toString()).as(Account.USER).run().orFail();
        return folder;
    }

    @Test
    @NeedsUserns
    void fullDiskDuringImportIsAStorageFailure() {
        Path disk = folder("disk");

        Command.Result result = inNamespace(
                "mount -t tmpfs -o size=3m none " + disk + " && trap 'ls -A " + disk + " >&2' EXIT",
                "import",
                "-q",
                "-o",
                disk + "/x.sqsh",
                REGISTRY.reference());

        assertFailed(8, result, disk.toString());
    }

    @Test
    @NeedsUserns
    void fullDiskDuringImportLeavesNoFile() {
        Path disk = folder("disk");

        Command.Result listing = Command.of(
                        "unshare",
                        "-Urm",
                        "sh",
                        "-c",
                        "mount -t tmpfs -o size=3m none " + disk + "; \"$@\" 2>/dev/null; ls -A " + disk,
                        "sh",
                        Workbench.launcher().toString(),
                        "import",
                        "-q",
                        "-o",
                        disk + "/x.sqsh",
                        REGISTRY.reference())
                .as(Account.USER)
                .with("HOME", jrun.home().toString())
                .run();

        assertEquals("", listing.text(), "files on the full disk");
    }

    @Test
    @NeedsUserns
    void fullCacheDuringImportIsAStorageFailure() {
        Path disk = folder("cache");

        Command.Result result = inNamespace(
                "mount -t tmpfs -o size=1m none " + disk + " && export XDG_CACHE_HOME=" + disk,
                "import",
                "-q",
                "-o",
                jrun.file("x.sqsh").toString(),
                REGISTRY.reference());

        assertAll(
                () -> assertFailed(8, result),
                () -> assertFalse(Files.exists(jrun.file("x.sqsh")), "an image file was left"));
    }

    @Test
    @NeedsUserns
    void fullDiskDuringCreateIsAStorageFailureAndTheNameStaysFree() {
        Path image = image();
        Path disk = folder("store");

        Command.Result result = Command.of(
                        "unshare",
                        "-Urm",
                        "sh",
                        "-c",
                        "mount -t tmpfs -o size=4m none " + disk + "; export JRUN_DATA_PATH=" + disk
                                + "; \"$0\" create -n full \"$1\"; s=$?; \"$0\" list --format json; exit $s",
                        Workbench.launcher().toString(),
                        image.toString())
                .as(Account.USER)
                .with("HOME", jrun.home().toString())
                .run();

        assertAll(
                () -> assertEquals(8, result.status(), result::toString),
                () -> assertTrue(result.talk().contains("jrun: cannot "), result::toString),
                () -> assertEquals("[]", result.text().replaceAll("\\s", ""), "the list of containers"));
    }

    @Test
    @NeedsUserns
    void readOnlyTargetIsAStorageFailure() {
        Path target = folder("read-only");

        Command.Result result = inNamespace(
                "mount --bind " + target + " " + target + " && mount -o remount,bind,ro " + target,
                "import",
                "-q",
                "-o",
                target + "/x.sqsh",
                REGISTRY.reference());

        assertFailed(8, result, target.toString());
    }

    @Test
    void folderOfSomebodyElseIsDenied() {
        Command.Result result = jrun.run("import", "-q", "-o", "/usr/x.sqsh", REGISTRY.reference());

        assertFailed(4, result, "/usr");
    }

    @Test
    void missingFolderIsNotFound() {
        assertFailed(
                3, jrun.run("import", "-q", "-o", "no/such/folder/x.sqsh", REGISTRY.reference()), "no/such/folder");
    }

    @Test
    void existingOutputIsKeptUnlessForced() throws IOException {
        Path file = folder("outputs").resolve("x.sqsh");
        Command.of("sh", "-c", "echo mine >\"$0\"", file.toString())
                .as(Account.USER)
                .run()
                .orFail();

        Command.Result refused = jrun.run("import", "-q", "-o", file.toString(), REGISTRY.reference());
        byte[] kept = Files.readAllBytes(file);
        Command.Result forced = jrun.run("import", "-q", "-f", "-o", file.toString(), REGISTRY.reference());

        assertAll(
                () -> assertFailed(2, refused, "-f", file.toString()),
                () -> assertArrayEquals("mine\n".getBytes(StandardCharsets.UTF_8), kept),
                () -> assertEquals(0, forced.status(), forced::toString),
                () -> assertTrue(Files.size(file) > 100_000, "the image has replaced it"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a/b", "/etc", "..", ".", "../escape", "", "-n", "new\nline"})
    void containerNameThatIsNoNameIsAUsageFailure(String name) {
        Path image = image();

        Command.Result result = jrun.run("create", "-n", name, image.toString());

        assertFailed(2, result);
    }

    @Test
    void fileThatIsNoImageIsCorrupt() {
        Command.of(
                        "sh",
                        "-c",
                        "head -c 100000 /dev/zero >\"$0\"",
                        jrun.file("no.sqsh").toString())
                .as(Account.USER)
                .run()
                .orFail();

        assertFailed(5, jrun.run("create", "no.sqsh"), "no.sqsh");
    }

    @Test
    void imageCutShortIsCorruptAndTheNameStaysFree() {
        Path image = image();
        Command.of("truncate", "-s", "-5000", image.toString()).run().orFail();

        Command.Result result = jrun.run("create", "-n", "cut", image.toString());

        assertAll(
                () -> assertFailed(5, result),
                () -> assertFalse(Files.exists(jrun.rootfs("cut").getParent()), "a container was left"));
    }

    @Test
    void missingImageFileIsNotFound() {
        assertFailed(3, jrun.run("create", "no-such-file.sqsh"), "no-such-file.sqsh");
    }

    @Test
    void removingAnUnknownContainerIsNotFound() {
        assertFailed(3, jrun.run("remove", "-f", "nobody"), "nobody");
    }

    @Test
    void unknownOptionAndMissingCommandAreUsageFailures() {
        assertAll(
                () -> assertEquals(
                        2, jrun.run("import", "--no-such-option", "x").status()),
                () -> assertEquals(2, jrun.run("no-such-command").status()));
    }

    @Test
    @NeedsUserns
    void unreadableMountSourceIs125() {
        jrun.run("create", "-n", "box", image().toString()).orFail();
        Path locked = folder("locked/inside");
        Command.of("chmod", "000", locked.getParent().toString()).run().orFail();

        assertFailed(125, jrun.run("start", "-v", locked + ":/mnt", "box", "true"), locked.toString());
    }

    @Test
    @NeedsUserns
    void userNamespacesSwitchedOffAre125AndTheSettingIsNamed() {
        jrun.run("create", "-n", "box", image().toString()).orFail();
        jrun.run("start", "box", "true").orFail();

        Command.Result warm = inNamespace("echo 0 >/proc/sys/user/max_user_namespaces", "start", "box", "true");
        Command.Result cold =
                inNamespace("echo 0 >/proc/sys/user/max_user_namespaces", "start", "-e", "A=1", "box", "true");

        assertAll(
                () -> assertFailed(125, warm, "user.max_user_namespaces"),
                () -> assertFailed(125, cold, "user.max_user_namespaces"));
    }

    @Test
    @NeedsUserns
    void planOfSomebodyElseIsNotTrusted() {
        jrun.run("create", "-n", "box", image().toString()).orFail();
        jrun.run("start", "box", "true").orFail();
        Command.of(
                        "sh",
                        "-c",
                        "chmod -R go+w \"$0\"",
                        jrun.rootfs("box").getParent().toString())
                .run()
                .orFail();

        Command.Result result = jrun.run("start", "box", "true");

        assertTrue(
                result.status() == 0 || result.status() == 125,
                () -> "compiled anew or refused, never run as it lies there: " + result);
    }
}
