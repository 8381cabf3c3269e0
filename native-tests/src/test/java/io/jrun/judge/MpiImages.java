package io.jrun.judge;

import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Root file systems with an MPI of this machine's packages, made by {@code images/mpi}. */
final class MpiImages {

    private static final Map<String, Path> TREES = new ConcurrentHashMap<>();

    private MpiImages() {}

    /** @param flavour openmpi or mpich */
    static Path tree(String flavour) {
        return TREES.computeIfAbsent(flavour, missing -> {
            Path tree = Workbench.newFolder("mpi", Account.ROOT).resolve(missing);
            Command.of(Workbench.module().resolve("images/mpi").toString(), missing, tree.toString())
                    .run()
                    .orFail();
            return tree;
        });
    }
}
