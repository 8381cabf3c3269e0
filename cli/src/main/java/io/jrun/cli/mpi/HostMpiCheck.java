package io.jrun.cli.mpi;

import io.jrun.cli.container.ContainerStores;
import io.jrun.cli.container.NamedTree;
import io.jrun.error.Failure;
import io.jrun.error.NotFoundException;
import io.jrun.image.browse.ImageView;
import io.jrun.runtime.host.KernelTree;
import io.jrun.runtime.host.RootedTree;
import io.jrun.runtime.mpi.HostMpi;
import io.jrun.runtime.mpi.ImageMpi;
import io.jrun.runtime.mpi.ImageMpiReader;
import io.jrun.runtime.mpi.MpiJudgement;
import java.io.IOException;
import java.util.Map;

/** Images against the host that this process runs on. */
public final class HostMpiCheck implements MpiOperations {

    private static final String SLURM_CONF = "SLURM_CONF";

    private final ContainerStores stores;
    private final Map<String, String> environment;

    public HostMpiCheck(ContainerStores stores, Map<String, String> environment) {
        this.stores = stores;
        this.environment = Map.copyOf(environment);
    }

    @Override
    public MpiJudgement judge(String imageOrContainer) throws IOException {
        ImageMpi image = image(imageOrContainer);
        RootedTree host = new RootedTree(new KernelTree(), "/");
        HostMpi here = HostMpi.read(host, environment.getOrDefault(SLURM_CONF, "/etc/slurm/slurm.conf"));
        return MpiJudgement.of(image, here, imageOrContainer);
    }

    private ImageMpi image(String text) throws IOException {
        NamedTree tree = stores.named(text).orElseThrow(() -> missing(text));
        if (tree instanceof NamedTree.ImageFile file) {
            try (ImageView view = ImageView.open(file.path())) {
                return ImageMpiReader.read(new RootedTree(new ViewedTree(view), "/"));
            }
        }
        return ImageMpiReader.read(
                new RootedTree(new KernelTree(), tree.path().normalize().toString()));
    }

    private static NotFoundException missing(String text) {
        return new NotFoundException(
                Failure.of("check the MPI of " + text, "there is neither a file nor a container of that name (ENOENT)")
                        .hint("`jrun list` shows the containers; a directory needs a slash in its name"));
    }
}
