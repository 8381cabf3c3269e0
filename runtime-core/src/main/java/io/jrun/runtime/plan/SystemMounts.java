package io.jrun.runtime.plan;

import io.jrun.error.JrunException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.host.FileKind;
import io.jrun.runtime.host.HostFiles;
import io.jrun.runtime.host.RootfsResolver.Resolved;
import io.jrun.runtime.plan.PlanStep.Restriction;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What every start shows of the host: its kernel's file systems and its /tmp, but for those whose place the caller wants
 * for something else, and the files of its /etc that a process needs to find its way.
 */
final class SystemMounts {

    /** In the order of their mounts. */
    private static final List<String> CONFIG_FILES =
            List.of("/etc/resolv.conf", "/etc/hosts", "/etc/hostname", "/etc/machine-id");

    private static final String LOCALTIME = "/etc/localtime";
    private static final String ZONES = "/usr/share/zoneinfo/";

    private final HostFiles files;
    private final MountPlanner mounts;
    private final RequestedMounts requested;
    private final PlanInputs inputs;
    private String timeZone = "";

    SystemMounts(HostFiles files, MountPlanner mounts, RequestedMounts requested, PlanInputs inputs) {
        this.files = files;
        this.mounts = mounts;
        this.requested = requested;
        this.inputs = inputs;
    }

    /** Plans them, in front of all others. */
    void plan(DevicePlanner devices) throws JrunException {
        planFileSystem("/proc", Set.of());
        planFileSystem("/sys", Set.of(Restriction.READ_ONLY));
        if (requested.leavesFree("/dev") && devices.needsOwnDev()) {
            devices.planOwnDev();
        } else {
            planFileSystem("/dev", Set.of());
        }
        planFileSystem("/tmp", Set.of());
        for (String path : CONFIG_FILES) {
            planHostFile(path);
        }
        planTimeZone();
    }

    /** The host's zone by its name, where the image's own database has it; else "". */
    String timeZone() {
        return timeZone;
    }

    private void planFileSystem(String path, Set<Restriction> restrictions) throws JrunException {
        if (requested.leavesFree(path)) {
            mounts.addDefault(path, restrictions, "default");
        }
    }

    private void planHostFile(String path) throws JrunException {
        if (requested.exclusions().excludes(path)) {
            return;
        }
        if (files.stat(ByteString.of(path)).kind() == FileKind.REGULAR) {
            mounts.addConfigFile(path, "host");
        } else {
            inputs.add(new PlanInput.File(ByteString.of(path), Optional.empty()));
        }
    }

    /**
     * An image whose /etc/localtime leads into its time zone database gets the host's zone by name: a mount would land on
     * a zone of the database and give that name a wrong meaning.
     */
    private void planTimeZone() throws JrunException {
        if (requested.exclusions().excludes(LOCALTIME)) {
            return;
        }
        Resolved inside = mounts.look(ByteString.of(LOCALTIME));
        if (!inside.throughLink()) {
            planHostFile(LOCALTIME);
            return;
        }
        inputs.addFile(ByteString.of(LOCALTIME));
        Optional<String> zone = hostZone();
        if (zone.isPresent() && mounts.look(ByteString.of(ZONES + zone.get())).kind() == FileKind.REGULAR) {
            timeZone = zone.get();
        }
    }

    private Optional<String> hostZone() {
        Optional<ByteString> link = files.readLink(ByteString.of(LOCALTIME));
        String target = link.isPresent() ? link.get().toString() : "";
        int at = target.indexOf(ZONES);
        return at < 0 ? Optional.empty() : Optional.of(target.substring(at + ZONES.length()));
    }
}
