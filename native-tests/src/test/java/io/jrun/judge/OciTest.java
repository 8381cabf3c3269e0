package io.jrun.judge;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.json.Json;
import io.jrun.json.JsonValue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The life of containers by the OCI runtime-spec, for an account without rights; proc(5) and the file system judge. */
@NeedsUserns
class OciTest {

    private static final Jrun JRUN = Jrun.as(Account.USER);
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static int number;

    private final Path states = JRUN.file("states");
    private final String id = "c" + ++number;

    private Bundle bundle() {
        return Bundle.of(JRUN.home(), "bundle-" + id, Integer.parseInt(Account.numberOfUser()));
    }

    private Command oci(String... words) {
        Stream<String> front = Stream.of("oci", "--state-dir", states.toString());
        return JRUN.command(Stream.concat(front, Stream.of(words)).toArray(String[]::new));
    }

    private Command asRoot(String... words) {
        return oci(words).as(Account.ROOT).with("HOME", "/root");
    }

    private Command.Result run(Bundle bundle) {
        return oci("run", "-b", bundle.folder().toString(), id).run();
    }

    private void create(Bundle bundle) {
        oci("create", "-b", bundle.folder().toString(), id).run().orFail();
    }

    private JsonValue state() throws IOException {
        return Json.parse(oci("state", id).run().orFail().output(), "state");
    }

    private String status() throws IOException {
        return state().string("status").orElse("");
    }

    private void awaitStatus(String expected) throws IOException {
        for (int i = 0; i < 100 && !status().equals(expected); i++) {
            SlurmLab.pause();
        }
        assertEquals(expected, status());
    }

    private void assertNothingIsLeft() throws IOException {
        try (Stream<Path> left = Files.list(states)) {
            assertEquals(List.of(), left.toList());
        }
    }

    @Test
    void runEndsAsItsProgramAndLeavesNothing() throws IOException {
        Command.Result result = run(bundle().running("sh", "-c", "cat /proc/sys/kernel/hostname; id -u; exit 7"));

        assertAll(
                () -> assertEquals(7, result.status(), result.toString()),
                () -> assertEquals("judged\n0", result.text()),
                () -> assertEquals("", result.talk()),
                this::assertNothingIsLeft);
    }

    @Test
    void aSignalReachesTheProgramOfRun() throws IOException {
        Bundle bundle = bundle().running("sh", "-c", "trap 'exit 9' TERM; touch /tmp/up; while :; do sleep 0.1; done");
        Command.Running running =
                oci("run", "-b", bundle.folder().toString(), id).start();
        awaitFile(bundle.rootfs().resolve("tmp/up"));

        running.signal("TERM");

        assertEquals(9, running.await(PATIENCE).status());
        assertNothingIsLeft();
    }

    private static void awaitFile(Path file) {
        for (int i = 0; i < 600 && !Files.exists(file); i++) {
            SlurmLab.pause();
        }
        assertTrue(Files.exists(file), file + " never came");
    }

    @Test
    void theProgramRunsFromStartOnAndNoEarlier() throws IOException {
        Bundle bundle = bundle().running("sh", "-c", "touch /tmp/ran; sleep 987");

        create(bundle);
        String created = status();
        boolean early = Files.exists(bundle.rootfs().resolve("tmp/ran"));
        oci("start", id).run().orFail();
        awaitFile(bundle.rootfs().resolve("tmp/ran"));
        String running = status();
        Command.Result again = oci("start", id).run();
        Command.Result tooEarly = oci("delete", id).run();
        oci("kill", id, "KILL").run().orFail();
        awaitStatus("stopped");
        oci("delete", id).run().orFail();

        assertAll(
                () -> assertEquals("created", created),
                () -> assertFalse(early),
                () -> assertEquals("running", running),
                () -> assertEquals(2, again.status(), again.toString()),
                () -> assertEquals(2, tooEarly.status(), tooEarly.toString()),
                this::assertNothingIsLeft);
    }

    /** A container that runs until it is killed; hands its process ID to nobody. */
    private void running(Bundle bundle) throws IOException {
        create(bundle.running("sh", "-c", "touch /tmp/up; exec sleep 988"));
        oci("start", id).run().orFail();
        awaitFile(bundle.rootfs().resolve("tmp/up"));
    }

    private void end() throws IOException {
        oci("kill", id, "KILL").run().orFail();
        awaitStatus("stopped");
        oci("delete", id).run().orFail();
        assertNothingIsLeft();
    }

    @Test
    void aFurtherProcessIsInTheContainerAndEndsAsItsProgram() throws IOException {
        running(bundle());
        long pid = state().integer("pid").orElseThrow();
        String seen = "for n in user mnt pid ipc uts; do readlink /proc/self/ns/$n; done; echo $A; pwd; exit 6";

        Command.Result result = oci("exec", "-e", "A=given", "--cwd", "/tmp", id, "sh", "-c", seen)
                .run();
        List<String> expected = new java.util.ArrayList<>();
        for (String each : List.of("user", "mnt", "pid", "ipc", "uts")) {
            expected.add(Files.readSymbolicLink(Path.of("/proc/" + pid + "/ns/" + each))
                    .toString());
        }
        expected.addAll(List.of("given", "/tmp"));
        Command.Result missing = oci("exec", id, "no-such-program").run();
        end();

        assertAll(
                () -> assertEquals(6, result.status(), result.toString()),
                () -> assertEquals(String.join("\n", expected), result.text(), result.toString()),
                () -> assertEquals(127, missing.status(), missing.toString()));
    }

    @Test
    void aFurtherProcessMayNoMoreThanTheFirst() throws IOException {
        running(bundle().withLinux("\"seccomp\": {\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [{\"names\":"
                + " [\"mkdir\", \"mkdirat\"], \"action\": \"SCMP_ACT_ERRNO\", \"errnoRet\": 95}]}"));

        Command.Result result = oci(
                        "exec",
                        id,
                        "sh",
                        "-c",
                        "grep -E '^(CapEff|NoNewPrivs|Seccomp):' /proc/self/status; busybox mkdir /tmp/x")
                .run();
        end();

        assertAll(
                () -> assertTrue(result.text().contains("CapEff:\t0000000000000000"), result.toString()),
                () -> assertTrue(result.text().contains("NoNewPrivs:\t1"), result.toString()),
                () -> assertTrue(result.text().contains("Seccomp:\t2"), result.toString()),
                () -> assertTrue(result.talk().contains("not supported"), result.toString()));
    }

    @Test
    void aDetachedProcessLivesOnAndItsFileNamesIt() throws IOException {
        Bundle bundle = bundle();
        running(bundle);
        Path file = JRUN.file("pid-" + id);

        oci("exec", "--detach", "--pid-file", file.toString(), id, "sleep", "986")
                .run()
                .orFail();
        Path process = Path.of("/proc", Files.readString(file).strip());
        List<String> command = Host.lines(process.resolve("cmdline").toString());
        end();

        assertEquals(List.of("sleep\u0000986\u0000"), command);
    }

    @Test
    void labelsOfModulesThatDoNotRunHereAreToldAndNoObstacle() throws IOException {
        Bundle bundle = bundle().withProcess("\"apparmorProfile\": \"site\", \"selinuxLabel\": \"u:r:t:s0\"")
                .withLinux("\"mountLabel\": \"u:r:t:s0\"");
        boolean apparmor = Files.exists(Path.of("/sys/module/apparmor"));
        boolean selinux = Files.exists(Path.of("/sys/fs/selinux/enforce"));
        org.junit.jupiter.api.Assumptions.assumeFalse(apparmor || selinux, "a module runs: judged in the machine");

        Command.Result result = run(bundle.running("echo", "inside"));

        assertAll(
                () -> assertEquals("inside", result.text(), result.toString()),
                () -> assertTrue(result.talk().contains("without AppArmor"), result.talk()),
                () -> assertTrue(result.talk().contains("without SELinux"), result.talk()),
                this::assertNothingIsLeft);
    }

    @Test
    void anUnknownContainerPrintsNothing() {
        Command.Result result = oci("state", "nobody").run();

        assertAll(() -> assertEquals(3, result.status()), () -> assertEquals("", result.text()));
    }

    @Test
    void aMissingProgramIsToldByCreateAndBy127OfRun() throws IOException {
        Bundle bundle = bundle().running("no-such-program");

        Command.Result created =
                oci("create", "-b", bundle.folder().toString(), id).run();
        Command.Result ran = run(bundle);

        assertAll(
                () -> assertEquals(125, created.status()),
                () -> assertTrue(created.talk().contains("no such file or directory (ENOENT)"), created.talk()),
                () -> assertEquals(127, ran.status(), ran.toString()),
                this::assertNothingIsLeft);
    }

    @Test
    void hooksRunInTheirOrderAndReadTheState() throws IOException {
        Path log = JRUN.file("hooks-" + id);
        Path hook = JRUN.file("hook-" + id);
        Files.writeString(hook, "#!/bin/sh\necho \"$1 $(cat | grep -o '\"status\":\"[a-z]*\"')\" >>" + log + "\n");
        Files.setPosixFilePermissions(hook, PosixFilePermissions.fromString("rwxr-xr-x"));
        StringBuilder hooks = new StringBuilder();
        for (String kind : List.of("prestart", "createRuntime", "createContainer", "poststart", "poststop")) {
            hooks.append(hooks.isEmpty() ? "" : ", ")
                    .append("\"" + kind + "\": [{\"path\": \"" + hook + "\", \"args\": [\"hook\", \"" + kind
                            + "\"], \"env\": [\"PATH=/usr/bin:/bin\"], \"timeout\": 60}]");
        }
        Bundle bundle = bundle().with("\"hooks\": {" + hooks
                        + ", \"startContainer\": [{\"path\": \"/bin/sh\", \"args\":"
                        + " [\"sh\", \"-c\", \"cat >/tmp/started\"]}]}")
                .running("cat", "/tmp/started");

        Command.Result result = run(bundle);

        assertAll(
                () -> assertEquals(0, result.status(), result.toString()),
                () -> assertTrue(result.text().contains("\"status\":\"created\""), result.text()),
                () -> assertEquals(
                        List.of(
                                "prestart \"status\":\"created\"",
                                "createRuntime \"status\":\"creating\"",
                                "createContainer \"status\":\"creating\"",
                                "poststart \"status\":\"running\"",
                                "poststop \"status\":\"stopped\""),
                        Files.readAllLines(log)));
    }

    @Test
    void aFailingHookLeavesNoContainer() throws IOException {
        Path mark = JRUN.file("poststop-" + id);
        Bundle bundle = bundle().with("\"hooks\": {\"createRuntime\": [{\"path\": \"/bin/false\"}],"
                        + " \"poststop\": [{\"path\": \"/usr/bin/touch\", \"args\": [\"touch\", \"" + mark + "\"]}]}")
                .running("true");

        Command.Result result =
                oci("create", "-b", bundle.folder().toString(), id).run();

        assertAll(
                () -> assertEquals(125, result.status()),
                () -> assertEquals(
                        "jrun: cannot run the createRuntime hook /bin/false: it ended with status 1", result.talk()),
                () -> assertTrue(Files.exists(mark), "the poststop hook did not run"),
                this::assertNothingIsLeft);
    }

    @Test
    void aHookThatTakesTooLongIsKilled() throws IOException {
        Bundle bundle = bundle().with("\"hooks\": {\"prestart\": [{\"path\": \"/bin/sleep\","
                        + " \"args\": [\"sleep\", \"6543\"], \"timeout\": 1}]}")
                .running("true");

        Command.Result result = run(bundle);

        assertAll(
                () -> assertEquals(125, result.status()),
                () -> assertTrue(result.talk().contains("it did not end within 1 s"), result.talk()));
    }

    /** A link of the image as a mount point: followed on the host it would show there. */
    @Test
    void aLinkOfTheImageLeadsNoMountOutside() throws IOException {
        Path victim = Files.createDirectory(JRUN.file("victim-" + id));
        Bundle bundle =
                bundle().withMount("{\"destination\": \"/link/made\", \"type\": \"tmpfs\", \"source\": \"tmpfs\"}");
        Files.createSymbolicLink(bundle.rootfs().resolve("link"), Path.of(victim.toString()));
        bundle.running("sh", "-c", "touch " + victim + "/made/in && ls " + victim + "/made");
        if (Host.isRoot()) {
            Command.of("chown", Integer.toString(Account.ID), victim.toString())
                    .run()
                    .orFail();
        }

        Command.Result result = run(bundle);

        try (Stream<Path> outside = Files.list(victim)) {
            assertEquals(List.of(), outside.toList(), result.toString());
        }
    }

    @Test
    void whatIsSetHolds() throws IOException {
        Bundle bundle = bundle().withProcess("\"rlimits\": [{\"type\": \"RLIMIT_NOFILE\", \"soft\": 77, \"hard\": 99}],"
                        + " \"capabilities\": {\"bounding\": [\"CAP_KILL\"], \"effective\": [\"CAP_KILL\"],"
                        + " \"permitted\": [\"CAP_KILL\"]}, \"oomScoreAdj\": 500")
                .withLinux("\"maskedPaths\": [\"/proc/keys\", \"/proc/acpi\", \"/no/such\"],"
                        + " \"readonlyPaths\": [\"/proc/sys\"], \"sysctl\": {\"kernel.shmmni\": \"2222\"},"
                        + " \"seccomp\": {\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\":"
                        + " [{\"names\": [\"mkdir\", \"mkdirat\"], \"action\": \"SCMP_ACT_ERRNO\", \"errnoRet\": 95}]}")
                .withMount("{\"destination\": \"/ro\", \"type\": \"bind\", \"source\": \"rootfs/bin\","
                        + " \"options\": [\"rbind\", \"ro\", \"nosuid\"]}")
                .running(
                        "sh",
                        "-c",
                        "ulimit -n; ulimit -Hn; grep -E 'CapEff|CapBnd|NoNewPrivs' /proc/self/status;"
                                + " cat /proc/self/oom_score_adj /proc/keys /proc/sys/kernel/shmmni;"
                                + " touch /ro/x /proc/sys/x; busybox mkdir /tmp/d; echo >/dev/null && echo null");

        Command.Result result = run(bundle);

        assertAll(
                () -> assertEquals(
                        List.of(
                                "77",
                                "99",
                                "CapEff:\t0000000000000020",
                                "CapBnd:\t0000000000000020",
                                "NoNewPrivs:\t1",
                                "500",
                                "2222",
                                "null"),
                        result.text().lines().toList(),
                        result.toString()),
                () -> assertTrue(result.talk().contains("/ro/x: Read-only file system"), result.talk()),
                () -> assertTrue(result.talk().contains("Operation not supported"), result.talk()));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"intelRdt\": {\"closID\": \"a\"} | linux.intelRdt",
                "\"sysctl\": {\"kernel.panic\": \"1\"} | linux.sysctl.kernel.panic",
                "\"devices\": [{\"path\": \"/dev/x\", \"type\": \"c\", \"major\": 10, \"minor\": 77}] |"
                        + " linux.devices[0]",
                "\"resources\": {\"blockIO\": {\"weight\": 10}} | linux.resources.blockIO",
                "\"seccomp\": {\"defaultAction\": \"SCMP_ACT_ALLOW\", \"listenerPath\": \"/x\"} |"
                        + " linux.seccomp.listenerPath"
            })
    void whatIsNotSupportedIsRefusedByItsName(String member, String name) throws IOException {
        Command.Result result = run(bundle().withLinux(member).running("true"));

        assertAll(
                () -> assertEquals(2, result.status(), result.toString()),
                () -> assertTrue(result.talk().contains(name), result.talk()));
    }

    @Test
    void theDeathOfRunIsTheDeathOfTheContainer() throws IOException {
        Bundle bundle = bundle().running("sh", "-c", "touch /tmp/up; sleep 4321.7");
        Command.Running running =
                oci("run", "-b", bundle.folder().toString(), id).start();
        awaitFile(bundle.rootfs().resolve("tmp/up"));

        running.signal("KILL");
        running.await(PATIENCE);

        awaitStatus("stopped");
        assertEquals(1, Command.of("pgrep", "-f", "sleep 4321.7").run().status());
        oci("delete", id).run().orFail();
        assertNothingIsLeft();
    }

    @Test
    void aProcessOfTheSameNumberIsNoContainer() throws IOException {
        create(bundle().running("sleep", "555"));
        Path process = states.resolve(id).resolve("process");
        String line = Files.readString(process);
        long pid = Long.parseLong(line.substring(0, line.indexOf(' ')));
        String[] fields = line.substring(line.lastIndexOf(')') + 2).split(" ", -1);
        fields[19] = Long.toString(Long.parseLong(fields[19]) - 1);
        Files.writeString(process, line.substring(0, line.lastIndexOf(')') + 2) + String.join(" ", fields));

        String status = status();
        Command.Result killed = oci("kill", id, "KILL").run();
        oci("delete", "--force", id).run().orFail();

        assertAll(
                () -> assertEquals("stopped", status),
                () -> assertEquals(2, killed.status(), killed.toString()),
                () -> assertTrue(Files.exists(Path.of("/proc", Long.toString(pid))), "it was killed"));
        Command.of("kill", "-KILL", Long.toString(pid)).run().orFail();
    }

    @Test
    @NeedsRoot
    void rootManagesTheContainerOfAnotherAccount() throws IOException {
        create(bundle().running("sleep", "556"));

        String status = asRoot("state", id).run().orFail().text();
        asRoot("kill", id, "KILL").run().orFail();
        awaitStatus("stopped");
        asRoot("delete", "--force", id).run().orFail();

        assertTrue(status.contains("\"created\""), status);
        assertNothingIsLeft();
    }

    /** The state belongs to its owner, who may write anything into it: root must not kill for him. */
    @Test
    @NeedsRoot
    void aForgedStateMakesRootSignalNobodyElse() throws IOException {
        create(bundle().running("sleep", "557"));
        Path process = states.resolve(id).resolve("process");
        String genuine = Files.readString(process);
        Process victim = new ProcessBuilder("sleep", "558").start();
        Files.write(process, Files.readAllBytes(Path.of("/proc/" + victim.pid() + "/stat")));

        Command.Result killed = asRoot("kill", id, "KILL").run();
        Command.Result deleted = asRoot("delete", "--force", id).run();
        boolean alive = victim.isAlive();
        victim.destroyForcibly();
        Files.writeString(process, genuine);
        oci("delete", "--force", id).run().orFail();

        assertAll(
                () -> assertTrue(alive, "root killed for somebody else"),
                () -> assertTrue(killed.talk().contains("EPERM"), killed.toString()),
                () -> assertTrue(deleted.talk().contains("EPERM"), deleted.toString()));
    }

    @Test
    @NeedsUmoci
    void aBundleOfUmociRuns() throws IOException {
        FakeRegistry registry = FakeRegistry.of(TestImages.busybox());
        try (registry) {
            JRUN.run(
                            "import",
                            "-q",
                            "--format",
                            "oci",
                            "-o",
                            JRUN.file("layout").toString(),
                            registry.reference())
                    .orFail();
        }
        Path bundle = JRUN.file("unpacked");
        Command.of("umoci", "unpack", "--rootless", "--image", JRUN.file("layout") + ":latest", bundle.toString())
                .as(Account.USER)
                .with("HOME", JRUN.home().toString())
                .run()
                .orFail();
        Path config = bundle.resolve("config.json");
        Files.writeString(
                config,
                Files.readString(config)
                        .replace("\"terminal\": true", "\"terminal\": false")
                        .replaceAll("(?s)\"args\": \\[.*?\\]", "\"args\": [\"/bin/cat\", \"/srv/greeting\"]"));

        Command.Result result = oci("run", "-b", bundle.toString(), id).run();

        assertEquals("hello", result.text(), result.toString());
    }
}
