package io.jrun.image.layer;

import io.jrun.error.CorruptDataException;
import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What extended headers say about the next entry. Values stay bytes: names and attributes need not be text.
 *
 * <p>A record is "LENGTH KEY=VALUE\n", where LENGTH counts the whole record. An empty value takes an attribute back, so
 * that the header block's own field counts; an empty extended attribute is kept, though. Source: POSIX.1-2017 pax, "pax
 * Extended Header"; star(5) for SCHILY.*; GNU tar manual, "Storing Sparse Files".
 */
final class PaxAttributes {

    private static final String XATTR = "SCHILY.xattr.";
    private static final String XATTR_OF_LIBARCHIVE = "LIBARCHIVE.xattr.";

    /** XATTR_NAME_MAX and XATTR_SIZE_MAX of Linux. */
    private static final int MAX_XATTR_NAME = 255;

    private static final int MAX_XATTR_VALUE = 64 << 10;

    private final TarInput input;
    private final Notices notices;

    private Optional<byte[]> path = Optional.empty();
    private Optional<byte[]> linkPath = Optional.empty();
    private Optional<Long> uid = Optional.empty();
    private Optional<Long> gid = Optional.empty();
    private Optional<Long> size = Optional.empty();
    private Optional<Time> mtime = Optional.empty();
    private Map<String, ByteBuffer> xattrs = Map.of();
    private SparseRecords sparse = SparseRecords.NONE;
    private boolean socket;

    record Time(long seconds, int nanos) {}

    PaxAttributes(TarInput input, Notices notices) {
        this.input = input;
        this.notices = notices;
    }

    /** A copy to which a local header is added: it overrides a global one. */
    PaxAttributes copy() {
        PaxAttributes copy = new PaxAttributes(input, notices);
        copy.path = path;
        copy.linkPath = linkPath;
        copy.uid = uid;
        copy.gid = gid;
        copy.size = size;
        copy.mtime = mtime;
        copy.socket = socket;
        copy.xattrs = xattrs.isEmpty() ? xattrs : new TreeMap<>(xattrs);
        return copy;
    }

    Optional<byte[]> path() {
        return sparse.name().or(() -> path);
    }

    Optional<byte[]> linkPath() {
        return linkPath;
    }

    Optional<Long> uid() {
        return uid;
    }

    Optional<Long> gid() {
        return gid;
    }

    Optional<Long> size() {
        return size;
    }

    Optional<Time> mtime() {
        return mtime;
    }

    Map<String, ByteBuffer> xattrs() {
        return xattrs;
    }

    SparseRecords sparse() {
        return sparse;
    }

    /** Of an empty regular file: that it stands for a socket, which tar has no type for. */
    boolean isSocket() {
        return socket;
    }

    /** Adds the records of one extended header, whose content lies at {@code offset} of the layer. */
    void add(byte[] data, int length, long offset) throws CorruptDataException {
        int at = 0;
        while (at < length) {
            int recordLength = 0;
            int digits = at;
            while (digits < length && data[digits] >= '0' && data[digits] <= '9' && recordLength <= length) {
                recordLength = recordLength * 10 + (data[digits] - '0');
                digits++;
            }
            int end = at + recordLength;
            boolean framed = digits > at
                    && digits < length
                    && data[digits] == ' '
                    && recordLength <= length - at
                    && end > digits + 1
                    && data[end - 1] == '\n';
            if (!framed) {
                throw input.corruptAt(offset + at, "an extended header has a record without a valid length");
            }
            addRecord(data, digits + 1, end - 1, offset + at);
            at = end;
        }
    }

    private void addRecord(byte[] data, int from, int to, long offset) throws CorruptDataException {
        int equals = from;
        while (equals < to && data[equals] != '=') {
            equals++;
        }
        if (equals == to || equals == from) {
            throw input.corruptAt(offset, "an extended header has a record without a key");
        }
        String key = new String(data, from, equals - from, StandardCharsets.UTF_8);
        addRecord(key, Arrays.copyOfRange(data, equals + 1, to), offset, validText(data, from, equals));
    }

    private void addRecord(String key, byte[] value, long offset, boolean keyIsText) throws CorruptDataException {
        switch (key) {
            case "path" -> path = name(value, input, offset);
            case "linkpath" -> linkPath = name(value, input, offset);
            case "uid" -> uid = number(key, value, offset);
            case "gid" -> gid = number(key, value, offset);
            case "size" -> size = number(key, value, offset);
            case "mtime" -> mtime = value.length == 0 ? Optional.empty() : Optional.of(time(value, offset));
            case "SCHILY.filetype" -> socket = new String(value, StandardCharsets.ISO_8859_1).equals("socket");
            case "SCHILY.acl.access", "SCHILY.acl.default", "SCHILY.acl.ace", "RHT.security.selinux" ->
                notices.count(Notice.ACL_AS_TEXT);
            default -> {
                if (key.startsWith(XATTR)) {
                    addXattr(key.substring(XATTR.length()), value, keyIsText);
                } else if (key.startsWith(XATTR_OF_LIBARCHIVE)) {
                    addXattrOfLibarchive(key.substring(XATTR_OF_LIBARCHIVE.length()), value, offset, keyIsText);
                } else if (key.startsWith("GNU.sparse.")) {
                    sparse = sparse.with(key.substring("GNU.sparse.".length()), value, input, offset);
                }
            }
        }
    }

    private void addXattr(String name, byte[] value, boolean nameIsText) {
        if (!nameIsText || name.isEmpty() || name.indexOf(0) >= 0) {
            notices.count(Notice.XATTR_NAME_NOT_TEXT);
        } else if (name.getBytes(StandardCharsets.UTF_8).length > MAX_XATTR_NAME || value.length > MAX_XATTR_VALUE) {
            notices.count(Notice.XATTR_TOO_LARGE);
        } else {
            writableXattrs().put(name, ByteBuffer.wrap(value));
        }
    }

    private Map<String, ByteBuffer> writableXattrs() {
        if (xattrs.isEmpty()) {
            xattrs = new TreeMap<>();
        }
        return xattrs;
    }

    /** The name is percent-encoded and the value base64; bsdtar writes both forms, and the plain one wins. */
    private void addXattrOfLibarchive(String name, byte[] value, long offset, boolean nameIsText)
            throws CorruptDataException {
        try {
            String decoded = URLDecoder.decode(name.replace("+", "%2B"), StandardCharsets.UTF_8);
            if (!xattrs.containsKey(decoded)) {
                addXattr(decoded, Base64.getDecoder().decode(withoutPadding(value)), nameIsText);
            }
        } catch (IllegalArgumentException malformed) {
            throw input.corruptAt(offset, "an extended attribute is not in base64, or its name not percent-encoded");
        }
    }

    private static byte[] withoutPadding(byte[] base64) {
        int end = base64.length;
        while (end > 0 && base64[end - 1] == '=') {
            end--;
        }
        return Arrays.copyOf(base64, end);
    }

    static Optional<byte[]> name(byte[] value, TarInput input, long offset) throws CorruptDataException {
        for (byte b : value) {
            if (b == 0) {
                throw input.corruptAt(offset, "an extended header has a name with a 0x00 byte in it");
            }
        }
        return value.length == 0 ? Optional.empty() : Optional.of(value);
    }

    private Optional<Long> number(String key, byte[] value, long offset) throws CorruptDataException {
        return value.length == 0 ? Optional.empty() : Optional.of(decimal(key, value, input, offset));
    }

    static long decimal(String key, byte[] value, TarInput input, long offset) throws CorruptDataException {
        return decimal(key, value, 0, value.length, input, offset);
    }

    /** A whole number of up to 18 digits, perhaps negative: larger ones mean nothing as size or id. */
    static long decimal(String key, byte[] value, int from, int to, TarInput input, long offset)
            throws CorruptDataException {
        boolean negative = to > from && value[from] == '-';
        int digits = negative ? from + 1 : from;
        boolean valid = digits < to && to - digits <= 18;
        long result = 0;
        for (int i = digits; valid && i < to; i++) {
            valid = value[i] >= '0' && value[i] <= '9';
            result = result * 10 + (value[i] - '0');
        }
        if (!valid) {
            throw input.corruptAt(offset, "an extended header has a malformed number as " + key);
        }
        return negative ? -result : result;
    }

    /** "SECONDS[.FRACTION]"; digits beyond nanoseconds are cut off, and -1.5 is 1.5 s before the epoch. */
    private Time time(byte[] value, long offset) throws CorruptDataException {
        int point = 0;
        while (point < value.length && value[point] != '.') {
            point++;
        }
        boolean negative = value[0] == '-';
        long seconds = decimal("mtime", value, 0, point, input, offset);
        long nanos = 0;
        int scale = 100_000_000;
        for (int i = point + 1; i < value.length; i++) {
            if (value[i] < '0' || value[i] > '9') {
                throw input.corruptAt(offset, "an extended header has a malformed number as mtime");
            }
            nanos += (long) scale * (value[i] - '0');
            scale /= 10;
        }
        if (negative && nanos > 0) {
            return new Time(seconds - 1, (int) (1_000_000_000 - nanos));
        }
        return new Time(seconds, (int) nanos);
    }

    private static boolean validText(byte[] data, int from, int to) {
        for (int i = from; i < to; i++) {
            if (data[i] < 0) {
                return isUtf8(data, from, to);
            }
        }
        return true;
    }

    private static boolean isUtf8(byte[] data, int from, int to) {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(data, from, to - from));
            return true;
        } catch (CharacterCodingException notText) {
            return false;
        }
    }
}
