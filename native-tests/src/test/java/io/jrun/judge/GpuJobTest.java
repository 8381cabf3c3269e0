package io.jrun.judge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The example of a GPU job in a real Slurm that hands out two GPUs; the driver is one of files. */
@NeedsSlurm
class GpuJobTest {

    private static final Path DRIVER = Workbench.newFolder("driver", Account.ROOT);
    private static SlurmLab lab;

    @BeforeAll
    static void makeClusterAndContainer() {
        Path gpu = Workbench.module().resolve("gpu");
        Command.of(gpu.resolve("driver-tree").toString(), DRIVER.toString())
                .run()
                .orFail();
        Path image = Workbench.newFolder("image", Account.GAMES);
        Command.of(gpu.resolve("image-tree").toString(), image.toString(), "glibc")
                .run()
                .orFail();
        lab = SlurmLab.up(Map.of("GPUS", "2"));
        lab.command("jrun", "import", "-q", "-o", "box.sqsh", image.toString())
                .run()
                .orFail();
        lab.command("jrun", "create", "-n", "box", "box.sqsh").run().orFail();
    }

    @AfterAll
    static void end() {
        if (lab != null) {
            lab.close();
        }
    }

    private static List<String> output(String... words) throws IOException {
        String job = lab.submit(List.of("--export=ALL,CONTAINER=box,JRUN_DRIVER_ROOT=" + DRIVER), "gpu.sbatch", words);
        Map<String, String> ended = lab.await(job, "COMPLETED", "FAILED");
        String text =
                Files.readString(lab.home().resolve("job-" + job + ".out")).strip();
        assertEquals("COMPLETED", ended.get("JobState"), text);
        return text.lines().sorted().toList();
    }

    @Test
    void eachRankOfAJobFindsTheDriverAndIsToldItsGpu() throws IOException {
        List<String> lines = output("sh", "-c", "probe; echo $? $CUDA_VISIBLE_DEVICES $(cd /dev; echo nvidia[0-9]*)");

        assertEquals(List.of("43 0 nvidia0 nvidia1", "43 1 nvidia0 nvidia1"), lines);
    }

    @Test
    @NeedsSpank
    @NeedsFuse
    void tasksStartedByThePluginFindTheDriverAndTheirGpu() {
        lab.plugins("required " + Workbench.slurmPlugin() + "\n");
        Command.Result result = lab.command(
                        "srun",
                        "--gres=gpu:2",
                        "-n2",
                        "--gpus-per-task=1",
                        "--container-image=./box.sqsh",
                        "sh",
                        "-c",
                        "probe; echo $? $CUDA_VISIBLE_DEVICES $(cd /dev; echo nvidia[0-9]*)")
                .with("JRUN_DRIVER_ROOT", DRIVER.toString())
                .run();
        lab.plugins("");

        assertEquals(
                List.of("43 0 nvidia0 nvidia1", "43 1 nvidia0 nvidia1"),
                result.orFail().text().lines().sorted().toList());
    }

    @Test
    void aJobWithoutGpusHasNoDriver() {
        String found = lab.command("srun", "jrun", "start", "box", "sh", "-c", "probe 2>/dev/null; echo $?")
                .with("JRUN_DRIVER_ROOT", DRIVER.toString())
                .run()
                .orFail()
                .text();

        assertEquals("1", found);
    }

    @Test
    void whatIsMissingInTheJobIsSaid() {
        Command.Result refused = lab.command("srun", "--gres=gpu:1", "jrun", "start", "--gpu=3", "box", "true")
                .with("JRUN_DRIVER_ROOT", DRIVER.toString())
                .run();

        assertTrue(refused.talk().contains("this job may open fewer GPUs"), refused.toString());
    }
}
