package io.jrun.cli.host;

import io.jrun.cli.cache.CacheLocation;
import io.jrun.cli.container.ContainerStores;
import io.jrun.cli.host.Cleaning.Kept;
import io.jrun.cli.host.HostOperations.Effect;
import io.jrun.cli.host.Leftover.Kind;
import io.jrun.error.FileFailure;
import io.jrun.error.JrunException;
import io.jrun.image.blob.BlobStore;
import io.jrun.image.blob.StoredBlob;
import io.jrun.image.convert.AbandonedOutputs;
import io.jrun.image.convert.LayerRecords;
import io.jrun.image.share.AbandonedParts;
import io.jrun.image.writer.directory.DirectoryRemover;
import io.jrun.posix.ByteString;
import io.jrun.posix.JnrPosix;
import io.jrun.posix.Posix;
import io.jrun.runtime.bcast.LocalImages;
import io.jrun.runtime.cgroup.Hierarchy;
import io.jrun.runtime.cgroup.OwnCgroup;
import io.jrun.runtime.check.Scratch;
import io.jrun.runtime.config.Configuration;
import io.jrun.runtime.config.ConfigurationReader;
import io.jrun.runtime.host.KernelFiles;
import io.jrun.runtime.launch.AbandonedStarts;
import io.jrun.runtime.store.Container;
import io.jrun.runtime.store.ContainerStore;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Finds and removes, of each kind of leftovers, what belongs to nobody any more. */
final class Cleaner {

    /** What nothing but its age tells apart from something in use; both take minutes at most. */
    private static final Duration SCRATCH_AGE = Duration.ofHours(1);

    private static final Duration COPY_AGE = Duration.ofDays(1);

    /** A download that was cut short is resumed by the next import of the same image. */
    private static final Duration DOWNLOAD_AGE = Duration.ofDays(7);

    /** Stands for the digest of a blob that was cut short before its digest was known: nobody resumes that. */
    private static final String UNKNOWN_DIGEST = "sha256:0";

    private static final String IN_USE = "it is in use, or not yours to remove";

    private final Map<String, String> environment;
    private final Optional<Path> data;
    private final Optional<Path> cache;
    private final Posix posix = JnrPosix.load();
    private final Instant now;

    Cleaner(Map<String, String> environment, Optional<Path> data, Optional<Path> cache, Instant now) {
        this.environment = environment;
        this.data = data;
        this.cache = cache;
        this.now = now;
    }

    Cleaning clean(List<Path> directories, Effect effect) throws IOException {
        List<Leftover> removed = new ArrayList<>();
        List<Kept> kept = new ArrayList<>();
        for (Litter litter : litters(directories)) {
            for (Path path : litter.finder().find()) {
                Leftover leftover = new Leftover(litter.kind(), path);
                try {
                    Optional<String> why = effect == Effect.ONLY_TELL
                            ? Optional.empty()
                            : litter.remover().remove(path);
                    if (why.isEmpty()) {
                        removed.add(leftover);
                    } else {
                        kept.add(new Kept(leftover, why.get()));
                    }
                } catch (IOException e) {
                    kept.add(new Kept(leftover, e instanceof JrunException ? e.getMessage() : FileFailure.cause(e)));
                }
            }
        }
        return new Cleaning(removed, kept);
    }

    private List<Litter> litters(List<Path> directories) throws IOException {
        AbandonedStarts starts = new AbandonedStarts(new KernelFiles(), now);
        List<Litter> litters = new ArrayList<>();
        if (data.isPresent()) {
            Path dataPath = data.get();
            ContainerStore store = new ContainerStores(environment, note -> {}).open(posix);
            litters.add(new Litter(Kind.CONTAINER, store::leftovers, path -> removeLeftover(store, path)));
            litters.add(new Litter(Kind.PLAN, () -> plans(store, starts), remover(this::removeTree)));
            litters.add(new Litter(Kind.LOCK, () -> starts.locks(dataPath), remover(Files::deleteIfExists)));
        }
        litters.add(new Litter(Kind.JOIN, () -> joins(starts), remover(Files::deleteIfExists)));
        for (Path bundles : bundles()) {
            litters.add(new Litter(Kind.BUNDLE, () -> starts.inBundles(bundles), remover(this::removeDraft)));
            litters.add(new Litter(Kind.BUNDLE, () -> starts.treesOfBundles(bundles), remover(this::removeDraft)));
        }
        Set<Path> outputs = new LinkedHashSet<>(directories);
        if (cache.isPresent()) {
            outputs.add(cache.get().resolve("images"));
            litters.add(new Litter(
                    Kind.PLAN, () -> starts.inPlans(cache.get().resolve("plans")), remover(this::removeTree)));
            litters.add(new Litter(
                    Kind.LOCK,
                    () -> starts.besideImages(cache.get().resolve("images")),
                    remover(Files::deleteIfExists)));
            litters.add(new Litter(
                    Kind.RECORD,
                    () -> LayerRecords.abandonedIn(cache.get().resolve("layers")),
                    remover(Files::deleteIfExists)));
            litters.add(new Litter(Kind.DOWNLOAD, this::downloads, remover(this::removeDownload)));
        }
        for (Path directory : outputs) {
            litters.add(
                    new Litter(Kind.OUTPUT, () -> AbandonedOutputs.in(directory), remover(AbandonedOutputs::remove)));
            litters.add(new Litter(Kind.OUTPUT, () -> AbandonedParts.in(directory), remover(AbandonedParts::remove)));
        }
        Set<Path> copies = new LinkedHashSet<>(directories);
        copies.add(localImages());
        litters.add(new Litter(
                Kind.COPY, () -> old(copies, ".jrun-copy-*", now.minus(COPY_AGE)), remover(this::removeTree)));
        litters.add(new Litter(Kind.CGROUP, this::cgroups, remover(OwnCgroup::remove)));
        litters.add(new Litter(
                Kind.CHECK,
                () -> old(scratchParents(), Scratch.PREFIX + "*", now.minus(SCRATCH_AGE)),
                remover(this::removeTree)));
        return litters;
    }

    private static Optional<String> removeLeftover(ContainerStore store, Path path) throws IOException {
        return switch (store.removeLeftover(path)) {
            case REMOVED -> Optional.empty();
            case PUT_BACK -> Optional.of("it has its name as a container again, its replacement was cut short");
            case LEFT -> Optional.of(IN_USE);
        };
    }

    private static Litter.Remover remover(Attempt attempt) {
        return path -> attempt.remove(path) ? Optional.empty() : Optional.of(IN_USE);
    }

    /** As file operations have it. */
    @FunctionalInterface
    private interface Attempt {
        boolean remove(Path path) throws IOException;
    }

    private boolean removeTree(Path path) throws IOException {
        new DirectoryRemover(posix).remove(ByteString.of(path.toString()));
        return !Files.exists(path, LinkOption.NOFOLLOW_LINKS);
    }

    /** Whoever completes it meanwhile must not publish what is left of it. */
    private boolean removeDraft(Path draft) throws IOException {
        Path away = AbandonedStarts.movedAway(draft);
        if (!away.equals(draft)) {
            Files.move(draft, away, StandardCopyOption.ATOMIC_MOVE);
        }
        return removeTree(away);
    }

    private static List<Path> plans(ContainerStore store, AbandonedStarts starts) throws IOException {
        List<Path> found = new ArrayList<>();
        for (Container container : store.list()) {
            found.addAll(starts.inPlans(container.plans()));
        }
        return found;
    }

    private List<Path> joins(AbandonedStarts starts) throws IOException {
        List<Path> found = new ArrayList<>();
        Optional<Path> named = variable("XDG_RUNTIME_DIR").map(value -> Path.of(value, "jrun"));
        for (Path directory : List.of(named.orElse(Path.of("/nonexistent")), Path.of("/tmp", "jrun-" + uid()))) {
            if (isOurs(directory)) {
                found.addAll(starts.joins(directory));
            }
        }
        return found;
    }

    /** Where bundles extract themselves, which look at all of these variables. */
    private Set<Path> bundles() throws IOException {
        Set<Path> places = new LinkedHashSet<>();
        variable("XDG_CACHE_HOME").ifPresent(value -> places.add(Path.of(value, "jrun", "bundles")));
        variable("HOME").ifPresent(value -> places.add(Path.of(value, ".cache", "jrun", "bundles")));
        Path below = Path.of("/tmp", "jrun-" + uid());
        if (isOurs(below)) {
            places.add(below.resolve("bundles"));
        }
        return places;
    }

    /** Where {@code jrun bcast} writes on this node. */
    private Path localImages() throws IOException {
        Map<ByteString, ByteString> bytes = new LinkedHashMap<>();
        environment.forEach((name, value) -> bytes.put(ByteString.of(name), ByteString.of(value)));
        Configuration configuration = ConfigurationReader.read(new KernelFiles(), bytes);
        long uid = Integer.toUnsignedLong((Integer) uid());
        return Path.of(LocalImages.of(configuration, uid).directory().toString());
    }

    /** Beside and above the caller's own; those in scopes are systemd's to remove. */
    private List<Path> cgroups() throws IOException {
        Path root = Path.of("/");
        Optional<Hierarchy> hierarchy = Hierarchy.read(root, "self");
        List<Path> places = new ArrayList<>();
        if (hierarchy.isPresent()) {
            places.addAll(hierarchy.get().upwards(hierarchy.get().own()));
            variable("JRUN_CGROUP").ifPresent(place -> places.add(Path.of(place)));
        }
        List<Path> found = new ArrayList<>();
        for (Path group : OwnCgroup.abandoned(root, places)) {
            if (isOurs(group)) {
                found.add(group);
            }
        }
        return found;
    }

    private static Object uid() throws IOException {
        return Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    }

    private static boolean isOurs(Path path) throws IOException {
        try {
            return Files.getAttribute(path, "unix:uid", LinkOption.NOFOLLOW_LINKS)
                    .equals(uid());
        } catch (FileSystemException goneOrHidden) {
            return false;
        }
    }

    private BlobStore blobs() {
        return BlobStore.at(new CacheLocation(cache.orElseThrow()).blobs());
    }

    private List<StoredBlob> abandonedBlobs() throws IOException {
        Instant limit = now.minus(DOWNLOAD_AGE);
        return blobs().inventory().stream()
                .filter(blob -> blob.state() == StoredBlob.State.ABANDONED)
                .filter(blob ->
                        blob.digest().equals(UNKNOWN_DIGEST) || blob.lastUse().isBefore(limit))
                .toList();
    }

    private List<Path> downloads() throws IOException {
        return abandonedBlobs().stream().map(StoredBlob::file).sorted().toList();
    }

    private boolean removeDownload(Path file) throws IOException {
        for (StoredBlob blob : abandonedBlobs()) {
            if (blob.file().equals(file)) {
                return blobs().removeUnlessUsed(blob);
            }
        }
        return false;
    }

    private Set<Path> scratchParents() {
        Set<Path> parents = new LinkedHashSet<>();
        for (Optional<Path> place : List.of(data, cache)) {
            Optional<Path> at = place;
            while (at.isPresent()) {
                parents.add(at.get());
                at = Optional.ofNullable(at.get().getParent());
            }
        }
        variable("XDG_RUNTIME_DIR").ifPresent(directory -> parents.add(Path.of(directory)));
        parents.add(Path.of("/tmp"));
        parents.add(Path.of("/dev/shm"));
        return parents;
    }

    /** What the caller owns and has not touched for so long; nothing where he may not look. */
    private static List<Path> old(Collection<Path> directories, String glob, Instant limit) throws IOException {
        List<Path> found = new ArrayList<>();
        for (Path directory : directories) {
            if (!Files.isReadable(directory) || !Files.isDirectory(directory)) {
                continue;
            }
            try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory, glob)) {
                for (Path entry : entries) {
                    if (isOurs(entry) && isUntouchedSince(entry, limit)) {
                        found.add(entry);
                    }
                }
            } catch (DirectoryIteratorException e) {
                throw e.getCause();
            }
        }
        return found;
    }

    private static boolean isUntouchedSince(Path path, Instant limit) throws IOException {
        try {
            return Files.getLastModifiedTime(path, LinkOption.NOFOLLOW_LINKS)
                    .toInstant()
                    .isBefore(limit);
        } catch (NoSuchFileException goneMeanwhile) {
            return false;
        }
    }

    private Optional<String> variable(String name) {
        return Optional.ofNullable(environment.get(name)).filter(value -> value.startsWith("/"));
    }
}
