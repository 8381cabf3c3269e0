package io.jrun.runtime.cdi;

import io.jrun.error.DeniedException;
import io.jrun.error.Failure;
import io.jrun.error.JrunException;
import io.jrun.error.NotFoundException;
import io.jrun.runtime.device.CudaCompatibility;
import io.jrun.runtime.device.DeviceLink;
import io.jrun.runtime.device.DeviceNode;
import io.jrun.runtime.device.DeviceSet;
import io.jrun.runtime.device.DeviceVariable;
import io.jrun.runtime.device.FileBind;
import io.jrun.runtime.host.FileKind;
import io.jrun.runtime.host.HostTree.Opening;
import io.jrun.runtime.host.HostTree.Use;
import io.jrun.runtime.host.RootedTree;
import io.jrun.runtime.loader.ImageLibraries;
import io.jrun.runtime.loader.InjectedLibrary;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** From devices that specs describe to a device set. Host paths of specs are taken below the given root. */
final class CdiCompiler {

    /** Hooks about which nothing is to be done: they keep programs from making nodes, which they cannot here. */
    private static final Set<String> NEEDLESS_HOOKS =
            Set.of("disable-device-node-modification", "update-application-profile", "noop");

    private final RootedTree host;
    private final Optional<RootedTree> image;
    private final DeviceSet.Builder set;
    private final Set<CdiSpec> sharedDone = new LinkedHashSet<>();

    CdiCompiler(RootedTree host, Optional<RootedTree> image, DeviceSet.Builder set) {
        this.host = host;
        this.image = image;
        this.set = set;
    }

    void add(CdiRegistry registry, CdiName name) throws JrunException {
        CdiSpec spec = registry.find(name);
        ContainerEdits own = spec.devices().get(name.device());
        String reason = "--device " + name + " (" + spec.file() + ")";
        List<Opening> refused = new ArrayList<>();
        boolean any = addNodes(own, spec, reason, refused);
        if (!any && !refused.isEmpty()) {
            throw new DeniedException(Failure.of(
                            "give --device " + name,
                            "you may not open it: " + refused.get(0).refusal().orElse(""))
                    .hint("within a job ask the scheduler for it, with Slurm --gpus=1 or --gres=gpu:1"));
        }
        addRest(own, reason);
        if (sharedDone.add(spec)) {
            addNodes(spec.shared(), spec, reason, refused);
            addRest(spec.shared(), reason);
        }
    }

    /** Whether at least one opened. */
    private boolean addNodes(ContainerEdits edits, CdiSpec spec, String reason, List<Opening> refused)
            throws JrunException {
        boolean any = false;
        for (ContainerEdits.Node node : edits.deviceNodes()) {
            String source = node.hostPath().orElse(node.path());
            if (host.kind(source) == FileKind.MISSING) {
                throw new NotFoundException(Failure.of(
                                "give a device of the CDI spec " + spec.file(),
                                "its device node " + source + " is not on this host (ENOENT)")
                        .hint("the spec is older than the host's driver or hardware: make it anew with the vendor's"
                                + " generator or `jrun cdi generate`"));
            }
            Opening opening = open(node, source);
            if (opening.isGranted()) {
                set.add(new DeviceNode(host.onHost(source), node.path(), reason));
                any = true;
            } else {
                refused.add(opening);
                set.detail(source + " is left out: " + opening.refusal().orElse(""));
            }
        }
        return any;
    }

    /** Some nodes are for reading only, and specs do not say so. */
    private Opening open(ContainerEdits.Node node, String source) {
        if (node.permissions().filter(text -> !text.contains("w")).isPresent()) {
            return host.tryOpen(source, Use.READING);
        }
        Opening both = host.tryOpen(source, Use.READING_AND_WRITING);
        return both.isGranted() ? both : host.tryOpen(source, Use.READING);
    }

    private void addRest(ContainerEdits edits, String reason) {
        for (String variable : edits.env()) {
            int equals = variable.indexOf('=');
            set.add(new DeviceVariable(
                    variable.substring(0, equals), Optional.of(variable.substring(equals + 1)), reason));
        }
        Set<String> folders = new LinkedHashSet<>();
        edits.hooks().forEach(hook -> addHook(hook, folders, reason));
        edits.mounts().forEach(mount -> addMount(mount, folders, reason));
        edits.unsupported()
                .forEach(member -> set.detail(member + " of " + reason
                        + " is passed over: your groups are kept, and a rootless container can" + " get no others"));
    }

    private void addMount(ContainerEdits.Mount mount, Set<String> folders, String reason) {
        FileKind kind = host.kind(mount.hostPath());
        if (!kind.isPresent()) {
            set.warning(mount.hostPath() + " of " + reason
                    + " is left out: the host has no such file; is the spec older" + " than the driver?");
            return;
        }
        boolean directory = kind == FileKind.DIRECTORY;
        set.add(new FileBind(
                host.onHost(mount.hostPath()),
                mount.containerPath(),
                directory ? FileBind.Kind.DIRECTORY : FileBind.Kind.FILE,
                mount.options(),
                reason));
        if (!directory) {
            addLibrary(mount.hostPath(), mount.containerPath());
        } else if (folders.contains(mount.containerPath())) {
            host.list(mount.hostPath())
                    .forEach(name -> addLibrary(mount.hostPath() + "/" + name, mount.containerPath() + "/" + name));
        }
    }

    private void addLibrary(String source, String target) {
        String name = target.substring(target.lastIndexOf('/') + 1);
        if (name.startsWith("lib") && name.contains(".so")) {
            ImageLibraries.readLibrary(host, source).ifPresent(file -> {
                InjectedLibrary library = new InjectedLibrary(host.onHost(source), target, file);
                set.add(library);
                if (!library.soname().equals(name) && library.soname().indexOf('/') < 0) {
                    set.add(new DeviceLink(
                            target.substring(0, target.lastIndexOf('/') + 1) + library.soname(),
                            name,
                            "soname of " + name));
                }
            });
        }
    }

    private void addHook(ContainerEdits.Hook hook, Set<String> folders, String reason) {
        HookLine line = HookLine.of(hook);
        switch (line.command()) {
            case "create-symlinks" -> line.values("link").forEach(text -> addLink(text, reason));
            case "update-ldcache" -> folders.addAll(line.values("folder"));
            case "chmod" ->
                line.values("path")
                        .forEach(path -> set.mode(
                                path, line.values("mode").stream().findFirst().orElse("755")));
            case "enable-cuda-compat" ->
                line.values("host-driver-version").stream().findFirst().ifPresent(this::enableCompatibility);
            default -> {
                if (!NEEDLESS_HOOKS.contains(line.command())) {
                    set.warning("the hook " + hook.path() + " of " + reason + " is not run: jrun does what such hooks"
                            + " are for by itself, and does not know this one");
                }
            }
        }
    }

    private void addLink(String text, String reason) {
        int colons = text.indexOf("::");
        if (colons > 0 && text.startsWith("/", colons + 2)) {
            set.add(new DeviceLink(text.substring(colons + 2), text.substring(0, colons), reason));
        } else {
            set.warning("the link " + text + " of " + reason + " is left out: it is not TARGET::LINK");
        }
    }

    private void enableCompatibility(String driver) {
        Optional<CudaCompatibility> brought = image.flatMap(CudaCompatibility::of);
        if (brought.isPresent() && brought.get().refusal(driver, "").isEmpty()) {
            brought.get().libraries().forEach(set::add);
            set.detail("the image's compatibility libraries " + brought.get().version() + " go before the host's");
        }
    }
}
