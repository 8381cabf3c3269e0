package io.jrun.judge;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** The example job scripts in a real Slurm of three nodes, submitted by an account without rights. */
@NeedsSlurm
@NeedsFuse
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class SlurmTest {

    private static final FakeRegistry REGISTRY = FakeRegistry.of(TestImages.busybox());
    private static SlurmLab lab;

    /** Submitted first and judged last, because Slurm's shortest time limit is a minute. */
    private static String endless;

    private static String endlessRanks;

    @BeforeAll
    static void makeClusterAndContainer() {
        lab = SlurmLab.up(Map.of());
        lab.command("jrun", "import", "-q", "-o", "box.sqsh", REGISTRY.reference())
                .run()
                .orFail();
        lab.command("jrun", "create", "-n", "box", "box.sqsh").run().orFail();
        endless = lab.submit(List.of(), "single.sbatch", "sleep", "987654");
        endlessRanks = lab.submit(
                List.of("--time=1", "--overcommit"), "shared.sbatch", REGISTRY.reference(), "sleep", "976543");
    }

    @AfterAll
    static void end() {
        if (lab != null) {
            lab.close();
        }
        REGISTRY.close();
    }

    private static String output(String job) throws IOException {
        return Files.readString(lab.home().resolve("job-" + job + ".out")).strip();
    }

    /** Command lines of processes whose arguments hold the word. */
    private static List<String> processes(String word) {
        String[] found = Command.of("pgrep", "-a", "-u", "games", "-r", "R,S,D,T", "-f", word)
                .run()
                .text()
                .split("\n", -1);
        return Arrays.stream(found).filter(line -> !line.isEmpty()).toList();
    }

    private static void assertGone(String word) {
        for (int i = 0; i < 100 && !processes(word).isEmpty(); i++) {
            SlurmLab.pause();
        }
        assertEquals(List.of(), processes(word));
    }

    @Test
    void aJobHasTheOutputAndTheExitStatusOfItsProcess() throws IOException {
        String job = lab.submit(List.of(), "single.sbatch", "sh", "-c", "cat /srv/greeting; exit 7");

        Map<String, String> ended = lab.await(job, "FAILED");

        assertEquals("7:0", ended.get("ExitCode"));
        assertTrue(output(job).lines().toList().contains("hello"), output(job));
    }

    @Test
    void aSignalReachesSlurmAsItDoesWithoutAContainer() {
        String suicide = "kill -TERM $$";
        Command.Result bare = lab.command("srun", "-n1", "sh", "-c", suicide).run();

        Command.Result inside = lab.command("srun", "-n1", "jrun", "start", "box", "sh", "-c", suicide)
                .run();

        assertEquals(bare.status(), inside.status());
        assertTrue(inside.talk().contains("Terminated"), inside.talk());
    }

    @Test
    void theTasksOfAnArrayKnowTheirNumbers() throws IOException {
        String array = lab.submit(
                List.of("--wait", "--output=array-%a.out"),
                "array.sbatch",
                "sh",
                "-c",
                "echo task $SLURM_ARRAY_TASK_ID");

        Set<String> outputs = new TreeSet<>();
        for (int task = 1; task <= 4; task++) {
            outputs.add(Files.readString(lab.home().resolve("array-" + task + ".out"))
                    .strip());
        }
        assertEquals(new TreeSet<>(List.of("task 1", "task 2", "task 3", "task 4")), outputs, array);
    }

    @Test
    void ranksOnThreeNodesEachHaveTheirOwnPlace() throws IOException {
        String job = lab.submit(
                List.of("--wait"),
                "ranks.sbatch",
                "sh",
                "-c",
                "echo $SLURM_PROCID $(cat /etc/hostname) $SLURMD_NODENAME");

        Set<String> ranks = output(job)
                .lines()
                .map(line -> line.split(" ", -1)[0] + " " + line.substring(line.lastIndexOf(' ') + 1))
                .collect(Collectors.toCollection(TreeSet::new));

        assertEquals(new TreeSet<>(List.of("0 node1", "1 node1", "2 node2", "3 node2", "4 node3", "5 node3")), ranks);
    }

    @Test
    void anImageIsImportedOnceWithinTheJobForAllNodes() throws IOException {
        String job = lab.submit(List.of("--wait"), "shared.sbatch", REGISTRY.reference(), "cat", "/srv/greeting");

        assertEquals("hello\n".repeat(6).strip(), output(job));
        try (Stream<Path> images = Files.list(lab.home().resolve("images"))) {
            assertEquals(
                    1,
                    images.filter(file -> Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS))
                            .filter(file -> file.toString().endsWith(".sqsh"))
                            .count());
        }
    }

    @Test
    void anImportThatFailsEndsTheJobWithItsMessage() throws IOException {
        String job = lab.submit(List.of(), "shared.sbatch", "docker://127.0.0.1:1/no/image:1", "true");

        Map<String, String> ended = lab.await(job, "FAILED");

        assertEquals("6:0", ended.get("ExitCode"));
        assertTrue(output(job).contains("jrun: cannot"), output(job));
    }

    /** Ranks in one mount of an image on each of three nodes, which run when this returns. */
    private static String ranks(String seconds, String... options) {
        List<String> all = new ArrayList<>(List.of("--overcommit"));
        all.addAll(List.of(options));
        String job = lab.submit(all, "shared.sbatch", REGISTRY.reference(), "sleep", seconds);
        for (int i = 0; i < 600 && processes("^sleep " + seconds).size() < 6; i++) {
            SlurmLab.pause();
        }
        assertEquals(6, processes("^sleep " + seconds).size());
        return job;
    }

    private static List<List<String>> inventories() {
        return Stream.of("node1", "node2", "node3").map(lab::inventory).toList();
    }

    /** Neither ranks nor the helpers of their mounts; the other job of the image has three of those. */
    private static void assertRanksGone(String seconds) {
        assertGone("^sleep " + seconds);
        for (int i = 0; i < 100 && helpers() > helpersOfOthers(); i++) {
            SlurmLab.pause();
        }
        assertEquals(helpersOfOthers(), helpers());
    }

    private static long helpers() {
        return processes("squashfuse.* " + lab.home()).size();
    }

    private static long helpersOfOthers() {
        return processes("^sleep 976543").size() / 2;
    }

    @Test
    void ranksThatAreCancelledLeaveNothing() {
        List<List<String>> before = inventories();
        String job = ranks("865432");

        lab.command("scancel", job).run().orFail();

        lab.await(job, "CANCELLED");
        assertRanksGone("865432");
        assertEquals(before, inventories());
    }

    @Test
    void aSignalOfScancelReachesTheRanksThemselves() throws IOException {
        List<List<String>> before = inventories();
        String job = ranks("854321");

        lab.command("scancel", "--signal=USR1", job + ".1").run().orFail();

        Map<String, String> ended = lab.await(job, "FAILED");
        assertEquals("138:0", ended.get("ExitCode"), output(job)); // 128 + SIGUSR1, as srun tells it
        assertRanksGone("854321");
        assertEquals(before, inventories());
    }

    @Test
    void ranksThatAreQueuedAgainLeaveNothing() {
        List<List<String>> before = inventories();
        String job = ranks("843210", "--requeue");

        lab.command("scontrol", "requeue", job).run().orFail();

        lab.await(job, "PENDING", "RUNNING");
        lab.command("scancel", job).run().orFail();
        lab.await(job, "CANCELLED");
        assertRanksGone("843210");
        assertEquals(before, inventories());
    }

    @Test
    void oneRankThatFailsEndsTheStepWithItsStatus() {
        List<List<String>> before = inventories();
        String job = lab.submit(
                List.of("--overcommit"),
                "shared.sbatch",
                REGISTRY.reference(),
                "sh",
                "-c",
                "test $SLURM_PROCID != 3 || exit 9; exec sleep 832109");

        lab.command("srun", "--quiet", "true").run().orFail();
        awaitProcess("sleep 832109");
        lab.command("scancel", "--signal=TERM", job + ".1").run();

        Map<String, String> ended = lab.await(job, "FAILED");
        assertTrue(List.of("143:0", "9:0").contains(ended.get("ExitCode")), ended.get("ExitCode"));
        assertRanksGone("832109");
        assertEquals(before, inventories());
    }

    @Test
    void stepsFollowOneAnother() throws IOException {
        String job = lab.submit(List.of("--wait"), "steps.sbatch");

        assertEquals("prepared\nprepared", output(job));
    }

    @Test
    void aCancelledJobLeavesNothing() throws IOException {
        List<List<String>> before = inventories();
        String job = lab.submit(List.of(), "single.sbatch", "sleep", "876543");
        awaitProcess("sleep 876543");

        lab.command("scancel", job).run().orFail();

        lab.await(job, "CANCELLED");
        assertGone("sleep 876543");
        assertEquals(before, inventories());
        assertNoTemporaryFiles();
    }

    private static void awaitProcess(String word) {
        for (int i = 0; i < 300 && processes("^" + word).isEmpty(); i++) {
            SlurmLab.pause();
        }
        assertFalse(processes("^" + word).isEmpty(), word + " does not run");
    }

    private static void assertNoTemporaryFiles() throws IOException {
        try (Stream<Path> files = Files.walk(lab.home().resolve(".local/share/jrun"))) {
            assertEquals(
                    List.of(),
                    files.filter(file -> file.getFileName().toString().matches(".*(\\.tmp|draft|\\.new).*"))
                            .toList());
        }
    }

    @Test
    void aRequeuedJobStartsAgain() {
        String job = lab.submit(List.of("--requeue"), "single.sbatch", "sleep", "765432");
        awaitProcess("sleep 765432");

        lab.command("scontrol", "requeue", job).run().orFail();

        // The second life begins when Slurm has cleaned up the first, which it lets wait.
        Map<String, String> again = lab.await(job, "PENDING", "RUNNING");
        assertEquals("1", again.get("Restarts"));
        lab.command("scancel", job).run().orFail();
        lab.await(job, "CANCELLED");
        assertGone("sleep 765432");
    }

    @Test
    @Order(Integer.MAX_VALUE - 1)
    void aNodeThatDiesTakesItsProcessesAlongAndItsJobIsQueuedAgain() {
        String job = lab.submit(List.of("--requeue", "--nodelist=node3"), "single.sbatch", "sleep", "654321");
        awaitProcess("sleep 654321");

        lab.killNode("node3");

        assertGone("sleep 654321");
        lab.reviveNode("node3");
        Map<String, String> queued = lab.await(job, "PENDING", "RUNNING", "NODE_FAIL");
        lab.command("scancel", job).run().orFail();
        lab.await(job, "CANCELLED", "NODE_FAIL");
        assertAll(() -> assertFalse(queued.isEmpty()), () -> assertGone("sleep 654321"));
    }

    @Test
    @Order(Integer.MAX_VALUE)
    void aJobThatExceedsItsTimeIsEndedWithAllItsProcesses() {
        Map<String, String> ended = lab.await(endless, "TIMEOUT");

        assertEquals("TIMEOUT", ended.get("JobState"));
        assertGone("sleep 987654");
        assertEquals("TIMEOUT", lab.await(endlessRanks, "TIMEOUT").get("JobState"));
        assertRanksGone("976543");
    }
}
