package io.jrun.runtime.oci;

import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The options of mounts that are no data of a file system. Source: OCI runtime-spec 1.2, config.md, "Linux mount
 * options"; mount(2), mount_setattr(2).
 */
final class MountOptionTable {

    static final int MS_RDONLY = 1;
    static final int MS_BIND = 4096;
    static final int MS_REC = 16384;
    private static final int MS_UNBINDABLE = 1 << 17;
    private static final int MS_PRIVATE = 1 << 18;
    private static final int MS_SLAVE = 1 << 19;
    private static final int MS_SHARED = 1 << 20;

    static final Map<String, Integer> SET = Map.ofEntries(
            Map.entry("ro", MS_RDONLY),
            Map.entry("nosuid", 2),
            Map.entry("nodev", 4),
            Map.entry("noexec", 8),
            Map.entry("sync", 16),
            Map.entry("remount", 32),
            Map.entry("mand", 64),
            Map.entry("dirsync", 128),
            Map.entry("nosymfollow", 256),
            Map.entry("noatime", 1024),
            Map.entry("nodiratime", 2048),
            Map.entry("bind", MS_BIND),
            Map.entry("rbind", MS_BIND | MS_REC),
            Map.entry("silent", 32768),
            Map.entry("relatime", 1 << 21),
            Map.entry("iversion", 1 << 23),
            Map.entry("strictatime", 1 << 24),
            Map.entry("lazytime", 1 << 25));

    static final Map<String, Integer> CLEARED = Map.ofEntries(
            Map.entry("rw", MS_RDONLY),
            Map.entry("suid", 2),
            Map.entry("dev", 4),
            Map.entry("exec", 8),
            Map.entry("async", 16),
            Map.entry("nomand", 64),
            Map.entry("symfollow", 256),
            Map.entry("atime", 1024),
            Map.entry("diratime", 2048),
            Map.entry("loud", 32768),
            Map.entry("norelatime", 1 << 21),
            Map.entry("noiversion", 1 << 23),
            Map.entry("nostrictatime", 1 << 24),
            Map.entry("nolazytime", 1 << 25));

    static final Map<String, Integer> PROPAGATION = Map.of(
            "private",
            MS_PRIVATE,
            "rprivate",
            MS_PRIVATE | MS_REC,
            "shared",
            MS_SHARED,
            "rshared",
            MS_SHARED | MS_REC,
            "slave",
            MS_SLAVE,
            "rslave",
            MS_SLAVE | MS_REC,
            "unbindable",
            MS_UNBINDABLE,
            "runbindable",
            MS_UNBINDABLE | MS_REC);

    static final Map<String, Integer> RECURSIVELY_SET = Map.of(
            "rro", 1,
            "rnosuid", 2,
            "rnodev", 4,
            "rnoexec", 8,
            "rnoatime", 0x10,
            "rstrictatime", 0x20,
            "rnodiratime", 0x80,
            "rnosymfollow", 0x200000);

    static final Map<String, Integer> RECURSIVELY_CLEARED = Map.of(
            "rrw", 1,
            "rsuid", 2,
            "rdev", 4,
            "rexec", 8,
            "rdiratime", 0x80,
            "rsymfollow", 0x200000);

    /** MOUNT_ATTR__ATIME: the field that the three settings of access times share and that is cleared to set one. */
    static final int RECURSIVE_TIMES = 0x70;

    static final Set<String> WITHOUT_EFFECT = Set.of("defaults", "");

    private MountOptionTable() {}

    /** All names, in ascending order. */
    static Set<String> names() {
        Set<String> names = new TreeSet<>(SET.keySet());
        names.addAll(CLEARED.keySet());
        names.addAll(PROPAGATION.keySet());
        names.addAll(RECURSIVELY_SET.keySet());
        names.addAll(RECURSIVELY_CLEARED.keySet());
        names.add("defaults");
        names.add("tmpcopyup");
        return names;
    }
}
