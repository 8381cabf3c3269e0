package io.jrun.runtime.oci;

import io.jrun.error.CorruptDataException;
import io.jrun.error.JrunException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.host.FileKind;
import io.jrun.runtime.host.HostFiles;
import io.jrun.runtime.plan.LifecycleStep;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** {@code mounts} of a bundle. Source: OCI runtime-spec 1.2, config.md, "Mounts". */
final class BundleMounts {

    private static final Set<String> REFUSED = Set.of("idmap", "ridmap");

    private final HostFiles files;
    private final RuntimeFacts facts;
    private final String bundle;
    private final String rootfs;
    private final boolean hasPidNamespace;
    private final SecurityModules modules;

    BundleMounts(
            HostFiles files,
            RuntimeFacts facts,
            String bundle,
            String rootfs,
            boolean hasPidNamespace,
            SecurityModules modules) {
        this.files = files;
        this.facts = facts;
        this.bundle = bundle;
        this.rootfs = rootfs;
        this.hasPidNamespace = hasPidNamespace;
        this.modules = modules;
    }

    List<LifecycleStep.Mount> of(ConfigNode config) throws JrunException {
        List<LifecycleStep.Mount> mounts = new ArrayList<>();
        for (ConfigNode mount : config.items("mounts")) {
            for (String key : List.of("uidMappings", "gidMappings")) {
                if (!mount.items(key).isEmpty()) {
                    throw mount.required(key).unsupported("id-mapped mounts are not supported");
                }
            }
            mounts.add(mount(mount, config.object("linux")));
        }
        return mounts;
    }

    /** Whether a mount brings a /dev of the host's, in which nothing is to be made. */
    static boolean bindsDev(List<LifecycleStep.Mount> mounts) {
        boolean binds = false;
        for (LifecycleStep.Mount mount : mounts) {
            if (mount.target().equals(ByteString.of("/dev"))) {
                binds = (mount.set() & MountOptionTable.MS_BIND) != 0;
            }
        }
        return binds;
    }

    private LifecycleStep.Mount mount(ConfigNode mount, ConfigNode linux) throws JrunException {
        String destination = mount.required("destination").text();
        Options options = new Options();
        for (ConfigNode option : mount.items("options")) {
            options.take(option, destination);
        }
        String type = mount.string("type").orElse("");
        String source = mount.string("source").orElse("");
        if (type.equals("bind") && (options.set & MountOptionTable.MS_BIND) == 0) {
            options.set |= MountOptionTable.MS_BIND;
        }
        if (type.equals("cgroup") && (options.set & MountOptionTable.MS_BIND) == 0) {
            type = "cgroup2";
            if (facts.controlGroup().isEmpty()) {
                source = "/sys/fs/cgroup";
                options.set |= MountOptionTable.MS_BIND | MountOptionTable.MS_REC;
            }
        }
        boolean bind = (options.set & MountOptionTable.MS_BIND) != 0;
        if (!bind) {
            modules.mountOption(linux, type).ifPresent(options.data::add);
        }
        if (bind && source.isEmpty()) {
            throw mount.malformed("without a source, which a bind mount needs");
        }
        if (bind && !source.startsWith("/")) {
            source = bundle + "/" + source;
        }
        return new LifecycleStep.Mount(
                ByteString.of(source.isEmpty() ? type : source),
                ByteString.of(destination.startsWith("/") ? destination : "/" + destination),
                ByteString.of(bind ? "" : type),
                options.set,
                options.cleared,
                options.recursivelySet,
                options.recursivelyCleared,
                ByteString.of(bind ? "" : String.join(",", options.data)),
                options.propagation,
                bind && isFile(source),
                bind ? Optional.empty() : instead(type));
    }

    private boolean isFile(String source) {
        FileKind kind = files.stat(ByteString.of(source)).kind();
        return kind.isPresent() && kind != FileKind.DIRECTORY;
    }

    /** What shows the same where the namespace that a file system belongs to is the host's. */
    private Optional<ByteString> instead(String type) {
        return switch (type) {
            case "sysfs" -> Optional.of(ByteString.of("/sys"));
            case "mqueue" -> Optional.of(ByteString.of("/dev/mqueue"));
            case "cgroup2" -> Optional.of(ByteString.of("/sys/fs/cgroup"));
            case "proc" -> hasPidNamespace ? Optional.empty() : Optional.of(ByteString.of("/proc"));
            default -> Optional.empty();
        };
    }

    private final class Options {
        private int set;
        private int cleared;
        private int recursivelySet;
        private int recursivelyCleared;
        private final List<Integer> propagation = new ArrayList<>();
        private final List<String> data = new ArrayList<>();

        private void take(ConfigNode option, String destination) throws JrunException {
            String text = option.text();
            if (MountOptionTable.SET.containsKey(text)) {
                set |= MountOptionTable.SET.get(text);
                cleared &= ~MountOptionTable.SET.get(text);
            } else if (MountOptionTable.CLEARED.containsKey(text)) {
                cleared |= MountOptionTable.CLEARED.get(text);
                set &= ~MountOptionTable.CLEARED.get(text);
            } else if (MountOptionTable.PROPAGATION.containsKey(text)) {
                propagation.add(MountOptionTable.PROPAGATION.get(text));
            } else if (!takeRecursive(text)) {
                takeOther(option, text, destination);
            }
        }

        private boolean takeRecursive(String text) {
            Map<String, Integer> all = MountOptionTable.RECURSIVELY_SET;
            if (all.containsKey(text)) {
                recursivelySet |= all.get(text);
                if ((all.get(text) & MountOptionTable.RECURSIVE_TIMES) != 0) {
                    recursivelyCleared |= MountOptionTable.RECURSIVE_TIMES;
                }
            } else if (MountOptionTable.RECURSIVELY_CLEARED.containsKey(text)) {
                recursivelyCleared |= MountOptionTable.RECURSIVELY_CLEARED.get(text);
            } else {
                return false;
            }
            return true;
        }

        private void takeOther(ConfigNode option, String text, String destination) throws JrunException {
            if (REFUSED.contains(text)) {
                throw option.unsupported("id-mapped mounts are not supported");
            }
            if (text.equals("tmpcopyup")) {
                refuseCopy(option, destination);
            } else if (!MountOptionTable.WITHOUT_EFFECT.contains(text)) {
                data.add(text);
            }
        }

        /** Where there is nothing to copy the option asks for nothing. */
        private void refuseCopy(ConfigNode option, String destination) throws JrunException {
            ByteString covered = ByteString.of(rootfs + "/" + destination);
            FileKind kind = files.lstat(covered).kind();
            if (kind != FileKind.MISSING
                    && (kind != FileKind.DIRECTORY || !files.list(covered).isEmpty())) {
                throw option.unsupported("what the image has at " + destination + " cannot be copied into a tmpfs");
            }
        }
    }

    /** MS_* of {@code linux.rootfsPropagation}; empty when unset. */
    static Optional<Integer> rootPropagation(ConfigNode linux) throws CorruptDataException {
        Optional<String> name = linux.string("rootfsPropagation");
        if (name.isEmpty() || name.get().isEmpty()) {
            return Optional.empty();
        }
        Integer flags = MountOptionTable.PROPAGATION.get(name.get());
        if (flags == null) {
            throw linux.required("rootfsPropagation").malformed("\"" + name.get() + "\", no propagation");
        }
        return Optional.of(flags);
    }
}
