package io.jrun.runtime.oci;

import io.jrun.error.JrunException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.host.HostFiles;
import io.jrun.runtime.plan.BundleFilter;
import io.jrun.runtime.plan.LifecycleStep;
import io.jrun.runtime.plan.LifecycleStep.Common;
import io.jrun.runtime.plan.LifecycleStep.Hooks;
import io.jrun.runtime.plan.Machine;
import io.jrun.runtime.plan.PlanStep;
import io.jrun.runtime.plan.PlanStep.Namespace;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Turns config.json into the steps that make a container. Pure: it reads what is on the host and changes nothing.
 *
 * <p>What the runtime-spec defines and this runtime has not is refused by its name; what the spec does not define is
 * left alone, as the spec wants. Source: OCI runtime-spec 1.2, config.md, "Extensibility".
 */
final class ContainerPlanner {

    private static final String ORIGIN = "config.json";
    private static final int MS_SLAVE = 1 << 19;
    private static final int MS_SHARED = 1 << 20;
    private static final int SOCKET_PATH_MAX = 107; // sun_path of unix(7) and its NUL
    private static final int PER_LINUX = 0;
    private static final int PER_LINUX32 = 8;
    private static final int STANDARD_DESCRIPTORS = 3;

    private static final List<String> UNSUPPORTED = List.of("intelRdt", "timeOffsets", "netDevices", "memoryPolicy");

    private final HostFiles files;
    private final RuntimeFacts facts;
    private final Machine machine;
    private final Consumer<String> notes;
    private final SecurityModules modules;

    ContainerPlanner(HostFiles files, RuntimeFacts facts, Machine machine, Consumer<String> notes)
            throws JrunException {
        this.files = files;
        this.modules = SecurityModules.read(files);
        this.facts = facts;
        this.machine = machine;
        this.notes = notes;
    }

    /**
     * @param config the document
     * @param states of the container, which is not made yet
     * @param mountPoints those of the caller's mount namespace, for a root that is to be shared
     */
    List<LifecycleStep> plan(
            ConfigNode config,
            MakeRequest request,
            StateDocuments states,
            Path directory,
            Optional<ControlGroup> group,
            List<String> mountPoints)
            throws JrunException {
        ConfigNode linux = config.object("linux");
        refuse(config, linux);
        BundleProcess process =
                new BundleProcess(request.attached() ? config.required("process") : config.object("process"));
        BundleNamespaces namespaces = new BundleNamespaces(facts);
        LifecycleStep.EnterNamespaces entered = namespaces.of(linux);
        BundleHooks hooks = new BundleHooks(config.object("hooks"));
        List<LifecycleStep> steps = new ArrayList<>();
        steps.add(new LifecycleStep.MakeContainer(
                Optional.of(ByteString.of(directory.toString())),
                request.attached(),
                request.processFile().map(ByteString::of),
                group.map(made -> ByteString.of(made.directory().toString())),
                // prestart is older than the status "creating", and what uses it expects the other.
                List.of(hooks.of(states.of("created"), "prestart"), hooks.of(states.of("creating"), "createRuntime")),
                hooks.of(states.of("running"), "poststart"),
                hooks.of(states.stopped(), "poststop")));
        steps.add(new LifecycleStep.CloseFrom(STANDARD_DESCRIPTORS + request.preservedDescriptors()));
        process.memoryScore().ifPresent(steps::add);
        boolean console = addConsole(steps, process, request.attached(), request.consoleSocket());
        steps.add(entered);
        addNames(steps, config, linux, entered);
        addRoot(steps, config, linux, request, entered, mountPoints);
        steps.add(new LifecycleStep.AwaitRuntimeHooks());
        addHooks(steps, hooks.of(states.of("creating"), "createContainer"));
        steps.addAll(modules.steps(process.node(), notes));
        steps.add(new Common(new PlanStep.LeaveOldRoot(ORIGIN)));
        if (console) {
            steps.add(process.console(true));
        }
        steps.add(new Common(new PlanStep.ChangeDirectory(process.directory(), true, ORIGIN)));
        Optional<Integer> propagation = BundleMounts.rootPropagation(linux);
        if (propagation.isPresent()) {
            steps.add(new LifecycleStep.SetRootPropagation(propagation.get()));
        }
        if (config.object("root").flag("readonly")) {
            steps.add(new Common(new PlanStep.MakeRootReadOnly(ORIGIN)));
        }
        addProcess(steps, linux, process, namespaces, entered);
        LifecycleStep.RunProgram program = new LifecycleStep.RunProgram(process.arguments(), process.environment());
        if (!program.arguments().isEmpty()) {
            steps.add(new LifecycleStep.FindProgram(program));
        }
        steps.add(new LifecycleStep.AwaitStart());
        addHooks(steps, hooks.of(states.of("created"), "startContainer"));
        if (process.forbidsNewPrivileges()) {
            addFilter(steps, linux);
        }
        steps.add(program);
        return steps;
    }

    /**
     * A further process of a running container: it gets the namespaces and the filter of the container, and all else from
     * its own description.
     *
     * @param config of the container
     * @param added the description, as {@code process} of a config.json
     * @param entered namespaces in which it is not yet
     */
    List<LifecycleStep> planAdded(
            ConfigNode config,
            ConfigNode added,
            AddRequest request,
            LifecycleStep.EnterNamespaces entered,
            Optional<ByteString> group)
            throws JrunException {
        BundleProcess process = new BundleProcess(added);
        ConfigNode linux = config.object("linux");
        Hooks none = new Hooks(List.of(), new LifecycleStep.StateDocument(ByteString.of(""), ByteString.of(""), false));
        List<LifecycleStep> steps = new ArrayList<>();
        steps.add(new LifecycleStep.MakeContainer(
                Optional.empty(),
                request.attached(),
                request.processFile().map(ByteString::of),
                group,
                List.of(),
                none,
                none));
        steps.add(new LifecycleStep.CloseFrom(STANDARD_DESCRIPTORS + request.preservedDescriptors()));
        process.memoryScore().ifPresent(steps::add);
        boolean console = addConsole(steps, process, request.attached(), request.consoleSocket());
        steps.addAll(modules.steps(process.node(), notes)); // by the host's proc(5), before the container's is entered
        steps.add(entered);
        steps.add(new LifecycleStep.AwaitRuntimeHooks());
        if (console) {
            steps.add(process.console(false));
        }
        steps.add(new Common(new PlanStep.ChangeDirectory(process.directory(), true, ORIGIN)));
        addProcess(steps, linux, process, new BundleNamespaces(facts), entered);
        LifecycleStep.RunProgram program = new LifecycleStep.RunProgram(process.arguments(), process.environment());
        steps.add(new LifecycleStep.FindProgram(program));
        steps.add(new LifecycleStep.AwaitStart());
        if (process.forbidsNewPrivileges()) {
            addFilter(steps, linux);
        }
        steps.add(program);
        return steps;
    }

    private static void refuse(ConfigNode config, ConfigNode linux) throws JrunException {
        String version = config.required("ociVersion").text();
        if (!version.matches("1\\.[0-9]+\\.[0-9]+.*")) {
            throw config.required("ociVersion")
                    .unsupported("\"" + version + "\" is no version of the runtime-spec that is known: 1.0 to 1.2");
        }
        for (String key : UNSUPPORTED) {
            Optional<ConfigNode> member = linux.member(key);
            if (member.isPresent() && member.get().isDemand()) {
                throw member.get().unsupported("it is not supported");
            }
        }
        ConfigNode seccomp = linux.object("seccomp");
        if (!seccomp.string("listenerPath").orElse("").isEmpty()) {
            throw seccomp.required("listenerPath").unsupported("no process listens beside a container");
        }
    }

    private static boolean addConsole(
            List<LifecycleStep> steps, BundleProcess process, boolean attached, Optional<String> consoleSocket)
            throws JrunException {
        if (consoleSocket.isEmpty()) {
            if (process.hasTerminal() && !attached) {
                throw new ConfigNode("process.terminal", io.jrun.json.JsonValue.of(true))
                        .unsupported("a terminal takes --console-socket");
            }
            return false; // an attached process has the caller's terminal
        }
        if (!process.hasTerminal()) {
            throw new ConfigNode("--console-socket", io.jrun.json.JsonValue.of(""))
                    .unsupported("process.terminal is not true");
        }
        ByteString socket = ByteString.of(consoleSocket.get());
        if (socket.length() > SOCKET_PATH_MAX) {
            throw new ConfigNode("--console-socket", io.jrun.json.JsonValue.of(""))
                    .unsupported("the path of a socket has at most " + SOCKET_PATH_MAX + " bytes");
        }
        steps.add(new LifecycleStep.ConnectConsole(socket));
        return true;
    }

    private static void addHooks(List<LifecycleStep> steps, Hooks hooks) {
        if (!hooks.hooks().isEmpty()) {
            steps.add(new LifecycleStep.RunHooks(hooks));
        }
    }

    private static boolean has(LifecycleStep.EnterNamespaces entered, Namespace namespace) {
        return entered.made().contains(namespace) || entered.joined().containsKey(namespace);
    }

    private void addNames(
            List<LifecycleStep> steps, ConfigNode config, ConfigNode linux, LifecycleStep.EnterNamespaces entered)
            throws JrunException {
        for (String key : List.of("hostname", "domainname")) {
            String name = config.string(key).orElse("");
            if (!name.isEmpty()) {
                if (!has(entered, Namespace.UTS)) {
                    throw config.required(key).malformed("set, and linux.namespaces has no uts namespace");
                }
                steps.add(
                        key.equals("hostname")
                                ? new Common(new PlanStep.SetHostName(ByteString.of(name), ORIGIN))
                                : new LifecycleStep.SetDomainName(ByteString.of(name)));
            }
        }
        if (entered.made().contains(Namespace.NET)) {
            steps.add(new Common(new PlanStep.RaiseLoopback(ORIGIN)));
        }
        for (Map.Entry<String, String> each : linux.stringMap("sysctl").entrySet()) {
            steps.add(sysctl(linux, each.getKey(), each.getValue(), entered));
        }
    }

    /** Only those that a namespace of the container's own keeps from the host. Source: config-linux.md, "Sysctl". */
    private static LifecycleStep sysctl(
            ConfigNode linux, String name, String value, LifecycleStep.EnterNamespaces entered) throws JrunException {
        boolean ipc = name.matches("kernel\\.(msgmax|msgmnb|msgmni|sem|shmall|shmmax|shmmni|shm_rmid_forced)")
                || name.startsWith("fs.mqueue.");
        boolean network = name.startsWith("net.");
        boolean uts = name.equals("kernel.domainname") || name.equals("kernel.hostname");
        boolean own = (ipc && has(entered, Namespace.IPC))
                || (network && has(entered, Namespace.NET))
                || (uts && has(entered, Namespace.UTS));
        if (!own || name.contains("..") || name.contains("/../")) {
            throw linux.object("sysctl")
                    .required(name)
                    .unsupported("it belongs to no namespace of the container and would change the host");
        }
        return new LifecycleStep.WriteFile(
                ByteString.of("/proc/sys/" + (name.contains("/") ? name : name.replace('.', '/'))),
                ByteString.of(value),
                "set linux.sysctl." + name);
    }

    private void addRoot(
            List<LifecycleStep> steps,
            ConfigNode config,
            ConfigNode linux,
            MakeRequest request,
            LifecycleStep.EnterNamespaces entered,
            List<String> mountPoints)
            throws JrunException {
        String rootfs = rootfs(config, request);
        int asked = BundleMounts.rootPropagation(linux).orElse(MS_SLAVE);
        boolean shared = (asked & MS_SHARED) != 0;
        steps.add(new LifecycleStep.PrepareRoot(
                ByteString.of(rootfs),
                (shared ? MS_SHARED : MS_SLAVE) | MountOptionTable.MS_REC, // an unbindable one could not be bound
                shared ? Optional.of(ByteString.of(parent(rootfs, mountPoints))) : Optional.empty()));
        boolean ownProcesses = has(entered, Namespace.PID);
        BundleMounts reader = new BundleMounts(files, facts, request.bundle(), rootfs, ownProcesses, modules);
        modules.noteMountLabel(linux, notes);
        List<LifecycleStep.Mount> mounts = reader.of(config);
        steps.addAll(mounts);
        boolean makesDevices = facts.makesDevices() && !has(entered, Namespace.USER);
        List<LifecycleStep> devices = new BundleDevices(makesDevices).of(linux);
        if (!BundleMounts.bindsDev(mounts)) {
            steps.addAll(devices);
        }
        noteDeviceRules(linux, makesDevices);
        for (String path : linux.strings("maskedPaths")) {
            steps.add(new LifecycleStep.Mask(absolute(linux, "maskedPaths", path)));
        }
        for (String path : linux.strings("readonlyPaths")) {
            steps.add(new LifecycleStep.Protect(absolute(linux, "readonlyPaths", path)));
        }
    }

    /** In a user namespace the rules have no object: nobody makes or gets a device that was not given. */
    private void noteDeviceRules(ConfigNode linux, boolean makesDevices) throws JrunException {
        if (makesDevices && !linux.object("resources").items("devices").isEmpty()) {
            notes.accept("linux.resources.devices: this runtime does not limit which devices root can make and open");
        }
    }

    private static ByteString absolute(ConfigNode linux, String key, String path) throws JrunException {
        if (!path.startsWith("/")) {
            throw linux.required(key).malformed("with a path that is not absolute");
        }
        return ByteString.of(path);
    }

    private static String rootfs(ConfigNode config, MakeRequest request) throws JrunException {
        String path = config.required("root").required("path").text();
        return Path.of(request.bundle()).resolve(path).normalize().toString();
    }

    /** The mount that a directory lies on. */
    static String parent(String directory, List<String> mountPoints) {
        String best = "/";
        for (String each : mountPoints) {
            boolean below = directory.equals(each) || directory.startsWith(each.equals("/") ? "/" : each + "/");
            best = below && each.length() > best.length() ? each : best;
        }
        return best;
    }

    private void addProcess(
            List<LifecycleStep> steps,
            ConfigNode linux,
            BundleProcess process,
            BundleNamespaces namespaces,
            LifecycleStep.EnterNamespaces entered)
            throws JrunException {
        Optional<ConfigNode> personality = linux.member("personality");
        if (personality.isPresent()) {
            steps.add(new LifecycleStep.SetPersonality(domain(personality.get())));
        }
        steps.add(process.umask());
        steps.addAll(process.limits());
        if (!process.forbidsNewPrivileges()) {
            addFilter(steps, linux); // takes a capability that is gone afterwards
        }
        boolean user = has(entered, Namespace.USER);
        List<LifecycleStep> capabilities =
                process.capabilities(user ? Capability.ALL : facts.capabilities() & facts.bounding(), notes);
        steps.add(capabilities.get(0));
        steps.add(process.user(namespaces.setsGroups(entered)));
        steps.add(capabilities.get(1));
        if (process.forbidsNewPrivileges()) {
            steps.add(new Common(new PlanStep.ForbidNewPrivileges(ORIGIN)));
        }
    }

    private static int domain(ConfigNode personality) throws JrunException {
        if (!personality.items("flags").isEmpty()) {
            throw personality.required("flags").unsupported("no flags are supported");
        }
        String domain = personality.required("domain").text();
        if (!Set.of("LINUX", "LINUX32").contains(domain)) {
            throw personality.required("domain").malformed("neither LINUX nor LINUX32");
        }
        return domain.equals("LINUX") ? PER_LINUX : PER_LINUX32;
    }

    private void addFilter(List<LifecycleStep> steps, ConfigNode linux) throws JrunException {
        Optional<ConfigNode> seccomp = linux.member("seccomp");
        if (seccomp.isPresent()) {
            steps.add(new Common(BundleFilter.of(seccomp.get().value(), machine, true)));
        }
    }
}
