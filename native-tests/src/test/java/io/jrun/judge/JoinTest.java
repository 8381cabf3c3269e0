package io.jrun.judge;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Processes that share namespaces and one mount of an image; what is shared is told by the inodes of proc(5). */
@NeedsUserns
@NeedsFuse
class JoinTest {

    private static final Jrun JRUN = Jrun.as(Account.USER);
    private static final FakeRegistry REGISTRY = FakeRegistry.of(TestImages.busybox());
    private static final Path RUNTIME = Workbench.newFolder("runtime", Account.USER);
    private static Path image;
    private static int key;

    @BeforeAll
    static void create() {
        image = JRUN.create(REGISTRY.reference(), "box");
    }

    @AfterAll
    static void stop() {
        REGISTRY.close();
    }

    /** Processes that wrote which namespaces they are in, and sleep. */
    private static final class Group implements AutoCloseable {

        private final Path folder = Workbench.newFolder("seen", Account.USER);
        private final Path config = Workbench.newFolder("config", Account.USER);
        private final List<Command.Running> running = new ArrayList<>();
        private final List<String> options;

        Group(String... options) {
            key++;
            this.options = new ArrayList<>(List.of("--join-key=test" + key));
            this.options.addAll(List.of(options));
        }

        Command.Running start() {
            Path seen = folder.resolve(Integer.toString(running.size()));
            List<String> words = new ArrayList<>(List.of("start", "-e", "SEEN"));
            words.addAll(options);
            words.addAll(List.of(
                    image.toString(),
                    "sh",
                    "-c",
                    "(for n in user mnt ipc uts; do readlink /proc/self/ns/$n; done; id -u; cat /srv/greeting) >$SEEN.new;"
                            + " busybox mv $SEEN.new $SEEN; exec sleep 300"));
            Command.Running one = JRUN.command(words.toArray(new String[0]))
                    .with("SEEN", seen.toString())
                    .with("XDG_RUNTIME_DIR", RUNTIME.toString())
                    .with("JRUN_CONFIG_PATH", config.toString())
                    .start();
            running.add(one);
            return one;
        }

        String seen(int number) throws IOException, InterruptedException {
            Path file = folder.resolve(Integer.toString(number));
            while (!Files.exists(file)) {
                if (!running.get(number).process().isAlive()) {
                    throw new AssertionError(
                            running.get(number).await(Duration.ofSeconds(1)).toString());
                }
                Thread.sleep(10);
            }
            return Files.readString(file);
        }

        void kill(int number) {
            running.get(number).signal("KILL");
            running.get(number).await(Duration.ofMinutes(1));
        }

        @Override
        public void close() {
            running.forEach(each -> each.signal("KILL"));
            running.forEach(each -> each.await(Duration.ofMinutes(1)));
        }
    }

    /** Each is the first of those that live, and yet only the last may take their meeting place away. */
    @Test
    void ranksThatComeWhenTheOthersHaveEndedAreCountedToo() throws IOException {
        String tag = "apart" + key++;
        List<Integer> places = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            JRUN.command("start", "--join-key=" + tag, "--join-count=3", image.toString(), "true")
                    .with("XDG_RUNTIME_DIR", RUNTIME.toString())
                    .run()
                    .orFail();
            try (Stream<Path> files = Files.list(RUNTIME.resolve("jrun"))) {
                places.add((int) files.filter(each -> each.toString().contains("-key-" + tag + "-"))
                        .count());
            }
        }

        assertEquals(List.of(1, 1, 0), places);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "--overlay", "--rw", "--root", "--root --overlay", "--ipc --uts=node"})
    void allSeeOneSetOfNamespacesAndOneMount(String options) throws IOException, InterruptedException {
        try (Group group = new Group(options.isEmpty() ? new String[0] : options.split(" ", -1))) {
            for (int i = 0; i < 6; i++) {
                group.start();
            }

            String first = group.seen(0);

            assertEquals("hello", first.lines().reduce((one, last) -> last).orElseThrow());
            for (int i = 1; i < 6; i++) {
                assertEquals(first, group.seen(i));
            }
        }
    }

    @Test
    void hooksRunForTheFirstOneAndAllShare() throws IOException, InterruptedException {
        try (Group group = new Group()) {
            Path hook = group.config.resolve("hooks.d/10-count");
            Files.createDirectories(hook.getParent());
            Files.writeString(hook, "#!/bin/sh\necho ran >>" + group.folder + "/hook\n");
            Command.of("chmod", "755", hook.toString()).run().orFail();
            for (int i = 0; i < 4; i++) {
                group.start();
            }

            String first = group.seen(0);

            for (int i = 1; i < 4; i++) {
                assertEquals(first, group.seen(i));
            }
            assertEquals(List.of("ran"), Files.readAllLines(group.folder.resolve("hook")));
        }
    }

    @Test
    void whoComesLaterFindsTheOthersAfterTheFirstIsKilled() throws IOException, InterruptedException {
        try (Group group = new Group("--overlay")) {
            group.start();
            String first = group.seen(0);
            group.start();
            assertEquals(first, group.seen(1));

            group.kill(0);
            group.start();

            assertEquals(first, group.seen(2));
        }
    }

    @Test
    void whenAllAreGoneThereIsANewSet() throws IOException, InterruptedException {
        try (Group group = new Group()) {
            group.start();
            String first = group.seen(0);
            group.kill(0);
            group.start();
            String second = group.seen(1);

            assertAll(
                    () -> assertNotEquals(
                            first.lines().skip(1).findFirst(),
                            second.lines().skip(1).findFirst()),
                    () -> assertEquals(
                            "hello", second.lines().reduce((one, last) -> last).orElseThrow()));
        }
    }
}
