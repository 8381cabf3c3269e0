package io.jrun.judge;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Hosts that are not as a start would like them; the commands are in {@code vm/hosts}. */
@NeedsVm
class OddHostTest {

    private static final class Booted {
        static final Machine MACHINE = Machine.after("hosts");
    }

    private static void assertHas(String section, String... parts) {
        String text = Booted.MACHINE.text(section);
        for (String part : parts) {
            assertTrue(text.contains(part), () -> part + " in:\n" + text);
        }
    }

    @Test
    void kernelIsTheOneOfDebian12() {
        assertHas("kernel", "6.1.");
    }

    @ParameterizedTest
    @ValueSource(strings = {"plain", "hidepid", "noexec-tmp", "no-runtime-directory", "image"})
    void containerStartsNevertheless(String section) {
        assertHas(section, "inside", "rc 0");
    }

    @ParameterizedTest
    @CsvSource({"warm", "cold"})
    void userNamespacesThatAreUsedUpNameTheirLimit(String plan) {
        assertHas(plan + "-user.max_user_namespaces", "(ENOSPC)", "user.max_user_namespaces", "rc 125");
    }

    @ParameterizedTest
    @CsvSource({"warm", "cold"})
    void userNamespacesThatAreForbiddenNameTheSwitch(String plan) {
        assertHas(
                plan + "-kernel.unprivileged_userns_clone", "(EPERM)", "kernel.unprivileged_userns_clone=1", "rc 125");
    }

    @Test
    void fuseOfOthersNamesItsMode() {
        assertHas("closed-fuse", "you may not open /dev/fuse (EACCES)", "chmod 666 /dev/fuse", "rc 125");
    }

    @Test
    void imageWithoutFuseNamesTheModule() {
        assertHas("no-fuse", "this host has no /dev/fuse (ENOENT)", "modprobe fuse", "rc 125");
    }

    @ParameterizedTest
    @ValueSource(strings = {"read-only-home", "full-home"})
    void homeThatTakesNothingCostsNoStartAndItIsTold(String section) {
        assertHas(section, "inside", "/run/user/54321/jrun, since /mnt/home/.cache/jrun cannot take it", "rc 0");
    }

    @Test
    void imageStartsWithAReadOnlyHomeToo() {
        assertHas("read-only-home-image", "inside", "rc 0");
    }

    @Test
    void placesThatTakeNothingAreAllNamed() {
        assertHas(
                "no-place-at-all",
                "nothing can be written to /mnt/home/.cache/jrun/plans, /tmp/jrun-54321/plans",
                "set XDG_CACHE_HOME",
                "rc 125");
    }
}
