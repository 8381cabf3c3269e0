package io.jrun.judge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * Random stacks of layers, merged by jrun and by the kernel's overlay file system, give the same tree. Layers have few
 * names, so that all kinds of files and whiteouts replace each other; owners, modes, attributes and hard links are random too.
 * The seed is another one each time and named in the message; {@code -Djrun.seed} gives it back. Source: kernel documentation,
 * filesystems/overlayfs.rst; image-spec 1.1, layer.md, "Whiteouts".
 */
@Aside
@NeedsRoot
class OverlayTest {

    private static final int LAYERS = 5;

    /** Top directories, each a random stack of its own: one import judges them all. */
    private static final int STACKS = 150;

    /** The last one is no text; each character here is a byte. */
    private static final String[] NAMES = {"a", "b", "c", "d\u00ff\u00fe"};

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

    /** What a layer has at a path. */
    private enum Kind {
        DIRECTORY,
        FILE,
        OTHER
    }

    private final long seed = Long.getLong("jrun.seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final Path folder = Workbench.newFolder("overlay", Account.ROOT);

    @Test
    void mergedLayersAreWhatTheKernelShowsOfThem() throws IOException {
        List<byte[]> tars = new ArrayList<>();
        List<String> lowerDirectories = new ArrayList<>();
        for (int layer = 0; layer < LAYERS; layer++) {
            Path written = writeLayer(layer);
            Path overlay = folder.resolve("overlay" + layer);
            Command.of("sh", "-c", AS_OVERLAY, "sh", written.toString(), overlay.toString())
                    .with("LC_ALL", "C")
                    .run()
                    .orFail();
            lowerDirectories.add(0, overlay.toString());
            tars.add(Command.of(
                            "tar",
                            "-C",
                            written.toString(),
                            "--sort=name",
                            "--format=pax",
                            "--xattrs",
                            "--xattrs-include=user.*",
                            "-c",
                            ".")
                    .run()
                    .orFail()
                    .output());
        }

        Tree kernels = withVisibleLinks(mounted(String.join(":", lowerDirectories)));
        Tree ours = withVisibleLinks(imported(tars));

        assertTrue(
                kernels.entries().size() > STACKS,
                () -> "only " + kernels.entries().size() + " files survived, seed " + seed);
        assertEquals(List.of(), kernels.differencesTo(ours), () -> "seed " + seed);
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

    /** The kernel counts names of an inode that upper layers hide. */
    private static Tree withVisibleLinks(Tree tree) {
        Map<String, Long> visible = tree.entries().values().stream()
                .collect(Collectors.groupingBy(Tree.Entry::firstLink, Collectors.counting()));
        return tree.map(entry -> {
            if (entry.firstLink().equals("-")) {
                return entry;
            }
            long count = visible.get(entry.firstLink());
            return count > 1 ? entry.withLinks(Long.toString(count), entry.firstLink()) : entry.withLinks("1", "-");
        });
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
        List<String> script = new ArrayList<>(List.of("set -e", "cd '" + layer + "'"));
        for (int stack = 0; stack < STACKS; stack++) {
            Map<String, Kind> made = new LinkedHashMap<>();
            String top = "stack" + stack;
            made.put(top, Kind.DIRECTORY);
            script.add("mkdir " + top);
            int operations = random.nextInt(7);
            for (int i = 0; i < operations; i++) {
                apply(top, made, number, script);
            }
        }
        // Whole seconds, as image files keep them.
        script.add("find . -exec touch -h -d @" + (1_600_000_000L + number) + " {} +");
        Path file = folder.resolve("make" + number);
        Files.write(file, String.join("\n", script).getBytes(StandardCharsets.ISO_8859_1));
        Command.of("sh", file.toString()).run().orFail();
        return layer;
    }

    /** One random change; left out where an earlier one of the layer stands in its way. */
    private void apply(String top, Map<String, Kind> made, int layer, List<String> script) {
        String parent = top;
        int depth = random.nextInt(3);
        for (int i = 0; i < depth; i++) {
            parent = parent + "/" + name();
        }
        if (!makeDirectories(parent, made, script)) {
            return;
        }
        String name = name();
        String path = parent + "/" + name;
        String whiteout = parent + "/.wh." + name;
        int kind = random.nextInt(12);
        if (kind == 0) {
            make(parent + "/.wh..wh..opq", Kind.OTHER, ": >%s", made, script);
        } else if (made.containsKey(path) || made.containsKey(whiteout)) {
            return;
        } else if (kind < 3) {
            make(whiteout, Kind.OTHER, ": >%s", made, script);
        } else if (kind < 4) {
            make(
                    path,
                    Kind.OTHER,
                    "ln -s " + quoted(random.nextBoolean() ? name() : "../" + name()) + " %s",
                    made,
                    script);
        } else if (kind < 5) {
            make(path, Kind.DIRECTORY, "mkdir %s", made, script);
            decorate(path, script);
        } else if (kind < 6) {
            make(path, Kind.OTHER, special(), made, script);
            decorate(path, script);
        } else if (kind < 8) {
            link(path, made, script);
        } else {
            make(path, Kind.FILE, "echo 'layer " + layer + " " + random.nextInt(1000) + "' >%s", made, script);
            decorate(path, script);
            attribute(path, script);
        }
    }

    /** @param command with %s in place of the path */
    private static void make(String path, Kind kind, String command, Map<String, Kind> made, List<String> script) {
        if (made.put(path, kind) == null) {
            script.add(command.replace("%s", quoted(path)));
        }
    }

    /** A device that is none of overlayfs' whiteouts, or a FIFO. */
    private String special() {
        return switch (random.nextInt(3)) {
            case 0 -> "mkfifo %s";
            case 1 -> "mknod %s c 1 " + (3 + random.nextInt(5));
            default -> "mknod %s b 7 " + random.nextInt(300);
        };
    }

    /** A second name of a file of this layer, if there is one. */
    private void link(String path, Map<String, Kind> made, List<String> script) {
        List<String> files = made.entrySet().stream()
                .filter(each -> each.getValue() == Kind.FILE)
                .map(Map.Entry::getKey)
                .toList();
        if (!files.isEmpty()) {
            String target = files.get(random.nextInt(files.size()));
            make(path, Kind.FILE, "ln " + quoted(target) + " %s", made, script);
        }
    }

    private void decorate(String path, List<String> script) {
        if (random.nextBoolean()) {
            script.add("chown " + random.nextInt(3) + ":" + random.nextInt(70_000) + " " + quoted(path));
        }
        if (random.nextBoolean()) {
            String mode = Map.of(0, "711", 1, "1770", 2, "2755", 3, "4500").get(random.nextInt(4));
            script.add("chmod " + mode + " " + quoted(path));
        }
    }

    private void attribute(String path, List<String> script) {
        if (random.nextInt(3) == 0) {
            script.add("setfattr -n user.note" + random.nextInt(2) + " -v 0x00ff0" + random.nextInt(10) + " "
                    + quoted(path));
        }
    }

    private static boolean makeDirectories(String parent, Map<String, Kind> made, List<String> script) {
        int end = parent.indexOf('/');
        while (end >= 0) {
            int next = parent.indexOf('/', end + 1);
            String path = next < 0 ? parent : parent.substring(0, next);
            String whiteout = path.substring(0, end) + "/.wh." + path.substring(end + 1);
            if (made.containsKey(whiteout) || made.getOrDefault(path, Kind.DIRECTORY) != Kind.DIRECTORY) {
                return false;
            }
            make(path, Kind.DIRECTORY, "mkdir %s", made, script);
            end = next;
        }
        return true;
    }

    private static String quoted(String path) {
        return "'" + path + "'";
    }

    private String name() {
        return NAMES[random.nextInt(NAMES.length)];
    }
}
