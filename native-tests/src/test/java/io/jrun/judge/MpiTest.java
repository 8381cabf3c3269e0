package io.jrun.judge;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Ranks of real MPI libraries, in containers, launched by a real Slurm of three nodes. The spool directories of the nodes'
 * daemons lie where no container looks by itself, as on a cluster.
 */
@NeedsSlurm
@NeedsMpi
class MpiTest {

    private static SlurmLab lab;

    @BeforeAll
    static void makeClusterAndContainers() throws IOException {
        Path spool = Path.of("/var/tmp").resolve(Workbench.folder().getFileName() + "-spool");
        lab = SlurmLab.up(Map.of("SPOOL", spool.toString()));
        for (String flavour : List.of("openmpi", "mpich")) {
            lab.command("jrun", "import", "-q", "-o", flavour + ".sqsh", "dir:" + MpiImages.tree(flavour))
                    .run()
                    .orFail();
            lab.command("jrun", "create", "-n", flavour, flavour + ".sqsh")
                    .run()
                    .orFail();
        }
    }

    @AfterAll
    static void end() {
        if (lab != null) {
            lab.close();
        }
    }

    /** A step in the lab; its end is Slurm's to enforce. */
    private static Command srun(String... words) {
        List<String> line = new ArrayList<>(List.of("srun", "--time=1", "--overcommit"));
        line.addAll(List.of(words));
        // UCX sees that all nodes are one machine, on which they share System V memory, but not /dev/shm.
        return lab.command(line.toArray(new String[0])).with("UCX_TLS", "sysv,self");
    }

    private static Set<String> lines(Command.Result result) {
        return result.orFail().text().lines().collect(Collectors.toCollection(TreeSet::new));
    }

    private static String rank(int rank, int size, String host, String cma) {
        return "rank " + rank + " of " + size + " on " + host + ", sum " + size * (size - 1) / 2 + ", cma " + cma
                + ", namespaces same";
    }

    private static Set<String> sixRanksOnThreeNodes() {
        Set<String> ranks = new TreeSet<>();
        for (int rank = 0; rank < 6; rank++) {
            ranks.add(rank(rank, 6, "node" + (rank / 2 + 1), "yes"));
        }
        return ranks;
    }

    @Test
    void theExampleRunsRanksOfOpenMpiOnThreeNodes() throws IOException {
        String job = lab.submit(List.of("--wait", "--export=ALL,CONTAINER=openmpi"), "mpi.sbatch", "ranks");

        String output = Files.readString(lab.home().resolve("job-" + job + ".out"));

        assertEquals(sixRanksOnThreeNodes(), output.lines().collect(Collectors.toCollection(TreeSet::new)));
    }

    @Test
    void mpichFindsItsDescriptorAndItsNeighbours() {
        Command.Result result = srun("--mpi=pmi2", "-N3", "--ntasks-per-node=2", "jrun", "start", "mpich", "ranks")
                .run();

        assertEquals(sixRanksOnThreeNodes(), lines(result));
    }

    @ParameterizedTest
    @CsvSource({"pmix, openmpi", "pmi2, mpich"})
    @NeedsSpank
    @NeedsFuse
    void ranksStartedByThePluginFindEachOther(String protocol, String flavour) {
        lab.plugins("required " + Workbench.slurmPlugin() + "\n");
        Command.Result result = srun(
                        "--mpi=" + protocol,
                        "-N3",
                        "--ntasks-per-node=2",
                        "--container-image=./" + flavour + ".sqsh",
                        "ranks")
                .run();
        lab.plugins("");

        assertEquals(sixRanksOnThreeNodes(), lines(result));
    }

    @Test
    void theExampleRunsRanksOfMpichToo() throws IOException {
        Path example = Workbench.module().resolve("../docs/examples/mpi.sbatch").normalize();
        lab.command("sbatch", "--wait", "--output=mpich.out", example.toString(), "ranks")
                .with("CONTAINER", "mpich")
                .with("MPI", "pmi2")
                .with("UCX_TLS", "sysv,self")
                .run()
                .orFail();

        String output = Files.readString(lab.home().resolve("mpich.out"));

        assertEquals(sixRanksOnThreeNodes(), output.lines().collect(Collectors.toCollection(TreeSet::new)));
    }

    /** Before they hang, or all are 0 of 1. */
    @Test
    void ranksThatCannotFindEachOtherAreTold() throws IOException {
        Path old = MpiCheckTest.withPmix124();

        Command.Result other = srun("--mpi=pmix", "-N1", "-n2", "jrun", "start", "mpich", "true")
                .run();
        Command.Result one =
                srun("--mpi=pmix", "-N1", "-n1", "jrun", "start", "mpich", "id").run();
        Command.Result released = srun("--mpi=pmix", "-N1", "-n2", "jrun", "start", old.toString(), "true")
                .run();

        assertAll(
                () -> assertTrue(
                        other.orFail()
                                .talk()
                                .contains("MPICH of the image speaks no PMIx, so each rank would be 0 of 1"),
                        other.talk()),
                () -> assertFalse(one.orFail().talk().contains("speaks no PMIx"), one.talk()),
                () -> assertTrue(released.orFail().talk().contains("PMIx of the image, 1.2.4"), released.talk()));
    }

    @Test
    void ranksOfAnImageFileShareItsMount() {
        Command.Result result = srun("--mpi=pmix", "-N1", "-n4", "jrun", "start", "./openmpi.sqsh", "ranks")
                .run();

        Set<String> ranks = new TreeSet<>();
        String host = lines(result).iterator().next().replaceAll(".* on ([^,]*),.*", "$1");
        for (int rank = 0; rank < 4; rank++) {
            ranks.add(rank(rank, 4, host, "yes"));
        }
        assertEquals(ranks, lines(result));
    }

    /** Why ranks share by themselves: this is what everybody else's containers do. */
    @Test
    void ranksKeptApartCannotCopyFromEachOther() {
        Command.Result result = srun("--mpi=pmix", "-N1", "-n2", "jrun", "start", "--no-join", "openmpi", "ranks")
                .run();

        assertAll(
                () -> assertTrue(result.text().contains("namespaces other"), result.toString()),
                () -> assertFalse(result.text().contains("cma yes"), result.toString()));
    }

    @Test
    void aSecondStepRunsThePlanOfTheFirstOne() {
        Command.Result first = srun("--mpi=pmix", "-N3", "-n3", "jrun", "start", "openmpi", "ranks")
                .run();

        // Where there is no JVM nothing can be compiled.
        Command.Result second = srun(
                        "--mpi=pmix",
                        "-N3",
                        "-n3",
                        "env",
                        "PATH=/nonexistent",
                        Workbench.launcher().toString(),
                        "start",
                        "openmpi",
                        "ranks")
                .run();

        assertEquals(3, lines(first).size());
        assertEquals(lines(first), lines(second));
    }

    @Test
    void mpirunStartsRanksWithinOneContainer() {
        Command.Result result = lab.command(
                        "jrun",
                        "start",
                        "-e",
                        "OMPI_MCA_plm=isolated",
                        "openmpi",
                        "mpirun",
                        "--oversubscribe",
                        "-np",
                        "3",
                        "ranks")
                .run();

        assertEquals(3, lines(result).size());
        assertTrue(result.text().lines().allMatch(line -> line.contains("cma yes, namespaces same")), result.text());
    }

    @Test
    void mpirunWithinOneContainerOfAJobLeavesSlurmAlone() {
        Command.Result result = srun(
                        "-N1",
                        "-n1",
                        "jrun",
                        "start",
                        "--unset-env",
                        "SLURM_*",
                        "-e",
                        "OMPI_MCA_plm=isolated",
                        "openmpi",
                        "mpirun",
                        "--oversubscribe",
                        "-np",
                        "2",
                        "ranks")
                .run();

        assertEquals(2, lines(result).size());
    }

    @Test
    void mpirunOfTheHostStartsContainersThatShare() {
        Command.Result result = lab.command(
                        "mpirun", "--oversubscribe", "-np", "2", "jrun", "start", "openmpi", "ranks")
                .with("OMPI_MCA_plm", "isolated")
                .run();

        assertEquals(2, lines(result).size());
        assertTrue(result.text().lines().allMatch(line -> line.contains("cma yes, namespaces same")), result.text());
    }
}
