package io.jrun.judge;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Containers in jobs of a Slurm that limits them by control groups of version 2: what Slurm and the kernel made of them. The
 * commands are in {@code vm/jobs}.
 */
@NeedsVm
@NeedsSlurm
class SlurmLimitsTest {

    private static final class Booted {
        static final Machine MACHINE = Machine.after("jobs");
    }

    private static String text(String section) {
        return Booted.MACHINE.text(section);
    }

    private static void assertHas(String section, String... parts) {
        for (String part : parts) {
            assertTrue(text(section).contains(part), () -> part + " in:\n" + text(section));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"inside", "image"})
    void aContainerStaysInTheGroupOfItsTask(String section) {
        boolean inTask = Booted.MACHINE.section(section).stream()
                .anyMatch(line -> line.matches("0::/.*slurmstepd\\.scope/job_[0-9]+/step_[0-9]+/user/task_[0-9]+"));

        assertTrue(inTask, () -> text(section));
    }

    @Test
    void limitsOfItsOwnAreRefusedWithThoseOfTheJob() {
        assertHas("limited", "Slurm's limits hold in job ", "memory.max=104857600", "--cgroup none", "rc 125");
    }

    @Test
    void whatNeedsMoreThanTheJobHasIsEndedBySlurmsLimit() {
        assertAll(
                () -> assertFalse(text("memory").contains("rc 0"), () -> text("memory")),
                () -> assertTrue(
                        text("memory").toLowerCase(java.util.Locale.ROOT).contains("oom")
                                || text("memory").contains("Out Of Memory"),
                        () -> text("memory")));
    }

    @Test
    void aCancelledJobHadAGroup() {
        assertHas("cancelled", "up", "running /sys/fs/cgroup/", "rc 0");
    }

    @ParameterizedTest
    @ValueSource(strings = {"inside", "image", "limited", "memory", "cancelled", "granted"})
    void neitherGroupNorProcessNorMountIsLeft(String section) {
        List<String> left = Booted.MACHINE.section(section).stream()
                .filter(line -> line.startsWith("left "))
                .toList();

        assertEquals(List.of(), left);
    }

    @Test
    void aGpuThatTheJobDidNotGetIsRefusedByItsGroupAndSaidSo() {
        assertAll(
                () -> assertHas("denied", "may not be opened by this job", "EPERM", "rc 125"),
                () -> assertHas("denied-list", "NVIDIA H100", "(EPERM)", "rc 0"));
    }

    @Test
    void theGpuOfAJobComesWithoutAnyOption() {
        assertHas("granted", "No space left on device", "rc 0");
    }

    @Test
    void checkShowsWhatSlurmLimits() {
        assertHas("check", "Slurm limits this job: memory.max=104857600");
    }
}
