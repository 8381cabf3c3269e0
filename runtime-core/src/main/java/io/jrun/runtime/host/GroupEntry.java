package io.jrun.runtime.host;

import io.jrun.posix.ByteString;
import java.util.List;
import java.util.Optional;

/** One group without its members. Source: group(5). */
public record GroupEntry(ByteString name, long gid) {

    /** Empty for comments, NSS inclusions and anything else that names no group. */
    public static Optional<GroupEntry> parse(ByteString line) {
        List<ByteString> fields = ColonLine.fields(line);
        if (fields.size() < 3 || fields.get(0).isEmpty() || "+-#".indexOf((char) line.byteAt(0)) >= 0) {
            return Optional.empty();
        }
        long gid = ColonLine.number(fields.get(2));
        return gid < 0 ? Optional.empty() : Optional.of(new GroupEntry(fields.get(0), gid));
    }
}
