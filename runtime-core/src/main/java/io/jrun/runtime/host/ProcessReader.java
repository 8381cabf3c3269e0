package io.jrun.runtime.host;

import io.jrun.error.JrunException;
import io.jrun.posix.ByteString;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Processes of the caller's as proc(5) shows them. What ends meanwhile, or belongs to others, is simply not there. */
final class ProcessReader {

    private static final int MAX_BYTES = 16 << 20;
    private static final ByteString PROC = ByteString.of("/proc/");

    /** Of the fields of /proc/PID/stat behind the name, which may hold anything and ends with the last ")". */
    private static final int STATE = 0;

    private static final int PARENT = 1;
    private static final int START_TIME = 19;

    private final HostFiles files;

    ProcessReader(HostFiles files) {
        this.files = files;
    }

    /** All that the kernel lets the caller look into. */
    List<RunningProcess> all() throws JrunException {
        List<RunningProcess> processes = new ArrayList<>();
        for (ByteString name : files.list(PROC)) {
            Optional<RunningProcess> process = isNumber(name) ? read(name) : Optional.empty();
            if (process.isPresent()) {
                processes.add(process.get());
            }
        }
        return processes;
    }

    Optional<RunningProcess> read(ByteString pid) {
        Optional<Stat> stat = stat(pid);
        Optional<ByteString> mounts = stat.isPresent() ? namespace(pid, "mnt") : Optional.empty();
        Optional<byte[]> environment = mounts.isPresent() ? content(pid, "environ") : Optional.empty();
        Optional<byte[]> command = environment.isPresent() ? content(pid, "cmdline") : Optional.empty();
        if (command.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new RunningProcess(
                Long.parseLong(pid.toString()),
                stat.get().parent(),
                stat.get().startTicks(),
                mounts.get(),
                HostReader.strings(command.get()),
                variables(environment.get())));
    }

    /** Whether a process has a user and a mount namespace that this process has not, as each container does. */
    boolean isApart(RunningProcess process) {
        ByteString pid = ByteString.of(Long.toString(process.pid()));
        ByteString self = ByteString.of("self");
        Optional<ByteString> user = namespace(pid, "user");
        return user.isPresent()
                && !user.equals(namespace(self, "user"))
                && !Optional.of(process.mounts()).equals(namespace(self, "mnt"));
    }

    /** Whether it is one of those that jrun leaves to watch others, and not what was started. */
    boolean isStarter(RunningProcess process) {
        Optional<ByteString> program = files.readLink(place(ByteString.of(Long.toString(process.pid())), "exe"));
        return program.isPresent() && program.get().toString().endsWith("/bin/jrun");
    }

    private Optional<ByteString> namespace(ByteString pid, String kind) {
        return files.readLink(place(pid, "ns/" + kind));
    }

    record Stat(long parent, long startTicks) {}

    /** Of one that lives: a zombie does nothing more. */
    Optional<Stat> stat(ByteString pid) {
        Optional<byte[]> content = content(pid, "stat");
        String line = content.isPresent() ? ByteString.of(content.get()).toString() : "";
        String[] fields = line.substring(line.lastIndexOf(')') + 1).strip().split(" ", -1);
        if (fields.length <= START_TIME
                || !isNumber(ByteString.of(fields[START_TIME]))
                || !isNumber(ByteString.of(fields[PARENT]))) {
            return Optional.empty();
        }
        boolean alive = !fields[STATE].equals("Z") && !fields[STATE].equals("X");
        return alive
                ? Optional.of(new Stat(Long.parseLong(fields[PARENT]), Long.parseLong(fields[START_TIME])))
                : Optional.empty();
    }

    Optional<byte[]> content(ByteString pid, String file) {
        try {
            return files.read(place(pid, file), MAX_BYTES);
        } catch (JrunException ofOthersOrEnded) {
            return Optional.empty();
        }
    }

    /** Source: proc_stat(5), btime. */
    long bootSeconds() throws JrunException {
        Optional<byte[]> content = files.read(ByteString.of("/proc/stat"), MAX_BYTES);
        for (ByteString line : ColonLine.lines(content.orElse(new byte[0]))) {
            if (line.startsWith("btime ")) {
                return Long.parseLong(line.substring("btime ".length()).toString());
            }
        }
        return 0;
    }

    private static ByteString place(ByteString pid, String file) {
        return PROC.plus(pid).plus(ByteString.of("/" + file));
    }

    private static Map<ByteString, ByteString> variables(byte[] environment) {
        Map<ByteString, ByteString> variables = new LinkedHashMap<>();
        for (ByteString setting : HostReader.strings(environment)) {
            int equals = setting.indexOf('=', 0);
            if (equals > 0) {
                variables.putIfAbsent(setting.substring(0, equals), setting.substring(equals + 1));
            }
        }
        return variables;
    }

    static boolean isNumber(ByteString text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.byteAt(i) < '0' || text.byteAt(i) > '9') {
                return false;
            }
        }
        return text.length() > 0 && text.length() < 19;
    }
}
