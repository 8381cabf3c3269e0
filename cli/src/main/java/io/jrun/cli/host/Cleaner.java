package io.jrun.cli.host;

import io.jrun.cli.cache.CacheLocation;
import io.jrun.cli.container.ContainerStores;
import io.jrun.cli.host.Cleaning.Kept;
import io.jrun.cli.host.HostOperations.Effect;
import io.jrun.cli.host.Leftover.Kind;
import io.jrun.error.FileFailure;
import io.jrun.error.JrunException;
import io.jrun.image.blob.BlobStore;
import io.jrun.image.convert.AbandonedOutputs;
import io.jrun.image.convert.LayerRecords;
import io.jrun.image.share.AbandonedParts;
import io.jrun.image.writer.directory.DirectoryRemover;
import io.jrun.posix.ByteString;
import io.jrun.posix.JnrPosix;
import io.jrun.posix.Posix;
import io.jrun.runtime.cgroup.OwnCgroup;
import io.jrun.runtime.check.Scratch;
import io.jrun.runtime.host.KernelFiles;
import io.jrun.runtime.launch.AbandonedStarts;
import io.jrun.runtime.store.Container;
import io.jrun.runtime.store.ContainerStore;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Finds and removes, of each kind of leftovers, what belongs to nobody any more. */
final class Cleaner {

    /** What nothing but its age tells apart from something in use; both take minutes at most. */
    private static final Duration SCRATCH_AGE = Duration.ofHours(1);

    private static final Duration COPY_AGE = Duration.ofDays(1);

    private static final String IN_USE = "it is in use, or not yours to remove";

    private final Map<String, String> environment;
    private final Optional<Path> data;
    private final Optional<Path> cache;
    private final CallersPlaces places;
    private final Posix posix = JnrPosix.load();
    private final Instant now;

    Cleaner(Map<String, String> environment, Optional<Path> data, Optional<Path> cache, Instant now) {
        this.environment = environment;
        this.data = data;
        this.cache = cache;
        this.places = new CallersPlaces(environment);
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
        Set<Path> outputs = new LinkedHashSet<>(directories);
        if (data.isPresent()) {
            addStore(litters, data.get(), starts);
        }
        litters.add(new Litter(Kind.JOIN, () -> joins(starts), remover(Files::deleteIfExists)));
        for (Path bundles : places.bundles()) {
            litters.add(new Litter(Kind.BUNDLE, () -> starts.inBundles(bundles), remover(this::removeDraft)));
            litters.add(new Litter(Kind.BUNDLE, () -> starts.treesOfBundles(bundles), remover(this::removeDraft)));
        }
        if (cache.isPresent()) {
            CacheLocation location = new CacheLocation(cache.get());
            addCache(litters, location, starts);
            outputs.add(location.images());
        }
        for (Path directory : outputs) {
            litters.add(
                    new Litter(Kind.OUTPUT, () -> AbandonedOutputs.in(directory), remover(AbandonedOutputs::remove)));
            litters.add(new Litter(Kind.OUTPUT, () -> AbandonedParts.in(directory), remover(AbandonedParts::remove)));
        }
        Set<Path> copies = new LinkedHashSet<>(directories);
        copies.add(places.localImages());
        litters.add(new Litter(
                Kind.COPY, () -> old(copies, ".jrun-copy-*", now.minus(COPY_AGE)), remover(this::removeTree)));
        litters.add(new Litter(Kind.CGROUP, this::cgroups, remover(OwnCgroup::remove)));
        Set<Path> scratch = places.scratchParents(
                Stream.of(data, cache).flatMap(Optional::stream).toList());
        litters.add(new Litter(
                Kind.CHECK,
                () -> old(scratch, Scratch.PREFIX + "*", now.minus(SCRATCH_AGE)),
                remover(this::removeTree)));
        return litters;
    }

    private void addStore(List<Litter> litters, Path dataPath, AbandonedStarts starts) throws IOException {
        ContainerStore store = new ContainerStores(environment, note -> {}).open(posix);
        litters.add(new Litter(Kind.CONTAINER, store::leftovers, path -> removeLeftover(store, path)));
        litters.add(new Litter(Kind.PLAN, () -> plans(store, starts), remover(this::removeTree)));
        litters.add(new Litter(Kind.LOCK, () -> starts.locks(dataPath), remover(Files::deleteIfExists)));
    }

    private void addCache(List<Litter> litters, CacheLocation location, AbandonedStarts starts) {
        AbandonedDownloads downloads = new AbandonedDownloads(BlobStore.at(location.blobs()), now);
        litters.add(new Litter(Kind.PLAN, () -> starts.inPlans(location.plans()), remover(this::removeTree)));
        litters.add(
                new Litter(Kind.LOCK, () -> starts.besideImages(location.images()), remover(Files::deleteIfExists)));
        litters.add(new Litter(
                Kind.RECORD, () -> LayerRecords.abandonedIn(location.layers()), remover(Files::deleteIfExists)));
        litters.add(new Litter(Kind.DOWNLOAD, downloads::find, remover(downloads::remove)));
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
        for (Path directory : places.meetings()) {
            found.addAll(starts.joins(directory));
        }
        return found;
    }

    private List<Path> cgroups() throws IOException {
        List<Path> found = new ArrayList<>();
        for (Path group : OwnCgroup.abandoned(Path.of("/"), places.cgroups())) {
            if (CallersPlaces.isOurs(group)) {
                found.add(group);
            }
        }
        return found;
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
                    if (CallersPlaces.isOurs(entry) && isUntouchedSince(entry, limit)) {
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
}
