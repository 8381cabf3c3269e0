package io.jrun.runtime.check;

import io.jrun.error.JrunException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.host.HostFiles;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** The mounts that this process sees. Source: proc_pid_mountinfo(5). */
final class MountPoints {

    private static final int MAX_BYTES = 16 << 20;
    private static final int MOUNT_POINT = 4;
    private static final int OPTIONS = 5;

    /** One line of the table. */
    record MountPoint(String place, String fileSystem, Set<String> options) {}

    private final List<MountPoint> all;

    private MountPoints(List<MountPoint> all) {
        this.all = List.copyOf(all);
    }

    static MountPoints read(HostFiles files) throws JrunException {
        Optional<byte[]> table = files.read(ByteString.of("/proc/self/mountinfo"), MAX_BYTES);
        return parse(new String(table.orElse(new byte[0]), StandardCharsets.UTF_8));
    }

    static MountPoints parse(String table) {
        List<MountPoint> found = new ArrayList<>();
        for (String line : table.lines().toList()) {
            List<String> fields = List.of(line.split(" ", -1));
            int separator = fields.indexOf("-");
            if (separator > OPTIONS && separator + 1 < fields.size()) {
                found.add(new MountPoint(
                        unescape(fields.get(MOUNT_POINT)),
                        fields.get(separator + 1),
                        new TreeSet<>(List.of(fields.get(OPTIONS).split(",", -1)))));
            }
        }
        return new MountPoints(found);
    }

    /** The mount that shows {@code path}: the longest place above it and, of those, the last mounted. */
    Optional<MountPoint> holding(Path path) {
        Optional<MountPoint> best = Optional.empty();
        for (MountPoint mount : all) {
            boolean above = path.startsWith(Path.of(mount.place));
            if (above
                    && (best.isEmpty()
                            || mount.place.length() >= best.get().place.length())) {
                best = Optional.of(mount);
            }
        }
        return best;
    }

    /** Space, tab, line feed and backslash are written in octal. */
    private static String unescape(String text) {
        return text.replace("\\040", " ")
                .replace("\\011", "\t")
                .replace("\\012", "\n")
                .replace("\\134", "\\");
    }
}
