package io.jrun.image.blob;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
import io.jrun.error.StorageException;
import io.jrun.error.TransferException;
import io.jrun.image.reference.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BlobStoreTest {

    private static final byte[] BLOB = "0123456789".repeat(1000).getBytes(US_ASCII);
    private static final Digest DIGEST = Digest.sha256(BLOB);

    @TempDir
    Path directory;

    private BlobStore store;

    @BeforeEach
    void openStore() {
        store = BlobStore.at(directory.resolve("blobs"));
    }

    private Path final_() {
        return directory.resolve("blobs/sha256").resolve(DIGEST.hex());
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(directory.resolve("blobs/sha256"))) {
            return files.sorted().toList();
        }
    }

    private PartialBlob begin() throws StorageException {
        return store.begin(DIGEST, BLOB.length, "layer 1 of x");
    }

    private Path leftover(String owner, byte[] content, Duration age) throws IOException {
        Path path = directory.resolve("blobs/sha256").resolve(DIGEST.hex() + "." + owner + ".1.part");
        Files.createDirectories(path.getParent());
        Files.write(path, content);
        Files.setLastModifiedTime(path, FileTime.from(Instant.now().minus(age)));
        return path;
    }

    @Test
    void publishedBlobIsReadBack() throws Exception {
        try (PartialBlob blob = begin()) {
            blob.append(BLOB, 0, 4000);
            blob.append(BLOB, 4000, BLOB.length - 4000);
            blob.verify();
            blob.publish();
        }

        assertEquals(List.of(final_()), files());
        try (InputStream in = store.open(DIGEST, BLOB.length, "x").orElseThrow()) {
            assertArrayEquals(BLOB, in.readAllBytes());
        }
    }

    @Test
    void nothingIsThereBeforePublication() throws Exception {
        try (PartialBlob blob = begin()) {
            blob.append(BLOB, 0, BLOB.length);
            blob.verify();

            assertFalse(store.contains(DIGEST, BLOB.length));
            assertTrue(store.open(DIGEST, BLOB.length, "x").isEmpty());
        }
    }

    @Test
    void wrongBytesAreNeverPublished() throws Exception {
        byte[] other = BLOB.clone();
        other[77] ^= 1;
        try (PartialBlob blob = begin()) {
            blob.append(other, 0, other.length);

            CorruptDataException e = assertThrows(CorruptDataException.class, blob::verify);

            assertTrue(e.getMessage().contains("DIGEST_INVALID"), e.getMessage());
            assertTrue(e.failure().comparison().orElseThrow().expected().contains(DIGEST.toString()));
        }
    }

    @Test
    void bytesBeyondTheSizeAreRefused() throws Exception {
        try (PartialBlob blob = begin()) {
            blob.append(BLOB, 0, BLOB.length);

            assertThrows(CorruptDataException.class, () -> blob.append(BLOB, 0, 1));
        }
    }

    @Test
    void damagedBlobInTheStoreIsRemovedWhenRead() throws Exception {
        store.putDocument(DIGEST, BLOB);
        byte[] damaged = BLOB.clone();
        damaged[0] ^= 1;
        Files.write(final_(), damaged);

        try (InputStream in = store.open(DIGEST, BLOB.length, "x").orElseThrow()) {
            assertThrows(CorruptDataException.class, in::readAllBytes);
        }

        assertFalse(Files.exists(final_()));
    }

    @Test
    void cutBlobInTheStoreIsRemovedAtOnce() throws Exception {
        Files.createDirectories(final_().getParent());
        Files.write(final_(), new byte[] {1, 2, 3});

        assertFalse(store.contains(DIGEST, BLOB.length));
        assertFalse(Files.exists(final_()));
    }

    @Test
    void damagedDocumentCountsAsAbsent() throws Exception {
        store.putDocument(DIGEST, BLOB);
        assertEquals(BLOB.length, store.document(DIGEST, 1 << 20).orElseThrow().length);
        Files.write(final_(), new byte[] {'x'});

        assertTrue(store.document(DIGEST, 1 << 20).isEmpty());
        assertFalse(Files.exists(final_()));
    }

    @Test
    void leftoverOfADeadProcessIsResumed() throws Exception {
        String scope = Owner.thisProcess().scope();
        long deadPid = deadPid();
        leftover(scope + "-" + deadPid + "-1", java.util.Arrays.copyOf(BLOB, 3000), Duration.ZERO);

        try (PartialBlob blob = begin()) {
            assertEquals(3000, blob.sizeInBytes());
            blob.append(BLOB, 3000, BLOB.length - 3000);
            blob.verify();
            blob.publish();
        }

        assertEquals(List.of(final_()), files());
    }

    /** A process that has run and ended. */
    private static long deadPid() throws Exception {
        Process process = new ProcessBuilder("true").start();
        process.waitFor();
        return process.pid();
    }

    @Test
    void reusedPidIsTakenForDead() throws Exception {
        Owner self = Owner.thisProcess();
        leftover(self.scope() + "-" + self.pid() + "-" + (self.startTime() + 1), new byte[100], Duration.ZERO);

        try (PartialBlob blob = begin()) {
            assertEquals(100, blob.sizeInBytes());
        }
    }

    @Test
    void filesOfLivingProcessesAndOfOtherMachinesAreLeftAlone() throws Exception {
        Owner self = Owner.thisProcess();
        Path living = leftover(self.toString(), new byte[100], Duration.ofMinutes(5));
        Path elsewhere = leftover("abc123-7-9", new byte[100], Duration.ofMinutes(5));

        try (PartialBlob blob = begin()) {
            assertEquals(0, blob.sizeInBytes());
        }

        assertTrue(Files.exists(living));
        assertTrue(Files.exists(elsewhere));
    }

    @Test
    void oldLeftoverOfAnotherMachineIsResumed() throws Exception {
        leftover("abc123-7-9", new byte[100], Duration.ofHours(3));

        try (PartialBlob blob = begin()) {
            assertEquals(100, blob.sizeInBytes());
        }
    }

    @Test
    void tooLongLeftoverStartsOver() throws Exception {
        leftover(Owner.NOBODY.toString(), new byte[BLOB.length + 1], Duration.ZERO);

        try (PartialBlob blob = begin()) {
            assertEquals(0, blob.sizeInBytes());
        }
    }

    @Test
    void largestLeftoverIsResumedAndTheOthersGo() throws Exception {
        leftover(Owner.NOBODY.toString(), new byte[50], Duration.ZERO);
        leftover("abc123-7-9", new byte[200], Duration.ofHours(3));

        try (PartialBlob blob = begin()) {
            assertEquals(200, blob.sizeInBytes());
            assertEquals(1, files().size());
        }
    }

    @Test
    void leftoversThatNobodyResumesGoAfterAWeek() throws Exception {
        Path other = directory.resolve("blobs/sha256").resolve("ab".repeat(32) + ".abc123-7-9.1.part");
        Files.createDirectories(other.getParent());
        Files.write(other, new byte[10]);
        Files.setLastModifiedTime(other, FileTime.from(Instant.now().minus(Duration.ofDays(8))));

        begin().close();

        assertFalse(Files.exists(other));
    }

    @Test
    void unfinishedBlobIsResumedByTheNextWriter() throws Exception {
        try (PartialBlob blob = begin()) {
            blob.append(BLOB, 0, 1234);
        }

        try (PartialBlob blob = begin()) {
            assertEquals(1234, blob.sizeInBytes());
        }
    }

    @Test
    void twoWritersOfOneBlobDoNotDisturbEachOther() throws Exception {
        try (PartialBlob one = begin();
                PartialBlob two = begin()) {
            one.append(BLOB, 0, BLOB.length);
            two.append(BLOB, 0, 500);
            one.verify();
            one.publish();
            two.append(BLOB, 500, BLOB.length - 500);
            two.verify();
            two.publish();
        }

        assertEquals(List.of(final_()), files());
        assertArrayEquals(BLOB, Files.readAllBytes(final_()));
    }

    @Test
    void followerReadsWhileTheBlobGrows() throws Exception {
        try (PartialBlob blob = begin();
                InputStream follower = blob.follow()) {
            blob.append(BLOB, 0, 10);
            assertArrayEquals("0123456789".getBytes(US_ASCII), follower.readNBytes(10));
            CompletableFuture<byte[]> rest = CompletableFuture.supplyAsync(() -> readAll(follower));

            blob.append(BLOB, 10, BLOB.length - 10);
            blob.verify();
            blob.publish();

            assertEquals(BLOB.length - 10, rest.get(10, TimeUnit.SECONDS).length);
        }
    }

    private static byte[] readAll(InputStream in) {
        try {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void followerHearsOfFailureAfterWhatIsThere() throws Exception {
        try (PartialBlob blob = begin();
                InputStream follower = blob.follow()) {
            blob.append(BLOB, 0, 10);
            blob.fail(new TransferException(Failure.of("fetch layer 1 of x", "the network is gone")));

            assertEquals(10, follower.readNBytes(10).length);
            assertThrows(TransferException.class, follower::read);
        }
    }

    @Test
    void startingOverIsRefusedOnceSomebodyFollows() throws Exception {
        try (PartialBlob blob = begin()) {
            blob.append(BLOB, 0, 10);
            assertTrue(blob.restart());
            assertEquals(0, blob.sizeInBytes());
            blob.follow().close();

            assertFalse(blob.restart());
        }
    }

    @Test
    void unwritableDirectoryIsAStorageFailure() throws Exception {
        Path file = Files.createFile(directory.resolve("file"));

        StorageException e =
                assertThrows(StorageException.class, () -> BlobStore.at(file).begin(DIGEST, BLOB.length, "x"));

        assertTrue(e.failure().hint().orElseThrow().contains("XDG_CACHE_HOME"), e.getMessage());
    }

    @Test
    void fullDiskIsAStorageFailure() {
        StorageException e = LocalDisk.failure("write", Path.of("/x"), new IOException("No space left on device"));

        assertTrue(e.getMessage().contains("no space left (ENOSPC)"), e.getMessage());
        assertInstanceOf(IOException.class, e.getCause());
    }

    @Test
    void verifyingStreamThrowsAtTheEndAtTheLatest() throws Exception {
        byte[] cut = java.util.Arrays.copyOf(BLOB, 100);
        for (Optional<byte[]> wrong :
                List.of(Optional.of(cut), Optional.of((new String(BLOB, US_ASCII) + "x").getBytes(US_ASCII)))) {
            try (InputStream in = new VerifyingInputStream(
                    new java.io.ByteArrayInputStream(wrong.get()), DIGEST, BLOB.length, "layer 3 of lab/solver:2.1")) {
                CorruptDataException e = assertThrows(CorruptDataException.class, in::readAllBytes);
                assertTrue(e.getMessage().startsWith("cannot use layer 3 of lab/solver:2.1: its bytes do not match"));
            }
        }
    }
}
