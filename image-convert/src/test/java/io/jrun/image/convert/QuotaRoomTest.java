package io.jrun.image.convert;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.jrun.posix.Quotas;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class QuotaRoomTest {

    private static final long MIB = 1 << 20;

    /** 8:2 as makedev(3) makes it. */
    private static final long HOME = 0x802;

    private static final List<String> MOUNTS = List.of(
            "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,errors=remount-ro",
            "31 22 8:2 / /home rw,relatime shared:2 master:7 - ext4 /dev/sda2 rw,quota,usrquota,grpquota",
            "32 22 8:3 / /data rw - xfs /dev/sda3 rw,attr2,noquota",
            "33 22 8:4 / /work rw - ext4 /dev/sda4 rw,usrjquota=aquota.user,jqfmt=vfsv1",
            "a line of another form");

    private final List<String> asked = new ArrayList<>();

    private QuotaRoom room(Map<String, Quotas.Usage> known) {
        return new QuotaRoom(MOUNTS, () -> (kind, device, id) -> {
            asked.add(kind + " " + id + " on " + device);
            return Optional.ofNullable(known.get(kind + " " + device));
        });
    }

    @Test
    void theStricterOfUserAndGroupCounts() {
        QuotaRoom room = room(Map.of(
                "USER /dev/sda2", new Quotas.Usage(100 * MIB, 30 * MIB, 0, 0),
                "GROUP /dev/sda2", new Quotas.Usage(500 * MIB, 460 * MIB, 0, 0)));

        assertEquals(OptionalLong.of(40 * MIB), room.on(HOME, 2000, 100).bytes());
        assertEquals(List.of("USER 2000 on /dev/sda2", "GROUP 100 on /dev/sda2"), asked);
    }

    @Test
    void whoIsOverHisQuotaHasNoRoomAndWhoHasNoneHasAll() {
        assertEquals(
                OptionalLong.of(0),
                room(Map.of("USER /dev/sda2", new Quotas.Usage(MIB, 2 * MIB, 0, 0)))
                        .on(HOME, 1, 1)
                        .bytes());
        assertEquals(
                OptionalLong.empty(),
                room(Map.of("USER /dev/sda2", new Quotas.Usage(0, 2 * MIB, 0, 0)))
                        .on(HOME, 1, 1)
                        .bytes());
        assertEquals(OptionalLong.empty(), room(Map.of()).on(HOME, 1, 1).bytes());
    }

    @Test
    void filesAreCountedByThemselves() {
        QuotaRoom room = room(Map.of(
                "USER /dev/sda2", new Quotas.Usage(0, 30 * MIB, 1000, 990),
                "GROUP /dev/sda2", new Quotas.Usage(500 * MIB, 460 * MIB, 0, 5)));

        assertEquals(OptionalLong.of(10), room.on(HOME, 1, 1).inodes());
        assertEquals(OptionalLong.of(40 * MIB), room.on(HOME, 1, 1).bytes());
    }

    @Test
    void fileSystemsWithoutQuotasAreNotAsked() {
        Map<String, Quotas.Usage> full = Map.of("USER /dev/sda1", new Quotas.Usage(1, 1, 0, 0));

        assertEquals(OptionalLong.empty(), room(full).on(0x801, 1, 1).bytes());
        assertEquals(OptionalLong.empty(), room(full).on(0x803, 1, 1).bytes());
        assertEquals(OptionalLong.empty(), room(full).on(0x999, 1, 1).bytes());
        assertEquals(List.of(), asked);
    }

    @Test
    void quotasInAJournalledFileCountToo() {
        QuotaRoom room = room(Map.of("USER /dev/sda4", new Quotas.Usage(3 * MIB, MIB, 0, 0)));

        assertEquals(OptionalLong.of(2 * MIB), room.on(0x804, 5, 5).bytes());
    }

    @Test
    void largeDeviceNumbersAreDecoded() {
        long device = 0x100_103_01L;
        QuotaRoom room = new QuotaRoom(
                List.of("1 1 259:65537 / /x rw - xfs /dev/nvme0n1p1 rw,usrquota"),
                () -> (kind, source, id) -> Optional.of(new Quotas.Usage(8, 1, 0, 0)));

        assertEquals(OptionalLong.of(7), room.on(device, 1, 1).bytes());
    }
}
