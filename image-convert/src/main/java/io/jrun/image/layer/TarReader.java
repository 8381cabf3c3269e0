package io.jrun.image.layer;

import io.jrun.image.tree.Metadata;
import io.jrun.image.tree.Xattrs;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Optional;

/**
 * Reads one layer entry by entry, byte for byte: no name, link target or attribute is ever decoded as text. Understands
 * V7, ustar, pax (local and global headers), GNU (long names, sparse files in all four forms, binary numbers), and the
 * records that Solaris and star write. The stream is read to its very end, and not closed.
 *
 * <p>A header with a wrong checksum, a malformed number, or an end inside an entry is an error; a missing end marker is
 * told, since some writers leave it out. A hard link may bring its content along, which is passed over: the target has
 * it. Source: POSIX.1-2017 pax; GNU tar manual, "Tar Internals"; tar(5).
 */
final class TarReader {

    /** Of one extended header or long name. Other readers of images (Go's) refuse more, so no image has more. */
    static final int MAX_EXTENDED_HEADER = 1 << 20;

    private static final int SYMLINK_PERMISSIONS = 0777; // what lstat(2) says of any symbolic link on Linux

    private final TarInput input;
    private final TarHeader header;
    private final Notices notices;
    private final long maxTrailingBytes;
    private final PaxAttributes global;
    private final InternPool pool;

    private EntryContent content;
    private long paddingEnd;
    private boolean ended;
    private boolean sawPax;

    private PaxAttributes local;
    private Optional<byte[]> longName = Optional.empty();
    private Optional<byte[]> longLink = Optional.empty();

    TarReader(InputStream in, String layerName, MergeLimits limits, Notices notices, InternPool pool) {
        this.input = new TarInput(in, layerName);
        this.header = new TarHeader(input);
        this.notices = notices;
        this.maxTrailingBytes = limits.maxContentBytes();
        this.global = new PaxAttributes(input, notices);
        this.local = global;
        this.pool = pool;
        this.content = noContent();
    }

    private EntryContent noContent() {
        return new EntryContent(input, 0, 0, Optional.empty());
    }

    /** The next entry, after passing over what is left of the one before; empty at the end, again and again. */
    Optional<TarEntry> next() throws IOException {
        if (ended) {
            return Optional.empty();
        }
        input.skip(content.storedLeft());
        content = noContent();
        if (input.pass(paddingEnd - input.offset()) > 0) {
            // Some tools leave out the padding of the last entry, and others read that.
            notices.count(Notice.NO_END_MARKER);
            return end();
        }
        startEntry();
        while (true) {
            long offset = input.offset();
            int block = input.nextBlock();
            if (block < 0) {
                notices.count(Notice.NO_END_MARKER);
                return end();
            }
            header.moveTo(block, offset);
            if (header.isZero()) {
                return endMarker();
            }
            if (!header.checksumMatches()) {
                throw input.corruptAt(offset, "a header's checksum does not match");
            }
            Optional<TarEntry> entry = readRecord();
            if (entry.isPresent()) {
                return entry;
            }
        }
    }

    /** Of the entry that {@link #next} returned last. */
    InputStream content() {
        return content;
    }

    long offset() {
        return input.offset();
    }

    private void startEntry() {
        local = global;
        longName = Optional.empty();
        longLink = Optional.empty();
    }

    private Optional<TarEntry> endMarker() throws IOException {
        long offset = input.offset();
        int block = input.nextBlock();
        if (block >= 0) {
            header.moveTo(block, offset);
            if (!header.isZero()) {
                throw input.corruptAt(offset, "one block of zeros, of the two that close it, lies between its entries");
            }
            input.drain(maxTrailingBytes);
        }
        return end();
    }

    private Optional<TarEntry> end() throws IOException {
        if (local != global || longName.isPresent() || longLink.isPresent()) {
            throw input.corrupt("it ends behind an extended header");
        }
        ended = true;
        return Optional.empty();
    }

    /** Empty where the record only says something about the next one, or is passed over. */
    private Optional<TarEntry> readRecord() throws IOException {
        switch (header.type()) {
            case 'x', 'X' -> {
                sawPax = true;
                local = global.copy();
                readExtendedHeader(local);
                return Optional.empty();
            }
            case 'g' -> {
                sawPax = true;
                readExtendedHeader(global);
                return Optional.empty();
            }
            case 'L' -> {
                longName = Optional.of(readLongName());
                return Optional.empty();
            }
            case 'K' -> {
                longLink = Optional.of(readLongName());
                return Optional.empty();
            }
            case 'V', 'N', 'A' -> {
                return leaveOut(Notice.VOLUME_LABEL);
            }
            case '0', 0, '7' -> {
                if (local.isSocket() && size() == 0) {
                    return Optional.of(headerOnly(TarEntry.Kind.SOCKET));
                }
                boolean directory = header.type() == 0 && endsWithSlash(path()); // V7 knows no other sign
                return Optional.of(directory ? headerOnly(TarEntry.Kind.DIRECTORY) : regularFile(local.sparse()));
            }
            case 'S' -> {
                return Optional.of(oldGnuSparseFile());
            }
            case '1' -> {
                return Optional.of(hardLink());
            }
            case '2' -> {
                return Optional.of(headerOnly(TarEntry.Kind.SYMBOLIC_LINK));
            }
            case '3' -> {
                return Optional.of(headerOnly(TarEntry.Kind.CHARACTER_DEVICE));
            }
            case '4' -> {
                return Optional.of(headerOnly(TarEntry.Kind.BLOCK_DEVICE));
            }
            case '5' -> {
                return Optional.of(headerOnly(TarEntry.Kind.DIRECTORY));
            }
            case 'D' -> {
                TarEntry directory = headerOnly(TarEntry.Kind.DIRECTORY);
                occupy(0, size(), Optional.empty()); // a list of names for incremental backups
                return Optional.of(directory);
            }
            case '6' -> {
                return Optional.of(headerOnly(TarEntry.Kind.FIFO));
            }
            default -> {
                return leaveOut(Notice.UNKNOWN_ENTRY_TYPE);
            }
        }
    }

    private void readExtendedHeader(PaxAttributes into) throws IOException {
        long start = input.offset();
        byte[] data = readSpecial();
        into.add(data, data.length, start);
    }

    private byte[] readLongName() throws IOException {
        byte[] data = readSpecial();
        int end = 0;
        while (end < data.length && data[end] != 0) {
            end++;
        }
        return Arrays.copyOf(data, end);
    }

    private byte[] readSpecial() throws IOException {
        long size = header.size();
        if (size < 0 || size > MAX_EXTENDED_HEADER) {
            throw input.corruptAt(
                    header.offset(),
                    "an extended header has " + size + " bytes, where " + MAX_EXTENDED_HEADER + " are the limit");
        }
        byte[] data = new byte[(int) size];
        input.readFully(data, data.length);
        input.skip(padding(size));
        return data;
    }

    private static long padding(long size) {
        return -size & (TarInput.BLOCK - 1);
    }

    private Optional<TarEntry> leaveOut(Notice notice) throws IOException {
        notices.count(notice);
        long size = size();
        input.skip(size);
        input.skip(padding(size));
        startEntry();
        return Optional.empty();
    }

    private TarEntry regularFile(SparseRecords sparse) throws IOException {
        long stored = size();
        byte[] path = path();
        Metadata metadata = metadata(header.permissions());
        long offset = header.offset();
        long size = stored;
        Optional<SparseMap> holes = Optional.empty();
        long dataStart = input.offset();
        long paddedEnd = dataStart + stored + padding(stored);
        if (sparse.isVersion1() || sparse.isVersion0()) {
            size = realSize(sparse.realSize().orElse(-1L));
            holes = Optional.of(
                    sparse.isVersion1()
                            ? SparseMap.readVersion1(input, size, stored)
                            : SparseMap.parse(sparse.extents().orElseThrow(), input, size, stored));
        }
        occupy(size, stored - (input.offset() - dataStart), holes);
        paddingEnd = paddedEnd;
        return entry(TarEntry.Kind.REGULAR_FILE, offset, path, new byte[0], metadata, size);
    }

    private TarEntry oldGnuSparseFile() throws IOException {
        long stored = size();
        byte[] path = path();
        Metadata metadata = metadata(header.permissions());
        long offset = header.offset();
        long size = realSize(header.realSize());
        SparseMap holes = SparseMap.readOldGnu(header, input, size, stored);
        occupy(size, stored, Optional.of(holes));
        return entry(TarEntry.Kind.REGULAR_FILE, offset, path, new byte[0], metadata, size);
    }

    private long realSize(long size) throws IOException {
        if (size < 0) {
            throw input.corruptAt(header.offset(), "a sparse file has no valid size");
        }
        return size;
    }

    private TarEntry hardLink() throws IOException {
        long size = size();
        TarEntry entry = headerOnly(TarEntry.Kind.HARD_LINK);
        if (size > 0 && hardLinkHasContent()) {
            occupy(0, size, Optional.empty());
        }
        return entry;
    }

    /**
     * Old writers record the target's size but no content, as POSIX.1-1988 says; pax archives bring it along. Without a
     * sign of pax, a valid header right behind decides.
     */
    private boolean hardLinkHasContent() throws IOException {
        if (sawPax) {
            return true;
        }
        if (header.isGnu() || !header.isUstar()) {
            return false;
        }
        long offset = input.offset();
        int block = input.peekBlock();
        if (block < 0) {
            return false;
        }
        header.moveTo(block, offset);
        return !header.isZero() && !(header.isUstar() && header.checksumMatches());
    }

    private TarEntry headerOnly(TarEntry.Kind kind) throws IOException {
        boolean symbolicLink = kind == TarEntry.Kind.SYMBOLIC_LINK;
        boolean link = symbolicLink || kind == TarEntry.Kind.HARD_LINK;
        byte[] target = link ? linkTarget() : new byte[0];
        Metadata metadata = metadata(symbolicLink ? SYMLINK_PERMISSIONS : header.permissions());
        return entry(kind, header.offset(), path(), target, metadata, 0);
    }

    private TarEntry entry(TarEntry.Kind kind, long offset, byte[] path, byte[] target, Metadata metadata, long size)
            throws IOException {
        boolean device = kind == TarEntry.Kind.CHARACTER_DEVICE || kind == TarEntry.Kind.BLOCK_DEVICE;
        int major = device ? deviceNumber(header.deviceMajor(), 0xfff) : 0;
        int minor = device ? deviceNumber(header.deviceMinor(), 0xfffff) : 0;
        return new TarEntry(kind, offset, path, target, metadata, size, major, minor);
    }

    private int deviceNumber(long number, int max) throws IOException {
        if (number < 0 || number > max) {
            throw input.corruptAt(header.offset(), "device number " + number + " is outside 0 to " + max);
        }
        return (int) number;
    }

    private void occupy(long size, long stored, Optional<SparseMap> holes) {
        content = new EntryContent(input, size, stored, holes);
        paddingEnd = input.offset() + stored + padding(stored);
    }

    private byte[] path() {
        return longName.or(local::path).orElseGet(header::name);
    }

    private byte[] linkTarget() {
        return longLink.or(local::linkPath).orElseGet(header::linkName);
    }

    private static boolean endsWithSlash(byte[] path) {
        return path.length > 0 && path[path.length - 1] == '/';
    }

    private long size() throws IOException {
        Optional<Long> extended = local.size();
        long size = extended.isPresent() ? extended.get() : header.size();
        if (size < 0 || size > Long.MAX_VALUE - input.offset() - TarInput.BLOCK) {
            throw input.corruptAt(header.offset(), "an entry has a size of " + size);
        }
        return size;
    }

    private Metadata metadata(int permissions) throws IOException {
        Optional<Long> extendedUid = local.uid();
        Optional<Long> extendedGid = local.gid();
        long uid = id(extendedUid.isPresent() ? extendedUid.get() : header.uid());
        long gid = id(extendedGid.isPresent() ? extendedGid.get() : header.gid());
        Optional<PaxAttributes.Time> mtime = local.mtime();
        long seconds = mtime.isPresent() ? mtime.get().seconds() : header.mtime();
        int nanos = mtime.isPresent() ? mtime.get().nanos() : 0;
        Xattrs xattrs = local.xattrs().isEmpty() ? Xattrs.NONE : pool.xattrs(local.xattrs());
        return pool.metadata(new Metadata(permissions, uid, gid, seconds, nanos, xattrs));
    }

    /** Negative ids are what writers with a signed 32-bit uid_t made of large ones: -2 is 4294967294. */
    private long id(long recorded) throws IOException {
        if (recorded < Integer.MIN_VALUE || recorded > Metadata.MAX_ID) {
            throw input.corruptAt(header.offset(), "owner or group " + recorded + " is outside 0 to 2^32-1");
        }
        return recorded & Metadata.MAX_ID;
    }
}
