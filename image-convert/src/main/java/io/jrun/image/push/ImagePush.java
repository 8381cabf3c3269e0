package io.jrun.image.push;

import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
import io.jrun.error.UsageException;
import io.jrun.image.push.PushContent.PushBlob;
import io.jrun.image.reference.Digest;
import io.jrun.image.reference.ImageReference;
import io.jrun.image.registry.Attempts;
import io.jrun.image.registry.HttpAnswer;
import io.jrun.image.registry.HttpRequest;
import io.jrun.image.registry.HttpRequest.Method;
import io.jrun.image.registry.Registries;
import io.jrun.image.registry.RegistryClient;
import io.jrun.image.registry.RegistryFailure;
import io.jrun.image.registry.RegistryOptions;
import io.jrun.image.source.TransferListener;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Brings an image into a registry: blobs first, several at once, then manifests, then what names them, so that nothing in
 * the registry ever names what is not there.
 */
public final class ImagePush {

    private final ImageReference reference;
    private final RegistryClient client;
    private final Optional<String> mountFrom;
    private final int connections;
    private final TransferListener listener;
    private volatile boolean stopped;

    private ImagePush(
            ImageReference reference,
            RegistryClient client,
            Optional<String> mountFrom,
            int connections,
            TransferListener listener) {
        this.reference = reference;
        this.client = client;
        this.mountFrom = mountFrom;
        this.connections = connections;
        this.listener = listener;
    }

    /**
     * Prepares a push; the registry is first asked by {@link #push}.
     *
     * @param reference by tag; a digest in it must be the content's
     * @param mountFrom the path of another repository of the same registry that may have some of the blobs
     */
    public static ImagePush to(ImageReference reference, Optional<String> mountFrom, RegistryOptions options)
            throws IOException {
        RegistryClient client = Registries.open(options).forPush(reference);
        return new ImagePush(reference, client, mountFrom, options.connections(), options.listener());
    }

    /** Returns the digest under which the image can be had. When it throws, the tag is what it was before. */
    public Digest push(PushContent content) throws IOException {
        Digest digest = content.descriptor().digest();
        if (reference.digest().filter(wanted -> !wanted.equals(digest)).isPresent()) {
            throw new UsageException(Failure.of("push to " + reference, "the image has another digest")
                    .comparing(reference.digest().get(), digest)
                    .hint("name a tag"));
        }
        pushBlobs(content.allBlobs());
        for (PushContent part : content.parts()) {
            pushManifests(part);
        }
        putManifest(content, reference.manifestReference());
        return digest;
    }

    private void pushManifests(PushContent content) throws IOException {
        for (PushContent part : content.parts()) {
            pushManifests(part);
        }
        putManifest(content, content.descriptor().digest().toString());
    }

    private void pushBlobs(List<PushBlob> blobs) throws IOException {
        ExecutorService threads = Executors.newFixedThreadPool(connections, task -> {
            Thread thread = new Thread(task, "push");
            thread.setDaemon(true);
            return thread;
        });
        try {
            List<Future<?>> uploads = new ArrayList<>();
            for (PushBlob blob : blobs) {
                uploads.add(threads.submit(() -> {
                    new BlobUpload(client, blob, mountFrom, listener, () -> stopped).run();
                    return null;
                }));
            }
            for (Future<?> upload : uploads) {
                await(upload);
            }
        } finally {
            stopped = true;
            threads.shutdownNow();
        }
    }

    private static void await(Future<?> upload) throws IOException {
        try {
            upload.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while pushing");
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException failure) {
                throw failure;
            }
            throw new IllegalStateException("pushing met a fault of jrun itself", e.getCause());
        }
    }

    /** Source: OCI distribution-spec 1.1, "Pushing Manifests". */
    private void putManifest(PushContent content, String name) throws IOException {
        RegistryFailure failure = client.failure("push manifest of " + reference);
        Attempts attempts = client.attempts(failure);
        HttpRequest request = HttpRequest.of(Method.PUT, client.manifestUri(name))
                .with("Content-Type", content.descriptor().mediaType().value())
                .sending(HttpRequest.Body.of(content.document().toBytes()));
        while (true) {
            try (HttpAnswer answer = client.exchange(request, failure)) {
                refuseOtherDigest(answer, content.descriptor().digest());
                return;
            } catch (IOException e) {
                attempts.after(e, request.target());
            }
        }
    }

    private void refuseOtherDigest(HttpAnswer answer, Digest digest) throws CorruptDataException {
        Optional<Digest> told = answer.header("Docker-Content-Digest").flatMap(Digest::parse);
        boolean comparable = told.isPresent() && told.get().algorithm() == digest.algorithm();
        if (comparable && !told.get().equals(digest)) {
            throw new CorruptDataException(
                    Failure.of("push manifest of " + reference, "the registry keeps another one (DIGEST_INVALID)")
                            .comparing(digest, told.get())
                            .hint("a gateway on the way may alter the data"));
        }
    }
}
