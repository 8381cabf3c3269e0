package io.jrun.judge;

import static io.jrun.judge.Failures.assertFailed;
import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** Images that are programs, run by a user who has neither jrun nor Java. */
@NeedsUserns
@NeedsSquashfsTools
class BundleTest {

    private static final Jrun JRUN = Jrun.as(Account.USER);
    private static final int TRAILER = 104;
    private static final int LARGE = 24 << 20;
    private static final FakeRegistry REGISTRY = FakeRegistry.of(
            TestImages.busybox(),
            new LayerTar()
                    .directory("odd/", 0755)
                    .directory("odd/closed/", 0000)
                    .file("odd/empty", "")
                    .file("odd/large", noise(LARGE), 0640)
                    .file("odd/sparse", new byte[1 << 20], 0644)
                    .file("odd/set-user-id", "s".getBytes(java.nio.charset.StandardCharsets.US_ASCII), 04755)
                    .file("odd/" + "n".repeat(90), "long name\n")
                    .symlink("odd/dangling", "/nowhere")
                    .link("odd/second-name", "odd/large"));
    private static final FakeRegistry SMALL = FakeRegistry.of(TestImages.busybox());
    private static Path bundle;
    private static Path small;

    @BeforeAll
    static void make() {
        bundle = JRUN.file("app.run");
        JRUN.run("bundle", "-q", "-o", bundle.toString(), REGISTRY.reference()).orFail();
        small = JRUN.file("small.run");
        JRUN.run("bundle", "-q", "-o", small.toString(), SMALL.reference()).orFail();
    }

    @AfterAll
    static void stop() {
        REGISTRY.close();
        SMALL.close();
    }

    private static byte[] noise(int size) {
        byte[] bytes = new byte[size];
        new Random(4).nextBytes(bytes);
        return bytes;
    }

    /** A user with nothing but a home. */
    private static Command app(Path home, String... arguments) {
        return app(small, home, arguments);
    }

    private static Command app(Path program, Path home, String... arguments) {
        List<String> words = new ArrayList<>(List.of(program.toString()));
        words.addAll(List.of(arguments));
        return Command.of(words)
                .as(Account.USER)
                .in(home)
                .with("HOME", home.toString())
                .with("PATH", "/nonexistent");
    }

    private static Path home() {
        return Workbench.newFolder("home", Account.USER);
    }

    /** Where the image was extracted to. */
    private static Path extracted(Path base) throws IOException {
        try (Stream<Path> files = Files.list(base)) {
            List<Path> found = files.map(each -> each.resolve("rootfs"))
                    .filter(Files::isDirectory)
                    .toList();
            assertEquals(1, found.size(), found::toString);
            return found.get(0);
        }
    }

    @Nested
    class Runs {

        @Test
        @NeedsFuse
        void bundleIsAnImageFileForJrunToo() {
            String[] words = {"start", "--overlay", small.toString(), "sh", "-c", "echo x >/srv/x; cat /srv/greeting"};

            assertEquals("hello", JRUN.run(words).orFail().text());
            assertEquals("hello", JRUN.run(words).orFail().text());
        }

        @Test
        void homeIsTheCallersWhereTheImageHasIt() {
            String[] words = {"sh", "-c", "echo $HOME"};

            assertEquals(
                    "/srv",
                    app(home(), words).with("HOME", "/srv").run().orFail().text());
            assertEquals(
                    "/",
                    app(home(), words).with("HOME", "/no/such").run().orFail().text());
            assertEquals("/", app(home(), words).without("HOME").run().orFail().text());
            assertEquals(
                    "/x",
                    app(home(), "-e", "HOME=/x", "sh", "-c", "echo $HOME")
                            .with("HOME", "/srv")
                            .run()
                            .orFail()
                            .text());
        }

        @Test
        @NeedsFuse
        void mountedWithoutAnExtraction() throws IOException {
            Path home = home();

            assertEquals(
                    "hello", app(home, "cat", "/srv/greeting").run().orFail().text());
            assertTrue(app(home, "grep", " / ", "/proc/self/mountinfo")
                    .run()
                    .orFail()
                    .text()
                    .contains("fuse.squashfuse"));
            assertEquals(
                    "",
                    Command.of("find", home.toString(), "-name", "greeting")
                            .run()
                            .orFail()
                            .text());
        }

        @Test
        void extractedOnce() throws IOException {
            Path home = home();
            Path base = home.resolve("place");
            String[] words = {"--extract", base.toString(), "stat", "-c", "%i", "/srv/greeting"};

            String first = app(home, words).run().orFail().text();

            assertEquals(first, app(home, words).run().orFail().text());
        }

        @Test
        @NeedsRoot
        void extractedBelowTheCacheWhereThereIsNoSquashfuse() throws IOException {
            Path home = home();
            String hide = "for i in $(ls /usr/bin/squashfuse* /usr/local/bin/squashfuse* 2>/dev/null); do"
                    + " mount --bind /dev/null $i; done; exec \"$@\"";
            Command plain = app(home, "cat", "/srv/greeting");
            List<String> words = new ArrayList<>(List.of("unshare", "-m", "sh", "-c", hide, "sh"));
            words.addAll(Account.USER.prefix());
            words.addAll(plain.words());

            Command.Result result = Command.of(words)
                    .with("HOME", home.toString())
                    .with("PATH", "/usr/bin:/bin:/usr/sbin:/sbin")
                    .run()
                    .orFail();

            assertEquals("hello", result.text());
            assertEquals(
                    "hello\n",
                    Files.readString(
                            extracted(home.resolve(".cache/jrun/bundles")).resolve("srv/greeting")));
        }

        @Test
        void argumentsVariablesAndMounts() throws IOException {
            Path home = home();
            Files.writeString(home.resolve("input"), "of the host\n");

            Command.Result result = app(
                            home,
                            "-e",
                            "A=a b",
                            "--env=COPIED",
                            "-v",
                            ".:/mnt:ro",
                            "--",
                            "sh",
                            "-c",
                            "cat /mnt/input; echo \"$A\" $COPIED $HIDDEN \"$@\"; touch /mnt/x 2>/dev/null || echo kept",
                            "sh",
                            "-e",
                            "last")
                    .with("COPIED", "yes")
                    .with("HIDDEN", "no")
                    .run()
                    .orFail();

            assertEquals("of the host\na b yes -e last\nkept", result.text());
        }

        @Test
        void theCallerIsHimself() throws IOException {
            Command.Result result = app(home(), "sh", "-c", "id -u; id -un; echo $USER; ls /etc/passwd; pwd")
                    .with("USER", "ann")
                    .run()
                    .orFail();

            assertEquals(Account.numberOfUser() + "\nann\nann\n/etc/passwd\n/", result.text());
        }

        /** What is no name must not become a line of the accounts. */
        @Test
        void aUserNameWithAColonIsNotTaken() {
            Command.Result result =
                    app(home(), "id", "-un").with("USER", "a:x:0:0").run().orFail();

            assertEquals("user", result.text());
        }

        @Test
        void theImageIsReadOnlyAndTheProgramWithoutRights() {
            Command.Result result = app(
                            home(),
                            "sh",
                            "-c",
                            "touch /srv/x 2>/dev/null || echo kept; grep -E 'CapEff|NoNewPrivs' /proc/self/status")
                    .run()
                    .orFail();

            assertTrue(result.text().startsWith("kept\n"), result.toString());
            assertTrue(result.text().contains("CapEff:\t0000000000000000"), result.toString());
            assertTrue(result.text().contains("NoNewPrivs:\t1"), result.toString());
        }

        @Test
        void whatItWasMadeWithHolds() throws IOException {
            Path home = home();
            Path data = Workbench.newFolder("data", Account.USER);
            Files.writeString(data.resolve("file"), "mounted\n");
            Path program = JRUN.file("made.run");
            JRUN.run(
                            "bundle",
                            "-q",
                            "-f",
                            "-o",
                            program.toString(),
                            "--root",
                            "--overlay",
                            "-e",
                            "MADE=1",
                            "-m",
                            data + ":/data",
                            "--mount-point",
                            "/given",
                            "-w",
                            "/data",
                            SMALL.reference(),
                            "--",
                            "sh",
                            "-c",
                            "id -u; cat file; touch /srv/x && chown 5:5 /srv/x && echo $MADE; ls /given; echo \"$@\"",
                            "sh")
                    .orFail();

            String found = app(program, home, "-v", data + ":/given", "more")
                    .run()
                    .orFail()
                    .text();

            assertEquals("0\nmounted\n1\nfile\nmore", found);
        }

        @Test
        void endsAsItsProgramDoes() throws IOException {
            Path home = home();

            assertEquals(7, app(home, "sh", "-c", "exit 7").run().status());
            assertFailed(127, app(home, "nothing-of-that-name").run(), "nothing-of-that-name", "ENOENT");
            assertFailed(126, app(home, "/etc/not-executable").run(), "EACCES");
        }

        @Test
        void aMovedFileRunsFromItsNewPlace() throws IOException {
            Path home = home();
            Path first = Files.copy(small, home.resolve("first.run"));
            Files.setPosixFilePermissions(first, PosixFilePermissions.fromString("r-xr-xr-x"));
            app(first, home, "true").run().orFail();
            Path second = Files.move(first, home.resolve("second.run"));

            assertEquals(
                    "hello",
                    app(second, home, "cat", "/srv/greeting").run().orFail().text());
        }

        @Test
        void aHomeThatCannotBeWrittenIsNoHindrance() {
            Command.Result result = app(home(), "cat", "/srv/greeting")
                    .with("HOME", "/proc")
                    .run()
                    .orFail();

            assertEquals("hello", result.text());
            Command.of("rm", "-rf", "/tmp/jrun-" + Account.numberOfUser() + "/bundles")
                    .run();
        }

        @Test
        void mistakesAreNamed() {
            Path home = home();

            assertFailed(125, app(home, "--nonsense").run(), "EINVAL", "--help");
            assertFailed(125, app(home, "-v").run(), "-v", "value");
            assertFailed(125, app(home, "-v", "/tmp:relative", "true").run(), "-v");
            assertFailed(125, app(home, "-v", "/nonexistent:/mnt", "true").run(), "number 1", "ENOENT");
            assertFailed(125, app(home, "-v", "/tmp:/nonexistent", "true").run(), "mount point", "ENOENT");
            assertFailed(125, app(home, "-e", "=x", "true").run(), "-e");
            assertFailed(125, app(home, "--extract", "/proc/none", "true").run(), "--extract");
        }
    }

    @Nested
    class Extraction {

        /** unsquashfs(1) is the judge; names, contents, modes and times are compared. */
        @Test
        void givesWhatUnsquashfsGives() throws IOException {
            Path home = home();
            app(bundle, home, "--extract", home.toString(), "true").run().orFail();

            assertEquals(reference(home), described(extracted(home)));
        }

        private String reference(Path home) throws IOException {
            Path tree = home.resolve("reference");
            byte[] file = Files.readAllBytes(bundle);
            int offset = 0;
            while (!(file[offset] == 'h'
                    && file[offset + 1] == 's'
                    && file[offset + 2] == 'q'
                    && file[offset + 3] == 's')) {
                offset += 4096;
            }
            Command.of(
                            "unsquashfs",
                            "-n",
                            "-q",
                            "-o",
                            Integer.toString(offset),
                            "-d",
                            tree.toString(),
                            bundle.toString())
                    .as(Account.USER)
                    .run();
            return described(tree);
        }

        /** Set-user-ID bits are left out by design, and directories that are closed to their owner hide nothing here. */
        private String described(Path tree) throws IOException {
            String script = "cd " + tree
                    + " && chmod 700 odd/closed && find . ! -path ./odd/closed -printf '%P %y %m %s %l %T@\\n"
                    + "' | sed -E 's/( f )4([0-7]{3} )/\\1\\2/' | sort; find . -type f -size -3000000c | sort | xargs"
                    + " sha256sum";
            return Command.of("sh", "-c", script)
                    .as(Account.USER)
                    .run()
                    .orFail()
                    .text();
        }

        @Test
        void namesOfOneFileStayNamesOfOneFile() throws IOException {
            Path home = home();
            app(bundle, home, "--extract", home.toString(), "true").run().orFail();
            Path odd = extracted(home).resolve("odd");

            assertEquals(
                    Files.getAttribute(odd.resolve("large"), "unix:ino"),
                    Files.getAttribute(odd.resolve("second-name"), "unix:ino"));
        }

        @Test
        void manyAtOnceExtractOnce() throws IOException {
            Path home = home();
            List<Command.Running> all = new ArrayList<>();
            for (int i = 0; i < 12; i++) {
                all.add(app(bundle, home, "--extract", home.toString(), "stat", "-c", "%i", "/odd/large")
                        .start());
            }
            List<String> inodes = all.stream()
                    .map(each -> each.await(Duration.ofMinutes(5)).orFail().text())
                    .distinct()
                    .toList();

            assertEquals(1, inodes.size(), inodes::toString);
            extracted(home);
        }

        @Test
        void whatAKilledOneLeftIsCompleted() throws IOException, InterruptedException {
            for (int round = 0; round < 5; round++) {
                Path home = home();
                Command.Running running =
                        app(bundle, home, "--extract", home.toString(), "true").start();
                Thread.sleep(15L * (round + 1)); // a different place in each round; none is wrong
                running.signal("KILL");
                running.await(Duration.ofMinutes(1));

                assertEquals(
                        Integer.toString(LARGE),
                        app(bundle, home, "--extract", home.toString(), "stat", "-c", "%s", "/odd/large")
                                .run()
                                .orFail()
                                .text());
                extracted(home);
            }
        }

        @Test
        @NeedsRoot
        void aNoexecPlaceIsRefused() throws IOException {
            Path place = Workbench.newFolder("noexec", Account.USER);
            Command.of("mount", "-t", "tmpfs", "-o", "noexec,mode=700,uid=" + Account.ID, "none", place.toString())
                    .run()
                    .orFail();
            try {
                assertFailed(
                        125,
                        app(bundle, home(), "--extract", place.toString(), "true")
                                .run(),
                        "noexec",
                        "--extract");
            } finally {
                Command.of("umount", place.toString()).run().orFail();
            }
        }
    }

    @Nested
    class Damage {

        private int run(byte[] content, Path home, String... arguments) throws IOException {
            Path file = home.resolve("damaged.run");
            Files.deleteIfExists(file);
            Files.write(file, content);
            Command.of("chmod", "755", file.toString()).run().orFail();
            Command.Result result = app(file, home, arguments).run();
            if (result.status() != 0) {
                assertFailed(125, result, "damaged");
            }
            return result.status();
        }

        @Test
        void aWholeFileIsRight() throws IOException {
            assertEquals(0, app(home(), "--verify").run().orFail().status());
        }

        @Test
        void eachCutIsNoticed() throws IOException {
            byte[] whole = Files.readAllBytes(small);
            Path home = home();
            List<Integer> sizes = new ArrayList<>();
            for (int i = 1; i <= TRAILER + 8; i++) {
                sizes.add(whole.length - i);
            }
            for (int i = 1; i < 40; i++) {
                sizes.add((int) (whole.length * (i / 40.0)));
            }
            for (int size : sizes) {
                // A start, because that is what reads the file in the usual way.
                assertEquals(125, run(Arrays.copyOf(whole, size), home, "true"), "cut to " + size);
            }
        }

        @Test
        void eachFlippedBitBehindTheProgramIsNoticed() throws IOException {
            byte[] whole = Files.readAllBytes(small);
            Path home = home();
            Random random = new Random(7);
            for (int i = 0; i < TRAILER; i++) {
                assertEquals(
                        125, run(flipped(whole, whole.length - 1 - i, random), home, "true"), "trailer byte -" + i);
            }
            for (int i = 0; i < 30; i++) {
                int at = (64 << 10) + random.nextInt(whole.length - (64 << 10));
                assertEquals(125, run(flipped(whole, at, random), home, "true"), "byte " + at);
            }
        }

        private byte[] flipped(byte[] whole, int at, Random random) {
            byte[] copy = whole.clone();
            copy[at] ^= (byte) (1 << random.nextInt(8));
            return copy;
        }

        @Test
        void whatIsAppendedIsNoticed() throws IOException {
            byte[] whole = Files.readAllBytes(small);

            assertEquals(125, run(Arrays.copyOf(whole, whole.length + 1), home(), "true"));
        }

        /** A file that was right once is compared again when it was changed. */
        @Test
        void aLaterChangeIsNoticed() throws IOException {
            byte[] whole = Files.readAllBytes(small);
            Path home = home();
            Path file = Files.write(home.resolve("later.run"), whole);
            Command.of("chmod", "777", file.toString()).run().orFail();
            app(file, home, "true").run().orFail();
            byte[] changed = flipped(whole, whole.length / 2, new Random(1));
            Files.write(file, changed);

            assertFailed(125, app(file, home, "true").run(), "damaged");
        }
    }

    /** As far as an emulator goes, whose threads keep it from user namespaces. */
    @Nested
    class AnotherMachine {

        @Test
        void theProgramForAarch64VerifiesAndExtracts() throws IOException {
            Path home = home();
            Path tree = home.resolve("tree");
            Files.createDirectories(tree.resolve("srv"));
            Files.writeString(tree.resolve("srv/greeting"), "hello\n");
            Files.createSymbolicLink(tree.resolve("link"), Path.of("srv/greeting"));
            Files.createLink(tree.resolve("second"), tree.resolve("srv/greeting"));
            Path program = JRUN.file("other.run");
            JRUN.run("bundle", "-q", "-f", "-a", "arm64", "-o", program.toString(), "dir:" + tree)
                    .orFail();

            emulated(program, home, "--verify").run().orFail();
            assertFailed(
                    125, emulated(program, home, "--extract", home.toString()).run(), "user namespace", "EINVAL");

            Path extracted = extracted(home);
            assertEquals("hello\n", Files.readString(extracted.resolve("link")));
            assertEquals(
                    Files.getAttribute(extracted.resolve("srv/greeting"), "unix:ino"),
                    Files.getAttribute(extracted.resolve("second"), "unix:ino"));
            assertTrue(Files.isDirectory(extracted.resolve("proc")));
        }

        private Command emulated(Path program, Path home, String... arguments) {
            return app(program, home, arguments).behind("/usr/bin/qemu-aarch64-static");
        }
    }

    @Nested
    class Making {

        @Test
        void anExistingFileIsKept() throws IOException {
            Path file = JRUN.file("kept.run");
            Files.writeString(file, "mine");

            assertFailed(2, JRUN.run("bundle", "-q", "-o", file.toString(), SMALL.reference()), "EEXIST", "--force");
            assertEquals("mine", Files.readString(file));
        }

        @Test
        void theDigestIsThatOfAllBytesBeforeIt() throws IOException {
            Command.Result result = Command.of(
                            "sh",
                            "-c",
                            "head -c -32 " + small + " | sha256sum | cut -c1-64; tail -c 32 " + small
                                    + " | od -An -vtx1 | tr -d ' \\n'")
                    .run()
                    .orFail();

            String[] lines = result.text().split("\n", -1);
            assertEquals(lines[0], lines[1]);
        }

        @Test
        void theSameImageGivesTheSameBundle() throws IOException {
            Path again = JRUN.file("again.run");
            JRUN.run("bundle", "-q", "-f", "-o", again.toString(), SMALL.reference())
                    .orFail();

            assertEquals(-1, Files.mismatch(small, again));
        }

        @Test
        void nothingIsLeftBesideIt() throws IOException {
            try (Stream<Path> files = Files.list(JRUN.home())) {
                List<String> hidden = files.map(each -> each.getFileName().toString())
                        .filter(name -> name.startsWith(".") && name.contains(".run"))
                        .toList();
                assertAll(
                        () -> assertFalse(hidden.stream().anyMatch(name -> name.contains("image")), hidden::toString));
            }
        }
    }
}
