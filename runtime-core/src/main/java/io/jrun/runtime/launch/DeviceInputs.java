package io.jrun.runtime.launch;

import io.jrun.error.JrunException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.device.DeviceNode;
import io.jrun.runtime.device.DeviceSet;
import io.jrun.runtime.host.HostTree.Use;
import io.jrun.runtime.host.KernelFiles;
import io.jrun.runtime.host.Observations;
import io.jrun.runtime.host.Observations.Absent;
import io.jrun.runtime.host.Observations.Listed;
import io.jrun.runtime.host.Observations.Observation;
import io.jrun.runtime.host.Observations.Opened;
import io.jrun.runtime.host.Observations.Read;
import io.jrun.runtime.plan.PlanInput;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Which of the answers that a discovery got a later start has to compare, and how: few enough that it costs a start
 * microseconds. A directory's time tells of files that come and go in it, as all package managers and driver installers
 * make them; files of the kernel have no times, so there the names or the content count.
 */
final class DeviceInputs {

    /** What the kernel reads at once, and the starter compares. Source: plan.h, PLAN_CHECK_CONTENT. */
    private static final int MAX_CONTENT = 4095;

    private static final ByteString BOOT = ByteString.of("/proc/sys/kernel/random/boot_id");

    private final DeviceSet set;
    private final boolean forAllRanks;
    private final ByteString driverRoot;
    private final Set<PlanInput> inputs = new LinkedHashSet<>();

    /** @param forAllRanks whether each device that may be opened is given, so that it does not matter which these are */
    DeviceInputs(DeviceSet set, boolean forAllRanks, ByteString driverRoot) {
        this.set = set;
        this.forAllRanks = forAllRanks;
        this.driverRoot = driverRoot;
    }

    List<PlanInput> of(Observations host, Observations image) {
        Set<ByteString> listed = new LinkedHashSet<>();
        boolean kernelTold = false;
        for (Observation each : host.all()) {
            if (each instanceof Listed directory) {
                listed.add(directory.path());
                addListed(directory);
            } else if (each instanceof Read file) {
                kernelTold |= addRead(file);
            }
        }
        for (Observation each : host.all()) {
            if (each instanceof Absent absent && !listed.contains(parent(absent.path()))) {
                inputs.add(new PlanInput.File(absent.path(), Optional.empty()));
            }
        }
        if (kernelTold) {
            // What else the kernel tells of its devices holds until it starts again.
            inputs.addAll(boot());
        }
        addOpened(host);
        addImage(image);
        return new ArrayList<>(inputs);
    }

    private static List<PlanInput> boot() {
        try {
            Optional<byte[]> content = new KernelFiles().read(BOOT, MAX_CONTENT);
            return content.isPresent() ? List.of(new PlanInput.Content(BOOT, ByteString.of(content.get()))) : List.of();
        } catch (JrunException unreadable) {
            return List.of();
        }
    }

    private void addListed(Listed directory) {
        inputs.add(
                isOfKernel(directory.path())
                        ? new PlanInput.Names(directory.path(), directory.names())
                        : PlanInput.File.of(directory.path(), directory.status()));
    }

    /** Whether the kernel told more than a version. */
    private boolean addRead(Read file) {
        if (!isOfKernel(file.path())) {
            inputs.add(PlanInput.File.of(file.path(), file.status()));
            return false;
        }
        boolean version = file.path().toString().endsWith("/version");
        if (version && file.content().isPresent()) {
            inputs.add(new PlanInput.Content(file.path(), file.content().get()));
            return false;
        }
        return true;
    }

    private boolean isOfKernel(ByteString path) {
        String text = path.toString();
        return driverRoot.equals(ByteString.of("/")) && (text.startsWith("/proc/") || text.startsWith("/sys/"));
    }

    private void addOpened(Observations host) {
        List<ByteString> granted = new ArrayList<>();
        List<ByteString> refused = new ArrayList<>();
        boolean shown = forAllRanks && driverRoot.equals(ByteString.of("/"));
        for (Observation each : host.all()) {
            if (each instanceof Opened opened && !shown) {
                boolean writing = opened.use() == Use.READING_AND_WRITING;
                inputs.add(new PlanInput.Access(List.of(opened.path()), writing, opened.granted()));
            } else if (each instanceof Opened opened && opened.use() == Use.READING_AND_WRITING) {
                (opened.granted() ? granted : refused).add(opened.path());
            }
        }
        List<ByteString> given = new ArrayList<>();
        for (DeviceNode node : set.nodes()) {
            ByteString path = ByteString.of(node.hostPath());
            if (granted.contains(path) && isGpu(path)) {
                given.add(path);
            }
        }
        List<ByteString> gpus = new ArrayList<>(given);
        for (ByteString path : refused) {
            if (isGpu(path)) {
                gpus.add(path);
            }
        }
        if (!gpus.isEmpty()) {
            inputs.add(new PlanInput.Access(gpus, true, !given.isEmpty()));
        }
    }

    /** The nodes by which GPUs are recognised: nvidia0, renderD128. */
    private static boolean isGpu(ByteString path) {
        return path.toString().matches(".*/dev/(nvidia[0-9]+|dri/renderD[0-9]+)");
    }

    private void addImage(Observations image) {
        for (Observation each : image.all()) {
            if (each instanceof Listed directory) {
                inputs.add(PlanInput.File.of(directory.path(), directory.status()));
            } else if (each instanceof Read file) {
                inputs.add(PlanInput.File.of(file.path(), file.status()));
            } else if (each instanceof Absent absent && isLoaderFile(absent.path())) {
                inputs.add(new PlanInput.File(absent.path(), Optional.empty()));
            }
        }
    }

    /** The rest of what an image lacks is asked for by the comparison of versions alone, which only warns. */
    private static boolean isLoaderFile(ByteString path) {
        String text = path.toString();
        return text.contains("/etc/ld") || text.contains("/compat");
    }

    private static ByteString parent(ByteString path) {
        String text = path.toString();
        return ByteString.of(text.substring(0, Math.max(1, text.lastIndexOf('/'))));
    }
}
