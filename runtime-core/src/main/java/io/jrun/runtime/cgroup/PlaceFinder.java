package io.jrun.runtime.cgroup;

import io.jrun.error.Failure;
import io.jrun.error.HostUnsupportedException;
import io.jrun.error.JrunException;
import io.jrun.error.NotFoundException;
import io.jrun.error.UsageException;
import io.jrun.posix.ByteString;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Finds where a cgroup for a container can be made, without making one.
 *
 * <p>A process may be moved only below a cgroup that its user may write and that holds both where it comes from and where
 * it goes; so a start from a login session takes the user's systemd, which may move it. A job of Slurm is never left:
 * its cgroup is what the job was given, and the user's systemd would lead out of it.
 */
public final class PlaceFinder {

    private static final String WHAT = "make a cgroup for the container";
    private static final String GUIDE = "see docs/cgroups.md";

    /**
     * Who asks from where.
     *
     * @param runtimeDirectory of the login session, for the socket of its message bus
     * @param job its number, in a job of Slurm
     */
    public record Caller(long uid, Optional<Path> runtimeDirectory, Optional<String> job) {}

    private final Optional<Hierarchy> hierarchy;
    private final Caller caller;
    private final Path root;
    private final Predicate<Path> mayWrite;

    PlaceFinder(Optional<Hierarchy> hierarchy, Caller caller, Path root, Predicate<Path> mayWrite) {
        this.hierarchy = hierarchy;
        this.caller = caller;
        this.root = root;
        this.mayWrite = mayWrite;
    }

    /** On this host. */
    public PlaceFinder(Optional<Hierarchy> hierarchy, Caller caller) {
        this(hierarchy, caller, Path.of("/"), new Predicate<>() {
            @Override
            public boolean test(Path path) {
                return Files.isWritable(path);
            }
        });
    }

    /** Where the caller can have these limits. */
    public CgroupPlace find(List<Limit> limits) throws JrunException {
        Hierarchy here = requireHierarchy(limits);
        Optional<Path> job = job(here);
        Optional<Path> above = firstOfCaller(here, job, limits);
        if (job.isPresent() || caller.job().isPresent()) {
            if (above.isEmpty()) {
                throw inJob(here, limits);
            }
            return directory(above.get(), limits);
        }
        Path bus = bus();
        boolean underSystemd = here.own().toString().contains("/user@" + caller.uid() + ".service");
        if (above.isPresent() && !(underSystemd && Files.exists(bus))) {
            return directory(above.get(), limits);
        }
        if (!Files.exists(bus)) {
            throw new HostUnsupportedException(
                    Failure.of(WHAT, here.own() + " is not delegated to you, and your systemd does not run: no " + bus)
                            .hint("log in over PAM, ask an administrator for: loginctl enable-linger " + caller.uid()
                                    + ", or for a cgroup of yours to name with --cgroup; " + GUIDE));
        }
        Path manager = manager(here);
        if (Files.isDirectory(manager)) {
            requireControllers(manager, limits);
            requireSets(manager, limits);
        }
        return new CgroupPlace.Scope(bytes(bus), bytes(here.mount()));
    }

    /**
     * The cgroup that the caller names.
     *
     * @param name its host path, or its path in the hierarchy
     */
    public CgroupPlace named(String name, List<Limit> limits) throws JrunException {
        Hierarchy here = requireHierarchy(limits);
        Path path = Path.of(name).normalize();
        Path group = path.startsWith(here.mount())
                ? path
                : here.mount().resolve(path.toString().substring(1)).normalize();
        if (!group.startsWith(here.mount()) || !Files.exists(group.resolve("cgroup.procs"))) {
            throw new NotFoundException(Failure.of("use the cgroup " + name, "there is no such cgroup (ENOENT)")
                    .hint("`cat /proc/self/cgroup` shows your own, below " + here.mount()));
        }
        Optional<Path> job = job(here);
        if (job.isPresent() && !group.startsWith(job.get())) {
            throw new UsageException(Failure.of("use the cgroup " + name, "it lies outside of your job's, " + job.get())
                    .hint("leave --cgroup out: Slurm's limits hold"));
        }
        if (!mayWrite.test(group) || !mayWrite.test(group.resolve("cgroup.procs"))) {
            throw new HostUnsupportedException(Failure.of("use the cgroup " + name, "it is not yours (EACCES)")
                    .hint("ask an administrator for: chown " + caller.uid() + " " + group + " " + group
                            + "/cgroup.{procs,subtree_control}"));
        }
        return directory(group, limits);
    }

    /** Those of the limits that lower ones of the place keep from being reached, a sentence each. */
    public List<String> outweighed(CgroupPlace place, List<Limit> limits) {
        if (hierarchy.isEmpty()) {
            return List.of();
        }
        Path group = place instanceof CgroupPlace.Directory directory
                ? Path.of(directory.path().toString())
                : manager(hierarchy.get());
        return HeldLimits.outweighing(hierarchy.get(), group, limits);
    }

    private Path manager(Hierarchy here) {
        return here.mount().resolve("user.slice/user-" + caller.uid() + ".slice/user@" + caller.uid() + ".service");
    }

    private Hierarchy requireHierarchy(List<Limit> limits) throws HostUnsupportedException {
        String hint = "ask an administrator to boot with systemd.unified_cgroup_hierarchy=1";
        if (hierarchy.isEmpty()) {
            throw new HostUnsupportedException(Failure.of(WHAT, "this host has no cgroups of version 2 (ENODEV)")
                    .hint(hint));
        }
        for (Controller controller : controllers(limits)) {
            boolean there = Hierarchy.words(hierarchy.get().mount(), "cgroup.controllers")
                    .contains(controller.word());
            if (hierarchy.get().hybrid() && !there) {
                throw new HostUnsupportedException(Failure.of(
                                WHAT,
                                "the controller " + controller.word()
                                        + " is in a hierarchy of version 1, beside version 2 on "
                                        + hierarchy.get().mount())
                        .hint(hint));
            }
        }
        return hierarchy.get();
    }

    /** The cgroup of the job, where that is one of Slurm's. */
    private Optional<Path> job(Hierarchy here) {
        for (Path at : here.upwards(here.own())) {
            if (String.valueOf(at.getFileName()).matches("job_[0-9]+")) {
                return Optional.of(at);
            }
        }
        return Optional.empty();
    }

    /** The nearest cgroup above the caller's own that he may write and that holds no processes itself. */
    private Optional<Path> firstOfCaller(Hierarchy here, Optional<Path> job, List<Limit> limits) {
        List<Path> upwards = here.upwards(here.own());
        for (Path at : limits.isEmpty() ? upwards : upwards.subList(Math.min(1, upwards.size()), upwards.size())) {
            boolean outside = job.isPresent() && !at.startsWith(job.get());
            if (outside || !mayWrite.test(at) || !mayWrite.test(at.resolve("cgroup.procs"))) {
                return Optional.empty();
            }
            if (limits.isEmpty()
                    || Hierarchy.content(at, "cgroup.procs").orElse("").isEmpty()) {
                return Optional.of(at);
            }
        }
        return Optional.empty();
    }

    private CgroupPlace directory(Path group, List<Limit> limits) throws JrunException {
        requireControllers(group, limits);
        requireSets(group, limits);
        boolean handedDown = true;
        for (Controller controller : controllers(limits)) {
            handedDown &= Hierarchy.words(group, "cgroup.subtree_control").contains(controller.word());
        }
        boolean used = !Hierarchy.content(group, "cgroup.procs").orElse("").isEmpty();
        if (!handedDown && used) {
            throw new HostUnsupportedException(
                    Failure.of(WHAT, group + " holds processes, so it cannot hand limits down (EBUSY)")
                            .hint("move them into a cgroup below it, or name an empty one with --cgroup"));
        }
        return new CgroupPlace.Directory(bytes(group));
    }

    private void requireControllers(Path group, List<Limit> limits) throws HostUnsupportedException {
        List<String> there = Hierarchy.words(group, "cgroup.controllers");
        List<String> missing = new ArrayList<>();
        for (Controller controller : controllers(limits)) {
            if (!there.contains(controller.word())) {
                missing.add(controller.word());
            }
        }
        if (!missing.isEmpty()) {
            String all = String.join(" ", missing);
            throw new HostUnsupportedException(Failure.of(
                            "limit the container",
                            (missing.size() == 1 ? "the controller " + all + " is" : "the controllers " + all + " are")
                                    + " not delegated to " + group)
                    .comparing(all, String.join(" ", there))
                    .hint("ask an administrator for \"Delegate=cpu cpuset io memory pids\" in"
                            + " /etc/systemd/system/user@.service.d/delegate.conf; " + GUIDE));
        }
    }

    private void requireSets(Path group, List<Limit> limits) throws JrunException {
        for (Limit limit : limits) {
            Optional<String> effective = limit.controller() == Controller.CPUSET
                    ? Hierarchy.content(group, limit.file() + ".effective")
                    : Optional.empty();
            if (effective.isPresent()
                    && !effective.get().isEmpty()
                    && !NumberList.parse(effective.get(), group.toString())
                            .contains(NumberList.parse(limit.value(), limit.origin()))) {
                throw new UsageException(Failure.of(
                                "limit the container to " + limit.file() + " " + limit.value(),
                                "not all of them are given to " + group)
                        .comparing("some of " + effective.get(), limit.value())
                        .hint("correct " + limit.origin()));
            }
        }
    }

    private HostUnsupportedException inJob(Hierarchy here, List<Limit> limits) {
        List<String> asked = new ArrayList<>();
        limits.forEach(limit -> asked.add(limit.file() + "=" + limit.value()));
        List<String> held = HeldLimits.of(here, here.own());
        Failure failure = Failure.of(
                "limit the container",
                "Slurm's limits hold in job " + caller.job().orElse("")
                        + ", whose cgroup is not delegated to you, and no process may leave it (EACCES)");
        if (!asked.isEmpty()) {
            failure = failure.comparing(
                    String.join(" ", asked), held.isEmpty() ? "Slurm limits nothing" : String.join(" ", held));
        }
        return new HostUnsupportedException(
                failure.hint("ask Slurm: sbatch --mem=4G --cpus-per-task=2; and go by that with --cgroup none"));
    }

    private Path bus() {
        return caller.runtimeDirectory()
                .orElse(root.resolve("run/user/" + caller.uid()))
                .resolve("bus");
    }

    private static Set<Controller> controllers(List<Limit> limits) {
        Set<Controller> controllers = EnumSet.noneOf(Controller.class);
        for (Limit limit : limits) {
            controllers.add(limit.controller());
        }
        return controllers;
    }

    private static ByteString bytes(Path path) {
        return ByteString.of(path.toString());
    }
}
