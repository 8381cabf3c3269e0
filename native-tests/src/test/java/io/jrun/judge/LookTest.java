package io.jrun.judge;

import static io.jrun.judge.Failures.assertFailed;
import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.CorruptDataException;
import io.jrun.json.Json;
import io.jrun.json.JsonValue;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Looking into image files without mounting them, by a user without rights; unsquashfs, du and diff say the same. */
@Aside
@NeedsSquashfsTools
class LookTest {

    private static final Jrun JRUN = Jrun.as(Account.USER);
    private static final Path FOLDER = Workbench.newFolder("look", Account.USER);
    private static final Path ONE = FOLDER.resolve("one.sqsh");
    private static final Path OTHER = FOLDER.resolve("other.sqsh");
    private static final Path BOX = JRUN.file("box.sqsh");
    private static final FakeRegistry REGISTRY =
            FakeRegistry.of(TestImages.busybox(), new LayerTar().file("srv/greeting", "hello again\n"));

    /** Two trees with one of everything; what differs between them is in the second half. */
    private static final String TREES = """
            set -e
            mkdir -p a/usr/bin a/etc a/data a/gone/below
            seq 1 30000 > a/data/numbers
            head -c 300000 /dev/urandom > a/data/random
            ln a/data/numbers a/data/linked
            truncate -s 5000000 a/data/holes
            cp a/data/random a/data/copy
            ln -s usr/bin a/bin
            ln -s ../../../../etc/hosts a/usr/bin/up
            ln -s loop a/loop
            printf 'host\\n' > a/etc/hosts
            chmod 4755 a/etc/hosts
            mkfifo a/pipe
            for i in $(seq 1 700); do echo $i > a/usr/bin/tool$i; done
            touch "a/$(printf 'line\\nfeed')" "a/$(printf 'red\\033[31m')" "a/$(printf '\\377')"
            cp -a a b
            rm -r b/gone
            mkdir b/new
            echo x > b/new/x
            printf 'hosT\\n' > b/etc/hosts
            chmod 4755 b/etc/hosts
            echo longer >> b/usr/bin/tool7
            chmod 600 b/usr/bin/tool8
            ln -sfn usr/sbin b/bin
            rm b/pipe
            echo now-a-file > b/pipe
            """;

    @BeforeAll
    static void make() {
        Command.of("sh", "-c", TREES).in(FOLDER).as(Account.USER).run().orFail();
        squash("a", ONE, "zstd", "-b", "16384");
        squash("b", OTHER, "gzip", "-no-fragments");
        JRUN.run("import", "-q", "-o", BOX.toString(), REGISTRY.reference()).orFail();
    }

    private static void squash(String tree, Path image, String compression, String... options) {
        List<String> words = new java.util.ArrayList<>(List.of("mksquashfs", tree, image.toString(), "-comp"));
        words.addAll(List.of(compression, "-noappend", "-quiet", "-no-progress"));
        words.addAll(List.of(options));
        Command.of(words).in(FOLDER).as(Account.USER).run().orFail();
    }

    @AfterAll
    static void stop() {
        REGISTRY.close();
    }

    /** Mode, owner, size but of directories, minute, path and target, in one spelling. */
    private static Set<String> lines(Command.Result listing) {
        Pattern line = Pattern.compile("([-dlbcps][-rwxsStT]{9}) (\\S+) +(\\S+) (\\S+ \\S+) (?s:(.*))");
        return new String(listing.output(), StandardCharsets.ISO_8859_1)
                .replace("line\nfeed", "line-feed")
                .lines()
                .map(line::matcher)
                .filter(java.util.regex.Matcher::matches)
                .map(found -> found.group(1) + " " + found.group(2) + " "
                        + ("-f".indexOf(found.group(1).charAt(0)) >= 0 ? found.group(3) : "") + " " + found.group(4)
                        + " " + (found.group(5).isEmpty() ? "/" : found.group(5)))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void longListingIsThatOfUnsquashfs() {
        for (Path image : List.of(ONE, OTHER, BOX)) {
            Command.Result theirs = Command.of("unsquashfs", "-lln", "-UTC", "-d", "", image.toString())
                    .run()
                    .orFail();
            Command.Result ours = JRUN.run("ls", "-l", "-R", image.toString()).orFail();

            assertEquals(lines(theirs), lines(ours), image.toString());
            assertTrue(lines(ours).size() > 20, "the listings were misread");
        }
    }

    @Test
    void contentIsThatOfUnsquashfs() {
        for (String path : List.of("/data/numbers", "/data/random", "/data/holes", "/etc/hosts")) {
            // Through a pipe: into a file it seeks over holes, which one that is appended to does not keep.
            byte[] theirs = Command.of("unsquashfs", "-cat", ONE.toString(), path)
                    .behind("sh", "-c", "\"$@\" | cat", "sh")
                    .run()
                    .orFail()
                    .output();

            assertArrayEquals(
                    theirs, JRUN.run("cat", ONE.toString(), path).orFail().output(), path);
        }
        assertEquals(
                "7\n8",
                JRUN.run("cat", ONE.toString(), "bin/tool7", "/usr/bin/tool8")
                        .orFail()
                        .text());
    }

    @Test
    void copyOfADirectoryIsTheTreeThatUnsquashfsExtracts() {
        Path theirs = FOLDER.resolve("theirs");
        Path ours = FOLDER.resolve("ours");
        Command.of("unsquashfs", "-q", "-n", "-d", theirs.toString(), ONE.toString())
                .as(Account.USER)
                .run()
                .orFail();
        JRUN.run("cp", ONE + ":/", ours.toString()).orFail();

        List<String> differences = Tree.of(theirs, Account.ROOT)
                .map(Tree.Entry::withModeForItsNewOwner)
                .differencesTo(Tree.of(ours, Account.ROOT));

        assertEquals(List.of(), differences);
    }

    @Test
    void copiesGoIntoDirectoriesOrGetANameAndReplaceOnlyFiles() throws java.io.IOException {
        Path into = Workbench.newFolder("into", Account.USER);

        JRUN.run("cp", ONE + ":/etc", into.toString()).orFail();
        JRUN.run("cp", ONE + ":/etc/hosts", into.resolve("name").toString()).orFail();
        JRUN.run("cp", ONE + ":/usr/bin/tool7", into.resolve("name").toString()).orFail();
        JRUN.run("cp", ONE + ":/bin", into.toString()).orFail();
        Command.Result again = JRUN.run("cp", ONE + ":/etc", into.toString());
        Command.Result nowhere = JRUN.run("cp", ONE + ":/etc", into + "/no/such");

        assertAll(
                () -> assertEquals("host\n", Files.readString(into.resolve("etc/hosts"))),
                () -> assertEquals("7\n", Files.readString(into.resolve("name"))),
                () -> assertEquals(Path.of("usr/bin"), Files.readSymbolicLink(into.resolve("bin"))),
                () -> assertFailed(8, again, "EEXIST"),
                () -> assertFailed(3, nowhere, "mkdir -p"),
                () -> assertEquals(Set.of("etc", "name", "bin"), names(into)));
    }

    @Test
    void copyToStandardOutputIsATarThatGnuTarExtracts() {
        Path theirs = FOLDER.resolve("untarred-theirs");
        Path ours = Workbench.newFolder("untarred", Account.USER);
        Command.of("unsquashfs", "-q", "-n", "-d", theirs.toString(), ONE.toString())
                .run()
                .orFail();
        String[] behind = {"sh", "-c", "\"$@\" | tar --xattrs --numeric-owner -xpf - -C " + ours, "sh"};
        JRUN.command("cp", ONE + ":/", "-").behind(behind).run().orFail();
        Command.Result one = JRUN.command("cp", ONE + ":/etc/hosts", "-")
                .behind("sh", "-c", "\"$@\" | tar -tv --full-time", "sh")
                .run()
                .orFail();
        Command.Result directory = JRUN.command("cp", ONE + ":/usr/bin", "-")
                .behind("sh", "-c", "\"$@\" | tar -t", "sh")
                .run()
                .orFail();

        assertAll(
                () -> assertEquals(
                        List.of(),
                        Tree.of(theirs, Account.ROOT)
                                .map(Tree.Entry::withModeForItsNewOwner)
                                .differencesTo(Tree.of(ours, Account.ROOT).map(Tree.Entry::withModeForItsNewOwner))),
                () -> assertTrue(
                        one.text().startsWith("-rwsr-xr-x ") && one.text().endsWith(" hosts"), one::toString),
                () -> assertTrue(
                        directory.text().lines().allMatch(line -> line.startsWith("bin/")), directory::toString),
                () -> assertEquals(702, directory.text().lines().count()));
    }

    private static Set<String> names(Path folder) throws java.io.IOException {
        try (java.util.stream.Stream<Path> listing = Files.list(folder)) {
            return listing.map(each -> folder.relativize(each).toString()).collect(Collectors.toSet());
        }
    }

    @Test
    void differencesAreThoseOfDiffOnTheTrees() {
        Command.Result ours = JRUN.run("diff", ONE.toString(), OTHER.toString());
        Command.Result theirs = Command.of("diff", "-rq", "--no-dereference", "a", "b")
                .in(FOLDER)
                .run();

        assertAll(
                () -> assertEquals(1, ours.status(), ours::toString),
                () -> assertEquals(1, theirs.status(), theirs::toString),
                () -> assertEquals("""
                        changed  /bin  target
                        changed  /etc/hosts  content
                        removed  /gone
                        added    /new
                        changed  /pipe  type fifo -> file
                        changed  /usr/bin/tool7  size 2 -> 9, content
                        changed  /usr/bin/tool8  mode 0644 -> 0600""", ours.text()),
                // diff compares no modes.
                () -> assertEquals(6, theirs.text().lines().count(), theirs::toString));
    }

    @Test
    void sameTreeInAnotherFormDoesNotDiffer() {
        Path again = FOLDER.resolve("again.sqsh");
        squash("a", again, "lz4", "-b", "65536");

        Command.Result images = JRUN.run("diff", ONE.toString(), again.toString());
        Command.Result tree =
                JRUN.run("diff", ONE.toString(), FOLDER.resolve("a").toString());

        assertEquals(List.of(0, 0), List.of(images.status(), tree.status()), images.text() + tree.text());
    }

    @Test
    void usageIsThatOfDu() throws CorruptDataException {
        JsonValue ours = Json.parse(
                JRUN.run("du", "--format", "json", "-d", "0", ONE + ":/data")
                        .orFail()
                        .output(),
                "du");
        String theirs = Command.of(
                        "sh", "-c", "find a/data -type f -print0 | du -cb --apparent-size --files0-from=- | tail -1")
                .in(FOLDER)
                .run()
                .orFail()
                .text();

        JsonValue total = ((JsonValue.JsonArray) ours).items().get(0);
        assertAll(
                () -> assertEquals(
                        theirs.substring(0, theirs.indexOf(9)),
                        Long.toString(total.integer("plainBytes").orElseThrow())),
                () -> assertTrue(total.integer("storedBytes").orElseThrow() > 300_000, total::toString),
                // The random bytes once, and not the holes.
                () -> assertTrue(total.integer("storedBytes").orElseThrow() < 500_000, total::toString));
    }

    @Test
    void namesAreRawBytesForProgramsAndHarmlessOnATerminal() {
        String raw = new String(JRUN.run("ls", ONE.toString()).orFail().output(), StandardCharsets.ISO_8859_1);
        String line = Workbench.launcher() + " ls " + ONE;
        String shown = Command.of("script", "-qec", line, "/dev/null")
                .as(Account.USER)
                .with("HOME", JRUN.home().toString())
                .run()
                .orFail()
                .text();

        assertAll(
                () -> assertTrue(raw.contains("line\nfeed\n") && raw.contains("red\033[31m\n"), raw),
                () -> assertTrue(raw.contains("\377\n"), raw),
                () -> assertTrue(shown.contains("line\\x0afeed") && shown.contains("red\\x1b[31m"), shown),
                () -> assertTrue(shown.contains("\\xff"), shown),
                () -> assertFalse(shown.contains("\033"), shown));
    }

    @Test
    void whatIsNotThereIsToldInOneWay() {
        assertAll(
                () -> assertFailed(3, JRUN.run("ls", "none.sqsh"), "none.sqsh"),
                () -> assertFailed(3, JRUN.run("ls", ONE + ":/none"), "/none"),
                () -> assertFailed(3, JRUN.run("cat", ONE.toString(), "/none")),
                () -> assertFailed(2, JRUN.run("cat", ONE.toString(), "/loop"), "ELOOP"),
                () -> assertFailed(2, JRUN.run("cat", ONE.toString(), "/etc"), "directory"),
                () -> assertFailed(3, JRUN.run("diff", ONE.toString(), "none"), "none"));
    }

    @Test
    void containersAreLookedAtByTheirNames() {
        JRUN.run("create", "-f", "-n", "box", BOX.toString()).orFail();
        Path outside = JRUN.rootfs("box").resolve("tmp/way-out");
        Command.of("ln", "-sf", "/etc/shadow", outside.toString())
                .as(Account.USER)
                .run()
                .orFail();

        assertAll(
                () -> assertEquals(
                        "hello again",
                        JRUN.run("cat", "box:/srv/greeting").orFail().text()),
                () -> assertTrue(JRUN.run("ls", "box:/bin").orFail().text().contains("busybox")),
                () -> assertFailed(3, JRUN.run("cat", "box:/tmp/way-out")),
                () -> assertFailed(3, JRUN.run("cat", "box:/../../../../../../../../../etc/hostname/x")),
                () -> assertTrue(
                        JRUN.run("diff", BOX.toString(), "box")
                                .text()
                                .lines()
                                .allMatch(line -> line.startsWith("added")),
                        "only mount points were added"));
    }

    @Test
    void copyOutOfAContainerIsTheFile() throws java.io.IOException {
        JRUN.run("create", "-f", "-n", "source", BOX.toString()).orFail();
        Path into = Workbench.newFolder("out", Account.USER);

        JRUN.run("cp", "source:/srv", into.toString()).orFail();

        assertEquals("hello again\n", Files.readString(into.resolve("srv/greeting")));
    }

    @Test
    void inspectTellsWhereTheImageCameFromAndWhatItRuns() throws CorruptDataException {
        JsonValue file = Json.parse(
                JRUN.run("inspect", "--format", "json", BOX.toString()).orFail().output(), "inspection");
        String text = JRUN.run("inspect", BOX.toString()).orFail().text();

        assertAll(
                () -> assertEquals("image", file.string("kind").orElseThrow()),
                () -> assertEquals(1, file.integer("schemaVersion").orElseThrow()),
                () -> assertEquals(
                        file.member("manifest").orElseThrow().array("layers").stream()
                                .map(layer -> layer.string("digest").orElseThrow())
                                .toList(),
                        file.array("layers").stream()
                                .map(layer -> layer.string("digest").orElseThrow())
                                .toList()),
                () -> assertTrue(
                        file.array("layers").get(0).integer("sizeInBytes").orElseThrow() > 0),
                () -> assertTrue(file.member("process").isPresent()
                        && file.member("config").isPresent()),
                () -> assertTrue(text.contains("manifestDigest: sha256:") && text.contains("losses: "), text));
    }
}
