package io.jrun.cli.host;

import io.jrun.runtime.check.Judgement;
import java.io.IOException;

/** What the commands on the host call. Failures are {@link io.jrun.error.JrunException}s. */
public interface HostOperations {

    /** Tries what starts and imports need. */
    Judgement check() throws IOException;
}
