package io.jrun.cli.cache;

import io.jrun.cli.cache.CacheEntry.Kind;
import io.jrun.cli.cache.PruneRequest.Effect;
import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
import io.jrun.error.FileFailure;
import io.jrun.error.StorageException;
import io.jrun.image.blob.BlobStore;
import io.jrun.image.blob.StoredBlob;
import io.jrun.image.convert.LayerRecords;
import io.jrun.image.reference.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The cache of this user. */
public final class HostCache implements CacheOperations {

    private final Map<String, String> environment;
    private final Clock clock;

    public HostCache(Map<String, String> environment, Clock clock) {
        this.environment = Map.copyOf(environment);
        this.clock = clock;
    }

    private BlobStore blobs() throws IOException {
        return BlobStore.at(CacheLocation.of(environment).blobs());
    }

    @Override
    public List<CacheEntry> cached() throws IOException {
        return entries().keySet().stream()
                .sorted(Comparator.comparing(CacheEntry::lastUse).reversed().thenComparing(CacheEntry::name))
                .toList();
    }

    /** Each with its blob, where it is one. */
    private Map<CacheEntry, Optional<StoredBlob>> entries() throws IOException {
        Map<CacheEntry, Optional<StoredBlob>> found = new LinkedHashMap<>();
        for (StoredBlob blob : blobs().inventory()) {
            Kind kind =
                    switch (blob.state()) {
                        case WHOLE -> Kind.BLOB;
                        case ABANDONED -> Kind.PARTIAL;
                        case GROWING -> Kind.DOWNLOAD;
                    };
            found.put(
                    new CacheEntry(kind, blob.digest(), blob.file(), blob.sizeInBytes(), blob.lastUse()),
                    Optional.of(blob));
        }
        CacheLocation location = CacheLocation.of(environment);
        files(location.images(), "*.sqsh", Kind.IMAGE).forEach(entry -> found.put(entry, Optional.empty()));
        files(location.layers(), "*", Kind.LAYER).forEach(entry -> found.put(entry, Optional.empty()));
        files(location.plans(), "*", Kind.PLAN).forEach(entry -> found.put(entry, Optional.empty()));
        files(location.directory(), "crash-*.txt", Kind.REPORT).forEach(entry -> found.put(entry, Optional.empty()));
        return found;
    }

    private static List<CacheEntry> files(Path directory, String glob, Kind kind) throws StorageException {
        List<CacheEntry> found = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, glob)) {
            for (Path file : files) {
                BasicFileAttributes facts =
                        Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
                if (facts.isRegularFile()) {
                    found.add(new CacheEntry(
                            kind,
                            String.valueOf(file.getFileName()),
                            file,
                            facts.size(),
                            facts.lastModifiedTime().toInstant()));
                }
            }
        } catch (NoSuchFileException absent) {
            return found;
        } catch (DirectoryIteratorException e) {
            throw failure("list", directory, e.getCause());
        } catch (IOException e) {
            throw failure("list", directory, e);
        }
        return found;
    }

    private static StorageException failure(String verb, Path path, IOException e) {
        return new StorageException(Failure.of(verb + " " + path, FileFailure.cause(e)), e);
    }

    @Override
    public PruneReport prune(PruneRequest request) throws IOException {
        Map<CacheEntry, Optional<StoredBlob>> entries = entries();
        long kept = entries.keySet().stream().mapToLong(CacheEntry::sizeInBytes).sum();
        Set<Path> debris = Set.copyOf(
                LayerRecords.abandonedIn(CacheLocation.of(environment).layers()));
        List<CacheEntry> removed = new ArrayList<>();
        List<CacheEntry> leastRecentlyUsedFirst = entries.keySet().stream()
                .filter(entry -> entry.kind() != Kind.DOWNLOAD)
                .sorted(Comparator.comparing(CacheEntry::lastUse).thenComparing(CacheEntry::name))
                .toList();
        for (CacheEntry entry : leastRecentlyUsedFirst) {
            boolean tooMuch = request.maxSizeInBytes().isPresent()
                    && kept > request.maxSizeInBytes().getAsLong();
            boolean unwanted = tooMuch || debris.contains(entry.file()) || isTooOld(entry, request);
            if (unwanted && remove(entry, entries.get(entry), request.effect())) {
                kept -= entry.sizeInBytes();
                removed.add(entry);
            }
        }
        return new PruneReport(removed, kept);
    }

    private boolean isTooOld(CacheEntry entry, PruneRequest request) {
        Instant now = clock.instant();
        return request.olderThan()
                .filter(age -> entry.lastUse().isBefore(now.minus(age)))
                .isPresent();
    }

    private boolean remove(CacheEntry entry, Optional<StoredBlob> blob, Effect effect) throws IOException {
        if (effect == Effect.ONLY_TELL) {
            return true;
        }
        if (blob.isPresent()) {
            return blobs().removeUnlessUsed(blob.get());
        }
        try {
            return Files.deleteIfExists(entry.file());
        } catch (IOException e) {
            throw failure("remove", entry.file(), e);
        }
    }

    @Override
    public List<CacheEntry> removeDamaged() throws IOException {
        List<CacheEntry> damaged = new ArrayList<>();
        for (CacheEntry entry : cached()) {
            if (entry.kind() == Kind.BLOB && isDamaged(entry)) {
                damaged.add(entry);
            }
        }
        return damaged;
    }

    /** Reading a blob to its end verifies it, and removes it when it is not what it should be. */
    private boolean isDamaged(CacheEntry entry) throws IOException {
        Optional<InputStream> opened =
                blobs().open(Digest.parse(entry.name()).orElseThrow(), entry.sizeInBytes(), entry.name());
        if (opened.isEmpty()) {
            return false;
        }
        try (InputStream in = opened.get()) {
            in.transferTo(OutputStream.nullOutputStream());
            return false;
        } catch (CorruptDataException altered) {
            return true;
        }
    }
}
