package io.jrun.cli.mpi;

import io.jrun.cli.container.ContainerStores;
import io.jrun.error.Failure;
import io.jrun.error.NotFoundException;
import io.jrun.error.UsageException;
import io.jrun.image.browse.ImageView;
import io.jrun.runtime.host.KernelTree;
import io.jrun.runtime.host.RootedTree;
import io.jrun.runtime.mpi.HostMpi;
import io.jrun.runtime.mpi.ImageMpi;
import io.jrun.runtime.mpi.ImageMpiReader;
import io.jrun.runtime.mpi.MpiJudgement;
import io.jrun.runtime.store.Container;
import io.jrun.runtime.store.ContainerName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

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
        Optional<Path> file = path(text);
        if (file.isPresent() && Files.isRegularFile(file.get())) {
            try (ImageView view = ImageView.open(file.get())) {
                return ImageMpiReader.read(new RootedTree(new ViewedTree(view), "/"));
            }
        }
        Path directory = file.isPresent() && text.contains("/") && Files.isDirectory(file.get())
                ? file.get().toAbsolutePath().normalize()
                : container(text).rootfs();
        return ImageMpiReader.read(new RootedTree(new KernelTree(), directory.toString()));
    }

    private static Optional<Path> path(String text) {
        try {
            return Optional.of(Path.of(text));
        } catch (InvalidPathException noPath) {
            return Optional.empty();
        }
    }

    private Container container(String text) throws IOException {
        try {
            Optional<Container> found = stores.openForReading().find(ContainerName.of(text));
            if (found.isPresent()) {
                return found.get();
            }
        } catch (UsageException noName) {
            // Then it was meant as a file, and said below.
        }
        throw new NotFoundException(
                Failure.of("check the MPI of " + text, "there is neither a file nor a container of that name (ENOENT)")
                        .hint("`jrun list` shows the containers; a directory needs a slash in its name"));
    }
}
