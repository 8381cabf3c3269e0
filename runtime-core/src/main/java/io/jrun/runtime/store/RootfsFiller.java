package io.jrun.runtime.store;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Makes the directory of a root file system with all that is in it. */
@FunctionalInterface
public interface RootfsFiller {

    /**
     * What was brought, and what was left out because this user may not make it.
     *
     * @param dropped counts by kind
     */
    record Filled(Optional<String> platform, Optional<String> digest, Map<String, Long> dropped) {
        public Filled {
            dropped = Collections.unmodifiableMap(new LinkedHashMap<>(dropped));
        }
    }

    /** Makes {@code rootfs}, which does not exist. When it throws, what it left there is deleted. */
    Filled fill(Path rootfs) throws IOException;
}
