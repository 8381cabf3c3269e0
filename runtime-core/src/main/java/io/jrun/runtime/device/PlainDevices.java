package io.jrun.runtime.device;

import io.jrun.error.DeniedException;
import io.jrun.error.Failure;
import io.jrun.error.JrunException;
import io.jrun.error.NotFoundException;
import io.jrun.error.UsageException;
import io.jrun.runtime.host.FileKind;
import io.jrun.runtime.host.HostTree.Opening;
import io.jrun.runtime.host.HostTree.Use;
import io.jrun.runtime.host.RootedTree;
import java.util.List;

/** {@code --device /dev/x[:/dev/y[:rwm]]}, and the nodes of fast networks. */
public final class PlainDevices {

    private PlainDevices() {}

    /** Networks need no option where other devices are given: programs of several nodes need both. */
    public static void addFabrics(RootedTree host, DeviceSet.Builder set) {
        FabricScan.addTo(set, host);
    }

    /** Nodes of fast networks and of accelerators that are no GPUs, whoever may open them. */
    public static List<FabricNode> fabrics(RootedTree host) {
        return FabricScan.all(host);
    }

    /** @param text beginning with a slash; of a directory all nodes in it */
    public static void add(RootedTree host, String text, DeviceSet.Builder set) throws JrunException {
        String[] parts = text.split(":", -1);
        String source = parts[0];
        String target = parts.length > 1 && parts[1].startsWith("/") ? parts[1] : source;
        String rights = parts.length > 1 && !parts[parts.length - 1].startsWith("/") ? parts[parts.length - 1] : "rwm";
        if (parts.length > 3 || !rights.matches("[rwm]{1,3}") || source.contains("/../") || target.contains("/../")) {
            throw new UsageException(Failure.of("give --device " + text, "it is no device")
                    .hint("the form is /dev/NAME, /dev/NAME:/dev/NAME-INSIDE or /dev/NAME:/dev/NAME-INSIDE:rwm"));
        }
        FileKind kind = host.kind(source);
        if (kind == FileKind.DIRECTORY) {
            for (String name : host.list(source)) {
                if (host.deviceNumber(source + "/" + name).isPresent()) {
                    NodeRules.add(set, host, source + "/" + name, "--device " + text);
                }
            }
            return;
        }
        if (kind == FileKind.MISSING) {
            throw new NotFoundException(Failure.of("give --device " + text, "the host has no such device (ENOENT)")
                    .hint("`ls -l " + source.substring(0, source.lastIndexOf('/') + 1) + "` shows what is there"));
        }
        if (host.deviceNumber(source).isEmpty()) {
            throw new UsageException(Failure.of("give --device " + text, "it is no device node")
                    .hint("for files and directories use -v " + source + ":" + target));
        }
        Opening opening = host.tryOpen(source, rights.contains("w") ? Use.READING_AND_WRITING : Use.READING);
        if (!opening.isGranted()) {
            throw new DeniedException(Failure.of(
                            "give --device " + text,
                            "you may not open it: " + opening.refusal().orElse(""))
                    .hint("`ls -l " + source
                            + "` shows who may; within a job its cgroup may refuse: ask the scheduler"));
        }
        set.add(new DeviceNode(host.onHost(source), target, "--device " + text));
    }
}
