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
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class SlurmTest {

    private static final FakeRegistry REGISTRY = FakeRegistry.of(TestImages.busybox());
    private static SlurmLab lab;

    /** Submitted first and judged last, because Slurm's shortest time limit is a minute. */
    private static String endless;

    /** The same of an image file; empty where none can be mounted. */
    private static String endlessRanks = "";

    /** What the nodes hold before any job. */
    private static List<List<String>> empty;

    @BeforeAll
    static void makeClusterAndContainer() {
        lab = SlurmLab.up(Map.of());
        lab.command("jrun", "import", "-q", "-o", "box.sqsh", REGISTRY.reference())
                .run()
                .orFail();
        lab.command("jrun", "create", "-n", "box", "box.sqsh").run().orFail();
        empty = inventories();
        endless = lab.submit(List.of(), "single.sbatch", "sleep", "987654");
        if (Host.fuseOpens()) {
            // Not on the node that dies.
            List<String> options = List.of("--time=1", "--overcommit", "--nodes=2", "--exclude=node3");
            endlessRanks = lab.submit(options, "shared.sbatch", REGISTRY.reference(), "sleep", "976543");
            // Helpers of starts that are under way belong to no rank yet.
            for (int i = 0; i < 600 && processes("^sleep 976543").size() < 4; i++) {
                SlurmLab.pause();
            }
            assertEquals(4, processes("^sleep 976543").size(), "ranks that are there before the tests");
        }
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

    /** From its node, and from where none of its processes is to be seen, so that Slurm leads there. */
    @Test
    @Order(1)
    @NeedsFuse
    void aRankOfAJobIsEnteredFromAnywhere() {
        String[] exec = {"jrun", "exec", "--job", endlessRanks + ".1", "--rank", "3"};
        String[] ask = {"sh", "-c", "echo $SLURM_PROCID $SLURMD_NODENAME $(readlink /proc/self/ns/mnt); exit 7"};
        String[] apart = {"unshare", "--user", "--map-current-user", "--pid", "--fork", "--mount-proc"};

        String[] on = {"srun", "--quiet", "--nodelist=node2", "--ntasks=1"};
        Command.Result here = lab.command(words(on, words(exec, ask))).run();
        Command.Result elsewhere = lab.command(words(apart, words(exec, ask)))
                .with("SLURM_NTASKS", "3")
                .run();
        Command.Result unclear = lab.command("jrun", "exec", "--here", "--job", endlessRanks, "true")
                .run();
        Command.Result none = lab.command("jrun", "exec", "--here", "--job", endlessRanks + ".1", "--rank", "4", "true")
                .run();

        assertAll(
                () -> assertTrue(here.text().startsWith("3 node2 mnt:["), here.toString()),
                () -> assertEquals(7, here.status()),
                () -> assertEquals(here.text(), elsewhere.text(), elsewhere.toString()),
                () -> assertEquals(7, elsewhere.status(), elsewhere.toString()),
                () -> assertTrue(unclear.talk().contains("--rank 2"), unclear.toString()),
                () -> assertTrue(none.talk().contains("no container of yours runs for it on this node"), none.talk()));
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
    @NeedsFuse
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

    /** Neither ranks nor the helpers of their mounts; the other job of the image has two of those. */
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
    @NeedsFuse
    void ranksThatAreCancelledLeaveNothing() {
        List<List<String>> before = inventories();
        String job = ranks("865432");

        lab.command("scancel", job).run().orFail();

        lab.await(job, "CANCELLED");
        assertRanksGone("865432");
        assertEquals(before, inventories());
    }

    @Test
    @NeedsFuse
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
    @NeedsFuse
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
    void oneRankThatFailsEndsTheOthersAsWithoutAContainer() {
        List<List<String>> before = inventories();
        String[] step = {"srun", "-N3", "-n6", "--overcommit", "--kill-on-bad-exit=1"};
        String[] ranks = {"sh", "-c", "test $SLURM_PROCID != 3 || exit 9; exec sleep 832109"};
        Command.Result bare = lab.command(words(step, ranks)).run();

        Command.Result inside = lab.command(
                        words(step, words(new String[] {"jrun", "start", "--join-count=2", "box"}, ranks)))
                .run();

        assertEquals(bare.status(), inside.status(), inside.toString());
        assertTrue(inside.talk().contains("task 3: Exited with exit code 9"), inside.talk());
        assertRanksGone("832109");
        assertEquals(before, inventories());
    }

    private static String[] words(String[] first, String... rest) {
        return Stream.concat(Arrays.stream(first), Arrays.stream(rest)).toArray(String[]::new);
    }

    @Test
    void aProcessThatIgnoresItsEndIsKilledAfterAWhile() throws IOException {
        List<List<String>> before = inventories();
        String job = lab.submit(
                List.of(), "single.sbatch", "sh", "-c", "trap '' TERM; echo deaf; while :; do sleep 821098; done");
        awaitProcess("sleep 821098");

        lab.command("scancel", job).run().orFail();

        lab.await(job, "CANCELLED");
        assertGone("821098");
        assertEquals(before, inventories());
        assertTrue(output(job).contains("deaf"), output(job));
    }

    /** What a site prescribes for all starts is no reason to end its jobs, whose limits are Slurm's; what a user asks for is. */
    @Test
    void configuredLimitsAreLeftToSlurm() throws IOException {
        Path configuration = Files.createDirectories(lab.home().resolve("limited/jrun"));
        Files.writeString(configuration.resolve("config"), "memory = 1g\n");
        Command start = lab.command("srun", "-n1", "jrun", "start", "box", "cat", "/srv/greeting")
                .with("XDG_CONFIG_HOME", configuration.getParent().toString());
        Command.Result configured = start.run();
        Command.Result warm = start.run();

        Command.Result required = start.with("JRUN_CGROUP", "require").run();
        Command.Result asked = lab.command("srun", "-n1", "jrun", "start", "--memory=1g", "box", "true")
                .run();

        assertAll(
                () -> assertEquals("hello", configured.orFail().text()),
                () -> assertTrue(configured.talk().contains("are left to this job's scheduler"), configured.talk()),
                () -> assertTrue(configured.talk().contains("memory.max=1073741824"), configured.talk()),
                () -> assertEquals("hello", warm.orFail().text()),
                () -> assertEquals("", warm.talk(), "the plan serves other jobs too"),
                () -> assertEquals(125, required.status(), required.toString()),
                () -> assertEquals(125, asked.status(), asked.toString()));
    }

    @Test
    void stepsFollowOneAnother() throws IOException {
        String job = lab.submit(List.of("--wait"), "steps.sbatch");

        // A busy Slurm says that a step waits for the end of the one before it.
        assertEquals(
                List.of("prepared", "prepared"),
                output(job).lines().filter(line -> !line.startsWith("srun: ")).toList());
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
    void aRequeuedJobStartsAgain() throws IOException {
        List<List<String>> before = inventories();
        String job = lab.submit(
                List.of("--requeue", "--open-mode=append"),
                "single.sbatch",
                "sh",
                "-c",
                "echo life $SLURM_RESTART_COUNT.; exec sleep 765432");
        awaitProcess("sleep 765432");

        lab.command("scontrol", "requeue", job).run().orFail();

        lab.await(job, "PENDING");
        assertGone("sleep 765432");
        assertEquals(before, inventories());
        lab.beginAgain(job);
        assertEquals("1", lab.await(job, "RUNNING").get("Restarts"));
        awaitProcess("sleep 765432");
        assertEquals(
                List.of("life .", "life 1."),
                output(job).lines().filter(line -> line.startsWith("life")).toList());
        lab.command("scancel", job).run().orFail();
        lab.await(job, "CANCELLED");
        assertGone("sleep 765432");
        assertEquals(before, inventories());
    }

    /** All of node3 ends at once, as by a loss of power, while ranks of an image file run there. */
    @Test
    @Order(Integer.MAX_VALUE - 2)
    @NeedsFuse
    void aNodeThatDiesLeavesNothingAnywhere() {
        List<List<String>> before = inventories();
        String job = ranks("654321", "--no-requeue");

        lab.killNode("node3");

        lab.await(job, "NODE_FAIL");
        lab.reviveNode("node3");
        assertRanksGone("654321");
        assertEquals(before, inventories());
    }

    /** Slurm's daemon ends and takes nobody along: the ranks run on until a new one is told that their job has failed. */
    @Test
    @Order(Integer.MAX_VALUE - 1)
    @NeedsFuse
    void ranksOutliveTheDaemonAndEndWithTheirJob() {
        List<List<String>> before = inventories();
        String job = ranks("643210", "--no-requeue");

        lab.killDaemon("node3");

        assertEquals(6, processes("^sleep 643210").size());
        lab.await(job, "NODE_FAIL");
        lab.reviveNode("node3");
        assertRanksGone("643210");
        assertEquals(before, inventories());
    }

    @Test
    @Order(Integer.MAX_VALUE)
    void aJobThatExceedsItsTimeIsEndedWithAllItsProcesses() {
        Map<String, String> ended = lab.await(endless, "TIMEOUT");

        assertEquals("TIMEOUT", ended.get("JobState"));
        assertGone("sleep 987654");
        if (!endlessRanks.isEmpty()) {
            assertEquals("TIMEOUT", lab.await(endlessRanks, "TIMEOUT").get("JobState"));
        }
        assertRanksGone("976543");
        assertEquals(empty, inventories());
    }
}
