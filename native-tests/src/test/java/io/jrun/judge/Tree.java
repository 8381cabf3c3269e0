package io.jrun.judge;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/** A file tree as {@code walk.c} lists it: every entry with all that a file system keeps of it. */
record Tree(Map<String, Entry> entries) {

    Tree {
        entries = new TreeMap<>(entries);
    }

    /** One entry; every value is spelled as the walker prints it, {@code -} where it does not apply. */
    record Entry(
            String path,
            String type,
            String mode,
            String uid,
            String gid,
            String size,
            String mtime,
            String device,
            String links,
            String firstLink,
            String target,
            String xattrs,
            String content) {

        static Entry parse(String line) {
            String[] f = line.split("\t", -1);
            if (f.length != 13) {
                throw new IllegalArgumentException("not a line of the walker: " + line);
            }
            return new Entry(f[0], f[1], f[2], f[3], f[4], f[5], f[6], f[7], f[8], f[9], f[10], f[11], f[12]);
        }

        Entry ownedBy(int id) {
            String number = Integer.toString(id);
            return new Entry(
                    path, type, mode, number, number, size, mtime, device, links, firstLink, target, xattrs, content);
        }

        Entry withoutMtime() {
            return new Entry(path, type, mode, uid, gid, size, "-", device, links, firstLink, target, xattrs, content);
        }

        /** Without which name of its inode comes first. */
        Entry withoutFirstLink() {
            return new Entry(path, type, mode, uid, gid, size, mtime, device, links, "-", target, xattrs, content);
        }

        Entry withLinks(String count, String first) {
            return new Entry(path, type, mode, uid, gid, size, mtime, device, count, first, target, xattrs, content);
        }

        /** Without the extended attributes that only a privileged user may set. */
        Entry withUserXattrsOnly() {
            List<String> kept = Arrays.stream(xattrs.split(","))
                    .filter(each -> each.startsWith("user."))
                    .toList();
            String rest = kept.isEmpty() ? "-" : String.join(",", kept);
            return new Entry(path, type, mode, uid, gid, size, mtime, device, links, firstLink, target, rest, content);
        }

        /**
         * A file that has lost its owner has no set-user-ID and set-group-ID bit, and its new owner may read it; he may
         * read, change and enter his directories.
         */
        Entry withModeForItsNewOwner() {
            int bits = Integer.parseInt(mode, 8);
            int changed =
                    switch (type) {
                        case "f" -> (bits & ~06000) | 0400;
                        case "d" -> bits | 0700;
                        default -> bits;
                    };
            String text = String.format(Locale.ROOT, "%04o", changed);
            return new Entry(
                    path, type, text, uid, gid, size, mtime, device, links, firstLink, target, xattrs, content);
        }

        boolean isDevice() {
            return type.equals("c") || type.equals("b");
        }

        private String differences(Entry other) {
            List<String> fields = new ArrayList<>();
            compare(fields, "type", type, other.type);
            compare(fields, "mode", mode, other.mode);
            compare(fields, "uid", uid, other.uid);
            compare(fields, "gid", gid, other.gid);
            compare(fields, "size", size, other.size);
            compare(fields, "mtime", mtime, other.mtime);
            compare(fields, "device", device, other.device);
            compare(fields, "links", links, other.links);
            compare(fields, "first link", firstLink, other.firstLink);
            compare(fields, "target", target, other.target);
            compare(fields, "xattrs", xattrs, other.xattrs);
            compare(fields, "sha256", content, other.content);
            return String.join(", ", fields);
        }

        private static void compare(List<String> fields, String name, String expected, String found) {
            if (!expected.equals(found)) {
                fields.add(name + " " + expected + " but found " + found);
            }
        }
    }

    static byte[] list(Path root, Account reader) {
        return Command.of(Workbench.tool("walk").toString(), root.toString())
                .as(reader)
                .run()
                .orFail()
                .output();
    }

    static Tree of(Path root, Account reader) {
        return parse(list(root, reader));
    }

    static Tree parse(byte[] listing) {
        Map<String, Entry> entries = new TreeMap<>();
        new String(listing, StandardCharsets.US_ASCII)
                .lines()
                .map(Entry::parse)
                .forEach(each -> entries.put(each.path(), each));
        return new Tree(entries);
    }

    /** Changes with the walker, so that no listing of an older one is read. */
    static String walkerVersion() {
        try {
            byte[] source = Files.readAllBytes(Workbench.module().resolve("src/test/c/walk.c"));
            return " " + Arrays.hashCode(source);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Tree map(UnaryOperator<Entry> change) {
        Map<String, Entry> changed = new TreeMap<>();
        entries.forEach((path, entry) -> changed.put(path, change.apply(entry)));
        return new Tree(changed);
    }

    Tree without(Predicate<Entry> unwanted) {
        Map<String, Entry> rest = new TreeMap<>(entries);
        rest.values().removeIf(unwanted);
        return new Tree(rest);
    }

    /** Without what jrun adds to an image. */
    Tree withoutOwnFolder() {
        return without(entry -> entry.path().equals("./.jrun") || entry.path().startsWith("./.jrun/"));
    }

    /** What differs, one line per entry; empty if nothing does. */
    List<String> differencesTo(Tree other) {
        List<String> lines = new ArrayList<>();
        entries.forEach((path, entry) -> {
            Entry found = other.entries.get(path);
            if (found == null) {
                lines.add(path + " is missing");
            } else if (!found.equals(entry)) {
                lines.add(path + ": " + entry.differences(found));
            }
        });
        other.entries.keySet().stream()
                .filter(path -> !entries.containsKey(path))
                .forEach(path -> lines.add(path + " should not be there"));
        return lines;
    }
}
