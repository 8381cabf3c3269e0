package io.jrun.judge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.json.Json;
import io.jrun.json.JsonValue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Listing and entering what was started from something else than a container. */
@NeedsUserns
@NeedsFuse
class RunningImagesTest {

    private static final Jrun JRUN = Jrun.as(Account.USER);
    private static final FakeRegistry REGISTRY = FakeRegistry.of(TestImages.busybox());

    @BeforeAll
    static void create() {
        JRUN.create(REGISTRY.reference(), "box");
    }

    @AfterAll
    static void stop() {
        REGISTRY.close();
    }

    private static String word(String kind) {
        return switch (kind) {
            case "image" -> JRUN.file("box.sqsh").toString();
            case "relative image" -> "./box.sqsh";
            case "directory" -> JRUN.rootfs("box").toString();
            default -> REGISTRY.reference();
        };
    }

    @ParameterizedTest
    @ValueSource(strings = {"image", "relative image", "directory", "reference"})
    void isListedAndEnteredByTheWordThatStartedIt(String kind) throws Exception {
        String word = word(kind);
        Path ready = Workbench.newFolder("ready", Account.USER);
        Command.Running running = JRUN.command(
                        "start", "-v", ready + ":/mnt/ready", word, "sh", "-c", ": >/mnt/ready/now; exec sleep 300")
                .start();
        while (!Files.exists(ready.resolve("now")) && running.process().isAlive()) {
            Thread.sleep(10);
        }

        String inside = JRUN.run("exec", word, "cat", "/srv/greeting").orFail().text();
        String list = JRUN.run("list", "--running", "--format", "json").orFail().text();
        running.signal("KILL");
        running.await(Duration.ofMinutes(1));

        assertEquals("hello", inside);
        assertTrue(names(list, word), list);
    }

    private static boolean names(String list, String word) throws IOException {
        return Json.toPrettyText(Json.parse(list.getBytes(java.nio.charset.StandardCharsets.UTF_8), "the list"))
                .contains(Json.toPrettyText(JsonValue.of(word)).strip());
    }
}
