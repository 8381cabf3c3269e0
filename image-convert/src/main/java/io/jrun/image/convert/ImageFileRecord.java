package io.jrun.image.convert;

import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
import io.jrun.image.model.ImageConfig;
import io.jrun.image.reference.Platform;
import io.jrun.image.squashfs.SquashfsImage;
import io.jrun.image.tree.FileNode;
import io.jrun.image.tree.ReadableContent;
import io.jrun.json.Json;
import io.jrun.json.JsonValue;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;

/**
 * What an image file says of itself under {@code /.jrun}, read back without the rest of the tree. Files of other makers
 * have none.
 *
 * @param description {@code image.json} as it stands
 * @param config {@code config.json}, the image config
 * @param manifestDigest empty for a tree that never was an image
 */
public record ImageFileRecord(
        JsonValue description, JsonValue config, Optional<String> manifestDigest, Optional<String> platform) {

    /** As large as the largest document that a conversion writes there. */
    private static final long MAX_DOCUMENT_SIZE_IN_BYTES = ImageConfig.MAX_SIZE_IN_BYTES;

    /** Empty when the image was not made by jrun. */
    public static Optional<ImageFileRecord> read(SquashfsImage image) throws IOException {
        Optional<JsonValue> description = document(image, "image.json");
        Optional<JsonValue> config = document(image, "config.json");
        if (description.isEmpty() || config.isEmpty()) {
            return Optional.empty();
        }
        Optional<String> platform = ImageConfig.read(Json.toBytes(config.get()), "/.jrun/config.json")
                .platform()
                .map(Platform::toString);
        return Optional.of(new ImageFileRecord(
                description.get(), config.get(), description.get().string("manifestDigest"), platform));
    }

    private static Optional<JsonValue> document(SquashfsImage image, String name) throws IOException {
        Optional<FileNode> node = image.lookup("/.jrun/" + name);
        if (node.isEmpty()
                || !(node.get() instanceof FileNode.RegularFile file)
                || !(file.content() instanceof ReadableContent content)) {
            return Optional.empty();
        }
        if (content.sizeInBytes() > MAX_DOCUMENT_SIZE_IN_BYTES) {
            throw new CorruptDataException(Failure.of(
                            "read /.jrun/" + name + " of the image file", "it is larger than any that jrun writes")
                    .comparing("at most " + MAX_DOCUMENT_SIZE_IN_BYTES + " bytes", content.sizeInBytes() + " bytes"));
        }
        try (InputStream in = content.open()) {
            return Optional.of(Json.parse(in.readAllBytes(), "/.jrun/" + name + " of the image file"));
        }
    }
}
