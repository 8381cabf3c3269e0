package io.jrun.runtime.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.DeniedException;
import io.jrun.error.Failure;
import io.jrun.error.HostUnsupportedException;
import io.jrun.error.NotFoundException;
import io.jrun.error.UsageException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.host.FileKind;
import io.jrun.runtime.host.HostCapabilities;
import io.jrun.runtime.host.InMemoryFiles;
import io.jrun.runtime.plan.PlanStep.BindMount;
import io.jrun.runtime.plan.PlannedStart.MountPoint;
import io.jrun.runtime.plan.PlannedStart.PointKind;
import io.jrun.runtime.plan.StartOptions.RootAccess;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Where mounts come from and lead to. */
class PlannedMountsTest extends PlannedStarts {

    @Test
    void aMissingMountPointOfAReadOnlyContainerLiesInALayerOfThePlan() throws Exception {
        mounts.add("/scratch/in:/input/deep");

        PlannedStart planned = plan();
        ByteString layer = planned.sideDirectory().orElseThrow().plus(ByteString.of("/root"));

        assertEquals(List.of(layer), enterRoot().mountPointLayers());
        assertEquals(
                List.of(new MountPoint(layer, ByteString.of("/input/deep"), PointKind.DIRECTORY)),
                planned.mountPoints());
    }

    @Test
    void aMissingMountPointOfAWritableContainerIsMadeInIt() throws Exception {
        access = RootAccess.WRITABLE;
        mounts.add("/scratch/conf:/etc/new.conf");

        assertEquals(
                List.of(new MountPoint(ByteString.of(ROOTFS), ByteString.of("/etc/new.conf"), PointKind.FILE)),
                plan().mountPoints());
        assertEquals(List.of(), enterRoot().mountPointLayers());
    }

    @Test
    void otherFilesMeanAnotherSideDirectory() throws Exception {
        ByteString before = plan().sideDirectory().orElseThrow();
        mounts.add("/scratch/in:/input");

        assertFalse(plan().sideDirectory().orElseThrow().equals(before));
    }

    @Test
    void anImagesLinkCannotLeadAMountOutside() throws Exception {
        files.link(ROOTFS + "/out", "../../../../../etc");
        mounts.add("/scratch/in:/out/sub");

        assertEquals(ByteString.of("/etc/sub"), bindFrom("/scratch/in").target());
    }

    @Test
    void aRelativeSourceBindsThePlanToTheWorkingDirectory() throws Exception {
        mounts.add("./in:/data");

        assertEquals(ByteString.of("/data"), bindFrom("/scratch/in").target());
        assertTrue(plan().plan().inputs().contains(new PlanInput.WorkingDirectory(ByteString.of("/scratch"))));
    }

    @Test
    void anAbsoluteSourceDoesNot() throws Exception {
        mounts.add("/scratch/in:/data");

        assertFalse(plan().plan().inputs().contains(new PlanInput.WorkingDirectory(ByteString.of("/scratch"))));
    }

    @Test
    void theCallersOwnTmpReplacesTheHosts() throws Exception {
        mounts.add("/scratch/in:/tmp");

        List<ByteString> onTmp = binds().stream()
                .filter(bind -> bind.target().equals(ByteString.of("/tmp")))
                .map(BindMount::source)
                .toList();
        assertEquals(List.of(ByteString.of("/scratch/in")), onTmp);
    }

    @Test
    void theCallersOwnEtcKeepsItsAccounts() throws Exception {
        files.file("/scratch/etc/passwd", "").file("/scratch/etc/group", "");
        mounts.add("/scratch/etc:/etc");

        assertEquals(List.of(), plan().sideFiles());
    }

    @Test
    void aMissingSourceIsNotFound() {
        mounts.add("/scratch/none:/data");

        NotFoundException e = assertThrows(NotFoundException.class, this::plan);

        assertTrue(e.getMessage().startsWith("cannot mount /scratch/none on /data: "), e.getMessage());
    }

    @Test
    void aMissingSourceThatMayFailIsLeftOutUntilItAppears() throws Exception {
        mounts.add("/scratch/none:/data:nofail");

        assertTrue(
                plan().plan().inputs().contains(new PlanInput.File(ByteString.of("/scratch/none"), Optional.empty())));
        assertTrue(binds().stream().noneMatch(bind -> bind.source().equals(ByteString.of("/scratch/none"))));
    }

    @Test
    void aSourceBehindAClosedDirectoryIsDenied() {
        files.of("/scratch/closed/file", FileKind.DENIED);
        mounts.add("/scratch/closed/file:/data");

        DeniedException e = assertThrows(DeniedException.class, this::plan);

        assertTrue(e.getMessage().contains("EACCES"), e.getMessage());
    }

    @Test
    void directoriesAndFilesAreNotMountedOnEachOther() {
        mounts.add("/scratch/in:/data/file");
        UsageException directory = assertThrows(UsageException.class, this::plan);
        assertTrue(directory.getMessage().contains("ENOTDIR"), directory.getMessage());

        mounts.set(0, "/scratch/conf:/data");
        UsageException file = assertThrows(UsageException.class, this::plan);
        assertTrue(file.getMessage().contains("EISDIR"), file.getMessage());

        mounts.set(0, "/scratch/in:/data/file/below");
        UsageException below = assertThrows(UsageException.class, this::plan);
        assertTrue(below.getMessage().contains("/data/file"), below.getMessage());
    }

    @Test
    void nothingIsMadeInADirectoryOfTheHost() {
        mounts.add("/scratch/in:/tmp/mine");

        NotFoundException e = assertThrows(NotFoundException.class, this::plan);

        assertTrue(e.getMessage().contains("mkdir -p /tmp/mine"), e.getMessage());
    }

    @Test
    void aMountBelowAMountIsFoundInItsSource() throws Exception {
        files.directory("/scratch/in/sub").directory("/other");
        mounts.addAll(List.of("/scratch/in:/data", "/other:/data/sub"));

        assertEquals(ByteString.of("/data/sub"), bindFrom("/other").target());
        assertEquals(List.of(), plan().mountPoints());
    }

    @Test
    void withoutOverlayAMissingMountPointIsRefusedWithAWayOut() {
        capabilities =
                new HostCapabilities(Optional.empty(), Optional.of(Failure.of("mount an overlay", "too old (EPERM)")));
        mounts.add("/scratch/in:/input");

        HostUnsupportedException e = assertThrows(HostUnsupportedException.class, this::plan);

        assertTrue(e.getMessage().contains("--rw"), e.getMessage());
    }

    @Test
    void hostFilesThatAreAbsentAreWatchedFor() throws Exception {
        InMemoryFiles bare = files.of("/etc/machine-id", FileKind.MISSING);

        assertEquals(
                FileKind.MISSING, bare.stat(ByteString.of("/etc/machine-id")).kind());
        assertTrue(plan().plan()
                .inputs()
                .contains(new PlanInput.File(ByteString.of("/etc/machine-id"), Optional.empty())));
    }

    @Test
    void aZoneOfTheImageIsNamedAndNotMountedOver() throws Exception {
        files.link("/etc/localtime", "/usr/share/zoneinfo/Europe/Berlin")
                .file("/usr/share/zoneinfo/Europe/Berlin", "zone");
        files.link(ROOTFS + "/etc/localtime", "/usr/share/zoneinfo/UTC")
                .file(ROOTFS + "/usr/share/zoneinfo/UTC", "")
                .file(ROOTFS + "/usr/share/zoneinfo/Europe/Berlin", "");

        assertEquals("Europe/Berlin", payloadVariables().get("TZ"));
        assertTrue(binds().stream().noneMatch(bind -> bind.source().equals(ByteString.of("/etc/localtime"))));
    }
}
