package io.jrun.judge;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Disks as clusters have them, by a kernel that knows quotas and NFS: user quotas of ext4, and one directory that two mounts
 * of NFS 4.2 show. The commands are in {@code vm/storage}.
 */
@Aside
@NeedsVm
class StorageTest {

    /** One processor: emulated ones that run what Java has just compiled at the same time have been seen to fail. */
    private static final class Booted {
        static final Machine MACHINE = Machine.after("storage", "maxcpus=1");
    }

    private static String text(String section) {
        return Booted.MACHINE.text(section);
    }

    private static void assertHas(String section, String... parts) {
        Booted.MACHINE.assertHas(section, parts);
    }

    private static List<String> linesWith(String section, String beginning) {
        return Booted.MACHINE.lines(section, beginning);
    }

    @ParameterizedTest
    @CsvSource({"quota-of-bytes, too little room", "quota-of-files, too few files"})
    void whatAQuotaHasNoRoomForIsRefusedBeforeAnythingIsWritten(String section, String why) {
        assertAll(
                () -> assertHas(section, why, "expected: ", "rc 8"),
                () -> assertEquals(List.of(), linesWith(section, "/srv/lab/own/"), () -> text(section)));
    }

    @Test
    void aQuotaThatIsMetOnTheWayIsNamedAndNothingIsLeft() {
        assertAll(
                () -> assertHas("quota-met-on-the-way", "EDQUOT", "rc 8"),
                () -> assertEquals(List.of(), linesWith("quota-met-on-the-way", "/srv/lab/own/")));
    }

    @Test
    void theDirectoryIsOverNfs() {
        assertHas("nfs", "type nfs", "rc 0");
    }

    @Test
    void overNfsWhoWaitsTakesOverFromAKilledProducerOfAnotherNode() {
        assertAll(
                () -> assertHas("nfs-killed", "waiting for process", "killed 137", "rc 0", "/mnt/two/images/"),
                () -> assertEquals(2, linesWith("nfs-killed", "there ").size(), () -> text("nfs-killed")));
    }

    @Test
    void overNfsTheOtherNodeHasAHit() {
        assertAll(
                () -> assertHas("nfs-hit", "rc 0"),
                () -> assertEquals(1, linesWith("nfs-hit", "/mnt/one/images/").size(), () -> text("nfs-hit")));
    }
}
