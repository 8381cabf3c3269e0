package io.jrun.runtime.plan;

import io.jrun.error.Failure;
import io.jrun.error.HostUnsupportedException;
import io.jrun.error.JrunException;
import io.jrun.error.NotFoundException;
import io.jrun.error.UsageException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.config.ConfigKey;
import io.jrun.runtime.config.Configuration;
import io.jrun.runtime.config.ConfigurationReader;
import io.jrun.runtime.config.Consulted;
import io.jrun.runtime.config.EnvironmentFile;
import io.jrun.runtime.config.FstabEntry;
import io.jrun.runtime.config.Setting;
import io.jrun.runtime.device.DeviceNote;
import io.jrun.runtime.device.DeviceSet;
import io.jrun.runtime.host.FileKind;
import io.jrun.runtime.host.HostCapabilities;
import io.jrun.runtime.host.HostFacts;
import io.jrun.runtime.host.HostFiles;
import io.jrun.runtime.host.PasswdEntry;
import io.jrun.runtime.host.RootfsResolver;
import io.jrun.runtime.host.RootfsResolver.Resolved;
import io.jrun.runtime.plan.PlanStep.BecomeCaller;
import io.jrun.runtime.plan.PlanStep.ChangeDirectory;
import io.jrun.runtime.plan.PlanStep.DropCapabilities;
import io.jrun.runtime.plan.PlanStep.EnterNamespaces;
import io.jrun.runtime.plan.PlanStep.EnterRoot;
import io.jrun.runtime.plan.PlanStep.Execute;
import io.jrun.runtime.plan.PlanStep.FakeOwnership;
import io.jrun.runtime.plan.PlanStep.ForbidNewPrivileges;
import io.jrun.runtime.plan.PlanStep.Identity;
import io.jrun.runtime.plan.PlanStep.LeaveOldRoot;
import io.jrun.runtime.plan.PlanStep.MakeRootReadOnly;
import io.jrun.runtime.plan.PlanStep.Namespace;
import io.jrun.runtime.plan.PlanStep.OverlayUpper;
import io.jrun.runtime.plan.PlanStep.Restriction;
import io.jrun.runtime.plan.PlanStep.SubordinateIds;
import io.jrun.runtime.plan.PlannedStart.MountPoint;
import io.jrun.runtime.plan.PlannedStart.PointKind;
import io.jrun.runtime.plan.PlannedStart.SideFile;
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

    /** Where the plan's own mount points lie in its side directory. */
    private static final String LAYER = OwnFiles.LAYER;

    private static final int MAX_ACCOUNTS_BYTES = 16 << 20;

    /** Files of the host that a process needs to find its way, in the order of their mounts. */
    private static final List<String> CONFIG_FILES =
            List.of("/etc/resolv.conf", "/etc/hosts", "/etc/hostname", "/etc/machine-id");

    private static final String LOCALTIME = "/etc/localtime";
    private static final String ZONES = "/usr/share/zoneinfo/";
    private static final String PASSWD = "/etc/passwd";
    private static final String GROUP = "/etc/group";
    private static final ByteString SHELL = ByteString.of("/bin/sh");

    private final StartRequest request;
    private final StartOptions options;
    private final HostFacts host;
    private final HostCapabilities capabilities;
    private final ImageSettings image;
    private final HostFiles files;
    private final MountPlanner mounts;
    private final Choices choices;
    private final RootAccess access;
    private final String accessOrigin;
    private final Choice<Identity> identity;
    private final Optional<OverlayUpper> upper;
    private final MountExclusions exclusions = new MountExclusions();
    private final List<PlanInput> inputs = new ArrayList<>();
    private final List<SideFile> sideFiles = new ArrayList<>();
    private final OwnFiles own = new OwnFiles();
    private final List<ByteString> sidePlaces = new ArrayList<>();
    private final List<ByteString> directories = new ArrayList<>();
    private boolean foreign;
    private String timeZone = "";
    private String imageOrigin = "image config";
    private Optional<ByteString> shownHome = Optional.empty();

    private Planner(
            StartRequest request, HostFacts host, HostCapabilities capabilities, ImageSettings image, HostFiles files) {
        this.request = request;
        this.options = request.options();
        this.host = host;
        this.capabilities = capabilities;
        this.image = image;
        this.files = files;
        this.mounts = new MountPlanner(request.rootfs(), files);
        this.choices = new Choices(request.options(), request.configuration(), host.workingDirectory());
        Choice<RootAccess> chosen = choices.rootAccess();
        this.access = chosen.value();
        this.accessOrigin = chosen.origin();
        this.identity = choices.identity();
        this.upper = choices.upper(access);
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
        return new Planner(request, host, capabilities, image, files).plan();
    }

    private PlannedStart plan() throws JrunException {
        noteStandardInputs();
        UpperLayers.require(upper, capabilities, files);
        readExclusions();
        List<MountRequest> requests = mountRequests();
        ImageSettings settings = imageSettings();
        Devices given = request.devices().of(settings);
        inputs.addAll(given.inputs());
        DevicePlanner devices = new DevicePlanner(given.set(), mounts, files, own);
        planSystemMounts(requests, devices);
        planConfigFiles();
        for (MountRequest mount : requests) {
            requireUpper(mount);
            mounts.add(mount);
        }
        devices.plan(makesMountPoints());
        inputs.addAll(new RankDirectories(host, files, mounts, exclusions, capabilities, makesMountPoints()).plan());
        List<PlanStep> process = new ArrayList<>();
        process.add(directory(settings));
        addFilter(process);
        process.add(execute(settings));
        Optional<byte[]> passwd = imageFile(PASSWD);
        Optional<byte[]> group = imageFile(GROUP);
        HostFacts inside = InsideIdentity.of(host, identity.value(), passwd, group);
        EnvironmentPolicy.Caller caller = caller(inside);
        planAccounts(passwd, group, inside, caller);
        return assemble(environment(settings, caller, given.set()), process, devices.notes());
    }

    private void noteStandardInputs() {
        inputs.add(new PlanInput.Credentials(host.uid(), host.gid(), host.groups()));
        inputs.add(new PlanInput.KernelRelease(host.kernelRelease()));
        noteFile(request.record());
        noteFile(request.rootfs().plus(ByteString.of(ImageSettings.PATH_IN_ROOTFS)));
        noteFile(ByteString.of(PASSWD));
        noteFile(ByteString.of(GROUP));
        noteConsulted(request.configuration().consulted());
        noteConsulted(options.consulted());
        if (host.account().isEmpty()) {
            inputs.add(new PlanInput.Variable(ByteString.of("USER"), host.variable("USER")));
        }
    }

    private void noteConsulted(List<Consulted> consulted) {
        for (Consulted one : consulted) {
            if (one instanceof Consulted.File file) {
                inputs.add(PlanInput.File.of(file.path(), file.status()));
            } else if (one instanceof Consulted.Variable variable) {
                inputs.add(new PlanInput.Variable(variable.name(), variable.value()));
            }
        }
    }

    private void noteFile(ByteString path) {
        inputs.add(PlanInput.File.of(path, files.stat(path)));
    }

    private void readExclusions() throws UsageException {
        for (Setting word : request.configuration().words(ConfigKey.NO_MOUNT)) {
            exclusions.add(ByteString.of(word.value()), word.origin());
        }
        for (ByteString word : options.withoutMounts()) {
            exclusions.add(word, "option --no-mount");
        }
    }

    /** The configured ones, the home directory, and those of the options, in the order in which they are made. */
    private List<MountRequest> mountRequests() throws JrunException {
        List<MountRequest> requests = new ArrayList<>();
        for (FstabEntry entry : request.configuration().mounts()) {
            if (!exclusions.excludesPlace(entry.target())) {
                requests.add(MountParser.line(entry, host.workingDirectory()));
            }
        }
        Optional<String> homeOrigin = choices.homeOrigin();
        if (homeOrigin.isPresent() && !exclusions.excludesHome()) {
            requests.add(homeMount(homeOrigin.get()));
        }
        boolean relative = choices.usedWorkingDirectory();
        for (ByteString mount : options.mounts()) {
            MountRequest parsed = MountRequest.parse(mount, host.workingDirectory());
            relative |= parsed instanceof MountRequest.Bind bind && bind.relativeSource();
            relative |= parsed instanceof MountRequest.Squashfs squashfs && squashfs.relativeImage();
            requests.add(parsed);
        }
        if (relative) {
            inputs.add(new PlanInput.WorkingDirectory(host.workingDirectory()));
        }
        return requests;
    }

    private MountRequest homeMount(String origin) throws JrunException {
        Optional<ByteString> variable = host.variable("HOME");
        inputs.add(new PlanInput.Variable(ByteString.of("HOME"), variable));
        Optional<ByteString> home = variable.isPresent() && variable.get().startsWith("/")
                ? variable
                : host.account().isPresent() ? Optional.of(host.account().get().home()) : Optional.empty();
        if (home.isEmpty() || home.get().length() < 2) {
            throw new NotFoundException(Failure.of("show your home directory inside", "HOME is not set")
                    .hint("export HOME, or leave " + origin + " out"));
        }
        boolean root = identity.value().isRoot();
        shownHome = Optional.of(root ? ByteString.of("/root") : home.get());
        return new MountRequest.Bind(
                home.get(),
                false,
                shownHome.get(),
                true,
                false,
                Set.of(),
                Optional.empty(),
                MountRequest.Create.DIRECTORY,
                origin);
    }

    private void requireUpper(MountRequest mount) throws JrunException {
        if (mount instanceof MountRequest.Overlay overlay) {
            UpperLayers.require(overlay.upper(), capabilities, files);
            if (overlay.upper().isPresent() && overlay.upper().get() instanceof OverlayUpper.Directory directory) {
                directories.addAll(UpperLayers.directories(directory));
            }
        }
    }

    /** The host's own file systems and its /tmp, but for those whose place the caller wants for something else. */
    private void planSystemMounts(List<MountRequest> requests, DevicePlanner devices) throws JrunException {
        Set<Restriction> none = EnumSet.noneOf(Restriction.class);
        planSystemMount(requests, "/proc", none);
        planSystemMount(requests, "/sys", Set.of(Restriction.READ_ONLY));
        if (isFree(requests, "/dev") && devices.needsOwnDev()) {
            devices.planOwnDev();
        } else {
            planSystemMount(requests, "/dev", none);
        }
        planSystemMount(requests, "/tmp", none);
    }

    private void planSystemMount(List<MountRequest> requests, String path, Set<Restriction> restrictions)
            throws JrunException {
        if (isFree(requests, path)) {
            mounts.addDefault(path, restrictions, "default");
        }
    }

    private boolean isFree(List<MountRequest> requests, String path) {
        for (MountRequest request : requests) {
            if (request.target().equals(ByteString.of(path))) {
                return false;
            }
        }
        return !exclusions.excludes(path);
    }

    private void planConfigFiles() throws JrunException {
        for (String path : CONFIG_FILES) {
            planHostFile(path);
        }
        planTimeZone();
    }

    private void planHostFile(String path) throws JrunException {
        if (exclusions.excludes(path)) {
            return;
        }
        FileKind kind = files.stat(ByteString.of(path)).kind();
        if (kind == FileKind.REGULAR) {
            mounts.addConfigFile(path, "host");
        } else {
            inputs.add(new PlanInput.File(ByteString.of(path), Optional.empty()));
        }
    }

    /**
     * An image whose /etc/localtime leads into its time zone database gets the host's zone by name: a mount would land on
     * a zone of the database and give that name a wrong meaning.
     */
    private void planTimeZone() throws JrunException {
        if (exclusions.excludes(LOCALTIME)) {
            return;
        }
        Resolved inside = mounts.look(ByteString.of(LOCALTIME));
        if (!inside.throughLink()) {
            planHostFile(LOCALTIME);
            return;
        }
        noteFile(ByteString.of(LOCALTIME));
        Optional<ByteString> link = files.readLink(ByteString.of(LOCALTIME));
        String target = link.isPresent() ? link.get().toString() : "";
        int at = target.indexOf(ZONES);
        if (at < 0 && target.startsWith("../usr/share/zoneinfo/")) {
            at = 2;
        }
        if (at < 0) {
            return;
        }
        String zone = target.substring(at + ZONES.length());
        if (mounts.look(ByteString.of(ZONES + zone)).kind() == FileKind.REGULAR) {
            timeZone = zone;
        }
    }

    private PlanStep directory(ImageSettings settings) throws JrunException {
        boolean writable = isWritable();
        if (options.workingDirectory().isPresent()) {
            ByteString directory = options.workingDirectory().get();
            String what = "start in " + directory;
            if (directory.isEmpty() || directory.byteAt(0) != '/') {
                throw new UsageException(Failure.of(what, "the working directory of -w is not absolute")
                        .hint("for example: -w /data"));
            }
            if (!writable && mounts.look(directory).kind() == FileKind.MISSING) {
                throw new NotFoundException(Failure.of(what, "the container has no such directory (ENOENT)")
                        .hint("bring it with -v SRC:" + directory + ", or make it with --rw"));
            }
            return new ChangeDirectory(directory, writable, "option -w");
        }
        if (settings.workingDirectory().isEmpty()) {
            return new ChangeDirectory(ByteString.of("/"), false, "default");
        }
        ByteString directory = settings.workingDirectory().get();
        if (!writable) {
            mounts.requireDirectory(directory, "start in " + directory + ", which the image asks for");
        }
        return new ChangeDirectory(directory, writable, "image config");
    }

    private EnvironmentPolicy.Caller caller(HostFacts inside) throws UsageException {
        if (!wantsAccounts()) {
            return new EnvironmentPolicy.Caller(ByteString.of("root"), home(ByteString.of("/root")), identity.origin());
        }
        PasswdEntry entry = AccountFiles.caller(inside, ByteString.of("/"), SHELL);
        ByteString wanted = shownHome.isPresent()
                ? shownHome.get()
                : inside.account().isPresent() ? inside.account().get().home() : ByteString.of("/");
        ByteString home = home(wanted);
        boolean found = home.equals(wanted);
        String origin = shownHome.isPresent() ? choices.homeOrigin().orElseThrow() : "host account";
        return new EnvironmentPolicy.Caller(
                entry.name(), home, found ? origin : "default: the account's is not in the container");
    }

    /** The caller's home where the container has it, or the root. */
    private ByteString home(ByteString wanted) throws UsageException {
        boolean absolute = !wanted.isEmpty() && wanted.byteAt(0) == '/';
        return absolute && mounts.hasDirectory(wanted) ? wanted : ByteString.of("/");
    }

    /** As root of the namespace the image's own accounts fit, and package managers must be able to change them. */
    private boolean wantsAccounts() {
        return identity.value().uid().orElse(host.uid()) != 0
                || identity.value().isSelf();
    }

    private void planAccounts(
            Optional<byte[]> passwd, Optional<byte[]> group, HostFacts inside, EnvironmentPolicy.Caller caller)
            throws JrunException {
        if (wantsAccounts()) {
            PasswdEntry entry = AccountFiles.caller(inside, caller.home(), shell(inside));
            planSideFile(PASSWD, Optional.of(AccountFiles.passwd(passwd, entry)));
            planSideFile(GROUP, Optional.of(AccountFiles.group(group, inside, entry.name())));
        } else {
            planSideFile(PASSWD, AccountFiles.passwdWithRoot(passwd));
            planSideFile(GROUP, AccountFiles.groupWithRoot(group));
        }
    }

    private void planSideFile(String path, Optional<ByteString> content) throws JrunException {
        if (content.isEmpty() || exclusions.excludes(path)) {
            return;
        }
        Optional<ByteString> place = mounts.placeForFile(path);
        if (place.isPresent()) {
            sideFiles.add(new SideFile(path.substring(path.lastIndexOf('/') + 1), content.get()));
            sidePlaces.add(place.get());
        }
    }

    private ByteString shell(HostFacts inside) throws UsageException {
        if (inside.account().isEmpty()) {
            return SHELL;
        }
        ByteString wanted = inside.account().get().shell();
        boolean absolute = !wanted.isEmpty() && wanted.byteAt(0) == '/';
        return absolute && mounts.look(wanted).kind() == FileKind.REGULAR ? wanted : SHELL;
    }

    /** A file of the image, from wherever its links lead within the root file system; an input of the plan. */
    private Optional<byte[]> imageFile(String path) throws JrunException {
        MountView rootfs = new MountView(request.rootfs(), files);
        Resolved found = RootfsResolver.resolve(rootfs, ByteString.of(path));
        ByteString place = request.rootfs().plus(found.path());
        noteFile(place);
        return found.kind() == FileKind.REGULAR ? files.read(place, MAX_ACCOUNTS_BYTES) : Optional.empty();
    }

    /** What the image says, in our own file or in those of the tools that have none. */
    private ImageSettings imageSettings() throws JrunException {
        ByteString config = request.rootfs().plus(ByteString.of(ImageSettings.PATH_IN_ROOTFS));
        if (files.stat(config).kind() != FileKind.MISSING) {
            return image;
        }
        Optional<byte[]> variables = imageFile(ForeignImage.CHARLIECLOUD);
        imageOrigin = "image's " + ForeignImage.CHARLIECLOUD;
        if (variables.isEmpty()) {
            variables = imageFile(ForeignImage.ENROOT);
            imageOrigin = "image's " + ForeignImage.ENROOT;
        }
        boolean script = imageFile(ForeignImage.SCRIPT).isPresent();
        foreign = variables.isPresent() || script;
        return foreign ? ForeignImage.settings(variables.isPresent() ? variables.get() : new byte[0], script) : image;
    }

    private List<PlanStep> environment(ImageSettings settings, EnvironmentPolicy.Caller caller, DeviceSet devices)
            throws JrunException {
        List<EnvironmentFile.Entry> entries = new ArrayList<>();
        List<Consulted> consulted = new ArrayList<>();
        for (ByteString file : options.environmentFiles()) {
            entries.addAll(ConfigurationReader.environmentFile(files, host.environment(), absolute(file), consulted));
        }
        noteConsulted(consulted);
        EnvironmentPolicy.Sources sources = new EnvironmentPolicy.Sources(
                settings,
                imageOrigin,
                devices.variables(),
                request.configuration().environment(),
                entries,
                Hooks.steps(hooks(), request.rootfs(), options.container()),
                timeZone);
        return EnvironmentPolicy.steps(options, request.configuration(), choices.hostVariables(), caller, sources);
    }

    /** A host path that an option names. */
    private ByteString absolute(ByteString path) {
        if (!path.startsWith("/")) {
            inputs.add(new PlanInput.WorkingDirectory(host.workingDirectory()));
        }
        return choices.absolute(path);
    }

    private void addFilter(List<PlanStep> process) throws JrunException {
        Optional<Choice<ByteString>> chosen = choices.filter();
        if (chosen.isEmpty()) {
            return;
        }
        ByteString path = chosen.get().value();
        noteFile(path);
        if (choices.usedWorkingDirectory()) {
            inputs.add(new PlanInput.WorkingDirectory(host.workingDirectory()));
        }
        process.add(SeccompFilter.of(
                files, path, identity.value().isRoot(), chosen.get().origin()));
    }

    private PlannedStart assemble(List<PlanStep> environment, List<PlanStep> process, List<DeviceNote> notes)
            throws JrunException {
        Optional<ByteString> side = sideDirectory();
        if (side.isPresent()) {
            for (int i = 0; i < sideFiles.size(); i++) {
                ByteString source =
                        side.get().plus(ByteString.of("/" + sideFiles.get(i).name()));
                mounts.addFile(source, sidePlaces.get(i), false, accountsOrigin());
            }
        }
        List<PlanStep> steps = new ArrayList<>();
        steps.add(enterNamespaces());
        steps.add(enterRoot(side));
        steps.addAll(side.isPresent() ? OwnFiles.placed(mounts.steps(), side.get()) : mounts.steps());
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
        steps.add(new ForbidNewPrivileges("default"));
        if (!identity.value().isRoot()) {
            steps.add(new DropCapabilities("default"));
        } else if (!options.subordinateIds()) {
            steps.add(new FakeOwnership(identity.origin()));
        }
        steps.addAll(process);
        inputs.addAll(mounts.inputs());
        if (upper.isPresent() && upper.get() instanceof OverlayUpper.Directory directory) {
            directories.addAll(UpperLayers.directories(directory));
        }
        for (ByteString directory : directories) {
            inputs.add(new PlanInput.Presence(directory, PointKind.DIRECTORY));
        }
        return new PlannedStart(
                new Plan(options.prefix(), inputs, steps),
                side,
                sideFiles,
                own.files(),
                mountPoints(side),
                links(side),
                side.isPresent() ? own.modes(side.get()) : List.of(),
                notes,
                directories);
    }

    private EnterNamespaces enterNamespaces() throws JrunException {
        Set<Namespace> namespaces = EnumSet.of(Namespace.USER, Namespace.MOUNT);
        if (options.subordinateIds()) {
            noteFile(ByteString.of(SubordinateRanges.USERS));
            noteFile(ByteString.of(SubordinateRanges.GROUPS));
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

    private String accountsOrigin() {
        return wantsAccounts() ? "image's accounts and host account" : "image's accounts and root";
    }

    private List<PlannedStart.Link> links(Optional<ByteString> side) {
        boolean writable = access instanceof RootAccess.Writable;
        return side.isPresent() ? own.links(side.get(), writable ? request.rootfs() : layer(side.get())) : List.of();
    }

    /** Whether the root file system lacks something that is to be there. */
    private boolean needsLayer() {
        return !(access instanceof RootAccess.Writable) && (!mounts.missing().isEmpty() || own.hasLinksInLayer());
    }

    /** Named after what it holds, so that a plan being run never sees its files change. */
    private Optional<ByteString> sideDirectory() {
        if (sideFiles.isEmpty() && own.isEmpty() && !needsLayer()) {
            return Optional.empty();
        }
        List<ByteString> content = new ArrayList<>();
        for (SideFile file : sideFiles) {
            content.add(ByteString.of(file.name()));
            content.add(file.content());
        }
        for (MountPlanner.Point point : mounts.missing()) {
            content.add(ByteString.of(point.kind().name()).plus(point.path()));
        }
        content.addAll(own.words());
        return Optional.of(request.sideFiles().plus(ByteString.of("." + fingerprint(content))));
    }

    /** FNV-1a with 64 bits; what it tells apart are versions of the files of one plan. Source: draft-eastlake-fnv. */
    private static String fingerprint(List<ByteString> content) {
        long sum = 0xcbf29ce484222325L;
        for (ByteString text : content) {
            for (int i = 0; i < text.length(); i++) {
                sum = (sum ^ (text.byteAt(i) & 0xff)) * 0x100000001b3L;
            }
            sum *= 0x100000001b3L;
        }
        return Long.toHexString(sum);
    }

    private PlanStep enterRoot(Optional<ByteString> side) throws JrunException {
        if (!needsLayer() || side.isEmpty()) {
            return new EnterRoot(request.rootfs(), List.of(), upper, accessOrigin);
        }
        if (capabilities.noOverlay().isPresent()) {
            ByteString point = mounts.missing().isEmpty()
                    ? own.links(side.get(), side.get()).get(0).path()
                    : mounts.missing().get(0).path();
            Failure refused = capabilities.noOverlay().get();
            throw new HostUnsupportedException(
                    Failure.of("make the mount point " + point + " in a read-only container", refused.why())
                            .hint("start it once with --rw, which makes the mount point for good"));
        }
        String origin = accessOrigin + ", with mount points it lacks";
        return new EnterRoot(request.rootfs(), List.of(layer(side.get())), upper, origin);
    }

    private static ByteString layer(ByteString side) {
        return side.plus(ByteString.of("/" + LAYER));
    }

    private List<MountPoint> mountPoints(Optional<ByteString> side) {
        boolean writable = access instanceof RootAccess.Writable;
        List<MountPoint> points = new ArrayList<>();
        for (MountPlanner.Point point : mounts.missing()) {
            if (writable || side.isPresent()) {
                ByteString tree = writable ? request.rootfs() : layer(side.get());
                points.add(new MountPoint(tree, point.path(), point.kind()));
            }
        }
        if (side.isPresent()) {
            points.addAll(own.points(side.get()));
        }
        return points;
    }

    private PlanStep execute(ImageSettings settings) throws JrunException {
        if (options.script().isPresent()) {
            ByteString script = absolute(options.script().get());
            if (files.stat(script).kind() != FileKind.REGULAR) {
                throw new NotFoundException(Failure.of("run the script " + script, "there is no such file (ENOENT)")
                        .hint("correct the path behind --rc"));
            }
            ByteString place = mounts.placeForFile(ForeignImage.SCRIPT).orElseThrow();
            mounts.addFile(script, place, false, "option --rc");
            return new Execute(List.of(SHELL, ByteString.of(ForeignImage.SCRIPT)), List.of(), "option --rc");
        }
        if (!options.command().isEmpty()) {
            return new Execute(options.command(), List.of(), "line command");
        }
        if (settings.entrypoint().isEmpty() && settings.command().isEmpty()) {
            return new Execute(List.of(), List.of(SHELL), "default");
        }
        if (options.withoutEntrypoint()) {
            List<ByteString> command = settings.command().isEmpty() ? List.of(SHELL) : settings.command();
            return new Execute(List.of(), command, "option --no-entrypoint");
        }
        String origin = foreign ? "image's " + ForeignImage.SCRIPT : "image config";
        return new Execute(settings.entrypoint(), settings.command(), origin);
    }
}
