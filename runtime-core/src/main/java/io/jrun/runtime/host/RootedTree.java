package io.jrun.runtime.host;

import io.jrun.error.JrunException;
import io.jrun.error.UsageException;
import io.jrun.posix.ByteString;
import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/**
 * A tree below one host directory, seen from inside: symbolic links never lead out of it. The root of a driver, or of an
 * image. Paths are absolute.
 */
public final class RootedTree {

    private final HostTree tree;
    private final ByteString root;
    private final Observations observations;

    /** @param root "/" or empty for the host itself */
    public RootedTree(HostTree tree, String root) {
        this(tree, root, new Observations());
    }

    /** @param observations takes what is asked and answered */
    public RootedTree(HostTree tree, String root, Observations observations) {
        this.observations = observations;
        String plain = root;
        while (plain.endsWith("/")) {
            plain = plain.substring(0, plain.length() - 1);
        }
        this.tree = tree;
        this.root = ByteString.of(plain);
    }

    /** As the host names it, links unresolved. */
    public String onHost(String path) {
        return root + path;
    }

    /** Where a path leads within the tree; empty when nothing is there. */
    public Optional<String> resolve(String path) {
        try {
            RootfsResolver.Resolved found = RootfsResolver.resolve(PathView.of(root, tree), ByteString.of(path));
            if (found.kind() == FileKind.MISSING) {
                observations.absent(root.plus(firstMissing(found.path())));
            }
            return found.kind().isPresent() && found.obstacle().isEmpty()
                    ? Optional.of(found.path().toString())
                    : Optional.empty();
        } catch (UsageException linksWithoutEnd) {
            return Optional.empty();
        }
    }

    /** Of a path free of links, behind which nothing can be. */
    private ByteString firstMissing(ByteString path) {
        String text = path.toString();
        int slash = text.lastIndexOf('/');
        while (slash > 0 && tree.lstat(host(text.substring(0, slash))).kind() == FileKind.MISSING) {
            text = text.substring(0, slash);
            slash = text.lastIndexOf('/');
        }
        return ByteString.of(text);
    }

    /** Of what a path leads to; {@link FileKind#MISSING} when nothing is there. */
    public FileKind kind(String path) {
        return resolve(path).map(place -> tree.lstat(host(place)).kind()).orElse(FileKind.MISSING);
    }

    public boolean exists(String path) {
        return resolve(path).isPresent();
    }

    public boolean isDirectory(String path) {
        return kind(path) == FileKind.DIRECTORY;
    }

    /** Names in order; empty where there is no such directory or it may not be read. Names that are no UTF-8 are left out. */
    public List<String> list(String directory) {
        Optional<String> place = resolve(directory);
        if (place.isEmpty() || tree.lstat(host(place.get())).kind() != FileKind.DIRECTORY) {
            return List.of();
        }
        ByteString found = host(place.get());
        try {
            List<ByteString> names = tree.list(found);
            observations.listed(found, tree.stat(found), names);
            return names.stream()
                    .map(ByteString::toString)
                    .filter(name -> name.indexOf('\ufffd') < 0)
                    .toList();
        } catch (JrunException unreadable) {
            return List.of();
        }
    }

    public Optional<byte[]> read(String path, int maxBytes) throws JrunException {
        Optional<String> place = resolve(path);
        if (place.isEmpty()) {
            return Optional.empty();
        }
        ByteString found = host(place.get());
        Optional<byte[]> content = tree.read(found, maxBytes);
        observations.read(found, tree.stat(found), content);
        return content;
    }

    /** The content, or empty where nothing is there or it may not be read. */
    public Optional<byte[]> readIfAllowed(String path, int maxBytes) {
        try {
            return read(path, maxBytes);
        } catch (JrunException unreadable) {
            return Optional.empty();
        }
    }

    /** The text of a small file of the kernel's, stripped; empty where it is not there or may not be read. */
    public Optional<String> text(String path) {
        return readIfAllowed(path, 1 << 20).map(bytes -> new String(bytes, StandardCharsets.UTF_8).strip());
    }

    /** The text of a symbolic link, whose parent may lie behind links. */
    public Optional<String> readLink(String path) {
        int slash = path.lastIndexOf('/');
        return resolve(path.substring(0, Math.max(1, slash)))
                .flatMap(parent -> tree.readLink(HostPaths.join(host(parent), path.substring(slash + 1))))
                .map(ByteString::toString);
    }

    /** Size and times of what a path leads to. */
    public Optional<FileStatus> status(String path) {
        return resolve(path).map(place -> tree.lstat(host(place)));
    }

    public Optional<HostTree.DeviceNumber> deviceNumber(String path) {
        return resolve(path).flatMap(place -> tree.deviceNumber(host(place)));
    }

    /** For reading and writing. */
    public HostTree.Opening tryOpen(String path) {
        return tryOpen(path, HostTree.Use.READING_AND_WRITING);
    }

    public HostTree.Opening tryOpen(String path, HostTree.Use use) {
        return resolve(path)
                .map(place -> {
                    HostTree.Opening opening = tree.tryOpen(host(place), use);
                    observations.opened(host(place), use, opening.isGranted());
                    return opening;
                })
                .orElse(new HostTree.Opening(Optional.of("no such file or directory (ENOENT)")));
    }

    /** The caller closes. */
    public SeekableByteChannel open(String path) throws IOException {
        return tree.open(host(resolve(path).orElse(path)));
    }

    private ByteString host(String place) {
        return root.plus(ByteString.of(place));
    }
}
