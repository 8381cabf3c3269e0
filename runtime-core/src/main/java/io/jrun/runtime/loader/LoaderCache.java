package io.jrun.runtime.loader;

import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The content of {@code /etc/ld.so.cache}, little-endian. Written in the one format that every glibc since 2.2 reads;
 * read from that and from files that have the old format before it. Source: glibc, sysdeps/generic/dl-cache.h.
 *
 * <pre>
 * offset size field
 * 0      20   "glibc-ld.so.cache1.1"
 * 20     4    number of entries
 * 24     4    bytes of strings
 * 28     1    2: little-endian; 0 in files of glibc before 2.33
 * 32     4    offset of the extension directory, 0 for none
 * 48     24·n entries: flags 4, soname 4, path 4, OS version 4, hwcap 8
 *             strings, each with a final 0x00; offsets count from the beginning of this format
 * extension directory, aligned to 4: magic 4, count 4; each: tag 4, flags 4, offset 4, bytes 4
 * tag 1: offsets of the names of glibc-hwcaps subdirectories, 4 each, ascending
 * </pre>
 */
public record LoaderCache(List<CacheEntry> entries) {

    private static final String MAGIC = "glibc-ld.so.cache1.1";
    private static final String OLD_MAGIC = "ld.so-1.7.0";
    private static final int OLD_HEADER_BYTES = 16;
    private static final int OLD_ENTRY_BYTES = 12;
    private static final int HEADER_BYTES = 48;
    private static final int ENTRY_BYTES = 24;
    private static final int LITTLE_ENDIAN = 2;
    private static final int EXTENSION_MAGIC = -358342284;
    private static final int TAG_GLIBC_HWCAPS = 1;
    private static final int SECTION_BYTES = 16;

    /** DL_CACHE_HWCAP_EXTENSION: the low half of hwcap is then an index into the names of subdirectories. */
    private static final long HWCAP_EXTENSION = 1L << 62;

    /** Three times the largest cache seen; a cache of more is no image's. */
    public static final int MAX_BYTES = 16 << 20;

    public LoaderCache {
        entries = List.copyOf(entries);
    }

    /** @param name for messages */
    public static LoaderCache parse(byte[] content, String name) throws CorruptDataException {
        return new Parser(content, name).parse();
    }

    /** With entries that are found before those of the same soname here. */
    public LoaderCache preferring(List<CacheEntry> first) {
        List<CacheEntry> all = new ArrayList<>(first);
        for (CacheEntry entry : entries) {
            if (first.stream().noneMatch(entry::competesWith)) {
                all.add(entry);
            }
        }
        return new LoaderCache(all);
    }

    /** Where a program finds a soname: of several the first in the order of the cache, hwcaps left out. */
    public Optional<CacheEntry> find(String soname, int flags) {
        return entries.stream()
                .filter(entry -> entry.flags() == flags && entry.soname().equals(soname))
                .filter(entry -> entry.hwcap() == 0 && entry.subdirectory().isEmpty())
                .findFirst();
    }

    /** The file, entries sorted as lookup expects them. */
    public byte[] toBytes() {
        List<CacheEntry> sorted = new ArrayList<>(entries);
        sorted.sort(CacheEntry.ORDER);
        Set<String> subdirectories = new TreeSet<>();
        sorted.forEach(entry -> entry.subdirectory().ifPresent(subdirectories::add));
        Strings strings = new Strings(HEADER_BYTES + ENTRY_BYTES * sorted.size());
        ByteBuffer table = buffer(ENTRY_BYTES * sorted.size());
        List<String> names = List.copyOf(subdirectories);
        for (CacheEntry entry : sorted) {
            long hwcap = entry.subdirectory()
                    .map(name -> HWCAP_EXTENSION | names.indexOf(name))
                    .orElse(entry.hwcap());
            table.putInt(entry.flags()).putInt(strings.add(entry.soname())).putInt(strings.add(entry.path()));
            table.putInt(entry.osVersion()).putLong(hwcap);
        }
        ByteBuffer hwcaps = buffer(4 * names.size());
        names.forEach(name -> hwcaps.putInt(strings.add(name)));
        int stringsEnd = HEADER_BYTES + table.capacity() + strings.size();
        int extension = (stringsEnd + 3) & -4;
        int size = names.isEmpty() ? stringsEnd : extension + 8 + SECTION_BYTES + hwcaps.capacity();
        byte[] content = new byte[size];
        ByteBuffer file = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
        file.put(MAGIC.getBytes(StandardCharsets.US_ASCII));
        file.putInt(sorted.size()).putInt(strings.size()).put((byte) LITTLE_ENDIAN);
        file.putInt(32, names.isEmpty() ? 0 : extension).position(HEADER_BYTES);
        file.put(table.flip()).put(strings.toBytes());
        if (!names.isEmpty()) {
            file.position(extension);
            file.putInt(EXTENSION_MAGIC).putInt(1);
            file.putInt(TAG_GLIBC_HWCAPS).putInt(0).putInt(extension + 8 + SECTION_BYTES);
            file.putInt(hwcaps.capacity()).put(hwcaps.flip());
        }
        return content;
    }

    private static ByteBuffer buffer(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** The string table under construction; equal texts are stored once. */
    private static final class Strings {
        private final int base;
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private final Map<String, Integer> offsets = new LinkedHashMap<>();

        Strings(int base) {
            this.base = base;
        }

        int add(String text) {
            return offsets.computeIfAbsent(text, added -> {
                int at = base + bytes.size();
                bytes.writeBytes(added.getBytes(StandardCharsets.ISO_8859_1));
                bytes.write(0);
                return at;
            });
        }

        int size() {
            return bytes.size();
        }

        byte[] toBytes() {
            return bytes.toByteArray();
        }
    }

    private static final class Parser {
        private final byte[] content;
        private final String name;
        private final ByteBuffer in;
        private int base;

        Parser(byte[] content, String name) {
            this.content = content;
            this.name = name;
            this.in = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
        }

        LoaderCache parse() throws CorruptDataException {
            base = begins(0, OLD_MAGIC) ? endOfOldFormat() : 0;
            if (!begins(base, MAGIC)) {
                throw corrupt("it is no loader cache of glibc", base);
            }
            int count = intAt(base + 20);
            require(count >= 0 && count <= (content.length - base - HEADER_BYTES) / ENTRY_BYTES, base + 20);
            List<String> subdirectories = subdirectories(intAt(base + 32));
            Set<CacheEntry> entries = new LinkedHashSet<>();
            for (int i = 0; i < count; i++) {
                int at = base + HEADER_BYTES + i * ENTRY_BYTES;
                long hwcap = in.getLong(at + 16);
                Optional<String> subdirectory = Optional.empty();
                if ((hwcap & HWCAP_EXTENSION) != 0) {
                    int index = (int) hwcap;
                    require(index >= 0 && index < subdirectories.size(), at + 16);
                    subdirectory = Optional.of(subdirectories.get(index));
                    hwcap = 0;
                }
                entries.add(new CacheEntry(
                        intAt(at), text(intAt(at + 4)), text(intAt(at + 8)), intAt(at + 12), hwcap, subdirectory));
            }
            return new LoaderCache(List.copyOf(entries));
        }

        /** The new format begins at the next multiple of eight. */
        private int endOfOldFormat() throws CorruptDataException {
            int count = intAt(12);
            require(count >= 0 && count <= (content.length - OLD_HEADER_BYTES) / OLD_ENTRY_BYTES, 12);
            return (OLD_HEADER_BYTES + count * OLD_ENTRY_BYTES + 7) & -8;
        }

        private List<String> subdirectories(int directory) throws CorruptDataException {
            List<String> names = new ArrayList<>();
            if (directory == 0) {
                return names;
            }
            int at = base + directory;
            require(directory > 0 && at >= 0 && intAt(at) == EXTENSION_MAGIC, at);
            int count = intAt(at + 4);
            require(count >= 0 && count <= (content.length - at) / SECTION_BYTES, at + 4);
            for (int i = 0; i < count; i++) {
                int section = at + 8 + i * SECTION_BYTES;
                if (intAt(section) == TAG_GLIBC_HWCAPS) {
                    int offset = base + intAt(section + 8);
                    int size = intAt(section + 12);
                    require(size >= 0 && offset >= 0 && offset <= content.length - size, section);
                    for (int k = 0; k + 4 <= size; k += 4) {
                        names.add(text(intAt(offset + k)));
                    }
                }
            }
            return names;
        }

        private String text(int offset) throws CorruptDataException {
            int from = base + offset;
            require(offset >= 0 && from >= 0 && from < content.length, from);
            int to = from;
            while (to < content.length && content[to] != 0) {
                to++;
            }
            require(to < content.length, from);
            return new String(content, from, to - from, StandardCharsets.ISO_8859_1);
        }

        private int intAt(int at) throws CorruptDataException {
            require(at >= 0 && at <= content.length - 4, at);
            return in.getInt(at);
        }

        private boolean begins(int at, String magic) {
            byte[] wanted = magic.getBytes(StandardCharsets.US_ASCII);
            return at <= content.length - wanted.length
                    && Arrays.equals(content, at, at + wanted.length, wanted, 0, wanted.length);
        }

        private void require(boolean holds, int at) throws CorruptDataException {
            if (!holds) {
                throw corrupt("a number in it is out of range", at);
            }
        }

        private CorruptDataException corrupt(String why, int at) {
            return new CorruptDataException(
                    Failure.of("read the loader cache " + name, why + " (ld.so.cache, offset " + at + ")"));
        }
    }
}
