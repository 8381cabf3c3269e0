package io.jrun.image.browse;

import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
import io.jrun.image.browse.PathResolver.LastLink;
import io.jrun.image.model.Descriptor;
import io.jrun.image.model.ImageConfig;
import io.jrun.image.model.ImageManifest;
import io.jrun.image.reference.Platform;
import io.jrun.image.squashfs.SquashfsImage;
import io.jrun.image.tree.FileNode;
import io.jrun.image.tree.ReadableContent;
import io.jrun.json.Json;
import io.jrun.json.JsonValue;
import io.jrun.json.JsonValue.JsonArray;
import io.jrun.json.JsonValue.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What is known of a tree that jrun made, from {@code /.jrun} in it.
 *
 * <pre>
 * squashfs   of image files: compression, blockSize, inodes, modificationSeconds
 * image      how the file was made, what was lost: image.json as it stands
 * process    what the image wants to run: os, architecture, variant, created, author, entrypoint, cmd, env, workingDir,
 *            user, labels, exposedPorts, volumes, stopSignal; absent ones are left out
 * layers     lowest first: digest, mediaType, sizeInBytes as the registry has them, diffId, createdBy
 * manifest   the manifest as it came
 * config     the image config as it came
 * </pre>
 */
public final class Inspection {

    /** As large as the largest document that a conversion writes there. */
    private static final long MAX_DOCUMENT_SIZE_IN_BYTES = ImageConfig.MAX_SIZE_IN_BYTES;

    private Inspection() {}

    /** Of an image file: its format too. */
    public static Map<String, JsonValue> ofImage(ImageView view) throws IOException {
        Map<String, JsonValue> members = new LinkedHashMap<>();
        members.put("file", JsonValue.of(view.path().toString()));
        members.put("sizeInBytes", JsonValue.of(Files.size(view.path())));
        members.put("squashfs", format(view.image().facts()));
        members.putAll(ofTree(view));
        return members;
    }

    private static JsonValue format(SquashfsImage.Facts facts) {
        Map<String, JsonValue> members = new LinkedHashMap<>();
        members.put("compression", JsonValue.of(facts.compression().label()));
        members.put("blockSize", JsonValue.of(facts.blockSizeInBytes()));
        members.put("inodes", JsonValue.of(facts.inodes()));
        members.put("modificationSeconds", JsonValue.of(facts.modificationSeconds()));
        return new JsonObject(members);
    }

    /** Empty when jrun did not make the tree. */
    public static Map<String, JsonValue> ofTree(TreeView view) throws IOException {
        Map<String, JsonValue> members = new LinkedHashMap<>();
        document(view, "image.json").ifPresent(found -> members.put("image", found));
        Optional<JsonValue> manifest = document(view, "manifest.json");
        Optional<JsonValue> config = document(view, "config.json");
        if (config.isPresent()) {
            ImageConfig read = ImageConfig.read(Json.toBytes(config.get()), "/.jrun/config.json of " + view.name());
            members.put("process", process(read));
            if (manifest.isPresent()) {
                members.put("layers", layers(view, manifest.get(), read));
            }
        }
        manifest.ifPresent(found -> members.put("manifest", found));
        config.ifPresent(found -> members.put("config", found));
        return members;
    }

    private static JsonValue process(ImageConfig config) {
        Map<String, JsonValue> members = new LinkedHashMap<>();
        put(members, "os", config.platform().map(Platform::os));
        put(members, "architecture", config.platform().map(Platform::architecture));
        put(members, "variant", config.platform().flatMap(Platform::variant));
        put(members, "created", config.created().map(Object::toString));
        put(members, "author", config.author());
        put(members, "entrypoint", config.entrypoint());
        put(members, "cmd", config.cmd());
        put(members, "env", config.env());
        put(members, "workingDir", config.workingDir());
        put(members, "user", config.user());
        if (!config.labels().isEmpty()) {
            Map<String, JsonValue> labels = new LinkedHashMap<>();
            config.labels().forEach((name, value) -> labels.put(name, JsonValue.of(value)));
            members.put("labels", new JsonObject(labels));
        }
        put(members, "exposedPorts", config.exposedPorts());
        put(members, "volumes", config.volumes());
        put(members, "stopSignal", config.stopSignal());
        return new JsonObject(members);
    }

    private static void put(Map<String, JsonValue> members, String name, Optional<String> value) {
        value.filter(text -> !text.isEmpty()).ifPresent(text -> members.put(name, JsonValue.of(text)));
    }

    private static void put(Map<String, JsonValue> members, String name, List<String> values) {
        if (!values.isEmpty()) {
            members.put(name, JsonValue.ofStrings(values));
        }
    }

    private static JsonValue layers(TreeView view, JsonValue document, ImageConfig config) throws IOException {
        ImageManifest manifest = ImageManifest.read(Json.toBytes(document), "/.jrun/manifest.json of " + view.name());
        List<ImageConfig.History> steps =
                config.history().stream().filter(step -> !step.emptyLayer()).toList();
        List<JsonValue> layers = new ArrayList<>();
        for (int i = 0; i < manifest.layers().size(); i++) {
            Descriptor layer = manifest.layers().get(i);
            Map<String, JsonValue> members = new LinkedHashMap<>();
            members.put("digest", JsonValue.of(layer.digest().toString()));
            members.put("mediaType", JsonValue.of(layer.mediaType().value()));
            members.put("sizeInBytes", JsonValue.of(layer.sizeInBytes()));
            if (i < config.diffIds().size()) {
                members.put("diffId", JsonValue.of(config.diffIds().get(i).toString()));
            }
            // Builders that squash layers leave more steps than layers; then none can be told apart.
            if (steps.size() == manifest.layers().size()) {
                put(members, "createdBy", steps.get(i).createdBy());
            }
            layers.add(new JsonObject(members));
        }
        return new JsonArray(layers);
    }

    private static Optional<JsonValue> document(TreeView view, String name) throws IOException {
        String path = "/.jrun/" + name;
        Optional<PathResolver.Found> found =
                PathResolver.findIfPresent(view, path.getBytes(StandardCharsets.UTF_8), LastLink.KEEP);
        if (found.isEmpty()
                || !(found.get().file().node() instanceof FileNode.RegularFile file)
                || !(file.content() instanceof ReadableContent content)) {
            return Optional.empty();
        }
        String what = path + " of " + view.name();
        if (content.sizeInBytes() > MAX_DOCUMENT_SIZE_IN_BYTES) {
            throw new CorruptDataException(Failure.of("read " + what, "it is larger than any that jrun writes")
                    .comparing("at most " + MAX_DOCUMENT_SIZE_IN_BYTES + " bytes", content.sizeInBytes() + " bytes"));
        }
        try (InputStream in = content.open()) {
            return Optional.of(Json.parse(in.readAllBytes(), what));
        }
    }
}
