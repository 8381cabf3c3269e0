package io.jrun.runtime.host;

import io.jrun.error.Failure;
import io.jrun.error.UsageException;
import io.jrun.posix.ByteString;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Finds where a path of a container leads, as the kernel will find it at the start: symbolic links are taken from the
 * container's root and ".." never leads above it. Source: openat2(2), RESOLVE_IN_ROOT.
 */
public final class RootfsResolver {

    /** What the kernel follows in one look-up. Source: path_resolution(7). */
    private static final int MAX_LINKS = 40;

    /**
     * Where a path leads.
     *
     * @param path absolute, free of links; behind the first missing component it is the text as given
     * @param kind of the file there, never {@link FileKind#SYMLINK}
     * @param obstacle a file that is no directory but lies where the path needs one
     * @param throughLink whether the last component of the path as given is a symbolic link
     */
    public record Resolved(ByteString path, FileKind kind, Optional<ByteString> obstacle, boolean throughLink) {}

    private static final ByteString ROOT = ByteString.of("/");

    private RootfsResolver() {}

    /**
     * @param path absolute
     * @throws UsageException when more than {@value #MAX_LINKS} links follow each other
     */
    public static Resolved resolve(PathView view, ByteString path) throws UsageException {
        List<ByteString> reached = new ArrayList<>();
        List<ByteString> ahead = new ArrayList<>();
        pushReversed(ahead, path);
        int links = 0;
        boolean throughLink = false;
        FileKind kind = FileKind.DIRECTORY;
        Optional<ByteString> obstacle = Optional.empty();
        while (!ahead.isEmpty()) {
            ByteString name = ahead.remove(ahead.size() - 1);
            if (isParent(name)) {
                if (!reached.isEmpty()) {
                    reached.remove(reached.size() - 1);
                }
                kind = reached.isEmpty() ? FileKind.DIRECTORY : view.kind(join(reached));
                continue;
            }
            if (kind.isPresent() && kind != FileKind.DIRECTORY) {
                obstacle = Optional.of(join(reached));
                kind = FileKind.MISSING;
            }
            reached.add(name);
            if (kind != FileKind.DIRECTORY) {
                continue;
            }
            kind = view.kind(join(reached));
            if (kind == FileKind.SYMLINK) {
                if (++links > MAX_LINKS) {
                    throw new UsageException(Failure.of(
                            "resolve " + path + " in the container",
                            "too many symbolic links follow each other (ELOOP)"));
                }
                throughLink |= ahead.isEmpty();
                Optional<ByteString> target = view.readLink(join(reached));
                reached.remove(reached.size() - 1);
                if (target.isEmpty()) {
                    return new Resolved(path, FileKind.UNKNOWN, Optional.empty(), throughLink);
                }
                if (!target.get().isEmpty() && target.get().byteAt(0) == '/') {
                    reached.clear();
                }
                kind = FileKind.DIRECTORY;
                pushReversed(ahead, target.get());
            }
        }
        return new Resolved(join(reached), kind, obstacle, throughLink);
    }

    private static boolean isParent(ByteString name) {
        return name.length() == 2 && name.byteAt(0) == '.' && name.byteAt(1) == '.';
    }

    /** The components of an absolute path in order, without empty ones and ".". */
    public static List<ByteString> components(ByteString path) {
        List<ByteString> names = new ArrayList<>();
        int from = 0;
        while (from < path.length()) {
            int slash = path.indexOf('/', from);
            int to = slash < 0 ? path.length() : slash;
            boolean current = to == from + 1 && path.byteAt(from) == '.';
            if (to > from && !current) {
                names.add(path.substring(from, to));
            }
            from = to + 1;
        }
        return names;
    }

    private static void pushReversed(List<ByteString> ahead, ByteString path) {
        List<ByteString> names = components(path);
        for (int i = names.size() - 1; i >= 0; i--) {
            ahead.add(names.get(i));
        }
    }

    private static ByteString join(List<ByteString> names) {
        if (names.isEmpty()) {
            return ROOT;
        }
        int length = 0;
        for (ByteString name : names) {
            length += 1 + name.length();
        }
        byte[] bytes = new byte[length];
        int at = 0;
        for (ByteString name : names) {
            bytes[at++] = '/';
            byte[] text = name.toBytes();
            System.arraycopy(text, 0, bytes, at, text.length);
            at += text.length;
        }
        return ByteString.of(bytes);
    }
}
