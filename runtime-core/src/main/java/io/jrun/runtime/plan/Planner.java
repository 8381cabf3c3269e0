package io.jrun.runtime.plan;

import io.jrun.error.JrunException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.config.ConfigKey;
import io.jrun.runtime.config.Configuration;
import io.jrun.runtime.config.ConfigurationReader;
import io.jrun.runtime.config.Consulted;
import io.jrun.runtime.config.EnvironmentFile;
import io.jrun.runtime.device.DeviceNote;
import io.jrun.runtime.device.DeviceSet;
import io.jrun.runtime.host.HostCapabilities;
import io.jrun.runtime.host.HostFacts;
import io.jrun.runtime.host.HostFiles;
import io.jrun.runtime.plan.PlanStep.BecomeCaller;
import io.jrun.runtime.plan.PlanStep.DropCapabilities;
import io.jrun.runtime.plan.PlanStep.EnterNamespaces;
import io.jrun.runtime.plan.PlanStep.Execute;
import io.jrun.runtime.plan.PlanStep.FakeOwnership;
import io.jrun.runtime.plan.PlanStep.ForbidNewPrivileges;
import io.jrun.runtime.plan.PlanStep.Identity;
import io.jrun.runtime.plan.PlanStep.LeaveOldRoot;
import io.jrun.runtime.plan.PlanStep.MakeRootReadOnly;
import io.jrun.runtime.plan.PlanStep.Namespace;
import io.jrun.runtime.plan.PlanStep.OverlayUpper;
import io.jrun.runtime.plan.PlanStep.SubordinateIds;
import io.jrun.runtime.plan.PlannedStart.PointKind;
import io.jrun.runtime.plan.StartOptions.RootAccess;
import io.jrun.runtime.spec.ImageSettings;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Turns what the caller, the image and the host say into a {@link Plan}. Pure: the host is asked only through the
 * {@link HostFiles} it is given, and nothing is written; equal answers give equal plans.
 */
public final class Planner {

    private final StartRequest request;
    private final StartOptions options;
    private final HostFacts host;
    private final HostCapabilities capabilities;
    private final HostFiles files;
    private final Choices choices;
    private final RootAccess access;
    private final Choice<Identity> identity;
    private final Optional<OverlayUpper> upper;
    private final PlanInputs inputs;
    private final MountPlanner mounts;
    private final OwnFiles own = new OwnFiles();
    private final RequestedMounts requested;
    private final ImageFacts image;
    private final SideLayer side;
    private final List<ByteString> directories = new ArrayList<>();
    private final List<DeviceNote> notes = new ArrayList<>();

    private Planner(StartRequest request, HostFacts host, HostCapabilities capabilities, HostFiles files) {
        this.request = request;
        this.options = request.options();
        this.host = host;
        this.capabilities = capabilities;
        this.files = files;
        this.choices = new Choices(request.options(), request.configuration(), host.workingDirectory());
        Choice<RootAccess> chosen = choices.rootAccess();
        this.access = chosen.value();
        this.identity = choices.identity();
        this.upper = choices.upper(access);
        this.inputs = new PlanInputs(host, files);
        this.mounts = new MountPlanner(request.rootfs(), files);
        this.requested = new RequestedMounts(request, host, choices, identity.value(), inputs);
        this.image = new ImageFacts(request.rootfs(), files, inputs);
        this.side = new SideLayer(request, capabilities, mounts, own, chosen);
    }

    /**
     * Plans one start.
     *
     * @throws JrunException when the options contradict the grammar, the host or the container, or the host refuses user
     *     namespaces
     */
    public static PlannedStart plan(
            StartRequest request, HostFacts host, HostCapabilities capabilities, ImageSettings image, HostFiles files)
            throws JrunException {
        capabilities.requireUserNamespace();
        return new Planner(request, host, capabilities, files).plan(image);
    }

    private PlannedStart plan(ImageSettings settings) throws JrunException {
        noteStandardInputs();
        UpperLayers.require(upper, capabilities, files);
        requested.read();
        image.read(settings);
        Devices given = request.devices().of(image.settings());
        inputs.addAll(given.inputs());
        DevicePlanner devices = new DevicePlanner(given.set(), mounts, files, own);
        SystemMounts system = new SystemMounts(files, mounts, requested, inputs);
        system.plan(devices);
        planRequestedMounts();
        devices.plan(makesMountPoints());
        planDirectoriesOfRanks();
        List<PlanStep> process = process();
        OwnAccounts accounts = new OwnAccounts(host, identity, mounts, image);
        EnvironmentPolicy.Caller caller = accounts.caller(requested.shownHome(), choices.homeOrigin());
        accounts.plan(caller.home(), requested.exclusions(), side);
        List<PlanStep> environment = environment(caller, given.set(), system.timeZone());
        if (pretendsOwnership() && isWritable()) {
            PackageManagerFiles.plan(mounts, side, identity.origin());
        }
        side.settle();
        notes.addAll(devices.notes());
        return assemble(environment, process);
    }

    private void noteStandardInputs() {
        inputs.add(new PlanInput.Credentials(host.uid(), host.gid(), host.groups()));
        inputs.add(new PlanInput.KernelRelease(host.kernelRelease()));
        inputs.addFile(request.record());
        inputs.addFile(request.rootfs().plus(ByteString.of(ImageSettings.PATH_IN_ROOTFS)));
        inputs.addFile(ByteString.of(OwnAccounts.PASSWD));
        inputs.addFile(ByteString.of(OwnAccounts.GROUP));
        inputs.addConsulted(request.configuration().consulted());
        inputs.addConsulted(options.consulted());
        if (host.account().isEmpty()) {
            inputs.addVariable("USER");
        }
    }

    private void planRequestedMounts() throws JrunException {
        for (MountRequest mount : requested.toList()) {
            if (mount instanceof MountRequest.Overlay overlay) {
                UpperLayers.require(overlay.upper(), capabilities, files);
                addDirectories(overlay.upper());
            }
            mounts.add(mount);
        }
    }

    private void addDirectories(Optional<OverlayUpper> written) {
        if (written.isPresent() && written.get() instanceof OverlayUpper.Directory directory) {
            directories.addAll(UpperLayers.directories(directory));
        }
    }

    private void planDirectoriesOfRanks() throws JrunException {
        RankDirectories ranks =
                new RankDirectories(host, files, mounts, requested.exclusions(), capabilities, makesMountPoints());
        inputs.addAll(ranks.plan());
    }

    /** What the process does last, behind all mounts. */
    private List<PlanStep> process() throws JrunException {
        PayloadProgram program = new PayloadProgram(options, files, mounts, image);
        List<PlanStep> process = new ArrayList<>();
        process.add(program.directory(isWritable()));
        addFilter(process);
        Execute execute = options.script().isPresent()
                ? program.script(absolute(options.script().get()))
                : program.command();
        process.add(execute);
        return process;
    }

    private void addFilter(List<PlanStep> process) throws JrunException {
        Optional<Choice<ByteString>> chosen = choices.filter();
        if (chosen.isEmpty()) {
            return;
        }
        ByteString path = chosen.get().value();
        inputs.addFile(path);
        if (choices.usedWorkingDirectory()) {
            inputs.addWorkingDirectory();
        }
        process.add(SeccompFilter.of(
                files, path, identity.value().isRoot(), chosen.get().origin()));
    }

    private List<PlanStep> environment(EnvironmentPolicy.Caller caller, DeviceSet devices, String timeZone)
            throws JrunException {
        List<EnvironmentFile.Entry> entries = new ArrayList<>();
        List<Consulted> consulted = new ArrayList<>();
        for (ByteString file : options.environmentFiles()) {
            entries.addAll(ConfigurationReader.environmentFile(files, host.environment(), absolute(file), consulted));
        }
        inputs.addConsulted(consulted);
        notes.addAll(HostPathNotes.of(request.configuration().consulted()));
        notes.addAll(HostPathNotes.of(consulted));
        EnvironmentPolicy.Sources sources = new EnvironmentPolicy.Sources(
                image.settings(),
                image.variablesOrigin(),
                firstNode(),
                devices.variables(),
                request.configuration().environment(),
                entries,
                Hooks.steps(hooks(), request.rootfs(), options.container(), isWritable()),
                timeZone);
        VariableAddition addition = new VariableAddition(host.environment(), inputs);
        return EnvironmentPolicy.steps(
                options, request.configuration(), choices.hostVariables(), caller, sources, addition);
    }

    /** Of the caller's step, where a variable says it to the image's programs. */
    private Optional<String> firstNode() throws JrunException {
        if (choices.hostVariables().value() == StartOptions.HostVariables.NONE
                || !EnvironmentPolicy.hasPyTorch(image.settings())) {
            return Optional.empty();
        }
        ByteString name = ByteString.of("SLURM_STEP_NODELIST");
        Optional<ByteString> nodes = host.variable("SLURM_STEP_NODELIST");
        inputs.add(new PlanInput.Variable(name, nodes));
        return nodes.isPresent() ? HostList.first(nodes.get().toString()) : Optional.empty();
    }

    /** A host path that an option names. */
    private ByteString absolute(ByteString path) {
        if (!path.startsWith("/")) {
            inputs.addWorkingDirectory();
        }
        return choices.absolute(path);
    }

    private PlannedStart assemble(List<PlanStep> environment, List<PlanStep> process) throws JrunException {
        List<PlanStep> steps = new ArrayList<>();
        steps.add(enterNamespaces());
        steps.add(side.enterRoot(upper));
        steps.addAll(side.steps());
        if (hasHooks()) {
            steps.addAll(environment);
        }
        steps.add(new LeaveOldRoot("default"));
        if (!isWritable()) {
            steps.add(new MakeRootReadOnly("default"));
        }
        if (becomesCaller()) {
            steps.add(new BecomeCaller(identity.value(), "hooks"));
        }
        if (!hasHooks()) {
            steps.addAll(environment);
        }
        addRestrictions(steps);
        steps.addAll(process);
        inputs.addAll(mounts.inputs());
        addDirectories(upper);
        for (ByteString directory : directories) {
            inputs.add(new PlanInput.Presence(directory, PointKind.DIRECTORY));
        }
        return new PlannedStart(
                new Plan(options.prefix(), inputs.toList(), steps),
                side.directory(),
                side.files(),
                own.files(),
                side.mountPoints(),
                side.links(),
                side.modes(),
                notes,
                directories);
    }

    private void addRestrictions(List<PlanStep> steps) {
        steps.add(new ForbidNewPrivileges("default"));
        if (!identity.value().isRoot()) {
            steps.add(new DropCapabilities("default"));
        } else if (pretendsOwnership()) {
            steps.add(new FakeOwnership(identity.origin()));
        }
    }

    /** Root of a namespace with one id can give no file to another. */
    private boolean pretendsOwnership() {
        return identity.value().isRoot() && !options.subordinateIds() && !options.plainRoot();
    }

    private EnterNamespaces enterNamespaces() throws JrunException {
        Set<Namespace> namespaces = EnumSet.of(Namespace.USER, Namespace.MOUNT);
        if (options.subordinateIds()) {
            inputs.addFile(ByteString.of(SubordinateRanges.USERS));
            inputs.addFile(ByteString.of(SubordinateRanges.GROUPS));
            SubordinateIds ids = new SubordinateRanges(files, host).around(identity.value());
            return new EnterNamespaces(namespaces, identity.value(), Optional.of(ids), "option --subids");
        }
        return becomesCaller()
                ? new EnterNamespaces(namespaces, Identity.ROOT, "hooks, which mount as root")
                : new EnterNamespaces(namespaces, identity.value(), identity.origin());
    }

    private boolean hasHooks() {
        return !hooks().isEmpty();
    }

    private List<ByteString> hooks() {
        Configuration configuration = request.configuration();
        return configuration.isOn(ConfigKey.HOOKS) ? configuration.hooks() : List.of();
    }

    /** A program that is not uid 0 has no rights to mount: execve(2) takes them. */
    private boolean becomesCaller() {
        return hasHooks() && !identity.value().isRoot() && !options.subordinateIds();
    }

    /** Whether the payload can change what it sees as its root file system. */
    private boolean isWritable() {
        return !(access instanceof RootAccess.ReadOnly);
    }

    /** Whether mount points that the root file system lacks are made in it. */
    private boolean makesMountPoints() {
        return access instanceof RootAccess.Writable;
    }
}
