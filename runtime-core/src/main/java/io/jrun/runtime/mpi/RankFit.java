package io.jrun.runtime.mpi;

import java.util.Optional;

/** Whether ranks that a launcher has begun to start will find each other by the MPI of their image. */
public final class RankFit {

    /** What the launcher speaks. */
    public enum Protocol {
        PMIX,
        PMI2
    }

    private RankFit() {}

    /**
     * What will go wrong, and what to do; empty where nothing is known to. Vendors' MPIs, which find their way by more than
     * one protocol, are not judged.
     */
    public static Optional<String> trouble(ImageMpi image, Protocol launched) {
        if (image.mpi().isEmpty()) {
            return Optional.empty();
        }
        MpiFlavour flavour = image.mpi().get().flavour();
        if (flavour == MpiFlavour.CRAY_MPICH || flavour == MpiFlavour.INTEL_MPI) {
            return Optional.empty();
        }
        boolean openMpi = flavour == MpiFlavour.OPEN_MPI;
        boolean pmix = openMpi
                ? image.pmix().isPresent() || !image.needsPmi2()
                : image.pmix().isPresent();
        boolean pmi2 = !openMpi || image.needsPmi2();
        if ((launched == Protocol.PMIX && !pmix) || (launched == Protocol.PMI2 && !pmi2)) {
            return Optional.of(
                    flavour.label() + " of the image speaks no " + (launched == Protocol.PMIX ? "PMIx" : "PMI-2")
                            + ", so each rank would be 0 of 1: launch with srun --mpi=" + (pmix ? "pmix" : "pmi2"));
        }
        if (launched == Protocol.PMIX
                && image.pmix().isPresent()
                && !PmixVersions.speaks(image.pmix().get().numbers())) {
            return Optional.of("PMIx of the image, " + image.pmix().get().describe()
                    + ", speaks with no other series, so ranks may hang or find nobody: `jrun mpi-check` compares it with"
                    + " this host's");
        }
        return Optional.empty();
    }
}
