package io.jrun.runtime.plan;

import static io.jrun.runtime.plan.StarterFixture.bytes;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.jrun.posix.ByteString;
import io.jrun.runtime.cgroup.CgroupPlace;
import io.jrun.runtime.cgroup.Controller;
import io.jrun.runtime.cgroup.Limit;
import io.jrun.runtime.plan.PlanStep.Namespace;
import io.jrun.runtime.plan.PlanStep.Restriction;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PlanEncoderTest {

    private static final String ORIGIN = "test";

    private static ByteString text(String text) {
        return ByteString.of(text);
    }

    /** One step of every kind, one input of every kind. */
    static Plan everything() {
        return new Plan(
                bytes("start", "-v", "/data", "box"),
                List.of(
                        new PlanInput.File(
                                text("/etc/jrun.conf"),
                                Optional.of(new PlanInput.FileIdentity(0x10305, 7, 8, 9, 10, 0100644))),
                        new PlanInput.File(text("/no/such"), Optional.empty()),
                        new PlanInput.Presence(text("/c/rootfs/data"), PlannedStart.PointKind.DIRECTORY),
                        new PlanInput.Variable(text("HOME"), Optional.of(text("/home/ann"))),
                        new PlanInput.Variable(text("JRUN_X"), Optional.empty()),
                        new PlanInput.VariableSet(text("PMI_RANK")),
                        new PlanInput.VariableBelow(text("PMIX_SERVER_TMPDIR"), text("/var/spool/slurmd")),
                        new PlanInput.Content(text("/proc/driver/nvidia/version"), text("570.1\n")),
                        new PlanInput.Names(text("/proc/driver/nvidia/gpus"), bytes("0000:01:00.0")),
                        new PlanInput.Access(bytes("/dev/nvidia0", "/dev/nvidia1"), true, true),
                        new PlanInput.Credentials(1000, 4_000_000_000L, List.of(1000L, 4_000_000_000L)),
                        new PlanInput.WorkingDirectory(text("/home/ann")),
                        new PlanInput.KernelRelease(text("6.1.0"))),
                List.of(
                        new PlanStep.EnterCgroup(
                                new CgroupPlace.Scope(text("/run/user/1000/bus"), text("/sys/fs/cgroup")),
                                List.of(
                                        new Limit(Controller.MEMORY, "memory.max", "67108864", ORIGIN),
                                        new Limit(Controller.PIDS, "pids.max", "20", ORIGIN)),
                                false,
                                ORIGIN),
                        new PlanStep.EnterProcess(77, 4026531841L, EnumSet.allOf(Namespace.class), ORIGIN),
                        new PlanStep.StartClock(ORIGIN),
                        new PlanStep.TellCost(text("jrun: box: "), ORIGIN),
                        new PlanStep.JoinNamespaces(
                                Set.of(Namespace.USER, Namespace.MOUNT),
                                "0123",
                                Optional.empty(),
                                OptionalInt.of(4),
                                ORIGIN),
                        new PlanStep.EnterNamespaces(EnumSet.allOf(Namespace.class), PlanStep.Identity.ROOT, ORIGIN),
                        new PlanStep.MountImage(
                                text("/images/a.sqsh"), text("/c/rootfs"), text("/usr/bin/squashfuse_ll"), ORIGIN),
                        new PlanStep.EnterNamespaces(
                                Set.of(Namespace.USER),
                                PlanStep.Identity.SELF,
                                Optional.of(new PlanStep.SubordinateIds(
                                        text("/usr/bin/newuidmap"),
                                        List.of(
                                                new PlanStep.IdRange(0, 1000, 1),
                                                new PlanStep.IdRange(1, 100000, 65536)),
                                        text("/usr/bin/newgidmap"),
                                        List.of(new PlanStep.IdRange(0, 1000, 1)))),
                                ORIGIN),
                        new PlanStep.SetHostName(text("inside"), ORIGIN),
                        new PlanStep.RaiseLoopback(ORIGIN),
                        new PlanStep.MarkProcess(text("box"), ORIGIN),
                        new PlanStep.OpenEnvironmentFile(ORIGIN),
                        new PlanStep.OpenMountFile(ORIGIN),
                        new PlanStep.RunProgram(
                                bytes("/etc/jrun/hooks.d/10-site", "start"),
                                bytes("JRUN_ROOTFS=/c/rootfs"),
                                "run the hook 10-site",
                                ORIGIN),
                        new PlanStep.MergeEnvironmentFile(ORIGIN),
                        new PlanStep.BecomeCaller(PlanStep.Identity.SELF, ORIGIN),
                        new PlanStep.WriteAccounts(
                                text("accounts"),
                                Optional.of(PlanStep.Identity.SELF),
                                List.of(new PlannedStart.SideFile("passwd", text("root:x:0:0::/:/bin/sh\n"))),
                                ORIGIN),
                        new PlanStep.EnterRoot(
                                text("/c/rootfs"),
                                bytes("/c/plans/x/root"),
                                Optional.of(new PlanStep.OverlayUpper.Memory(OptionalLong.of(1 << 20))),
                                ORIGIN),
                        new PlanStep.BindMount(text("/proc"), text("/proc"), true, false, Set.of(), ORIGIN),
                        new PlanStep.BindMount(text("/etc/hosts"), text("/etc/hosts"), false, true, Set.of(), ORIGIN),
                        new PlanStep.BindMount(
                                text("data"),
                                text("/data"),
                                true,
                                true,
                                Set.of(Restriction.READ_ONLY, Restriction.NO_SUID),
                                ORIGIN),
                        new PlanStep.Shown("device", text("/dev/nvidia0"), text("/dev/nvidia0"), ORIGIN),
                        new PlanStep.ShowNamespace(PlanStep.Namespace.PID, text("/proc"), ORIGIN),
                        new PlanStep.MountTmpfs(text("/run"), OptionalLong.of(65536), 01777, ORIGIN),
                        new PlanStep.BindMount(
                                text("/scratch"),
                                text("/scratch"),
                                false,
                                false,
                                Set.of(),
                                Optional.of(new PlanStep.Propagation(PlanStep.Propagation.Kind.SHARED, true)),
                                ORIGIN),
                        new PlanStep.MountOverlay(
                                text("/o"),
                                bytes("/lower"),
                                Optional.of(new PlanStep.OverlayUpper.Directory(text("/kept"))),
                                ORIGIN),
                        new PlanStep.MountOverlay(
                                text("/m"),
                                bytes("/lower"),
                                Optional.of(new PlanStep.OverlayUpper.Memory(OptionalLong.empty())),
                                ORIGIN),
                        new PlanStep.MountLines(true, ORIGIN),
                        new PlanStep.MakeRootReadOnly(ORIGIN),
                        new PlanStep.BindGivenMounts(ORIGIN),
                        new PlanStep.LeaveOldRoot(ORIGIN),
                        new PlanStep.OfferNamespaces(ORIGIN),
                        new PlanStep.PassVariables(List.of("SLURM_*", "TERM"), ORIGIN),
                        new PlanStep.DropVariables(List.of("SLURM_SECRET*"), ORIGIN),
                        new PlanStep.SetVariable(text("A"), text("b"), ORIGIN),
                        new PlanStep.CopyVariable(text("C"), ORIGIN),
                        new PlanStep.StepVariable(
                                text("RANK"), new PlanStep.StepValue.Copied(text("SLURM_PROCID")), ORIGIN),
                        new PlanStep.StepVariable(text("ADDRESS"), new PlanStep.StepValue.Text(text("n1")), ORIGIN),
                        new PlanStep.StepVariable(text("PORT"), PlanStep.StepValue.Derived.PORT, ORIGIN),
                        new PlanStep.StepVariable(text("THREADS"), PlanStep.StepValue.Derived.ONE_THREAD, ORIGIN),
                        new PlanStep.NameCaller(ORIGIN),
                        new PlanStep.HomeOfCaller(ORIGIN),
                        new PlanStep.SetGivenVariables(ORIGIN),
                        new PlanStep.ChangeDirectory(text("/work"), true, ORIGIN),
                        new PlanStep.FakeOwnership(ORIGIN),
                        new PlanStep.ForbidNewPrivileges(ORIGIN),
                        new PlanStep.DropCapabilities(ORIGIN),
                        new PlanStep.InstallFilter(text("/etc/deny.json"), 2, List.of(0x7fff000000000006L), ORIGIN),
                        new PlanStep.Execute(bytes("/entry"), bytes("sh", "-l"), ORIGIN)));
    }

    @Test
    void everyKindOfStepAndInputIsKnown() {
        Set<Class<?>> steps = new HashSet<>(Arrays.asList(PlanStep.class.getPermittedSubclasses()));
        steps.remove(PlanStep.MountSquashfs.class); // the launch turns it into two others
        Set<Class<?>> inputs = new HashSet<>(Arrays.asList(PlanInput.class.getPermittedSubclasses()));

        assertEquals(steps, everything().steps().stream().map(Object::getClass).collect(Collectors.toSet()));
        assertEquals(
                inputs, everything().inputs().stream().map(Object::getClass).collect(Collectors.toSet()));
    }

    /** Made by this encoder with -Dgolden.update; what is in it was judged by running it: see ContainerTest. */
    @ParameterizedTest
    @EnumSource
    void bytesAreTheGoldenOnes(Machine machine) throws Exception {
        Path golden = Path.of("src/test/resources/golden", "plan-" + machine.directoryName() + ".bin");
        byte[] encoded = PlanEncoder.encode(everything(), machine, 0);
        if (System.getProperty("golden.update") != null) {
            Files.write(golden, encoded);
        }

        assertArrayEquals(Files.readAllBytes(golden), encoded);
    }

    @Test
    void overlayOptionsAreEscaped() {
        assertEquals(text("/a\\:b\\,c\\\\d"), PlanEncoder.escapedForOverlay(text("/a:b,c\\d")));
    }

    @Test
    void deviceNumbersAreSplitAsTheKernelDoes() {
        assertEquals(0x103, PlanEncoder.major(0x10305));
        assertEquals(0x05, PlanEncoder.minor(0x10305));
        assertEquals(0xabc00, PlanEncoder.minor(0xabc00000L));
    }

    @Test
    void stepsInAnOrderThatCannotWorkAreRefused() {
        PlanStep.Execute execute = StarterFixture.execute("sh");
        PlanStep mount = new PlanStep.MountTmpfs(text("/t"), OptionalLong.empty(), 0755, ORIGIN);
        PlanStep root = new PlanStep.EnterRoot(text("/r"), bytes(), ORIGIN);
        PlanStep leave = new PlanStep.LeaveOldRoot(ORIGIN);

        assertRefused();
        assertRefused(execute, execute);
        assertRefused(mount, execute);
        assertRefused(root, leave, mount, execute);
        assertRefused(root, root, execute);
        assertRefused(root, new PlanStep.ChangeDirectory(text("/"), false, ORIGIN), execute);
        assertRefused(new PlanStep.SetVariable(text("A=B"), text(""), ORIGIN), execute);
    }

    private static void assertRefused(PlanStep... steps) {
        Plan plan = StarterFixture.plan(bytes("start", "box"), steps);

        assertThrows(IllegalArgumentException.class, () -> PlanEncoder.encode(plan, Machine.X86_64, 0), plan::toString);
    }
}
