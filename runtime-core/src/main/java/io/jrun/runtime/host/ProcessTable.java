package io.jrun.runtime.host;

import io.jrun.error.JrunException;
import io.jrun.posix.ByteString;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Finds the caller's running containers in proc(5): each process inside was given JRUN_CONTAINER and JRUN_PID. Nothing is
 * recorded anywhere, so nothing can be left behind or be wrong after a crash.
 */
public final class ProcessTable {

    private static final int MAX_BYTES = 16 << 20;
    private static final ByteString PROC = ByteString.of("/proc/");

    /** USER_HZ, which is 100 on all machines that jrun is built for. Source: time(7), "The software clock, HZ, and jiffies". */
    private static final long TICKS_PER_SECOND = 100;

    /** Of the fields of /proc/PID/stat behind the name, which may hold anything and ends with the last ")". */
    private static final int STATE = 0;

    private static final int START_TIME = 19;

    private final HostFiles files;

    public ProcessTable(HostFiles files) {
        this.files = files;
    }

    /** By the time of their start. */
    public List<RunningContainer> containers() throws JrunException {
        Map<String, List<RunningProcess>> groups = new TreeMap<>();
        for (ByteString name : files.list(PROC)) {
            Optional<RunningProcess> process = isNumber(name) ? read(name) : Optional.empty();
            if (process.isPresent() && process.get().variable("JRUN_CONTAINER").isPresent()) {
                Optional<ByteString> start = process.get().variable("JRUN_PID");
                if (start.isPresent() && isNumber(start.get())) {
                    String key = start.get() + " "
                            + process.get().variable("JRUN_CONTAINER").get();
                    List<RunningProcess> group = groups.getOrDefault(key, new ArrayList<>());
                    group.add(process.get());
                    groups.put(key, group);
                }
            }
        }
        long boot = bootSeconds();
        List<RunningContainer> containers = new ArrayList<>();
        for (List<RunningProcess> group : groups.values()) {
            containers.add(container(group, boot));
        }
        containers.sort((a, b) -> {
            int byTime = Long.compare(a.first().startTicks(), b.first().startTicks());
            return byTime != 0 ? byTime : Long.compare(a.pid(), b.pid());
        });
        return containers;
    }

    private RunningContainer container(List<RunningProcess> group, long boot) throws JrunException {
        RunningProcess first = group.get(0);
        List<Long> members = new ArrayList<>();
        for (RunningProcess process : group) {
            members.add(process.pid());
            boolean older = process.startTicks() < first.startTicks()
                    || (process.startTicks() == first.startTicks() && process.pid() < first.pid());
            first = older ? process : first;
        }
        members.sort(Long::compare);
        ByteString start = first.variable("JRUN_PID").orElseThrow();
        Optional<Stat> starter = stat(start);
        long pid = starter.isPresent() && starter.get().startTicks() <= first.startTicks()
                ? Long.parseLong(start.toString())
                : first.pid();
        Instant started = Instant.ofEpochSecond(boot).plusMillis(first.startTicks() * (1000 / TICKS_PER_SECOND));
        return new RunningContainer(first.variable("JRUN_CONTAINER").orElseThrow(), pid, first, started, members);
    }

    private record Stat(long startTicks) {}

    private Optional<RunningProcess> read(ByteString pid) {
        Optional<Stat> stat = stat(pid);
        Optional<byte[]> environment = stat.isPresent() ? content(pid, "environ") : Optional.empty();
        Optional<byte[]> command = environment.isPresent() ? content(pid, "cmdline") : Optional.empty();
        if (command.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new RunningProcess(
                Long.parseLong(pid.toString()),
                stat.get().startTicks(),
                HostReader.strings(command.get()),
                variables(environment.get())));
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

    /** Of one that lives: a zombie does nothing more. */
    private Optional<Stat> stat(ByteString pid) {
        Optional<byte[]> content = content(pid, "stat");
        String line = content.isPresent() ? ByteString.of(content.get()).toString() : "";
        String[] fields = line.substring(line.lastIndexOf(')') + 1).strip().split(" ", -1);
        if (fields.length <= START_TIME || !isNumber(ByteString.of(fields[START_TIME]))) {
            return Optional.empty();
        }
        boolean alive = !fields[STATE].equals("Z") && !fields[STATE].equals("X");
        return alive ? Optional.of(new Stat(Long.parseLong(fields[START_TIME]))) : Optional.empty();
    }

    /** Empty for processes of others, and for those that end meanwhile. */
    private Optional<byte[]> content(ByteString pid, String file) {
        try {
            return files.read(PROC.plus(pid).plus(ByteString.of("/" + file)), MAX_BYTES);
        } catch (JrunException ofOthersOrEnded) {
            return Optional.empty();
        }
    }

    private long bootSeconds() throws JrunException {
        Optional<byte[]> content = files.read(ByteString.of("/proc/stat"), MAX_BYTES);
        for (ByteString line : ColonLine.lines(content.orElse(new byte[0]))) {
            if (line.startsWith("btime ")) {
                return Long.parseLong(line.substring("btime ".length()).toString());
            }
        }
        return 0;
    }

    private static boolean isNumber(ByteString text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.byteAt(i) < '0' || text.byteAt(i) > '9') {
                return false;
            }
        }
        return text.length() > 0 && text.length() < 19;
    }
}
