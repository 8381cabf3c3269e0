package io.jrun.judge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * Random stacks of layers, merged by jrun and by the kernel's overlay file system, give the same tree. Layers have few
 * names, so that files, directories, symbolic links and whiteouts replace each other. Source: kernel documentation,
 * filesystems/overlayfs.rst; image-spec 1.1, layer.md, "Whiteouts".
 */
@Aside
@NeedsRoot
class OverlayTest {

    private static final int LAYERS = 5;

    /** Top directories, each a random stack of its own: one import judges them all. */
    private static final int STACKS = 150;

    private static final String[] NAMES = {"a", "b", "c"};

    /** Turns a layer with whiteouts as files into one as overlayfs wants it, and restores the times of directories. */
    private static final String AS_OVERLAY = """
            set -e
            cp -a "$1" "$2"
            cd "$2"
            find . -name .wh..wh..opq | while read -r f; do
                setfattr -n trusted.overlay.opaque -v y "${f%/*}"; rm "$f"; done
            find . -name '.wh.*' | while read -r f; do
                rm "$f"; mknod "${f%/*}/${f##*/.wh.}" c 0 0; done
            find . -depth -type d -exec touch -r "$1/{}" "{}" \\;
            """;

    private final Random random;
    private final Path folder = Workbench.newFolder("overlay", Account.ROOT);

    OverlayTest() {
        this.random = new Random(20_261_123L);
    }

    @Test
    void mergedLayersAreWhatTheKernelShowsOfThem() throws IOException {
        List<byte[]> tars = new ArrayList<>();
        List<String> lowerDirectories = new ArrayList<>();
        for (int layer = 0; layer < LAYERS; layer++) {
            Path written = writeLayer(layer);
            Path overlay = folder.resolve("overlay" + layer);
            Command.of("sh", "-c", AS_OVERLAY, "sh", written.toString(), overlay.toString())
                    .run()
                    .orFail();
            lowerDirectories.add(0, overlay.toString());
            tars.add(Command.of("tar", "-C", written.toString(), "--sort=name", "--format=pax", "-c", ".")
                    .run()
                    .orFail()
                    .output());
        }

        Tree kernels = mounted(String.join(":", lowerDirectories));
        Tree ours = imported(tars);

        assertTrue(
                kernels.entries().size() > STACKS, "only " + kernels.entries().size() + " files survived");
        assertEquals(List.of(), kernels.differencesTo(ours));
    }

    private Tree mounted(String lowerDirectories) {
        Path mountPoint = Workbench.newFolder("merged", Account.ROOT);
        Command.of("mount", "-t", "overlay", "-o", "ro,lowerdir=" + lowerDirectories, "overlay", mountPoint.toString())
                .run()
                .orFail();
        try {
            return Tree.parse(withoutBareWhiteouts(Tree.list(mountPoint, Account.ROOT)));
        } finally {
            Command.of("umount", mountPoint.toString()).run().orFail();
        }
    }

    /** A whiteout in a directory that only its own layer has stays in the listing, but no call finds a file there. */
    private static byte[] withoutBareWhiteouts(byte[] listing) {
        return new String(listing, StandardCharsets.US_ASCII)
                .lines()
                .filter(line -> !line.startsWith("walk: cannot stat "))
                .map(line -> line + "\n")
                .collect(Collectors.joining())
                .getBytes(StandardCharsets.US_ASCII);
    }

    private static Tree imported(List<byte[]> tars) {
        Jrun jrun = Jrun.as(Account.ROOT);
        try (FakeRegistry registry = FakeRegistry.ofTars(tars)) {
            jrun.run("import", "-q", "-o", "merged.sqsh", registry.reference()).orFail();
        }
        Path copy = jrun.file("merged");
        jrun.run("cp", "merged.sqsh:/", copy.toString()).orFail();
        return Tree.of(copy, Account.ROOT).withoutOwnFolder();
    }

    private Path writeLayer(int number) throws IOException {
        Path layer = Files.createDirectory(folder.resolve("layer" + number));
        for (int stack = 0; stack < STACKS; stack++) {
            Path top = Files.createDirectory(layer.resolve("stack" + stack));
            int operations = random.nextInt(7);
            for (int i = 0; i < operations; i++) {
                apply(top, number);
            }
        }
        // Whole seconds, as image files keep them.
        Command.of("find", layer.toString(), "-exec", "touch", "-h", "-d", "@" + (1_600_000_000L + number), "{}", "+")
                .run()
                .orFail();
        return layer;
    }

    /** One random change; left out where an earlier one of the layer stands in its way. */
    private void apply(Path top, int layer) throws IOException {
        Path parent = top;
        int depth = random.nextInt(3);
        for (int i = 0; i < depth; i++) {
            parent = parent.resolve(name());
        }
        if (!makeDirectories(top, parent)) {
            return;
        }
        String name = name();
        Path path = parent.resolve(name);
        boolean taken = names(parent).contains(name) || names(parent).contains(".wh." + name);
        int kind = random.nextInt(8);
        if (kind == 0) {
            Files.write(parent.resolve(".wh..wh..opq"), new byte[0]);
        } else if (taken) {
            return;
        } else if (kind < 3) {
            Files.write(parent.resolve(".wh." + name), new byte[0]);
        } else if (kind < 4) {
            Files.createSymbolicLink(path, Path.of(random.nextBoolean() ? name() : "../" + name()));
        } else if (kind < 5) {
            Files.createDirectory(path);
            Command.of("chmod", random.nextBoolean() ? "711" : "1770", path.toString())
                    .run()
                    .orFail();
        } else {
            Files.writeString(path, "layer " + layer + " " + random.nextInt(1000));
        }
    }

    private boolean makeDirectories(Path top, Path parent) throws IOException {
        Path made = top;
        for (Path step : top.relativize(parent)) {
            if (step.toString().isEmpty()) {
                continue;
            }
            if (names(made).contains(".wh." + step)) {
                return false;
            }
            made = made.resolve(step);
            if (!Files.exists(made, LinkOption.NOFOLLOW_LINKS)) {
                Files.createDirectory(made);
            } else if (!Files.isDirectory(made, LinkOption.NOFOLLOW_LINKS)) {
                return false;
            }
        }
        return true;
    }

    private static Set<String> names(Path directory) throws IOException {
        Set<String> names = new HashSet<>();
        try (java.nio.file.DirectoryStream<Path> listing = Files.newDirectoryStream(directory)) {
            listing.forEach(each -> names.add(directory.relativize(each).toString()));
        }
        return names;
    }

    private String name() {
        return NAMES[random.nextInt(NAMES.length)];
    }
}
