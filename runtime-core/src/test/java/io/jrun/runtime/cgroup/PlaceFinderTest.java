package io.jrun.runtime.cgroup;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.HostUnsupportedException;
import io.jrun.error.JrunException;
import io.jrun.error.NotFoundException;
import io.jrun.error.UsageException;
import io.jrun.posix.ByteString;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlaceFinderTest {

    private static final List<Limit> MEMORY = List.of(new Limit(Controller.MEMORY, "memory.max", "1048576", "test"));
    private static final List<Limit> CPUSET = List.of(new Limit(Controller.CPUSET, "cpuset.cpus", "2-5", "test"));

    @TempDir
    Path directory;

    private HostTree host;

    @BeforeEach
    void build() throws IOException {
        host = new HostTree(directory);
    }

    private CgroupPlace.Directory at(String group) {
        return new CgroupPlace.Directory(ByteString.of(host.path(group).toString()));
    }

    private static void assertSays(JrunException failure, String... parts) {
        for (String part : parts) {
            assertTrue(failure.getMessage().contains(part), () -> part + " in: " + failure.getMessage());
        }
    }

    @Nested
    class OutsideOfJobs {

        @Test
        void loginSessionGetsScopeOfItsSystemd() throws IOException {
            host.session();

            assertEquals(
                    new CgroupPlace.Scope(
                            ByteString.of(directory.resolve("run/user/2000/bus").toString()),
                            ByteString.of(host.path("").toString().replaceAll("/$", ""))),
                    host.finder().find(MEMORY));
        }

        @Test
        void delegatedCgroupAboveTheOwnIsTaken() throws IOException {
            host.cgroup("lab", "memory pids", "");
            host.cgroup("lab/main", "memory pids", "17");
            host.own("lab/main");
            host.give("lab");
            host.give("lab/main");

            assertEquals(at("lab"), host.finder().find(MEMORY));
        }

        @Test
        void ownCgroupServesWhereThereAreNoLimits() throws IOException {
            host.cgroup("lab", "memory", "17");
            host.own("lab");
            host.give("lab");

            assertEquals(at("lab"), host.finder().find(List.of()));
        }

        @Test
        void withoutDelegationAndSystemdTheMendIsTold() throws IOException {
            host.cgroup("system.slice/sshd.service", "memory", "17");
            host.own("system.slice/sshd.service");

            HostUnsupportedException refused = assertThrows(
                    HostUnsupportedException.class, () -> host.finder().find(MEMORY));

            assertSays(refused, "sshd.service is not delegated to you", "loginctl enable-linger 2000", "--cgroup");
        }

        @Test
        void missingControllerIsNamedWithItsPlaceAndMend() throws IOException {
            host.session();

            HostUnsupportedException refused = assertThrows(
                    HostUnsupportedException.class, () -> host.finder().find(CPUSET));

            assertSays(refused, "the controller cpuset", HostTree.MANAGER, "Delegate=cpu cpuset io memory pids");
        }

        @Test
        void processorsBeyondThoseGivenAreRefused() throws IOException {
            host.session();
            Path manager = host.cgroup(HostTree.MANAGER, "cpuset memory", "");
            Files.writeString(manager.resolve("cpuset.cpus.effective"), "0-3\n");

            UsageException refused =
                    assertThrows(UsageException.class, () -> host.finder().find(CPUSET));

            assertSays(refused, "expected: some of 0-3", "found:    2-5");
        }
    }

    @Nested
    class InJobsOfSlurm {

        private static final String TASK = "system.slice/slurmstepd.scope/job_7/step_0/user/task_0";

        @BeforeEach
        void submit() throws IOException {
            host.session();
            host.cgroup("system.slice/slurmstepd.scope/job_7", "cpuset memory", "");
            host.cgroup(TASK, "cpuset memory", "17");
            host.own(TASK);
        }

        @Test
        void limitsOfSlurmHoldAndAreShown() throws IOException {
            Files.writeString(host.path("system.slice/slurmstepd.scope/job_7").resolve("memory.max"), "4294967296\n");
            Files.writeString(host.path(TASK).resolve("memory.max"), "max\n");

            HostUnsupportedException refused = assertThrows(
                    HostUnsupportedException.class, () -> host.finder("7").find(MEMORY));

            assertSays(refused, "job 7", "found:    memory.max=4294967296", "--cgroup none");
        }

        @Test
        void jobIsNotLeftForTheUsersSystemdEvenWithoutItsVariables() {
            assertThrows(HostUnsupportedException.class, () -> host.finder().find(MEMORY));
        }

        @Test
        void jobIsNotLeftWhereItHasNoCgroup() throws IOException {
            host.session();

            assertThrows(HostUnsupportedException.class, () -> host.finder("7").find(MEMORY));
        }

        @Test
        void namedCgroupOutsideIsRefused() {
            host.give(HostTree.MANAGER);

            UsageException refused =
                    assertThrows(UsageException.class, () -> host.finder("7").named("/" + HostTree.MANAGER, MEMORY));

            assertSays(refused, "outside of your job's");
        }

        @Test
        void whatSlurmDelegatesIsUsed() throws IOException {
            host.cgroup("system.slice/slurmstepd.scope/job_7/step_0", "memory", "");
            host.cgroup("system.slice/slurmstepd.scope/job_7/step_0/user", "memory", "");
            for (String group : List.of("job_7/step_0/user/task_0", "job_7/step_0/user")) {
                host.give("system.slice/slurmstepd.scope/" + group);
            }

            assertEquals(
                    at("system.slice/slurmstepd.scope/job_7/step_0/user"),
                    host.finder("7").find(MEMORY));
        }
    }

    @Nested
    class Named {

        @BeforeEach
        void build() throws IOException {
            host.cgroup("lab", "memory", "");
            host.own("");
        }

        @Test
        void hostPathAndPathInTheHierarchyMeanTheSame() throws IOException {
            host.give("lab");

            assertAll(
                    () -> assertEquals(at("lab"), host.finder().named("/lab", MEMORY)),
                    () -> assertEquals(
                            at("lab"), host.finder().named(host.path("lab").toString(), MEMORY)));
        }

        @Test
        void cgroupThatIsNotThereIsNotFound() {
            NotFoundException refused =
                    assertThrows(NotFoundException.class, () -> host.finder().named("/nowhere", MEMORY));

            assertSays(refused, "no such cgroup (ENOENT)");
        }

        @Test
        void cgroupOfOthersIsRefusedWithTheMend() {
            HostUnsupportedException refused = assertThrows(
                    HostUnsupportedException.class, () -> host.finder().named("/lab", MEMORY));

            assertSays(refused, "not yours (EACCES)", "chown 2000");
        }

        @Test
        void cgroupWithProcessesCannotHandLimitsDown() throws IOException {
            host.cgroup("lab", "memory", "99");
            host.give("lab");

            HostUnsupportedException refused = assertThrows(
                    HostUnsupportedException.class, () -> host.finder().named("/lab", MEMORY));

            assertSays(refused, "holds processes", "EBUSY");
        }
    }

    @Nested
    class LowerLimitsAbove {

        private static List<Limit> asked() {
            return List.of(
                    new Limit(Controller.MEMORY, "memory.max", "8192", "option --memory"),
                    new Limit(Controller.MEMORY, "memory.oom.group", "1", "option --memory"),
                    new Limit(Controller.CPU, "cpu.max", "400000 100000", "option --cpus"),
                    new Limit(Controller.PIDS, "pids.max", "10", "option --pids"));
        }

        @Test
        void limitsThatCannotBeReachedAreToldWithThoseThatHold() throws IOException {
            host.own("");
            Files.writeString(host.cgroup("lab", "memory cpu pids", "").resolve("memory.max"), "4096\n");
            Path below = host.cgroup("lab/main", "memory cpu pids", "");
            Files.writeString(below.resolve("cpu.max"), "200000 100000\n");
            Files.writeString(below.resolve("pids.max"), "10\n");

            List<String> told = host.finder().outweighed(at("lab/main"), asked());

            String place = " holds for " + host.path("lab/main");
            assertEquals(
                    List.of(
                            "memory.max=8192 of option --memory is not reached: memory.max=4096" + place,
                            "cpu.max=400000 100000 of option --cpus is not reached: cpu.max=200000 100000" + place),
                    told);
        }

        @Test
        void memoryThatMayNotBeHadIsNotSlowedDownFor() throws IOException {
            host.session();
            Files.writeString(host.path(HostTree.MANAGER).resolve("memory.max"), "4096\n");
            CgroupPlace scope = host.finder().find(MEMORY);

            List<String> told = host.finder()
                    .outweighed(
                            scope,
                            List.of(new Limit(Controller.MEMORY, "memory.high", "8192", "option --memory-high")));

            assertEquals(1, told.size(), told.toString());
            assertTrue(told.get(0).contains("memory.max=4096 holds for"), told.get(0));
        }

        @Test
        void nothingIsToldWhereNoneIsLower() throws IOException {
            host.session();

            assertEquals(List.of(), host.finder().outweighed(host.finder().find(MEMORY), asked()));
        }
    }

    @Nested
    class OtherHierarchies {

        @Test
        void withoutVersion2TheBootOptionIsTheMend() throws IOException {
            host.mounts("25 1 0:22 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory");
            host.own("");

            HostUnsupportedException refused = assertThrows(
                    HostUnsupportedException.class, () -> host.finder().find(MEMORY));

            assertSays(refused, "no cgroups of version 2", "systemd.unified_cgroup_hierarchy=1");
        }

        @Test
        void hybridHierarchyNamesWhereTheControllerIs() throws IOException {
            host.mounts(
                    "25 1 0:22 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw",
                    "26 1 0:23 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory");
            host.cgroup("unified", "", "1");
            host.write("proc/self/cgroup", "4:memory:/x\n0::/\n");

            HostUnsupportedException refused = assertThrows(
                    HostUnsupportedException.class, () -> host.finder().find(MEMORY));

            assertSays(refused, "the controller memory is in a hierarchy of version 1", "unified");
        }
    }
}
