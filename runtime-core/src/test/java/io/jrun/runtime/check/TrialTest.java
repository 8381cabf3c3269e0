package io.jrun.runtime.check;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.jrun.runtime.check.MountPoints.MountPoint;
import io.jrun.runtime.check.Trial.NotTried;
import io.jrun.runtime.check.Trial.Refused;
import io.jrun.runtime.check.Trial.Worked;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How the ends of children are read, and what is found in the table of mounts. */
class TrialTest {

    @TempDir
    Path directory;

    @Test
    void startWhoseCommandIsNotFoundDidEverythingBefore() {
        assertInstanceOf(Worked.class, StartTrial.judge(new Child.End(127, "jrun: cannot run x: not found")));
    }

    @Test
    void startThatFailedKeepsTheStartersWordsAndHint() {
        Child.End end = new Child.End(125, """
                        jrun: cannot make a user namespace: no (EPERM)
                          hint: ask an administrator (more: jrun check userNamespaces)
                        """);

        assertEquals(
                new Refused("cannot make a user namespace: no (EPERM)", Optional.of("ask an administrator")),
                StartTrial.judge(end));
    }

    @Test
    void startThatDiedSilentlySaysHow() {
        assertEquals(Refused.of("it ended with status 137"), StartTrial.judge(new Child.End(137, "")));
    }

    @Test
    void mountIsRefusedByMountAndNotTriedWithoutANamespace() {
        assertAll(
                () -> assertInstanceOf(Worked.class, MountTrials.judge(new Child.End(0, ""))),
                () -> assertEquals(
                        Refused.of("mount: merged: wrong fs type."),
                        MountTrials.judge(new Child.End(32, "mount: merged: wrong fs type.\n"))),
                () -> assertInstanceOf(
                        NotTried.class, MountTrials.judge(new Child.End(1, "unshare: unshare failed: EPERM"))),
                () -> assertInstanceOf(
                        NotTried.class, MountTrials.judge(new Child.End(127, "sh: 2: mount: not found"))));
    }

    @Test
    void overlayThatHidesNothingIsRefused() {
        assertInstanceOf(Refused.class, MountTrials.judge(new Child.End(1, "")));
    }

    @Test
    void childThatDoesNotEndIsKilled() {
        IOException failure = assertThrows(
                IOException.class,
                () -> Child.run(List.of("sleep", "600"), Map.of("PATH", "/usr/bin:/bin"), directory, 0));

        assertEquals("sleep did not end within 0 s", failure.getMessage());
    }

    @Test
    void scratchDirectoryGoesWithDirectoriesThatNobodyMayEnter() throws IOException {
        Path made;
        try (Scratch scratch = Scratch.in(directory)) {
            made = scratch.directory();
            Path closed = Files.createDirectories(made.resolve("work/work"));
            Files.createFile(closed.resolve("#1"));
            Files.setPosixFilePermissions(closed, Set.of());
        }

        assertFalse(Files.exists(made));
    }

    @Test
    void pathIsHeldByTheLongestPlaceAndTheLastMountThere() {
        MountPoints mounts = MountPoints.parse("""
                21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
                22 21 0:3 / /home rw - xfs /dev/sdb rw
                23 22 0:4 / /home rw,nosuid,noexec - nfs4 server:/home rw
                24 21 0:5 / /with\\040space ro master:4 propagate_from:2 - tmpfs tmpfs rw
                damaged line
                """);

        assertAll(
                () -> assertEquals(
                        Optional.of(new MountPoint("/home", "nfs4", Set.of("rw", "nosuid", "noexec"))),
                        mounts.holding(Path.of("/home/u/x"))),
                () -> assertEquals(
                        Optional.of("ext4"),
                        mounts.holding(Path.of("/homestead")).map(MountPoint::fileSystem)),
                () -> assertEquals(
                        Optional.of("tmpfs"),
                        mounts.holding(Path.of("/with space/y")).map(MountPoint::fileSystem)));
    }

    @Test
    void devicesAreFoundBelowTheRoot() throws IOException {
        Files.createDirectories(directory.resolve("dev/infiniband"));
        Files.createFile(directory.resolve("dev/nvidia1"));
        Files.createFile(directory.resolve("dev/nvidiactl"));
        Files.createFile(directory.resolve("dev/infiniband/uverbs0"));

        List<Evidence.Devices> found = new DeviceProbe(directory).all();

        assertAll(
                () -> assertEquals(
                        List.of(directory.resolve("dev/nvidia1"), directory.resolve("dev/nvidiactl")),
                        found.get(0).nodes()),
                () -> assertEquals(
                        List.of(directory.resolve("dev/nvidia-uvm")),
                        found.get(0).absent()),
                () -> assertEquals(List.of(), found.get(1).nodes()),
                () -> assertEquals(
                        List.of(directory.resolve("dev/infiniband/uverbs0")),
                        found.get(3).nodes()));
    }
}
