package io.jrun.runtime.host;

/** The lines of {@code jrun check} that a failing start can point to. */
public enum CheckLine {
    USER_NAMESPACES("userNamespaces"),
    OTHER_NAMESPACES("otherNamespaces"),
    MOUNTS("mounts"),
    /** One for each directory that could carry an upper layer. */
    OVERLAY("overlay"),
    FUSE("fuse"),
    CACHE("cache"),
    RUNTIME_DIRECTORY("runtimeDirectory"),
    CGROUP("cgroup"),
    SUBORDINATE_IDS("subordinateIds");

    private final String key;

    CheckLine(String key) {
        this.key = key;
    }

    /** As {@code jrun check} prints and takes it; where there are several lines, what stands before their dots. */
    public String key() {
        return key;
    }

    /** A hint with the way to this line behind it. */
    public String behind(String hint) {
        return hint + " (more: jrun check " + key + ")";
    }
}
