package io.jrun.runtime.launch;

import io.jrun.error.Failure;
import io.jrun.error.FileFailure;
import io.jrun.error.JrunException;
import io.jrun.error.StorageException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.config.ConfigurationReader;
import io.jrun.runtime.host.FileKind;
import io.jrun.runtime.host.FileStatus;
import io.jrun.runtime.host.HostCapabilities;
import io.jrun.runtime.host.HostFacts;
import io.jrun.runtime.host.HostFiles;
import io.jrun.runtime.host.HostPaths;
import io.jrun.runtime.host.HostReader;
import io.jrun.runtime.host.KernelFiles;
import io.jrun.runtime.plan.Machine;
import io.jrun.runtime.plan.Plan;
import io.jrun.runtime.plan.PlanEncoder;
import io.jrun.runtime.plan.PlanHash;
import io.jrun.runtime.plan.PlanInput;
import io.jrun.runtime.plan.PlannedStart;
import io.jrun.runtime.plan.PlannedStart.MountPoint;
import io.jrun.runtime.plan.PlannedStart.PointKind;
import io.jrun.runtime.plan.Planner;
import io.jrun.runtime.plan.StartOptions;
import io.jrun.runtime.plan.StartRequest;
import io.jrun.runtime.spec.ImageSettings;
import io.jrun.runtime.store.Container;
import io.jrun.runtime.store.ContainerName;
import io.jrun.runtime.store.ContainerStore;
import io.jrun.runtime.store.DataPath;
import io.jrun.runtime.store.StandardMountPoints;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
    private final Consumer<String> notes;

    StartCompiler(
            HostFiles files, HostFacts host, HostCapabilities capabilities, DataPath data, Consumer<String> notes) {
        this.files = files;
        this.host = host;
        this.capabilities = capabilities;
        this.data = data;
        this.notes = notes;
    }

    /** @param notes takes what is worth telling a user who asks for details, such as a cache that cannot be written */
    public static StartCompiler forCaller(Consumer<String> notes) throws JrunException {
        HostFiles files = new KernelFiles();
        HostFacts host = new HostReader(files).read();
        HostCapabilities capabilities = HostCapabilities.read(files, host);
        return new StartCompiler(files, host, capabilities, DataPath.of(host.environment()), notes);
    }

    /** The caller's variables, for {@link io.jrun.runtime.plan.PlanPrinter}. */
    public Map<ByteString, ByteString> callerEnvironment() {
        return host.environment();
    }

    /** The plan as {@code --explain} shows it; writes nothing. */
    public Plan explain(StartOptions options) throws JrunException {
        Container container = container(options);
        PlannedStart planned = plan(options, container, new PlanCache(container.plans()));
        return complete(planned);
    }

    /**
     * The encoded plan. It is in the cache too, unless that cannot be written, and everything that it needs on the host
     * is in place.
     *
     * @param build the starter's, which runs no plan of another
     */
    public byte[] compile(StartOptions options, int build) throws JrunException {
        Container container = container(options);
        PlanCache cache = writableCache(container);
        PlannedStart planned = plan(options, container, cache);
        prepare(container, cache, planned);
        byte[] encoded = PlanEncoder.encode(complete(planned), Machine.host(), build);
        try {
            cache.write(PlanHash.of(options.prefix()), encoded, planned.sideDirectory());
        } catch (IOException e) {
            notes.accept("the next start compiles again, " + cache.directory() + " cannot be written: "
                    + PlanCache.reason(e));
        }
        return encoded;
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

    private Container container(StartOptions options) throws JrunException {
        ContainerName name = ContainerName.of(options.container());
        Container container = ContainerStore.place(data.path(), name);
        if (!files.stat(HostPaths.fromPath(container.recordFile())).kind().isPresent()) {
            throw ContainerStore.absent(name);
        }
        return container;
    }

    /** The container's own cache or, in a store of somebody else's, one of the caller's that serves this start alone. */
    private PlanCache writableCache(Container container) throws JrunException {
        PlanCache own = new PlanCache(container.plans());
        if (own.isWritable()) {
            return own;
        }
        PlanCache other = new PlanCache(cacheHome().resolve("plans"));
        if (!other.isWritable()) {
            throw new StorageException(Failure.of(
                            "compile a plan",
                            "neither " + own.directory() + " nor " + other.directory() + " can be written")
                    .hint("set XDG_CACHE_HOME to a directory of yours"));
        }
        notes.accept("the next start compiles again, " + own.directory() + " cannot be written");
        return other;
    }

    /** Source: XDG Base Directory Specification 0.8, "Environment variables". */
    private Path cacheHome() {
        Optional<ByteString> given = host.variable("XDG_CACHE_HOME");
        if (given.isPresent() && given.get().startsWith("/")) {
            return Path.of(given.get().toString(), "jrun");
        }
        Optional<ByteString> home = host.variable("HOME");
        return Path.of(home.isPresent() ? home.get().toString() : "/nonexistent", ".cache", "jrun");
    }

    private PlannedStart plan(StartOptions options, Container container, PlanCache cache) throws JrunException {
        ByteString rootfs = HostPaths.fromPath(container.rootfs());
        StartRequest request = new StartRequest(
                options,
                ConfigurationReader.read(files, host.environment()),
                rootfs,
                HostPaths.fromPath(container.recordFile()),
                HostPaths.join(HostPaths.fromPath(cache.directory()), PlanHash.of(options.prefix())));
        return Planner.plan(request, host, capabilities, settings(rootfs), files);
    }

    private ImageSettings settings(ByteString rootfs) throws JrunException {
        ByteString path = rootfs.plus(ByteString.of(ImageSettings.PATH_IN_ROOTFS));
        Optional<byte[]> document = files.read(path, ImageSettings.MAX_BYTES);
        return document.isPresent() ? ImageSettings.parse(document.get(), path.toString()) : ImageSettings.none();
    }

    private static void prepare(Container container, PlanCache cache, PlannedStart planned) throws JrunException {
        for (ByteString directory : planned.directories()) {
            makeDirectory(directory);
        }
        List<MountPoint> inLayer = new ArrayList<>();
        ByteString rootfs = HostPaths.fromPath(container.rootfs());
        for (MountPoint point : planned.mountPoints()) {
            if (point.tree().equals(rootfs)) {
                makeInRootfs(container, point);
            } else {
                inLayer.add(point);
            }
        }
        if (planned.sideDirectory().isPresent()) {
            cache.writeSideFiles(planned.sideDirectory().get(), planned.sideFiles(), inLayer, container.rootfs());
        }
    }

    private static void makeDirectory(ByteString directory) throws JrunException {
        try {
            Files.createDirectories(Path.of(directory.toString()));
        } catch (IOException e) {
            throw new StorageException(
                    Failure.of("make the directory " + directory, FileFailure.cause(e))
                            .hint("name a directory of yours, or one that you may make"),
                    e);
        }
    }

    private static void makeInRootfs(Container container, MountPoint point) throws JrunException {
        FileKind kind = point.kind() == PointKind.DIRECTORY ? FileKind.DIRECTORY : FileKind.REGULAR;
        try {
            StandardMountPoints.make(container.rootfs(), point.path(), kind);
        } catch (JrunException e) {
            throw e;
        } catch (IOException e) {
            throw new StorageException(
                    Failure.of("make the mount point " + point.path() + " in the container", PlanCache.reason(e)), e);
        }
    }

    /** Adds what the plan was compiled from beyond what the planner itself asked for. */
    private Plan complete(PlannedStart planned) {
        Plan plan = planned.plan();
        List<PlanInput> inputs = new ArrayList<>(plan.inputs());
        for (String name : data.consulted()) {
            inputs.add(new PlanInput.Variable(ByteString.of(name), host.variable(name)));
        }
        if (planned.sideDirectory().isPresent()) {
            addFile(inputs, planned.sideDirectory().get());
        }
        for (MountPoint point : planned.mountPoints()) {
            addFile(inputs, point.tree().plus(point.path()));
        }
        return new Plan(plan.prefix(), inputs, plan.steps());
    }

    private void addFile(List<PlanInput> inputs, ByteString path) {
        FileStatus status = files.stat(path);
        if (status.kind().isPresent()) {
            inputs.add(PlanInput.File.of(path, status));
        }
    }
}
