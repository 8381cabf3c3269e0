package io.jrun.image.source.layout;

import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
import io.jrun.error.NotFoundException;
import io.jrun.image.model.Descriptor;
import io.jrun.image.model.ImageIndex;
import io.jrun.image.model.RawDocument;
import io.jrun.image.reference.Digest;
import io.jrun.image.reference.ManifestChoice;
import io.jrun.image.reference.Platform;
import io.jrun.image.source.ImageResolver;
import io.jrun.image.source.ImageSource;
import io.jrun.image.source.ResolvedImage;
import io.jrun.image.source.member.Member;
import io.jrun.image.source.member.MemberStore;
import io.jrun.json.Json;
import io.jrun.json.JsonValue;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;

/**
 * An image in an OCI layout. Blobs are read where they lie and verified as they pass. Source: OCI image-spec 1.1,
 * image-layout.md.
 */
public final class LayoutSource implements ImageSource {

    /** The file that makes a directory a layout. */
    public static final String LAYOUT_FILE = "oci-layout";

    private static final String INDEX_FILE = "index.json";

    /** It says one word. */
    private static final int MAX_LAYOUT_FILE_SIZE_IN_BYTES = 1 << 16;

    /** The major version that this reader knows; a minor one may add what old readers pass over. */
    private static final String KNOWN_VERSIONS = "1.";

    private final MemberStore members;
    private final ManifestChoice choice;

    /** The members need no closing. */
    public LayoutSource(MemberStore members, ManifestChoice choice) {
        this.members = members;
        this.choice = choice;
    }

    @Override
    public ResolvedImage resolve(Platform platform) throws IOException {
        requireLayout();
        ImageResolver resolver = new ImageResolver(this::document, members.name() + choice, platform);
        List<Descriptor> entries = new IndexEntries(index(), members.name()).chosen(choice);
        if (entries.size() > 1) {
            return resolver.resolve(new ImageIndex(entries));
        }
        Descriptor only = entries.get(0);
        return resolver.resolve(
                only, document(only, ImageResolver.MAX_MANIFEST_SIZE_IN_BYTES, "manifest of " + members.name()));
    }

    private void requireLayout() throws IOException {
        String what = LAYOUT_FILE + " of " + members.name();
        Optional<Member> marker = members.find(LAYOUT_FILE);
        if (marker.isEmpty()) {
            throw new NotFoundException(Failure.of(
                            "read " + members.name(), "it is no OCI layout: it has no \"" + LAYOUT_FILE + "\"")
                    .hint("a root filesystem is imported as dir:DIR, or as tar:FILE; what `docker save` writes as"
                            + " docker-archive:FILE"));
        }
        JsonValue document = Json.parse(marker.get().read(MAX_LAYOUT_FILE_SIZE_IN_BYTES, what), what);
        String version = document.string("imageLayoutVersion").orElse("");
        if (!version.startsWith(KNOWN_VERSIONS)) {
            throw new CorruptDataException(Failure.of("read " + what, "its version is not known here")
                    .comparing("imageLayoutVersion 1.0.0", version.isEmpty() ? "none" : version));
        }
    }

    private ImageIndex index() throws IOException {
        String what = INDEX_FILE + " of " + members.name();
        Optional<Member> index = members.find(INDEX_FILE);
        if (index.isEmpty()) {
            throw new CorruptDataException(Failure.of("read " + what, "it is missing (ENOENT)"));
        }
        return ImageIndex.read(index.get().read(ImageResolver.MAX_MANIFEST_SIZE_IN_BYTES, what), what);
    }

    private RawDocument document(Descriptor descriptor, int maxSizeInBytes, String what) throws IOException {
        Member blob = blob(descriptor, what);
        byte[] bytes = blob.read(maxSizeInBytes, what);
        Digest found = Digest.of(descriptor.digest().algorithm(), bytes);
        if (!found.equals(descriptor.digest())) {
            throw new CorruptDataException(
                    Failure.of("use " + what, "its bytes do not match their name (DIGEST_INVALID)")
                            .comparing(descriptor.digest(), found));
        }
        return RawDocument.of(bytes);
    }

    private Member blob(Descriptor descriptor, String what) throws IOException {
        Digest digest = descriptor.digest();
        Member blob = members.find("blobs/" + digest.algorithm().prefix() + '/' + digest.hex())
                .orElseThrow(
                        () -> new CorruptDataException(
                                Failure.of(
                                                "read " + what,
                                                "its blob " + digest + " is not in " + members.name() + " (ENOENT)")
                                        .hint(
                                                descriptor.urls().isEmpty()
                                                        ? "the copy is incomplete: make it again, with all platforms if the index lists several"
                                                        : "it is a layer that only its maker may distribute: import from the registry")));
        if (blob.sizeInBytes() != descriptor.sizeInBytes()) {
            throw new CorruptDataException(
                    Failure.of("use " + what, "its size does not match the document that names it (SIZE_INVALID)")
                            .comparing(descriptor.sizeInBytes() + " bytes", blob.sizeInBytes() + " bytes"));
        }
        return blob;
    }

    @Override
    public void prefetch(List<Descriptor> layersInOrder) {
        // All of it is at hand.
    }

    @Override
    public InputStream openLayer(Descriptor layer) throws IOException {
        String what = "layer " + layer.digest() + " of " + members.name();
        return blob(layer, what).open(layer.digest(), what);
    }

    @Override
    public void close() {
        // Each stream has a descriptor of its own.
    }
}
