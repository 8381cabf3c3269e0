package io.jrun.runtime.oci;

import io.jrun.error.JrunException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.host.ColonLine;
import io.jrun.runtime.host.FileKind;
import io.jrun.runtime.host.HostFiles;
import java.util.List;
import java.util.Optional;

/**
 * What the caller is here.
 *
 * @param capabilities effective, as bits
 * @param bounding as bits
 * @param hostUid what his is outside of all user namespaces that show it; his own where that is not told
 * @param initialUserNamespace whether his ids are the host's
 * @param groupsFixed whether setgroups(2) is denied in his user namespace
 * @param controlGroup his own one in the unified hierarchy, where that is all there is
 * @param userMapper newuidmap(1)
 */
record RuntimeFacts(
        long uid,
        long gid,
        long hostUid,
        long capabilities,
        long bounding,
        boolean initialUserNamespace,
        boolean groupsFixed,
        Optional<String> controlGroup,
        Optional<ByteString> userMapper,
        Optional<ByteString> groupMapper) {

    private static final int MAX_BYTES = 1 << 20;
    private static final List<String> DIRECTORIES = List.of("/usr/bin/", "/bin/", "/usr/sbin/", "/usr/local/bin/");

    static RuntimeFacts read(HostFiles files) throws JrunException {
        ByteString map = content(files, "/proc/self/uid_map");
        String[] first = map.toString().strip().split("\\s+", -1);
        boolean initial =
                first.length == 3 && first[0].equals("0") && first[1].equals("0") && first[2].equals("4294967295");
        long uid = Long.parseLong(status(files, "Uid:").split("\\s+", -1)[1]);
        return new RuntimeFacts(
                uid,
                Long.parseLong(status(files, "Gid:").split("\\s+", -1)[1]),
                outside(map.toString(), uid),
                Long.parseUnsignedLong(status(files, "CapEff:"), 16),
                Long.parseUnsignedLong(status(files, "CapBnd:"), 16),
                initial,
                content(files, "/proc/self/setgroups").toString().strip().equals("deny"),
                controlGroup(files),
                program(files, "newuidmap"),
                program(files, "newgidmap"));
    }

    /** Source: user_namespaces(7), "User and group ID mappings". */
    static long outside(String map, long uid) {
        for (String line : map.lines().toList()) {
            String[] words = line.strip().split("\\s+", -1);
            if (words.length == 3) {
                long first = Long.parseLong(words[0]);
                if (uid >= first && uid - first < Long.parseLong(words[2])) {
                    return Long.parseLong(words[1]) + uid - first;
                }
            }
        }
        return uid;
    }

    boolean isPrivileged() {
        return (capabilities >>> Capability.SYS_ADMIN & 1) == 1;
    }

    /** Whether device nodes can be made: only in the initial user namespace. */
    boolean makesDevices() {
        return initialUserNamespace && (capabilities >>> Capability.MKNOD & 1) == 1;
    }

    private static Optional<String> controlGroup(HostFiles files) throws JrunException {
        if (files.stat(ByteString.of("/sys/fs/cgroup/cgroup.controllers")).kind() != FileKind.REGULAR) {
            return Optional.empty();
        }
        for (ByteString line :
                ColonLine.lines(content(files, "/proc/self/cgroup").toBytes())) {
            if (line.startsWith("0::")) {
                return Optional.of(line.substring(3).toString());
            }
        }
        return Optional.empty();
    }

    private static ByteString content(HostFiles files, String path) throws JrunException {
        Optional<byte[]> content = files.read(ByteString.of(path), MAX_BYTES);
        return ByteString.of(content.orElse(new byte[0]));
    }

    private static String status(HostFiles files, String key) throws JrunException {
        for (ByteString line :
                ColonLine.lines(content(files, "/proc/self/status").toBytes())) {
            if (line.startsWith(key)) {
                return line.substring(key.length()).toString().strip();
            }
        }
        throw new IllegalStateException("/proc/self/status has no " + key);
    }

    private static Optional<ByteString> program(HostFiles files, String name) {
        for (String directory : DIRECTORIES) {
            ByteString path = ByteString.of(directory + name);
            if (files.stat(path).kind() == FileKind.REGULAR) {
                return Optional.of(path);
            }
        }
        return Optional.empty();
    }
}
