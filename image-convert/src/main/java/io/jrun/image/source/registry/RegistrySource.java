package io.jrun.image.source.registry;

import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
import io.jrun.error.JrunException;
import io.jrun.image.blob.BlobStore;
import io.jrun.image.model.Descriptor;
import io.jrun.image.model.MediaType;
import io.jrun.image.model.RawDocument;
import io.jrun.image.reference.Digest;
import io.jrun.image.reference.ImageReference;
import io.jrun.image.reference.Platform;
import io.jrun.image.source.ImageResolver;
import io.jrun.image.source.ImageSource;
import io.jrun.image.source.ResolvedImage;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/** An image in a registry. Layers and documents pass through the blob store, which spares the network the next time. */
public final class RegistrySource implements ImageSource {

    private final ImageReference reference;
    private final BlobStore store;
    private final RegistryClient client;
    private final LayerDownloads downloads;
    private final Map<Digest, String> layerNames = new HashMap<>();

    private RegistrySource(ImageReference reference, BlobStore store, RegistryClient client, LayerDownloads downloads) {
        this.reference = reference;
        this.store = store;
        this.client = client;
        this.downloads = downloads;
    }

    /** Looks up credentials; the network is first asked by {@link #resolve}. */
    public static RegistrySource open(ImageReference reference, BlobStore store, RegistryOptions options)
            throws JrunException {
        HttpTransport transport = new HttpTransport(
                new ProxyRules(options.environment()),
                new TrustedCertificates(options.environment()),
                options.connectTimeout(),
                options.stallTimeout());
        Credentials credentials = new CredentialFiles(options.environment(), options.credentialFile())
                .lookup(reference.repository(), reference.user());
        RegistryClient client =
                new RegistryClient(transport, reference.repository(), credentials, options, Clock.systemUTC());
        return new RegistrySource(
                reference, store, client, new LayerDownloads(client, store, options.connections(), options.listener()));
    }

    @Override
    public ResolvedImage resolve(Platform platform) throws IOException {
        ResolvedImage image = heedingInterrupts(() -> resolveFromFirstDocument(platform));
        nameLayers(image);
        return image;
    }

    /**
     * Runs on a thread of its own, which an interrupted caller leaves to end by itself: looking up names, connecting and
     * reading from sockets know no interrupts.
     */
    private static <T> T heedingInterrupts(Callable<T> call) throws IOException {
        FutureTask<T> task = new FutureTask<>(call);
        Thread thread = new Thread(task, "resolve");
        thread.setDaemon(true);
        thread.start();
        try {
            return task.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while asking the registry");
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException failure) {
                throw failure;
            }
            if (e.getCause() instanceof Error error) {
                throw error;
            }
            throw new IllegalStateException("asking the registry met a fault of jrun itself", e.getCause());
        }
    }

    private ResolvedImage resolveFromFirstDocument(Platform platform) throws IOException {
        ImageResolver resolver = new ImageResolver(this::fetch, reference.toString(), platform);
        String what = "manifest of " + reference;
        if (reference.digest().isPresent()) {
            Digest digest = reference.digest().get();
            Optional<byte[]> cached = store.document(digest, ImageResolver.MAX_MANIFEST_SIZE_IN_BYTES);
            if (cached.isPresent()) {
                Descriptor descriptor = Descriptor.of(MediaType.of(""), digest, cached.get().length);
                return resolver.resolve(descriptor, RawDocument.of(cached.get()));
            }
        }
        RegistryClient.Manifest manifest =
                client.manifest(reference.manifestReference(), ImageResolver.MAX_MANIFEST_SIZE_IN_BYTES, what);
        Descriptor descriptor = Descriptor.of(
                manifest.mediaType(), manifest.digest(), manifest.document().sizeInBytes());
        ResolvedImage image = resolver.resolve(descriptor, manifest.document());
        store.putDocument(manifest.digest(), manifest.document().toBytes());
        return image;
    }

    private RawDocument fetch(Descriptor descriptor, int maxSizeInBytes, String what) throws IOException {
        Optional<byte[]> cached = store.document(descriptor.digest(), maxSizeInBytes);
        if (cached.isPresent()) {
            return RawDocument.of(cached.get());
        }
        if (descriptor.sizeInBytes() > maxSizeInBytes) {
            throw new CorruptDataException(Failure.of(
                    "fetch " + what, "its size is " + descriptor.sizeInBytes() + ", more than " + maxSizeInBytes));
        }
        byte[] document = descriptor.mediaType().isImageConfig()
                ? client.document(descriptor.digest(), descriptor.sizeInBytes(), maxSizeInBytes, what)
                : manifestByDigest(descriptor, maxSizeInBytes, what);
        store.putDocument(descriptor.digest(), document);
        return RawDocument.of(document);
    }

    private byte[] manifestByDigest(Descriptor descriptor, int maxSizeInBytes, String what) throws IOException {
        byte[] document = client.manifest(descriptor.digest().toString(), maxSizeInBytes, what)
                .document()
                .toBytes();
        if (document.length != descriptor.sizeInBytes()) {
            throw new CorruptDataException(Failure.of("use " + what, "its size does not match the index (SIZE_INVALID)")
                    .comparing(descriptor.sizeInBytes() + " bytes", document.length + " bytes"));
        }
        return document;
    }

    private void nameLayers(ResolvedImage image) {
        List<Descriptor> layers = image.manifest().layers();
        synchronized (layerNames) {
            for (int i = 0; i < layers.size(); i++) {
                layerNames.putIfAbsent(layers.get(i).digest(), "layer " + (i + 1) + " of " + reference);
            }
        }
    }

    private String nameOf(Descriptor layer) {
        synchronized (layerNames) {
            return layerNames.getOrDefault(layer.digest(), "blob " + layer.digest() + " of " + reference);
        }
    }

    @Override
    public void prefetch(List<Descriptor> layersInOrder) throws IOException {
        for (Descriptor layer : layersInOrder) {
            downloads.request(layer, nameOf(layer));
        }
    }

    @Override
    public InputStream openLayer(Descriptor layer) throws IOException {
        return downloads.open(layer, nameOf(layer));
    }

    @Override
    public void close() throws IOException {
        downloads.close();
    }
}
