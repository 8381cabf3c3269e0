package io.jrun.judge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the directories of the system and the user make of a start, and that warm starts follow them. */
@NeedsUserns
class ConfiguredStartTest {

    private static final Jrun JRUN = Jrun.as(Account.USER);
    private static final FakeRegistry REGISTRY = FakeRegistry.of(TestImages.busybox());

    private Path system;
    private Path user;

    @BeforeAll
    static void create() {
        JRUN.create(REGISTRY.reference(), "box");
    }

    @AfterAll
    static void stop() {
        REGISTRY.close();
    }

    @BeforeEach
    void makeDirectories() {
        system = Workbench.newFolder("system", Account.USER);
        user = Workbench.newFolder("user", Account.USER);
    }

    private Command command(String... words) {
        return JRUN.command(words)
                .with("JRUN_SYSCONF_PATH", system.toString())
                .with("JRUN_CONFIG_PATH", user.toString());
    }

    private String sh(String script) {
        return command("start", "box", "sh", "-c", script).run().orFail().text();
    }

    private static Path write(Path directory, String name, String content) throws IOException {
        Path file = directory.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, content);
    }

    private static void hook(Path directory, String name, String script) throws IOException {
        Path file = write(directory, "hooks.d/" + name, "#!/bin/sh\n" + script + "\n");
        Command.of("chmod", "755", file.toString()).run().orFail();
    }

    @Test
    void valuesAreShownWithTheirOrigins() throws IOException {
        write(system, "config", "rw = yes\n");
        write(user, "config.d/mine.conf", "pass = A_*\n");

        String shown = command("config").with("JRUN_ROOT", "yes").run().orFail().text();

        assertTrue(shown.matches("(?s).*key +rw +yes +" + system + "/config line 1.*"), shown);
        assertTrue(shown.matches("(?s).*key +pass +A_\\* +" + user + "/config.d/mine.conf line 1.*"), shown);
        assertTrue(shown.matches("(?s).*key +root +yes +JRUN_ROOT.*"), shown);
    }

    @Test
    void unknownKeyIsRefusedWithASuggestion() throws IOException {
        write(system, "config", "mount-hom = yes\n");

        Failures.assertFailed(125, command("start", "box", "true").run(), "mount-hom", "did you mean mount-home?");
    }

    @Test
    void warmStartNoticesAFileThatComesChangesAndGoes() throws IOException {
        assertEquals("", sh("echo $SITE"));

        Path file = write(system, "environ.d/site.env", "SITE=one\n");
        assertEquals("one", sh("echo $SITE"));

        Files.writeString(file, "SITE=three\n");
        assertEquals("three", sh("echo $SITE"));

        Files.delete(file);
        assertEquals("", sh("echo $SITE"));
    }

    @Test
    void usersVariablesOutweighTheSystems() throws IOException {
        write(system, "environ.d/a.env", "WHO=system\n");
        write(user, "environ.d/a.env", "WHO=user\n");

        assertEquals("user", sh("echo $WHO"));
    }

    @Test
    void mountsOfFilesAreMadeAndCanBeLeftOut() throws IOException {
        Path data = write(Workbench.newFolder("data", Account.USER), "job-7/data", "content\n");
        write(
                system,
                "mounts.d/10-job.fstab",
                data.getParent().getParent() + "/job-${SLURM_JOB_ID} /job none ro,x-create=dir\n"
                        + "tmpfs /fast tmpfs size=64k 0 0\n/no/such /gone none nofail\n");
        Command.Result found = command("start", "box", "sh", "-c", "cat /job/data; ls -d /fast")
                .with("SLURM_JOB_ID", "7")
                .run();
        Command.Result without = command("start", "--no-mount", "/job", "box", "test", "-e", "/job")
                .with("SLURM_JOB_ID", "7")
                .run();

        assertEquals("content\n/fast", found.orFail().text());
        assertEquals(1, without.status(), without::toString);
    }

    @Test
    void hooksRunInOrderAndBringVariablesAndMounts() throws IOException {
        Path data = write(Workbench.newFolder("data", Account.USER), "data", "content\n");
        hook(system, "20-second", "echo \"ORDER=$FIRST second\" >>\"$JRUN_ENVIRON\"; echo FIRST=x >>\"$JRUN_ENVIRON\"");
        hook(
                system,
                "10-first",
                "mount --bind " + data.getParent() + " \"$JRUN_ROOTFS/srv\"\n"
                        + "echo \"NAME=$JRUN_CONTAINER\" >>\"$JRUN_ENVIRON\"; echo PID=$JRUN_PID >>\"$JRUN_ENVIRON\"");

        String found = sh(
                "echo $NAME:$ORDER; cat /srv/data; test $PID = $$ && echo same; id -u; grep CapEff /proc/self/status");

        assertEquals("box: second\ncontent\nsame\n" + Account.numberOfUser() + "\nCapEff:\t0000000000000000", found);
    }

    @Test
    void hookThatFailsEndsTheStartWithItsName() throws IOException {
        hook(system, "10-site", "echo no licence >&2; exit 3");

        Command.Result result =
                command("start", "box", "sh", "-c", "echo started").run();

        assertEquals(125, result.status(), result::toString);
        assertEquals("", result.text());
        assertTrue(
                result.talk().contains("no licence")
                        && result.talk().contains("run the hook " + system + "/hooks.d/10-site"),
                result::toString);
    }

    @Test
    void hooksCanBeSwitchedOff() throws IOException {
        hook(system, "10-site", "exit 3");

        assertEquals(
                "fine",
                command("start", "box", "echo", "fine")
                        .with("JRUN_HOOKS", "no")
                        .run()
                        .orFail()
                        .text());
    }

    @Test
    @NeedsStrace
    void warmStartWithHooksRunsThemAndNoJava() throws IOException {
        hook(system, "10-site", ":");
        Path trace = Workbench.newFolder("trace", Account.USER).resolve("trace");
        command("start", "box", "true").run().orFail();

        command("start", "box", "true")
                .behind("strace", "-f", "-qq", "-e", "trace=execve", "-o", trace.toString())
                .run()
                .orFail();

        List<String> programs = Host.lines(trace.toString()).stream()
                .filter(line -> line.contains("execve(") && !line.contains("ENOENT"))
                .toList();
        assertEquals(3, programs.size(), programs::toString);
        assertFalse(programs.toString().contains("java"), programs::toString);
    }

    @Test
    void namespacesOfTheSiteAreEachContainersOwn() throws IOException {
        write(system, "config", "unshare = ipc\n");
        String links = "for n in ipc uts net; do readlink /proc/self/ns/$n; done";

        List<String> host = Command.of("sh", "-c", links).run().text().lines().toList();
        List<String> found = command("start", "box", "sh", "-c", links)
                .with("JRUN_UNSHARE", "uts")
                .run()
                .orFail()
                .text()
                .lines()
                .toList();

        assertNotEquals(host.get(0), found.get(0));
        assertNotEquals(host.get(1), found.get(1));
        assertEquals(host.get(2), found.get(2));
    }

    @Test
    void wordThatIsNoNamespaceIsRefusedWithItsPlace() {
        Command.Result result =
                command("start", "box", "true").with("JRUN_UNSHARE", "time").run();

        Failures.assertFailed(125, result, "JRUN_UNSHARE");
    }

    @Test
    void processesOfOneParentShareWhereTheSiteSaysSo() throws IOException {
        write(system, "config", "join = yes\n");
        Command two = command("start", "box")
                .behind(
                        "sh",
                        "-c",
                        "\"$@\" sh -c 'readlink /proc/self/ns/mnt; sleep 1' & "
                                + "\"$@\" sh -c 'readlink /proc/self/ns/mnt; sleep 1' & wait",
                        "sh");

        List<String> together = two.run().orFail().text().lines().toList();
        List<String> apart =
                two.with("JRUN_JOIN", "no").run().orFail().text().lines().toList();

        assertEquals(1, together.stream().distinct().count(), together::toString);
        assertEquals(2, apart.stream().distinct().count(), apart::toString);
    }

    @Test
    void ownProcessesAndSharedNamespacesExcludeEachOther() {
        Command.Result result = command("start", "--join", "box", "true")
                .with("JRUN_UNSHARE", "pid")
                .run();

        Failures.assertFailed(125, result, "exclude each other");
    }

    @Test
    void settingsOfFilesHold() throws IOException {
        write(system, "config", "overlay = 1m\nroot = on\nblock = SECRET_*\nno-mount = tmp\n");

        String found = command(
                        "start",
                        "-e",
                        "SECRET_A=kept",
                        "box",
                        "sh",
                        "-c",
                        "id -u; touch /srv/x && echo written; echo $SECRET_A;"
                                + " grep -c ' /tmp ' /proc/self/mountinfo")
                .run()
                .text();

        assertEquals("0\nwritten\nkept\n0", found);
    }
}
