package io.jrun.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.cli.cache.CacheEntry;
import io.jrun.cli.cache.PruneRequest;
import io.jrun.cli.cache.PruneRequest.Effect;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code cache}, and what {@code import} does besides importing. */
class CacheCommandsTest {

    @TempDir
    Path cache;

    private CommandLineFixture jrun;

    @BeforeEach
    void open() {
        jrun = CommandLineFixture.withoutTerminal(cache);
    }

    @Test
    void theListIsATable() {
        assertEquals(0, jrun.run("cache", "list"), jrun.err());

        assertEquals("""
                KIND         SIZE  LAST USE              NAME
                blob      1.50 MB  2026-11-01T10:20:30Z  sha256:aa
                download     10 B  2026-11-01T10:20:30Z  sha256:bb
                """, jrun.out());
    }

    @Test
    void theListIsJsonForPrograms() {
        assertEquals(0, jrun.run("cache", "list", "--format", "json"), jrun.err());

        assertTrue(jrun.out().contains("\"kind\" : \"download\""), jrun.out());
        assertTrue(jrun.out().contains("\"bytes\" : 1500000"), jrun.out());
    }

    @Test
    void withoutAChoiceAMonthIsLongEnough() {
        assertEquals(0, jrun.run("cache", "prune"), jrun.err());

        assertEquals(
                List.of(new PruneRequest(OptionalLong.empty(), Optional.of(Duration.ofDays(30)), Effect.REMOVE)),
                jrun.operations.calls);
        assertEquals("jrun: freed 1.50 MB, 10 B stay\n", jrun.err());
    }

    @Test
    void aSizeAloneLooksAtNoAge() {
        assertEquals(0, jrun.run("cache", "prune", "--max-size", "2G", "--dry-run"), jrun.err());

        assertEquals(
                List.of(new PruneRequest(OptionalLong.of(2L << 30), Optional.empty(), Effect.ONLY_TELL)),
                jrun.operations.calls);
        assertEquals("jrun: would free 1.50 MB, 10 B stay\n", jrun.err());
    }

    @Test
    void agesThatAreNoneAreUsageErrors() {
        assertEquals(2, jrun.run("cache", "prune", "--older-than", "7"));

        assertTrue(jrun.err().contains("7 is no age"), jrun.err());
    }

    @Test
    void nothingIsSaidOfSoundBlobs() {
        assertEquals(0, jrun.run("cache", "verify"), jrun.err());

        assertEquals("", jrun.out() + jrun.err());
    }

    @Test
    void damagedBlobsAreListedAndAFailure() {
        jrun.operations.damaged.add(RecordingOperations.cacheEntry(CacheEntry.Kind.BLOB, "sha256:aa", 10));

        assertEquals(5, jrun.run("cache", "verify"));
        assertTrue(jrun.out().contains("sha256:aa"), jrun.out());
        assertEquals(5, jrun.run("cache", "verify", "--format", "json"));
        assertTrue(jrun.out().contains("\"name\" : \"sha256:aa\""), jrun.out());
    }

    @Test
    void cacheAloneNamesItsCommands() {
        assertEquals(2, jrun.run("cache"));

        assertTrue(jrun.err().contains("list, prune or verify"), jrun.err());
    }

    @Test
    void aPlanIsPrintedAndNothingImported() {
        assertEquals(0, jrun.run("import", "--plan-only", "lab/solver"), jrun.err());

        assertEquals(List.of("plan lab/solver"), jrun.operations.calls);
        assertEquals("""
                image:     lab/solver
                manifest:  sha256:00
                platform:  linux/amd64
                output:    /images/solver.sqsh
                options:   format=squashfs
                layers:
                    1  sha256:aa    2.00 MB  cached
                    2  sha256:bb    6.00 MB  1.00 MB cached
                    3  sha256:cc      500 B  to fetch
                download:  5.00 MB into /cache/jrun/blobs, where 9.00 GB are free
                writes:    about 8.00 MB, where 70.0 GB are free
                """, jrun.out());
    }

    @Test
    void aPlanWithoutDownloadSaysSo() {
        assertEquals(0, jrun.run("import", "--plan-only", "oci:solver"), jrun.err());

        assertTrue(jrun.out().contains("    3  sha256:cc      500 B  at hand\ndownload:  nothing\n"), jrun.out());
        assertEquals(0, jrun.run("import", "--plan-only", "--json", "oci:solver"), jrun.err());
        assertTrue(jrun.out().contains("\"downloadBytes\" : 0"), jrun.out());
    }

    @Test
    void aPlanIsJsonForPrograms() {
        assertEquals(0, jrun.run("import", "--plan-only", "--json", "lab/solver"), jrun.err());

        assertTrue(jrun.out().contains("\"downloadBytes\" : 5000500"), jrun.out());
        assertTrue(jrun.out().contains("\"cachedBytes\" : 1000000"), jrun.out());
    }

    @Test
    void sharedFilesHaveNoNamesOfTheUsersChoice() {
        assertEquals(2, jrun.run("import", "--shared", "/d", "-o", "x.sqsh", "lab/solver"));

        assertTrue(jrun.err().contains("leave out -o and -f"), jrun.err());
        assertEquals(List.of(), jrun.operations.calls);
    }

    @Test
    void eventsGoToStandardErrorAndTheResultToStandardOutput() {
        assertEquals(0, jrun.run("import", "--progress", "json", "lab/solver"), jrun.err());

        assertEquals("out.sqsh\n", jrun.out());
        assertTrue(jrun.err().lines().allMatch(line -> line.startsWith("{\"event\":")), jrun.err());
    }

    @Test
    void timingsAreWritten() throws java.io.IOException {
        Path file = cache.resolve("timings.json");

        assertEquals(0, jrun.run("import", "--timings", file.toString(), "lab/solver"), jrun.err());

        assertTrue(java.nio.file.Files.readString(file).contains("\"wallSeconds\""), file::toString);
    }

    @Test
    void unknownWaysOfProgressAreUsageErrors() {
        assertEquals(2, jrun.run("import", "--progress", "loud", "lab/solver"));

        assertTrue(jrun.err().contains("auto, plain, json or none"), jrun.err());
    }
}
