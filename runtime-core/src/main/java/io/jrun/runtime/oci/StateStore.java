package io.jrun.runtime.oci;

import io.jrun.error.CorruptDataException;
import io.jrun.error.DeniedException;
import io.jrun.error.Failure;
import io.jrun.error.FileFailure;
import io.jrun.error.JrunException;
import io.jrun.error.StorageException;
import io.jrun.error.UsageException;
import io.jrun.posix.ByteString;
import io.jrun.posix.OwnerOnly;
import io.jrun.runtime.host.HostFiles;
import io.jrun.runtime.oci.ContainerState.Status;
import io.jrun.runtime.plan.LifecycleStep.StateFiles;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.Optional;

/**
 * The states of containers, each a directory of its own.
 *
 * <p>Nothing in a directory is believed: it belongs to the caller, or he is root and acts with the rights of the one to
 * whom it belongs; a process is the container's only while the running kernel has one with that number and that start.
 */
final class StateStore {

    private static final int MAX_BYTES = 16 << 20;
    private static final int ID_LENGTH_MAX = 200;
    private static final String EARLY = ".new-";

    private final Path root;
    private final HostFiles files;
    private final long caller;

    StateStore(Path root, HostFiles files, long caller) {
        this.root = root;
        this.files = files;
        this.caller = caller;
    }

    /**
     * A container as it is found.
     *
     * @param uid to whom the state belongs
     */
    record Stored(
            Path directory, ContainerState state, Status status, Optional<ProcessStart> process, long uid, long gid) {}

    /** Where states lie when no option says so. */
    static Path defaultRoot(Map<String, String> environment, RuntimeFacts facts) {
        String runtime = environment.getOrDefault("XDG_RUNTIME_DIR", "");
        if (runtime.startsWith("/")) {
            return Path.of(runtime, "jrun", "oci");
        }
        return facts.uid() == 0 && facts.initialUserNamespace()
                ? Path.of("/run/jrun/oci")
                : Path.of("/tmp/jrun-" + facts.uid() + "/oci");
    }

    Path directory(String id) throws UsageException {
        if (!id.matches("[A-Za-z0-9_+.@:-]{1," + ID_LENGTH_MAX + "}") || id.startsWith(".")) {
            throw new UsageException(Failure.of("use the container ID \"" + id + "\"", "it is no name of a container")
                    .hint("take letters, digits and _ + - . @ : , up to 200 of them, with no dot in front"));
        }
        return root.resolve(id);
    }

    Optional<Stored> find(String id) throws JrunException {
        Path directory = directory(id);
        Map<String, Object> owner;
        try {
            owner = Files.readAttributes(directory, "unix:uid,gid,isDirectory", LinkOption.NOFOLLOW_LINKS);
        } catch (NoSuchFileException none) {
            return Optional.empty();
        } catch (IOException e) {
            throw failure("read the state of " + id, directory, e);
        }
        long uid = ((Number) owner.get("uid")).longValue();
        if (!Boolean.TRUE.equals(owner.get("isDirectory")) || (uid != caller && caller != 0)) {
            throw new DeniedException(
                    Failure.of("read the state of " + id, directory + " belongs to somebody else (EACCES)")
                            .hint("only its owner and root can do this"));
        }
        Optional<byte[]> record = read(directory.resolve(StateFiles.RECORD));
        if (record.isEmpty()) {
            return Optional.empty();
        }
        ContainerState state = ContainerState.parse(record.get(), directory + "/" + StateFiles.RECORD);
        if (!state.id().equals(id)) {
            throw new CorruptDataException(Failure.of("read the state of " + id, "it is of another container")
                    .comparing(id, state.id()));
        }
        return Optional.of(judge(directory, state, uid, ((Number) owner.get("gid")).longValue()));
    }

    private Stored judge(Path directory, ContainerState state, long uid, long gid) throws JrunException {
        boolean sameBoot = state.boot().equals(bootIdentity());
        Optional<byte[]> line = sameBoot ? read(directory.resolve(StateFiles.PROCESS)) : Optional.empty();
        Optional<ProcessStart.Line> recorded = line.isPresent() ? ProcessStart.parse(line.get()) : Optional.empty();
        if (recorded.isEmpty()) {
            boolean making = sameBoot && state.creator().living(files).isPresent();
            return new Stored(directory, state, making ? Status.CREATING : Status.STOPPED, Optional.empty(), uid, gid);
        }
        ProcessStart process = recorded.get().start();
        Optional<ProcessStart.Line> now = process.living(files);
        if (now.isEmpty()) {
            return new Stored(directory, state, Status.STOPPED, Optional.empty(), uid, gid);
        }
        boolean waits = now.get().name().equals(StateFiles.WAITING_NAME);
        return new Stored(directory, state, waits ? Status.CREATED : Status.RUNNING, Optional.of(process), uid, gid);
    }

    /** Regular files alone: a state of somebody else's may hold anything. */
    private Optional<byte[]> read(Path file) throws JrunException {
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            return Optional.empty();
        }
        return files.read(ByteString.of(file.toString()), MAX_BYTES);
    }

    String bootIdentity() throws JrunException {
        Optional<byte[]> identity = files.read(ByteString.of("/proc/sys/kernel/random/boot_id"), MAX_BYTES);
        return ByteString.of(identity.orElse(new byte[0])).toString().strip();
    }

    /** Takes the ID: the directory appears with the record in it. One whose making was cut off is replaced. */
    Path reserve(ContainerState state) throws JrunException {
        Path directory = directory(state.id());
        Optional<Stored> known = find(state.id());
        if (known.isPresent()) {
            if (known.get().status() != Status.STOPPED || Files.exists(directory.resolve(StateFiles.PROCESS))) {
                throw exists(state.id());
            }
            remove(directory);
        }
        Path early = root.resolve(EARLY + ProcessHandle.current().pid());
        try {
            Files.createDirectories(root, OwnerOnly.DIRECTORY);
            removeAbandoned();
            Files.createDirectory(early, OwnerOnly.DIRECTORY);
            Files.write(early.resolve(StateFiles.RECORD), state.toBytes());
            Files.move(early, directory, StandardCopyOption.ATOMIC_MOVE);
            return directory;
        } catch (IOException e) {
            remove(early);
            if (Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
                throw exists(state.id());
            }
            throw failure("keep the state of " + state.id(), root, e);
        }
    }

    private static UsageException exists(String id) {
        return new UsageException(Failure.of("make the container " + id, "there is one of this ID (EEXIST)")
                .hint("`jrun oci delete --force " + id + "` removes it"));
    }

    private void removeAbandoned() throws IOException {
        try (DirectoryStream<Path> early = Files.newDirectoryStream(root, EARLY + "*")) {
            for (Path each : early) {
                String process = root.relativize(each).toString().substring(EARLY.length());
                boolean number = process.matches("[0-9]{1,9}");
                boolean mine = ((Number) Files.getAttribute(each, "unix:uid", LinkOption.NOFOLLOW_LINKS)).longValue()
                        == caller;
                if (mine && number && ProcessHandle.of(Long.parseLong(process)).isEmpty()) {
                    remove(each);
                }
            }
        }
    }

    /** Of the caller's own. */
    void remove(Path directory) throws JrunException {
        try {
            for (String name : StateFiles.ALL) {
                Files.deleteIfExists(directory.resolve(name));
            }
            Files.deleteIfExists(directory);
        } catch (IOException e) {
            throw failure("remove the state in " + directory, directory, e);
        }
    }

    private static JrunException failure(String what, Path path, IOException e) {
        if (e instanceof JrunException told) {
            return told;
        }
        if (e instanceof FileSystemException) {
            return new StorageException(Failure.of(what, FileFailure.cause(e) + " at " + path)
                    .hint("name a directory of your own with --state-dir"));
        }
        return new StorageException(Failure.of(what, e.getMessage()));
    }
}
