package io.jrun.runtime.store;

import io.jrun.error.DeniedException;
import io.jrun.error.Failure;
import io.jrun.error.HostUnsupportedException;
import io.jrun.error.JrunException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.host.FileKind;
import io.jrun.runtime.host.HostFiles;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * The process that a temporary directory belongs to. A pid alone is given out again, hence its start time; both mean
 * something only on one boot of one host and in one pid namespace.
 *
 * @param startTime in clock ticks after boot
 */
record Owner(long pid, long startTime, String boot, String pidNamespace) {

    private static final int MAX_PROC_BYTES = 64 << 10;

    /** The field of {@code /proc/PID/stat}, counted from the one behind the command's closing bracket. */
    private static final int START_TIME_FIELD = 19;

    static Owner current(HostFiles files) throws JrunException {
        long pid = ProcessHandle.current().pid();
        Optional<Long> startTime = startTime(files, pid);
        if (startTime.isEmpty()) {
            throw new HostUnsupportedException(Failure.of("read /proc/" + pid + "/stat", "it is not there (ENOENT)")
                    .hint("mount proc on /proc"));
        }
        return new Owner(pid, startTime.get(), boot(files), pidNamespace(files));
    }

    private static String boot(HostFiles files) throws JrunException {
        Optional<byte[]> id = files.read(ByteString.of("/proc/sys/kernel/random/boot_id"), MAX_PROC_BYTES);
        String text = id.isPresent() ? new String(id.get(), StandardCharsets.US_ASCII).strip() : "";
        return text.replace("-", "");
    }

    private static String pidNamespace(HostFiles files) {
        Optional<ByteString> link = files.readLink(ByteString.of("/proc/self/ns/pid"));
        String text = link.isPresent() ? link.get().toString() : "";
        StringBuilder digits = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) >= '0' && text.charAt(i) <= '9') {
                digits.append(text.charAt(i));
            }
        }
        return digits.toString();
    }

    /** Source: proc_pid_stat(5); the command in brackets may itself hold brackets and spaces. */
    private static Optional<Long> startTime(HostFiles files, long pid) throws JrunException {
        ByteString path = ByteString.of("/proc/" + pid + "/stat");
        if (files.stat(path).kind() != FileKind.REGULAR) {
            return Optional.empty();
        }
        String text;
        try {
            text = new String(files.read(path, MAX_PROC_BYTES).orElse(new byte[0]), StandardCharsets.ISO_8859_1);
        } catch (DeniedException endedMeanwhile) {
            return Optional.empty();
        }
        if (text.isEmpty()) {
            return Optional.empty();
        }
        String[] fields = text.substring(text.lastIndexOf(')') + 2).split(" ", -1);
        return fields.length > START_TIME_FIELD
                ? Optional.of(Long.parseLong(fields[START_TIME_FIELD]))
                : Optional.empty();
    }

    /** Whether this host can tell; other hosts that share the file system, and other containers, it cannot see. */
    boolean isJudgedBy(Owner here) {
        return boot.equals(here.boot) && pidNamespace.equals(here.pidNamespace);
    }

    boolean isAlive(HostFiles files) throws JrunException {
        Optional<Long> found = startTime(files, pid);
        return found.isPresent() && found.get() == startTime;
    }

    /** The form in a file name; container names hold no comma. */
    String toSuffix() {
        return "," + pid + "," + startTime + "," + boot + "," + pidNamespace;
    }

    /** Empty for a name that does not end like {@link #toSuffix}. */
    static Optional<Owner> fromFileName(String name) {
        String[] parts = name.split(",", -1);
        if (parts.length < 5) {
            return Optional.empty();
        }
        try {
            return Optional.of(new Owner(Long.parseLong(parts[1]), Long.parseLong(parts[2]), parts[3], parts[4]));
        } catch (NumberFormatException notOurs) {
            return Optional.empty();
        }
    }
}
