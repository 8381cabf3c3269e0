package io.jrun.image.source.registry;

import io.jrun.error.CorruptDataException;
import io.jrun.error.JrunException;
import io.jrun.error.StorageException;
import io.jrun.image.blob.BlobStore;
import io.jrun.image.blob.PartialBlob;
import io.jrun.image.model.Descriptor;
import io.jrun.image.reference.Digest;
import io.jrun.image.source.TransferListener;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The layers of one image on their way into the store, several at once, each once. A layer that somebody wants to read
 * starts at once, whatever else is under way.
 */
final class LayerDownloads implements Closeable {

    /** What a stopped transfer gets to notice it; one that waits for the network is left to end with the process. */
    private static final long STOP_PATIENCE_MILLIS = 1000;

    private enum State {
        QUEUED,
        TRANSFERRING,
        /** Whole and verified; being written to disk for good. */
        PUBLISHING,
        DONE,
        FAILED
    }

    /** All guarded by the lock of {@link LayerDownloads}. */
    private static final class Download {
        final Descriptor descriptor;
        final String what;
        State state = State.QUEUED;
        Optional<PartialBlob> blob = Optional.empty();
        Optional<IOException> failure = Optional.empty();

        Download(Descriptor descriptor, String what) {
            this.descriptor = descriptor;
            this.what = what;
        }
    }

    private final Mirrors mirrors;
    private final BlobStore store;
    private final int connections;
    private final TransferListener listener;

    private final Object lock = new Object();
    private final Map<Digest, Download> downloads = new HashMap<>();
    private final Deque<Download> queue = new ArrayDeque<>();
    private int transferring;
    private volatile boolean stopped;

    LayerDownloads(Mirrors mirrors, BlobStore store, int connections, TransferListener listener) {
        this.mirrors = mirrors;
        this.store = store;
        this.connections = connections;
        this.listener = listener;
    }

    /** Queues a layer unless it is here or on its way. */
    void request(Descriptor layer, String what) throws JrunException {
        synchronized (lock) {
            if (stopped || downloads.containsKey(layer.digest())) {
                return;
            }
            if (store.contains(layer.digest(), layer.sizeInBytes())) {
                listener.planned(layer, layer.sizeInBytes());
                return;
            }
            listener.planned(layer, 0);
            Download download = new Download(layer, what);
            downloads.put(layer.digest(), download);
            queue.add(download);
            startQueued();
        }
    }

    private void startQueued() {
        synchronized (lock) {
            while (transferring < connections && !queue.isEmpty() && !stopped) {
                start(queue.remove());
            }
        }
    }

    private void start(Download download) {
        synchronized (lock) {
            download.state = State.TRANSFERRING;
            transferring++;
        }
        Thread thread = new Thread(
                () -> run(download),
                "fetch-" + download.descriptor.digest().hex().substring(0, 12));
        // A process that ends, for whatever reason, leaves a partial blob that the next one resumes.
        thread.setDaemon(true);
        thread.start();
    }

    private void run(Download download) {
        try (PartialBlob blob = begin(download)) {
            transfer(download, blob);
            // The fsync(2) that follows takes as long as the disk does; the network need not wait for it.
            advance(download, State.PUBLISHING);
            startQueued();
            blob.publish();
            listener.finished(download.descriptor);
            advance(download, State.DONE);
        } catch (IOException e) {
            fail(download, e);
        } catch (RuntimeException | Error e) {
            fail(download, new IOException("fetching " + download.what + " met a fault of jrun itself", e));
        } finally {
            startQueued();
        }
    }

    private PartialBlob begin(Download download) throws IOException {
        Descriptor layer = download.descriptor;
        PartialBlob blob = store.begin(layer.digest(), layer.sizeInBytes(), download.what);
        if (blob.sizeInBytes() > 0) {
            listener.resumed(layer, blob.sizeInBytes());
        }
        synchronized (lock) {
            download.blob = Optional.of(blob);
            lock.notifyAll();
        }
        return blob;
    }

    /** What is wrong is not kept for a later run, nor what fills the disk to the last byte. */
    private void transfer(Download download, PartialBlob blob) throws IOException {
        try {
            new BlobTransfer(mirrors, download.descriptor, download.what, listener, () -> stopped).run(blob);
        } catch (CorruptDataException | StorageException e) {
            // Before the file goes, so that nobody who wants to read it meets its absence.
            blob.fail(e);
            blob.discard();
            throw e;
        }
    }

    private void advance(Download download, State next) {
        synchronized (lock) {
            if (download.state == State.TRANSFERRING) {
                transferring--;
            }
            download.state = next;
            lock.notifyAll();
        }
    }

    private void fail(Download download, IOException cause) {
        synchronized (lock) {
            download.failure = Optional.of(cause);
            download.blob.ifPresent(blob -> blob.fail(cause));
            advance(download, State.FAILED);
        }
    }

    /** The layer's bytes, verified by the end of the stream at the latest. */
    InputStream open(Descriptor layer, String what) throws IOException {
        while (true) {
            Optional<Download> known = find(layer.digest());
            if (known.isPresent()) {
                Optional<InputStream> stream = join(known.get());
                if (stream.isPresent()) {
                    return stream.get();
                }
                forget(known.get());
            } else {
                Optional<InputStream> cached = store.open(layer.digest(), layer.sizeInBytes(), what);
                if (cached.isPresent()) {
                    return cached.get();
                }
                requestAgain(layer, what);
            }
        }
    }

    private Optional<Download> find(Digest digest) {
        synchronized (lock) {
            return Optional.ofNullable(downloads.get(digest));
        }
    }

    /** Somebody else may remove a blob from the cache at any time; then it is fetched again. */
    private void forget(Download download) {
        synchronized (lock) {
            downloads.remove(download.descriptor.digest(), download);
        }
    }

    private void requestAgain(Descriptor layer, String what) throws IOException {
        if (stopped) {
            throw new IllegalStateException("the source is closed");
        }
        request(layer, what);
    }

    /** Empty when the blob was here, whole, and is gone. */
    private Optional<InputStream> join(Download download) throws IOException {
        PartialBlob blob;
        synchronized (lock) {
            if (download.state == State.QUEUED) {
                queue.remove(download);
                start(download);
            }
            awaitBlob(download);
            if (download.failure.isPresent()) {
                throw download.failure.get();
            }
            if (download.state == State.DONE) {
                Descriptor layer = download.descriptor;
                return store.openUnverified(layer.digest(), layer.sizeInBytes());
            }
            blob = download.blob.orElseThrow();
        }
        return Optional.of(blob.follow());
    }

    private void awaitBlob(Download download) throws InterruptedIOException {
        try {
            synchronized (lock) {
                while (download.state == State.TRANSFERRING && download.blob.isEmpty()) {
                    lock.wait();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting for " + download.what);
        }
    }

    /** Stops transfers, and waits until what is whole is on disk. */
    @Override
    public void close() throws IOException {
        stopped = true;
        long deadline = System.nanoTime() + STOP_PATIENCE_MILLIS * 1_000_000;
        synchronized (lock) {
            queue.clear();
            while (any(State.PUBLISHING) || (any(State.TRANSFERRING) && System.nanoTime() < deadline)) {
                try {
                    lock.wait(STOP_PATIENCE_MILLIS / 10);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new InterruptedIOException("interrupted while writing the blob cache");
                }
            }
        }
    }

    private boolean any(State state) {
        return downloads.values().stream().anyMatch(download -> download.state == state);
    }
}
