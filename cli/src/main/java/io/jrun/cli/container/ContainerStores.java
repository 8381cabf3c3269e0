package io.jrun.cli.container;

import io.jrun.error.UsageException;
import io.jrun.image.writer.directory.DirectoryRemover;
import io.jrun.posix.ByteString;
import io.jrun.posix.Errno;
import io.jrun.posix.Posix;
import io.jrun.posix.Posix.RenameMode;
import io.jrun.posix.PosixException;
import io.jrun.runtime.host.HostFiles;
import io.jrun.runtime.host.KernelFiles;
import io.jrun.runtime.store.Container;
import io.jrun.runtime.store.ContainerName;
import io.jrun.runtime.store.ContainerStore;
import io.jrun.runtime.store.DataPath;
import io.jrun.runtime.store.TreeOperations;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** Opens the caller's store of containers, and finds what he names. */
public final class ContainerStores {

    private final Map<String, String> environment;
    private final Consumer<String> notes;

    public ContainerStores(Map<String, String> environment, Consumer<String> notes) {
        this.environment = Map.copyOf(environment);
        this.notes = notes;
    }

    /** For what changes no tree: loads nothing native. */
    public ContainerStore openForReading() throws UsageException {
        return open(new TreeOperations() {
            @Override
            public void removeTree(Path directory) {
                throw new IllegalStateException("reading removes nothing: " + directory);
            }

            @Override
            public boolean exchange(Path one, Path other) {
                throw new IllegalStateException("reading exchanges nothing: " + one);
            }
        });
    }

    /** An image file of that name, a directory where the name has a slash in it, else a container; empty if none is there. */
    public Optional<NamedTree> named(String name) throws IOException {
        Optional<Path> path = path(name);
        if (path.isPresent() && Files.isRegularFile(path.get())) {
            return Optional.of(new NamedTree.ImageFile(path.get()));
        }
        if (path.isPresent() && name.contains("/") && Files.isDirectory(path.get())) {
            return Optional.of(new NamedTree.Directory(path.get().toAbsolutePath()));
        }
        return container(name).map(NamedTree.OfContainer::new);
    }

    private static Optional<Path> path(String text) {
        try {
            return Optional.of(Path.of(text));
        } catch (InvalidPathException noPath) {
            return Optional.empty();
        }
    }

    /** Empty also for a text that no container can be called; then it was meant as a file. */
    private Optional<Container> container(String text) throws IOException {
        ContainerName name;
        try {
            name = ContainerName.of(text);
        } catch (UsageException noName) {
            return Optional.empty();
        }
        return openForReading().find(name);
    }

    /** Where it lies or will lie. */
    public Path dataPath() throws UsageException {
        return DataPath.of(bytes()).path();
    }

    public ContainerStore open(Posix posix) throws UsageException {
        return open(new TreeOperations() {
            @Override
            public void removeTree(Path directory) throws IOException {
                new DirectoryRemover(posix).remove(ByteString.of(directory.toString()));
            }

            @Override
            public boolean exchange(Path one, Path other) throws IOException {
                return exchanged(posix, one, other);
            }
        });
    }

    private static boolean exchanged(Posix posix, Path one, Path other) throws IOException {
        byte[] first = ByteString.of(one.toString()).toBytes();
        byte[] second = ByteString.of(other.toString()).toBytes();
        try {
            posix.renameat2(Posix.WORKING_DIRECTORY, first, Posix.WORKING_DIRECTORY, second, RenameMode.EXCHANGE);
            return true;
        } catch (PosixException e) {
            if (e.is(Errno.EINVAL) || e.is(Errno.ENOSYS)) {
                return false;
            }
            throw e.during("exchange " + one + " and " + other);
        }
    }

    private ContainerStore open(TreeOperations trees) throws UsageException {
        HostFiles files = new KernelFiles();
        return new ContainerStore(dataPath(), files, trees, notes);
    }

    private Map<ByteString, ByteString> bytes() {
        Map<ByteString, ByteString> bytes = new LinkedHashMap<>();
        environment.forEach((name, value) -> bytes.put(ByteString.of(name), ByteString.of(value)));
        return bytes;
    }
}
