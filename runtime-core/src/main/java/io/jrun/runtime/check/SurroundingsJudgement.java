package io.jrun.runtime.check;

import io.jrun.runtime.check.Evidence.Cgroup;
import io.jrun.runtime.check.Evidence.Devices;
import io.jrun.runtime.check.Evidence.Fuse;
import io.jrun.runtime.check.Evidence.JavaRuntime;
import io.jrun.runtime.check.Evidence.Job;
import io.jrun.runtime.check.Evidence.Specs;
import io.jrun.runtime.check.Trial.NotTried;
import io.jrun.runtime.check.Trial.Refused;
import io.jrun.runtime.host.CheckLine;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** FUSE, control groups, devices, the scheduler and Java. */
final class SurroundingsJudgement {

    private static final String WITHOUT_FUSE = "; containers made by `jrun create` need none of it";

    /** What systemd delegates to users unless a site says otherwise. */
    private static final List<String> USUAL = List.of("memory", "cpu", "pids");

    private SurroundingsJudgement() {}

    static Finding fuse(Fuse fuse) {
        String key = CheckLine.FUSE.key();
        String subject = "image files by FUSE";
        if (fuse.device() instanceof Refused refused) {
            return Finding.limited(
                    key,
                    subject,
                    "cannot be mounted: " + refused.words(),
                    "ask an administrator for: modprobe fuse; chmod 666 /dev/fuse" + WITHOUT_FUSE);
        }
        if (fuse.helper().isEmpty()) {
            return Finding.limited(
                    key,
                    subject,
                    "neither squashfuse_ll nor squashfuse is in PATH",
                    "install squashfuse" + WITHOUT_FUSE);
        }
        Path helper = fuse.helper().get();
        if (fuse.device() instanceof NotTried untried) {
            return Finding.limited(key, subject, "not tried: " + untried.reason(), "mend that, and check again");
        }
        if (!helper.endsWith("squashfuse_ll")) {
            return Finding.limited(
                    key,
                    subject,
                    helper + " works, with one thread only",
                    "install squashfuse_ll, which uses all cores");
        }
        return Finding.ok(key, subject, "mounted in a user namespace, " + helper);
    }

    static Finding cgroup(Cgroup cgroup) {
        String key = CheckLine.CGROUP.key();
        String subject = "control groups";
        if (!cgroup.unified()) {
            return Finding.limited(
                    key,
                    subject,
                    "version 2 is not mounted on /sys/fs/cgroup",
                    "limits stay with the scheduler; for more, boot with systemd.unified_cgroup_hierarchy=1");
        }
        String settable = String.join(" ", cgroup.settable());
        if (!cgroup.held().isEmpty()) {
            return Finding.ok(key, subject, "version 2, Slurm limits this job: " + String.join(" ", cgroup.held()));
        }
        if (cgroup.settable().isEmpty()) {
            return Finding.limited(
                    key,
                    subject,
                    "version 2, without a place for limits: " + cgroup.obstacle(),
                    "limits stay with the scheduler; for more, see docs/cgroups.md");
        }
        String found = "version 2, " + settable + " can be limited in " + cgroup.place();
        if (cgroup.settable().containsAll(USUAL)) {
            String others = String.join(" ", cgroup.missing());
            return Finding.ok(key, subject, found + (others.isEmpty() ? "" : "; not delegated: " + others));
        }
        return Finding.limited(
                key,
                subject,
                found + ", not " + String.join(" ", cgroup.missing()),
                "ask an administrator for \"Delegate=cpu cpuset io memory pids\" in"
                        + " /etc/systemd/system/user@.service.d/delegate.conf");
    }

    static Finding specs(Specs specs) {
        String subject = "CDI specs";
        if (!specs.failures().isEmpty()) {
            return Finding.limited(
                    "cdi",
                    subject,
                    "not all can be used: " + String.join("; ", specs.failures()),
                    "correct or remove those files; `jrun cdi generate` writes a new one");
        }
        int count = specs.devices().size();
        return Finding.ok("cdi", subject, count == 0 ? "none on this host" : count + " devices");
    }

    static Finding devices(Devices devices) {
        String key = "devices." + devices.key();
        if (devices.nodes().isEmpty() && !devices.driver()) {
            return Finding.ok(key, devices.subject(), "none on this host");
        }
        if (devices.nodes().isEmpty() || !devices.absent().isEmpty()) {
            String what = devices.absent().isEmpty() ? "device nodes" : join(devices.absent());
            String mend = devices.key().equals("nvidia")
                    ? "ask an administrator for: nvidia-modprobe -c 0 -u"
                    : "ask the scheduler for the device, or an administrator for its nodes";
            return Finding.limited(key, devices.subject(), "the driver is loaded, but without " + what, mend);
        }
        if (!devices.refused().isEmpty()) {
            return Finding.limited(
                    key,
                    devices.subject(),
                    "you may not open " + join(devices.refused()),
                    "ask an administrator for the group of that node (ls -l), or the scheduler for the device");
        }
        return Finding.ok(key, devices.subject(), join(devices.nodes()));
    }

    private static String join(List<Path> nodes) {
        List<String> names = new ArrayList<>();
        nodes.forEach(node -> names.add(node.toString()));
        return String.join(" ", names);
    }

    static Finding job(Job job) {
        if (job.id().isPresent()) {
            String step = job.step().map(number -> ", step " + number).orElse("");
            return Finding.ok("slurm", "Slurm", "job " + job.id().get() + step);
        }
        if (!job.installed()) {
            return Finding.ok("slurm", "Slurm", "none on this host");
        }
        String plugin = job.plugin()
                ? ", lib/slurm/jrun.so is there for srun --container-image"
                : ", no lib/slurm/jrun.so: `srun jrun start` works, `srun --container-image` does not";
        return Finding.ok("slurm", "Slurm", "installed, this is no job" + plugin);
    }

    static Finding java(JavaRuntime java) {
        String key = "java";
        String what = "Java " + java.version() + " in " + java.home();
        if (!java.archiveUsed()) {
            String why = java.archiveThere()
                    ? "does not use lib/jrun.jsa, which another Java made"
                    : "finds no lib/jrun.jsa";
            return Finding.limited(
                    key,
                    "Java",
                    what + " " + why + ": commands start slower",
                    "install jrun again with this Java, or set JAVA_HOME to the Java it was installed with");
        }
        return Finding.ok(key, "Java", what + " with the class-data archive");
    }
}
