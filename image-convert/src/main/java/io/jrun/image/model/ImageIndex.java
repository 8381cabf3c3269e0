package io.jrun.image.model;

import io.jrun.error.CorruptDataException;
import io.jrun.image.reference.Platform;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** A list of manifests, one per platform. Source: OCI image-spec 1.1, image-index.md. */
public record ImageIndex(List<Descriptor> manifests) {

    /** The least that every registry must accept, and no registry is known that takes more. */
    static final int MAX_SIZE_IN_BYTES = 4 << 20;

    /** Builds for every platform Go knows stay below a hundred; the rest is room for attestations. */
    private static final int MAX_ENTRIES = 10_000;

    public ImageIndex {
        manifests = List.copyOf(manifests);
    }

    /**
     * Reads and checks one document.
     *
     * @param what names the document in messages ("index of lab/solver:2.1")
     */
    public static ImageIndex read(byte[] document, String what) throws CorruptDataException {
        DocumentReader reader = DocumentReader.parse(document, MAX_SIZE_IN_BYTES, what);
        if (!reader.has("manifests")) {
            throw reader.malformed("\"manifests\" is missing");
        }
        List<Descriptor> manifests = new ArrayList<>();
        for (DocumentReader entry : reader.objects("manifests")) {
            manifests.add(Descriptor.read(entry));
        }
        if (manifests.size() > MAX_ENTRIES) {
            throw reader.malformed("it lists " + manifests.size() + " manifests, more than " + MAX_ENTRIES);
        }
        return new ImageIndex(manifests);
    }

    /** Whether a document is an index, judged by its members: claimed media types are often wrong. */
    public static boolean looksLikeIndex(byte[] document, String what) throws CorruptDataException {
        DocumentReader reader = DocumentReader.parse(document, MAX_SIZE_IN_BYTES, what);
        return reader.has("manifests") && !reader.has("layers");
    }

    /**
     * The manifest to use on a machine: same system and architecture, and the highest variant that it can run. Failing
     * that, the only entry that names no platform; its config then tells what it is for.
     */
    public Optional<Descriptor> manifestFor(Platform wanted) {
        Optional<Descriptor> best = images().filter(
                        entry -> entry.platform().filter(p -> runsOn(p, wanted)).isPresent())
                .max(Comparator.comparingInt(entry -> level(entry.platform().orElseThrow())));
        if (best.isPresent()) {
            return best;
        }
        List<Descriptor> unnamed =
                images().filter(entry -> entry.platform().isEmpty()).toList();
        return unnamed.size() == 1 ? Optional.of(unnamed.get(0)) : Optional.empty();
    }

    private java.util.stream.Stream<Descriptor> images() {
        return manifests.stream()
                .filter(entry -> !entry.isAttestation() && !entry.mediaType().isIndex());
    }

    private static boolean runsOn(Platform entry, Platform machine) {
        if (!entry.sameArchitecture(machine)) {
            return false;
        }
        boolean ordered =
                entry.variantLevel().isPresent() && machine.variantLevel().isPresent();
        return ordered
                ? level(entry) <= level(machine)
                : entry.variant().equals(machine.variant()) || entry.variant().isEmpty();
    }

    /** Unordered variants only ever compete with "no variant", which is the less exact choice. */
    private static int level(Platform platform) {
        return platform.variantLevel().orElse(platform.variant().isPresent() ? 1 : 0);
    }

    /** Whether it has an image for a platform, or an index that may have one. */
    public boolean mayHold(Platform wanted) {
        return manifestFor(wanted).isPresent() || !nestedIndexesFor(wanted).isEmpty();
    }

    /** All but what only vouches for another entry. */
    public List<Descriptor> entries() {
        return manifests.stream().filter(entry -> !entry.isAttestation()).toList();
    }

    /** Entries that are indexes themselves, those for this platform or for none in particular. */
    public List<Descriptor> nestedIndexesFor(Platform wanted) {
        return manifests.stream()
                .filter(entry -> entry.mediaType().isIndex())
                .filter(entry -> entry.platform().map(p -> runsOn(p, wanted)).orElse(true))
                .toList();
    }

    /** What can be had here, in the order of the index, each platform once. */
    public List<Platform> platforms() {
        return images().flatMap(entry -> entry.platform().stream()).distinct().toList();
    }
}
