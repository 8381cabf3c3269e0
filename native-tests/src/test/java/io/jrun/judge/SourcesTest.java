package io.jrun.judge;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** One image, written by skopeo, Podman and Docker's own formats, gives one image file per manifest, and one tree. */
@NeedsRegistry
class SourcesTest {

    private static final Jrun JRUN = Jrun.as(Host.isRoot() ? Account.ROOT : Account.USER);
    private static Path layout = Path.of("");
    private static Path docker = Path.of("");
    private static Path oci = Path.of("");

    @BeforeAll
    static void saveTheImage() {
        layout = Images.layout("small");
        docker = JRUN.file("docker.tar");
        oci = JRUN.file("oci.tar");
        copy("docker-archive:" + docker + ":lab/solver:2.1");
        copy("oci-archive:" + oci + ":2.1");
    }

    private static void copy(String destination) {
        Command.of("skopeo", "copy", "-q", "oci:" + layout + ":small", destination)
                .run()
                .orFail();
    }

    private static String imported(String source, String file) throws IOException {
        return imported(JRUN.command("import", "-q", "-o", file, source), file);
    }

    private static String imported(Command command, String file) throws IOException {
        command.run().orFail();
        return FakeRegistry.digest(Files.readAllBytes(JRUN.file(file)));
    }

    @Test
    void layoutsAndTheirArchivesGiveTheSameBytesAsTheRegistry() throws Exception {
        String expected = imported(Registry.open().reference("small", "small"), "registry.sqsh");

        assertAll(
                () -> assertEquals(expected, imported("oci:" + layout + ":small", "oci.sqsh")),
                () -> assertEquals(expected, imported(oci.toString(), "oci-archive.sqsh")),
                () -> assertEquals(
                        expected,
                        imported(
                                JRUN.command("import", "-q", "-o", "zstd.sqsh", "-")
                                        .behind("sh", "-c", "zstd -qc " + oci + " | \"$@\"", "sh"),
                                "zstd.sqsh")));
    }

    @Test
    void archivesOfDockerGiveTheSameBytesFromFileAndPipe() throws Exception {
        String expected = imported("docker-archive:" + docker + ":lab/solver:2.1", "docker.sqsh");

        assertAll(
                () -> assertEquals(expected, imported(docker.toString(), "docker-bare.sqsh")),
                () -> assertEquals(
                        expected,
                        imported(
                                JRUN.command("import", "-q", "-o", "gzip.sqsh", "docker-archive:-")
                                        .behind("sh", "-c", "gzip -c " + docker + " | \"$@\"", "sh"),
                                "gzip.sqsh")));
    }

    @Test
    @NeedsPodman
    void podmanGivesTheSameBytesAsAnArchiveOfDocker() throws Exception {
        Path storage = JRUN.file("storage.conf");
        Files.writeString(
                storage,
                "[storage]\ndriver = \"vfs\"\ngraphroot = \"" + JRUN.file("podman") + "\"\nrunroot = \""
                        + JRUN.file("podman-run") + "\"\n");
        Command.of("podman", "load", "-q", "-i", docker.toString())
                .with("CONTAINERS_STORAGE_CONF", storage.toString())
                .run()
                .orFail();

        String found = imported(
                JRUN.command("import", "-q", "-o", "podman.sqsh", "podman://lab/solver:2.1")
                        .with("CONTAINERS_STORAGE_CONF", storage.toString()),
                "podman.sqsh");

        assertEquals(imported(docker.toString(), "of-docker.sqsh"), found);
    }
}
