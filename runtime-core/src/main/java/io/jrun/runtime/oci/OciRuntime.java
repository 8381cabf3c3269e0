package io.jrun.runtime.oci;

import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
import io.jrun.error.JrunException;
import io.jrun.error.NotFoundException;
import io.jrun.error.UsageException;
import io.jrun.json.Json;
import io.jrun.json.JsonValue;
import io.jrun.json.JsonValue.JsonObject;
import io.jrun.posix.ByteString;
import io.jrun.runtime.host.HostFiles;
import io.jrun.runtime.host.KernelFiles;
import io.jrun.runtime.oci.ContainerState.Status;
import io.jrun.runtime.oci.StateStore.Stored;
import io.jrun.runtime.plan.LifecycleEncoder;
import io.jrun.runtime.plan.LifecycleStep;
import io.jrun.runtime.plan.LifecycleStep.Hooks;
import io.jrun.runtime.plan.Machine;
import io.jrun.runtime.plan.PlanStep.Namespace;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The operations of the OCI runtime-spec for the caller of this process. Those that act on processes answer a plan for the
 * native starter, which acts with the rights of the container's owner.
 */
public final class OciRuntime {

    private static final int MAX_CONFIG_BYTES = 16 << 20;
    private static final List<ByteString> PREFIX = List.of(ByteString.of("oci"));

    private final HostFiles files;
    private final RuntimeFacts facts;
    private final StateStore store;
    private final Map<String, String> environment;
    private final Consumer<String> notes;

    private OciRuntime(
            HostFiles files,
            RuntimeFacts facts,
            StateStore store,
            Map<String, String> environment,
            Consumer<String> notes) {
        this.files = files;
        this.facts = facts;
        this.store = store;
        this.environment = Map.copyOf(environment);
        this.notes = notes;
    }

    /**
     * @param directory where the states lie; empty for the usual place
     * @param notes takes what is worth a line
     */
    public static OciRuntime forCaller(
            Optional<Path> directory, Map<String, String> environment, Consumer<String> notes) throws JrunException {
        HostFiles files = new KernelFiles();
        RuntimeFacts facts = RuntimeFacts.read(files);
        Path root = directory
                .orElse(StateStore.defaultRoot(environment, facts))
                .toAbsolutePath()
                .normalize();
        return new OciRuntime(files, facts, new StateStore(root, files, facts.uid()), environment, notes);
    }

    /** Takes the ID and answers what makes the container. */
    public byte[] make(MakeRequest request, int build) throws JrunException {
        ByteString file = ByteString.of(request.bundle() + "/config.json");
        Optional<byte[]> document = files.read(file, MAX_CONFIG_BYTES);
        if (document.isEmpty()) {
            throw new NotFoundException(
                    Failure.of("use the bundle " + request.bundle(), "it has no config.json (ENOENT)")
                            .hint("name the directory that holds it with -b DIR"));
        }
        ConfigNode config = new ConfigNode("", Json.parse(document.get(), file.toString()));
        Path directory = store.directory(request.id());
        Optional<ControlGroup> group = request.limited()
                ? GroupPlace.make(config.object("linux"), request.id(), facts, environment, creator())
                : Optional.empty();
        ContainerState state = state(request, config, group);
        boolean reserved = false;
        try {
            List<LifecycleStep> steps = new ContainerPlanner(files, facts, Machine.host(), notes)
                    .plan(config, request, new StateDocuments(state), directory, group, mountPoints());
            byte[] plan = encode(steps, build);
            store.reserve(state);
            reserved = true;
            return plan;
        } finally {
            if (!reserved && group.isPresent()) {
                group.get().remove();
            }
        }
    }

    /** The starter, of which this process is a child. */
    private static long creator() {
        return ProcessHandle.current().parent().orElseThrow().pid();
    }

    private ContainerState state(MakeRequest request, ConfigNode config, Optional<ControlGroup> group)
            throws JrunException {
        ProcessStart start = ProcessStart.of(files, creator())
                .orElseThrow(() -> new IllegalStateException("the starter has ended"))
                .start();
        boolean ownMounts = config.object("linux").items("namespaces").stream()
                .noneMatch(entry -> entry.value().string("type").equals(Optional.of("mount"))
                        && entry.value().string("path").isPresent());
        return new ContainerState(
                request.id(),
                request.bundle(),
                config.stringMap("annotations"),
                store.bootIdentity(),
                start,
                request.attached(),
                ownMounts,
                group.map(made -> made.directory().toString()),
                config.object("hooks").value());
    }

    private static byte[] encode(List<LifecycleStep> steps, int build) throws UsageException {
        try {
            return LifecycleEncoder.encode(PREFIX, steps, Machine.host(), build);
        } catch (IllegalArgumentException e) {
            throw new UsageException(Failure.of("use the bundle", e.getMessage()), e);
        }
    }

    /** Source: proc_pid_mountinfo(5); the fifth field. */
    private List<String> mountPoints() throws JrunException {
        List<String> points = new ArrayList<>();
        Optional<byte[]> table = files.read(ByteString.of("/proc/self/mountinfo"), MAX_CONFIG_BYTES);
        for (String line : ByteString.of(table.orElse(new byte[0])).toString().split("\n", -1)) {
            String[] fields = line.split(" ", -1);
            if (fields.length > 4) {
                points.add(fields[4].replace("\\040", " "));
            }
        }
        return points;
    }

    public byte[] start(String id, int build) throws JrunException {
        Stored container = require(id, "start");
        if (container.status() != Status.CREATED) {
            throw wrong("start", container, "created");
        }
        List<LifecycleStep> steps = asOwner(container);
        ByteString directory = ByteString.of(container.directory().toString());
        steps.add(new LifecycleStep.Release(directory));
        StateDocuments states = new StateDocuments(container.state());
        long process = container.process().orElseThrow().process();
        steps.add(new LifecycleStep.RunLateHooks(hooks(container).of(states.of("running", process), "poststart")));
        steps.add(new LifecycleStep.End());
        return encode(steps, build);
    }

    /** @param all also all other processes in its mount namespace */
    public byte[] kill(String id, String signal, boolean all, int build) throws JrunException {
        OptionalInt number = Signals.number(signal);
        if (number.isEmpty()) {
            throw new UsageException(Failure.of("kill " + id, "\"" + signal + "\" is no signal (EINVAL)")
                    .hint("give a name like TERM or a number; `kill -l` lists them"));
        }
        Stored container = require(id, "kill");
        if (!Status.ALIVE.contains(container.status())) {
            throw wrong("kill", container, "created or running");
        }
        long process = container.process().orElseThrow().process();
        List<Long> processes = new ArrayList<>(List.of(process));
        if (all && container.state().ownMounts()) {
            processes.addAll(neighbours(process));
        }
        List<LifecycleStep> steps = asOwner(container);
        steps.add(new LifecycleStep.Signal(processes, number.getAsInt(), all));
        steps.add(new LifecycleStep.End());
        return encode(steps, build);
    }

    /** The other processes in the mount namespace of one. */
    private List<Long> neighbours(long process) throws JrunException {
        List<Long> found = new ArrayList<>();
        Optional<ByteString> own = files.readLink(ByteString.of("/proc/" + process + "/ns/mnt"));
        for (ByteString name : files.list(ByteString.of("/proc"))) {
            if (own.isPresent() && name.toString().matches("[1-9][0-9]{0,9}")) {
                long other = Long.parseLong(name.toString());
                Optional<ByteString> its = files.readLink(ByteString.of("/proc/" + other + "/ns/mnt"));
                if (other != process && its.equals(own)) {
                    found.add(other);
                }
            }
        }
        return found;
    }

    /** Answers what adds a process to a running container. */
    public byte[] exec(AddRequest request, int build) throws JrunException {
        Stored container = require(request.id(), "run a process in");
        if (container.status() != Status.RUNNING) {
            throw wrong("run a process in", container, "running");
        }
        ByteString file = ByteString.of(container.state().bundle() + "/config.json");
        Optional<byte[]> document = files.read(file, MAX_CONFIG_BYTES);
        if (document.isEmpty()) {
            throw new NotFoundException(
                    Failure.of("run a process in " + request.id(), file + " is gone, which says what it may (ENOENT)")
                            .hint("keep the bundle as long as its container runs"));
        }
        ConfigNode config = new ConfigNode("", Json.parse(document.get(), file.toString()));
        ConfigNode added = AddedProcess.describe(files, config, request);
        long process = container.process().orElseThrow().process();
        List<LifecycleStep> steps = asOwner(container);
        steps.addAll(new ContainerPlanner(files, facts, Machine.host(), notes)
                .planAdded(config, added, request, namespacesOf(process), group(container)));
        return encode(steps, build);
    }

    /** Those of a process that are not the caller's. */
    private LifecycleStep.EnterNamespaces namespacesOf(long process) throws JrunException {
        Map<Namespace, ByteString> joined = new EnumMap<>(Namespace.class);
        for (Map.Entry<String, Namespace> each : BundleNamespaces.FILES.entrySet()) {
            ByteString path = ByteString.of("/proc/" + process + "/ns/" + each.getKey());
            Optional<ByteString> its = files.readLink(path);
            if (its.isPresent() && !its.equals(files.readLink(ByteString.of("/proc/self/ns/" + each.getKey())))) {
                joined.put(each.getValue(), path);
            }
        }
        if (!joined.containsKey(Namespace.MOUNT)) {
            throw new NotFoundException(
                    Failure.of("enter the container of process " + process, "it has no mounts of its own (ESRCH)")
                            .hint("`jrun oci state` shows whether it runs"));
        }
        return new LifecycleStep.EnterNamespaces(joined, Set.of(), Optional.empty());
    }

    /** Empty when there is nothing to delete and {@code force} makes that no failure. */
    public Optional<byte[]> delete(String id, boolean force, int build) throws JrunException {
        Optional<Stored> found = store.find(id);
        if (found.isEmpty() && force) {
            return Optional.empty();
        }
        Stored container = found.isPresent() ? found.get() : require(id, "delete");
        boolean alive = Status.ALIVE.contains(container.status());
        if (container.status() == Status.CREATING || (alive && !force)) {
            throw wrong("delete", container, "stopped");
        }
        ContainerState state = container.state();
        List<LifecycleStep> steps = asOwner(container);
        if (alive) {
            steps.add(new LifecycleStep.Kill(container.process().orElseThrow().process()));
        }
        boolean attended = state.attached()
                && state.boot().equals(store.bootIdentity())
                && state.creator().living(files).isPresent();
        if (attended) {
            steps.add(new LifecycleStep.AwaitEnd(state.creator().process())); // it runs the hooks itself
        } else {
            Hooks hooks = hooks(container).of(new StateDocuments(state).stopped(), "poststop");
            steps.add(new LifecycleStep.RunLateHooks(hooks));
        }
        steps.add(new LifecycleStep.RemoveState(
                ByteString.of(container.directory().toString()), group(container)));
        steps.add(new LifecycleStep.End());
        return Optional.of(encode(steps, build));
    }

    /** A record may hold any path; a group is removed only where groups are. */
    private static Optional<ByteString> group(Stored container) {
        Optional<String> group = container.state().controlGroup();
        boolean inside = group.isPresent() && Path.of(group.get()).normalize().startsWith(ControlGroup.MOUNT);
        return inside
                ? Optional.of(ByteString.of(Path.of(group.get()).normalize().toString()))
                : Optional.empty();
    }

    /** Source: OCI runtime-spec 1.2, runtime.md, "Query State". */
    public JsonValue state(String id) throws JrunException {
        Stored container = require(id, "query the state of");
        String status = container.status().name().toLowerCase(Locale.ROOT);
        Map<String, JsonValue> members = container.state().members(status);
        if (container.process().isPresent()) {
            members.put("pid", JsonValue.of(container.process().get().process()));
        }
        return new JsonObject(members);
    }

    public static JsonValue features() {
        return Features.document();
    }

    private static BundleHooks hooks(Stored container) throws CorruptDataException {
        return new BundleHooks(new ConfigNode("hooks", container.state().hooks()));
    }

    /** Root acts on somebody else's container with that one's rights: its state says what its owner wants it to say. */
    private List<LifecycleStep> asOwner(Stored container) {
        List<LifecycleStep> steps = new ArrayList<>();
        if (facts.uid() == 0 && container.uid() != 0) {
            steps.add(new LifecycleStep.BecomeOwner(container.uid(), container.gid()));
        }
        return steps;
    }

    private Stored require(String id, String verb) throws JrunException {
        Optional<Stored> found = store.find(id);
        if (found.isEmpty()) {
            throw new NotFoundException(Failure.of(verb + " " + id, "container does not exist (ENOENT)")
                    .hint("name the --state-dir with which it was created"));
        }
        return found.get();
    }

    private static UsageException wrong(String verb, Stored container, String expected) {
        String status = container.status().name().toLowerCase(Locale.ROOT);
        return new UsageException(
                Failure.of(verb + " " + container.state().id(), "container is not " + expected + " (EINVAL)")
                        .comparing(expected, status));
    }
}
