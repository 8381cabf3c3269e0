package io.jrun.runtime.check;

import io.jrun.error.FileFailure;
import io.jrun.error.JrunException;
import io.jrun.posix.ByteString;
import io.jrun.posix.OwnerOnly;
import io.jrun.runtime.cdi.CdiRegistry;
import io.jrun.runtime.check.Evidence.Fuse;
import io.jrun.runtime.check.Evidence.JavaRuntime;
import io.jrun.runtime.check.Evidence.Job;
import io.jrun.runtime.check.Evidence.Kernel;
import io.jrun.runtime.check.Evidence.Overlay;
import io.jrun.runtime.check.Evidence.Place;
import io.jrun.runtime.check.Evidence.RuntimeDirectory;
import io.jrun.runtime.check.Evidence.Specs;
import io.jrun.runtime.check.MountPoints.MountPoint;
import io.jrun.runtime.check.Trial.NotTried;
import io.jrun.runtime.check.Trial.Refused;
import io.jrun.runtime.check.Trial.Worked;
import io.jrun.runtime.host.HostFiles;
import io.jrun.runtime.host.KernelTree;
import io.jrun.runtime.host.RootedTree;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Collects {@link Evidence} of this host, for the caller of this process. Leaves nothing behind. */
public final class HostProbe {

    private static final int MAX_PROC_BYTES = 16 << 20;
    private static final Path TEMPORARY = Path.of("/tmp");
    private static final Path SHARED_MEMORY = Path.of("/dev/shm");

    private static final List<String> SYSCTLS = List.of(
            "user.max_user_namespaces",
            "user.max_mnt_namespaces",
            "user.max_pid_namespaces",
            "user.max_ipc_namespaces",
            "user.max_uts_namespaces",
            "user.max_net_namespaces",
            "user.max_cgroup_namespaces",
            "kernel.unprivileged_userns_clone",
            "kernel.apparmor_restrict_unprivileged_userns");

    private final HostFiles files;
    private final Map<String, String> environment;
    private final Path home;
    private final Optional<Path> data;
    private final Optional<Path> cache;

    /**
     * @param home the directory that holds bin/jrun
     * @param data where containers lie; empty when no variable tells
     * @param cache where the cache lies
     */
    public HostProbe(
            HostFiles files, Map<String, String> environment, Path home, Optional<Path> data, Optional<Path> cache) {
        this.files = files;
        this.environment = Map.copyOf(environment);
        this.home = home;
        this.data = data;
        this.cache = cache;
    }

    /** Runs for a second or two. */
    public Evidence collect() throws JrunException {
        MountPoints mounts = MountPoints.read(files);
        Kernel kernel = kernel();
        Map<String, Path> candidates = candidates();
        Trial start = start(List.of(), candidates);
        return new Evidence(
                kernel,
                start,
                start instanceof Worked ? start(List.of("--subids"), candidates) : new NotTried("no container started"),
                overlays(candidates, mounts),
                new Fuse(helper(), onCandidate(candidates, new MountTrials(childEnvironment()))),
                places(mounts),
                runtimeDirectory(),
                new CgroupProbe(Path.of("/"), kernel.uid(), environment).cgroup(),
                new DeviceProbe(Path.of("/")).all(),
                specs(),
                job(),
                java());
    }

    private Trial start(List<String> options, Map<String, Path> candidates) {
        Path launcher = home.resolve("bin/jrun");
        return StartTrial.run(launcher, options, List.copyOf(candidates.values()), childEnvironment(), files);
    }

    /** What the launcher has set for this JVM means nothing to a child. */
    private Map<String, String> childEnvironment() {
        Map<String, String> own = new LinkedHashMap<>(environment);
        own.keySet().removeAll(List.of("JRUN_HOME", "JRUN_LC_ALL", "JRUN_PLAN_FD", "JRUN_BUILD"));
        own.put("LC_ALL", "C.UTF-8");
        return own;
    }

    private Kernel kernel() throws JrunException {
        Map<String, String> sysctls = new LinkedHashMap<>();
        for (String name : SYSCTLS) {
            String value = text("/proc/sys/" + name.replace('.', '/'));
            if (!value.isEmpty()) {
                sysctls.put(name, value);
            }
        }
        String status = text("/proc/self/status");
        return new Kernel(
                text("/proc/sys/kernel/osrelease"),
                Long.parseLong(field(status, "Uid:").orElse("0\t0").split("\\s+", -1)[1]),
                Files.exists(Path.of("/proc/self/ns/user")),
                sysctls,
                container(),
                field(status, "Seccomp:").orElse("0").equals("2"),
                text("/sys/fs/selinux/enforce").equals("1"));
    }

    private static Optional<String> field(String status, String name) {
        return status.lines()
                .filter(line -> line.startsWith(name))
                .map(line -> line.substring(name.length()).strip())
                .findFirst();
    }

    /** The marks that engines leave. */
    private Optional<String> container() throws JrunException {
        if (Files.exists(Path.of("/.dockerenv"))) {
            return Optional.of("Docker");
        }
        if (Files.exists(Path.of("/run/.containerenv"))) {
            return Optional.of("Podman");
        }
        String named = text("/run/systemd/container");
        if (!named.isEmpty()) {
            return Optional.of(named);
        }
        return environment.containsKey("KUBERNETES_SERVICE_HOST") ? Optional.of("Kubernetes") : Optional.empty();
    }

    /** Empty for what is not there or may not be read. */
    private String text(String path) throws JrunException {
        if (!Files.isReadable(Path.of(path))) {
            return "";
        }
        Optional<byte[]> content = files.read(ByteString.of(path), MAX_PROC_BYTES);
        return new String(content.orElse(new byte[0]), StandardCharsets.UTF_8).strip();
    }

    /** Directories that exist and may carry a container or its changes. */
    private Map<String, Path> candidates() {
        Map<String, Path> found = new LinkedHashMap<>();
        data.flatMap(HostProbe::nearest).ifPresent(path -> found.put("data", path));
        cache.flatMap(HostProbe::nearest).ifPresent(path -> found.put("cache", path));
        variable("XDG_RUNTIME_DIR")
                .map(Path::of)
                .filter(Files::isWritable)
                .ifPresent(path -> found.put("runtime", path));
        found.put("tmp", TEMPORARY);
        found.put("shm", SHARED_MEMORY);
        found.values().removeIf(path -> !Files.isDirectory(path));
        return found;
    }

    /** The directory itself or the first one above it that is there. */
    private static Optional<Path> nearest(Path path) {
        Optional<Path> at = Optional.of(path.toAbsolutePath().normalize());
        while (at.isPresent() && !Files.isDirectory(at.get())) {
            at = Optional.ofNullable(at.get().getParent());
        }
        return at;
    }

    private Optional<String> variable(String name) {
        return Optional.ofNullable(environment.get(name)).filter(value -> !value.isEmpty());
    }

    /** One for each file system: what holds of a directory holds of the next one on it. */
    private Map<String, Overlay> overlays(Map<String, Path> candidates, MountPoints mounts) {
        MountTrials trials = new MountTrials(childEnvironment());
        Map<String, Overlay> found = new LinkedHashMap<>();
        Map<Optional<MountPoint>, Trial> known = new LinkedHashMap<>();
        candidates.forEach((key, path) -> {
            Optional<MountPoint> mount = mounts.holding(realPath(path));
            Trial trial = known.get(mount);
            if (trial == null) {
                trial = Files.isWritable(path) ? trials.overlay(path) : new NotTried(path + " cannot be written");
            }
            if (!(trial instanceof NotTried)) {
                known.put(mount, trial);
            }
            found.put(key, new Overlay(path, mount.map(MountPoint::fileSystem).orElse("unknown"), trial));
        });
        return found;
    }

    private static Path realPath(Path path) {
        try {
            return path.toRealPath();
        } catch (IOException unreachable) {
            return path;
        }
    }

    private static Trial onCandidate(Map<String, Path> candidates, MountTrials trials) {
        Trial trial = new NotTried("no directory for it");
        for (Path path : candidates.values()) {
            trial = trials.fuse(path);
            if (!(trial instanceof NotTried)) {
                return trial;
            }
        }
        return trial;
    }

    private Optional<Path> helper() {
        for (String name : List.of("squashfuse_ll", "squashfuse")) {
            Optional<Path> found = inPath(name);
            if (found.isPresent()) {
                return found;
            }
        }
        return Optional.empty();
    }

    private Optional<Path> inPath(String name) {
        for (String directory : variable("PATH").orElse("").split(":", -1)) {
            Path program = Path.of(directory.isEmpty() ? "." : directory, name);
            if (Files.isExecutable(program) && Files.isRegularFile(program)) {
                return Optional.of(program);
            }
        }
        return Optional.empty();
    }

    private List<Place> places(MountPoints mounts) {
        List<Place> places = new ArrayList<>();
        places.add(place("data", data, mounts));
        places.add(place("cache", cache, mounts));
        places.add(place("home", variable("HOME").map(Path::of), mounts));
        places.add(place("tmp", Optional.of(TEMPORARY), mounts));
        places.add(place("shm", Optional.of(SHARED_MEMORY), mounts));
        return places;
    }

    private static Place place(String key, Optional<Path> path, MountPoints mounts) {
        Optional<Path> near = path.flatMap(HostProbe::nearest);
        if (near.isEmpty()) {
            return new Place(key, path, Refused.of("there is no such directory (ENOENT)"), "unknown", Set.of(), 0);
        }
        Optional<MountPoint> mount = mounts.holding(realPath(near.get()));
        boolean mustExist = !key.equals("data") && !key.equals("cache");
        Trial writing = mustExist && !near.equals(path.map(Path::toAbsolutePath))
                ? Refused.of("there is no such directory (ENOENT)")
                : writing(near.get());
        if (key.equals("data") && writing instanceof Worked) {
            writing =
                    writing(List.of(near.get().resolve("containers"), near.get().resolve("locks")));
        }
        return new Place(
                key,
                path,
                writing,
                mount.map(MountPoint::fileSystem).orElse("unknown"),
                mount.map(MountPoint::options).orElse(Set.of()),
                near.get().toFile().getUsableSpace());
    }

    /** Of those that exist. */
    private static Trial writing(List<Path> directories) {
        for (Path directory : directories) {
            if (Files.isDirectory(directory) && writing(directory) instanceof Refused refused) {
                return Refused.of(directory + ": " + refused.words());
            }
        }
        return new Worked();
    }

    private static Trial writing(Path directory) {
        try {
            Path file = Files.createTempFile(directory, Scratch.PREFIX, "");
            try {
                Files.writeString(file, "written to see whether it can be\n");
            } finally {
                Files.delete(file);
            }
            return new Worked();
        } catch (IOException e) {
            return Refused.of(FileFailure.cause(e));
        }
    }

    private RuntimeDirectory runtimeDirectory() {
        Optional<Path> path = variable("XDG_RUNTIME_DIR").map(Path::of);
        return new RuntimeDirectory(path, path.flatMap(HostProbe::trouble));
    }

    /** Source: XDG Base Directory Specification 0.8, "must be owned by the user ... access mode MUST be 0700". */
    private static Optional<String> trouble(Path path) {
        if (!Files.isDirectory(path)) {
            return Optional.of("does not exist");
        }
        try {
            Object owner = Files.getAttribute(path, "unix:uid");
            if (!owner.equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"))) {
                return Optional.of("belongs to somebody else");
            }
            if (!OwnerOnly.DIRECTORY.value().containsAll(Files.getPosixFilePermissions(path))) {
                return Optional.of("is open to others");
            }
        } catch (IOException e) {
            return Optional.of("cannot be looked at: " + FileFailure.cause(e));
        }
        return writing(path) instanceof Refused refused
                ? Optional.of("cannot be written: " + refused.words())
                : Optional.empty();
    }

    /** Specs that a start would read. */
    private static Specs specs() {
        CdiRegistry registry = CdiRegistry.load(new RootedTree(new KernelTree(), "/"));
        List<String> failures = new ArrayList<>();
        registry.failures()
                .forEach(failure -> failures.add(
                        failure.failure().what() + ": " + failure.failure().why()));
        return new Specs(registry.devices(), failures);
    }

    private Job job() {
        return new Job(
                inPath("srun").isPresent(),
                Files.isRegularFile(home.resolve("lib/slurm/jrun.so")),
                variable("SLURM_JOB_ID"),
                variable("SLURM_STEP_ID"));
    }

    /** A JVM maps the archive that it uses. */
    private JavaRuntime java() throws JrunException {
        File archive = home.resolve("lib/jrun.jsa").toFile();
        return new JavaRuntime(
                System.getProperty("java.version"),
                Path.of(System.getProperty("java.home")),
                archive.isFile(),
                text("/proc/self/maps").contains("/lib/jrun.jsa"));
    }
}
