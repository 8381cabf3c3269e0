package io.jrun.image.convert;

import io.jrun.image.convert.ConversionRequest.Compatibility;
import io.jrun.image.mtree.MtreeWriter;
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
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What a result says about itself under {@code /.jrun}: the manifest and the config as they came, and how it was made.
 * Nothing here varies with reference, host or time, because equal inputs must give equal bytes. A {@code /.jrun} that the
 * tree brings is replaced; what it says of the image is kept ({@link Provenance#carried}).
 */
record ImageRecord(Provenance provenance, List<String> losses, ConversionRequest request, long modificationSeconds) {

    /** What a directory's files should be and an unprivileged user may not make them. */
    static final String ATTRIBUTES_FILE = "attributes.mtree";

    /** Raised when a reader of an older jrun could no longer make sense of a file. */
    private static final int FORMAT_VERSION = 1;

    private static final EntryName DIRECTORY = EntryName.of(OwnFolder.NAME);

    ImageRecord {
        losses = List.copyOf(losses);
    }

    /** The tree with {@code /.jrun} in it. */
    FileTree addTo(FileTree tree, ContentStore contents) throws IOException {
        Map<EntryName, FileNode> files = new LinkedHashMap<>();
        if (provenance.manifest().isPresent()) {
            files.put(
                    EntryName.of(Provenance.MANIFEST_FILE),
                    file(provenance.manifest().get().toBytes(), contents));
        }
        files.put(EntryName.of(Provenance.CONFIG_FILE), file(provenance.config().toBytes(), contents));
        files.put(EntryName.of(Provenance.DESCRIPTION_FILE), file(Json.toBytes(description()), contents));
        if (request.format() instanceof OutputFormat.Directory) {
            byte[] attributes = MtreeWriter.describe(OwnFolder.without(tree));
            files.put(EntryName.of(ATTRIBUTES_FILE), file(attributes, contents));
        }
        Map<EntryName, FileNode> children = new LinkedHashMap<>(tree.root().children());
        children.put(DIRECTORY, new FileNode.Directory(metadata(0755), files));
        return new FileTree(new FileNode.Directory(tree.root().metadata(), children));
    }

    private FileNode file(byte[] bytes, ContentStore contents) throws IOException {
        return new FileNode.RegularFile(metadata(0644), contents.store(new ByteArrayInputStream(bytes), bytes.length));
    }

    private Metadata metadata(int permissions) {
        return new Metadata(permissions, 0, 0, modificationSeconds, 0, Xattrs.NONE);
    }

    private JsonValue description() {
        Map<String, JsonValue> members = new LinkedHashMap<>();
        members.put("formatVersion", JsonValue.of(FORMAT_VERSION));
        if (!provenance.kind().equals(Provenance.IMAGE)) {
            members.put("source", JsonValue.of(provenance.kind()));
        }
        provenance.manifestDigest().ifPresent(digest -> members.put("manifestDigest", JsonValue.of(digest)));
        members.put("layers", JsonValue.ofStrings(provenance.layers()));
        members.put("options", optionsGiven());
        members.put("jrunVersion", JsonValue.of(request.jrunVersion()));
        codec().ifPresent(codec -> members.put("codecVersion", JsonValue.of(codec)));
        List<String> all = new ArrayList<>(provenance.earlierLosses());
        all.addAll(losses);
        members.put("losses", JsonValue.ofStrings(all));
        return new JsonObject(members);
    }

    private java.util.Optional<String> codec() {
        if (request.format() instanceof OutputFormat.Squashfs squashfs) {
            return java.util.Optional.of(squashfs.compression().codec());
        }
        return java.util.Optional.empty();
    }

    private JsonValue optionsGiven() {
        Map<String, JsonValue> members = new LinkedHashMap<>();
        members.put("format", JsonValue.of(request.format().label()));
        if (request.format() instanceof OutputFormat.Squashfs squashfs) {
            members.put("compression", JsonValue.of(squashfs.compression().label()));
            members.put("level", JsonValue.of(squashfs.level()));
            members.put("blockSize", JsonValue.of(squashfs.blockSizeInBytes()));
        }
        members.put("ownership", JsonValue.of(request.ownership().name().toLowerCase(Locale.ROOT)));
        if (request.compatibility() != Compatibility.NONE) {
            members.put("compat", JsonValue.of(request.compatibility().name().toLowerCase(Locale.ROOT)));
        }
        return new JsonObject(members);
    }
}
