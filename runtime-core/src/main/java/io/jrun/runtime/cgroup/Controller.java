package io.jrun.runtime.cgroup;

import java.util.Locale;

/** Who keeps limits; each has to be handed down to a cgroup before that can have them. */
public enum Controller {
    MEMORY,
    CPU,
    CPUSET,
    PIDS,
    IO;

    /** As in cgroup.controllers. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
