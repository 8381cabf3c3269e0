package io.jrun.runtime.oci;

import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
import io.jrun.error.HostUnsupportedException;
import io.jrun.error.JrunException;
import io.jrun.error.UsageException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.plan.LifecycleStep;
import io.jrun.runtime.plan.LifecycleStep.IdMaps;
import io.jrun.runtime.plan.LifecycleStep.Mapper;
import io.jrun.runtime.plan.PlanStep.IdRange;
import io.jrun.runtime.plan.PlanStep.Namespace;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** {@code linux.namespaces} and the maps of ids. Source: OCI runtime-spec 1.2, config-linux.md, "Namespaces". */
final class BundleNamespaces {

    private static final Map<String, Namespace> TYPES = Map.of(
            "pid", Namespace.PID,
            "network", Namespace.NET,
            "mount", Namespace.MOUNT,
            "ipc", Namespace.IPC,
            "uts", Namespace.UTS,
            "user", Namespace.USER,
            "cgroup", Namespace.CGROUP);

    /** As namespaces(7) calls them in /proc/PID/ns. */
    static final Map<String, Namespace> FILES = Map.of(
            "pid", Namespace.PID,
            "net", Namespace.NET,
            "mnt", Namespace.MOUNT,
            "ipc", Namespace.IPC,
            "uts", Namespace.UTS,
            "user", Namespace.USER,
            "cgroup", Namespace.CGROUP);

    private final RuntimeFacts facts;

    BundleNamespaces(RuntimeFacts facts) {
        this.facts = facts;
    }

    LifecycleStep.EnterNamespaces of(ConfigNode linux) throws JrunException {
        Map<Namespace, ByteString> joined = new EnumMap<>(Namespace.class);
        Set<Namespace> made = EnumSet.noneOf(Namespace.class);
        for (ConfigNode entry : linux.items("namespaces")) {
            String type = entry.required("type").text();
            Namespace namespace = TYPES.get(type);
            if (namespace == null) {
                throw type.equals("time")
                        ? entry.unsupported("time namespaces are not supported")
                        : entry.malformed("of the unknown type \"" + type + "\"");
            }
            if (made.contains(namespace) || joined.containsKey(namespace)) {
                throw entry.malformed("the second of type " + type);
            }
            String path = entry.string("path").orElse("");
            if (path.isEmpty()) {
                made.add(namespace);
            } else if (path.startsWith("/")) {
                joined.put(namespace, ByteString.of(path));
            } else {
                throw entry.required("path").malformed("not absolute");
            }
        }
        requireMount(made, joined);
        return new LifecycleStep.EnterNamespaces(joined, made, maps(linux, made));
    }

    private void requireMount(Set<Namespace> made, Map<Namespace, ByteString> joined) throws JrunException {
        if (!made.contains(Namespace.MOUNT) && !joined.containsKey(Namespace.MOUNT)) {
            throw new UsageException(Failure.of(
                            "use the bundle",
                            "linux.namespaces has no mount namespace, without which its root would be the host's")
                    .hint("add {\"type\": \"mount\"} to linux.namespaces"));
        }
        boolean user = made.contains(Namespace.USER) || joined.containsKey(Namespace.USER);
        if (!user && !facts.isPrivileged()) {
            throw new HostUnsupportedException(Failure.of(
                            "use the bundle",
                            "without root it takes a user namespace, and linux.namespaces has none (EPERM)")
                    .hint("unpack it with `umoci unpack --rootless`, or add {\"type\": \"user\"} and maps of ids"));
        }
    }

    private Optional<IdMaps> maps(ConfigNode linux, Set<Namespace> made) throws JrunException {
        List<IdRange> users = ranges(linux, "uidMappings");
        List<IdRange> groups = ranges(linux, "gidMappings");
        if (!made.contains(Namespace.USER)) {
            return Optional.empty(); // of a namespace that is joined, or of none: they were written, or say nothing
        }
        if (users.isEmpty() && groups.isEmpty()) {
            // Without any the namespace would have no user at all: the caller is its root, as with other runtimes.
            users = List.of(new IdRange(0, facts.uid(), 1));
            groups = List.of(new IdRange(0, facts.gid(), 1));
        }
        if (users.isEmpty() || groups.isEmpty()) {
            throw linux.malformed("without uidMappings or gidMappings, which a new user namespace needs");
        }
        return Optional.of(new IdMaps(users, groups, mapper(linux, users, groups)));
    }

    private Mapper mapper(ConfigNode linux, List<IdRange> users, List<IdRange> groups) throws JrunException {
        if (facts.isPrivileged()) {
            return new Mapper.Privileged();
        }
        if (isOnly(users, facts.uid()) && isOnly(groups, facts.gid())) {
            return new Mapper.Self();
        }
        if (facts.userMapper().isEmpty() || facts.groupMapper().isEmpty()) {
            throw new HostUnsupportedException(Failure.of(
                            "use the bundle",
                            linux.name() + ".uidMappings asks for more ids than the caller's own,"
                                    + " and this host has no newuidmap and newgidmap (ENOENT)")
                    .hint("ask an administrator for the package uidmap (Debian) or shadow-utils (Red Hat, SUSE)"));
        }
        return new Mapper.Programs(facts.userMapper().get(), facts.groupMapper().get());
    }

    private static boolean isOnly(List<IdRange> ranges, long id) {
        return ranges.size() == 1 && ranges.get(0).count() == 1 && ranges.get(0).outside() == id;
    }

    private static List<IdRange> ranges(ConfigNode linux, String key) throws CorruptDataException {
        List<IdRange> ranges = new ArrayList<>();
        for (ConfigNode entry : linux.items(key)) {
            entry.required("containerID");
            entry.required("hostID");
            if (entry.required("size").number() <= 0) {
                throw entry.required("size").malformed("no number of ids");
            }
            ranges.add(new IdRange(
                    entry.id("containerID"),
                    entry.id("hostID"),
                    entry.required("size").number()));
        }
        return ranges;
    }

    /** Whether setgroups(2) can be used inside. */
    boolean setsGroups(LifecycleStep.EnterNamespaces namespaces) {
        if (namespaces.maps().isPresent()) {
            return !(namespaces.maps().get().mapper() instanceof Mapper.Self);
        }
        return !facts.groupsFixed() && !namespaces.joined().containsKey(Namespace.USER);
    }
}
