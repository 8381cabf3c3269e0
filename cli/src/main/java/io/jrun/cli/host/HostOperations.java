package io.jrun.cli.host;

import io.jrun.runtime.check.Judgement;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** What the commands on the host call. Failures are {@link io.jrun.error.JrunException}s. */
public interface HostOperations {

    /** Whether leftovers are removed. */
    enum Effect {
        REMOVE,
        ONLY_TELL
    }

    /** Tries what starts and imports need. */
    Judgement check() throws IOException;

    /** @param directories where images were written to, beside the store, the cache and the runtime directory */
    Cleaning clean(List<Path> directories, Effect effect) throws IOException;
}
