package io.jrun.image.source.archive;

import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
import io.jrun.error.NotFoundException;
import io.jrun.error.UsageException;
import io.jrun.image.reference.ImageReference;
import io.jrun.image.reference.Tag;
import io.jrun.json.Json;
import io.jrun.json.JsonValue;
import io.jrun.json.JsonValue.JsonArray;
import io.jrun.json.JsonValue.JsonObject;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * One entry of {@code manifest.json}.
 *
 * @param config name of the member that is the config
 * @param names under which the image was saved; none when it was saved by its ID
 * @param layers names of the members that are its layers, lowest first
 */
record ArchivedImage(String config, List<String> names, List<String> layers) {

    /** As many as the manifest of an image in a registry may have. */
    private static final int MAX_LAYERS = 1000;

    /** Whole clusters' worth of images have been saved into one file; more is an attack. */
    private static final int MAX_IMAGES = 10_000;

    private static final int MOST_TOLD = 20;

    private static final Pattern ID = Pattern.compile("(?:sha256:)?([0-9a-f]{4,64})");

    ArchivedImage {
        names = List.copyOf(names);
        layers = List.copyOf(layers);
    }

    /** @param what names the document in messages */
    static List<ArchivedImage> readAll(byte[] document, String what) throws CorruptDataException {
        if (!(Json.parse(document, what) instanceof JsonArray entries)) {
            throw malformed(what, "it is no JSON array");
        }
        if (entries.items().isEmpty()) {
            throw malformed(what, "it lists no image at all");
        }
        if (entries.items().size() > MAX_IMAGES) {
            throw malformed(what, "it lists " + entries.items().size() + " images, more than " + MAX_IMAGES);
        }
        List<ArchivedImage> images = new ArrayList<>();
        for (JsonValue entry : entries.items()) {
            images.add(read(entry, what));
        }
        return images;
    }

    private static ArchivedImage read(JsonValue entry, String what) throws CorruptDataException {
        if (!(entry instanceof JsonObject)) {
            throw malformed(what, "an entry is no JSON object");
        }
        String config = entry.string("Config")
                .filter(name -> !name.isEmpty())
                .orElseThrow(() -> malformed(what, "an entry has no \"Config\""));
        List<String> layers = strings(entry, "Layers", what);
        if (layers.size() > MAX_LAYERS) {
            throw malformed(what, "an image has " + layers.size() + " layers, more than " + MAX_LAYERS);
        }
        return new ArchivedImage(config, strings(entry, "RepoTags", what), layers);
    }

    private static List<String> strings(JsonValue entry, String name, String what) throws CorruptDataException {
        if (entry.member(name).isPresent() && !(entry.member(name).get() instanceof JsonArray)) {
            throw malformed(what, "\"" + name + "\" is no array");
        }
        List<String> strings = entry.strings(name);
        if (strings.size() != entry.array(name).size()) {
            throw malformed(what, "\"" + name + "\" holds something that is no string");
        }
        return strings;
    }

    private static CorruptDataException malformed(String what, String why) {
        return new CorruptDataException(Failure.of("read " + what, why));
    }

    /**
     * The image that is meant.
     *
     * @param wanted name or beginning of the ID
     * @param archive names it in messages
     */
    static ArchivedImage choose(List<ArchivedImage> images, Optional<String> wanted, String archive)
            throws IOException {
        List<ArchivedImage> chosen = images.stream()
                .filter(image -> wanted.map(image::isCalled).orElse(true))
                .toList();
        String object = archive + wanted.map(name -> ':' + name).orElse("");
        if (chosen.isEmpty()) {
            throw new NotFoundException(Failure.of("import " + object, "the archive has no such image")
                    .comparing(wanted.orElse(""), listing(images)));
        }
        if (chosen.stream().map(ArchivedImage::config).distinct().count() > 1) {
            throw new UsageException(Failure.of("import " + object, "it holds several images: " + listing(chosen))
                    .hint("name one: docker-archive:" + archive + ':'
                            + chosen.get(0).spelling()));
        }
        return chosen.get(0);
    }

    private boolean isCalled(String wanted) {
        Matcher id = ID.matcher(wanted);
        if (id.matches() && id().startsWith(id.group(1))) {
            return true;
        }
        Optional<ImageReference> reference = ImageReference.tryParse(wanted).map(ArchivedImage::withTag);
        return names.stream()
                .anyMatch(name -> name.equals(wanted)
                        || (reference.isPresent()
                                && reference.equals(
                                        ImageReference.tryParse(name).map(ArchivedImage::withTag))));
    }

    private static ImageReference withTag(ImageReference reference) {
        return new ImageReference(
                Optional.empty(),
                reference.repository(),
                reference.digest().isPresent()
                        ? reference.tag()
                        : reference.tag().or(() -> Optional.of(Tag.LATEST)),
                reference.digest());
    }

    /** The config's digest in hex, as its member's name has it; another name where a tool used one. */
    private String id() {
        String name = config.substring(config.lastIndexOf('/') + 1);
        return name.endsWith(".json") ? name.substring(0, name.length() - ".json".length()) : name;
    }

    private String spelling() {
        return names.isEmpty() ? id() : names.get(0);
    }

    private static String listing(List<ArchivedImage> images) {
        String told = images.stream()
                .limit(MOST_TOLD)
                .map(image -> image.names.isEmpty() ? image.id() : String.join(", ", image.names))
                .collect(Collectors.joining(", "));
        return images.size() > MOST_TOLD ? told + ", and " + (images.size() - MOST_TOLD) + " more" : told;
    }
}
