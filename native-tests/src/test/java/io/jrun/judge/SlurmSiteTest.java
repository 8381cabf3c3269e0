package io.jrun.judge;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What {@code jrun slurm init} writes, in a real Slurm as it stands. */
@NeedsSlurm
@NeedsSpank
class SlurmSiteTest {

    private static final FakeRegistry REGISTRY = FakeRegistry.of(TestImages.busybox());
    private static final Path SITE = Workbench.newFolder("site", Account.ROOT);

    /** An image file; where none can be mounted, a directory of the same content. */
    private static final String IMAGE = Host.fuseOpens() ? "./box.sqsh" : "./.local/share/jrun/containers/tree/rootfs";

    private static SlurmLab lab;

    @BeforeAll
    static void makeSite() throws IOException {
        Command.of(Workbench.launcher().toString(), "slurm", "init", "--directory", SITE.toString())
                .run()
                .orFail();
        Path extra = Files.writeString(
                SITE.resolve("slurm.conf"),
                "Prolog=" + SITE.resolve("prolog") + "\nPrologFlags=Alloc\nEpilog=" + SITE.resolve("epilog") + "\n");
        lab = SlurmLab.up(Map.of(
                "PLUGSTACK", SITE.resolve("plugstack.conf").toString(),
                "OCI", SITE.resolve("oci.conf").toString(),
                "EXTRA", extra.toString()));
        Path epilog = SITE.resolve("epilog");
        Path data = lab.home().resolve(".local/share/jrun"); // the account's own home is another one
        Files.writeString(epilog, Files.readString(epilog).replace("data=$home/.local/share/jrun", "data=" + data));
        lab.command("jrun", "import", "-q", "-o", "box.sqsh", REGISTRY.reference())
                .run()
                .orFail();
        lab.command("jrun", "create", "-n", "tree", "box.sqsh").run().orFail();
    }

    @AfterAll
    static void end() {
        if (lab != null) {
            lab.close();
        }
        REGISTRY.close();
        Command.of("rmdir", "/run/jrun-oci/games", "/run/jrun-oci").run();
    }

    @Test
    void theLineOfPlugstackOffersContainers() {
        Command.Result result = lab.command(
                        "srun", "--quiet", "-N3", "--container-image=" + IMAGE, "cat", "/srv/greeting")
                .run()
                .orFail();

        assertEquals("hello\nhello\nhello", result.text());
    }

    /** The line that plugstack.conf shows, on the sources that lie in the installation. */
    @Test
    void thePluginCanBeBuiltOnTheSiteByOneLine() throws IOException {
        String line = Files.readString(SITE.resolve("plugstack.conf"))
                .lines()
                .filter(each -> each.startsWith("#     ") && each.contains("gcc "))
                .findFirst()
                .orElseThrow()
                .substring(1)
                .strip();
        assertTrue(guide().contains(line.substring(line.indexOf("gcc "))), line + " is not the line of docs/slurm.md");
        Path own = Workbench.newFolder("plugin", Account.ROOT).resolve("jrun.so");
        Command.of("sh", "-ec", line.replace(Workbench.slurmPlugin().toString(), own.toString()))
                .run()
                .orFail();
        String plugstack = Files.readString(SITE.resolve("plugstack.conf"));
        lab.plugins("required " + own + " jrun=" + Workbench.launcher() + "\n");

        Command.Result result = lab.command("srun", "--quiet", "--container-image=" + IMAGE, "cat", "/srv/greeting")
                .run();

        lab.plugins(plugstack);
        assertEquals("hello", result.orFail().text());
    }

    /** For this installation, commands that go over several lines as one. */
    private static String guide() throws IOException {
        Path home = Workbench.launcher().resolve("../..").normalize();
        String text = Files.readString(home.resolve("share/doc/slurm.md"));
        return text.replaceAll("\\\\\n +", "").replace("/opt/jrun", home.toString());
    }

    @Test
    void theGuideNamesAllFiles() throws IOException {
        String guide = guide();

        try (Stream<Path> written = Files.list(SITE)) {
            for (Path file :
                    written.filter(each -> !each.endsWith("slurm.conf")).toList()) {
                assertTrue(guide.contains("/etc/slurm/jrun/" + file.getFileName()), file.toString());
            }
        }
    }

    /** "required" would fail all jobs of a cluster that is of another release than the plugin. */
    @Test
    void aPluginOfAnotherReleaseIsNotPutInForce() throws IOException {
        Path programs = Workbench.newFolder("other-slurm", Account.ROOT);
        Path srun = Files.writeString(programs.resolve("srun"), "#!/bin/sh\necho slurm 99.11.2\n");
        Files.setPosixFilePermissions(srun, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path site = Workbench.newFolder("other-site", Account.ROOT);
        Command.Result init = Command.of(Workbench.launcher().toString(), "slurm", "init", "-d", site.toString())
                .with("PATH", programs + ":/usr/bin:/bin")
                .run()
                .orFail();
        String plugstack = Files.readString(SITE.resolve("plugstack.conf"));
        lab.plugins(Files.readString(site.resolve("plugstack.conf")));

        Command.Result plain = lab.command("srun", "--quiet", "echo", "runs").run();

        lab.plugins(plugstack);
        assertAll(
                () -> assertTrue(init.talk().contains("this is Slurm 99.11"), init.talk()),
                () -> assertTrue(init.talk().contains("\n  mkdir -p "), init.talk()),
                () -> assertEquals("runs", plain.orFail().text()));
    }

    @Test
    void whatLayOnANodeThatDiedTheNextJobThereRemoves() throws IOException {
        Command.Running running = lab.command(
                        "srun", "--quiet", "--nodelist=node2", "jrun", "start", "--join", IMAGE, "sleep", "42.7")
                .start();
        for (int i = 0; i < 300 && meetingPlaces().isEmpty(); i++) {
            SlurmLab.pause();
        }
        lab.killNode("node2");
        running.await(Duration.ofMinutes(2));
        List<Path> left = meetingPlaces();
        for (Path file : left) {
            // A node needs longer than that to boot.
            Files.setLastModifiedTime(file, FileTime.from(Instant.now().minus(Duration.ofMinutes(2))));
        }
        lab.reviveNode("node2");

        lab.command("srun", "--quiet", "--nodelist=node2", "true").run().orFail();

        for (int i = 0; i < 100 && !meetingPlaces().isEmpty(); i++) {
            SlurmLab.pause();
        }
        assertEquals(1, left.size());
        assertEquals(List.of(), meetingPlaces());
    }

    @Test
    void thePrologMakesTheDirectoryOfStatesForTheUserAlone() {
        Command.Result result = lab.command("srun", "--quiet", "stat", "-c", "%a %U", "/run/jrun-oci/games")
                .run()
                .orFail();

        assertEquals("700 games", result.text());
    }

    @Test
    void aBundleRunsByOciConf() throws IOException {
        Path bundle = Workbench.newFolder("bundle", Account.GAMES);
        Files.createDirectories(bundle.resolve("rootfs/bin"));
        Files.createDirectories(bundle.resolve("rootfs/proc"));
        Files.copy(Path.of("/bin/busybox"), bundle.resolve("rootfs/bin/sh"));
        String user = Command.of("id", "-u", "games").run().orFail().text();
        String group = Command.of("id", "-g", "games").run().orFail().text();
        Files.writeString(bundle.resolve("config.json"), """
                {"ociVersion": "1.0.2", "root": {"path": "rootfs", "readonly": true},
                 "process": {"terminal": false, "user": {"uid": 0, "gid": 0}, "args": ["sh"],
                             "env": ["PATH=/bin"], "cwd": "/"},
                 "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"}],
                 "linux": {"uidMappings": [{"containerID": 0, "hostID": %s, "size": 1}],
                           "gidMappings": [{"containerID": 0, "hostID": %s, "size": 1}],
                           "namespaces": [{"type": "user"}, {"type": "mount"}, {"type": "pid"}]}}
                """.formatted(user, group));

        Command.of("chown", "-R", "games:games", bundle.toString()).run().orFail();

        Command.Result result = lab.command(
                        "srun", "--quiet", "--container=" + bundle, "sh", "-c", "echo in $$; sleep 1; exit 3")
                .run();

        assertEquals("in 1", result.text(), result.toString());
        assertEquals(3, result.status(), result.toString());
        try (Stream<Path> states = Files.list(Path.of("/run/jrun-oci/games"))) {
            assertEquals(List.of(), states.toList());
        }
    }

    @Test
    void theEpilogRemovesWhatAKilledStepLeft() throws IOException {
        // Nobody said how many come, so the place where they meet is there at the end.
        lab.command("srun", "--quiet", "--nodelist=node2", "jrun", "start", "--join", IMAGE, "true")
                .run()
                .orFail();

        for (int i = 0; i < 100 && !meetingPlaces().isEmpty(); i++) {
            SlurmLab.pause();
        }
        assertEquals(List.of(), meetingPlaces());
    }

    private static List<Path> meetingPlaces() throws IOException {
        try (Stream<Path> files = Files.walk(lab.temporary("node2"))) {
            return files.filter(file -> file.getFileName().toString().startsWith("join-"))
                    .toList();
        }
    }

    @Test
    void theEpilogRemovesTheContainersOfTheJobAndNoOthers() throws IOException {
        lab.command("jrun", "create", "-n", "slurm-0-other", "box.sqsh").run().orFail();
        Path own = lab.home().resolve(".local/share/jrun/containers");
        Command.Result made = lab.command(
                        "srun",
                        "--quiet",
                        "sh",
                        "-c",
                        "jrun create -n slurm-$SLURM_JOB_ID-mine box.sqsh; echo $SLURM_JOB_ID")
                .run()
                .orFail();
        Path container =
                own.resolve("slurm-" + made.text().lines().reduce((a, b) -> b).orElseThrow() + "-mine");

        for (int i = 0; i < 200 && Files.exists(container); i++) {
            SlurmLab.pause();
        }

        assertFalse(Files.exists(container));
        assertTrue(Files.exists(own.resolve("slurm-0-other")));
    }

    @Test
    void noNodeIsDrained() {
        lab.command("srun", "--quiet", "-N3", "true").run().orFail();

        assertEquals(
                "",
                lab.command("sinfo", "-h", "-N", "-t", "drain,down")
                        .run()
                        .orFail()
                        .text());
    }

    @Test
    void scriptsAndCompletionAreUnderstoodByTheirShells() {
        assertAll(
                () -> Command.of("sh", "-n", SITE.resolve("prolog").toString())
                        .run()
                        .orFail(),
                () -> Command.of("sh", "-n", SITE.resolve("epilog").toString())
                        .run()
                        .orFail(),
                () -> assertTrue(Command.of(
                                "bash",
                                "-c",
                                ". \"$0\" && complete -p jrun",
                                SITE.resolve("completion.bash").toString())
                        .run()
                        .orFail()
                        .text()
                        .contains("complete ")));
    }

    @Test
    void aSecondTimeNothingChangesAndWhatTheSiteChangedStays() throws IOException {
        Path site = Workbench.newFolder("again", Account.ROOT);
        String[] init = {Workbench.launcher().toString(), "slurm", "init", "-d", site.toString()};
        Command.of(init).run().orFail();
        Command.of(init).run().orFail();
        Files.writeString(site.resolve("epilog"), "#!/bin/sh\n");

        Command.Result refused = Command.of(init).run();

        assertEquals(2, refused.status());
        assertTrue(refused.talk().contains("it exists and differs (EEXIST)"), refused.talk());
        assertEquals("#!/bin/sh\n", Files.readString(site.resolve("epilog")));
    }
}
