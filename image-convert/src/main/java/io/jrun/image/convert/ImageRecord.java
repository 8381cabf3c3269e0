package io.jrun.image.convert;

import io.jrun.image.model.Descriptor;
import io.jrun.image.source.ResolvedImage;
import io.jrun.image.squashfs.SquashfsOptions;
import io.jrun.image.tree.ContentStore;
import io.jrun.image.tree.EntryName;
import io.jrun.image.tree.FileNode;
import io.jrun.image.tree.FileTree;
import io.jrun.image.tree.Metadata;
import io.jrun.image.tree.Xattrs;
import io.jrun.json.Json;
import io.jrun.json.JsonValue;
import io.jrun.json.JsonValue.JsonObject;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What an image file says about itself under {@code /.jrun}: the manifest and the config as they came, and how the file
 * was made. Nothing here varies with reference, host or time, because equal inputs must give equal bytes. A
 * {@code /.jrun} that the image brings is replaced.
 */
record ImageRecord(ResolvedImage image, SquashfsOptions options, List<String> losses, String jrunVersion) {

    /** Raised when a reader of an older jrun could no longer make sense of a file. */
    private static final int FORMAT_VERSION = 1;

    private static final EntryName DIRECTORY = EntryName.of(".jrun");

    ImageRecord {
        losses = List.copyOf(losses);
    }

    /** The tree with {@code /.jrun} in it. */
    FileTree addTo(FileTree tree, ContentStore contents) throws IOException {
        Map<EntryName, FileNode> files = new LinkedHashMap<>();
        files.put(EntryName.of("manifest.json"), file(image.manifestJson().toBytes(), contents));
        files.put(EntryName.of("config.json"), file(image.configJson().toBytes(), contents));
        files.put(EntryName.of("image.json"), file(Json.toBytes(description()), contents));
        Map<EntryName, FileNode> children = new LinkedHashMap<>(tree.root().children());
        children.put(DIRECTORY, new FileNode.Directory(metadata(0755), files));
        return new FileTree(new FileNode.Directory(tree.root().metadata(), children));
    }

    private FileNode file(byte[] bytes, ContentStore contents) throws IOException {
        return new FileNode.RegularFile(metadata(0644), contents.store(new ByteArrayInputStream(bytes), bytes.length));
    }

    private Metadata metadata(int permissions) {
        return new Metadata(permissions, 0, 0, options.modificationSeconds(), 0, Xattrs.NONE);
    }

    private JsonValue description() {
        Map<String, JsonValue> members = new LinkedHashMap<>();
        members.put("formatVersion", JsonValue.of(FORMAT_VERSION));
        members.put(
                "manifestDigest",
                JsonValue.of(image.manifestDescriptor().digest().toString()));
        members.put(
                "layers",
                JsonValue.ofStrings(image.manifest().layers().stream()
                        .map(Descriptor::digest)
                        .map(Object::toString)
                        .toList()));
        members.put("options", optionsGiven());
        members.put("jrunVersion", JsonValue.of(jrunVersion));
        members.put("codecVersion", JsonValue.of(options.compression().codec()));
        members.put("losses", JsonValue.ofStrings(losses));
        return new JsonObject(members);
    }

    private JsonValue optionsGiven() {
        Map<String, JsonValue> members = new LinkedHashMap<>();
        members.put("format", JsonValue.of("squashfs"));
        members.put("compression", JsonValue.of(options.compression().label()));
        members.put("level", JsonValue.of(options.level()));
        members.put("blockSize", JsonValue.of(options.blockSizeInBytes()));
        members.put("ownership", JsonValue.of(options.ownership().name().toLowerCase(Locale.ROOT)));
        return new JsonObject(members);
    }
}
