package io.jrun.image.source.layout;

import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
import io.jrun.error.NotFoundException;
import io.jrun.error.UsageException;
import io.jrun.image.model.Descriptor;
import io.jrun.image.model.ImageIndex;
import io.jrun.image.reference.ImageReference;
import io.jrun.image.reference.ManifestChoice;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** The images that {@code index.json} names, and the choice among them. */
final class IndexEntries {

    private static final String TAG = "org.opencontainers.image.ref.name";

    /** containerd and Docker write the whole name here, and only the tag into the specified one. */
    private static final String FULL_NAME = "io.containerd.image.name";

    private static final int MOST_TOLD = 20;

    private final List<Descriptor> entries;
    private final String layout;

    IndexEntries(ImageIndex index, String layout) {
        this.entries = index.manifests().stream()
                .filter(entry -> !entry.isAttestation())
                .toList();
        this.layout = layout;
    }

    /** At least one; several differ in their platforms only. */
    List<Descriptor> chosen(ManifestChoice choice) throws IOException {
        if (entries.isEmpty()) {
            throw new CorruptDataException(Failure.of("import " + layout, "its index lists no image at all"));
        }
        List<Descriptor> chosen =
                entries.stream().filter(entry -> matches(entry, choice)).toList();
        if (chosen.isEmpty()) {
            throw new NotFoundException(Failure.of("import " + layout + choice, "it has no such image")
                    .comparing(choice.toString().substring(1), listing()));
        }
        if (!areOneImage(chosen)) {
            throw new UsageException(Failure.of("import " + layout + choice, "it holds several images: " + listing())
                    .hint("name one: oci:" + layout + spelling(chosen.get(0))));
        }
        return chosen.stream().map(Descriptor::digest).distinct().count() == 1 ? chosen.subList(0, 1) : chosen;
    }

    private static boolean matches(Descriptor entry, ManifestChoice choice) {
        if (choice instanceof ManifestChoice.ByDigest wanted) {
            return entry.digest().equals(wanted.digest());
        } else if (choice instanceof ManifestChoice.ByName wanted) {
            return isCalled(entry, wanted.name());
        }
        return true;
    }

    private static boolean isCalled(Descriptor entry, String name) {
        String tag = entry.annotations().getOrDefault(TAG, "");
        String fullName = entry.annotations().getOrDefault(FULL_NAME, "");
        return name.equals(tag) || name.equals(fullName) || sameReference(name, tag) || sameReference(name, fullName);
    }

    /** {@code solver:2.1} is called {@code docker.io/library/solver:2.1} as well. */
    private static boolean sameReference(String one, String other) {
        Optional<ImageReference> reference = ImageReference.tryParse(one);
        return one.indexOf(':') >= 0 && reference.isPresent() && reference.equals(ImageReference.tryParse(other));
    }

    /** One entry under several names, or entries of one name or of none, each for its own platform. */
    private static boolean areOneImage(List<Descriptor> chosen) {
        boolean platforms = chosen.stream().allMatch(entry -> entry.platform().isPresent());
        return chosen.stream().map(Descriptor::digest).distinct().count() == 1
                || (platforms
                        && chosen.stream().map(IndexEntries::name).distinct().count() == 1);
    }

    private static Optional<String> name(Descriptor entry) {
        return Optional.ofNullable(entry.annotations().get(FULL_NAME))
                .or(() -> Optional.ofNullable(entry.annotations().get(TAG)))
                .filter(name -> !name.isEmpty());
    }

    private static String spelling(Descriptor entry) {
        return name(entry).map(name -> ':' + name).orElse("@" + entry.digest());
    }

    private String listing() {
        String told = entries.stream()
                .limit(MOST_TOLD)
                .map(entry -> spelling(entry).substring(1))
                .distinct()
                .collect(Collectors.joining(", "));
        return entries.size() > MOST_TOLD ? told + ", and " + (entries.size() - MOST_TOLD) + " more" : told;
    }
}
