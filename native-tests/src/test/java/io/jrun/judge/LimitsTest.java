package io.jrun.judge;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Limits on a kernel that has all controllers of cgroups v2, with a systemd of the user's: what the kernel and systemd
 * made of them. The commands are in {@code vm/limits}.
 */
@Aside
@NeedsVm
class LimitsTest {

    private static final class Booted {
        static final Machine MACHINE = Machine.after("limits");
    }

    private static String text(String section) {
        return Booted.MACHINE.text(section);
    }

    private static void assertHas(String section, String... parts) {
        Booted.MACHINE.assertHas(section, parts);
    }

    @Test
    void payloadIsInScopeOfItsUserWithAllLimitsFromItsFirstInstruction() {
        assertHas(
                "placed",
                "cgroup /user.slice/user-54321.slice/user@54321.service/app.slice/jrun-",
                "memory.max 67108864",
                "memory.swap.max 0",
                "memory.oom.group 1",
                "pids.max 20",
                "cpu.max 50000 100000");
    }

    @ParameterizedTest
    @CsvSource({
        "placed, 7",
        "signal, 143",
        "memory, 137",
        "background, 0",
        "forwarded, 5",
        "killed-supervisor, 137",
        "killed-guard, 6",
        "killed-payload, 137",
        "bomb, 0",
        "share, 0",
        "scope-killed-with-guard, 137",
        "image, 137",
        "require, 0",
        "none, 0",
        "host-path, 0",
        "exec, 0",
        "named, 0",
        "pid-namespace, 137"
    })
    void statusAndSignalsArePassedOn(String section, int status) {
        assertTrue(Booted.MACHINE.section(section).contains("rc " + status), () -> text(section));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "placed",
                "warm",
                "signal",
                "memory",
                "processes",
                "background",
                "processor",
                "forwarded",
                "killed-supervisor",
                "killed-guard",
                "killed-payload",
                "bomb",
                "scope-killed-with-guard",
                "image",
                "ranks",
                "require",
                "host-path",
                "named",
                "named-from-elsewhere",
                "named-killed",
                "named-killed-with-guard",
                "pid-namespace",
                "own-view",
                "job"
            })
    void neitherProcessNorCgroupIsLeft(String section) {
        List<String> left = Booted.MACHINE.lines(section, "left ");

        assertEquals(List.of(), left);
    }

    @Test
    void whereThePlanIsThereNoJavaIsNeeded() {
        assertHas("warm", "inside", "rc 0");
    }

    @ParameterizedTest
    @ValueSource(strings = {"memory", "pid-namespace"})
    void endForWantOfMemoryIsToldWithFigures(String section) {
        assertHas(
                section,
                "jrun: cannot keep the container running: it used all the memory it may (OOM)",
                "limit:  67108864 bytes",
                "peak:   67108864 bytes",
                "of its processes",
                "hint: ");
    }

    /** Of 196 MiB with 192 MiB, by a kernel that has 1.5 GiB. */
    @Test
    void anImageLargerThanTheMemoryThatAJobMayUseIsImported() {
        assertAll(
                () -> assertHas("import", "/home/tester/tree.sqsh", "rc 0", "oom_kill 0"),
                () -> assertTrue(number("import", "peak") <= 192 << 20, () -> text("import")));
    }

    @Test
    void processesBeyondTheLimitAreRefusedByTheKernel() {
        assertHas("processes", "can't fork");
    }

    @Test
    void processorTimeIsHeldBack() {
        List<String> figures = Booted.MACHINE.section("processor");

        assertAll(
                () -> assertHas("processor", "nr_throttled ", "throttled_usec "),
                () -> assertFalse(figures.contains("nr_throttled 0"), () -> text("processor")));
    }

    private static long number(String section, String key) {
        return Booted.MACHINE.lines(section, key + " ").stream()
                .mapToLong(
                        line -> Long.parseLong(line.substring(key.length() + 1).strip()))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no " + key + " in:\n" + text(section)));
    }

    @Test
    void aForkBombEndsAtTheLimit() {
        assertAll(
                () -> assertTrue(number("bomb", "pids.max") > 0, () -> text("bomb")),
                () -> assertTrue(number("bomb", "now") <= 20, () -> text("bomb")));
    }

    /** Of a loop that is never without work: the time it got against the time that passed. */
    private static double share(String section) {
        String[] words = Booted.MACHINE.lines(section, "share ").stream()
                .findFirst()
                .orElseThrow(() -> new AssertionError(text(section)))
                .split(" ", -1);
        return Double.parseDouble(words[1]) / Double.parseDouble(words[2]);
    }

    @Test
    void halfAProcessorIsHalfAProcessor() {
        double limited = share("share");
        double free = share("share-without");

        assertAll(
                () -> assertTrue(limited > 0.3 && limited < 0.6, () -> "with --cpus 0.5: " + limited),
                () -> assertTrue(free > 0.7, () -> "without: " + free));
    }

    @Test
    void whatMountsAnImageFileIsNotInItsCgroup() {
        List<String> inside = Booted.MACHINE.lines("image", "inside ");
        String helper =
                Booted.MACHINE.lines("image", "helper ").stream().findFirst().orElseThrow();

        assertAll(
                () -> assertEquals(
                        List.of("inside sleep"),
                        inside.stream()
                                .distinct()
                                .filter(line -> !line.equals("inside sh"))
                                .toList(),
                        () -> text("image")),
                () -> assertTrue(helper.startsWith("helper 0::/"), helper),
                () -> assertFalse(helper.matches(".*/jrun-[0-9]{10}-[0-9]{10}$"), helper));
    }

    @Test
    void ranksShareTheirMountsAndHaveALimitEach() {
        List<String[]> ranks = Booted.MACHINE.lines("ranks", "cgroup ").stream()
                .map(line -> line.split(" ", -1))
                .toList();

        assertAll(
                () -> assertEquals(2, ranks.size(), () -> text("ranks")),
                () -> assertEquals(
                        2, ranks.stream().map(words -> words[1]).distinct().count(), () -> text("ranks")),
                () -> assertEquals(
                        List.of("67108864"),
                        ranks.stream().map(words -> words[2]).distinct().toList()),
                () -> assertEquals(
                        1, ranks.stream().map(words -> words[3]).distinct().count(), () -> text("ranks")));
    }

    @ParameterizedTest
    @CsvSource({
        "small, is less than a process needs to begin, 125",
        "high-above-max, has no effect, 125",
        "no-bus, 'your systemd does not run: no /tmp/none/bus', 125"
    })
    void limitsThatCannotHoldAreRefusedWithTheirReason(String section, String reason, int status) {
        assertHas(section, reason, "hint: ", "rc " + status);
    }

    @Test
    void aCgroupWithoutLimitsIsMadeWhenItIsRequired() {
        assertHas("require", "0::/user.slice/user-54321.slice/user@54321.service/app.slice/jrun-");
    }

    @Test
    void noneMakesNone() {
        assertFalse(text("none").contains("jrun-"), () -> text("none"));
    }

    @Test
    void aCommandThatIsAddedRunsInTheCgroupOfItsCaller() {
        assertFalse(text("exec").contains("/jrun-"), () -> text("exec"));
    }

    @Test
    void hostPathNamesACgroupAndItsKindsOfMemoryHold() {
        assertHas(
                "host-path",
                "cgroup /lab/jrun-",
                "memory.high 16777216",
                "memory.swap.max 16777216",
                "cpuset.mems.effective 0");
        assertTrue(number("host-path", "high") > 0, () -> text("host-path"));
    }

    @Test
    void aLimitThatALowerOneAboveKeepsFromBeingReachedIsTold() {
        assertHas(
                "host-path",
                "memory.swap.max=16777216 of option --swap is not reached: memory.swap.max=8388608 holds for "
                        + "/sys/fs/cgroup/lab");
    }

    @Test
    void checkTellsWhatCanBeLimitedHere() {
        assertHas("check", "memory cpu pids can be limited in a scope of your systemd; not delegated: ");
    }

    @Test
    void signalsReachThePayload() {
        assertHas("forwarded", "told");
    }

    @Test
    void statsTellLimitsAndUse() {
        assertHas(
                "stats",
                "\"own\" : true",
                "memory.max=67108864",
                "\"pids.current\" : 1",
                "\"oom_kill\" : 0",
                "memory.peak",
                "memory.pressure",
                "some.avg10");
    }

    @Test
    void namedCgroupHoldsProcessorsAndMemory() {
        assertHas(
                "named",
                "cgroup /lab/jrun-",
                "memory.max 67108864",
                "cpuset.cpus.effective 1",
                "io.max 7:0 rbps=1048576 wbps=max riops=max wiops=max",
                "Cpus_allowed_list:\t1");
    }

    @Test
    void wayIntoNamedCgroupFromElsewhereIsRefusedWithItsReason() {
        assertHas("named-from-elsewhere", "is not yours (EACCES)", "hint: ", "rc 125");
    }

    @Test
    void collectingGarbageRemovesWhatNobodyWatches() {
        assertHas("named-killed-with-guard", "cgroups 1", "rc 0");
    }

    @Test
    void controllerThatIsNotDelegatedIsNamedWithItsMend() {
        assertHas(
                "no-controller",
                "the controller cpuset is not delegated",
                "Delegate=",
                "(more: jrun check cgroup)",
                "rc 125");
    }

    @Test
    void jobOfSlurmIsNotLeft() {
        assertHas("job", "Slurm's limits hold in job 7", "--cgroup none", "rc 125");
    }

    /** What asks the kernel for its limits must find those that hold for it. */
    @Test
    void ownViewOfCgroupsShowsOwnLimits() {
        assertHas("own-view", "0::/\n", "67108864\n", " - cgroup2 ", "kept", "rc 0");
        assertTrue(
                Booted.MACHINE.section("own-view").stream()
                        .anyMatch(line -> line.contains(" /sys/fs/cgroup ro,") && line.contains(" - cgroup2 ")),
                () -> text("own-view"));
        assertHas("view-without-limits", "0::/", "rc 0");
    }
}
