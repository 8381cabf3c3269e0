package io.jrun.runtime.mpi;

import io.jrun.runtime.check.Finding;
import java.util.Optional;

/**
 * How ranks of an image are launched.
 *
 * @param word for {@code srun --mpi=}
 * @param options of {@code jrun start}, each with a blank behind it
 */
record Launcher(MpiFlavour flavour, String word, String options) {

    private static final String PMIX = "pmix";
    private static final String PMI2 = "pmi2";

    static Launcher of(ImageMpi image, HostMpi host) {
        MpiFlavour flavour = image.mpi().orElseThrow().flavour();
        String word =
                switch (flavour) {
                    case OPEN_MPI -> image.pmix().isEmpty() && image.needsPmi2() ? PMI2 : PMIX;
                    case MPICH, MVAPICH -> image.pmix().isPresent() ? PMIX : PMI2;
                    case INTEL_MPI -> PMI2;
                    case CRAY_MPICH -> host.offers("cray_shasta") ? "cray_shasta" : PMI2;
                };
        boolean loadsClient = word.equals(PMI2) && (flavour == MpiFlavour.INTEL_MPI || image.needsPmi2());
        Optional<String> client = host.pmi2().map(MpiLibrary::path);
        String options = "";
        if (loadsClient && client.isPresent()) {
            options = "-v " + client.get() + " ";
            options += flavour == MpiFlavour.INTEL_MPI ? "-e I_MPI_PMI_LIBRARY=" + client.get() + " " : "";
        }
        return new Launcher(flavour, word, options);
    }

    boolean usesPmix() {
        return word.equals(PMIX);
    }

    Finding judge(HostMpi host) {
        if (host.offers(word)) {
            return MpiJudgement.ok("launcher", "launcher", "srun --mpi=" + word);
        }
        return MpiJudgement.missing(
                "launcher",
                "launcher",
                flavour.label() + " of the image wants srun --mpi=" + word + ", which Slurm here does not take",
                usesPmix()
                        ? "ask an administrator for Slurm's pmix plugin (built with --with-pmix), or build the image's MPI"
                                + " with PMI2"
                        : "ask an administrator for Slurm's " + word + " plugin, or build the image's MPI with PMIx");
    }

    String line(String name) {
        return "srun --mpi=" + word + " jrun start " + options + name + " PROGRAM";
    }

    /** All ranks in one container, on one node. */
    String lineWithoutSlurm(String name) {
        return flavour == MpiFlavour.OPEN_MPI
                ? "jrun start --unset-env 'SLURM_*' -e OMPI_MCA_plm=isolated " + name + " mpirun -np N PROGRAM"
                : "jrun start --unset-env 'SLURM_*' " + name + " mpiexec -launcher fork -n N PROGRAM";
    }
}
