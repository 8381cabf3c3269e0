package io.jrun.image.convert;

import io.jrun.error.CorruptDataException;
import io.jrun.json.Json;
import io.jrun.json.JsonValue;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What packed an image file, as the file itself says: a hint, since anybody may write there.
 *
 * @param codec with its version
 */
record Packing(String codec, long level) {

    /** @param files of the file's {@code /.jrun}, see {@link OwnFolder#read} */
    static Optional<Packing> of(Map<String, byte[]> files) throws CorruptDataException {
        JsonValue description = Json.parse(files.get(Provenance.DESCRIPTION_FILE), "/.jrun/image.json of the file");
        Optional<String> codec = description.string("codecVersion");
        OptionalLong level = description
                .member("options")
                .map(options -> options.integer("level"))
                .orElse(OptionalLong.empty());
        return codec.isPresent() && level.isPresent()
                ? Optional.of(new Packing(codec.get(), level.getAsLong()))
                : Optional.empty();
    }
}
