package io.jrun.judge;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** {@code srun --container}: Slurm's own support of OCI runtimes, which runs jrun as the user and cleans up as root. */
@NeedsSlurm
class SlurmOciTest {

    private static SlurmLab lab;
    private static Path states;
    private static Bundle bundle;

    @BeforeAll
    static void makeClusterAndBundle() throws IOException {
        Path configuration = Workbench.newFolder("oci-conf", Account.ROOT).resolve("oci.conf");
        states = Workbench.newFolder("oci-states", Account.GAMES);
        String call = Workbench.launcher() + " oci --state-dir " + states + " ";
        String id = "%n.%u.%j.%s.%t";
        Files.writeString(
                configuration,
                "CreateEnvFile=false\n"
                        + "RunTimeRun=\"exec " + call + "run " + id + " -b %b\"\n"
                        + "RunTimeQuery=\"" + call + "state " + id + "\"\n"
                        + "RunTimeKill=\"" + call + "kill " + id + "\"\n"
                        + "RunTimeDelete=\"" + call + "delete --force " + id + "\"\n");
        lab = SlurmLab.up(Map.of("OCI", configuration.toString()));
        int account = Integer.parseInt(Command.of("id", "-u", "games").run().text());
        int group = Integer.parseInt(Command.of("id", "-g", "games").run().text());
        bundle = Bundle.of(lab.home(), "bundle", account);
        bundle.running("true");
        Path config = bundle.folder().resolve("config.json");
        Files.writeString(
                config,
                Files.readString(config)
                        .replace(
                                "\"gidMappings\": [{\"containerID\": 0, \"hostID\": " + account,
                                "\"gidMappings\": [{\"containerID\": 0, \"hostID\": " + group));
    }

    @AfterAll
    static void end() {
        if (lab != null) {
            lab.close();
        }
    }

    private static void assertNothingIsLeft() throws IOException {
        List<Path> left = left();
        for (int i = 0; i < 100 && !left.isEmpty(); i++) {
            SlurmLab.pause();
            left = left();
        }
        assertEquals(List.of(), left);
    }

    private static List<Path> left() throws IOException {
        try (Stream<Path> files = Files.list(states)) {
            return files.toList();
        }
    }

    private static Command srun(String... words) {
        Stream<String> front = Stream.of("srun", "-n1", "--container=" + bundle.folder());
        return lab.command(Stream.concat(front, Stream.of(words)).toArray(String[]::new));
    }

    @Test
    void aStepRunsInTheBundleAndEndsAsItsProgram() throws IOException {
        Command.Result result = srun("/bin/sh", "-c", "id -u; cat /proc/sys/kernel/hostname; test -d /work; exit 7")
                .run();

        assertAll(
                () -> assertEquals(7, result.status(), result.toString()),
                () -> assertEquals("0\njudged", result.text(), result.toString()),
                SlurmOciTest::assertNothingIsLeft);
    }

    @Test
    void theVariablesOfTheJobAreInside() {
        Command.Result result = srun("/bin/sh", "-c", "echo job $SLURM_JOB_ID of $SLURM_JOB_NUM_NODES")
                .run();

        assertTrue(result.text().matches("job [0-9]+ of 1"), result.toString());
    }

    @Test
    void aCancelledStepLeavesNoProcessAndNoState() throws IOException {
        String job = lab.command(
                        "sbatch",
                        "--parsable",
                        "--output=/dev/null",
                        "--wrap",
                        "srun -n1 --container=" + bundle.folder() + " /bin/sh -c 'echo up >/tmp/up; sleep 7654.3'")
                .run()
                .orFail()
                .text();
        Path up = bundle.rootfs().resolve("tmp/up");
        for (int i = 0; i < 600 && !Files.exists(up); i++) {
            SlurmLab.pause();
        }
        boolean ran = Files.exists(up);

        lab.command("scancel", job).run().orFail();
        lab.await(job, "CANCELLED");

        assertTrue(ran, "the step never began");
        assertNothingIsLeft();
        for (int i = 0; i < 100 && runs("sleep 7654.3"); i++) {
            SlurmLab.pause();
        }
        assertEquals(false, runs("sleep 7654.3"));
    }

    private static boolean runs(String words) {
        return Command.of("pgrep", "-x", "-f", words).run().status() == 0;
    }
}
