package io.jrun.runtime.oci;

import io.jrun.error.CorruptDataException;
import java.util.List;

/** Names and bits of capabilities. Source: capabilities(7); linux/capability.h. */
final class Capability {

    static final long ALL = (1L << 41) - 1;
    static final int SYS_ADMIN = 21;
    static final int MKNOD = 27;

    /** In the order of their numbers. */
    static final List<String> NAMES = List.of(
            "CAP_CHOWN",
            "CAP_DAC_OVERRIDE",
            "CAP_DAC_READ_SEARCH",
            "CAP_FOWNER",
            "CAP_FSETID",
            "CAP_KILL",
            "CAP_SETGID",
            "CAP_SETUID",
            "CAP_SETPCAP",
            "CAP_LINUX_IMMUTABLE",
            "CAP_NET_BIND_SERVICE",
            "CAP_NET_BROADCAST",
            "CAP_NET_ADMIN",
            "CAP_NET_RAW",
            "CAP_IPC_LOCK",
            "CAP_IPC_OWNER",
            "CAP_SYS_MODULE",
            "CAP_SYS_RAWIO",
            "CAP_SYS_CHROOT",
            "CAP_SYS_PTRACE",
            "CAP_SYS_PACCT",
            "CAP_SYS_ADMIN",
            "CAP_SYS_BOOT",
            "CAP_SYS_NICE",
            "CAP_SYS_RESOURCE",
            "CAP_SYS_TIME",
            "CAP_SYS_TTY_CONFIG",
            "CAP_MKNOD",
            "CAP_LEASE",
            "CAP_AUDIT_WRITE",
            "CAP_AUDIT_CONTROL",
            "CAP_SETFCAP",
            "CAP_MAC_OVERRIDE",
            "CAP_MAC_ADMIN",
            "CAP_SYSLOG",
            "CAP_WAKE_ALARM",
            "CAP_BLOCK_SUSPEND",
            "CAP_AUDIT_READ",
            "CAP_PERFMON",
            "CAP_BPF",
            "CAP_CHECKPOINT_RESTORE");

    private Capability() {}

    /** The bits of the names in an array. */
    static long bits(ConfigNode sets, String key) throws CorruptDataException {
        long bits = 0;
        for (ConfigNode item : sets.items(key)) {
            int number = NAMES.indexOf(item.text());
            if (number < 0) {
                throw item.malformed("\"" + item.text() + "\", no capability of Linux");
            }
            bits |= 1L << number;
        }
        return bits;
    }
}
