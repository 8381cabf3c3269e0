package io.jrun.image.layer;

import io.jrun.error.CorruptDataException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * The GNU.sparse.* records of one extended header.
 *
 * <pre>
 * version  map                                        size with holes    name
 * 0.0      records offset and numbytes, alternating   size               path
 * 0.1      record map: "offset,length,…"              size               GNU.sparse.name
 * 1.0      text in front of the data                  realsize           GNU.sparse.name
 * </pre>
 *
 * @param extents of versions 0.0 and 0.1, as text with commas
 */
record SparseRecords(
        Optional<String> major, Optional<Long> realSize, Optional<byte[]> name, Optional<StringBuilder> extents) {

    static final SparseRecords NONE =
            new SparseRecords(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());

    boolean isVersion1() {
        return major.filter("1"::equals).isPresent();
    }

    boolean isVersion0() {
        return !isVersion1() && extents.isPresent();
    }

    SparseRecords with(String key, byte[] value, TarInput input, long offset) throws CorruptDataException {
        return switch (key) {
            case "major" -> new SparseRecords(Optional.of(ascii(value)), realSize, name, extents);
            case "size", "realsize" ->
                new SparseRecords(
                        major,
                        Optional.of(PaxAttributes.decimal("GNU.sparse." + key, value, input, offset)),
                        name,
                        extents);
            case "name" -> new SparseRecords(major, realSize, PaxAttributes.name(value, input, offset), extents);
            case "map" -> new SparseRecords(major, realSize, name, Optional.of(new StringBuilder(ascii(value))));
            case "offset", "numbytes" -> new SparseRecords(major, realSize, name, Optional.of(appended(value)));
            default -> this; // numblocks says what the map shows; minor is 0 in all versions
        };
    }

    private StringBuilder appended(byte[] value) {
        StringBuilder text = extents.orElseGet(StringBuilder::new);
        return text.append(text.length() == 0 ? "" : ",").append(ascii(value));
    }

    private static String ascii(byte[] value) {
        return new String(value, StandardCharsets.ISO_8859_1);
    }
}
