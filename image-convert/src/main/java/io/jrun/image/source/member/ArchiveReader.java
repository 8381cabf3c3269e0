package io.jrun.image.source.member;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The members of a tar stream in their order, as far as finding files by name needs it: owners, modes, times and extended
 * attributes are passed over. Reads ustar, PAX and GNU names and sizes. Each number is checked before it is used.
 *
 * <pre>
 * offset size field
 *    0   100  name
 *  124    12  size: octal, or big-endian with the top bit set
 *  148     8  checksum: octal sum of all bytes, these taken as blanks
 *  156     1  type
 *  157   100  link name
 *  257     6  "ustar" and NUL, if the prefix counts
 *  345   155  prefix of the name
 * </pre>
 *
 * Source: POSIX.1-2017 pax, "ustar Interchange Format" and "pax Header Block"; GNU tar manual, "Basic Tar Format".
 */
public final class ArchiveReader {

    static final int BLOCK_SIZE = 512;

    /** Holds every name that the kernel would take, with room for the records of other keys. */
    private static final int MAX_EXTENSION_SIZE = 1 << 20;

    /** PATH_MAX of Linux. */
    private static final int MAX_NAME_LENGTH = 4096;

    /** What a member is, as far as this reader cares. */
    public enum Kind {
        FILE,
        HARD_LINK,
        SYMBOLIC_LINK,
        /** A directory, or something that no image archive has a use for. */
        OTHER
    }

    /**
     * One member.
     *
     * @param name its bytes, one character each
     * @param offset of its data in the archive
     */
    public record Entry(String name, Kind kind, long sizeInBytes, String linkTarget, long offset) {}

    private final InputStream in;
    private final String archive;
    private final byte[] block = new byte[BLOCK_SIZE];
    private long position;
    private long nextHeader;
    private long dataEnd;

    /**
     * Does not close {@code in}.
     *
     * @param in at its first byte; what is not read is skipped, so a file should be passed as a stream that can seek
     * @param archive names it in messages
     */
    public ArchiveReader(InputStream in, String archive) {
        this.in = in;
        this.archive = archive;
    }

    /** The next member, whatever of the last one's data was read; empty at the end. */
    public Optional<Entry> next() throws IOException {
        Map<String, String> extensions = new HashMap<>();
        while (true) {
            if (!readHeader()) {
                return Optional.empty();
            }
            char type = (char) (block[156] & 0xff);
            long size = number(124, 12, "size");
            beginData(size);
            switch (type) {
                case 'x' -> readPax(size, extensions);
                case 'L' -> extensions.put("path", text(readExtension(size)));
                case 'K' -> extensions.put("linkpath", text(readExtension(size)));
                case 'g', 'V' -> {} // defaults for all members, and a label: no names
                default -> {
                    return Optional.of(entry(type, size, extensions));
                }
            }
        }
    }

    private Entry entry(char type, long headerSize, Map<String, String> extensions) throws CorruptDataException {
        String name = checkedName(extensions.getOrDefault("path", headerName()));
        long size = headerSize;
        if (extensions.containsKey("size")) {
            size = paxSize(extensions.get("size"));
            beginData(size);
        }
        boolean sparse = extensions.keySet().stream().anyMatch(key -> key.startsWith("GNU.sparse."));
        Kind kind =
                switch (type) {
                    case '0', '\0', '7' -> sparse || name.endsWith("/") ? Kind.OTHER : Kind.FILE;
                    case '1' -> Kind.HARD_LINK;
                    case '2' -> Kind.SYMBOLIC_LINK;
                    default -> Kind.OTHER;
                };
        if (kind == Kind.HARD_LINK || kind == Kind.SYMBOLIC_LINK) {
            // Some writers give a link its target's size; no data follows it.
            beginData(0);
            size = 0;
        }
        String target = checkedName(extensions.getOrDefault("linkpath", field(157, 100)));
        return new Entry(name, kind, size, target, position);
    }

    private void beginData(long size) throws CorruptDataException {
        dataEnd = Math.addExact(position, size);
        nextHeader = (dataEnd + BLOCK_SIZE - 1) / BLOCK_SIZE * BLOCK_SIZE;
    }

    /** The data of the member that {@link #next} gave last, valid until the next call; closing it does nothing. */
    public InputStream content(Entry entry) {
        return new Content(entry);
    }

    /** @return false at the end of the archive, which is a block of zeros or the end of the stream */
    private boolean readHeader() throws IOException {
        skipTo(nextHeader);
        int count = in.readNBytes(block, 0, BLOCK_SIZE);
        position += count;
        nextHeader = position;
        if (count == 0) {
            return false;
        }
        if (count < BLOCK_SIZE) {
            throw damaged("it ends in the middle of a header");
        }
        int sum = 0;
        for (int i = 0; i < BLOCK_SIZE; i++) {
            sum += i >= 148 && i < 156 ? ' ' : block[i] & 0xff;
        }
        if (sum == 8 * ' ') {
            return false;
        }
        if (number(148, 8, "checksum") != sum) {
            throw damaged(position == BLOCK_SIZE ? "it is no tar file" : "the checksum of a header is wrong");
        }
        return true;
    }

    private void skipTo(long target) throws IOException {
        try {
            in.skipNBytes(target - position);
            position = target;
        } catch (EOFException e) {
            throw damaged("it ends in the middle of a member");
        }
    }

    private byte[] readExtension(long size) throws IOException {
        if (size > MAX_EXTENSION_SIZE) {
            throw damaged("a header extension has " + size + " bytes, more than " + MAX_EXTENSION_SIZE);
        }
        byte[] bytes = in.readNBytes((int) size);
        position += bytes.length;
        if (bytes.length < size) {
            throw damaged("it ends in the middle of a header extension");
        }
        return bytes;
    }

    /** Records of the form {@code "LENGTH KEY=VALUE\n"}, the length counting all of it. */
    private void readPax(long size, Map<String, String> extensions) throws IOException {
        String records = new String(readExtension(size), ISO_8859_1);
        int at = 0;
        while (at < records.length()) {
            int blank = records.indexOf(' ', at);
            int equals = records.indexOf('=', at);
            int end = blank < 0 ? -1 : paxEnd(records, at, blank);
            if (end < 0 || equals < blank || equals >= end) {
                throw damaged("a PAX record is malformed");
            }
            extensions.put(records.substring(blank + 1, equals), records.substring(equals + 1, end - 1));
            at = end;
        }
    }

    private static int paxEnd(String records, int at, int blank) {
        if (blank == at
                || blank - at > 7
                || !records.substring(at, blank).chars().allMatch(c -> c >= '0' && c <= '9')) {
            return -1;
        }
        int end = at + Integer.parseInt(records.substring(at, blank));
        return end > blank + 1 && end <= records.length() && records.charAt(end - 1) == '\n' ? end : -1;
    }

    private long paxSize(String text) throws CorruptDataException {
        if (text.isEmpty() || text.length() > 16 || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
            throw damaged("a PAX size is malformed");
        }
        return Long.parseLong(text);
    }

    private String headerName() {
        String name = field(0, 100);
        boolean ustar = field(257, 6).equals("ustar") && block[262] == 0;
        String prefix = ustar ? field(345, 155) : "";
        return prefix.isEmpty() ? name : prefix + '/' + name;
    }

    private String checkedName(String name) throws CorruptDataException {
        if (name.length() > MAX_NAME_LENGTH) {
            throw damaged("a name has " + name.length() + " bytes, more than " + MAX_NAME_LENGTH);
        }
        return name;
    }

    private static String text(byte[] bytes) {
        String text = new String(bytes, ISO_8859_1);
        int end = text.indexOf('\0');
        return end < 0 ? text : text.substring(0, end);
    }

    private String field(int offset, int length) {
        return text(java.util.Arrays.copyOfRange(block, offset, offset + length));
    }

    private long number(int offset, int length, String what) throws CorruptDataException {
        if ((block[offset] & 0x80) != 0) {
            return binaryNumber(offset, length, what);
        }
        String text = field(offset, length).strip();
        if (text.isEmpty()) {
            return 0;
        }
        if (!text.chars().allMatch(c -> c >= '0' && c <= '7')) {
            throw damaged(position == BLOCK_SIZE ? "it is no tar file" : "the " + what + " in a header is no number");
        }
        return Long.parseLong(text, 8);
    }

    /** No archive has members of more than 2^62 bytes, so that sums cannot overflow. */
    private long binaryNumber(int offset, int length, String what) throws CorruptDataException {
        long value = block[offset] & 0x7f;
        for (int i = offset + 1; i < offset + length; i++) {
            if (value >= 1L << 53) {
                throw damaged("the " + what + " in a header is out of range");
            }
            value = value << 8 | (block[i] & 0xff);
        }
        return value;
    }

    private CorruptDataException damaged(String why) {
        return new CorruptDataException(
                Failure.of("read " + archive, why + ", near byte " + Math.max(0, position - BLOCK_SIZE)));
    }

    private final class Content extends InputStream {

        private final Entry entry;

        Content(Entry entry) {
            this.entry = entry;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            long left = entry.offset + entry.sizeInBytes - position;
            if (left <= 0) {
                return -1;
            }
            int count = in.read(bytes, offset, (int) Math.min(left, length));
            if (count < 0) {
                throw damaged("it ends in the middle of " + entry.name);
            }
            position += count;
            return count;
        }
    }
}
