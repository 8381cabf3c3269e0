package io.jrun.image.browse;

import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
import io.jrun.image.browse.PathResolver.LastLink;
import io.jrun.image.model.Descriptor;
import io.jrun.image.model.ForeignFiles;
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
 * What is known of a tree: of one that jrun made from {@code /.jrun} in it, of one that enroot or Charliecloud made how it
 * starts and its variables, as {@code process}.
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

    /** Empty when nobody left word in the tree. */
    public static Map<String, JsonValue> ofTree(TreeView view) throws IOException {
        Map<String, JsonValue> members = new LinkedHashMap<>();
        document(view, "image.json").ifPresent(found -> members.put("image", found));
        Optional<JsonValue> manifest = document(view, "manifest.json");
        Optional<JsonValue> config = document(view, "config.json");
        if (config.isPresent()) {
            ImageConfig read = ImageConfig.read(Json.toBytes(config.get()), "/.jrun/config.json of " + view.name());
            members.put("process", process(read));
            if (manifest.isPresent()) {
                members.put("layers", layers(manifest(view, manifest.get()), read));
            }
        }
        if (config.isEmpty()) {
            Map<String, JsonValue> process = foreignProcess(view);
            if (!process.isEmpty()) {
                members.put("process", new JsonObject(process));
            }
        }
        manifest.ifPresent(found -> members.put("manifest", found));
        config.ifPresent(found -> members.put("config", found));
        return members;
    }

    /**
     * Of an image whose documents are at hand and nothing else.
     *
     * @param image names it in messages
     */
    public static Map<String, JsonValue> ofDocuments(byte[] manifest, byte[] config, String image) throws IOException {
        ImageConfig read = ImageConfig.read(config, "config of " + image);
        Map<String, JsonValue> members = new LinkedHashMap<>();
        members.put("process", process(read));
        members.put("layers", layers(ImageManifest.read(manifest, "manifest of " + image), read));
        members.put("manifest", Json.parse(manifest, "manifest of " + image));
        members.put("config", Json.parse(config, "config of " + image));
        return members;
    }

    private static Map<String, JsonValue> foreignProcess(TreeView view) throws IOException {
        boolean enroot = file(view, "/" + ForeignFiles.ENROOT_SCRIPT).isPresent();
        Optional<byte[]> environment =
                bytes(view, "/" + ForeignFiles.CHARLIECLOUD_ENVIRONMENT, ForeignFiles.MAX_ENVIRONMENT_IN_BYTES);
        if (environment.isEmpty() && enroot) {
            environment = bytes(view, "/" + ForeignFiles.ENROOT_ENVIRONMENT, ForeignFiles.MAX_ENVIRONMENT_IN_BYTES);
        }
        Map<String, JsonValue> members = new LinkedHashMap<>();
        put(members, "entrypoint", enroot ? List.of("/bin/sh", "/" + ForeignFiles.ENROOT_SCRIPT) : List.of());
        put(members, "env", ForeignFiles.settings(environment.orElse(new byte[0])));
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

    private static ImageManifest manifest(TreeView view, JsonValue document) throws IOException {
        return ImageManifest.read(Json.toBytes(document), "/.jrun/manifest.json of " + view.name());
    }

    private static JsonValue layers(ImageManifest manifest, ImageConfig config) {
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
        Optional<byte[]> found = bytes(view, path, MAX_DOCUMENT_SIZE_IN_BYTES);
        return found.isEmpty() ? Optional.empty() : Optional.of(Json.parse(found.get(), path + " of " + view.name()));
    }

    private static Optional<byte[]> bytes(TreeView view, String path, long maxSizeInBytes) throws IOException {
        Optional<ReadableContent> content = file(view, path);
        if (content.isEmpty()) {
            return Optional.empty();
        }
        if (content.get().sizeInBytes() > maxSizeInBytes) {
            throw new CorruptDataException(
                    Failure.of("read " + path + " of " + view.name(), "it is larger than any that is written there")
                            .comparing(
                                    "at most " + maxSizeInBytes + " bytes",
                                    content.get().sizeInBytes() + " bytes"));
        }
        try (InputStream in = content.get().open()) {
            return Optional.of(in.readAllBytes());
        }
    }

    /** Empty when there is no regular file. */
    private static Optional<ReadableContent> file(TreeView view, String path) throws IOException {
        return PathResolver.findIfPresent(view, path.getBytes(StandardCharsets.UTF_8), LastLink.KEEP)
                .map(found -> found.file().node())
                .filter(FileNode.RegularFile.class::isInstance)
                .map(node -> ((FileNode.RegularFile) node).content())
                .filter(ReadableContent.class::isInstance)
                .map(ReadableContent.class::cast);
    }
}
