package io.jrun.runtime.elf;

import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads an {@link ElfFile} by its program headers, as the dynamic linker does: section headers may be stripped. Reads a
 * few kilobytes whatever the size of the file. Source: elf(5); System V gABI, "Dynamic Section"; LSB, "Symbol
 * Versioning".
 *
 * <pre>
 * offset 32-bit  64-bit  field
 *        0       0       0x7f 'E' 'L' 'F', EI_CLASS, EI_DATA
 *        18      18      e_machine (2)
 *        28 (4)  32 (8)  e_phoff
 *        42      54      e_phentsize (2), e_phnum (2)
 * </pre>
 */
public final class ElfReader {

    private static final int PT_LOAD = 1;
    private static final int PT_DYNAMIC = 2;

    private static final int DT_NULL = 0;
    private static final int DT_NEEDED = 1;
    private static final int DT_STRTAB = 5;
    private static final int DT_STRSZ = 10;
    private static final int DT_SONAME = 14;
    private static final int DT_VERDEF = 0x6ffffffc;
    private static final int DT_VERDEFNUM = 0x6ffffffd;
    private static final int DT_VERNEED = 0x6ffffffe;
    private static final int DT_VERNEEDNUM = 0x6fffffff;

    private static final int VER_FLG_BASE = 1;
    private static final int VER_FLG_WEAK = 2;

    /** Real files have about a dozen; PN_XNUM, the escape for more than 65534, is for core dumps. */
    private static final int MAX_PROGRAM_HEADERS = 1024;
    /** The largest seen have some hundred entries. */
    private static final int MAX_DYNAMIC_BYTES = 1 << 20;
    /** libc defines about fifty versions; bounds chains that point at themselves. */
    private static final int MAX_VERSIONS = 8192;
    /** Names are file names and version names. */
    private static final int MAX_NAME_BYTES = 4096;

    private static final int NAME_CHUNK = 128;

    private record Segment(long offset, long address, long fileSize) {}

    private final SeekableByteChannel channel;
    private final String name;
    private final long size;
    private ByteOrder order = ByteOrder.LITTLE_ENDIAN;
    private ElfWidth width = ElfWidth.BITS_64;
    private final List<Segment> loads = new ArrayList<>();
    private final Map<Long, Long> tags = new LinkedHashMap<>();
    private final List<Long> neededNames = new ArrayList<>();

    private ElfReader(SeekableByteChannel channel, String name) throws IOException {
        this.channel = channel;
        this.name = name;
        this.size = channel.size();
    }

    /**
     * Leaves the channel open, at any position.
     *
     * @param name for messages
     * @return empty when the content is no ELF file at all
     * @throws CorruptDataException when it begins as one and then breaks the rules
     */
    public static Optional<ElfFile> read(SeekableByteChannel channel, String name) throws IOException {
        return new ElfReader(channel, name).read();
    }

    private Optional<ElfFile> read() throws IOException {
        if (size < 16) {
            return Optional.empty();
        }
        ByteBuffer ident = bytes(0, 16);
        if (ident.getInt(0) != 0x464c457f) {
            return Optional.empty();
        }
        width = switch (ident.get(4)) {
            case 1 -> ElfWidth.BITS_32;
            case 2 -> ElfWidth.BITS_64;
            default -> throw corrupt("its class is unknown", 4);
        };
        order = switch (ident.get(5)) {
            case 1 -> ByteOrder.LITTLE_ENDIAN;
            case 2 -> ByteOrder.BIG_ENDIAN;
            default -> throw corrupt("its byte order is unknown", 5);
        };
        ByteBuffer header = bytes(0, wide() ? 64 : 52);
        int machine = Short.toUnsignedInt(header.getShort(18));
        readDynamic(header);
        Optional<String> soname =
                tags.containsKey((long) DT_SONAME) ? Optional.of(text(tags.get((long) DT_SONAME))) : Optional.empty();
        List<String> needed = new ArrayList<>();
        for (long at : neededNames) {
            needed.add(text(at));
        }
        return Optional.of(new ElfFile(width, machine, soname, needed, neededVersions(), definedVersions()));
    }

    private boolean wide() {
        return width == ElfWidth.BITS_64;
    }

    private void readDynamic(ByteBuffer header) throws IOException {
        long table = wide() ? header.getLong(32) : Integer.toUnsignedLong(header.getInt(28));
        int entrySize = Short.toUnsignedInt(header.getShort(wide() ? 54 : 42));
        int count = Short.toUnsignedInt(header.getShort(wide() ? 56 : 44));
        if (count == 0) {
            return;
        }
        if (count > MAX_PROGRAM_HEADERS || entrySize != (wide() ? 56 : 32)) {
            throw corrupt("its program headers have an impossible number or size", wide() ? 54 : 42);
        }
        ByteBuffer headers = bytes(table, count * entrySize);
        Optional<Segment> dynamic = Optional.empty();
        for (int i = 0; i < count; i++) {
            int at = i * entrySize;
            int type = headers.getInt(at);
            Segment segment = wide()
                    ? new Segment(headers.getLong(at + 8), headers.getLong(at + 16), headers.getLong(at + 32))
                    : new Segment(unsigned(headers, at + 4), unsigned(headers, at + 8), unsigned(headers, at + 16));
            if (type == PT_LOAD) {
                loads.add(segment);
            } else if (type == PT_DYNAMIC) {
                dynamic = Optional.of(segment);
            }
        }
        if (dynamic.isPresent()) {
            readTags(dynamic.get());
        }
    }

    private static long unsigned(ByteBuffer buffer, int at) {
        return Integer.toUnsignedLong(buffer.getInt(at));
    }

    private void readTags(Segment dynamic) throws IOException {
        if (dynamic.fileSize() < 0 || dynamic.fileSize() > MAX_DYNAMIC_BYTES) {
            throw corrupt("its dynamic section has an impossible size", dynamic.offset());
        }
        ByteBuffer entries = bytes(dynamic.offset(), (int) dynamic.fileSize());
        int step = wide() ? 16 : 8;
        for (int at = 0; at + step <= entries.limit(); at += step) {
            long tag = wide() ? entries.getLong(at) : unsigned(entries, at);
            long value = wide() ? entries.getLong(at + 8) : unsigned(entries, at + 4);
            if (tag == DT_NULL) {
                return;
            } else if (tag == DT_NEEDED) {
                neededNames.add(value);
            } else {
                tags.putIfAbsent(tag, value);
            }
        }
    }

    /** <pre>vn_version 2, vn_cnt 2, vn_file 4, vn_aux 4, vn_next 4; vna_hash 4, vna_flags 2, vna_other 2, vna_name 4, vna_next 4</pre> */
    private Map<String, List<String>> neededVersions() throws IOException {
        Map<String, List<String>> result = new LinkedHashMap<>();
        if (!tags.containsKey((long) DT_VERNEED)) {
            return result;
        }
        long at = offsetOf(tags.get((long) DT_VERNEED));
        long count = limited(tags.getOrDefault((long) DT_VERNEEDNUM, 0L), at);
        int steps = 0;
        for (long i = 0; i < count; i++) {
            ByteBuffer need = bytes(at, 16);
            List<String> versions = result.computeIfAbsent(text(unsigned(need, 4)), file -> new ArrayList<>());
            long auxiliaryAt = at + unsigned(need, 8);
            for (int k = Short.toUnsignedInt(need.getShort(2)); k > 0; k--) {
                if (++steps > MAX_VERSIONS) {
                    throw corrupt("its needed versions have no end", auxiliaryAt);
                }
                ByteBuffer auxiliary = bytes(auxiliaryAt, 16);
                if ((auxiliary.getShort(4) & VER_FLG_WEAK) == 0) {
                    versions.add(text(unsigned(auxiliary, 8)));
                }
                if (unsigned(auxiliary, 12) == 0) {
                    break;
                }
                auxiliaryAt += unsigned(auxiliary, 12);
            }
            if (unsigned(need, 12) == 0) {
                break;
            }
            at += unsigned(need, 12);
        }
        return result;
    }

    /** <pre>vd_version 2, vd_flags 2, vd_ndx 2, vd_cnt 2, vd_hash 4, vd_aux 4, vd_next 4; vda_name 4, vda_next 4</pre> */
    private List<String> definedVersions() throws IOException {
        List<String> result = new ArrayList<>();
        if (!tags.containsKey((long) DT_VERDEF)) {
            return result;
        }
        long at = offsetOf(tags.get((long) DT_VERDEF));
        long count = limited(tags.getOrDefault((long) DT_VERDEFNUM, 0L), at);
        for (long i = 0; i < count; i++) {
            ByteBuffer definition = bytes(at, 20);
            boolean base = (definition.getShort(2) & VER_FLG_BASE) != 0;
            if (!base && definition.getShort(6) != 0) {
                result.add(text(unsigned(bytes(at + unsigned(definition, 12), 8), 0)));
            }
            if (unsigned(definition, 16) == 0) {
                break;
            }
            at += unsigned(definition, 16);
        }
        return result;
    }

    private long limited(long count, long at) throws CorruptDataException {
        if (count < 0 || count > MAX_VERSIONS) {
            throw corrupt("its number of symbol versions is impossible", at);
        }
        return count;
    }

    /** A string of the dynamic string table. */
    private String text(long index) throws IOException {
        long table = offsetOf(tags.getOrDefault((long) DT_STRTAB, -1L));
        long tableSize = tags.getOrDefault((long) DT_STRSZ, 0L);
        if (index < 0 || index >= tableSize) {
            throw corrupt("a name lies outside its string table", table);
        }
        StringBuilder text = new StringBuilder();
        long at = table + index;
        while (text.length() < MAX_NAME_BYTES) {
            long left = Math.min(size, table + tableSize) - at;
            if (left <= 0) {
                throw corrupt("a name has no end", at);
            }
            byte[] chunk = new byte[(int) Math.min(NAME_CHUNK, left)];
            bytes(at, chunk.length).get(chunk);
            int end = 0;
            while (end < chunk.length && chunk[end] != 0) {
                end++;
            }
            text.append(new String(chunk, 0, end, StandardCharsets.ISO_8859_1));
            if (end < chunk.length) {
                return text.toString();
            }
            at += chunk.length;
        }
        throw corrupt("a name is longer than " + MAX_NAME_BYTES + " bytes", table + index);
    }

    private long offsetOf(long address) throws CorruptDataException {
        for (Segment segment : loads) {
            long inside = address - segment.address();
            if (inside >= 0 && inside < segment.fileSize()) {
                return segment.offset() + inside;
            }
        }
        throw corrupt("an address is in no segment of the file", address);
    }

    private ByteBuffer bytes(long at, int length) throws IOException {
        if (at < 0 || length < 0 || at > size - length) {
            throw corrupt("a table lies outside the file of " + size + " bytes", at);
        }
        ByteBuffer buffer = ByteBuffer.allocate(length).order(order);
        channel.position(at);
        while (buffer.hasRemaining()) {
            if (channel.read(buffer) < 0) {
                throw corrupt("the file became shorter", at);
            }
        }
        return buffer.flip().order(order);
    }

    private CorruptDataException corrupt(String why, long at) {
        return new CorruptDataException(Failure.of("read the library " + name, why + " (ELF, offset " + at + ")"));
    }
}
