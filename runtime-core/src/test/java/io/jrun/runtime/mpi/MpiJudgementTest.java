package io.jrun.runtime.mpi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.runtime.check.Finding;
import io.jrun.runtime.check.Verdict;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MpiJudgementTest {

    private static final HostMpi WITHOUT_SLURM =
            new HostMpi(Optional.empty(), Optional.empty(), Optional.empty(), List.of(), Optional.empty());

    private static Optional<MpiLibrary> library(String name, String version) {
        return Optional.of(new MpiLibrary("/lib/" + name, Optional.of(version)));
    }

    private static ImageMpi image(MpiFlavour flavour, Optional<MpiLibrary> pmix) {
        ImageMpi.Mpi mpi = new ImageMpi.Mpi(flavour, library("libmpi.so", "4.1").orElseThrow(), List.of());
        return new ImageMpi(Optional.of(mpi), pmix, false, Optional.empty(), Optional.empty(), List.of());
    }

    private static HostMpi host(String pmix, String... plugins) {
        return new HostMpi(
                Optional.of(List.of(plugins)),
                library("libpmix.so.2", pmix),
                library("libpmi2.so.0", "0"),
                List.of(),
                Optional.of("1"));
    }

    private static Finding finding(MpiJudgement judgement, String key) {
        return judgement.findings().stream()
                .filter(one -> one.key().equals(key))
                .findFirst()
                .orElseThrow(() -> new AssertionError(key + " is not in " + judgement));
    }

    private static String launch(ImageMpi image, HostMpi host) {
        return MpiJudgement.of(image, host, "box").launch().orElseThrow();
    }

    @ParameterizedTest
    @CsvSource({
        "OPEN_MPI, srun --mpi=pmix jrun start box PROGRAM",
        "MPICH, srun --mpi=pmi2 jrun start box PROGRAM",
        "MVAPICH, srun --mpi=pmi2 jrun start box PROGRAM",
        "CRAY_MPICH, srun --mpi=cray_shasta jrun start box PROGRAM",
        "INTEL_MPI, srun --mpi=pmi2 jrun start -v /lib/libpmi2.so.0 -e I_MPI_PMI_LIBRARY=/lib/libpmi2.so.0 box PROGRAM",
    })
    void eachFlavourHasItsLaunchLine(MpiFlavour flavour, String line) {
        assertEquals(line, launch(image(flavour, Optional.empty()), host("4.2.2", "pmix", "pmi2", "cray_shasta")));
    }

    @Test
    void anMpichBuiltForPmixIsLaunchedByIt() {
        ImageMpi image = image(MpiFlavour.MPICH, library("libpmix.so.2", "4.2.2"));

        assertEquals("srun --mpi=pmix jrun start box PROGRAM", launch(image, host("4.2.2", "pmix", "pmi2")));
    }

    @ParameterizedTest
    @CsvSource({
        "4.2.2, 4.2.2, OK",
        "5.0.1, 4.2.2, OK",
        "2.1.1, 3.2.3, OK",
        "1.2.5, 2.2.0, OK",
        "2.2.5, 4.2.2rc2, LIMITED",
        "1.2.4, 3.2.3, MISSING",
        "2.0.2, 3.2.3, MISSING",
        "3.2.3, 2.1.0, MISSING",
    })
    void releasesOfPmixFitByTheirSeries(String inside, String outside, Verdict verdict) {
        MpiJudgement judgement = MpiJudgement.of(
                image(MpiFlavour.OPEN_MPI, library("libpmix.so.2", inside)), host(outside, "pmix"), "box");

        Finding pmix = finding(judgement, "pmix");
        assertEquals(verdict, pmix.verdict(), pmix.toString());
        assertEquals(verdict != Verdict.OK, pmix.mend().isPresent());
        assertEquals(
                verdict == Verdict.MISSING,
                judgement.launch().orElseThrow().contains("mpirun"),
                judgement.launch().toString());
    }

    @Test
    void withoutSlurmOneContainerWithAllRanksIsProposed() {
        MpiJudgement judgement = MpiJudgement.of(image(MpiFlavour.MPICH, Optional.empty()), WITHOUT_SLURM, "box");

        assertEquals(Verdict.MISSING, finding(judgement, "slurm").verdict());
        assertTrue(finding(judgement, "slurm").mend().isPresent());
        assertTrue(judgement.launch().orElseThrow().contains("mpiexec -launcher fork"));
    }

    @Test
    void aPluginThatSlurmLacksIsNamed() {
        MpiJudgement judgement =
                MpiJudgement.of(image(MpiFlavour.OPEN_MPI, Optional.empty()), host("4.2.2", "pmi2"), "box");

        Finding launcher = finding(judgement, "launcher");
        assertEquals(Verdict.MISSING, launcher.verdict());
        assertTrue(launcher.found().contains("--mpi=pmix"), launcher.found());
    }

    @Test
    void networksThatNothingInTheImageReachesAreTold() {
        HostMpi host = new HostMpi(
                Optional.of(List.of("pmi2")),
                Optional.empty(),
                Optional.empty(),
                List.of("infiniband", "cxi"),
                Optional.of("2"));

        MpiJudgement judgement = MpiJudgement.of(image(MpiFlavour.MPICH, Optional.empty()), host, "box");

        for (String key : List.of("infiniband", "cxi", "memory")) {
            assertEquals(Verdict.LIMITED, finding(judgement, key).verdict(), key);
        }
        assertEquals(Verdict.LIMITED, judgement.verdict());
    }

    @Test
    void anImageWithoutMpiFitsNowhere() {
        ImageMpi none =
                new ImageMpi(Optional.empty(), Optional.empty(), false, Optional.empty(), Optional.empty(), List.of());

        MpiJudgement judgement = MpiJudgement.of(none, host("4.2.2", "pmix"), "box");

        assertEquals(Verdict.MISSING, judgement.verdict());
        assertEquals(Optional.empty(), judgement.launch());
    }
}
