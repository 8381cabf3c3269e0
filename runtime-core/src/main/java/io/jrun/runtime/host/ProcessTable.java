package io.jrun.runtime.host;

import io.jrun.error.JrunException;
import io.jrun.posix.ByteString;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Finds the caller's running containers in proc(5): each process inside was given JRUN_CONTAINER and JRUN_PID. Nothing is
 * recorded anywhere, so nothing can be left behind or be wrong after a crash.
 *
 * <p>A process that was started without its variables, or wrote over them, belongs to the container whose mount
 * namespace it is in. Where all of them have done so, the mount table tells what the root is.
 */
public final class ProcessTable {

    /** USER_HZ, which is 100 on all machines that jrun is built for. Source: time(7), "The software clock, HZ, and jiffies". */
    private static final long TICKS_PER_SECOND = 100;

    /** More than any tree of processes is deep. */
    private static final int MAX_DEPTH = 1000;

    private final ProcessReader reader;
    private final Map<Long, RunningProcess> processes = new HashMap<>();
    private final Map<String, List<RunningProcess>> named = new TreeMap<>();
    private final Map<Long, List<RunningProcess>> groups = new HashMap<>();

    public ProcessTable(HostFiles files) {
        this.reader = new ProcessReader(files);
    }

    /** By the time of their start. */
    public List<RunningContainer> containers() throws JrunException {
        processes.clear();
        named.clear();
        groups.clear();
        List<RunningProcess> bare = new ArrayList<>();
        for (RunningProcess process : reader.all()) {
            processes.put(process.pid(), process);
            if (process.hasItsVariables()) {
                group(process);
            } else if (reader.isApart(process)) {
                bare.add(process);
            }
        }
        Map<ByteString, List<RunningProcess>> nameless = withoutVariables(bare);
        long boot = reader.bootSeconds();
        List<RunningContainer> containers = new ArrayList<>();
        for (List<RunningProcess> group : named.values()) {
            containers.add(container(group, boot));
        }
        for (List<RunningProcess> group : nameless.values()) {
            Optional<RunningContainer> container = byItsRoot(group, boot);
            if (container.isPresent()) {
                containers.add(container.get());
            }
        }
        containers.sort((a, b) -> {
            int byTime = Long.compare(a.first().startTicks(), b.first().startTicks());
            return byTime != 0 ? byTime : Long.compare(a.pid(), b.pid());
        });
        return containers;
    }

    /**
     * Any process of the caller's that has a user and a mount namespace of its own, whoever made them.
     *
     * @param pid of text that may be none
     */
    public Optional<RunningContainer> process(ByteString pid) throws JrunException {
        Optional<RunningProcess> process = ProcessReader.isNumber(pid) ? reader.read(pid) : Optional.empty();
        if (process.isEmpty() || !reader.isApart(process.get())) {
            return Optional.empty();
        }
        ByteString name = ByteString.of("process ").plus(pid);
        return Optional.of(container(rootOf(process.get()).orElse(name), List.of(process.get()), reader.bootSeconds()));
    }

    private void group(RunningProcess process) {
        String key = process.variable("JRUN_PID").orElseThrow() + " "
                + process.variable("JRUN_CONTAINER").orElseThrow();
        List<RunningProcess> group = named.getOrDefault(key, new ArrayList<>());
        group.add(process);
        named.put(key, group);
        groups.put(process.pid(), group);
    }

    /** Those that belong to no group, by their mount namespaces; the others join theirs. */
    private Map<ByteString, List<RunningProcess>> withoutVariables(List<RunningProcess> bare) {
        Map<RunningProcess, List<RunningProcess>> joined = new HashMap<>();
        Map<ByteString, List<RunningProcess>> nameless = new TreeMap<>();
        for (RunningProcess process : bare) {
            Optional<List<RunningProcess>> group = groupOf(process);
            if (group.isPresent()) {
                joined.put(process, group.get());
            } else {
                List<RunningProcess> others = nameless.getOrDefault(process.mounts(), new ArrayList<>());
                others.add(process);
                nameless.put(process.mounts(), others);
            }
        }
        joined.forEach((process, group) -> group.add(process));
        return nameless;
    }

    /** Of the starts that share its mount namespace the one that it descends from, else the first. */
    private Optional<List<RunningProcess>> groupOf(RunningProcess process) {
        List<List<RunningProcess>> sharing = new ArrayList<>();
        for (List<RunningProcess> group : named.values()) {
            boolean shares = false;
            for (RunningProcess member : group) {
                shares |= member.mounts().equals(process.mounts());
            }
            if (shares) {
                sharing.add(group);
            }
        }
        RunningProcess at = process;
        for (int i = 0; i < MAX_DEPTH && sharing.size() > 1 && at != null; i++) {
            List<RunningProcess> group = groups.get(at.pid());
            if (group != null && sharing.contains(group)) {
                return Optional.of(group);
            }
            at = processes.get(at.parent());
        }
        return sharing.isEmpty() ? Optional.empty() : Optional.of(sharing.get(0));
    }

    private Optional<RunningContainer> byItsRoot(List<RunningProcess> group, long boot) {
        Optional<ByteString> name = rootOf(group.get(0));
        return name.isPresent() ? Optional.of(container(name.get(), group, boot)) : Optional.empty();
    }

    private Optional<ByteString> rootOf(RunningProcess process) {
        Optional<byte[]> mounts = reader.content(ByteString.of(Long.toString(process.pid())), "mountinfo");
        return mounts.isPresent() ? MountedRoot.name(mounts.get()) : Optional.empty();
    }

    private RunningContainer container(List<RunningProcess> group, long boot) {
        RunningProcess first = oldest(group);
        ByteString start = first.variable("JRUN_PID").orElseThrow();
        Optional<ProcessReader.Stat> starter = reader.stat(start);
        boolean lives = starter.isPresent() && starter.get().startTicks() <= first.startTicks();
        return container(
                first.variable("JRUN_CONTAINER").orElseThrow(),
                lives ? Long.parseLong(start.toString()) : first.pid(),
                first,
                group,
                boot);
    }

    private RunningContainer container(ByteString name, List<RunningProcess> group, long boot) {
        RunningProcess first = oldest(group);
        long pid = first.pid();
        for (RunningProcess process : group) {
            pid = process.isOlderThan(processes.getOrDefault(pid, first)) ? process.pid() : pid;
        }
        return container(name, pid, first, group, boot);
    }

    private static RunningContainer container(
            ByteString name, long pid, RunningProcess first, List<RunningProcess> group, long boot) {
        List<Long> members = new ArrayList<>();
        for (RunningProcess process : group) {
            members.add(process.pid());
        }
        members.sort(Long::compare);
        Instant started = Instant.ofEpochSecond(boot).plusMillis(first.startTicks() * (1000 / TICKS_PER_SECOND));
        return new RunningContainer(name, pid, first, started, members);
    }

    /** Of those that know most of the start: with their variables, else what the start became, else any. */
    private RunningProcess oldest(List<RunningProcess> group) {
        RunningProcess oldest = group.get(0);
        int rank = rank(oldest);
        for (RunningProcess process : group) {
            int other = rank(process);
            if (other > rank || (other == rank && process.isOlderThan(oldest))) {
                oldest = process;
                rank = other;
            }
        }
        return oldest;
    }

    private int rank(RunningProcess process) {
        return process.hasItsVariables() ? 2 : reader.isStarter(process) ? 0 : 1;
    }
}
