package io.jrun.image.source;

import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
import io.jrun.error.NotFoundException;
import io.jrun.image.model.Descriptor;
import io.jrun.image.model.ImageConfig;
import io.jrun.image.model.ImageIndex;
import io.jrun.image.model.ImageManifest;
import io.jrun.image.model.MediaType;
import io.jrun.image.model.RawDocument;
import io.jrun.image.reference.Platform;
import java.io.IOException;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Goes from a source's first document to manifest and config: the part that every kind of source has in common. */
public final class ImageResolver {

    /** Fetches documents whose digest and size are known, and verifies both. */
    @FunctionalInterface
    public interface Documents {
        RawDocument fetch(Descriptor descriptor, int maxSizeInBytes, String what) throws IOException;
    }

    /** Indexes of indexes are rare, deeper ones unheard of; a circle cannot exist among digests. */
    private static final int MAX_INDEX_DEPTH = 4;

    /** The largest index or manifest that a registry must accept. */
    public static final int MAX_MANIFEST_SIZE_IN_BYTES = 4 << 20;

    private final Documents documents;
    private final String image;
    private final Platform platform;
    private final Set<Platform> offered = new LinkedHashSet<>();

    /**
     * Resolves one image for one platform.
     *
     * @param image names it in messages ("docker.io/library/ubuntu:24.04")
     */
    public ImageResolver(Documents documents, String image, Platform platform) {
        this.documents = documents;
        this.image = image;
        this.platform = platform;
    }

    /**
     * Resolves from an index or manifest.
     *
     * @param first describes {@code document}; its media type may be empty or wrong, then the document's content decides
     */
    public ResolvedImage resolve(Descriptor first, RawDocument document) throws IOException {
        return resolve(first, document, 0).orElseThrow(this::noManifest);
    }

    /** Resolves among the entries of an index whose bytes nobody vouches for, as that of a layout. */
    public ResolvedImage resolve(ImageIndex index) throws IOException {
        return resolveIndex(index, 0).orElseThrow(this::noManifest);
    }

    private Optional<ResolvedImage> resolve(Descriptor descriptor, RawDocument document, int depth) throws IOException {
        if (descriptor.mediaType().isDockerSchema1()) {
            throw ImageManifest.schema1("manifest of " + image);
        }
        byte[] bytes = document.toBytes();
        return isIndex(descriptor.mediaType(), bytes)
                ? resolveIndex(ImageIndex.read(bytes, "index of " + image), depth)
                : Optional.of(resolveManifest(descriptor, document, bytes));
    }

    /** The content decides, because registries and archives name types that do not fit. */
    private boolean isIndex(MediaType claimed, byte[] document) throws CorruptDataException {
        return ImageIndex.looksLikeIndex(document, (claimed.isIndex() ? "index of " : "manifest of ") + image);
    }

    private Optional<ResolvedImage> resolveIndex(ImageIndex index, int depth) throws IOException {
        if (depth >= MAX_INDEX_DEPTH) {
            throw new CorruptDataException(
                    Failure.of("read index of " + image, "indexes are nested more than " + MAX_INDEX_DEPTH + " deep"));
        }
        Optional<Descriptor> chosen = index.manifestFor(platform);
        if (chosen.isPresent()) {
            return resolve(chosen.get(), fetch(chosen.get()), depth + 1);
        }
        offered.addAll(index.platforms());
        for (Descriptor nested : index.nestedIndexesFor(platform)) {
            Optional<ResolvedImage> found = resolve(nested, fetch(nested), depth + 1);
            if (found.isPresent()) {
                return found;
            }
        }
        return Optional.empty();
    }

    private RawDocument fetch(Descriptor descriptor) throws IOException {
        return documents.fetch(descriptor, MAX_MANIFEST_SIZE_IN_BYTES, "manifest of " + image);
    }

    private ResolvedImage resolveManifest(Descriptor descriptor, RawDocument document, byte[] bytes)
            throws IOException {
        String what = "manifest of " + image;
        ImageManifest manifest = ImageManifest.read(bytes, what);
        if (!manifest.config().mediaType().isImageConfig()) {
            throw new NotFoundException(Failure.of(
                            "import " + image,
                            "it is no container image but an artifact of type "
                                    + manifest.artifactType()
                                            .orElse(manifest.config().mediaType()))
                    .hint("signatures, charts and the like have tags too: check the tag"));
        }
        RawDocument configJson =
                documents.fetch(manifest.config(), ImageConfig.MAX_SIZE_IN_BYTES, "config of " + image);
        ImageConfig config = ImageConfig.read(configJson.toBytes(), "config of " + image);
        if (config.diffIds().size() != manifest.layers().size()) {
            throw new CorruptDataException(Failure.of("read " + what, "manifest and config disagree about the layers")
                    .comparing(
                            manifest.layers().size() + " layers in the manifest",
                            config.diffIds().size() + " in the config"));
        }
        requirePlatform(config);
        return new ResolvedImage(descriptor, document, manifest, configJson, config);
    }

    private void requirePlatform(ImageConfig config) throws NotFoundException {
        if (config.platform().filter(found -> !found.sameArchitecture(platform)).isPresent()) {
            offered.add(config.platform().get());
            throw noManifest();
        }
    }

    private NotFoundException noManifest() {
        String list = offered.stream().map(Platform::toString).collect(Collectors.joining(", "));
        Failure failure = Failure.of("import " + image, "it is not available for " + platform);
        return new NotFoundException(
                offered.isEmpty()
                        ? failure.hint("its index lists no image at all")
                        : failure.comparing(platform, list)
                                .hint("choose one with --platform "
                                        + offered.iterator().next()));
    }
}
