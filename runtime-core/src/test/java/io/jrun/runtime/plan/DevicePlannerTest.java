package io.jrun.runtime.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.JrunException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.device.DeviceLink;
import io.jrun.runtime.device.DeviceNode;
import io.jrun.runtime.device.DeviceSet;
import io.jrun.runtime.device.DeviceVariable;
import io.jrun.runtime.device.FileBind;
import io.jrun.runtime.plan.PlanStep.BindMount;
import io.jrun.runtime.plan.StartOptions.RootAccess;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** A device set as mounts and files of a plan. */
class DevicePlannerTest extends PlannedStarts {

    private final DeviceSet.Builder set = DeviceSet.builder();

    private PlannedStart planned() throws JrunException {
        devices = new Devices(set.build(), List.of());
        return plan();
    }

    @Override
    List<BindMount> binds() throws JrunException {
        return planned().plan().steps().stream()
                .filter(BindMount.class::isInstance)
                .map(BindMount.class::cast)
                .toList();
    }

    private DeviceNode node(String host, String path) {
        files.file(host, "");
        return new DeviceNode(host, path, "asked for");
    }

    @Test
    void whatTheHostsDevShowsNeedsNoMount() throws Exception {
        set.add(node("/dev/nvidia0", "/dev/nvidia0"));

        assertTrue(planned()
                .plan()
                .steps()
                .contains(new PlanStep.Shown(
                        "device", ByteString.of("/dev/nvidia0"), ByteString.of("/dev/nvidia0"), "asked for")));
        assertTrue(binds().stream().noneMatch(bind -> bind.target().toString().contains("nvidia")));
    }

    @Test
    void whatAChoiceLeavesOutIsClosed() throws Exception {
        set.add(node("/dev/nvidia0", "/dev/nvidia0")).hide(node("/dev/nvidia1", "/dev/nvidia1"));

        BindMount closed = binds().get(binds().size() - 3);
        assertEquals(ByteString.of("/dev/nvidia1"), closed.target());
        assertEquals(Set.of(PlanStep.Restriction.NO_DEVICES), closed.restrictions());
    }

    @Test
    void aNodeThatTheHostsDevDoesNotShowBringsADevOfItsOwn() throws Exception {
        files.file("/dev/null", "");
        set.add(node("/driver/dev/nvidia0", "/dev/nvidia0"));

        List<String> targets =
                binds().stream().map(bind -> bind.target().toString()).toList();
        BindMount dev = binds().get(targets.indexOf("/dev"));
        assertEquals(planned().sideDirectory().orElseThrow().plus(ByteString.of("/dev")), dev.source());
        assertTrue(targets.containsAll(List.of("/dev/null", "/dev/nvidia0")), targets.toString());
        assertTrue(planned()
                .links()
                .contains(new PlannedStart.Link(dev.source(), ByteString.of("/fd"), ByteString.of("/proc/self/fd"))));
    }

    @Test
    void withoutTheHostsDevANodeHasItsMountPointInTheRoot() throws Exception {
        more = options -> options.withoutMounts(List.of(ByteString.of("dev")));
        set.add(node("/dev/nvidia0", "/dev/nvidia0"));

        assertTrue(
                planned().mountPoints().stream().anyMatch(point -> point.path().equals(ByteString.of("/dev/nvidia0"))));
    }

    @Test
    void fiftyLibrariesOfOneDirectoryAreTwoMounts() throws Exception {
        for (int i = 0; i < 50; i++) {
            String name = "libnvidia-" + i + ".so.570.1";
            set.add(FileBind.file("/usr/lib/" + name, "/usr/local/nvidia/lib64/" + name, "driver library"));
        }
        set.add(new DeviceLink("/usr/local/nvidia/lib64/libnvidia-0.so.1", "libnvidia-0.so.570.1", "soname"));
        files.directory("/usr/lib");

        List<BindMount> ours = binds().stream()
                .filter(bind -> bind.target().toString().contains("nvidia"))
                .toList();
        assertEquals(2, ours.size());
        assertEquals(ByteString.of("/usr/lib"), ours.get(1).source());
        assertTrue(planned()
                .links()
                .contains(new PlannedStart.Link(
                        ours.get(0).source(),
                        ByteString.of("/libnvidia-7.so.570.1"),
                        ByteString.of(".driver0/libnvidia-7.so.570.1"))));
    }

    @Test
    void aPlaceThatIsNoneIsTold() throws Exception {
        files.file("/usr/bin/tool", "");
        set.add(FileBind.file("/usr/bin/tool", "/etc/passwd/tool", "driver program"));

        assertTrue(planned().notes().stream().anyMatch(note -> note.text().contains("/etc/passwd/tool is left out")));
    }

    @Test
    void linksOfASpecLieInALayerAndNeverReplaceFilesOfAWritableContainer() throws Exception {
        set.add(new DeviceLink("/data/link", "target", "spec")).add(new DeviceLink("/data/file", "target", "spec"));
        ByteString layer = planned().sideDirectory().orElseThrow().plus(ByteString.of("/root"));
        assertEquals(
                List.of("/data/link", "/data/file"),
                planned().links().stream()
                        .filter(link -> link.tree().equals(layer))
                        .map(link -> link.path().toString())
                        .toList());

        access = RootAccess.WRITABLE;
        assertEquals(
                List.of(new PlannedStart.Link(
                        ByteString.of(ROOTFS), ByteString.of("/data/link"), ByteString.of("target"))),
                planned().links());
    }

    @Test
    void theirVariablesOutweighTheImageAndYieldToTheCaller() throws Exception {
        imageConfig = "{\"config\": {\"Env\": [\"A=image\", \"B=image\"]}}";
        set.add(new DeviceVariable("A", Optional.of("device"), "spec"))
                .add(new DeviceVariable("B", Optional.of("device"), "spec"));
        settings.add("B=option");

        String text = PlanPrinter.environmentToText(planned().plan(), Map.of(), false);

        assertTrue(text.contains("A=device\n") && text.contains("B=option\n"), text);
    }
}
