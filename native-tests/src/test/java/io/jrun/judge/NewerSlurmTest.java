package io.jrun.judge;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A real Slurm of three nodes of Debian's next release, 24.11, by which the words of {@code jrun start} come before the
 * task's own, instead of in its place; and what its oci.conf can that earlier ones cannot.
 */
@NeedsSlurm
@NeedsFuse
class NewerSlurmTest {

    private static final FakeRegistry REGISTRY = FakeRegistry.of(TestImages.busybox());
    private static SlurmLab lab;

    @BeforeAll
    static void makeClusterAndPlugin() throws IOException {
        Path home = Workbench.newFolder("home", Account.GAMES); // of the account, as ~%u would be
        Path oci = Files.writeString(
                Workbench.newFolder("newer", Account.ROOT).resolve("oci.conf"),
                "IgnoreFileConfigJson=true\nCreateEnvFile=newline\nRunTimeRun=\"HOME=" + home + " exec "
                        + Workbench.launcher() + " start --env-file %e --no-entrypoint %b %@\"\n");
        lab = SlurmLab.upWithNewer(Map.of("OCI", oci.toString()));
        Path plugin = oci.resolveSibling("jrun.so");
        Path sources = Workbench.launcher().resolve("../../share/slurm").normalize();
        Command.of(
                        "sh",
                        "-ec",
                        "gcc -std=gnu11 -D_GNU_SOURCE -O2 -fPIC -shared -fvisibility=hidden -o \"$0\" \"-I$1\" \"$2\"/*.c",
                        plugin.toString(),
                        lab.root().resolve("usr/include").toString(),
                        sources.toString())
                .run()
                .orFail();
        lab.plugins("required " + plugin + " jrun=" + Workbench.launcher() + "\n");
        lab.command("jrun", "import", "-q", "-o", "box.sqsh", REGISTRY.reference())
                .run()
                .orFail();
    }

    @AfterAll
    static void end() {
        if (lab != null) {
            lab.close();
        }
        REGISTRY.close();
    }

    /** The parser of the release that knows the word userns; the kernel is not asked. */
    @Test
    void theProfileForAppArmorIsUnderstood() throws IOException {
        Path site = Workbench.newFolder("apparmor", Account.ROOT);
        Command.of(Workbench.launcher().toString(), "slurm", "init", "--directory", site.toString())
                .run()
                .orFail();
        Command parser = Command.of(
                "chroot", lab.root().toString(), "apparmor_parser", "--skip-kernel-load", "--skip-cache", "--names");
        String profile = Files.readString(site.resolve("apparmor"));

        Command.Result result = parser.reading(profile).run();
        Command.Result refused =
                parser.reading(profile.replace("userns,", "usernamespaces,")).run();

        assertEquals("jrun", result.orFail().text());
        assertNotEquals(0, refused.status(), refused.toString());
    }

    private static Command srun(String... words) {
        List<String> line = new ArrayList<>(List.of("srun", "--quiet"));
        line.addAll(List.of(words));
        return lab.command(line.toArray(new String[0]));
    }

    private static Command inside(String script) {
        return srun("--container-image=./box.sqsh", "sh", "-c", script);
    }

    @Test
    void ranksOfANodeShareTheirContainer() {
        Command.Result result = srun(
                        "-N3",
                        "-n6",
                        "--container-image=./box.sqsh",
                        "sh",
                        "-c",
                        "echo $SLURMD_NODENAME $(readlink /proc/self/ns/mnt) $(cat /srv/greeting)")
                .run();

        Set<String> seen = result.orFail().text().lines().collect(Collectors.toCollection(TreeSet::new));
        assertEquals(3, seen.size(), result.toString());
        assertTrue(seen.stream().allMatch(line -> line.endsWith(" hello")), result.toString());
    }

    @Test
    void aTaskPrologSpeaksToTheTaskInside() throws IOException {
        Path prolog = Files.writeString(lab.home().resolve("prolog"), "#!/bin/sh\necho export FROM_PROLOG=yes\n");
        Files.setPosixFilePermissions(prolog, PosixFilePermissions.fromString("rwxr-xr-x"));

        Command.Result result = srun(
                        "--task-prolog=" + prolog,
                        "--container-image=./box.sqsh",
                        "sh",
                        "-c",
                        "echo $FROM_PROLOG $(cat /srv/greeting)")
                .run();

        assertEquals("yes hello", result.orFail().text());
    }

    @Test
    void eachTaskOfSeveralProgramsIsInside() throws IOException {
        Files.writeString(lab.home().resolve("programs"), "0 cat /srv/greeting\n1 sh -c 'echo $1' sh task-%t\n");

        Command.Result result = srun("-n2", "--container-image=./box.sqsh", "--multi-prog", "programs")
                .run();

        assertEquals(
                Set.of("hello", "task-1"),
                Set.copyOf(result.orFail().text().lines().toList()));
    }

    @Test
    void limitsThatAreHandedOnHold() {
        Command.Result result = srun(
                        "--propagate=NOFILE", "--container-image=./box.sqsh", "grep", "open files", "/proc/self/limits")
                .behind("prlimit", "--nofile=321:4096")
                .run()
                .orFail();

        assertTrue(result.text().matches("Max open files +321 .*"), result.text());
    }

    @ParameterizedTest
    @ValueSource(strings = {"exit 7", "kill -TERM $$", "kill -KILL $$"})
    void theEndOfATaskIsWhatItIsWithoutAContainer(String script) {
        assertEquals(
                srun("sh", "-c", script).run().status(), inside(script).run().status());
    }

    @Test
    void anImageThatFailsIsToldAndNothingRunsOutside() {
        Command.Result result =
                srun("--container-image=./none.sqsh", "echo", "ran").run();

        assertAll(
                () -> assertEquals(125, result.status(), result.toString()),
                () -> assertEquals("", result.text()),
                () -> assertTrue(
                        result.talk().contains("there is neither a directory nor an image file"), result.talk()));
    }

    @Test
    void whatIsWrittenIsSaved() {
        srun(
                        "--container-image=./box.sqsh",
                        "--container-writable",
                        "--container-save=saved.sqsh",
                        "sh",
                        "-c",
                        "echo x >/made")
                .run()
                .orFail();

        assertEquals(
                "x",
                srun("--container-image=./saved.sqsh", "cat", "/made")
                        .run()
                        .orFail()
                        .text());
    }

    @Test
    void aCancelledStepLeavesNothing() {
        List<String> before = lab.inventory("node1");
        Command.Running running = srun(
                        "-N1",
                        "-n2",
                        "--nodelist=node1",
                        "--job-name=endless",
                        "--container-image=./box.sqsh",
                        "sleep",
                        "43.219")
                .start();
        for (int i = 0; i < 300 && !runs(); i++) {
            SlurmLab.pause();
        }

        lab.command("scancel", "--name=endless").run().orFail();

        running.await(Duration.ofMinutes(1));
        for (int i = 0; i < 100 && runs(); i++) {
            SlurmLab.pause();
        }
        assertFalse(runs());
        assertEquals(before, lab.inventory("node1"));
    }

    private static boolean runs() {
        return Command.of("pgrep", "-u", "games", "-x", "-f", "sleep 43.219")
                        .run()
                        .status()
                == 0;
    }

    /** Its PMIx is of another series than the image's. */
    @Test
    @NeedsMpi
    void ranksOfOpenMpiFindEachOther() {
        lab.command("jrun", "import", "-q", "-o", "openmpi.sqsh", "dir:" + MpiImages.tree("openmpi"))
                .run()
                .orFail();

        Command.Result result = srun(
                        "--mpi=pmix",
                        "--time=1",
                        "--overcommit",
                        "-N3",
                        "-n6",
                        "--container-image=./openmpi.sqsh",
                        "ranks")
                .with("UCX_TLS", "sysv,self")
                .run();

        assertEquals(6, result.orFail().text().lines().count(), result.toString());
        assertTrue(
                result.text()
                        .lines()
                        .allMatch(line -> line.contains(" of 6 ") && line.endsWith("cma yes, namespaces same")),
                result.text());
    }

    /** A bundle for Slurm need not be one: any image that jrun starts. */
    @Test
    void anImageFileCanStandWhereABundleWould() throws IOException {
        Command.Result result = srun(
                        "--container=" + lab.home().resolve("box.sqsh"),
                        "/bin/sh", // srun looks on its own host for what has no slash
                        "-c",
                        "cat /srv/greeting; echo \"a  b\" $SLURM_JOB_NUM_NODES; exit 3")
                .run();

        assertEquals("hello\na  b 1", result.text(), result.toString());
        assertEquals(3, result.status());
        try (Stream<Path> files = Files.list(lab.temporary("node1"))) {
            assertEquals(
                    List.of(),
                    files.filter(file -> file.toString().endsWith(".json")).toList());
        }
    }
}
