package io.jrun.cli.cache;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.cli.cache.CacheEntry.Kind;
import io.jrun.cli.cache.PruneRequest.Effect;
import io.jrun.image.blob.BlobStore;
import io.jrun.image.blob.PartialBlob;
import io.jrun.image.reference.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine.TypeConversionException;

class HostCacheTest {

    @TempDir
    Path home;

    private BlobStore store;
    private HostCache cache;

    @BeforeEach
    void open() {
        store = BlobStore.at(home.resolve("jrun/blobs"));
        cache = new HostCache(Map.of("XDG_CACHE_HOME", home.toString()), Clock.systemUTC());
    }

    /** Ten bytes, last used so long ago. */
    private Digest blob(String name, Duration ago) throws IOException {
        byte[] bytes = (name + "..........").substring(0, 10).getBytes(StandardCharsets.US_ASCII);
        Digest digest = Digest.sha256(bytes);
        store.putDocument(digest, bytes);
        Files.setLastModifiedTime(file(digest), FileTime.from(Instant.now().minus(ago)));
        return digest;
    }

    private Path file(Digest digest) {
        return home.resolve("jrun/blobs/sha256").resolve(digest.hex());
    }

    private static PruneRequest toSize(long sizeInBytes) {
        return new PruneRequest(OptionalLong.of(sizeInBytes), Optional.empty(), Effect.REMOVE);
    }

    private List<String> names(List<CacheEntry> entries) {
        return entries.stream().map(CacheEntry::name).toList();
    }

    @Test
    void anAbsentCacheIsEmpty() throws IOException {
        assertEquals(List.of(), cache.cached());
        assertEquals(0, cache.prune(toSize(0)).freedInBytes());
    }

    @Test
    void theMostRecentlyUsedIsListedFirst() throws IOException {
        Digest old = blob("old", Duration.ofDays(3));
        Digest young = blob("young", Duration.ofDays(1));
        Files.createDirectories(home.resolve("jrun/plans"));
        Files.writeString(home.resolve("jrun/plans/abc"), "plan");

        List<CacheEntry> entries = cache.cached();

        assertEquals(List.of("abc", young.toString(), old.toString()), names(entries));
        assertEquals(Kind.PLAN, entries.get(0).kind());
        assertEquals(10, entries.get(2).sizeInBytes());
    }

    @Test
    void recordsOfLayersAreListedAndPruned() throws IOException {
        Files.createDirectories(home.resolve("jrun/layers"));
        Files.writeString(home.resolve("jrun/layers/sha256-ab.12.34"), "record");

        List<CacheEntry> entries = cache.cached();
        cache.prune(toSize(0));

        assertEquals(List.of(Kind.LAYER), entries.stream().map(CacheEntry::kind).toList());
        assertEquals(List.of(), cache.cached());
    }

    @Test
    void recordsThatNobodyWillCompleteGoWhateverIsPruned() throws IOException {
        Path layers = Files.createDirectories(home.resolve("jrun/layers"));
        Path left = Files.writeString(layers.resolve("sha256-ab.12.34.left.part"), "half a rec");
        Path growing = Files.writeString(layers.resolve("sha256-ab.12.34.growing.part"), "half");
        Files.setLastModifiedTime(left, FileTime.from(Instant.now().minus(Duration.ofHours(2))));

        PruneReport report = cache.prune(toSize(1000));

        assertEquals(10, report.freedInBytes());
        assertFalse(Files.exists(left));
        assertTrue(Files.exists(growing));
    }

    @Test
    void theLeastRecentlyUsedGoFirstAndNoMoreThanMust() throws IOException {
        Digest old = blob("old", Duration.ofDays(3));
        Digest older = blob("older", Duration.ofDays(4));
        Digest young = blob("young", Duration.ofDays(1));

        PruneReport report = cache.prune(toSize(10));

        assertEquals(List.of(older.toString(), old.toString()), names(report.removed()));
        assertEquals(20, report.freedInBytes());
        assertEquals(10, report.keptInBytes());
        assertTrue(Files.exists(file(young)));
    }

    @Test
    void useMakesABlobYoung() throws IOException {
        Digest used = blob("used", Duration.ofDays(9));
        Digest unused = blob("unused", Duration.ofDays(3));

        assertTrue(store.contains(used, 10));
        PruneReport report =
                cache.prune(new PruneRequest(OptionalLong.empty(), Optional.of(Duration.ofDays(2)), Effect.REMOVE));

        assertEquals(List.of(unused.toString()), names(report.removed()));
    }

    @Test
    void aDryRunRemovesNothingAndTellsTheSame() throws IOException {
        Digest old = blob("old", Duration.ofDays(3));

        PruneReport report = cache.prune(new PruneRequest(OptionalLong.of(0), Optional.empty(), Effect.ONLY_TELL));

        assertEquals(List.of(old.toString()), names(report.removed()));
        assertTrue(Files.exists(file(old)));
    }

    @Test
    void whoReadsABlobReadsItToItsEnd() throws IOException {
        Digest digest = blob("read", Duration.ofDays(3));
        byte[] expected = Files.readAllBytes(file(digest));
        try (InputStream in = store.open(digest, 10, "blob").orElseThrow()) {
            cache.prune(toSize(0));

            assertFalse(Files.exists(file(digest)));
            assertArrayEquals(expected, in.readAllBytes());
        }
    }

    @Test
    void aDownloadThatSomebodyHoldsStaysAndAnAbandonedOneGoes() throws IOException {
        Digest held = Digest.sha256("held".getBytes(StandardCharsets.US_ASCII));
        Digest left = Digest.sha256("left".getBytes(StandardCharsets.US_ASCII));
        try (PartialBlob abandoned = store.begin(left, 100, "blob")) {
            abandoned.append(new byte[7], 0, 7);
        }
        try (PartialBlob growing = store.begin(held, 100, "blob")) {
            growing.append(new byte[5], 0, 5);

            List<CacheEntry> before = cache.cached();
            PruneReport report = cache.prune(toSize(0));

            assertAll(
                    () -> assertEquals(
                            List.of(Kind.DOWNLOAD, Kind.PARTIAL),
                            before.stream()
                                    .map(CacheEntry::kind)
                                    .sorted((a, b) -> b.compareTo(a))
                                    .toList()),
                    () -> assertEquals(List.of(left.toString()), names(report.removed())),
                    () -> assertEquals(5, report.keptInBytes()));
        }
        assertEquals(5, store.presentBytes(held, 100));
    }

    @Test
    void whatWasUsedSinceItWasListedStays() throws IOException {
        Digest digest = blob("raced", Duration.ofDays(3));
        var listed = store.inventory().get(0);
        assertTrue(store.contains(digest, 10));

        assertFalse(store.removeUnlessUsed(listed));
        assertTrue(Files.exists(file(digest)));
    }

    @Test
    void damagedBlobsAreFoundAndRemoved() throws IOException {
        Digest good = blob("good", Duration.ofDays(1));
        Digest bad = blob("bad", Duration.ofDays(2));
        Files.writeString(file(bad), "xxxxxxxxxx");

        List<CacheEntry> damaged = cache.removeDamaged();

        assertEquals(List.of(bad.toString()), names(damaged));
        assertTrue(Files.exists(file(good)));
        assertFalse(Files.exists(file(bad)));
    }

    @Test
    void agesHaveUnits() {
        AgeConverter converter = new AgeConverter();
        assertEquals(Duration.ofDays(14), converter.convert("2w"));
        assertEquals(Duration.ofMinutes(5), converter.convert("5m"));
        assertThrows(TypeConversionException.class, () -> converter.convert("7"));
    }
}
