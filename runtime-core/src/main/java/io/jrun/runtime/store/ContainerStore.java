package io.jrun.runtime.store;

import io.jrun.error.DeniedException;
import io.jrun.error.Failure;
import io.jrun.error.FileFailure;
import io.jrun.error.JrunException;
import io.jrun.error.NotFoundException;
import io.jrun.error.StorageException;
import io.jrun.error.UsageException;
import io.jrun.posix.OwnerOnly;
import io.jrun.runtime.host.HostFiles;
import io.jrun.runtime.host.HostPaths;
import io.jrun.runtime.store.ContainerRecord.ImageOrigin;
import io.jrun.runtime.store.RootfsFiller.Filled;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The containers below one data path, in {@code containers/NAME/{rootfs/,container.json,plans/}}. Safe for concurrent use
 * by any number of processes, without locks: everything is prepared beside its place and moved there by rename(2).
 */
public final class ContainerStore {

    /** What {@link #create} does when the name is taken. */
    public enum CreateMode {
        NEW,
        REPLACE
    }

    /** What became of something that a dead process had left. */
    public enum LeftoverFate {
        REMOVED,
        /** A container whose replacement was cut short has its name again. */
        PUT_BACK,
        LEFT
    }

    private static final String TEMPORARY = ".tmp-";
    private static final String TRASH = ".trash-";

    /** A container whose successor is about to take its name: put back when that never came. */
    private static final String REPLACED = ".replaced-";

    /** Leftovers of hosts that this one cannot see into are given up after this time. */
    private static final Duration FOREIGN_LEFTOVER_AGE = Duration.ofDays(7);

    private static final int MAX_RECORD_BYTES = 1 << 20;

    private final Path containers;
    private final HostFiles files;
    private final TreeOperations trees;
    private final Consumer<String> notes;

    /** @param notes takes what is worth telling a user who asks for details, such as leftovers removed */
    public ContainerStore(Path dataPath, HostFiles files, TreeOperations trees, Consumer<String> notes) {
        this.containers = dataPath.resolve("containers");
        this.files = files;
        this.trees = trees;
        this.notes = notes;
    }

    /** Where a container of this name lies or would lie; for readers that need no other part of the store. */
    public static Container place(Path dataPath, ContainerName name) {
        return new Container(name, dataPath.resolve("containers").resolve(name.text()));
    }

    public Optional<Container> find(ContainerName name) {
        Container container = new Container(name, containers.resolve(name.text()));
        return Files.exists(container.recordFile()) ? Optional.of(container) : Optional.empty();
    }

    /** In ascending order of names. */
    public List<Container> list() throws IOException {
        List<String> names = entries();
        Collections.sort(names);
        List<Container> found = new ArrayList<>();
        for (String name : names) {
            try {
                Optional<Container> container = find(ContainerName.of(name));
                container.ifPresent(found::add);
            } catch (UsageException notOurs) {
                // Temporary siblings, and what others put here.
            }
        }
        return found;
    }

    /** What is recorded of a container. */
    public ContainerRecord record(Container container) throws JrunException {
        Path file = container.recordFile();
        Optional<byte[]> content = files.read(HostPaths.fromPath(file), MAX_RECORD_BYTES);
        if (content.isEmpty()) {
            throw absent(container.name());
        }
        return ContainerRecord.parse(content.get(), file.toString());
    }

    /**
     * Makes a container. When it fails the store is as before, but for a container that another process made meanwhile.
     *
     * @param created recorded as the time of creation
     * @throws UsageException when the name is taken and {@code mode} is {@link CreateMode#NEW}
     */
    public Container create(
            ContainerName name, CreateMode mode, ImageOrigin image, Instant created, RootfsFiller filler)
            throws IOException {
        Container target = new Container(name, containers.resolve(name.text()));
        if (mode == CreateMode.NEW && Files.exists(target.directory(), LinkOption.NOFOLLOW_LINKS)) {
            throw taken(name);
        }
        prepare();
        removeLeftovers();
        Container draft = new Container(name, makeSibling(TEMPORARY, name.text()));
        boolean published = false;
        try {
            fill(draft, image, created, filler);
            publish(draft, target, mode);
            published = true;
        } catch (IOException e) {
            throw storage("create the container " + name, e);
        } finally {
            if (!published) {
                discard(draft.directory());
            }
        }
        return target;
    }

    private void fill(Container draft, ImageOrigin image, Instant created, RootfsFiller filler) throws IOException {
        Files.createDirectory(draft.plans(), OwnerOnly.DIRECTORY);
        Filled filled = filler.fill(draft.rootfs());
        List<String> added = StandardMountPoints.addMissing(draft.rootfs(), files);
        Optional<String> digest = filled.digest().isPresent() ? filled.digest() : image.digest();
        ContainerRecord record = new ContainerRecord(
                draft.name(),
                new ImageOrigin(image.path(), image.sizeInBytes(), digest),
                created,
                filled.platform(),
                filled.dropped(),
                added);
        Files.write(draft.recordFile(), record.toBytes(), StandardOpenOption.CREATE_NEW);
        sync(draft.recordFile());
        sync(draft.directory());
    }

    private void publish(Container draft, Container target, CreateMode mode) throws IOException {
        if (mode == CreateMode.REPLACE && Files.exists(target.directory(), LinkOption.NOFOLLOW_LINKS)) {
            replace(draft, target);
        } else {
            moveNew(draft, target);
        }
        sync(containers);
    }

    private void moveNew(Container draft, Container target) throws IOException {
        try {
            Files.move(draft.directory(), target.directory(), StandardCopyOption.ATOMIC_MOVE);
        } catch (FileSystemException e) {
            if (Files.exists(target.directory(), LinkOption.NOFOLLOW_LINKS)) {
                throw taken(target.name());
            }
            throw e;
        }
    }

    private void replace(Container draft, Container target) throws IOException {
        if (trees.exchange(draft.directory(), target.directory())) {
            discard(draft.directory());
            return;
        }
        // Its age tells other hosts whether this replacement may still be under way.
        Files.setLastModifiedTime(target.directory(), FileTime.from(Instant.now()));
        Path old = moveAside(REPLACED, target.directory(), target.name().text());
        try {
            moveNew(draft, target);
        } catch (IOException e) {
            Files.move(old, target.directory(), StandardCopyOption.ATOMIC_MOVE);
            throw e;
        }
        discard(old);
    }

    /** @throws NotFoundException when there is no such container */
    public void remove(ContainerName name) throws IOException {
        Path directory = containers.resolve(name.text());
        removeLeftovers();
        if (find(name).isEmpty()) {
            throw absent(name);
        }
        try {
            Path trash = moveAside(TRASH, directory, name.text());
            sync(containers);
            trees.removeTree(trash);
        } catch (NoSuchFileException removedMeanwhile) {
            throw absent(name);
        } catch (IOException e) {
            throw storage("remove the container " + name, e);
        }
    }

    /** The failure of every command that names a container which is not there. */
    public static NotFoundException absent(ContainerName name) {
        return new NotFoundException(Failure.of("find the container " + name, "there is none of that name")
                .hint("`jrun list` shows the names, `jrun create` makes one from an image file"));
    }

    private static UsageException taken(ContainerName name) {
        return new UsageException(Failure.of("create the container " + name, "a container of that name exists (EEXIST)")
                .hint("replace it with -f, or choose another name with -n"));
    }

    private void prepare() throws JrunException {
        try {
            Files.createDirectories(containers);
        } catch (IOException e) {
            throw storage("make the directory " + containers, e);
        }
    }

    private List<String> entries() throws IOException {
        List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(containers)) {
            for (Path entry : stream) {
                names.add(containers.relativize(entry).toString());
            }
        } catch (NoSuchFileException noContainerYet) {
            return names;
        } catch (FileSystemException e) {
            throw storage("list " + containers, e);
        }
        return names;
    }

    private Path makeSibling(String kind, String name) throws IOException {
        String suffix = Owner.current(files).toSuffix();
        for (int attempt = 0; ; attempt++) {
            Path sibling = containers.resolve(kind + name + "+" + attempt + suffix);
            try {
                return Files.createDirectory(sibling);
            } catch (FileAlreadyExistsException anotherThread) {
                // The next number is tried.
            } catch (FileSystemException e) {
                throw storage("make the directory " + sibling, e);
            }
        }
    }

    /** An empty directory takes the place first: rename(2) replaces one of those and nothing else. */
    private Path moveAside(String kind, Path directory, String name) throws IOException {
        Path place = makeSibling(kind, name);
        try {
            return Files.move(directory, place, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            Files.deleteIfExists(place);
            throw e;
        }
    }

    /**
     * Deletes what processes that are gone have left, but for a container that they took aside and did not replace; a
     * failure to do so is told and hinders nobody.
     */
    private void removeLeftovers() throws IOException {
        for (Path leftover : leftovers()) {
            removeLeftover(leftover);
        }
    }

    /** What processes that are gone have left, by name; changes nothing. */
    public List<Path> leftovers() throws IOException {
        Owner here = Owner.current(files);
        List<Path> found = new ArrayList<>();
        for (String name : entries()) {
            boolean leftover = name.startsWith(REPLACED) || name.startsWith(TEMPORARY) || name.startsWith(TRASH);
            if (leftover && isAbandoned(name, here)) {
                found.add(containers.resolve(name));
            }
        }
        Collections.sort(found);
        return found;
    }

    /** Removes one of them, or gives it the name back from which it was taken aside. */
    public LeftoverFate removeLeftover(Path leftover) throws IOException {
        String name = containers.relativize(leftover).toString();
        if (isAbandoned(name, Owner.current(files))) {
            if (name.startsWith(REPLACED) && putBack(name)) {
                return LeftoverFate.PUT_BACK;
            }
            discard(leftover);
        }
        return Files.exists(leftover, LinkOption.NOFOLLOW_LINKS) ? LeftoverFate.LEFT : LeftoverFate.REMOVED;
    }

    /** Whether the container has its name again; not when there is another one. */
    private boolean putBack(String sibling) {
        Path directory = containers.resolve(sibling);
        int end = sibling.indexOf('+');
        if (end < 0 || !Files.exists(directory.resolve("container.json"))) {
            return false; // the empty directory that holds the place, or none of ours
        }
        String name = sibling.substring(REPLACED.length(), end);
        try {
            // rename(2) does not take the place of a directory that is not empty.
            Files.move(directory, containers.resolve(name), StandardCopyOption.ATOMIC_MOVE);
            notes.accept("put back the container " + name + ", whose replacement was cut short");
            return true;
        } catch (IOException taken) {
            return false;
        }
    }

    private boolean isAbandoned(String name, Owner here) throws IOException {
        Optional<Owner> owner = Owner.fromFileName(name);
        if (owner.isPresent() && owner.get().isJudgedBy(here)) {
            return !owner.get().isAlive(files);
        }
        try {
            Instant changed = Files.getLastModifiedTime(containers.resolve(name), LinkOption.NOFOLLOW_LINKS)
                    .toInstant();
            return changed.plus(FOREIGN_LEFTOVER_AGE).isBefore(Instant.now());
        } catch (NoSuchFileException goneMeanwhile) {
            return false;
        }
    }

    /** Claims a directory by renaming it, so that only one process deletes it. */
    private void discard(Path directory) {
        try {
            String name = containers.relativize(directory).toString();
            Path trash = moveAside(TRASH, directory, name.startsWith(TRASH) ? "leftover" : "discarded");
            trees.removeTree(trash);
            notes.accept("removed " + name);
        } catch (NoSuchFileException claimedByAnother) {
            // Nothing is left to do.
        } catch (IOException e) {
            notes.accept("left " + directory + ": " + e.getMessage());
        }
    }

    private static void sync(Path path) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    private static JrunException storage(String what, IOException e) {
        if (e instanceof JrunException ours) {
            return ours;
        }
        if (e instanceof AccessDeniedException) {
            return new DeniedException(
                    Failure.of(what, "you may not write there (EACCES)")
                            .hint("point JRUN_DATA_PATH at a directory of yours"),
                    e);
        }
        return new StorageException(
                Failure.of(what, FileFailure.cause(e)).hint("point JRUN_DATA_PATH at a file system that has room"), e);
    }
}
