package io.jrun.judge;

import static io.jrun.judge.Failures.assertFailed;
import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Starts from image files, directories and references: what the kernel mounts, what is seen inside, and what stays behind
 * whoever is killed.
 */
@NeedsUserns
@NeedsFuse
class ImageStartTest {

    private static final Jrun JRUN = Jrun.as(Account.USER);
    private static final FakeRegistry REGISTRY = FakeRegistry.of(
            TestImages.busybox(),
            new LayerTar()
                    .directory("secret/", 0700)
                    .file("secret/file", "s\n")
                    .file("srv/given", "of root\n".getBytes(StandardCharsets.UTF_8), 0644));
    private static Path image;

    @BeforeAll
    static void create() {
        image = JRUN.create(REGISTRY.reference(), "box");
    }

    @AfterAll
    static void stop() {
        REGISTRY.close();
    }

    private static Command command(String... words) {
        List<String> line = new ArrayList<>(List.of("start"));
        line.addAll(List.of(words));
        return JRUN.command(line.toArray(new String[0]));
    }

    private static Command.Result start(String... words) {
        return command(words).run();
    }

    private static String sh(String script, String... options) {
        List<String> words = new ArrayList<>(List.of(options));
        words.addAll(List.of(image.toString(), "sh", "-c", script));
        return start(words.toArray(new String[0])).orFail().text();
    }

    /** Process IDs of the helpers of this image; those that ended and were not waited for have no command line. */
    private static List<String> helpers() {
        try (Stream<Path> processes = Files.list(Path.of("/proc"))) {
            return processes
                    .filter(each -> each.getFileName().toString().matches("\\d+"))
                    .filter(each -> commandLine(each).matches("(?s)[^\0]*squashfuse(_ll)?\0.*")
                            && commandLine(each).contains(image.toString()))
                    .map(each -> each.getFileName().toString())
                    .toList();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String commandLine(Path process) {
        try {
            return Files.readString(process.resolve("cmdline"), StandardCharsets.ISO_8859_1);
        } catch (IOException ended) {
            return "";
        }
    }

    private interface Condition {
        boolean holds() throws IOException;
    }

    private static void await(String what, Condition condition) throws IOException, InterruptedException {
        for (int i = 0; i < 6000; i++) {
            if (condition.holds()) {
                return;
            }
            Thread.sleep(10);
        }
        throw new AssertionError("did not happen within a minute: " + what);
    }

    /** Image files beside the root, whatever that is. */
    @Nested
    @NeedsSquashfsTools
    class Mounts {

        private static Path squashfs(String name, String content) throws IOException {
            Path folder = Workbench.newFolder("tree", Account.USER);
            Files.writeString(folder.resolve("file"), content);
            Path file = Workbench.newFolder("image", Account.USER).resolve(name);
            Command.of("mksquashfs", folder.toString(), file.toString(), "-quiet", "-no-progress")
                    .as(Account.USER)
                    .run()
                    .orFail();
            return file;
        }

        @ParameterizedTest
        @ValueSource(strings = {"box", "box.sqsh"})
        void severalAreShown(String root) throws IOException {
            Path one = squashfs("one.sqsh", "one\n");
            Path two = squashfs("two.sqsh", "two\n");
            for (int i = 0; i < 2; i++) { // compiled, and from the cache
                Command.Result result = start(
                                "--mount",
                                "type=squashfs,src=" + one + ",dst=/one",
                                "-v",
                                two + ":/data/two:squashfs:noexec",
                                root,
                                "sh",
                                "-c",
                                "cat /one/file /data/two/file; touch /one/x 2>/dev/null || echo kept;"
                                        + " grep -c ' /data/two ro,.*noexec.*fuse.squashfuse' /proc/self/mountinfo")
                        .orFail();

                assertEquals("one\ntwo\nkept\n1", result.text());
            }
        }

        @Test
        void helpersEndWithTheContainer() throws IOException, InterruptedException {
            Path one = squashfs("ends.sqsh", "one\n");
            start("--mount", "type=squashfs,src=" + one + ",dst=/one", "box", "cat", "/one/file")
                    .orFail();

            await("the helper's end", () -> {
                try (Stream<Path> processes = Files.list(Path.of("/proc"))) {
                    return processes.noneMatch(each -> commandLine(each).contains(one.toString()));
                }
            });
        }

        @Test
        void whatIsNotThereOrNoImageIsSaid() throws IOException {
            Path text = Workbench.newFolder("text", Account.USER).resolve("text.sqsh");
            Files.writeString(text, "no image");

            assertFailed(125, start("--mount", "type=squashfs,src=/no.sqsh,dst=/one", "box", "true"), "/no.sqsh");
            assertFailed(125, start("--mount", "type=squashfs,src=/tmp,dst=/one", "box", "true"), "no file");
            assertFailed(
                    125, start("--mount", "type=squashfs,src=" + text + ",dst=/one", "box", "true"), text.toString());
            start("--mount", "type=squashfs,src=/no.sqsh,dst=/one,nofail", "box", "true")
                    .orFail();
        }
    }

    @Nested
    class Spellings {

        @Test
        void absolutePath() {
            assertEquals(
                    "hello",
                    start(image.toString(), "cat", "/srv/greeting").orFail().text());
        }

        @ParameterizedTest
        @ValueSource(strings = {"box.sqsh", "./box.sqsh"})
        void pathFromHere(String path) {
            assertEquals("hello", start(path, "cat", "/srv/greeting").orFail().text());
        }

        /** The word is the same, so is its place in the cache but for the directory. */
        @Test
        void sameWordElsewhereIsAnotherImage() throws IOException {
            Path elsewhere = Workbench.newFolder("elsewhere", Account.USER);
            start("box.sqsh", "true").orFail();

            assertFailed(125, command("box.sqsh", "true").in(elsewhere).run(), "box.sqsh");
        }

        @ParameterizedTest
        @ValueSource(strings = {"", "/"})
        void directory(String end) {
            String directory = JRUN.rootfs("box") + end;

            assertEquals(
                    "hello", start(directory, "cat", "/srv/greeting").orFail().text());
            assertEquals(
                    "hello", start(directory, "cat", "/srv/greeting").orFail().text());
        }

        @Test
        void nothingThere() {
            assertFailed(125, start("./none.sqsh", "true"), "./none.sqsh", "ENOENT", "docker://");
        }

        @Test
        void wordThatNamesNothing() {
            assertAll(
                    () -> assertFailed(125, start("none.sqsh", "true"), "neither a container nor an image file"),
                    () -> assertFailed(125, start("debian:12", "true"), "docker://debian:12"));
        }

        @Test
        void hostsOwnRoot() {
            assertFailed(125, start("/", "true"), "the host's own root");
        }
    }

    @Nested
    class Inside {

        @Test
        void kernelHasMountedTheImageThroughFuseAndAnOverlay() {
            String mounts = sh("cat /proc/self/mountinfo");
            String root = mounts.lines()
                    .filter(line -> line.split(" ", -1)[4].equals("/"))
                    .reduce((first, last) -> last)
                    .orElseThrow();

            assertAll(
                    () -> assertTrue(mounts.contains(" fuse.squashfuse " + image + " "), mounts),
                    () -> assertTrue(root.contains(" - overlay "), root),
                    () -> assertTrue(root.split(" ", -1)[5].startsWith("ro"), root));
        }

        @Test
        void environmentAndCommandAreTheImages() {
            assertEquals("PATH=/bin", sh("env | grep ^PATH="));
            assertEquals(
                    "from the image's own shell",
                    command(image.toString())
                            .reading("echo from the image\\'s own shell\n")
                            .run()
                            .orFail()
                            .text());
        }

        @Test
        void callerIsHimself() {
            assertEquals(Command.of("id", "-u").as(Account.USER).run().orFail().text(), sh("id -u"));
        }

        @Test
        void callerIsRootWhenHeAsks() {
            assertEquals("0 s", sh("echo $(id -u) $(cat /secret/file)", "--root"));
        }

        @Test
        void rootIsReadOnly() {
            assertEquals("refused", sh("echo x 2>/dev/null >/srv/given || echo refused"));
        }

        @ParameterizedTest
        @ValueSource(strings = {"--overlay", "--rw", "--overlay=1m"})
        void filesOfTheImageCanBeWrittenInALayerThatEnds(String option) {
            assertEquals("mine", sh("echo mine >/srv/given && cat /srv/given", option, "--root"));
            assertEquals("gone", sh("rm /srv/given && mkdir /srv/given && echo gone", option, "--root"));
            assertEquals("of root", sh("cat /srv/given", option, "--root"));
        }

        @Test
        void layerInADirectoryIsKept() {
            Path directory = Workbench.newFolder("kept", Account.USER).resolve("layer");

            sh("echo kept >/srv/new", "--root", "--overlay=" + directory);

            assertEquals("kept", sh("cat /srv/new", "--root", "--overlay=" + directory));
        }

        @Test
        void mountPointsThatTheImageLacksAreMade() throws IOException {
            Path folder = Workbench.newFolder("given", Account.USER);
            Files.writeString(folder.resolve("data"), "content\n");

            assertEquals("content", sh("cat /no/such/place/data", "-v", folder + ":/no/such/place"));
            assertEquals("content", sh("cat /file", "-v", folder.resolve("data") + ":/file"));
        }

        @Test
        void exitStatusIsThePayloads() {
            assertAll(
                    () -> assertEquals(
                            7, start(image.toString(), "sh", "-c", "exit 7").status()),
                    () -> assertEquals(
                            143, start(image.toString(), "sh", "-c", "kill $$").status()),
                    () -> assertFailed(127, start(image.toString(), "none"), "none"));
        }

        @Test
        void payloadHasNoChildThatItDidNotMake() {
            assertEquals(
                    "",
                    sh("cat /proc/self/task/$$/children 2>/dev/null; for p in /proc/[0-9]*/stat; do read -r a b c"
                            + " d e <$p && test \"$d\" = $$ && test \"$b\" != '(sh)' && echo $b; done; true"));
        }

        @Test
        void callersPipesEndWithThePayload() {
            Command.Result result = Command.of(
                            "sh", "-c", "\"$0\" start \"$1\" echo out | cat", launcher(), image.toString())
                    .as(Account.USER)
                    .with("HOME", JRUN.home().toString())
                    .run();

            assertEquals("out", result.orFail().text());
        }

        private static String launcher() {
            return Workbench.launcher().toString();
        }
    }

    @Nested
    class Ended {

        private Command.Running sleeping(String... options) throws IOException, InterruptedException {
            Path ready = Workbench.newFolder("ready", Account.USER);
            List<String> words = new ArrayList<>(List.of(options));
            words.addAll(
                    List.of("-v", ready + ":/ready", image.toString(), "sh", "-c", "touch /ready/now; exec sleep 300"));
            Command.Running running =
                    command(words.toArray(new String[0])).interruptible().start();
            await(
                    "the payload runs",
                    () -> Files.exists(ready.resolve("now"))
                            || !running.process().isAlive());
            return running;
        }

        private void assertNothingStays() throws IOException, InterruptedException {
            await("no helper is left of " + helpers(), () -> helpers().isEmpty());
            assertFalse(Files.readString(Path.of("/proc/self/mountinfo")).contains(image.toString()));
        }

        @Test
        void helperEndsWithThePayload() throws IOException, InterruptedException {
            sh("true");

            assertNothingStays();
        }

        @ParameterizedTest
        @ValueSource(strings = {"KILL", "TERM", "INT", "SEGV"})
        void helperEndsWhateverEndsThePayload(String signal) throws IOException, InterruptedException {
            Command.Running running = sleeping();
            assertEquals(1, helpers().size(), "helpers");

            running.signal(signal);

            assertTrue(running.await(Duration.ofMinutes(1)).status() > 128, "status");
            assertNothingStays();
        }

        @Test
        void helperEndsWhenTheOuterProcessOfAPidNamespaceIsKilled() throws IOException, InterruptedException {
            Command.Running running = sleeping("--pid");
            assertEquals(1, helpers().size(), "helpers");

            running.signal("KILL");

            assertEquals(137, running.await(Duration.ofMinutes(1)).status());
            assertNothingStays();
        }

        @Test
        void deathOfTheHelperIsAnErrorAndLeavesNothing() throws IOException, InterruptedException {
            Path go = Workbench.newFolder("go", Account.USER);
            Command.Running running = command(
                            "-v",
                            go + ":/go",
                            image.toString(),
                            "sh",
                            "-c",
                            "touch /go/ready; while ! test -e /go/on; do read -t 0.1 x </go; done 2>/dev/null;"
                                    + " read line </srv/given || exit 9")
                    .start();
            await(
                    "the payload runs",
                    () -> Files.exists(go.resolve("ready"))
                            || !running.process().isAlive());
            List<String> helper = helpers();
            assertEquals(1, helper.size(), "helpers");

            Command.of("kill", "-KILL", helper.get(0)).run().orFail();
            await("the helper is gone", () -> helpers().isEmpty());
            Command.of("touch", go.resolve("on").toString())
                    .as(Account.USER)
                    .run()
                    .orFail();

            // Of reading, or SIGBUS where the program itself was not in memory yet.
            int status = running.await(Duration.ofMinutes(1)).status();
            assertTrue(status == 9 || status == 135, () -> "status " + status);
            assertNothingStays();
        }

        @Test
        void signalsToTheWholeSessionDoNotEndTheHelperFirst() {
            String script = "trap '' INT TERM HUP; kill -TERM 0; cat /srv/greeting";

            // In one of its own: these tests are in ours, and may be the same user's.
            Command.Result result = command(image.toString(), "sh", "-c", script)
                    .behind("setsid", "--wait")
                    .run();

            assertEquals("hello", result.orFail().text());
        }

        @Test
        void imageMayBeRemovedWhileItRuns() throws IOException, InterruptedException {
            Path copy = JRUN.file("copy.sqsh");
            Command.of("cp", image.toString(), copy.toString())
                    .as(Account.USER)
                    .run()
                    .orFail();

            Command.Result result = command(
                            "-v",
                            JRUN.home() + ":/home",
                            copy.toString(),
                            "sh",
                            "-c",
                            "rm /home/copy.sqsh; cat /srv/greeting")
                    .run();

            assertEquals("hello", result.orFail().text());
            assertFailed(125, start(copy.toString(), "true"), "ENOENT");
        }
    }

    @Nested
    class Warm {

        @Test
        @NeedsStrace
        void onlyTheHelperRunsBetweenLauncherAndPayload() {
            start("-e", "TRACED=1", image.toString(), "true").orFail();

            List<String> programs = programs("-e", "TRACED=1", image.toString(), "true");

            assertAll(
                    () -> assertEquals(3, programs.size(), programs::toString),
                    () -> assertEquals(
                            1,
                            programs.stream()
                                    .filter(line -> line.contains("squashfuse"))
                                    .count(),
                            programs::toString));
        }

        @Test
        @NeedsStrace
        void referenceIsImportedOnce() {
            List<String> blobs = new ArrayList<>();
            try (FakeRegistry registry = FakeRegistry.of(TestImages.busybox())) {
                registry.misbehaveAt("/blobs/", (exchange, body) -> {
                    synchronized (blobs) {
                        blobs.add(exchange.getRequestURI().getPath());
                    }
                    exchange.sendResponseHeaders(200, body.length);
                    exchange.getResponseBody().write(body);
                });

                String first = start(registry.reference(), "cat", "/srv/greeting")
                        .orFail()
                        .text();
                int fetched = blobs.size();
                List<String> programs = programs(registry.reference(), "cat", "/srv/greeting");

                assertAll(
                        () -> assertEquals("hello", first),
                        () -> assertEquals(fetched, blobs.size(), "requests of the second start"),
                        () -> assertTrue(fetched > 0, "requests of the first start"),
                        () -> assertTrue(
                                programs.stream().noneMatch(line -> line.contains("java")), programs::toString));
            }
        }

        /** What the greeting is, to starts that share a cache with nobody else. */
        private static String greeting(Path cache, FakeRegistry registry, String... options) {
            List<String> words = new ArrayList<>(List.of(options));
            words.addAll(List.of(registry.reference(), "cat", "/srv/greeting"));
            return command(words.toArray(new String[0]))
                    .with("XDG_CACHE_HOME", cache.toString())
                    .run()
                    .orFail()
                    .text();
        }

        @Test
        void movedTagIsFollowedWhereThatIsAskedFor() {
            Path cache = Workbench.newFolder("cache", Account.USER);
            List<String> found = new ArrayList<>();
            try (FakeRegistry registry = FakeRegistry.of(TestImages.busybox())) {
                found.add(greeting(cache, registry));
                registry.move(TestImages.busybox(), new LayerTar().file("srv/greeting", "moved\n"));
                found.add(greeting(cache, registry));
                found.add(greeting(cache, registry, "--pull=newer"));
                found.add(greeting(cache, registry));
                registry.move(TestImages.busybox(), new LayerTar().file("srv/greeting", "again\n"));
                found.add(greeting(cache, registry, "--pull=newer"));
            }

            assertEquals(List.of("hello", "hello", "moved", "moved", "again"), found);
        }

        @Test
        void unchangedTagIsImportedNoSecondTime() {
            Path cache = Workbench.newFolder("cache", Account.USER);
            try (FakeRegistry registry = FakeRegistry.of(TestImages.busybox())) {
                greeting(cache, registry);
                registry.misbehaveAt("/blobs/", (exchange, body) -> exchange.sendResponseHeaders(500, -1));

                assertEquals("hello", greeting(cache, registry, "--pull=newer"));
            }
        }

        @Test
        void wordThatIsNoTimeToImportIsRefused() {
            Failures.assertFailed(125, start("--pull=always", image.toString(), "true"), "--pull");
        }

        @Test
        void referenceThatIsNowhereIsSaid() {
            try (FakeRegistry registry = FakeRegistry.of(TestImages.busybox())) {
                registry.misbehaveAt("/manifests/", (exchange, body) -> exchange.sendResponseHeaders(404, -1));

                Command.Result result = start(registry.reference(), "true");

                assertAll(
                        () -> assertEquals(125, result.status(), result::toString),
                        () -> assertTrue(result.talk().contains("could not be imported"), result::toString));
            }
        }

        private static List<String> programs(String... words) {
            Path trace = Workbench.newFolder("trace", Account.USER).resolve("trace");
            command(words)
                    .behind("strace", "-f", "-qq", "-e", "trace=execve", "-o", trace.toString())
                    .run()
                    .orFail();
            return Host.lines(trace.toString()).stream()
                    .filter(line -> line.contains("execve(") && !line.contains("ENOENT"))
                    .toList();
        }

        @Test
        void changedImageIsSeen() {
            Path copy = JRUN.file("changing.sqsh");
            Command.of("cp", image.toString(), copy.toString())
                    .as(Account.USER)
                    .run()
                    .orFail();
            assertEquals(
                    "hello",
                    start(copy.toString(), "cat", "/srv/greeting").orFail().text());
            Path tree = Workbench.newFolder("tree", Account.USER);
            Command.of(
                            "sh",
                            "-c",
                            "cp -a \"$0\"/. \"$1\" && chmod -R u+w \"$1\" && echo other >\"$1\"/srv/greeting"
                                    + " && mksquashfs \"$1\" \"$2\".new -quiet -no-progress && mv \"$2\".new \"$2\"",
                            JRUN.rootfs("box").toString(),
                            tree.toString(),
                            copy.toString())
                    .as(Account.USER)
                    .run()
                    .orFail();

            assertEquals(
                    "other",
                    start(copy.toString(), "cat", "/srv/greeting").orFail().text());
        }

        @Test
        void startsOfOneImageRunTogether() {
            List<Command.Running> running = new ArrayList<>();
            for (int i = 0; i < 48; i++) {
                running.add(command(image.toString(), "cat", "/srv/greeting").start());
            }

            for (Command.Running each : running) {
                assertEquals("hello", each.await(Duration.ofMinutes(3)).orFail().text());
            }
        }
    }

    @Nested
    class Trouble {

        @Test
        void brokenImage() throws IOException {
            Path broken = JRUN.file("broken.sqsh");
            Command.of("sh", "-c", "head -c 5000 \"$0\" >\"$1\"", image.toString(), broken.toString())
                    .as(Account.USER)
                    .run()
                    .orFail();

            assertFailed(125, start(broken.toString(), "true"), "broken.sqsh");
        }

        @Test
        void noImageAtAll() {
            Path text = JRUN.file("text");
            Command.of("sh", "-c", "echo text >\"$0\"", text.toString())
                    .as(Account.USER)
                    .run()
                    .orFail();

            assertFailed(125, start(text.toString(), "true"), "text");
        }

        /** A copy each, since the plans of others would be found. */
        private Command fresh(String name) {
            Path copy = JRUN.file(name);
            Command.of("cp", image.toString(), copy.toString())
                    .as(Account.USER)
                    .run()
                    .orFail();
            return command(copy.toString(), "true");
        }

        private Command.Result inMountNamespace(String script, Command command) {
            List<String> words = new ArrayList<>(Account.USER.prefix());
            words.addAll(command.words());
            return new Command(
                            words,
                            Account.ROOT,
                            command.environment(),
                            command.directory(),
                            command.input(),
                            Duration.ofMinutes(2))
                    .behind(
                            "unshare",
                            "--mount",
                            "--propagation",
                            "private",
                            "sh",
                            "-c",
                            script + " && exec \"$@\"",
                            "sh")
                    .run();
        }

        @Test
        @NeedsRoot
        void withoutHelperTheMendIsNamed() {
            String hide = "for f in /usr/bin/squashfuse /usr/bin/squashfuse_ll; do"
                    + " test ! -e $f || mount --bind /dev/null $f || exit 1; done";

            assertFailed(125, inMountNamespace(hide, fresh("unhelped.sqsh")), "squashfuse", "jrun create");
        }

        private static final String HIDE = "hide() { test ! -e $1 || mount --bind /dev/null $1; };";

        /** The words of the helper's process, as a process in the container sees them in the host's /proc. */
        private Command showingHelper(String name) {
            Command start = fresh(name);
            List<String> words = new ArrayList<>(start.words());
            words.set(words.size() - 1, "sh");
            words.addAll(List.of(
                    "-c",
                    "cat /srv/greeting; for p in /proc/[0-9]*/cmdline; do busybox tr '\\0' ' ' <$p; echo; done 2>/dev/null"
                            + " | grep '^/.*squashfuse.*" + name + "'"));
            return new Command(
                    words, start.account(), start.environment(), start.directory(), start.input(), start.limit());
        }

        @Test
        @NeedsRoot
        void theHelperOfOneThreadServesToo() {
            String hide = HIDE + " hide /usr/bin/squashfuse_ll";

            List<String> found = inMountNamespace(hide, showingHelper("single.sqsh"))
                    .orFail()
                    .text()
                    .lines()
                    .toList();

            assertEquals("hello", found.get(0));
            assertTrue(found.get(1).startsWith("/usr/bin/squashfuse -f "), found::toString);
        }

        @Test
        @NeedsRoot
        void aHelperBesideThePathIsFound() {
            String hide = HIDE
                    + " mount -t tmpfs -o mode=755 local /usr/local/bin && cp /usr/bin/squashfuse_ll /usr/local/bin/"
                    + " && hide /usr/bin/squashfuse && hide /usr/bin/squashfuse_ll";

            List<String> found = inMountNamespace(hide, showingHelper("beside.sqsh"))
                    .orFail()
                    .text()
                    .lines()
                    .toList();

            assertEquals("hello", found.get(0));
            assertTrue(found.get(1).startsWith("/usr/local/bin/squashfuse_ll -f "), found::toString);
        }

        @Test
        @NeedsRoot
        void withoutTheDeviceTheMendIsNamed() {
            String hide = "mount -t tmpfs none /dev && mknod -m 666 /dev/null c 1 3";

            assertFailed(125, inMountNamespace(hide, fresh("no-device.sqsh")), "/dev/fuse", "modprobe fuse");
        }

        @Test
        @NeedsRoot
        void withAClosedDeviceTheMendIsNamed() {
            String close = "f=$(mktemp) && chmod 600 $f && mount --bind $f /dev/fuse && rm $f";

            assertFailed(125, inMountNamespace(close, fresh("closed.sqsh")), "/dev/fuse", "chmod 666");
        }

        @Test
        @NeedsRoot
        void helperThatCannotMountIsSaidToHaveEnded() {
            String replace = "for f in /usr/bin/squashfuse /usr/bin/squashfuse_ll; do"
                    + " test ! -e $f || mount --bind /bin/false $f || exit 1; done";

            assertFailed(125, inMountNamespace(replace, fresh("ended.sqsh")), "ended", "libfuse");
        }
    }
}
