package io.jrun.runtime.device;

import java.util.List;

/**
 * A file or directory of the host that belongs to a device, read-only, without set-user-ID and devices unless
 * {@code options} say otherwise; missing ones never end a start.
 *
 * @param path inside
 * @param options as mount(8) names them
 */
public record FileBind(String hostPath, String path, Kind kind, List<String> options, String reason) {

    /** What the mount point must be. */
    public enum Kind {
        FILE,
        DIRECTORY
    }

    /** Source: libnvidia-container mounts its files so. */
    static final List<String> OPTIONS = List.of("ro", "nosuid", "nodev", "bind");

    public FileBind {
        options = List.copyOf(options);
    }

    public static FileBind file(String hostPath, String path, String reason) {
        return new FileBind(hostPath, path, Kind.FILE, OPTIONS, reason);
    }

    public static FileBind directory(String hostPath, String path, String reason) {
        return new FileBind(hostPath, path, Kind.DIRECTORY, OPTIONS, reason);
    }
}
