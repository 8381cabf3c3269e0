package io.jrun.runtime.launch;

import io.jrun.error.Failure;
import io.jrun.error.JrunException;
import io.jrun.error.NotFoundException;
import io.jrun.error.UsageException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.host.HostFiles;
import io.jrun.runtime.host.ProcessTable;
import io.jrun.runtime.host.RunningContainer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Finds a running container of the caller's by what he calls it. */
public final class RunningSearch {

    private final HostFiles files;

    public RunningSearch(HostFiles files) {
        this.files = files;
    }

    /**
     * The one that is meant. Processes that share a mount namespace are in one container; a process ID may be that of any
     * process that has namespaces of its own, whoever started it.
     *
     * @param target what a start was called with, or the ID of a process inside
     * @param verb for messages: "enter"
     * @param command of jrun: "exec"
     */
    public RunningContainer find(ByteString target, String verb, String command) throws JrunException {
        ProcessTable processes = new ProcessTable(files);
        List<RunningContainer> running = processes.containers();
        List<RunningContainer> named = new ArrayList<>();
        Set<String> trees = new TreeSet<>();
        for (RunningContainer container : running) {
            if (container.name().equals(target)) {
                named.add(container);
                trees.add(tree(container));
            }
        }
        if (trees.size() == 1) {
            return named.get(0);
        }
        if (trees.size() > 1) {
            List<String> ids = new ArrayList<>();
            for (RunningContainer container : named) {
                ids.add(Long.toString(container.pid()));
            }
            throw new UsageException(
                    Failure.of(verb + " " + target, named.size() + " of that name run, as " + String.join(", ", ids))
                            .hint("name the one you mean by its number: jrun " + command + " " + ids.get(0)));
        }
        for (RunningContainer container : running) {
            String id = target.toString();
            boolean inside = false;
            for (Long member : container.members()) {
                inside |= id.equals(member.toString());
            }
            if (inside || id.equals(Long.toString(container.pid()))) {
                return container;
            }
        }
        Optional<RunningContainer> process = processes.process(target);
        if (process.isPresent()) {
            return process.get();
        }
        throw new NotFoundException(Failure.of(verb + " " + target, "no container of yours runs under it (ESRCH)")
                .hint("`jrun list --running` shows those that do; `jrun start` starts one"));
    }

    /**
     * That of a task of a job, which on this node has none where this is empty. Of processes that share a container the one
     * with the lowest rank.
     */
    Optional<RunningContainer> find(RunningTarget.OfJob task) throws JrunException {
        List<RunningContainer> found = new ArrayList<>();
        Set<String> trees = new TreeSet<>();
        for (RunningContainer container : new ProcessTable(files).containers()) {
            if (task.isOf(container.first())) {
                found.add(container);
                trees.add(tree(container));
            }
        }
        found.sort((a, b) -> Long.compare(rank(a), rank(b)));
        if (trees.size() > 1) {
            List<String> tasks = new ArrayList<>();
            for (RunningContainer container : found) {
                tasks.add("--job " + task.job() + "." + RunningTarget.OfJob.stepOf(container.first()) + " --rank "
                        + RunningTarget.OfJob.rankOf(container.first()));
            }
            throw new UsageException(
                    Failure.of("enter job " + task, "its tasks on this node are in containers of their own")
                            .comparing("one of them", String.join(", ", tasks))
                            .hint("name the one you mean: jrun exec " + tasks.get(0)));
        }
        return found.isEmpty() ? Optional.empty() : Optional.of(found.get(0));
    }

    private static long rank(RunningContainer container) {
        String rank = RunningTarget.OfJob.rankOf(container.first());
        return rank.matches("[0-9]{1,18}") ? Long.parseLong(rank) : Long.MAX_VALUE;
    }

    private String tree(RunningContainer container) {
        Optional<ByteString> link =
                files.readLink(ByteString.of("/proc/" + container.first().pid() + "/ns/mnt"));
        return link.isPresent() ? link.get().toString() : "";
    }
}
