package io.jrun.runtime.launch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.posix.ByteString;
import io.jrun.runtime.host.HostPaths;
import io.jrun.runtime.host.KernelFiles;
import io.jrun.runtime.launch.PlanCache.SideContent;
import io.jrun.runtime.plan.PlannedStart.MountPoint;
import io.jrun.runtime.plan.PlannedStart.PointKind;
import io.jrun.runtime.plan.PlannedStart.SideFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlanCacheTest {

    private static final SideContent NOTHING = new SideContent(List.of(), List.of(), List.of(), List.of(), List.of());

    @TempDir
    private Path directory;

    private PlanCache cache;

    @BeforeEach
    void openCache() {
        cache = new PlanCache(directory.resolve("plans"));
        assertTrue(cache.hasRoom());
    }

    private List<String> entries() throws Exception {
        try (Stream<Path> paths = Files.list(directory.resolve("plans"))) {
            return paths.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }

    private ByteString side(String name) {
        return HostPaths.fromPath(directory.resolve("plans").resolve(name));
    }

    @Test
    void aPlanIsReadableByItsOwnerOnly() throws Exception {
        cache.write("00ff", new byte[] {1, 2}, Optional.empty());

        Path plan = directory.resolve("plans/00ff");
        assertArrayEquals(new byte[] {1, 2}, Files.readAllBytes(plan));
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(plan)));
        assertEquals(List.of("00ff"), entries());
    }

    @Test
    void theOldestPlansLeaveWithTheirFiles() throws Exception {
        for (int i = 0; i < PlanCache.MAX_PLANS; i++) {
            cache.write("plan" + i, new byte[0], Optional.empty());
        }
        cache.writeSideFiles(side("plan7.aa"), NOTHING, HostPaths.fromPath(directory), new KernelFiles());
        Files.setLastModifiedTime(directory.resolve("plans/plan7"), FileTime.from(Instant.EPOCH));

        cache.write("onemore", new byte[0], Optional.empty());

        assertEquals(PlanCache.MAX_PLANS, entries().size());
        assertFalse(entries().contains("plan7"));
        assertFalse(entries().contains("plan7.aa"));
    }

    @Test
    void filesOfAReplacedPlanStayUntilNobodyCanBeMountingThem() throws Exception {
        for (String name : List.of("00ff.old", "00ff.ancient", "00ff.current")) {
            cache.writeSideFiles(side(name), NOTHING, HostPaths.fromPath(directory), new KernelFiles());
        }
        for (String name : List.of("00ff.ancient", "00ff.current")) {
            Files.setLastModifiedTime(directory.resolve("plans").resolve(name), FileTime.from(Instant.EPOCH));
        }

        cache.write("00ff", new byte[0], Optional.of(side("00ff.current")));

        assertEquals(List.of("00ff", "00ff.current", "00ff.old"), entries());
    }

    @Test
    void mountPointsTakeTheModesOfTheDirectoriesTheyHide() throws Exception {
        Path rootfs = directory.resolve("rootfs");
        Files.createDirectories(rootfs.resolve("root/in"));
        Files.setPosixFilePermissions(rootfs.resolve("root"), PosixFilePermissions.fromString("r-x------"));
        ByteString layer = side("00ff.aa").plus(ByteString.of("/root"));
        List<MountPoint> points = List.of(
                new MountPoint(layer, ByteString.of("/root/in/data"), PointKind.DIRECTORY),
                new MountPoint(layer, ByteString.of("/root/conf"), PointKind.FILE));

        cache.writeSideFiles(
                side("00ff.aa"),
                new SideContent(
                        List.of(new SideFile("passwd", ByteString.of("root\n"))),
                        List.of(),
                        points,
                        List.of(),
                        List.of()),
                HostPaths.fromPath(rootfs),
                new KernelFiles());

        Path made = directory.resolve("plans/00ff.aa");
        assertEquals("root\n", Files.readString(made.resolve("passwd")));
        assertTrue(Files.isDirectory(made.resolve("root/root/in/data")));
        assertTrue(Files.isRegularFile(made.resolve("root/root/conf")));
        assertEquals(
                "r-x------", PosixFilePermissions.toString(Files.getPosixFilePermissions(made.resolve("root/root"))));
        assertEquals(List.of("00ff.aa"), entries());
    }
}
