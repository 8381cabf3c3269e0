package io.jrun.image.reference;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.UsageException;
import io.jrun.image.reference.SourceReference.DockerArchive;
import io.jrun.image.reference.SourceReference.Engine;
import io.jrun.image.reference.SourceReference.InEngine;
import io.jrun.image.reference.SourceReference.InRegistry;
import io.jrun.image.reference.SourceReference.OciArchive;
import io.jrun.image.reference.SourceReference.OciLayout;
import io.jrun.image.reference.SourceReference.RootfsDirectory;
import io.jrun.image.reference.SourceReference.RootfsTar;
import io.jrun.image.reference.SourceReference.SquashfsFile;
import io.jrun.image.reference.SourceReference.Unrecognised;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SourceReferenceTest {

    private static final String HEX = "0123456789abcdef".repeat(4);

    private static SourceReference parse(String text, String... existing) throws UsageException {
        Set<String> files = Set.of(existing);
        return SourceReference.parse(text, path -> files.contains(path.toString()));
    }

    private static SourceFile file(String name) {
        return new SourceFile.Named(Path.of(name));
    }

    @ParameterizedTest
    @CsvSource({
        "docker://lab/solver:2.1, docker.io/lab/solver:2.1, lab+solver+2.1",
        "ubuntu:24.04, docker.io/library/ubuntu:24.04, ubuntu+24.04",
        "docker://me@registry.example#lab/solver:2.1, me@registry.example/lab/solver:2.1, lab+solver+2.1",
        "me@registry.example#lab/solver, me@registry.example/lab/solver, lab+solver",
        "nvcr.io#nvidia/pytorch:24.01, nvcr.io/nvidia/pytorch:24.01, nvidia+pytorch+24.01",
        "docker://tar:latest, docker.io/library/tar:latest, tar+latest",
        "docker://solver.sqsh, docker.io/library/solver.sqsh, solver.sqsh",
        "oci, docker.io/library/oci, oci"
    })
    void bareNamesAndEnrootsFormsAreImagesInARegistry(String text, String printed, String name) throws Exception {
        SourceReference source = parse(text);

        assertInstanceOf(InRegistry.class, source);
        assertEquals(printed, source.toString());
        assertEquals(name, source.defaultName());
    }

    @Test
    void addressesOfFilesAreRefusedWithTheWayToFetchThem() {
        for (String address : List.of("https://site.example/rootfs.tar.zst", "http://site.example/x.sqsh")) {
            UsageException refused = assertThrows(UsageException.class, () -> parse(address));

            assertTrue(refused.failure().hint().orElseThrow().contains("curl -fL"), refused.getMessage());
        }
    }

    @Test
    void archivesOfDockerMayNameOneImage() throws Exception {
        assertEquals(
                new DockerArchive(file("/scratch/solver.tar.gz"), Optional.empty()),
                parse("docker-archive:/scratch/solver.tar.gz"));
        assertEquals(
                new DockerArchive(file("all.tar"), Optional.of("lab/solver:2.1")),
                parse("docker-archive:all.tar:lab/solver:2.1"));
        assertEquals(
                new DockerArchive(new SourceFile.StandardInput(), Optional.of("x:1")), parse("docker-archive:-:x:1"));
    }

    @Test
    void layoutsMayNameATagOrADigest() throws Exception {
        assertEquals(new OciLayout(Path.of("dir"), new ManifestChoice.Only()), parse("oci:dir"));
        assertEquals(new OciLayout(Path.of("dir"), new ManifestChoice.ByName("2.1")), parse("oci:dir:2.1"));
        assertEquals(
                new OciLayout(Path.of("dir"), new ManifestChoice.ByName("docker.io/library/ubuntu:24.04")),
                parse("oci:dir:docker.io/library/ubuntu:24.04"));
        assertEquals(
                new OciArchive(file("a.tar"), new ManifestChoice.ByDigest(new Digest(Digest.Algorithm.SHA256, HEX))),
                parse("oci-archive:a.tar@sha256:" + HEX));
    }

    @Test
    void aColonBelongsToTheFileThatIsThere() throws Exception {
        assertEquals(
                new DockerArchive(file("at:noon.tar"), Optional.empty()),
                parse("docker-archive:at:noon.tar", "at:noon.tar"));
        assertEquals(
                new OciLayout(Path.of("at:noon"), new ManifestChoice.ByName("2.1")),
                parse("oci:at:noon:2.1", "at:noon"));
        assertEquals(
                new OciLayout(Path.of("at"), new ManifestChoice.ByName("noon:2.1")),
                parse("oci:at:noon:2.1", "at", "at:noon"));
    }

    @Test
    void enginesTakeNamesAndIds() throws Exception {
        assertEquals(new InEngine(Engine.DOCKER, "lab/solver:2.1"), parse("dockerd://lab/solver:2.1"));
        assertEquals(new InEngine(Engine.PODMAN, "localhost/solver"), parse("podman://localhost/solver"));
        assertEquals(new InEngine(Engine.DOCKER, "sha256:" + HEX), parse("dockerd://sha256:" + HEX));
    }

    @Test
    void rootFilesystemsAreFilesAndDirectories() throws Exception {
        assertEquals(new RootfsTar(file("r.tar.xz")), parse("tar:r.tar.xz"));
        assertEquals(new RootfsTar(new SourceFile.StandardInput()), parse("tar:-"));
        assertEquals(new RootfsDirectory(Path.of("/srv/root:fs")), parse("dir:/srv/root:fs"));
        assertEquals(new SquashfsFile(Path.of("x.sqsh")), parse("squashfs:x.sqsh"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/images/solver",
                "./solver",
                "../solver",
                "solver.tar",
                "lab/solver.TAR.GZ",
                "a.tzst",
                "x.sqsh",
                "..",
                "./a://b"
            })
    void pathsAndSuffixesAreFilesWhetherTheyExistOrNot(String text) throws Exception {
        assertEquals(new Unrecognised(file(text)), parse(text));
        assertEquals(parse(text), parse(text, text));
    }

    @Test
    void aFileWithoutPathAndSuffixIsAnImageInARegistryAllTheSame() throws Exception {
        assertInstanceOf(InRegistry.class, parse("ubuntu", "ubuntu"));
    }

    @Test
    void aDashIsStandardInput() throws Exception {
        assertEquals(new Unrecognised(new SourceFile.StandardInput()), parse("-"));
        assertEquals(new Unrecognised(file("./-")), parse("./-"));
    }

    @ParameterizedTest
    @CsvSource({
        "docker-archive:/tmp/solver.tar.gz, solver",
        "docker-archive:all.tar:lab/solver:2.1, lab+solver+2.1",
        "oci:/images/solver:2.1, solver+2.1",
        "oci:/images/solver, solver",
        "oci:/images/store:docker.io/library/ubuntu:24.04, ubuntu+24.04",
        "oci-archive:solver.tar:2.1, solver+2.1",
        "dockerd://lab/solver:2.1, lab+solver+2.1",
        "dockerd://sha256:0123456789ab, sha256+0123456789ab",
        "tar:/tmp/rootfs.tar.zst, rootfs",
        "dir:/srv/solver/, solver",
        "dir:/, rootfs",
        "squashfs:solver.sqsh, solver+repacked",
        "/tmp/solver.tgz, solver",
        ".tar, .tar",
        "-, stdin"
    })
    void eachHasADefaultName(String text, String name) throws Exception {
        assertEquals(name, parse(text).defaultName());
    }

    @Test
    void theCurrentDirectoryIsCalledByItsOwnName() throws Exception {
        assertEquals(
                Path.of("").toAbsolutePath().getFileName().toString(),
                parse("dir:.").defaultName());
    }

    static Stream<String> printedForms() {
        return Stream.of(
                "docker-archive:a.tar",
                "docker-archive:a.tar:lab/solver:2.1",
                "docker-archive:-",
                "oci:dir",
                "oci:dir:2.1",
                "oci:dir@sha256:" + HEX,
                "oci-archive:/a.tar:docker.io/library/x:1",
                "dockerd://lab/solver",
                "podman://0123abcd",
                "tar:-",
                "dir:.",
                "squashfs:a.sqsh",
                "./a",
                "-");
    }

    @ParameterizedTest
    @org.junit.jupiter.params.provider.MethodSource("printedForms")
    void whatIsPrintedIsReadBack(String text) throws Exception {
        SourceReference source = parse(text);

        assertEquals(text, source.toString());
        assertEquals(source, parse(source.toString()));
    }

    @ParameterizedTest
    @CsvSource({
        "docker-daemon:x, use dockerd://",
        "containers-storage:x, use podman://",
        "oci://dir, use oci:",
        "file:///x, the file's name alone",
        "https://registry.example/x, docker://",
        "docker:/x, docker://x",
        "shub://x, docker-archive:",
        "docker-archive:, docker-archive:",
        "docker-archive:a.tar:, docker-archive:",
        "oci:-, write it to a file first",
        "squashfs:-, write it to a file first",
        "dockerd://, docker-archive:",
        "dockerd://me@x, leave out",
        "dockerd://registry.example#x, as the engine lists it",
        "dockerd://docker://x, as the engine lists it",
        "podman://UPPER/Case, lower case"
    })
    void everythingElseIsRefusedWithTheWayToWriteIt(String text, String hint) {
        UsageException e = assertThrows(UsageException.class, () -> parse(text));

        assertTrue(e.failure().hint().orElse("").contains(hint), e.getMessage());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "docker://ann:geheim@registry.example/x",
                "ann:ge/heim@registry.example/x",
                "https://ann:geheim@registry.example/x",
                "shub://ann:geheim@x",
                "ann:geheim@registry.example/x@sha256:12"
            })
    void passwordsAreNotPrinted(String text) {
        String message = assertThrows(UsageException.class, () -> parse(text)).getMessage();

        assertTrue(message.contains("ann:...@") && !message.contains("heim"), message);
    }

    @Test
    void emptyAndHugeTextsAreRefused() {
        assertThrows(UsageException.class, () -> parse(""));
        assertThrows(UsageException.class, () -> parse("tar:" + "x".repeat(10_000)));
        assertThrows(UsageException.class, () -> parse("tar:a\0b"));
    }

    @Test
    void anyTextIsReadOrRefused() {
        List<String> words = List.of(
                "docker",
                "oci",
                "-archive",
                ":",
                "://",
                "//",
                "/",
                "@",
                "#",
                "-",
                ".",
                "..",
                "tar",
                "sha256",
                HEX,
                "\0",
                " ",
                "\u00e4",
                "dockerd",
                "podman",
                "squashfs",
                "dir");
        Random random = new Random(20_261_123);
        for (int i = 0; i < 20_000; i++) {
            StringBuilder text = new StringBuilder();
            for (int words1 = random.nextInt(7); words1 >= 0; words1--) {
                text.append(words.get(random.nextInt(words.size())));
            }
            String typed = text.toString();
            assertDoesNotThrow(() -> readOrRefuse(typed), typed);
        }
    }

    private static void readOrRefuse(String text) throws Exception {
        try {
            SourceReference source = parse(text);
            assertTrue(!source.defaultName().isEmpty() && source.defaultName().indexOf('/') < 0, text);
        } catch (UsageException refused) {
            assertTrue(refused.failure().hint().isPresent(), text);
        }
    }
}
