package io.jrun.runtime.host;

import io.jrun.posix.ByteString;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * What a container's root was made of, read from the mount table of a process inside: a start mounts image files under
 * their own name, overlays under that of what lies lowest in them, and trees of containers from where they lie.
 */
final class MountedRoot {

    /** Fields of a line of /proc/PID/mountinfo; behind a lone "-" the type and the source follow. */
    private static final int ROOT = 3;

    private static final int MOUNT_POINT = 4;
    private static final String CONTAINERS = "/containers/";
    private static final String ROOTFS = "/rootfs";

    private MountedRoot() {}

    /**
     * What a start was called with, but for directories, which anybody may have bound.
     *
     * @param mountInfo of proc(5); the topmost mount of a place comes last
     */
    static Optional<ByteString> name(byte[] mountInfo) {
        Optional<ByteString> name = Optional.empty();
        for (ByteString line : ColonLine.lines(mountInfo)) {
            List<String> fields = Arrays.asList(text(line).split(" ", -1));
            int dash = fields.indexOf("-");
            if (dash > MOUNT_POINT
                    && dash + 2 < fields.size()
                    && fields.get(MOUNT_POINT).equals("/")) {
                name = name(fields.get(ROOT), fields.get(dash + 1), fields.get(dash + 2));
            }
        }
        return name;
    }

    /** One character for each byte: names need not be text. */
    private static String text(ByteString line) {
        return new String(line.toBytes(), StandardCharsets.ISO_8859_1);
    }

    private static Optional<ByteString> name(String root, String type, String source) {
        boolean named = source.startsWith("/") && (type.equals("overlay") || type.equals("fuse.squashfuse"));
        Optional<ByteString> container = container(named ? source : root);
        return container.isPresent() || !named ? container : Optional.of(plain(source));
    }

    private static Optional<ByteString> container(String tree) {
        int end = tree.length() - ROOTFS.length();
        int from = tree.lastIndexOf(CONTAINERS);
        if (from < 0 || !tree.endsWith(ROOTFS) || from + CONTAINERS.length() >= end) {
            return Optional.empty();
        }
        String name = tree.substring(from + CONTAINERS.length(), end);
        return name.indexOf('/') < 0 ? Optional.of(plain(name)) : Optional.empty();
    }

    /** Source: proc_pid_mountinfo(5): space, tab, line feed and backslash are written as octal numbers. */
    private static ByteString plain(String field) {
        byte[] bytes = field.getBytes(StandardCharsets.ISO_8859_1);
        ByteArrayOutputStream plain = new ByteArrayOutputStream();
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] == '\\' && i + 3 < bytes.length) {
                plain.write((bytes[i + 1] - '0') << 6 | (bytes[i + 2] - '0') << 3 | (bytes[i + 3] - '0'));
                i += 3;
            } else {
                plain.write(bytes[i]);
            }
        }
        return ByteString.of(plain.toByteArray());
    }
}
