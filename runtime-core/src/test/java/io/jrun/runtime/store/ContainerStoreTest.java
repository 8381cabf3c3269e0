package io.jrun.runtime.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.CorruptDataException;
import io.jrun.error.DeniedException;
import io.jrun.error.Failure;
import io.jrun.error.NotFoundException;
import io.jrun.error.StorageException;
import io.jrun.error.UsageException;
import io.jrun.runtime.host.KernelFiles;
import io.jrun.runtime.store.ContainerRecord.ImageOrigin;
import io.jrun.runtime.store.ContainerStore.CreateMode;
import io.jrun.runtime.store.RootfsFiller.Filled;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ContainerStoreTest {

    private static final ContainerName NAME = new ContainerName("solver");
    private static final ImageOrigin IMAGE = new ImageOrigin("solver.sqsh", 4096, Optional.empty());
    private static final Instant CREATED = Instant.parse("2026-01-02T03:04:05Z");

    /** Whether the file system under test can swap two directories. */
    enum Exchange {
        SUPPORTED,
        REFUSED
    }

    /** Deletes with the JDK, exchanges with three renames; fails on demand. */
    private static final class JdkTrees implements TreeOperations {

        private final Exchange exchange;
        private boolean failRemoval;

        JdkTrees(Exchange exchange) {
            this.exchange = exchange;
        }

        @Override
        public void removeTree(Path directory) throws IOException {
            if (failRemoval) {
                throw new FileSystemException(directory.toString(), null, "Input/output error");
            }
            try (Stream<Path> paths = Files.walk(directory)) {
                for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            }
        }

        @Override
        public boolean exchange(Path one, Path other) throws IOException {
            if (exchange == Exchange.REFUSED) {
                return false;
            }
            Path aside = one.resolveSibling("aside");
            Files.move(one, aside);
            Files.move(other, one);
            Files.move(aside, other);
            return true;
        }
    }

    @TempDir
    private Path data;

    private final List<String> notes = new ArrayList<>();
    private final JdkTrees trees = new JdkTrees(Exchange.REFUSED);

    private ContainerStore store(TreeOperations operations) {
        return new ContainerStore(data, new KernelFiles(), operations, notes::add);
    }

    private ContainerStore store() {
        return store(trees);
    }

    private static RootfsFiller writing(String text) {
        return rootfs -> {
            Files.createDirectories(rootfs);
            Files.writeString(rootfs.resolve("file"), text);
            return new Filled(Optional.of("linux/amd64"), Optional.of("sha256:ab"), Map.of("device nodes", 2L));
        };
    }

    private Container create(String text, CreateMode mode) throws IOException {
        return store().create(NAME, mode, IMAGE, CREATED, writing(text));
    }

    private List<String> entries() throws IOException {
        try (Stream<Path> paths = Files.list(data.resolve("containers"))) {
            return paths.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }

    private static Owner dead() throws IOException {
        Owner here = Owner.current(new KernelFiles());
        return new Owner(here.pid(), here.startTime() + 1, here.boot(), here.pidNamespace());
    }

    @Test
    void aContainerHoldsItsRootfsItsRecordAndAPlaceForPlans() throws Exception {
        Container container = create("one", CreateMode.NEW);
        ContainerRecord record = store().record(container);

        assertEquals("one", Files.readString(container.rootfs().resolve("file")));
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(container.plans())));
        assertEquals(NAME, record.name());
        assertEquals(new ImageOrigin("solver.sqsh", 4096, Optional.of("sha256:ab")), record.image());
        assertEquals(CREATED, record.created());
        assertEquals(Optional.of("linux/amd64"), record.platform());
        assertEquals(Map.of("device nodes", 2L), record.dropped());
        assertEquals(
                List.of("/proc", "/sys", "/dev", "/tmp"),
                record.addedMountPoints().subList(0, 4));
        assertTrue(record.addedMountPoints().contains("/etc/localtime"), record.toString());
        assertTrue(Files.isDirectory(container.rootfs().resolve("proc")));
        assertEquals(Optional.of(container), store().find(NAME));
        assertEquals(List.of(container), store().list());
    }

    @Test
    void aFailingFillerLeavesNothing() throws Exception {
        RootfsFiller failing = rootfs -> {
            Files.createDirectory(rootfs);
            Files.writeString(rootfs.resolve("half"), "");
            throw new StorageException(Failure.of("extract", "no space left on device (ENOSPC)"));
        };

        assertThrows(StorageException.class, () -> store().create(NAME, CreateMode.NEW, IMAGE, CREATED, failing));

        assertEquals(List.of(), entries());
        assertTrue(store().find(NAME).isEmpty());
    }

    @Test
    void aFailingReplacementLeavesTheOldContainer() throws Exception {
        Container old = create("old", CreateMode.NEW);

        assertThrows(
                IllegalStateException.class, () -> store().create(NAME, CreateMode.REPLACE, IMAGE, CREATED, rootfs -> {
                    throw new IllegalStateException("a bug");
                }));

        assertEquals("old", Files.readString(old.rootfs().resolve("file")));
        assertEquals(List.of("solver"), entries());
    }

    @ParameterizedTest
    @EnumSource
    void aReplacementTakesTheName(Exchange exchange) throws Exception {
        create("old", CreateMode.NEW);

        Container replaced =
                store(new JdkTrees(exchange)).create(NAME, CreateMode.REPLACE, IMAGE, CREATED, writing("new"));

        assertEquals("new", Files.readString(replaced.rootfs().resolve("file")));
        assertEquals(List.of("solver"), entries());
    }

    @Test
    void aTakenNameIsRefusedBeforeAnyWork() throws Exception {
        create("old", CreateMode.NEW);

        UsageException e = assertThrows(
                UsageException.class, () -> store().create(NAME, CreateMode.NEW, IMAGE, CREATED, rootfs -> {
                    throw new AssertionError("the filler was called");
                }));

        assertTrue(e.getMessage().contains("-f"), e.getMessage());
    }

    @Test
    void aNameTakenMeanwhileIsRefusedAndKept() throws Exception {
        RootfsFiller overtaken = rootfs -> {
            create("first", CreateMode.NEW);
            return writing("second").fill(rootfs);
        };

        assertThrows(UsageException.class, () -> store().create(NAME, CreateMode.NEW, IMAGE, CREATED, overtaken));

        Container kept = store().find(NAME).orElseThrow();
        assertEquals("first", Files.readString(kept.rootfs().resolve("file")));
        assertEquals(List.of("solver"), entries());
    }

    @Test
    void whatKilledProcessesLeftIsRemovedByTheNextCommand() throws Exception {
        Path containers = Files.createDirectories(data.resolve("containers"));
        Files.createDirectories(containers.resolve(".tmp-solver+0" + dead().toSuffix() + "/rootfs/etc"));
        Files.createDirectories(containers.resolve(".trash-old+0" + dead().toSuffix()));

        create("one", CreateMode.NEW);

        assertEquals(List.of("solver"), entries());
    }

    @Test
    void whatLivingProcessesAndOtherHostsUseStays() throws Exception {
        Owner here = Owner.current(new KernelFiles());
        String elsewhere = new Owner(1, 1, "otherboot", here.pidNamespace()).toSuffix();
        String living = ".tmp-a+0" + here.toSuffix();
        String foreign = ".tmp-b+0" + elsewhere;
        String ancient = ".tmp-c+0" + elsewhere;
        Path containers = Files.createDirectories(data.resolve("containers"));
        for (String name : List.of(living, foreign, ancient)) {
            Files.createDirectory(containers.resolve(name));
        }
        Files.setLastModifiedTime(containers.resolve(ancient), FileTime.from(Instant.EPOCH));

        create("one", CreateMode.NEW);

        assertEquals(Stream.of(living, foreign, "solver").sorted().toList(), entries());
    }

    @Test
    void leftoversThatCannotBeRemovedHinderNobody() throws Exception {
        Files.createDirectories(data.resolve("containers/.tmp-x+0" + dead().toSuffix()));
        trees.failRemoval = true;

        create("one", CreateMode.NEW);

        assertTrue(notes.stream().anyMatch(note -> note.contains("Input/output error")), notes.toString());
    }

    @Test
    void removalFreesTheName() throws Exception {
        create("one", CreateMode.NEW);

        store().remove(NAME);

        assertEquals(List.of(), entries());
        assertThrows(NotFoundException.class, () -> store().remove(NAME));
    }

    @Test
    void aRemovalCutShortHasFreedTheName() throws Exception {
        create("one", CreateMode.NEW);
        trees.failRemoval = true;

        assertThrows(StorageException.class, () -> store().remove(NAME));

        assertTrue(store().find(NAME).isEmpty());
        trees.failRemoval = false;
        create("two", CreateMode.NEW);
        assertTrue(store().find(NAME).isPresent());
    }

    /** What a replacement leaves that was killed between its two renames, where directories cannot be exchanged. */
    private void cutReplacementShort() throws IOException {
        Container old = create("old", CreateMode.NEW);
        Path aside = data.resolve("containers/.replaced-" + NAME + "+0" + dead().toSuffix());
        Files.move(old.directory(), aside);
    }

    @Test
    void aReplacementCutShortGivesTheContainerBack() throws Exception {
        cutReplacementShort();

        store().create(new ContainerName("other"), CreateMode.NEW, IMAGE, CREATED, writing("other"));

        Container found = store().find(NAME).orElseThrow();
        assertEquals("old", Files.readString(found.rootfs().resolve("file")));
        assertEquals(List.of("put back the container solver, whose replacement was cut short"), notes);
    }

    @Test
    void aReplacedContainerDoesNotOustItsSuccessor() throws Exception {
        cutReplacementShort();
        Container made = new Container(NAME, data.resolve("containers").resolve(NAME.text()));
        Files.createDirectories(made.rootfs());
        Files.writeString(made.rootfs().resolve("file"), "new");
        Files.writeString(made.recordFile(), "{}");

        store().create(new ContainerName("other"), CreateMode.NEW, IMAGE, CREATED, writing("other"));

        assertEquals("new", Files.readString(made.rootfs().resolve("file")));
        assertEquals(2, entries().size(), entries().toString());
    }

    @Test
    void anEmptyStoreListsNothing() throws Exception {
        assertEquals(List.of(), store().list());
    }

    @Test
    void aDataPathThatIsAFileIsAFailureOfStorage() throws Exception {
        Files.writeString(data.resolve("containers"), "");

        Exception e = assertThrows(IOException.class, () -> create("one", CreateMode.NEW));

        assertTrue(e instanceof StorageException || e instanceof DeniedException, e.toString());
    }

    @Test
    void aDamagedRecordIsCorrupt() throws Exception {
        Container container = create("one", CreateMode.NEW);
        byte[] record = Files.readAllBytes(container.recordFile());

        for (int length = 0; length < record.length - 2; length++) {
            Files.write(container.recordFile(), Arrays.copyOf(record, length));
            assertThrows(CorruptDataException.class, () -> store().record(container), "cut at " + length);
        }
        Files.writeString(container.recordFile(), "{\"formatVersion\":2}");
        assertThrows(CorruptDataException.class, () -> store().record(container));
    }

    @Test
    void mountPointsStayInsideWhateverLinksTheImageHas() throws Exception {
        Path outside = Files.createDirectory(data.resolve("outside"));
        RootfsFiller hostile = rootfs -> {
            Files.createDirectory(rootfs);
            Files.createSymbolicLink(rootfs.resolve("etc"), outside);
            Files.createSymbolicLink(rootfs.resolve("dev"), Path.of("../../../../outside/dev"));
            Files.createSymbolicLink(rootfs.resolve("sys"), Path.of("sys"));
            return writing("x").fill(rootfs);
        };

        Container container = store().create(NAME, CreateMode.NEW, IMAGE, CREATED, hostile);

        try (Stream<Path> paths = Files.list(outside)) {
            assertEquals(List.of(), paths.toList());
        }
        Path inside = container.rootfs().resolve(outside.toString().substring(1));
        assertTrue(Files.isRegularFile(inside.resolve("hosts")));
        assertFalse(store().record(container).addedMountPoints().contains("/sys"));
    }

    @Test
    void readOnlyDirectoriesOfTheImageKeepModeAndTime() throws Exception {
        FileTime time = FileTime.from(Instant.ofEpochSecond(1000));
        RootfsFiller locked = rootfs -> {
            Files.createDirectory(rootfs);
            Path etc = Files.createDirectory(rootfs.resolve("etc"));
            Files.setPosixFilePermissions(etc, PosixFilePermissions.fromString("r-xr-xr-x"));
            Files.setLastModifiedTime(etc, time);
            return writing("x").fill(rootfs);
        };

        Path etc = store().create(NAME, CreateMode.NEW, IMAGE, CREATED, locked)
                .rootfs()
                .resolve("etc");

        assertTrue(Files.isRegularFile(etc.resolve("hosts")));
        assertEquals("r-xr-xr-x", PosixFilePermissions.toString(Files.getPosixFilePermissions(etc)));
        assertEquals(time, Files.getLastModifiedTime(etc));
        Files.setPosixFilePermissions(etc, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    @Test
    void aLinkIntoTheZoneDatabaseIsNoMountPoint() throws Exception {
        RootfsFiller linked = rootfs -> {
            Files.createDirectory(rootfs);
            Files.createDirectory(rootfs.resolve("etc"));
            Files.createSymbolicLink(rootfs.resolve("etc/localtime"), Path.of("/usr/share/zoneinfo/UTC"));
            return writing("x").fill(rootfs);
        };

        Container container = store().create(NAME, CreateMode.NEW, IMAGE, CREATED, linked);

        assertFalse(Files.exists(container.rootfs().resolve("usr")));
    }
}
