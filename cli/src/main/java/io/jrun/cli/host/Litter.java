package io.jrun.cli.host;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** One kind of leftovers: how they are found, and how one of them is removed. */
record Litter(Leftover.Kind kind, Finder finder, Remover remover) {

    /** Finds what is abandoned, and changes nothing. */
    @FunctionalInterface
    interface Finder {
        List<Path> find() throws IOException;
    }

    /** Removes what is still abandoned. */
    @FunctionalInterface
    interface Remover {
        /** @return why it is still there; empty when it is gone */
        Optional<String> remove(Path path) throws IOException;
    }
}
