package io.jrun.judge;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** {@code srun --container}: Slurm's own support of OCI runtimes, which runs jrun as the user and cleans up as root. */
@NeedsSlurm
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class SlurmOciTest {

    private static SlurmLab lab;

    /** Named by the files that {@code jrun slurm init} writes. */
    private static final Path STATES = Path.of("/run/jrun-oci/games");

    /** Submitted first and judged last, because Slurm's shortest time limit is a minute. */
    private static String endless;

    private static Bundle bundle;

    @BeforeAll
    static void makeClusterAndBundle() throws IOException {
        Path site = Workbench.newFolder("oci-site", Account.ROOT);
        Command.of(Workbench.launcher().toString(), "slurm", "init", "--directory", site.toString())
                .run()
                .orFail();
        Path extra = Files.writeString(
                site.resolve("slurm.conf"), "Prolog=" + site.resolve("prolog") + "\nPrologFlags=Alloc\n");
        lab = SlurmLab.up(Map.of("OCI", site.resolve("oci.conf").toString(), "EXTRA", extra.toString()));
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
        endless = sbatch("--time=1", "--wrap", step("exec sleep 7543.2"));
    }

    private static String sbatch(String... words) {
        Stream<String> front = Stream.of("sbatch", "--parsable", "--output=/dev/null");
        return lab.command(Stream.concat(front, Stream.of(words)).toArray(String[]::new))
                .run()
                .orFail()
                .text();
    }

    private static String step(String script) {
        return "srun -n1 --container=" + bundle.folder() + " /bin/sh -c '" + script + "'";
    }

    @AfterAll
    static void end() {
        if (lab != null) {
            lab.close();
        }
        Command.of("rmdir", STATES.toString(), STATES.getParent().toString()).run();
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
        try (Stream<Path> files = Files.list(STATES)) {
            return files.filter(file -> !file.getFileName().toString().contains("." + endless + "."))
                    .toList();
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
        String job = sbatch("--wrap", step("echo up >/tmp/up; sleep 7654.3"));
        Path up = bundle.rootfs().resolve("tmp/up");
        for (int i = 0; i < 600 && !Files.exists(up); i++) {
            SlurmLab.pause();
        }
        boolean ran = Files.exists(up);

        lab.command("scancel", job).run().orFail();
        lab.await(job, "CANCELLED");

        assertTrue(ran, "the step never began");
        assertNothingIsLeft();
        assertGone("sleep 7654.3");
    }

    private static void assertGone(String words) {
        for (int i = 0; i < 100 && runs(words); i++) {
            SlurmLab.pause();
        }
        assertFalse(runs(words));
    }

    @Test
    void aTaskOnEachOfSeveralNodesHasItsOwnContainer() throws IOException {
        Command.Result result = lab.command(
                        "srun",
                        "--label",
                        "-N3",
                        "--ntasks-per-node=1",
                        "--container=" + bundle.folder(),
                        "/bin/sh",
                        "-c",
                        "echo in $$; exit 4")
                .run();

        assertEquals(
                List.of("0: in 1", "1: in 1", "2: in 1"),
                result.text().lines().sorted().toList(),
                result.toString());
        assertEquals(4, result.status(), result.toString());
        assertNothingIsLeft();
    }

    @Test
    void aJobScriptRunsInTheBundle() throws IOException {
        Path script = Files.writeString(lab.home().resolve("inside"), """
                #!/bin/sh
                cat /proc/sys/kernel/hostname
                exit 5
                """);
        Command.Result result = lab.command(
                        "sbatch", "--wait", "--output=inside.out", "--container=" + bundle.folder(), script.toString())
                .run();

        String output = Files.readString(lab.home().resolve("inside.out"));
        assertAll(
                () -> assertEquals(5, result.status(), result + output),
                () -> assertEquals("judged", output.strip()),
                SlurmOciTest::assertNothingIsLeft);
    }

    @Test
    @Order(Integer.MAX_VALUE)
    void aStepThatExceedsItsTimeLeavesNothing() throws IOException {
        assertEquals("TIMEOUT", lab.await(endless, "TIMEOUT").get("JobState"));

        assertGone("sleep 7543.2");
        endless = "none";
        assertNothingIsLeft();
    }

    private static boolean runs(String words) {
        return Command.of("pgrep", "-x", "-f", words).run().status() == 0;
    }
}
