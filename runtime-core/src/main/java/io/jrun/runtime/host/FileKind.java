package io.jrun.runtime.host;

/** What lies at a path. */
public enum FileKind {
    DIRECTORY,
    REGULAR,
    SYMLINK,
    /** A device node, socket or fifo. */
    SPECIAL,
    MISSING,
    /** A directory on the way may not be searched (EACCES). */
    DENIED,
    /** The name is no UTF-8, or stat(2) failed in another way; the kernel reports it when the path is used. */
    UNKNOWN;

    /** Whether a bind mount can have this as its source or, of a matching kind, as its target. */
    public boolean isPresent() {
        return this == DIRECTORY || this == REGULAR || this == SYMLINK || this == SPECIAL;
    }
}
