package io.jrun.judge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Hosts that are not as a start would like them; the commands are in {@code vm/hosts}. */
@Aside
@NeedsVm
class OddHostTest {

    private static final class Booted {
        static final Machine MACHINE = Machine.after("hosts", "maxcpus=1");
    }

    private static void assertHas(String section, String... parts) {
        Booted.MACHINE.assertHas(section, parts);
    }

    @Test
    void kernelIsTheOneOfDebian12() {
        assertHas("kernel", "6.1.");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "plain",
                "hidepid",
                "noexec-tmp",
                "noexec-places",
                "no-runtime-directory",
                "missing-runtime-directory",
                "closed-runtime-directory",
                "image",
                "nfs",
                "nfs-warm",
                "nfs-image"
            })
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
    void aProfileThatRefusesNamespacesIsNamedAsOne() {
        assertHas(
                "apparmor",
                "(EPERM)",
                "an AppArmor profile of jrun with \"userns,\"",
                "jrun check userNamespaces",
                "rc 125");
    }

    @Test
    void aHomeOnNfsIsOne() {
        assertHas("nfs", "home on nfs");
    }

    @Test
    void aLayerOnNfsIsRefusedByItsName() {
        assertHas("nfs-overlay", "nfs", "hint: ", "(more: jrun check overlay)", "rc 125");
    }

    @Test
    void fuseOfOthersNamesItsMode() {
        assertHas(
                "closed-fuse",
                "you may not open /dev/fuse (EACCES)",
                "chmod 666 /dev/fuse",
                "(more: jrun check fuse)",
                "rc 125");
    }

    @Test
    void imageWithoutFuseNamesTheModule() {
        assertHas(
                "no-fuse", "this host has no /dev/fuse (ENOENT)", "modprobe fuse", "(more: jrun check fuse)", "rc 125");
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
                "(more: jrun check cache)",
                "rc 125");
    }

    @Test
    void anImageFileIsMountedByTheKernelThroughFuse() {
        assertHas("image", "helper ", "squashfuse");
    }

    @Test
    void runningContainersAreFoundAndEnteredWhereProcHidesTheOthersProcesses() {
        assertHas("hidepid-running", "sleep 1000", "entered", "joined", "rc 125");
        long namespaces = Booted.MACHINE.lines("hidepid-running", "mnt:[").stream()
                .distinct()
                .count();

        assertEquals(1, namespaces, () -> Booted.MACHINE.text("hidepid-running"));
    }

    @Test
    void whoMayNotWriteToHisRuntimeDirectoryMeetsInTmp() {
        assertHas("no-runtime-directory", "/tmp/jrun-54321");
    }

    @Test
    void aMeetingPlaceOfSomebodyElseIsRefused() {
        assertHas("foreign-runtime-directory", "is not yours alone (EACCES)", "hint: set XDG_RUNTIME_DIR", "rc 125");
    }

    @Test
    void queuesOfTheHostAreOutOfSight() {
        assertHas("queues", "own\n", " - mqueue ", "rc 0");
        assertTrue(
                Booted.MACHINE.section("queues").stream().noneMatch(line -> line.startsWith("outside ")),
                () -> Booted.MACHINE.text("queues"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "hidepid",
                "hidepid-running",
                "noexec-places",
                "no-runtime-directory",
                "foreign-runtime-directory",
                "image",
                "full-home",
                "apparmor",
                "nfs-overlay"
            })
    void nothingIsLeft(String section) {
        List<String> left = Booted.MACHINE.lines(section, "left ");

        assertEquals(List.of(), left);
    }
}
