package io.jrun.judge;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** {@code jrun bcast} in a real Slurm of three nodes, each with a /tmp of its own; sha256sum(1) is the judge. */
@NeedsSlurm
class BcastTest {

    private static final FakeRegistry REGISTRY = FakeRegistry.of(TestImages.busybox());
    private static final List<String> NODES = List.of("node1", "node2", "node3");
    private static SlurmLab lab;

    @BeforeAll
    static void makeCluster() {
        lab = SlurmLab.up(Map.of());
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

    @AfterEach
    void forgetCopies() {
        NODES.forEach(node -> Workbench.remove(images(node)));
    }

    private static Path images(String node) {
        return lab.temporary(node)
                .resolve("jrun-" + Command.of("id", "-u", "games").run().text())
                .resolve("images");
    }

    /** The names in the directory of a node. */
    private static List<String> copies(String node) {
        if (!Files.isDirectory(images(node))) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(images(node))) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A script within an allocation of all nodes. */
    private static Command allocated(String script) {
        return lab.command("salloc", "-Q", "-N3", "--time=1", "sh", "-ec", script);
    }

    /** A program of that name before all others in PATH. */
    private static String instead(String name, String script) throws IOException {
        Path folder = Workbench.newFolder("instead", Account.GAMES);
        Path file = Files.writeString(folder.resolve(name), "#!/bin/sh\n" + script + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
        return "PATH=" + folder + ":$PATH; ";
    }

    @Test
    @NeedsFuse
    void theExampleCopiesAndStarts() throws IOException {
        String job = lab.submit(List.of("--wait"), "bcast.sbatch", "box.sqsh", "cat", "/srv/greeting");

        assertEquals(
                "hello\n".repeat(6).strip(),
                Files.readString(lab.home().resolve("job-" + job + ".out")).strip());
        NODES.forEach(node -> assertEquals(1, copies(node).size(), node));
    }

    @Test
    void outsideOfAnAllocationItSaysSo() {
        Command.Result result = lab.command("jrun", "bcast", "box.sqsh").run();

        assertAll(
                () -> assertEquals(7, result.status(), result.toString()),
                () -> assertTrue(result.talk().contains("SLURM_JOB_ID is not set"), result.talk()),
                () -> assertTrue(result.talk().contains("hint: "), result.talk()));
    }

    @Test
    @NeedsFuse
    void eachNodeHasTheFileAndStartsPreferIt() {
        Command.Result result = allocated(
                        "jrun bcast box.sqsh; srun -n3 sh -c 'cat /tmp/jrun-*/images/*.sqsh | sha256sum';"
                                + " srun -n3 jrun start --explain box.sqsh | grep -c 'local copy of';"
                                + " srun -n3 jrun start box.sqsh cat /srv/greeting;"
                                + " srun -n3 env PATH=/nonexistent \"$(command -v jrun)\" start box.sqsh cat /srv/greeting")
                .run()
                .orFail();

        String sum = Command.of("sh", "-c", "sha256sum < " + lab.home().resolve("box.sqsh"))
                .run()
                .text();
        List<String> expected = new ArrayList<>(List.of(sum, sum, sum, "3"));
        expected.addAll(List.of("hello", "hello", "hello", "hello", "hello", "hello"));
        List<String> lines = result.text().lines().toList();
        assertEquals(expected, lines.subList(1, lines.size()));
        NODES.forEach(node -> assertEquals(1, copies(node).size(), node));
        assertTrue(lines.get(0).endsWith(copies("node1").get(0)), lines.get(0));
    }

    @Test
    @NeedsSpank
    @NeedsFuse
    void containersOfThePluginPreferTheCopyToo() {
        lab.plugins("required " + Workbench.slurmPlugin() + "\n");
        Command.Running running = allocated("jrun bcast -q box.sqsh >/dev/null;"
                        + " srun -n3 --container-image=\"$PWD/box.sqsh\" sleep 41.09")
                .start();
        List<String> mounted = List.of();
        for (int i = 0; i < 600 && mounted.size() < 3; i++) {
            SlurmLab.pause();
            mounted = Command.of("pgrep", "-a", "-u", "games", "squashfuse")
                    .run()
                    .text()
                    .lines()
                    .filter(line -> line.matches(".*/tmp/jrun-[0-9]+/images/.*"))
                    .toList();
        }
        lab.command("scancel", "--user=games").run();
        running.await(Duration.ofMinutes(1));
        lab.plugins("");

        assertEquals(3, mounted.size(), mounted.toString());
    }

    @Test
    void aSecondTimeNothingIsCopied() {
        String again = allocated("jrun bcast -q box.sqsh >/dev/null; jrun bcast -q --format json box.sqsh")
                .run()
                .orFail()
                .text();

        assertTrue(again.contains("\"copied\" : [ ]"), again);
        assertTrue(again.contains("\"nodes\" : [ \"node1\", \"node2\", \"node3\" ]"), again);
    }

    @Test
    void whereSbcastFailsTheFileGoesThroughSrun() throws IOException {
        Command.Result result = allocated(instead("sbcast", "echo no way >&2; exit 1") + "jrun bcast box.sqsh")
                .run()
                .orFail();

        assertTrue(result.talk().contains("through srun instead"), result.talk());
        assertTrue(result.talk().contains("2 of 3 nodes have it"), result.talk());
        NODES.forEach(node -> assertEquals(1, copies(node).size(), node));
    }

    @Test
    void whatArrivesDamagedIsRefusedAndGone() throws IOException {
        String cut =
                "for last; do :; done; exec srun -N3 -n3 --overlap sh -c 'head -c 1000 /dev/zero >\"$1\"' sh \"$last\"";

        Command.Result result =
                allocated(instead("sbcast", cut) + "jrun bcast box.sqsh").run();

        assertAll(
                () -> assertEquals(5, result.status(), result.toString()),
                () -> assertTrue(result.talk().contains("DIGEST_INVALID"), result.talk()));
        NODES.forEach(node -> assertEquals(List.of(), copies(node), node));
    }

    @Test
    void aCopyThatWasDamagedSinceIsReplaced() throws IOException {
        allocated("jrun bcast -q box.sqsh").run().orFail();
        Path copy = images("node2").resolve(copies("node2").get(0));
        byte[] bytes = Files.readAllBytes(copy);
        bytes[bytes.length / 2] ^= 1;
        Files.setPosixFilePermissions(copy, PosixFilePermissions.fromString("rw-------"));
        Files.write(copy, bytes);

        String again =
                allocated("jrun bcast -q --format json box.sqsh").run().orFail().text();

        assertTrue(again.contains("\"copied\" : [ \"node2\" ]"), again);
        assertEquals(-1, Files.mismatch(copy, lab.home().resolve("box.sqsh")));
    }

    @Test
    void killedInTheMiddleItLeavesNothingThatIsFound() throws IOException, InterruptedException {
        Path reached = Workbench.newFolder("reached", Account.GAMES).resolve("here");
        String slow = "/usr/bin/sbcast \"$@\"; touch " + reached + "; exec sleep 60";
        Command.Running running =
                allocated(instead("sbcast", slow) + "exec jrun bcast box.sqsh").start();
        while (!Files.exists(reached)) {
            assertTrue(running.process().isAlive(), () -> running.await(Duration.ofSeconds(1))
                    .toString());
            Thread.sleep(50);
        }

        Command.of("pkill", "-9", "-u", "games", "-f", "io.jrun.cli.Main bcast box.sqsh")
                .run()
                .orFail();
        running.await(Duration.ofMinutes(2));

        for (String node : NODES) {
            assertTrue(
                    copies(node).stream().allMatch(name -> name.startsWith(".jrun-copy-")),
                    copies(node).toString());
        }
        allocated("jrun bcast -q box.sqsh").run().orFail();
        NODES.forEach(node -> assertEquals(
                1,
                copies(node).stream()
                        .filter(name -> name.endsWith(".sqsh") && name.charAt(0) != '.')
                        .count(),
                node));
    }

    @Test
    void aSourceThatWasWrittenAnewHasNoCopy() {
        String explained = allocated(
                        "cp box.sqsh new.sqsh; jrun bcast -q new.sqsh >/dev/null;"
                                + " srun -n1 jrun start --explain new.sqsh; touch new.sqsh; srun -n1 jrun start --explain new.sqsh")
                .run()
                .orFail()
                .text();

        assertEquals(1, explained.split("local copy of", -1).length - 1, explained);
    }

    @Test
    void aPlaceOfOnesChoiceIsUsed() {
        String place = allocated("jrun bcast -q box.sqsh /tmp/mine/; srun -n3 test -r /tmp/mine/box.sqsh")
                .run()
                .orFail()
                .text();

        assertEquals("/tmp/mine/box.sqsh", place);
    }
}
