package io.jrun.runtime.host;

import io.jrun.posix.ByteString;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** One account. Source: passwd(5). */
public record PasswdEntry(ByteString name, long uid, long gid, ByteString comment, ByteString home, ByteString shell) {

    private static final ByteString COLON = ByteString.of(":");

    /** Empty for comments, NSS inclusions ("+::") and anything else that names no account. */
    public static Optional<PasswdEntry> parse(ByteString line) {
        List<ByteString> fields = ColonLine.fields(line);
        if (fields.size() < 7 || fields.get(0).isEmpty() || "+-#".indexOf((char) line.byteAt(0)) >= 0) {
            return Optional.empty();
        }
        long uid = ColonLine.number(fields.get(2));
        long gid = ColonLine.number(fields.get(3));
        return uid < 0 || gid < 0
                ? Optional.empty()
                : Optional.of(new PasswdEntry(fields.get(0), uid, gid, fields.get(4), fields.get(5), fields.get(6)));
    }

    /** The first account with this uid, as getpwuid(3) finds it. */
    public static Optional<PasswdEntry> find(byte[] file, long uid) {
        for (ByteString line : ColonLine.lines(file)) {
            Optional<PasswdEntry> entry = parse(line);
            if (entry.isPresent() && entry.get().uid() == uid) {
                return entry;
            }
        }
        return Optional.empty();
    }

    /** Without a line feed; the password is held elsewhere ("x"). */
    public ByteString toLine() {
        List<ByteString> fields = new ArrayList<>();
        fields.add(name);
        fields.add(ByteString.of("x"));
        fields.add(ByteString.of(Long.toString(uid)));
        fields.add(ByteString.of(Long.toString(gid)));
        fields.add(comment);
        fields.add(home);
        fields.add(shell);
        ByteString line = fields.get(0);
        for (int i = 1; i < fields.size(); i++) {
            line = line.plus(COLON).plus(fields.get(i));
        }
        return line;
    }
}
