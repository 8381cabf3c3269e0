package io.jrun.runtime.launch;

import io.jrun.posix.ByteString;
import io.jrun.runtime.host.HostFacts;
import io.jrun.runtime.host.KernelTree;
import io.jrun.runtime.host.RootedTree;
import io.jrun.runtime.mpi.ImageMpiReader;
import io.jrun.runtime.mpi.RankFit;
import java.io.IOException;
import java.util.Optional;

/**
 * Says at the first start what ranks would otherwise find out by hanging: that the image's MPI does not speak what their
 * launcher does. Reads the image only where there is such a launcher.
 */
final class RankPreflight {

    private final HostFacts host;

    RankPreflight(HostFacts host) {
        this.host = host;
    }

    Optional<String> warning(StartRoot root) throws IOException {
        Optional<RankFit.Protocol> launched = launched();
        if (launched.isEmpty() || isSet("SLURM_STEP_NUM_TASKS", "1")) {
            return Optional.empty();
        }
        RootedTree image = new RootedTree(
                root.image().isPresent() ? new ImageFiles(root.files()) : new KernelTree(),
                root.rootfs().toString());
        return RankFit.trouble(ImageMpiReader.read(image), launched.get());
    }

    /** Sources: PMIx 4.1, "Environmental variables"; MPICH, PMI-2 wire protocol. */
    private Optional<RankFit.Protocol> launched() {
        if (host.variable("PMIX_NAMESPACE").isPresent()) {
            return Optional.of(RankFit.Protocol.PMIX);
        }
        return host.variable("PMI_FD").isPresent() ? Optional.of(RankFit.Protocol.PMI2) : Optional.empty();
    }

    private boolean isSet(String name, String value) {
        Optional<ByteString> found = host.variable(name);
        return found.isPresent() && found.get().equals(ByteString.of(value));
    }
}
