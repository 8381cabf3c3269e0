package io.jrun.cli.slurm;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** What the commands for Slurm call. Failures are {@link io.jrun.error.JrunException}s. */
public interface SlurmOperations {

    /** What happens to files that are there and differ. */
    enum Present {
        REFUSE,
        REPLACE
    }

    /** Writes the files of a site, each entirely or not at all; none where one is refused. Returns their paths. */
    List<Path> init(Path directory, Present present) throws IOException;
}
