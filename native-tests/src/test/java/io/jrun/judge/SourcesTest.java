package io.jrun.judge;

import static io.jrun.judge.Failures.assertFailed;
import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
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
    void layersOfAnArchiveMayBePackedAsDockerItselfLoadsThem() throws Exception {
        String expected = tree(imageFile("docker.tar", docker.toString()));
        Path unpacked = Workbench.newFolder("archive", Account.ROOT);
        Command.of("tar", "-C", unpacked.toString(), "-xf", docker.toString())
                .run()
                .orFail();
        for (String program : List.of("xz", "bzip2")) {
            Path archive = JRUN.file(program + "-layers.tar");
            Command.of(
                            "sh",
                            "-ec",
                            "cp -r $0 $0-$1; cd $0-$1; for l in *.tar; do $1 -c <$l >packed; mv packed $l; done; tar -cf $2 .",
                            unpacked.toString(),
                            program,
                            archive.toString())
                    .run()
                    .orFail();
            assertEquals(expected, tree(imageFile(program, "docker-archive:" + archive)), program);
        }
    }

    private static Path imageFile(String name, String source) {
        Path file = JRUN.file(name + "-again.sqsh");
        JRUN.run("import", "-q", "-o", file.toString(), source).orFail();
        return file;
    }

    /** As unsquashfs lists it, without what tells of the import. */
    private static String tree(Path imageFile) {
        return Command.of("unsquashfs", "-lln", imageFile.toString())
                .run()
                .orFail()
                .text()
                .lines()
                .filter(line -> !line.contains("/.jrun"))
                .collect(Collectors.joining("\n"));
    }

    /** By an account that has pushed nothing yet: skopeo sends no layer anew that it knows in another packing. */
    @Test
    void layersInChunksOfZstdGiveTheSameTree() throws Exception {
        String expected = tree(imageFile("unchunked", "oci:" + layout + ":small"));
        String target = "docker://" + Registry.open().address() + "/jrun/chunked:1";
        Path home = Workbench.newFolder("skopeo", Account.USER);
        Command.of("cp", "-r", layout.toString(), home.resolve("layout").toString())
                .run()
                .orFail();
        skopeo(
                home,
                "copy",
                "-q",
                "--dest-tls-verify=false",
                "--format=oci",
                "--dest-compress-format=zstd:chunked",
                "oci:" + home.resolve("layout") + ":small",
                target);
        String manifest = skopeo(home, "inspect", "--raw", "--tls-verify=false", target);

        assertTrue(manifest.contains("zstd-chunked.manifest-position"), manifest);
        assertEquals(expected, tree(imageFile("chunked", target)));
    }

    private static String skopeo(Path home, String... words) {
        return Command.of(words)
                .behind("skopeo", "--insecure-policy")
                .as(Account.USER)
                .with("HOME", home.toString())
                .with("XDG_RUNTIME_DIR", home.toString())
                .run()
                .orFail()
                .text();
    }

    @Test
    @NeedsSquashfsTools
    void aTarThatPassesOnStandardInputBecomesTheTreeItIsOf() throws Exception {
        Path rootfs = Workbench.newFolder("rootfs", JRUN.account());
        Command.of(
                        "sh",
                        "-ec",
                        "cd $0; mkdir -p bin etc/x; cp /bin/busybox bin; ln bin/busybox bin/sh; ln -s ../bin/sh etc/x/link;"
                                + " head -c 300000 /dev/zero >etc/zeros; echo text >etc/text; chmod 640 etc/text; mkfifo etc/fifo;"
                                + " find . -exec touch -h -d @1000000000 {} +",
                        rootfs.toString())
                .as(JRUN.account())
                .run()
                .orFail();
        Path back = JRUN.file("piped-back");

        JRUN.command("import", "-q", "-o", "piped.sqsh", "tar:-")
                .behind("sh", "-c", "tar -C " + rootfs + " -c . | \"$@\"", "sh")
                .run()
                .orFail();

        Command.of(
                        "unsquashfs",
                        "-q",
                        "-no-progress",
                        "-d",
                        back.toString(),
                        JRUN.file("piped.sqsh").toString())
                .run()
                .orFail();
        assertEquals(List.of(), tree(rootfs, JRUN.account()).differencesTo(tree(back, JRUN.account())));
    }

    private static Tree tree(Path root, Account owner) {
        return Tree.of(root, owner).withoutOwnFolder();
    }

    @Test
    void accountAndRegistryAreTakenFromTheFormOfEnroot() throws Exception {
        Registry guarded = Registry.withPassword();
        guarded.reference("small", "small");
        Jrun jrun = Jrun.as(Account.USER);
        jrun.command("login", "-u", Registry.USER, "--password-stdin", guarded.address())
                .reading(Registry.PASSWORD + "\n")
                .run()
                .orFail();
        String named = Registry.USER + "@" + guarded.address() + "#jrun/small:1";

        jrun.run("import", "-q", "-o", "named.sqsh", named).orFail();
        jrun.run("import", "-q", "-o", "scheme.sqsh", "docker://" + named).orFail();
        Command.Result stranger =
                jrun.run("import", "-q", "-o", "no.sqsh", "somebody@" + guarded.address() + "#jrun/small:1");

        assertAll(
                () -> assertEquals(
                        imported(Registry.open().reference("small", "small"), "of-open.sqsh"),
                        FakeRegistry.digest(Files.readAllBytes(jrun.file("named.sqsh")))),
                () -> assertEquals(-1, Files.mismatch(jrun.file("named.sqsh"), jrun.file("scheme.sqsh"))),
                () -> assertFailed(4, stranger, guarded.address()));
    }

    @Test
    @NeedsSiftool
    @NeedsSquashfsTools
    @NeedsUserns
    @NeedsFuse
    void filesOfApptainerAreReadAsTheImageFileInside() throws Exception {
        Path image = imageFile("for-sif", docker.toString());
        Path sif = JRUN.file("solver.sif");
        Files.writeString(JRUN.file("solver.def"), "Bootstrap: docker");
        Command.of("siftool", "new", sif.toString()).run().orFail();
        Command.of(
                        "siftool",
                        "add",
                        "--datatype",
                        "1",
                        sif.toString(),
                        JRUN.file("solver.def").toString())
                .run()
                .orFail();
        Command.of(
                        "siftool",
                        "add",
                        "--datatype",
                        "4",
                        "--parttype",
                        "2",
                        "--partfs",
                        "1",
                        "--partarch",
                        "2",
                        sif.toString(),
                        image.toString())
                .run()
                .orFail();
        Path back = imageFile("from-sif", sif.toString());

        assertAll(
                () -> assertEquals(tree(image), tree(back)),
                () -> assertEquals(
                        JRUN.run("ls", "-R", image.toString()).orFail().text(),
                        JRUN.run("ls", "-R", sif.toString()).orFail().text()),
                () -> assertEquals(
                        "x",
                        JRUN.run("create", "-n", "x", sif.toString()).orFail().text()),
                () -> assertEquals(
                        "started",
                        JRUN.run("start", sif.toString(), "sh", "-c", "echo started")
                                .orFail()
                                .text()));
    }

    @Test
    void planOfALayoutFetchesNothing() {
        String plan = JRUN.command("import", "--plan-only", "-o", "planned.sqsh", "oci:" + layout + ":small")
                .with("XDG_CACHE_HOME", "/proc/no-cache-here")
                .run()
                .orFail()
                .text();

        assertAll(
                () -> assertTrue(plan.contains("at hand\ndownload:  nothing\n"), plan),
                () -> assertFalse(Files.exists(JRUN.file("planned.sqsh")), "a plan writes nothing"));
    }

    @Test
    @NeedsDocker
    void dockersEngineGivesTheSameBytesAsItsArchive() throws Exception {
        // Short, for the sockets below it: their paths end at 107 bytes.
        Path folder = Files.createTempDirectory(Path.of("/run"), "jrun");
        String socket = "unix://" + folder.resolve("socket");
        Command.Running engine = Command.of(
                        "dockerd",
                        "--host=" + socket,
                        "--data-root=" + folder.resolve("data"),
                        "--exec-root=" + folder.resolve("exec"),
                        "--pidfile=" + folder.resolve("pid"),
                        "--storage-driver=vfs",
                        "--bridge=none",
                        "--iptables=false",
                        "--ip6tables=false")
                .with("HOME", folder.toString())
                .start();
        try {
            Command.of(
                            "sh",
                            "-c",
                            "for i in $(seq 300); do docker -H $0 load -qi $1 && exit; sleep 0.1; done; exit 1",
                            socket,
                            docker.toString())
                    .run()
                    .orFail();

            String found = imported(
                    JRUN.command("import", "-q", "-o", "engine.sqsh", "dockerd://lab/solver:2.1")
                            .with("DOCKER_HOST", socket),
                    "engine.sqsh");
            Command.Result absent = JRUN.command("import", "-q", "dockerd://lab/none")
                    .with("DOCKER_HOST", socket)
                    .run();

            assertAll(
                    () -> assertEquals(imported(docker.toString(), "of-the-archive.sqsh"), found),
                    () -> assertFailed(3, absent, "lab/none", "docker images"));
        } finally {
            engine.signal("TERM");
            engine.await(Duration.ofMinutes(1));
            Workbench.remove(folder);
        }
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
        assertEquals(found, servedByPodman(storage));
    }

    /** By its service, without the program, which would look for the image elsewhere. */
    private static String servedByPodman(Path storage) throws Exception {
        Path folder = Files.createTempDirectory(Path.of("/tmp"), "jrun");
        String socket = folder.resolve("socket").toString();
        Command.Running service = Command.of("podman", "system", "service", "--time=0", "unix://" + socket)
                .with("CONTAINERS_STORAGE_CONF", storage.toString())
                .with("HOME", folder.toString())
                .start();
        try {
            Command.of("sh", "-c", "for i in $(seq 300); do [ -S $0 ] && exit; sleep 0.1; done; exit 1", socket)
                    .run()
                    .orFail();
            return imported(
                    JRUN.command("import", "-q", "-o", "podman-service.sqsh", "podman://lab/solver:2.1")
                            .with("CONTAINER_HOST", "unix://" + socket),
                    "podman-service.sqsh");
        } finally {
            service.signal("TERM");
            service.await(Duration.ofMinutes(1));
            Workbench.remove(folder);
        }
    }
}
