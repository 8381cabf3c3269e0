package io.jrun.runtime.oci;

import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
import io.jrun.error.FileFailure;
import io.jrun.error.HostUnsupportedException;
import io.jrun.error.JrunException;
import io.jrun.error.StorageException;
import io.jrun.runtime.cgroup.CgroupPlace;
import io.jrun.runtime.cgroup.Controller;
import io.jrun.runtime.cgroup.Hierarchy;
import io.jrun.runtime.cgroup.Limit;
import io.jrun.runtime.cgroup.PlaceFinder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Where the control group of a container is: at the path that the bundle names; else in a part of the hierarchy that is the
 * caller's; else in a scope that his systemd makes. Engines that leave groups to systemd write {@code SLICE:PREFIX:NAME} for
 * a path, which stands for the scope {@code PREFIX-NAME.scope} in that slice.
 *
 * <p>In a scope the process that makes the container steps aside into a group of its own, because groups that hold processes
 * hand no limits down:
 *
 * <pre>
 * SLICE/PREFIX-NAME.scope/runtime     who makes the container, and stays with an attached one
 * SLICE/PREFIX-NAME.scope/container   the container, with its limits
 * </pre>
 */
final class GroupPlace {

    private static final Path SYSTEM_BUS = Path.of("/run/dbus/system_bus_socket");
    private static final String NAME = "[A-Za-z0-9:_.\\\\@-]{1,200}";

    private final RuntimeFacts facts;
    private final Map<String, String> environment;
    private final Map<String, String> settings;
    private final String id;

    private GroupPlace(RuntimeFacts facts, Map<String, String> environment, Map<String, String> settings, String id) {
        this.facts = facts;
        this.environment = environment;
        this.settings = settings;
        this.id = id;
    }

    /**
     * Makes the group of a container; empty when the bundle asks for nothing that takes one.
     *
     * @param creator the process that will make the container
     * @throws HostUnsupportedException when it limits what cannot be limited here
     */
    static Optional<ControlGroup> make(
            ConfigNode linux, String id, RuntimeFacts facts, Map<String, String> environment, long creator)
            throws JrunException {
        Map<String, String> settings = ResourceSettings.of(linux.object("resources"));
        Optional<String> path = linux.string("cgroupsPath").filter(text -> !text.isEmpty());
        if (facts.controlGroup().isEmpty()) {
            if (!settings.isEmpty()) {
                throw ControlGroup.refuse(
                        settings, "this host has not the unified hierarchy of control groups (ENOTSUP)");
            }
            return Optional.empty();
        }
        if (settings.isEmpty() && path.isEmpty()) {
            return Optional.empty();
        }
        return new GroupPlace(facts, environment, settings, id).make(linux, path, creator);
    }

    private Optional<ControlGroup> make(ConfigNode linux, Optional<String> path, long creator) throws JrunException {
        Path directory;
        if (path.isPresent() && path.get().startsWith("/")) {
            directory = ControlGroup.MOUNT.resolve("." + path.get()).normalize();
            if (!directory.startsWith(ControlGroup.MOUNT)) {
                throw linux.required("cgroupsPath").malformed("a path out of the hierarchy");
            }
        } else if (settings.isEmpty()) {
            if (path.orElse("").contains(":")) {
                return Optional.empty(); // nothing to limit: the caller's own group serves
            }
            directory = ControlGroup.MOUNT
                    .resolve("." + facts.controlGroup().orElseThrow() + "/" + path.orElse(""))
                    .normalize();
        } else {
            directory = find(unit(linux, path), path, creator);
        }
        ControlGroup group = new ControlGroup(directory, settings);
        return group.make() ? Optional.of(group) : Optional.empty();
    }

    /** A name of a unit: slice, prefix and name. */
    private record Unit(Optional<String> slice, String scope) {}

    private Unit unit(ConfigNode linux, Optional<String> path) throws CorruptDataException {
        String[] words = path.orElse("").split(":", -1);
        if (words.length != 3) {
            return new Unit(Optional.empty(), "jrun-" + id.replaceAll("[^A-Za-z0-9_.-]", "_") + ".scope");
        }
        String scope = (words[1].isEmpty() ? "" : words[1] + "-") + words[2];
        if (!scope.matches(NAME) || !words[0].matches(NAME + "|") || scope.endsWith(".slice")) {
            throw linux.required("cgroupsPath").malformed("no SLICE:PREFIX:NAME of a scope");
        }
        return new Unit(words[0].isEmpty() ? Optional.empty() : Optional.of(words[0]), scope + ".scope");
    }

    private Path find(Unit unit, Optional<String> path, long creator) throws JrunException {
        Optional<Hierarchy> hierarchy = hierarchy();
        boolean job = hierarchy.isPresent() && hierarchy.get().own().toString().matches(".*/job_[0-9]+(/.*)?");
        if (isRealRoot() && !job && Files.exists(SYSTEM_BUS)) {
            return scope(new SystemdScope(SYSTEM_BUS, unit.scope(), unit.slice()), creator);
        }
        PlaceFinder.Caller caller =
                new PlaceFinder.Caller(facts.hostUid(), runtimeDirectory(), variable("SLURM_JOB_ID"));
        CgroupPlace place = new PlaceFinder(hierarchy, caller).find(limits());
        if (place instanceof CgroupPlace.Scope scope) {
            return scope(new SystemdScope(Path.of(scope.bus().toString()), unit.scope(), unit.slice()), creator);
        }
        String relative = path.filter(text -> !text.contains(":")).orElse(unit.scope());
        Path parent = Path.of(((CgroupPlace.Directory) place).path().toString());
        Path directory = parent.resolve(relative).normalize();
        if (!directory.startsWith(parent) || directory.equals(parent)) {
            throw new CorruptDataException(Failure.of(
                            "read config.json", "linux.cgroupsPath is a path out of the caller's part of the hierarchy")
                    .hint("see the OCI runtime-spec, config-linux.md, \"Cgroups Path\""));
        }
        return directory;
    }

    private boolean isRealRoot() {
        return facts.uid() == 0 && facts.initialUserNamespace();
    }

    private Optional<Path> runtimeDirectory() {
        return variable("XDG_RUNTIME_DIR").filter(text -> text.startsWith("/")).map(Path::of);
    }

    private Optional<String> variable(String name) {
        return Optional.ofNullable(environment.get(name)).filter(text -> !text.isEmpty());
    }

    private static Optional<Hierarchy> hierarchy() throws JrunException {
        try {
            return Hierarchy.read(Path.of("/"), "self");
        } catch (IOException e) {
            throw new HostUnsupportedException(
                    Failure.of("find the own cgroup", FileFailure.cause(e)).hint("mount proc on /proc"), e);
        }
    }

    /** Those of controllers that a place is asked for; others show when they are written. */
    private List<Limit> limits() {
        List<Limit> limits = new ArrayList<>();
        for (Map.Entry<String, String> each : settings.entrySet()) {
            String word = each.getKey().substring(0, Math.max(0, each.getKey().indexOf('.')));
            for (Controller controller : Controller.values()) {
                if (controller.name().toLowerCase(Locale.ROOT).equals(word)) {
                    limits.add(new Limit(controller, each.getKey(), each.getValue(), "linux.resources"));
                }
            }
        }
        return limits;
    }

    private static Path scope(SystemdScope scope, long creator) throws JrunException {
        Path group = ControlGroup.MOUNT.resolve("." + scope.make(creator)).normalize();
        try {
            Path aside = Files.createDirectories(group.resolve("runtime"));
            Files.write(
                    aside.resolve("cgroup.procs"),
                    Long.toString(creator).getBytes(StandardCharsets.US_ASCII),
                    StandardOpenOption.WRITE);
        } catch (IOException e) {
            throw new StorageException(
                    Failure.of("make a group in the scope " + group, FileFailure.cause(e))
                            .hint("see docs/cgroups.md"),
                    e);
        }
        return group.resolve("container");
    }
}
