package io.jrun.cli.mpi;

import io.jrun.runtime.mpi.MpiJudgement;
import java.io.IOException;

/** What {@code mpi-check} calls. Failures are {@link io.jrun.error.JrunException}s. */
public interface MpiOperations {

    /** @param imageOrContainer an image file, a directory with a slash in its name, or a container */
    MpiJudgement judge(String imageOrContainer) throws IOException;
}
