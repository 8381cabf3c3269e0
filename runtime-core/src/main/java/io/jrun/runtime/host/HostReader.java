package io.jrun.runtime.host;

import io.jrun.error.Failure;
import io.jrun.error.HostUnsupportedException;
import io.jrun.error.JrunException;
import io.jrun.posix.ByteString;
import java.io.File;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Collects {@link HostFacts} of this process from proc(5) and the accounts database. */
public final class HostReader {

    private static final int MAX_PROC_BYTES = 16 << 20;
    private static final int MAX_ACCOUNTS_BYTES = 64 << 20;

    /** A directory service that does not answer must not hold a job; the start then goes on without a name. */
    private static final int GETENT_SECONDS = 5;

    /** Lines of groups name all members: a class of students is a MiB. */
    private static final int MAX_GETENT_BYTES = 64 << 20;

    private static final ByteString PASSWD = ByteString.of("/etc/passwd");
    private static final ByteString LC_ALL = ByteString.of("LC_ALL");

    /** By the names under which the launcher hides them from our own Java. */
    private static final Map<ByteString, ByteString> JAVA_OPTIONS = Map.of(
            ByteString.of("JRUN_TOOL_OPTIONS"), ByteString.of("JAVA_TOOL_OPTIONS"),
            ByteString.of("JDK_JRUN_OPTIONS"), ByteString.of("JDK_JAVA_OPTIONS"),
            ByteString.of("_JRUN_OPTIONS"), ByteString.of("_JAVA_OPTIONS"));

    private static final ByteString GROUP = ByteString.of("/etc/group");

    private final HostFiles files;

    public HostReader(HostFiles files) {
        this.files = files;
    }

    public HostFacts read() throws JrunException {
        byte[] status = procFile("/proc/self/status");
        long uid = ids(status, "Uid:").get(1);
        long gid = ids(status, "Gid:").get(1);
        List<Long> groups = ids(status, "Groups:");
        return new HostFacts(
                uid,
                gid,
                groups,
                account(uid),
                groupEntries(gid, groups),
                firstLine(procFile("/proc/sys/kernel/osrelease")),
                workingDirectory(),
                environment());
    }

    /**
     * The caller's variables alone, in the bytes he set them to. The launcher starts Java in a locale that can name every
     * file and hands the caller's own over beside it, as it does with options for his own Java programs; all is undone here.
     */
    public Map<ByteString, ByteString> environment() throws JrunException {
        return callersOwn(strings(procFile("/proc/self/environ")));
    }

    static Map<ByteString, ByteString> callersOwn(List<ByteString> settings) {
        Map<ByteString, ByteString> variables = new LinkedHashMap<>();
        for (ByteString setting : settings) {
            int equals = setting.indexOf('=', 0);
            if (equals > 0) {
                variables.putIfAbsent(setting.substring(0, equals), setting.substring(equals + 1));
            }
        }
        if (variables.remove(ByteString.of("JRUN_HOME")) != null) {
            ByteString locale = variables.remove(ByteString.of("JRUN_LC_ALL"));
            variables.remove(ByteString.of("JRUN_PLAN_FD"));
            variables.remove(ByteString.of("JRUN_BUILD"));
            variables.remove(LC_ALL);
            if (locale != null) {
                variables.put(LC_ALL, locale);
            }
            JAVA_OPTIONS.forEach((hidden, name) ->
                    Optional.ofNullable(variables.remove(hidden)).ifPresent(value -> variables.put(name, value)));
        }
        return variables;
    }

    private byte[] procFile(String path) throws JrunException {
        Optional<byte[]> content = files.read(ByteString.of(path), MAX_PROC_BYTES);
        if (content.isEmpty()) {
            throw new HostUnsupportedException(
                    Failure.of("read " + path, "it does not exist (ENOENT)").hint("mount proc on /proc"));
        }
        return content.get();
    }

    static List<ByteString> strings(byte[] zeroTerminated) {
        List<ByteString> strings = new ArrayList<>();
        int from = 0;
        for (int i = 0; i < zeroTerminated.length; i++) {
            if (zeroTerminated[i] == 0) {
                strings.add(ByteString.of(Arrays.copyOfRange(zeroTerminated, from, i)));
                from = i + 1;
            }
        }
        if (from < zeroTerminated.length) {
            strings.add(ByteString.of(Arrays.copyOfRange(zeroTerminated, from, zeroTerminated.length)));
        }
        return strings;
    }

    /** The numbers of one line of {@code /proc/self/status}; of "Uid:" real, effective, saved and file system id. */
    static List<Long> ids(byte[] status, String key) {
        List<Long> numbers = new ArrayList<>();
        for (ByteString line : ColonLine.lines(status)) {
            if (!line.startsWith(key)) {
                continue;
            }
            int from = key.length();
            while (from < line.length()) {
                int to = from;
                while (to < line.length() && line.byteAt(to) > ' ') {
                    to++;
                }
                if (to > from) {
                    numbers.add(ColonLine.number(line.substring(from, to)));
                }
                from = to + 1;
            }
        }
        return numbers;
    }

    private static ByteString firstLine(byte[] content) {
        List<ByteString> lines = ColonLine.lines(content);
        return lines.isEmpty() ? ByteString.of("") : lines.get(0);
    }

    private ByteString workingDirectory() {
        Optional<ByteString> link = files.readLink(ByteString.of("/proc/self/cwd"));
        return link.isPresent() ? link.get() : ByteString.of("/");
    }

    private Optional<PasswdEntry> account(long uid) throws JrunException {
        Optional<byte[]> local = files.read(PASSWD, MAX_ACCOUNTS_BYTES);
        if (local.isPresent()) {
            Optional<PasswdEntry> entry = PasswdEntry.find(local.get(), uid);
            if (entry.isPresent()) {
                return entry;
            }
        }
        return PasswdEntry.find(getent(List.of("getent", "passwd", Long.toString(uid))), uid);
    }

    private List<GroupEntry> groupEntries(long gid, List<Long> groups) throws JrunException {
        List<Long> wanted = new ArrayList<>(groups);
        if (!wanted.contains(gid)) {
            wanted.add(0, gid);
        }
        List<GroupEntry> found = new ArrayList<>();
        Optional<byte[]> local = files.read(GROUP, MAX_ACCOUNTS_BYTES);
        if (local.isPresent()) {
            take(local.get(), wanted, found);
        }
        if (!wanted.isEmpty()) {
            List<String> command = new ArrayList<>(List.of("getent", "group"));
            for (Long missing : wanted) {
                command.add(missing.toString());
            }
            take(getent(command), wanted, found);
        }
        return found;
    }

    private static void take(byte[] file, List<Long> wanted, List<GroupEntry> found) {
        for (ByteString line : ColonLine.lines(file)) {
            Optional<GroupEntry> entry = GroupEntry.parse(line);
            if (entry.isPresent() && wanted.remove((Long) entry.get().gid())) {
                found.add(entry.get());
            }
        }
    }

    /**
     * What the name service switch knows beyond the local files (LDAP, SSSD); nothing where getent(1) is missing, and what
     * it said until then where it does not end in time: a name is a convenience, the ids come from the kernel.
     */
    private static byte[] getent(List<String> command) {
        try {
            Process process = new ProcessBuilder(command)
                    .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            CompletableFuture<Void> deadline = CompletableFuture.runAsync(
                    process::destroyForcibly, CompletableFuture.delayedExecutor(GETENT_SECONDS, TimeUnit.SECONDS));
            try {
                return wholeLines(process.getInputStream().readNBytes(MAX_GETENT_BYTES));
            } finally {
                deadline.cancel(false);
                process.destroyForcibly();
            }
        } catch (IOException noGetent) {
            return new byte[0];
        }
    }

    /** Without the part of a line that was being written when the process was ended. */
    static byte[] wholeLines(byte[] answer) {
        int end = answer.length;
        while (end > 0 && answer[end - 1] != '\n') {
            end--;
        }
        return Arrays.copyOf(answer, end);
    }
}
