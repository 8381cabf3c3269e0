package io.jrun.image.source.registry;

import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
import io.jrun.error.JrunException;
import io.jrun.image.blob.BlobStore;
import io.jrun.image.model.Descriptor;
import io.jrun.image.model.ImageIndex;
import io.jrun.image.model.MediaType;
import io.jrun.image.model.RawDocument;
import io.jrun.image.reference.Digest;
import io.jrun.image.reference.ImageReference;
import io.jrun.image.reference.Platform;
import io.jrun.image.registry.Registries;
import io.jrun.image.registry.RegistryClient;
import io.jrun.image.registry.RegistryOptions;
import io.jrun.image.source.ImageFileBlob;
import io.jrun.image.source.ImageResolver;
import io.jrun.image.source.ImageSource;
import io.jrun.image.source.ResolvedImage;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
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
    private final Mirrors mirrors;
    private final LayerDownloads downloads;
    private final Map<Digest, String> layerNames = new HashMap<>();
    private Optional<First> first = Optional.empty();

    private RegistrySource(ImageReference reference, BlobStore store, Mirrors mirrors, LayerDownloads downloads) {
        this.reference = reference;
        this.store = store;
        this.mirrors = mirrors;
        this.downloads = downloads;
    }

    /** Looks up the site's rules and credentials; the network is first asked by {@link #resolve}. */
    public static RegistrySource open(ImageReference reference, BlobStore store, RegistryOptions options)
            throws JrunException {
        Mirrors mirrors = new Mirrors(Registries.open(options).forPull(reference), options.listener());
        return new RegistrySource(
                reference,
                store,
                mirrors,
                new LayerDownloads(mirrors, store, options.connections(), options.listener()));
    }

    /**
     * The digest that the reference stands for at this moment: of an index, where it names one. Fetches nothing where the
     * registry tells without.
     */
    public Digest digest() throws IOException {
        return heedingInterrupts(() -> {
            Optional<Digest> told = mirrors.ask(
                    name(), client -> client.manifestDigest(reference.manifestReference(), reference.toString()));
            return told.isPresent() ? told.get() : firstDocument().descriptor().digest();
        });
    }

    /** The same for the image of one platform, where the reference names an index. */
    public Digest digest(Platform platform) throws IOException {
        Optional<ImageFileBlob> file = imageFile(platform);
        return file.isPresent()
                ? file.get().manifestDigest()
                : resolve(platform).manifestDescriptor().digest();
    }

    /** Empty where the reference names the image of one platform. */
    public Optional<ImageIndex> index() throws IOException {
        RawDocument document = heedingInterrupts(() -> firstDocument().document());
        return ImageIndex.looksLikeIndex(document.toBytes(), name())
                ? Optional.of(ImageIndex.read(document.toBytes(), "index of " + reference))
                : Optional.empty();
    }

    private String name() {
        return "manifest of " + reference;
    }

    @Override
    public Optional<ImageFileBlob> imageFile(Platform platform) throws IOException {
        return heedingInterrupts(() -> ImageFileBlob.of(firstDocument().document(), reference.toString(), platform));
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
        First first = firstDocument();
        return new ImageResolver(this::fetch, reference.toString(), platform)
                .resolve(first.descriptor(), first.document());
    }

    /** What the reference names: a manifest or an index. */
    private record First(Descriptor descriptor, RawDocument document) {}

    private First firstDocument() throws IOException {
        synchronized (layerNames) {
            if (first.isEmpty()) {
                first = Optional.of(fetchFirst());
            }
            return first.get();
        }
    }

    private First fetchFirst() throws IOException {
        if (reference.digest().isPresent()) {
            Digest digest = reference.digest().get();
            Optional<byte[]> cached = store.document(digest, ImageResolver.MAX_MANIFEST_SIZE_IN_BYTES);
            if (cached.isPresent()) {
                return new First(
                        Descriptor.of(MediaType.of(""), digest, cached.get().length), RawDocument.of(cached.get()));
            }
        }
        RegistryClient.Manifest manifest = mirrors.ask(
                name(),
                client -> client.manifest(
                        reference.manifestReference(), ImageResolver.MAX_MANIFEST_SIZE_IN_BYTES, name()));
        store.putDocument(manifest.digest(), manifest.document().toBytes());
        return new First(
                Descriptor.of(
                        manifest.mediaType(),
                        manifest.digest(),
                        manifest.document().sizeInBytes()),
                manifest.document());
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
                ? mirrors.ask(
                        what,
                        client -> client.document(descriptor.digest(), descriptor.sizeInBytes(), maxSizeInBytes, what))
                : manifestByDigest(descriptor, maxSizeInBytes, what);
        store.putDocument(descriptor.digest(), document);
        return RawDocument.of(document);
    }

    private byte[] manifestByDigest(Descriptor descriptor, int maxSizeInBytes, String what) throws IOException {
        byte[] document = mirrors.ask(
                        what, client -> client.manifest(descriptor.digest().toString(), maxSizeInBytes, what))
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
