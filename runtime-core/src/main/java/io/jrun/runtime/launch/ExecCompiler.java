package io.jrun.runtime.launch;

import io.jrun.error.Failure;
import io.jrun.error.HostUnsupportedException;
import io.jrun.error.JrunException;
import io.jrun.error.NotFoundException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.host.ColonLine;
import io.jrun.runtime.host.HostFiles;
import io.jrun.runtime.host.HostPaths;
import io.jrun.runtime.host.KernelFiles;
import io.jrun.runtime.host.RunningContainer;
import io.jrun.runtime.plan.Machine;
import io.jrun.runtime.plan.Plan;
import io.jrun.runtime.plan.PlanEncoder;
import io.jrun.runtime.plan.PlanStep;
import io.jrun.runtime.plan.PlanStep.Namespace;
import io.jrun.runtime.plan.SeccompFilter;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Compiles the entering of a running container. The new process gets the namespaces, the variables and the directory of
 * the oldest process inside, and what it may do; the plan is for this moment and is not kept. Where no process inside has
 * its variables any more, the new one gets those of a start.
 */
public final class ExecCompiler {

    private static final int MAX_STATUS_BYTES = 1 << 20;
    private static final String FROM = "the container's process";

    /** Of which a process in one container has as many as its start asked for. Source: namespaces(7). */
    private static final Map<Namespace, String> FILES = Map.of(
            Namespace.USER, "user",
            Namespace.MOUNT, "mnt",
            Namespace.PID, "pid",
            Namespace.IPC, "ipc",
            Namespace.UTS, "uts",
            Namespace.NET, "net",
            Namespace.CGROUP, "cgroup");

    private final HostFiles files;
    private final StartVariables variables;
    private final String launcher;

    ExecCompiler(HostFiles files, StartVariables variables, String launcher) {
        this.files = files;
        this.variables = variables;
        this.launcher = launcher;
    }

    /**
     * @param variables for containers whose processes have lost theirs
     * @param launcher path of bin/jrun, on other nodes too
     */
    public static ExecCompiler forCaller(StartVariables variables, String launcher) {
        return new ExecCompiler(new KernelFiles(), variables, launcher);
    }

    /**
     * The encoded plan.
     *
     * @param prefix the caller's arguments up to the container
     * @param target the container; where it is that of a job and on another node, Slurm's srun runs the same there
     * @param environment "KEY=VALUE" sets, "KEY" copies
     * @param filter host path of a seccomp profile, or "unconfined"
     * @param build the starter's, which runs no plan of another
     */
    public byte[] compile(
            List<ByteString> prefix,
            RunningTarget target,
            List<ByteString> environment,
            Optional<ByteString> directory,
            Optional<ByteString> filter,
            int build)
            throws IOException {
        Optional<RunningContainer> container = find(target);
        List<PlanStep> steps = container.isPresent()
                ? inside(container.get(), environment, directory, filter)
                : elsewhere((RunningTarget.OfJob) target, environment, directory, filter);
        return PlanEncoder.encode(new Plan(prefix, List.of(), steps), Machine.host(), build);
    }

    /** Empty for a job that has none here and may have one elsewhere. */
    private Optional<RunningContainer> find(RunningTarget target) throws JrunException {
        RunningSearch search = new RunningSearch(files);
        if (target instanceof RunningTarget.Named named) {
            return Optional.of(search.find(named.name(), "enter", "exec"));
        }
        RunningTarget.OfJob task = (RunningTarget.OfJob) target;
        Optional<RunningContainer> found = search.find(task);
        if (found.isEmpty() && task.onlyHere()) {
            throw new NotFoundException(
                    Failure.of("enter job " + task, "no container of yours runs for it on this node (ESRCH)")
                            .hint("`squeue --steps --jobs=" + task.job()
                                    + "` shows its steps and nodes, --rank names a task on another one"));
        }
        return found;
    }

    /** What Slurm told the caller's own step is no wish for this one. */
    private List<PlanStep> elsewhere(
            RunningTarget.OfJob task,
            List<ByteString> environment,
            Optional<ByteString> directory,
            Optional<ByteString> filter)
            throws JrunException {
        boolean terminal = isTerminal(0) && isTerminal(1);
        List<ByteString> words = new ArrayList<>();
        for (String word : JobNode.srun(task, terminal)) {
            words.add(ByteString.of(word));
        }
        for (String word : List.of(launcher, "exec", "--here", "--job", task.toString())) {
            words.add(ByteString.of(word));
        }
        if (task.rank().isPresent()) {
            words.addAll(
                    List.of(ByteString.of("--rank"), ByteString.of(task.rank().get())));
        }
        for (ByteString setting : environment) {
            words.addAll(List.of(ByteString.of("-e"), setting));
        }
        if (directory.isPresent()) {
            words.addAll(List.of(ByteString.of("-w"), directory.get()));
        }
        if (filter.isPresent()) {
            boolean file = !filter.get().equals(ByteString.of(SeccompFilter.UNCONFINED));
            words.addAll(List.of(ByteString.of("--seccomp"), file ? absolute(filter.get()) : filter.get()));
        }
        words.add(ByteString.of("--"));
        String origin = "option --job";
        return List.of(
                new PlanStep.PassVariables(List.of("*"), origin),
                new PlanStep.DropVariables(List.of("SLURM_*", "_SLURM_*", "SRUN_*", "PYXIS_*"), origin),
                new PlanStep.CopyVariable(ByteString.of("SLURM_CONF"), origin),
                new PlanStep.Execute(words, List.of(), origin));
    }

    private boolean isTerminal(int descriptor) {
        String file = link("/proc/self/fd/" + descriptor);
        return file.startsWith("/dev/pts/") || file.startsWith("/dev/tty");
    }

    private List<PlanStep> inside(
            RunningContainer container,
            List<ByteString> environment,
            Optional<ByteString> directory,
            Optional<ByteString> filter)
            throws IOException {
        List<PlanStep> steps = new ArrayList<>();
        steps.add(enter(container));
        addVariables(steps, container, environment);
        steps.add(
                directory.isPresent()
                        ? new PlanStep.ChangeDirectory(directory.get(), false, "option -w")
                        : new PlanStep.ChangeDirectory(currentDirectory(container), false, FROM));
        addRestrictions(steps, container, filter);
        steps.add(new PlanStep.Execute(List.of(), List.of(), "command line"));
        return steps;
    }

    private PlanStep enter(RunningContainer container) throws JrunException {
        long pid = container.first().pid();
        Set<Namespace> others = EnumSet.noneOf(Namespace.class);
        for (Namespace each : Namespace.values()) {
            String own = link("/proc/self/ns/" + FILES.get(each));
            if (!own.isEmpty() && !own.equals(namespace(pid, each))) {
                others.add(each);
            }
        }
        String mounts = namespace(pid, Namespace.MOUNT);
        if (!others.contains(Namespace.MOUNT) || !mounts.startsWith("mnt:[")) {
            throw new NotFoundException(
                    Failure.of("enter process " + pid, "it is in no container, or has ended (ESRCH)")
                            .hint("`jrun list --running` shows the processes that are"));
        }
        long inode = Long.parseLong(mounts.substring("mnt:[".length(), mounts.length() - 1));
        return new PlanStep.EnterProcess(pid, inode, others, "running container " + container.name());
    }

    private String namespace(long pid, Namespace kind) {
        return link("/proc/" + pid + "/ns/" + FILES.get(kind));
    }

    private String link(String path) {
        Optional<ByteString> target = files.readLink(ByteString.of(path));
        return target.isPresent() ? target.get().toString() : "";
    }

    private void addVariables(List<PlanStep> steps, RunningContainer container, List<ByteString> environment)
            throws IOException {
        if (container.first().hasItsVariables()) {
            for (Map.Entry<ByteString, ByteString> each :
                    container.first().environment().entrySet()) {
                steps.add(new PlanStep.SetVariable(each.getKey(), each.getValue(), FROM));
            }
        } else {
            steps.addAll(variables.of(container.name()));
            mark(steps, "JRUN_PID", ByteString.of(Long.toString(container.pid())));
            mark(steps, "JRUN_CONTAINER", container.name());
        }
        for (ByteString setting : environment) {
            int equals = setting.indexOf('=', 0);
            steps.add(
                    equals < 0
                            ? new PlanStep.CopyVariable(setting, "option -e")
                            : new PlanStep.SetVariable(
                                    setting.substring(0, equals), setting.substring(equals + 1), "option -e"));
        }
    }

    private static void mark(List<PlanStep> steps, String name, ByteString value) {
        steps.add(new PlanStep.SetVariable(ByteString.of(name), value, FROM));
    }

    /** As the process inside sees it; one that was removed has a mark behind its name. */
    private ByteString currentDirectory(RunningContainer container) {
        String directory = link("/proc/" + container.first().pid() + "/cwd");
        boolean usable = directory.startsWith("/") && !directory.endsWith(" (deleted)");
        return ByteString.of(usable ? directory : "/");
    }

    /** A process without capabilities stays without; one that has them appears as root and has its ownership faked. */
    private void addRestrictions(List<PlanStep> steps, RunningContainer container, Optional<ByteString> filter)
            throws JrunException {
        String process = Long.toString(container.first().pid());
        boolean root = !status(process, "CapPrm:").matches("0*");
        long filters = number(status(process, "Seccomp_filters:")) - number(status("self", "Seccomp_filters:"));
        if (filters > (root ? 1 : 0) && filter.isEmpty()) {
            throw new HostUnsupportedException(Failure.of(
                            "enter " + container.name(),
                            "it runs under a seccomp profile, which the kernel does not give back (EACCES)")
                    .hint("name the profile that it was started with: jrun exec --seccomp PROFILE " + process
                            + " COMMAND"));
        }
        steps.add(new PlanStep.ForbidNewPrivileges("default"));
        if (!root) {
            steps.add(new PlanStep.DropCapabilities("default"));
        } else if (filters > 0) {
            steps.add(new PlanStep.FakeOwnership(FROM));
        }
        if (filter.isPresent() && !filter.get().equals(ByteString.of(SeccompFilter.UNCONFINED))) {
            steps.add(SeccompFilter.of(files, absolute(filter.get()), root, "option --seccomp"));
        }
    }

    private ByteString absolute(ByteString path) {
        return path.startsWith("/") ? path : HostPaths.join(ByteString.of(link("/proc/self/cwd")), path);
    }

    private String status(String process, String key) throws JrunException {
        Optional<byte[]> content = files.read(ByteString.of("/proc/" + process + "/status"), MAX_STATUS_BYTES);
        for (ByteString line : ColonLine.lines(content.orElse(new byte[0]))) {
            if (line.startsWith(key)) {
                return line.substring(key.length()).toString().strip();
            }
        }
        return "";
    }

    private static long number(String text) {
        return text.isEmpty() ? 0 : Long.parseLong(text);
    }
}
