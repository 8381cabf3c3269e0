package io.jrun.judge;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** {@code podman --runtime jrun-oci} of an account without rights. */
@NeedsPodman
@NeedsSquashfsTools
class PodmanRuntimeTest {

    private static final Path HOME = Workbench.newFolder("podman", Account.GAMES);

    @BeforeAll
    static void makeImage() throws IOException {
        Files.writeString(
                HOME.resolve("storage.conf"),
                "[storage]\ndriver = \"vfs\"\ngraphroot = \"" + HOME + "/graph\"\nrunroot = \"" + HOME + "/run\"\n"
                        + "[storage.options]\nignore_chown_errors = \"true\"\n");
        Files.writeString(
                HOME.resolve("containers.conf"),
                "[engine]\nruntime_supports_nocgroup = [\"jrun-oci\"]\nruntime_supports_json = [\"jrun-oci\"]\n"
                        + "cgroup_manager = \"cgroupfs\"\nevents_logger = \"file\"\n[engine.runtimes]\njrun-oci = [\""
                        + Workbench.launcher() + "-oci\"]\n");
        Path tar = HOME.resolve("busybox.tar");
        Files.write(tar, TestImages.busybox().bytes());
        Path tree = Files.createDirectories(HOME.resolve("tree"));
        Files.createDirectories(HOME.resolve("inner"));
        Command.of("tar", "-xf", tar.toString(), "-C", tree.toString()).run().orFail();
        Command.of("mksquashfs", tree.toString(), tree + ".sqsh", "-quiet", "-no-progress")
                .run()
                .orFail();
        Command.of("chown", "-R", "games:games", HOME.toString()).run().orFail();
        podman("import", tar.toString(), "judged").run().orFail();
    }

    private static Command podman(String... words) {
        return Command.of(Stream.concat(Stream.of("podman", "--runtime", "jrun-oci"), Arrays.stream(words))
                        .toList())
                .as(Account.GAMES)
                .in(HOME)
                .with("HOME", HOME.toString())
                .with("USER", "games")
                .with("XDG_RUNTIME_DIR", HOME.toString())
                .with("CONTAINERS_CONF", HOME.resolve("containers.conf").toString())
                .with("CONTAINERS_STORAGE_CONF", HOME.resolve("storage.conf").toString());
    }

    private static Command run(String... words) {
        return podman(Stream.concat(
                        Stream.of("run", "--rm", "--cgroups=disabled", "--network=none", "--log-driver=k8s-file"),
                        Arrays.stream(words))
                .toArray(String[]::new));
    }

    @Test
    void aContainerEndsAsItsProgram() {
        Command.Result result =
                run("judged", "/bin/sh", "-c", "cat /srv/greeting; exit 5").run();

        assertAll(
                () -> assertEquals(5, result.status(), result.toString()),
                () -> assertEquals("hello", result.text(), result.toString()));
    }

    @Test
    void aMissingProgramIs127() {
        Command.Result result = run("judged", "no-such-program").run();

        assertEquals(127, result.status(), result.toString());
    }

    @Test
    void aTerminalIsOne() {
        Command.Result result = run("-t", "judged", "/bin/sh", "-c", "tty && test -c /dev/console")
                .run();

        assertAll(
                () -> assertEquals(0, result.status(), result.toString()),
                () -> assertTrue(result.text().contains("/dev/"), result.toString()));
    }

    @Test
    void aReadOnlyRootAndAVolumeAreSo() {
        Command.Result result = run(
                        "--read-only",
                        "-v",
                        HOME + ":/mnt:ro",
                        "--tmpfs",
                        "/scratch",
                        "judged",
                        "/bin/sh",
                        "-c",
                        "touch /x /mnt/x; touch /scratch/x && ls /scratch")
                .run();

        assertAll(
                () -> assertEquals("x", result.text(), result.toString()),
                () -> assertTrue(result.talk().contains("/mnt/x: Read-only file system"), result.talk()));
    }

    /** A script in which {@code $JRUN} is jrun, the host's Java beside it, behind Podman's filter of calls and covers of /proc. */
    private static Command.Result nested(List<String> options, String script) {
        String java = System.getProperty("java.home");
        List<String> line = new ArrayList<>(options);
        for (String place : List.of("/usr", "/lib", "/lib64", "/etc/java-17-openjdk", java)) {
            if (Files.exists(Path.of(place))) {
                line.addAll(List.of("-v", place + ":" + place + ":ro"));
            }
        }
        Path installed = Workbench.launcher().resolve("../..").normalize();
        line.addAll(List.of("-v", installed + ":" + installed + ":ro", "-v", HOME + ":" + HOME));
        line.addAll(List.of("-e", "JRUN=" + Workbench.launcher(), "-e", "TREE=" + HOME.resolve("tree")));
        line.addAll(List.of("-e", "HOME=" + HOME.resolve("inner"), "-e", "JAVA_HOME=" + java));
        line.addAll(List.of("judged", "/bin/sh", "-c", script));
        return run(line.toArray(new String[0])).run();
    }

    @Test
    void containersOfJrunsStartInOneOfPodmans() {
        Command.Result result = nested(
                List.of(),
                "for o in --host-env --root --pid '--overlay --root' '--net --ipc'; do"
                        + " $JRUN start $o $TREE cat /srv/greeting; done; $JRUN start $TREE.sqsh true; echo $?");

        assertEquals("hello\n".repeat(5) + "125", result.orFail().text());
        assertTrue(result.talk().contains("no /dev/fuse (ENOENT)"), result::toString);
    }

    @Test
    @NeedsFuse
    void anImageFileIsMountedThereWithTheDevice() {
        Command.Result result = nested(List.of("--device", "/dev/fuse"), "$JRUN start $TREE.sqsh cat /srv/greeting");

        assertEquals("hello", result.orFail().text());
    }

    /** Also what a health check is. */
    @Test
    void aFurtherProcessRunsInAContainer() {
        String name = "host-of-others";
        podman(
                        "run",
                        "-d",
                        "--name",
                        name,
                        "--cgroups=disabled",
                        "--network=none",
                        "--log-driver=k8s-file",
                        "--health-cmd",
                        "test -e /tmp/made",
                        "--health-interval=disable",
                        "judged",
                        "/bin/sh",
                        "-c",
                        "sleep 1000")
                .run()
                .orFail();
        Command.Result sick = podman("healthcheck", "run", name).run();
        Command.Result added = podman("exec", name, "/bin/sh", "-c", "touch /tmp/made; echo made; exit 4")
                .run();
        Command.Result well = podman("healthcheck", "run", name).run();
        Command.Result terminal =
                podman("exec", "-t", name, "/bin/sh", "-c", "tty").run();
        podman("rm", "-f", "-t", "0", name).run().orFail();

        assertAll(
                () -> assertEquals(4, added.status(), added.toString()),
                () -> assertEquals("made", added.text(), added.toString()),
                () -> assertEquals(1, sick.status(), sick.toString()),
                () -> assertEquals(0, well.status(), well.toString()),
                () -> assertTrue(terminal.text().contains("/dev/pts/"), terminal.toString()));
    }

    @Test
    void stopEndsADetachedContainerByItsSignal() throws IOException {
        String name = "detached";
        podman(
                        "run",
                        "-d",
                        "--name",
                        name,
                        "--cgroups=disabled",
                        "--network=none",
                        "--log-driver=k8s-file",
                        "judged",
                        "/bin/sh",
                        "-c",
                        "trap 'exit 6' TERM; echo up; while :; do sleep 0.1; done")
                .run()
                .orFail();
        for (int i = 0; i < 300 && !podman("logs", name).run().text().equals("up"); i++) {
            SlurmLab.pause();
        }

        podman("stop", "-t", "60", name).run().orFail();
        String status =
                podman("inspect", "-f", "{{.State.ExitCode}}", name).run().text();
        podman("rm", name).run().orFail();

        assertEquals("6", status);
        try (Stream<Path> left = Files.list(HOME.resolve("jrun/oci"))) {
            assertEquals(0, left.count());
        }
    }
}
