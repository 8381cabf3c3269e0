package io.jrun.runtime.mpi;

import java.util.List;
import java.util.Optional;

/**
 * What an image brings for ranks.
 *
 * @param pmix the client of PMIx that its MPI uses, bundled ones left out
 * @param needsPmi2 whether its MPI asks for a libpmi2 of the resource manager's
 * @param transports of UCX and providers of libfabric that reach a fast network, such as "ib" and "cxi"
 */
public record ImageMpi(
        Optional<Mpi> mpi,
        Optional<MpiLibrary> pmix,
        boolean needsPmi2,
        Optional<MpiLibrary> ucx,
        Optional<MpiLibrary> fabric,
        List<String> transports) {

    /** @param others of further MPIs in the same image, which programs built for them use */
    public record Mpi(MpiFlavour flavour, MpiLibrary library, List<MpiLibrary> others) {
        public Mpi {
            others = List.copyOf(others);
        }
    }

    public ImageMpi {
        transports = List.copyOf(transports);
    }
}
