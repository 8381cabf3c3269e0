package io.jrun.runtime.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.posix.ByteString;
import io.jrun.runtime.device.DeviceNode;
import io.jrun.runtime.device.DeviceSet;
import io.jrun.runtime.host.FileStatus;
import io.jrun.runtime.host.KernelTree;
import io.jrun.runtime.host.Observations;
import io.jrun.runtime.host.RootedTree;
import io.jrun.runtime.plan.PlanInput;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DeviceInputsTest {

    private static final ByteString ROOT = ByteString.of("/");

    @TempDir
    Path directory;

    private final Observations observations = new Observations();
    private final RootedTree host = new RootedTree(new KernelTree(), "/", observations);

    private List<PlanInput> inputs() {
        return new DeviceInputs(DeviceSet.none(), false, ROOT).of(observations, new Observations());
    }

    @Test
    void theKernelsDirectoriesCountByTheirNames() {
        List<String> names = host.list("/proc/sys/kernel/random");

        assertTrue(
                inputs().contains(new PlanInput.Names(
                        ByteString.of("/proc/sys/kernel/random"),
                        names.stream().map(ByteString::of).toList())),
                inputs().toString());
    }

    @Test
    void otherDirectoriesCountByTheirTimes() {
        host.list(directory.toString());

        ByteString path = ByteString.of(directory.toString());
        FileStatus status = new KernelTree().stat(path);
        assertEquals(List.of(PlanInput.File.of(path, status)), inputs());
    }

    @Test
    void aVersionOfTheKernelsCountsByItsContent() {
        Optional<String> version = host.text("/proc/version");

        assertEquals(
                List.of(new PlanInput.Content(ByteString.of("/proc/version"), ByteString.of(version.get() + "\n"))),
                inputs());
    }

    @Test
    void whatElseTheKernelTellsHoldsUntilItStartsAgain() {
        host.text("/proc/meminfo");

        assertEquals(1, inputs().size());
        assertTrue(
                inputs().get(0) instanceof PlanInput.Content boot
                        && boot.path().toString().endsWith("boot_id"),
                inputs().toString());
    }

    @Test
    void whatIsMissingInAListedDirectoryNeedsNoQuestionOfItsOwn() throws Exception {
        Files.createDirectory(directory.resolve("there"));
        host.list(directory.toString());
        host.exists(directory + "/missing");
        host.exists(directory + "/there/missing/deep/below");

        assertEquals(2, inputs().size());
        assertEquals(
                new PlanInput.File(ByteString.of(directory + "/there/missing"), Optional.empty()), inputs().get(1));
    }

    @Test
    void ofAChoiceEachNodeCounts() {
        host.tryOpen("/dev/null");
        host.tryOpen("/dev/no-such-device");

        assertEquals(
                List.of(
                        new PlanInput.File(ByteString.of("/dev/no-such-device"), Optional.empty()),
                        new PlanInput.Access(List.of(ByteString.of("/dev/null")), true, true)),
                inputs());
    }

    @Test
    void ofAllThatMayBeOpenedItCountsThatOneOfThemMay() {
        host.tryOpen("/dev/null");
        DeviceSet all = DeviceSet.builder()
                .add(new DeviceNode("/dev/null", "/dev/null", "no GPU"))
                .build();

        assertEquals(List.of(), new DeviceInputs(all, true, ROOT).of(observations, new Observations()));
    }
}
