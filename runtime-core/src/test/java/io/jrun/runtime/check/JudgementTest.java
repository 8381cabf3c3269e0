package io.jrun.runtime.check;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.UsageException;
import io.jrun.runtime.check.Evidence.Cgroup;
import io.jrun.runtime.check.Evidence.Devices;
import io.jrun.runtime.check.Evidence.Fuse;
import io.jrun.runtime.check.Evidence.JavaRuntime;
import io.jrun.runtime.check.Evidence.Job;
import io.jrun.runtime.check.Evidence.Kernel;
import io.jrun.runtime.check.Evidence.Overlay;
import io.jrun.runtime.check.Evidence.Place;
import io.jrun.runtime.check.Evidence.RuntimeDirectory;
import io.jrun.runtime.check.Evidence.Specs;
import io.jrun.runtime.check.Trial.NotTried;
import io.jrun.runtime.check.Trial.Refused;
import io.jrun.runtime.check.Trial.Worked;
import io.jrun.runtime.host.CheckLine;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Tables of what is found, with what is said of it. */
class JudgementTest {

    private static final Trial WORKED = new Worked();
    private static final Trial NO_NAMESPACE = new Refused(
            "cannot make a user namespace: this host lets no user do it (EPERM)", Optional.of("ask the starter's way"));
    private static final Kernel KERNEL = kernel(Map.of("user.max_user_namespaces", "1000"));
    private static final Place DATA = place("data", WORKED, Set.of("rw"), 50L << 30);

    private static Kernel kernel(Map<String, String> sysctls) {
        return new Kernel("6.8.0", 2000, true, sysctls, Optional.empty(), false, false);
    }

    private static Place place(String key, Trial writing, Set<String> options, long freeBytes) {
        return new Place(key, Optional.of(Path.of("/d", key)), writing, "ext4", options, freeBytes);
    }

    private static Evidence evidence(Kernel kernel, Trial start, List<Place> places) {
        return new Evidence(
                kernel,
                start,
                WORKED,
                Map.of("tmp", new Overlay(Path.of("/tmp"), "tmpfs", WORKED)),
                new Fuse(Optional.of(Path.of("/usr/bin/squashfuse_ll")), WORKED),
                places,
                new RuntimeDirectory(Optional.of(Path.of("/run/user/2000")), Optional.empty()),
                new Cgroup(
                        true,
                        "a scope of your systemd",
                        List.of("memory", "cpu", "pids"),
                        List.of("io"),
                        "x",
                        List.of()),
                List.of(new Devices("amd", "AMD devices", false, List.of(), List.of(), List.of())),
                new Specs(List.of("nvidia.com/gpu=0"), List.of()),
                new Job(true, true, Optional.of("77"), Optional.of("3")),
                new JavaRuntime("17.0.1", Path.of("/opt/java"), true, true));
    }

    private static Finding only(List<Finding> findings, String key) {
        return findings.stream()
                .filter(finding -> finding.key().equals(key))
                .findFirst()
                .orElseThrow(() -> new AssertionError(key + " is not in " + findings));
    }

    @Test
    void hostWithEverythingIsOkThroughout() {
        Judgement judgement = Judgement.of(evidence(KERNEL, WORKED, List.of(DATA)));

        assertAll(
                () -> assertEquals(Verdict.OK, judgement.verdict(), judgement::toString),
                () -> assertEquals(
                        List.of(
                                "kernel",
                                "userNamespaces",
                                "mounts",
                                "otherNamespaces",
                                "subordinateIds",
                                "data",
                                "runtimeDirectory",
                                "overlay.tmp",
                                "fuse",
                                "cgroup",
                                "devices.amd",
                                "cdi",
                                "slurm",
                                "java"),
                        judgement.findings().stream().map(Finding::key).toList()),
                () -> assertEquals(
                        "job 77, step 3", only(judgement.findings(), "slurm").found()));
    }

    @Test
    void eachLineThatStartsPointToIsThere() throws Exception {
        Evidence.Place cache = place("cache", WORKED, Set.of("rw"), 50L << 30);
        Judgement judgement = Judgement.of(evidence(KERNEL, WORKED, List.of(DATA, cache)));

        for (CheckLine line : CheckLine.values()) {
            assertEquals(1, judgement.only(List.of(line.key())).findings().size(), line.key());
        }
        assertEquals(judgement, judgement.only(List.of()));
        assertThrows(UsageException.class, () -> judgement.only(List.of("fuse", "fusel")));
    }

    static Stream<Arguments> forbidders() {
        Map<String, String> none = Map.of();
        return Stream.of(
                Arguments.of(
                        new Kernel("4.9", 2000, false, none, Optional.empty(), false, false),
                        "built",
                        "CONFIG_USER_NS=y"),
                Arguments.of(
                        kernel(Map.of("user.max_user_namespaces", "0", "kernel.unprivileged_userns_clone", "0")),
                        "user.max_user_namespaces is 0",
                        "sysctl -w user.max_user_namespaces="),
                Arguments.of(
                        kernel(Map.of("user.max_mnt_namespaces", "0")),
                        "user.max_mnt_namespaces is 0",
                        "sysctl -w user.max_mnt_namespaces="),
                Arguments.of(
                        kernel(Map.of("kernel.unprivileged_userns_clone", "0")),
                        "kernel.unprivileged_userns_clone is 0",
                        "sysctl -w kernel.unprivileged_userns_clone=1"),
                Arguments.of(
                        kernel(Map.of("kernel.apparmor_restrict_unprivileged_userns", "1")),
                        "AppArmor",
                        "kernel.apparmor_restrict_unprivileged_userns=0"),
                Arguments.of(
                        new Kernel("6.8", 2000, true, none, Optional.of("Docker"), true, false),
                        "container of Docker",
                        "seccomp=unconfined"),
                Arguments.of(new Kernel("6.8", 2000, true, none, Optional.empty(), false, true), "SELinux", "ausearch"),
                Arguments.of(
                        new Kernel("6.8", 2000, true, none, Optional.empty(), true, false),
                        "seccomp filter",
                        "outside of the service"),
                Arguments.of(kernel(none), "this host lets no user do it (EPERM)", "ask the starter's way"));
    }

    @ParameterizedTest
    @MethodSource("forbidders")
    void refusedNamespaceIsMissingWithWhoForbidsIt(Kernel kernel, String found, String mend) {
        Judgement judgement = Judgement.of(evidence(kernel, NO_NAMESPACE, List.of(DATA)));

        Finding namespaces = only(judgement.findings(), "userNamespaces");
        assertAll(
                () -> assertEquals(Verdict.MISSING, judgement.verdict()),
                () -> assertEquals(Verdict.MISSING, namespaces.verdict()),
                () -> assertTrue(namespaces.found().contains(found), namespaces::toString),
                () -> assertTrue(namespaces.mend().orElse("").contains(mend), namespaces::toString),
                () -> assertEquals(
                        Verdict.MISSING, only(judgement.findings(), "mounts").verdict()));
    }

    @Test
    void namespacesThatOnlyOptionsAskForAreLimitedWithTheirOptions() {
        Kernel strict = kernel(Map.of("user.max_net_namespaces", "0", "user.max_cgroup_namespaces", "0"));

        Judgement judgement = Judgement.of(evidence(strict, WORKED, List.of(DATA)));

        Finding others = only(judgement.findings(), "otherNamespaces");
        assertAll(
                () -> assertEquals(Verdict.LIMITED, judgement.verdict()),
                () -> assertTrue(others.found().startsWith("--net, --cgroupns "), others::toString),
                () -> assertEquals(
                        "ask an administrator for: sysctl -w user.max_net_namespaces=65536"
                                + " user.max_cgroup_namespaces=65536",
                        others.mend().orElse("")));
    }

    @Test
    void idsThatNobodyGaveLimitOnly() {
        Finding none = NamespaceJudgement.subordinateIds(
                new Refused("cannot map subordinate ids: /etc/subuid gives this user none", Optional.of("usermod")));

        assertAll(
                () -> assertEquals(Verdict.LIMITED, none.verdict()),
                () -> assertTrue(none.found().contains("/etc/subuid gives this user none"), none::toString),
                () -> assertEquals(Optional.of("usermod"), none.mend()),
                () -> assertEquals(
                        Verdict.LIMITED,
                        NamespaceJudgement.subordinateIds(new NotTried("x")).verdict()));
    }

    @Test
    void sysctlsThatForbidAreNotBlamedWhenTheStartWorked() {
        Kernel strict = kernel(Map.of("kernel.apparmor_restrict_unprivileged_userns", "1"));

        Judgement judgement = Judgement.of(evidence(strict, WORKED, List.of(DATA)));

        assertEquals(Verdict.OK, only(judgement.findings(), "userNamespaces").verdict());
    }

    @Test
    void refusedMountLeavesTheNamespaceOk() {
        Trial start = new Refused("cannot mount proc on /proc: permission denied (EPERM)", Optional.of("unmask it"));

        List<Finding> findings =
                Judgement.of(evidence(KERNEL, start, List.of(DATA))).findings();

        assertAll(
                () -> assertEquals(Verdict.OK, only(findings, "userNamespaces").verdict()),
                () -> assertEquals(Verdict.MISSING, only(findings, "mounts").verdict()),
                () -> assertEquals(
                        Optional.of("unmask it"), only(findings, "mounts").mend()));
    }

    @Test
    void startThatCouldNotBeTriedIsNoSuccess() {
        Judgement judgement = Judgement.of(evidence(KERNEL, new NotTried("no room"), List.of(DATA)));

        assertAll(
                () -> assertEquals(Verdict.MISSING, judgement.verdict()),
                () -> assertTrue(
                        only(judgement.findings(), "userNamespaces").found().contains("no room")));
    }

    static Stream<Arguments> places() {
        Trial readOnly = Refused.of("the file system is read-only (EROFS)");
        long much = 50L << 30;
        return Stream.of(
                Arguments.of(place("data", WORKED, Set.of("rw", "nosuid"), much), Verdict.OK, "mounted nosuid"),
                Arguments.of(place("data", WORKED, Set.of("noexec"), much), Verdict.MISSING, "noexec"),
                Arguments.of(place("data", readOnly, Set.of(), much), Verdict.MISSING, "EROFS"),
                Arguments.of(place("data", WORKED, Set.of(), 5 << 20), Verdict.LIMITED, "5.0M free"),
                Arguments.of(place("cache", WORKED, Set.of("noexec"), much), Verdict.OK, "mounted noexec"),
                Arguments.of(place("cache", readOnly, Set.of(), much), Verdict.MISSING, "EROFS"),
                Arguments.of(place("home", readOnly, Set.of(), much), Verdict.LIMITED, "EROFS"),
                Arguments.of(place("tmp", WORKED, Set.of("noexec", "nosuid"), much), Verdict.OK, "noexec and nosuid"),
                Arguments.of(
                        new Place("data", Optional.empty(), WORKED, "unknown", Set.of(), 0),
                        Verdict.MISSING,
                        "no variable"));
    }

    @ParameterizedTest
    @MethodSource("places")
    void placeIsJudgedByWhatItIsFor(Place place, Verdict verdict, String found) {
        Finding finding =
                only(Judgement.of(evidence(KERNEL, WORKED, List.of(place))).findings(), place.key());

        assertAll(
                () -> assertEquals(verdict, finding.verdict(), finding::toString),
                () -> assertTrue(finding.found().contains(found), finding::toString));
    }

    static Stream<Arguments> overlays() {
        return Stream.of(
                Arguments.of(WORKED, Verdict.OK, "can lie in /lustre/u (lustre)"),
                Arguments.of(Refused.of("wrong fs type"), Verdict.LIMITED, "cannot lie in /lustre/u (lustre)"),
                Arguments.of(new NotTried("unshare(1) is not in PATH"), Verdict.LIMITED, "not tried: unshare(1)"));
    }

    @ParameterizedTest
    @MethodSource("overlays")
    void overlayThatDoesNotWorkLimitsOnly(Trial trial, Verdict verdict, String found) {
        Overlay overlay = new Overlay(Path.of("/lustre/u"), "lustre", trial);

        Finding finding = StorageJudgement.judge(
                        Map.of("data", overlay), List.of(), new RuntimeDirectory(Optional.empty(), Optional.empty()))
                .get(1);

        assertAll(
                () -> assertEquals("overlay.data", finding.key()),
                () -> assertEquals(verdict, finding.verdict()),
                () -> assertTrue(finding.found().contains(found), finding::toString));
    }

    static Stream<Arguments> fuses() {
        Optional<Path> multithreaded = Optional.of(Path.of("/usr/bin/squashfuse_ll"));
        Optional<Path> single = Optional.of(Path.of("/usr/bin/squashfuse"));
        return Stream.of(
                Arguments.of(new Fuse(multithreaded, WORKED), Verdict.OK, "squashfuse_ll"),
                Arguments.of(new Fuse(single, WORKED), Verdict.LIMITED, "one thread"),
                Arguments.of(new Fuse(Optional.empty(), WORKED), Verdict.LIMITED, "is in PATH"),
                Arguments.of(
                        new Fuse(multithreaded, Refused.of("there is no /dev/fuse")),
                        Verdict.LIMITED,
                        "there is no /dev/fuse"));
    }

    @ParameterizedTest
    @MethodSource("fuses")
    void imageFilesNeedADeviceAndAHelper(Fuse fuse, Verdict verdict, String found) {
        Finding finding = SurroundingsJudgement.fuse(fuse);

        assertAll(
                () -> assertEquals(verdict, finding.verdict()),
                () -> assertTrue(finding.found().contains(found), finding::toString));
    }

    static Stream<Arguments> devices() {
        Path first = Path.of("/dev/nvidia0");
        Path uvm = Path.of("/dev/nvidia-uvm");
        List<Path> no = List.of();
        return Stream.of(
                Arguments.of(false, no, no, no, Verdict.OK, "none on this host"),
                Arguments.of(true, no, no, no, Verdict.LIMITED, "without device nodes"),
                Arguments.of(true, List.of(first), no, List.of(uvm), Verdict.LIMITED, "without /dev/nvidia-uvm"),
                Arguments.of(true, List.of(first), List.of(first), no, Verdict.LIMITED, "may not open /dev/nvidia0"),
                Arguments.of(true, List.of(first, uvm), no, no, Verdict.OK, "/dev/nvidia0 /dev/nvidia-uvm"));
    }

    @ParameterizedTest
    @MethodSource("devices")
    void devicesAreJudgedByDriverNodesAndRights(
            boolean driver, List<Path> nodes, List<Path> refused, List<Path> absent, Verdict verdict, String found) {
        Finding finding =
                SurroundingsJudgement.devices(new Devices("nvidia", "NVIDIA devices", driver, nodes, refused, absent));

        assertAll(
                () -> assertEquals(verdict, finding.verdict()),
                () -> assertTrue(finding.found().contains(found), finding::toString));
    }

    @Test
    void archiveThatJavaDoesNotUseIsSlowOnly() {
        Finding foreign = SurroundingsJudgement.java(new JavaRuntime("21", Path.of("/j"), true, false));
        Finding none = SurroundingsJudgement.java(new JavaRuntime("21", Path.of("/j"), false, false));

        assertAll(
                () -> assertEquals(Verdict.LIMITED, foreign.verdict()),
                () -> assertTrue(foreign.found().contains("another Java made"), foreign::toString),
                () -> assertTrue(none.found().contains("finds no"), none::toString));
    }

    @Test
    void controlGroupsLimitOnly() {
        Finding old = SurroundingsJudgement.cgroup(new Cgroup(false, "", List.of(), List.of(), "", List.of()));
        Finding none = SurroundingsJudgement.cgroup(
                new Cgroup(true, "", List.of(), List.of("memory"), "no bus (ENOENT)", List.of()));
        Finding part = SurroundingsJudgement.cgroup(
                new Cgroup(true, "/lab", List.of("pids"), List.of("memory", "cpu"), "not delegated", List.of()));

        assertAll(
                () -> assertEquals(Verdict.LIMITED, old.verdict()),
                () -> assertEquals(Verdict.LIMITED, none.verdict()),
                () -> assertTrue(none.found().contains("no bus (ENOENT)"), none::toString),
                () -> assertEquals("version 2, pids can be limited in /lab, not memory cpu", part.found()),
                () -> assertTrue(part.mend().orElse("").contains("Delegate="), part::toString));
    }

    @Test
    void limitsOfAJobAreShownAndNotMended() {
        Finding job = SurroundingsJudgement.cgroup(
                new Cgroup(true, "", List.of(), List.of("memory"), "not delegated", List.of("memory.max=1073741824")));

        assertAll(
                () -> assertEquals(Verdict.OK, job.verdict()),
                () -> assertTrue(job.found().endsWith("memory.max=1073741824"), job::toString));
    }

    @Test
    void specsThatCannotBeReadAreNamed() {
        Finding finding =
                SurroundingsJudgement.specs(new Specs(List.of(), List.of("read /etc/cdi/x.json: no JSON (at byte 3)")));

        assertAll(
                () -> assertEquals(Verdict.LIMITED, finding.verdict()),
                () -> assertTrue(finding.found().contains("/etc/cdi/x.json"), finding::toString));
    }

    @Test
    void slurmWithoutThePluginSaysWhatStillWorks() {
        Finding finding = SurroundingsJudgement.job(new Job(true, false, Optional.empty(), Optional.empty()));

        assertTrue(finding.found().contains("`srun jrun start` works"), finding::toString);
    }

    @Test
    void whateverIsNotOkSaysWhatMendsIt() {
        Evidence bad = new Evidence(
                kernel(Map.of()),
                NO_NAMESPACE,
                Refused.of("x"),
                Map.of("tmp", new Overlay(Path.of("/tmp"), "nfs", new NotTried("x"))),
                new Fuse(Optional.empty(), new NotTried("x")),
                List.of(place("data", Refused.of("x"), Set.of(), 0), place("shm", Refused.of("x"), Set.of(), 0)),
                new RuntimeDirectory(Optional.of(Path.of("/r")), Optional.of("does not exist")),
                new Cgroup(false, "", List.of(), List.of(), "", List.of()),
                List.of(new Devices("nvidia", "NVIDIA devices", true, List.of(), List.of(), List.of())),
                new Specs(List.of(), List.of("x")),
                new Job(false, false, Optional.empty(), Optional.empty()),
                new JavaRuntime("17", Path.of("/j"), false, false));

        Set<String> silent = new HashSet<>();
        for (Finding finding : Judgement.of(bad).findings()) {
            if (finding.verdict() != Verdict.OK && finding.mend().isEmpty()) {
                silent.add(finding.key());
            }
        }

        assertEquals(Set.of(), silent);
    }
}
