package io.jrun.cli.host;

import io.jrun.image.blob.BlobStore;
import io.jrun.image.blob.StoredBlob;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** Parts of blobs in the cache that nobody will go on with. */
final class AbandonedDownloads {

    /** A download that was cut short is resumed by the next import of the same image. */
    private static final Duration AGE = Duration.ofDays(7);

    /** Stands for the digest of a blob that was cut short before its digest was known: nobody resumes that. */
    private static final String UNKNOWN_DIGEST = "sha256:0";

    private final BlobStore blobs;
    private final Instant limit;

    AbandonedDownloads(BlobStore blobs, Instant now) {
        this.blobs = blobs;
        this.limit = now.minus(AGE);
    }

    private List<StoredBlob> abandoned() throws IOException {
        return blobs.inventory().stream()
                .filter(blob -> blob.state() == StoredBlob.State.ABANDONED)
                .filter(blob ->
                        blob.digest().equals(UNKNOWN_DIGEST) || blob.lastUse().isBefore(limit))
                .toList();
    }

    List<Path> find() throws IOException {
        return abandoned().stream().map(StoredBlob::file).sorted().toList();
    }

    /** @return whether it is gone by this; not if somebody resumes it meanwhile */
    boolean remove(Path file) throws IOException {
        for (StoredBlob blob : abandoned()) {
            if (blob.file().equals(file)) {
                return blobs.removeUnlessUsed(blob);
            }
        }
        return false;
    }
}
