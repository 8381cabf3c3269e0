package io.jrun.judge;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Containers in jobs of a Slurm that limits them by control groups of version 2: what Slurm and the kernel made of them. The
 * commands are in {@code vm/jobs}.
 */
@Aside
@NeedsVm
@NeedsSlurm
class SlurmLimitsTest {

    /** Of the jobs, 300 MiB. */
    private static final String MEMORY = "memory.max=314572800";

    private static final class Booted {
        static final Machine MACHINE = Machine.after("jobs");
    }

    private static String text(String section) {
        return Booted.MACHINE.text(section);
    }

    private static void assertHas(String section, String... parts) {
        Booted.MACHINE.assertHas(section, parts);
    }

    private static List<String> lines(String section, String start) {
        return Booted.MACHINE.lines(section, start);
    }

    @Test
    void aContainerStaysInTheGroupOfItsTask() {
        List<String> groups = lines("inside", "0::/");

        assertEquals(1, groups.size(), () -> text("inside"));
        assertTrue(
                groups.get(0).matches("0::/.*slurmstepd\\.scope/job_[0-9]+/step_[0-9]+/user/task_0"),
                () -> text("inside"));
    }

    /** Whichever rank mounted the image and ends first: the mount serves the other one. */
    @Test
    void ranksInGroupsOfTheirOwnShareOneMountThatOutlivesTheFirst() {
        List<String[]> ranks = lines("ranks", "rank ").stream()
                .map(line -> line.split(" ", -1))
                .toList();

        assertEquals(4, ranks.size(), () -> text("ranks"));
        assertAll(
                () -> assertEquals(
                        4, ranks.stream().map(words -> words[2]).distinct().count(), () -> text("ranks")),
                () -> assertEquals(ranks.get(0)[3], ranks.get(1)[3], "mount namespaces of the first step"),
                () -> assertEquals(ranks.get(2)[3], ranks.get(3)[3], "mount namespaces of the second step"),
                () -> assertEquals(List.of("alive", "alive"), lines("ranks", "alive")),
                () -> assertEquals(List.of("rc 0", "rc 0"), lines("ranks", "rc ")));
    }

    /** Although a systemd of the user's runs there, which would lead out of the job. */
    @Test
    void limitsOfItsOwnAreRefusedWithThoseOfTheJob() {
        assertHas("limited", "Slurm's limits hold in job ", MEMORY, "--cgroup none", "rc 125");
    }

    @Test
    void whatNeedsMoreThanTheJobHasIsEndedAndTold() {
        assertAll(
                () -> assertFalse(text("memory").contains("rc 0"), () -> text("memory")),
                () -> assertTrue(
                        text("memory").toLowerCase(Locale.ROOT).matches("(?s).*(oom|out of memory).*"),
                        () -> text("memory")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"cancelled", "endless"})
    void aJobHadAGroupBeforeItsEnd(String section) {
        assertEquals(1, lines(section, "group ").size(), () -> text(section));
        assertFalse(text(section).contains("never: "), () -> text(section));
    }

    @Test
    void theHelperOfAMountRunsInTheJob() {
        assertEquals(1, lines("endless", "helper ").size(), () -> text("endless"));
    }

    @Test
    void aJobThatExceedsItsTimeIsEnded() {
        assertHas("exceeded", "TIMEOUT");
    }

    @ParameterizedTest
    @ValueSource(strings = {"inside", "ranks", "limited", "memory", "cancelled", "granted", "exceeded"})
    void neitherGroupNorProcessNorMountIsLeft(String section) {
        assertEquals(List.of(), lines(section, "left "));
    }

    @Test
    void aGpuThatTheJobDidNotGetIsRefusedByItsGroupAndSaidSo() {
        assertHas("denied", "may not be opened by this job", "EPERM", "rc 125");
    }

    @Test
    void theGpuOfAJobComesWithoutAnyOption() {
        assertHas("granted", "No space left on device", "sees 0", "rc 0");
    }
}
