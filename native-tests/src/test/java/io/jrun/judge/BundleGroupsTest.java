package io.jrun.judge;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Bundles with limits and labels on a kernel that has the unified hierarchy, a systemd and AppArmor: what these made of
 * them. The commands are in {@code vm/bundles}.
 */
@Aside
@NeedsVm
@NeedsPodman
class BundleGroupsTest {

    private static final String MANAGER = "/user.slice/user-54321.slice/user@54321.service/";

    private static final class Booted {
        static final Machine MACHINE = Machine.after("bundles");
    }

    private static String text(String section) {
        return Booted.MACHINE.text(section);
    }

    private static void assertHas(String section, String... parts) {
        Booted.MACHINE.assertHas(section, parts);
    }

    @ParameterizedTest
    @CsvSource({
        "own-scope, " + MANAGER + "app.slice/jrun-judged1.scope/container",
        "named-scope, " + MANAGER + "user.slice/engine-judged.scope/container",
        "relative, /lab/judged-one",
        "absolute, /lab/deep/judged-two",
        "root, /machine.slice/engine-judged-root.scope/container"
    })
    void limitsAreSetWhereTheBundleWantsThem(String section, String group) {
        assertHas(
                section,
                "cgroup " + group,
                "memory.max 67108864",
                "memory.swap.max 0",
                "pids.max 20",
                "cpu.max 50000 100000",
                "rc 7");
    }

    @Test
    void theLimitOfMemoryEndsTheProgram() {
        assertHas("memory", "rc 137");
    }

    @Test
    void aScopeForNothingIsNotMade() {
        assertHas("nothing-to-limit", "inside", "rc 0");
    }

    @ParameterizedTest
    @CsvSource({
        "busy, '/sys/fs/cgroup/lab/main holds processes, so it cannot hand limits down (EBUSY)'",
        "foreign, the caller may not make /sys/fs/cgroup/system.slice/judged-four (EACCES)",
        "no-such-profile, cannot set process.apparmorProfile nowhere"
    })
    void whatCannotHoldIsRefused(String section, String reason) {
        assertAll(
                () -> assertHas(section, reason),
                () -> assertFalse(text(section).contains("rc 0"), () -> text(section)),
                () -> assertFalse(text(section).contains("secret"), () -> text(section)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "own-scope",
                "named-scope",
                "memory",
                "nothing-to-limit",
                "relative",
                "absolute",
                "busy",
                "foreign",
                "killed",
                "root",
                "profile",
                "no-such-profile",
                "foreign-label"
            })
    void neitherGroupNorProcessNorStateIsLeft(String section) {
        List<String> left = Booted.MACHINE.lines(section, "left ");

        assertEquals(List.of(), left);
    }

    @Test
    void aProfileOfAppArmorHoldsTheProgram() {
        assertAll(
                () -> assertHas("modules", "apparmor", "parser 0"),
                () -> assertHas("unconfined", "unconfined", "secret"),
                () -> assertHas("profile", "judged (enforce)", "Permission denied"),
                () -> assertFalse(text("profile").contains("secret"), () -> text("profile")));
    }

    @Test
    void aLabelOfAModuleThatDoesNotRunIsToldAndNoObstacle() {
        assertHas(
                "foreign-label",
                "process.selinuxLabel: this kernel runs without SELinux",
                "linux.mountLabel: this kernel runs without SELinux",
                "inside",
                "rc 0");
    }

    @Test
    void podmanNeedsNoOptionToLimitContainers() {
        assertHas("podman", "67108864", "2048", "rc 5");
    }
}
