package io.jrun.runtime.launch;

import io.jrun.posix.ByteString;
import io.jrun.runtime.host.FileKind;
import io.jrun.runtime.host.HostFiles;
import io.jrun.runtime.plan.PlanInput;
import io.jrun.runtime.plan.PlanStep;
import io.jrun.runtime.plan.PlanStep.BindMount;
import io.jrun.runtime.plan.PlanStep.MountTmpfs;
import io.jrun.runtime.plan.PlanStep.Namespace;
import io.jrun.runtime.plan.PlanStep.ShowNamespace;
import io.jrun.runtime.plan.PlannedStart.PointKind;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * What shows the namespaces of the container's own, in place of what shows the host's: a process that is apart and sees
 * the others' files about it would be misled by them.
 */
final class NamespaceMounts {

    private static final ByteString PROC = ByteString.of("/proc");
    private static final ByteString SYS = ByteString.of("/sys");
    private static final ByteString DEV = ByteString.of("/dev");
    private static final ByteString SHM = ByteString.of("/dev/shm");
    private static final ByteString MQUEUE = ByteString.of("/dev/mqueue");
    private static final ByteString CGROUPS = ByteString.of("/sys/fs/cgroup");

    private final Set<Namespace> namespaces;
    private final HostFiles files;
    private final List<PlanInput> inputs;
    private final List<PlanStep> steps = new ArrayList<>();

    /** @param inputs takes what was found on the host */
    NamespaceMounts(Set<Namespace> namespaces, HostFiles files, List<PlanInput> inputs) {
        this.namespaces = namespaces;
        this.files = files;
        this.inputs = inputs;
    }

    List<PlanStep> among(List<PlanStep> planned) {
        for (PlanStep step : planned) {
            if (step instanceof BindMount bind && isDefault(bind)) {
                addDefault(bind);
            } else {
                steps.add(step);
            }
        }
        return steps;
    }

    /** A mount that the caller asked for stays as he asked for it. */
    private static boolean isDefault(BindMount bind) {
        return bind.source().equals(bind.target()) && bind.origin().equals("default");
    }

    private void addDefault(BindMount bind) {
        Optional<PlanStep> own = instead(bind.target());
        if (own.isPresent()) {
            steps.add(own.get());
            return;
        }
        steps.add(bind);
        if (bind.target().equals(SYS) && namespaces.contains(Namespace.CGROUP) && hasCgroups()) {
            steps.add(new ShowNamespace(Namespace.CGROUP, CGROUPS, "option --cgroupns"));
        } else if (bind.target().equals(DEV)) {
            addWhereItIs(SHM);
            addWhereItIs(MQUEUE);
        }
    }

    /** Empty for what is the same in all namespaces. */
    private Optional<PlanStep> instead(ByteString place) {
        if (place.equals(PROC) && namespaces.contains(Namespace.PID)) {
            return Optional.of(new ShowNamespace(Namespace.PID, PROC, "option --pid"));
        }
        if (place.equals(SHM) && namespaces.contains(Namespace.IPC)) {
            return Optional.of(new MountTmpfs(SHM, OptionalLong.empty(), 01777, "option --ipc"));
        }
        if (place.equals(MQUEUE) && namespaces.contains(Namespace.IPC)) {
            return Optional.of(new ShowNamespace(Namespace.IPC, MQUEUE, "option --ipc"));
        }
        return Optional.empty();
    }

    /** Below the host's /dev, as shown. */
    private void addWhereItIs(ByteString place) {
        Optional<PlanStep> own = instead(place);
        FileKind kind = own.isPresent() ? files.lstat(place).kind() : FileKind.UNKNOWN;
        if (own.isPresent() && kind == FileKind.DIRECTORY) {
            inputs.add(new PlanInput.Presence(place, PointKind.DIRECTORY));
            steps.add(own.get());
        } else if (kind == FileKind.MISSING) {
            inputs.add(new PlanInput.File(place, Optional.empty()));
        }
    }

    /** Hosts with several hierarchies show each below that place, and the namespace does not change where they are. */
    private boolean hasCgroups() {
        Optional<String> type = files.fileSystemType(CGROUPS);
        return type.isPresent() && type.get().equals("cgroup2");
    }
}
