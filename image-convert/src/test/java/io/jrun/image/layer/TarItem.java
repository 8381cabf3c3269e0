package io.jrun.image.layer;

import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/**
 * One entry of a layer for tests. Names, targets and contents are texts whose characters are bytes (ISO 8859-1), so that
 * any byte can be written.
 */
record TarItem(
        char type,
        String path,
        String target,
        String content,
        int mode,
        long uid,
        long gid,
        long seconds,
        int nanos,
        Map<String, String> xattrs,
        int major,
        int minor) {

    private static final long TIME = 1_600_000_000L;

    /**
     * Drawn as in listings: "d/" a directory, "f=text" a file, "s -> target" a symbolic link, "h => target" a hard link,
     * "p|" a fifo, "c:1,3" a character device; anything else is an empty file, so ".wh.x" is a whiteout.
     */
    static TarItem of(String drawn) {
        if (drawn.contains(" -> ")) {
            return base('2', drawn.substring(0, drawn.indexOf(" -> ")))
                    .target(drawn.substring(drawn.indexOf(" -> ") + 4));
        }
        if (drawn.contains(" => ")) {
            return base('1', drawn.substring(0, drawn.indexOf(" => ")))
                    .target(drawn.substring(drawn.indexOf(" => ") + 4));
        }
        if (drawn.contains("=")) {
            return base('0', drawn.substring(0, drawn.indexOf('='))).content(drawn.substring(drawn.indexOf('=') + 1));
        }
        if (drawn.endsWith("/")) {
            return base('5', drawn).mode(0755);
        }
        if (drawn.endsWith("|")) {
            return base('6', drawn.substring(0, drawn.length() - 1));
        }
        if (drawn.contains(":")) {
            String[] numbers = drawn.substring(drawn.indexOf(':') + 1).split(",", -1);
            return base('3', drawn.substring(0, drawn.indexOf(':')))
                    .device(Integer.parseInt(numbers[0]), Integer.parseInt(numbers[1]));
        }
        return base('0', drawn);
    }

    static TarItem[] all(String... drawn) {
        return Arrays.stream(drawn).map(TarItem::of).toArray(TarItem[]::new);
    }

    static TarItem base(char type, String path) {
        return new TarItem(type, path, "", "", 0644, 0, 0, TIME, 0, Map.of(), 0, 0);
    }

    TarItem type(char value) {
        return new TarItem(value, path, target, content, mode, uid, gid, seconds, nanos, xattrs, major, minor);
    }

    TarItem path(String value) {
        return new TarItem(type, value, target, content, mode, uid, gid, seconds, nanos, xattrs, major, minor);
    }

    TarItem target(String value) {
        return new TarItem(type, path, value, content, mode, uid, gid, seconds, nanos, xattrs, major, minor);
    }

    TarItem content(String value) {
        return new TarItem(type, path, target, value, mode, uid, gid, seconds, nanos, xattrs, major, minor);
    }

    TarItem mode(int value) {
        return new TarItem(type, path, target, content, value, uid, gid, seconds, nanos, xattrs, major, minor);
    }

    TarItem owner(long newUid, long newGid) {
        return new TarItem(type, path, target, content, mode, newUid, newGid, seconds, nanos, xattrs, major, minor);
    }

    TarItem time(long newSeconds, int newNanos) {
        return new TarItem(type, path, target, content, mode, uid, gid, newSeconds, newNanos, xattrs, major, minor);
    }

    TarItem xattr(String name, String value) {
        Map<String, String> all = new TreeMap<>(xattrs);
        all.put(name, value);
        return new TarItem(type, path, target, content, mode, uid, gid, seconds, nanos, all, major, minor);
    }

    TarItem device(int newMajor, int newMinor) {
        return new TarItem(type, path, target, content, mode, uid, gid, seconds, nanos, xattrs, newMajor, newMinor);
    }
}
