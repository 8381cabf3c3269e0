package io.jrun.runtime.launch;

import io.jrun.error.Failure;
import io.jrun.error.JrunException;
import io.jrun.error.StorageException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.config.BatchFile;
import io.jrun.runtime.config.Configuration;
import io.jrun.runtime.config.ConfigurationReader;
import io.jrun.runtime.device.DeviceNote;
import io.jrun.runtime.host.FileStatus;
import io.jrun.runtime.host.HostCapabilities;
import io.jrun.runtime.host.HostFacts;
import io.jrun.runtime.host.HostFiles;
import io.jrun.runtime.host.HostPaths;
import io.jrun.runtime.host.HostReader;
import io.jrun.runtime.host.KernelFiles;
import io.jrun.runtime.plan.DeviceOptions;
import io.jrun.runtime.plan.Machine;
import io.jrun.runtime.plan.Plan;
import io.jrun.runtime.plan.PlanEncoder;
import io.jrun.runtime.plan.PlanInput;
import io.jrun.runtime.plan.PlanStep;
import io.jrun.runtime.plan.PlanStep.MountImage;
import io.jrun.runtime.plan.PlanStep.MountSquashfs;
import io.jrun.runtime.plan.PlannedStart;
import io.jrun.runtime.plan.PlannedStart.MountPoint;
import io.jrun.runtime.plan.PlannedStart.PointKind;
import io.jrun.runtime.plan.Planner;
import io.jrun.runtime.plan.StartOptions;
import io.jrun.runtime.plan.StartOptions.RootAccess;
import io.jrun.runtime.plan.StartRequest;
import io.jrun.runtime.spec.ImageSettings;
import io.jrun.runtime.store.DataPath;
import java.io.FileOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Compiles starts. Reads the caller from this process, the container from his data path, and leaves the plan in the
 * container's cache.
 */
public final class StartCompiler {

    private final HostFiles files;
    private final HostFacts host;
    private final HostCapabilities capabilities;
    private final DataPath data;
    private final ImageAccess images;
    private StartRoots roots;
    private final Consumer<String> notes;
    private final Consumer<String> warnings;
    private Optional<Configuration> configuration = Optional.empty();
    private boolean tellsCosts;

    StartCompiler(
            HostFiles files,
            HostFacts host,
            HostCapabilities capabilities,
            DataPath data,
            ImageAccess images,
            Consumer<String> notes,
            Consumer<String> warnings) {
        this.warnings = warnings;
        this.files = files;
        this.host = host;
        this.capabilities = capabilities;
        this.data = data;
        this.images = images;
        this.roots = new StartRoots(files, host, data, images, notes);
        this.notes = notes;
    }

    /**
     * @param images for starts of image files and references
     * @param notes takes what is worth telling a user who asks for details, such as a cache that cannot be written
     * @param warnings takes what every user should be told, such as a driver that does not fit the image
     */
    public static StartCompiler forCaller(ImageAccess images, Consumer<String> notes, Consumer<String> warnings)
            throws JrunException {
        HostFiles files = new KernelFiles();
        HostFacts host = new HostReader(files).read();
        HostCapabilities capabilities = HostCapabilities.read(files, host);
        return new StartCompiler(files, host, capabilities, DataPath.of(host.environment()), images, notes, warnings);
    }

    /** Lets plans tell what is started, from where, and what that cost, each time that they run. */
    public void tellCosts() {
        tellsCosts = true;
    }

    /** The caller's variables, for {@link io.jrun.runtime.plan.PlanPrinter}. */
    public Map<ByteString, ByteString> callerEnvironment() {
        return host.environment();
    }

    /** The plan as {@code --explain} shows it; writes nothing but what a reference needs. */
    public Plan explain(StartOptions options, LaunchOptions launch) throws IOException {
        StartRoot root = root(options);
        return complete(plan(options, root), root, launch, options);
    }

    /** Only the steps that set variables. */
    public List<PlanStep> variables(StartOptions options) throws IOException {
        List<PlanStep> variables = new ArrayList<>();
        for (PlanStep step : plan(options, root(options)).plan().steps()) {
            if (LaunchSteps.isVariable(step)) {
                variables.add(step);
            }
        }
        return variables;
    }

    /**
     * The devices that a start would get; writes nothing but what a reference needs.
     *
     * @param asked as options of that start
     * @param container what it would start; empty for what holds of any
     */
    public DeviceOutlook devices(DeviceOptions asked, Optional<ByteString> container) throws IOException {
        ByteString name = container.orElse(ByteString.of("-"));
        StartOptions options =
                StartOptions.of(List.of(name), name).devices(asked).build();
        if (container.isEmpty()) {
            return new StartDevices(host, options, configuration(), Optional.empty()).outlook(ImageSettings.none());
        }
        StartRoot root = root(options);
        return new StartDevices(host, options, configuration(), Optional.of(root)).outlook(settings(root));
    }

    /**
     * The encoded plan. It is in the cache too, unless that cannot be written or nothing is to be kept, and everything that it needs on the host
     * is in place.
     *
     * @param build the starter's, which runs no plan of another
     */
    public byte[] compile(StartOptions options, LaunchOptions launch, int build) throws IOException {
        long begin = System.nanoTime();
        StartRoot root = writableRoot(options);
        long found = System.nanoTime();
        PlannedStart planned = plan(options, root);
        Preparation.make(root, planned);
        warnRanks(root);
        for (MountImage image : further(planned)) {
            Preparation.makeDirectory(image.mountPoint());
        }
        byte[] encoded = PlanEncoder.encode(complete(planned, root, launch, options), Machine.host(), build);
        notes.accept("what to start was found in " + millis(found - begin) + " ms, the plan compiled in "
                + millis(System.nanoTime() - found) + " ms");
        if (images.asksEachTime()) {
            return encoded;
        }
        try {
            root.cache().write(root.hash(), encoded, planned.sideDirectory());
        } catch (IOException e) {
            notes.accept("the next start compiles again, " + root.cache().directory() + " cannot be written: "
                    + PlanCache.reason(e));
        }
        return encoded;
    }

    private static long millis(long nanoseconds) {
        return TimeUnit.NANOSECONDS.toMillis(nanoseconds);
    }

    private void warnRanks(StartRoot root) {
        try {
            Optional<String> warning = new RankPreflight(host).warning(root);
            if (warning.isPresent()) {
                warnings.accept(warning.get());
            }
        } catch (IOException e) {
            notes.accept("whether the image's MPI fits is unknown: " + e.getMessage());
        }
    }

    /**
     * Hands an encoded plan to the starter.
     *
     * @param descriptor open for writing in this process, empty, and positioned at its start
     */
    public static void deliver(byte[] encoded, int descriptor) throws JrunException {
        try (FileOutputStream out = new FileOutputStream("/proc/self/fd/" + descriptor)) {
            out.write(encoded);
        } catch (IOException e) {
            throw new StorageException(
                    Failure.of("hand the plan to the starter", String.valueOf(e.getMessage()))
                            .hint("start containers with bin/jrun"),
                    e);
        }
    }

    /** What a file says that stands for a whole start. */
    public BatchFile batchFile(ByteString path) throws JrunException {
        ByteString place = path.startsWith("/") ? path : HostPaths.join(host.workingDirectory(), path);
        return BatchFile.read(files, host.environment(), place);
    }

    private StartRoot root(StartOptions options) throws IOException {
        StartTarget target = roots.target(options.container());
        roots = roots.outside(target);
        return roots.find(target, options.prefix());
    }

    /** The launcher looks beside a container only when its name is the last word of the prefix. */
    private static boolean isNamed(StartOptions options) {
        return options.container().equals(options.prefix().get(options.prefix().size() - 1));
    }

    /** The container's own cache or, in a store of somebody else's or one that is full, a place of the caller's. */
    private StartRoot writableRoot(StartOptions options) throws IOException {
        StartTarget target = roots.target(options.container());
        if (isNamed(options) && target instanceof StartTarget.Named) {
            StartRoot root = roots.find(target, options.prefix());
            if (root.cache().hasRoom()) {
                return root;
            }
        }
        roots = roots.usable(target);
        return roots.find(target, options.prefix())
                .withCache(roots.callersCache(), roots.callersHash(options.prefix()));
    }

    private PlannedStart plan(StartOptions options, StartRoot root) throws JrunException {
        Configuration configured = configuration();
        StartRequest request = new StartRequest(
                root.image().isPresent() ? withLayer(options) : options,
                configured,
                root.rootfs(),
                root.record(),
                ownPlace(root),
                new StartDevices(host, options, configured, Optional.of(root)));
        PlannedStart planned = Planner.plan(request, host, capabilities, settings(root), root.files());
        for (DeviceNote note : planned.notes()) {
            (note.weight() == DeviceNote.Weight.WARNING ? warnings : notes).accept(note.text());
        }
        return planned;
    }

    private static ByteString ownPlace(StartRoot root) {
        return HostPaths.join(HostPaths.fromPath(root.cache().directory()), root.hash());
    }

    private Configuration configuration() throws JrunException {
        if (configuration.isEmpty()) {
            configuration = Optional.of(ConfigurationReader.read(files, host.environment()));
        }
        return configuration.get();
    }

    /** An image file cannot be written to, a layer above it can. */
    private static StartOptions withLayer(StartOptions options) {
        boolean writable =
                options.rootAccess().isPresent() && options.rootAccess().get() instanceof RootAccess.Writable;
        return writable ? options.withRootAccess(new RootAccess.Overlay(ByteString.of(""))) : options;
    }

    private static ImageSettings settings(StartRoot root) throws JrunException {
        ByteString path = root.rootfs().plus(ByteString.of(ImageSettings.PATH_IN_ROOTFS));
        Optional<byte[]> document = root.files().read(path, ImageSettings.MAX_BYTES);
        return document.isPresent() ? ImageSettings.parse(document.get(), path.toString()) : ImageSettings.none();
    }

    /** Adds what the plan was compiled from beyond what the planner itself asked for, and what makes the namespaces. */
    private Plan complete(PlannedStart planned, StartRoot root, LaunchOptions launch, StartOptions options)
            throws IOException {
        Plan plan = planned.plan();
        List<PlanInput> inputs = new ArrayList<>();
        for (PlanInput input : plan.inputs()) {
            if (root.image().isEmpty() || !isInside(input, root.rootfs())) {
                inputs.add(input); // what is in an image file changes with the file alone
            }
        }
        inputs.addAll(root.inputs());
        if (!isNamed(options) && isPlace(options.container())) {
            inputs.add(new PlanInput.WorkingDirectory(host.workingDirectory()));
        }
        for (String name : data.consulted()) {
            inputs.add(new PlanInput.Variable(ByteString.of(name), host.variable(name)));
        }
        if (planned.sideDirectory().isPresent()) {
            addFile(inputs, planned.sideDirectory().get());
        }
        for (MountPoint point : planned.mountPoints()) {
            addFile(inputs, point.tree().plus(point.path()));
        }
        String identity = root.rootfs() + " " + files.stat(root.record());
        LaunchOptions shared = RankSharing.together(ConfiguredLaunch.of(launch, configuration()), host, inputs);
        List<MountImage> further = further(planned);
        for (MountImage image : further) {
            inputs.add(new PlanInput.Presence(image.mountPoint(), PointKind.DIRECTORY));
            inputs.add(new PlanInput.Presence(image.program(), PointKind.FILE));
        }
        CgroupChoice cgroup = new CgroupChoice(shared, configuration(), host, warnings);
        List<PlanStep> mounted = new NamespaceMounts(shared.namespaces(), files, inputs).among(plan.steps());
        LaunchSteps steps = new LaunchSteps(
                mounted,
                shared,
                root.image(),
                further,
                cgroup.step(),
                identity,
                ownPlace(root).toString());
        inputs.addAll(cgroup.inputs());
        List<PlanStep> all = steps.toList(options.container());
        return new Plan(plan.prefix(), inputs, tellsCosts ? CostSteps.around(all, root) : all);
    }

    /** What is mounted beside the root. */
    private List<MountImage> further(PlannedStart planned) throws JrunException {
        List<MountImage> images = new ArrayList<>();
        for (PlanStep step : planned.plan().steps()) {
            if (step instanceof MountSquashfs squashfs) {
                images.add(roots.shown(squashfs.image(), images.size(), squashfs.origin()));
            }
        }
        return images;
    }

    /** Whether a word means something else from another working directory. */
    private boolean isPlace(ByteString container) throws IOException {
        return StartTarget.isRelative(container) && !(roots.target(container) instanceof StartTarget.Named);
    }

    private static boolean isInside(PlanInput input, ByteString mountPoint) {
        if (input instanceof PlanInput.File file) {
            return MountedImage.covers(mountPoint, file.path());
        }
        return input instanceof PlanInput.Presence presence && MountedImage.covers(mountPoint, presence.path());
    }

    private void addFile(List<PlanInput> inputs, ByteString path) {
        FileStatus status = files.stat(path);
        if (status.kind().isPresent()) {
            inputs.add(PlanInput.File.of(path, status));
        }
    }
}
