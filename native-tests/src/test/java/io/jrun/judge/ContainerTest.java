package io.jrun.judge;

import static org.junit.jupiter.api.Assertions.assertAll;
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
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The life of containers: create, list, inspect, remove; by a user without rights. */
@Aside
class ContainerTest {

    private static final Jrun JRUN = Jrun.as(Account.USER);
    private static final FakeRegistry REGISTRY = FakeRegistry.of(TestImages.busybox());
    private static final Path IMAGE = JRUN.file("box.sqsh");

    /** What `jrun create` makes where an image lacks it, so that starts can mount over it. */
    private static final Set<String> MOUNT_POINTS = Set.of(
            "./dev",
            "./dev/shm",
            "./proc",
            "./sys",
            "./tmp",
            "./etc/hosts",
            "./etc/hostname",
            "./etc/localtime",
            "./etc/machine-id",
            "./etc/resolv.conf",
            "./etc/passwd",
            "./etc/group");

    @BeforeAll
    static void importOnce() {
        JRUN.run("import", "-q", "-o", IMAGE.toString(), REGISTRY.reference()).orFail();
    }

    @AfterAll
    static void stop() {
        REGISTRY.close();
    }

    @Test
    void createdContainerIsListedAndRemovedOneIsNot() throws CorruptDataException {
        JRUN.run("create", "-n", "fleeting", IMAGE.toString()).orFail();
        List<String> before = names();

        JRUN.run("remove", "-f", "fleeting").orFail();

        List<String> after = names();
        assertAll(
                () -> assertTrue(before.contains("fleeting"), before::toString),
                () -> assertFalse(after.contains("fleeting"), after::toString),
                () -> assertFalse(Files.exists(JRUN.rootfs("fleeting").getParent()), "its folder is gone"));
    }

    private static List<String> names() throws CorruptDataException {
        byte[] output = JRUN.run("list", "--format", "json").orFail().output();
        JsonValue.JsonArray list = (JsonValue.JsonArray) Json.parse(output, "the list");
        return list.items().stream()
                .map(item -> ((JsonValue.JsonObject) item).members().get("name"))
                .map(name -> ((JsonValue.JsonString) name).value())
                .toList();
    }

    @Test
    void containerIsNamedAfterItsFileByDefault() throws CorruptDataException {
        JRUN.run("create", IMAGE.toString()).orFail();

        List<String> found = names();

        JRUN.run("remove", "-f", "box").orFail();
        assertTrue(found.contains("box"), found::toString);
    }

    @Test
    void inspectTellsOfFileAndContainerInJson() throws CorruptDataException {
        JRUN.run("create", "-n", "looked-at", IMAGE.toString()).orFail();

        Command.Result file =
                JRUN.run("inspect", "--format", "json", IMAGE.toString()).orFail();
        Command.Result container =
                JRUN.run("inspect", "--format", "json", "looked-at").orFail();

        assertAll(
                () -> assertTrue(Json.parse(file.output(), "file") instanceof JsonValue.JsonObject),
                () -> assertTrue(Json.parse(container.output(), "container") instanceof JsonValue.JsonObject),
                () -> assertTrue(file.text().contains("/bin/sh"), "the image's command is told: " + file.text()));
    }

    @Test
    void secondContainerOfOneNameNeedsForce() {
        JRUN.run("create", "-n", "twice", IMAGE.toString()).orFail();

        Command.Result refused = JRUN.run("create", "-n", "twice", IMAGE.toString());
        Command.Result forced = JRUN.run("create", "-f", "-n", "twice", IMAGE.toString());

        assertAll(
                () -> assertTrue(refused.status() != 0 && refused.talk().contains("-f"), refused::toString),
                () -> assertEquals(0, forced.status(), forced::toString));
    }

    @Test
    @NeedsRegistry
    @NeedsRoot
    @NeedsUmoci
    void treeIsTheImageButForWhatOnlyRootMaySet() {
        Jrun user = Jrun.as(Account.USER);
        user.create(Registry.open().reference("large", "large"), "large");
        Tree image = Images.unpackedByUmoci("large", "large-gzip");

        Tree found = Tree.of(user.rootfs("large"), Account.ROOT);

        Tree expected = image.without(Tree.Entry::isDevice)
                .map(entry -> entry.ownedBy(Account.ID).withUserXattrsOnly().withModeForItsNewOwner());
        List<String> differences = withoutDirectoryTimes(expected)
                .differencesTo(withoutDirectoryTimes(found.withoutOwnFolder()
                        .without(entry -> MOUNT_POINTS.contains(entry.path())
                                && !expected.entries().containsKey(entry.path()))
                        .map(Tree.Entry::withUserXattrsOnly)));
        Command.Result removed = user.run("remove", "-f", "large");
        assertAll(
                () -> assertEquals("", String.join("\n", differences.subList(0, Math.min(40, differences.size())))),
                () -> assertEquals(0, removed.status(), removed::toString),
                () -> assertFalse(Files.exists(user.rootfs("large")), "directories of mode 0000 are removed as well"));
    }

    /** Those of directories are set by the image file's own test; umoci takes some from the clock. */
    private static Tree withoutDirectoryTimes(Tree tree) {
        return tree.map(entry -> entry.type().equals("d") ? entry.withoutMtime() : entry);
    }

    @Test
    void versionGoesToStandardOutput() {
        Command.Result result = JRUN.run("version").orFail();

        assertTrue(new String(result.output(), StandardCharsets.UTF_8).contains("0.1.0"), result::toString);
    }
}
