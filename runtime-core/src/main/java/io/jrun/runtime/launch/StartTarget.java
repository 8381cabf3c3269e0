package io.jrun.runtime.launch;

import io.jrun.posix.ByteString;
import io.jrun.runtime.store.ContainerName;
import java.util.List;

/** What a start is to start from. */
sealed interface StartTarget {

    record Named(ContainerName name) implements StartTarget {}

    /** @param path absolute */
    record Directory(ByteString path) implements StartTarget {}

    /** @param path absolute */
    record ImageFile(ByteString path) implements StartTarget {}

    /** What {@code jrun import} takes. */
    record Reference(ByteString text) implements StartTarget {}

    /** Beginnings of references that need no slash. */
    List<String> SCHEMES = List.of("docker:", "dockerd:", "podman:", "oci:", "oci-archive:", "docker-archive:");

    /** Whether a word can only be a reference: one of the schemes, or "://" in it. The launcher follows the same rule. */
    static boolean isReference(ByteString word) {
        if (word.startsWith("/") || word.startsWith(".")) {
            return false;
        }
        for (String scheme : SCHEMES) {
            if (word.startsWith(scheme)) {
                return true;
            }
        }
        return word.toString().contains("://");
    }

    /**
     * Whether what a word means depends on the working directory; plans for it are then kept apart by that. A name does
     * not, but the launcher cannot tell names from image files beside it.
     */
    static boolean isRelative(ByteString word) {
        return !word.startsWith("/") && (word.startsWith(".") || word.indexOf(':', 0) < 0);
    }
}
