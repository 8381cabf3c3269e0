package io.jrun.judge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.judge.Faults.Call;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each system call of a start made to fail, one after the other, in the starter and in the processes that it makes: once
 * with EIO, which nothing expects, and once with an errno of those that starts have words or other ways for. The start must
 * say what it could not do and end with 125, or the call must be one that a start can do without. The same calls, and each
 * process killed at them. Nothing stays behind.
 */
@NeedsUserns
@NeedsFuse
class FaultInjectionTest {

    private static final Jrun JRUN = Jrun.as(Account.USER);
    private static final FakeRegistry REGISTRY = FakeRegistry.of(TestImages.busybox());
    private static final Path RUNTIME = Workbench.newFolder("runtime", Account.USER);
    private static final Path CONFIG = Workbench.newFolder("config", Account.USER);
    private static final Path EMPTY = Workbench.newFolder("config", Account.USER);
    private static final Path OVERLAY = Workbench.newFolder("layers", Account.USER);
    private static final Leftovers LEFT = new Leftovers(
            JRUN.home(),
            List.of(RUNTIME, JRUN.home().resolve(".cache"), JRUN.home().resolve(".local"), OVERLAY));
    private static final Pattern FIRST_LINE = Pattern.compile("jrun: cannot \\S.*: \\S.*");
    private static final String EIO = "5";

    /** EPERM, ENOENT, ENOMEM, EACCES, EINVAL, ENOSPC, ENOSYS: one for each call, in turn. */
    private static final List<String> OTHERS = List.of("1", "2", "12", "13", "22", "28", "38");

    /** What is not made to fail, each with the reason. */
    private static final Map<String, String> LEFT_ALONE = Map.of(
            "close", "the kernel closes a descriptor whatever it then answers",
            "exit_group", "it cannot fail",
            "getpid", "the same",
            "getppid", "the same");

    /** What a start does without, each with the reason. */
    private static final Map<String, String> TOLERATED = Map.of(
            "openat",
                    "the first only keeps places for standard streams; a plan that cannot be opened is looked for"
                            + " again",
            "read",
                    "a plan that cannot be read is looked for again; without the report of the inner init its status"
                            + " counts",
            "statx", "a plan whose sources cannot be looked at is not fresh, and is looked for again",
            "faccessat", "the same of devices",
            "getcwd", "the same",
            "getgroups", "the same",
            "uname", "the same");

    /** What only bundles and starts without a plan do without, each with the reason. */
    private static final Map<String, String> TOLERATED_BEFORE = Map.of(
            "mkdirat", "the directory is there already, or another one serves",
            "faccessat", "the program is looked for in the next directory",
            "rt_sigaction", "what the caller had set is the usual");

    /** At which a process is killed: the others change nothing that could stay. */
    private static final Set<String> CHANGING = Set.of(
            "clone",
            "dup3",
            "execve",
            "exit_group",
            "flock",
            "ftruncate",
            "mkdirat",
            "mount",
            "move_mount",
            "pipe2",
            "pivot_root",
            "read",
            "setns",
            "umount2",
            "unlinkat",
            "unshare",
            "wait4",
            "write");

    /**
     * What stands between the making of the meeting place and the process that watches it. A wait4 that does not wait ends the
     * start before that process is made.
     */
    private static final Set<String> GUARDING =
            Set.of("flock", "statx", "pread64", "ftruncate", "clone", "rt_sigaction", "wait4");

    private static Path image;
    private static Path bundle;

    @BeforeAll
    static void create() throws IOException {
        image = JRUN.create(REGISTRY.reference(), "box");
        bundle = JRUN.file("box.run");
        JRUN.run("bundle", "-o", bundle.toString(), image.toString()).orFail();
        Path hook = CONFIG.resolve("hooks.d/10-hook");
        Files.createDirectories(hook.getParent());
        Files.writeString(hook, """
                #!/bin/sh
                echo HOOKED=1 >>"$JRUN_ENVIRON"
                echo 'tmpfs /srv tmpfs size=4k' >>"$JRUN_MOUNTS"
                echo '/usr /tmp none ro' >>"$JRUN_MOUNTS"
                """);
        Files.writeString(
                CONFIG.resolve("allow.json"),
                "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"reboot\"],"
                        + "\"action\":\"SCMP_ACT_ERRNO\"}]}");
        Command.of("chmod", "755", hook.toString()).run().orFail();
    }

    @AfterAll
    static void stop() {
        REGISTRY.close();
    }

    @AfterEach
    void nothingRuns() throws IOException, InterruptedException {
        assertEquals(List.of(), LEFT.running());
    }

    static List<String> starts() {
        return List.of(
                "box",
                "-v /usr:/data/usr:ro -v tmpfs:/fast:tmpfs -w /srv -e HOME box",
                "--overlay --root box",
                "--overlay=" + OVERLAY + "/one box",
                "--pid --ipc --uts=inside --net --cgroupns box",
                "--join --join-key=faults --join-count=1 box",
                "--join-key=open box",
                "--seccomp " + CONFIG + "/allow.json box",
                "hooks: --root box",
                "--mount type=squashfs,src=" + image + ",dst=/second box",
                "--overlay box.sqsh",
                "box.sqsh");
    }

    private static Command command(String start) {
        boolean hooks = start.startsWith("hooks: ");
        List<String> words = new ArrayList<>(List.of("start"));
        words.addAll(List.of(start.substring(hooks ? "hooks: ".length() : 0).split(" ", -1)));
        words.addAll(List.of("echo", "payload"));
        return JRUN.command(words.toArray(new String[0]))
                .with("XDG_RUNTIME_DIR", RUNTIME.toString())
                .with("JRUN_CONFIG_PATH", (hooks ? CONFIG : EMPTY).toString());
    }

    /** Where Java would be needed it is not there, so that a start that loses its plan says so. */
    private static Faults warm(String start) {
        return new Faults(
                command(start).with("JAVA_HOME", "/nonexistent").with("PATH", "/nonexistent"), Workbench.launcher());
    }

    @ParameterizedTest
    @MethodSource("starts")
    void eachCallThatFailsIsSaidOrDoneWithout(String start) throws IOException, InterruptedException {
        command(start).run().orFail();
        fail(start, warm(start), 1, () -> {});
    }

    /** What a host refuses with such an errno, a line of the check tells more about. */
    @ParameterizedTest
    @CsvSource({"unshare, 28, userNamespaces", "unshare, 1, userNamespaces", "mount, 1, mounts"})
    void whatTheHostRefusesNamesItsLineOfTheCheck(String name, String errno, String line) throws IOException {
        command("box").run().orFail();
        Faults faults = warm("box");
        Call call = faults.calls().stream()
                .filter(each -> each.name().equals(name))
                .findFirst()
                .orElseThrow();

        Failures.assertFailed(125, faults.with(call, errno), "(more: jrun check " + line + ")");
    }

    private static List<Call> calls(Faults faults) throws IOException {
        return faults.calls().stream()
                .filter(call -> !LEFT_ALONE.containsKey(call.name()))
                .toList();
    }

    /** Whether a file is one that a start may leave: the plan that it compiled, and the place where others may still meet. */
    private static boolean isMeant(Call call, String start, String file) {
        boolean meeting = file.contains("/jrun/join-");
        boolean plan = file.contains("/plans/") && !file.contains("/.tmp-");
        // The place is removed by the last of those counted, else by a process that is made right behind it.
        boolean unguarded = start.contains("--join-count") || call.process() > 0 || GUARDING.contains(call.name());
        return plan || (meeting && unguarded);
    }

    /** What is there and should not be; what will be gone soon is waited for. */
    private static List<String> wrongly(Call call, String start, Set<String> before)
            throws IOException, InterruptedException {
        List<String> more = List.of();
        for (int i = 0; i < 400; i++) {
            more = new ArrayList<>(LEFT.files());
            more.removeAll(before);
            more.removeIf(file -> isMeant(call, start, file));
            if (more.isEmpty()) {
                return more;
            }
            Thread.sleep(5);
        }
        return more;
    }

    private interface Before {
        void run() throws IOException, InterruptedException;
    }

    /**
     * @param start as in {@link #starts}, or ""
     * @param stride to leave some out where each takes long
     */
    private static void fail(String start, Faults faults, int stride, Before each)
            throws IOException, InterruptedException {
        List<String> wrong = new ArrayList<>();
        each.run();
        List<Call> calls = calls(faults);
        int failed = 0;
        for (int i = 0; i < calls.size(); i += stride) {
            Call call = calls.get(i);
            for (String errno : List.of(EIO, OTHERS.get(i % OTHERS.size()))) {
                each.run();
                Set<String> before = LEFT.files();
                Command.Result result = faults.with(call, errno);
                String judged = judge(call, errno, result, start.isEmpty());
                List<String> more = judged.isEmpty() ? wrongly(call, start, before) : List.of();
                failed += result.status() == 125 ? 1 : 0;
                if (!judged.isEmpty() || !more.isEmpty()) {
                    wrong.add(call + ", errno " + errno + ": " + judged + more + ": status " + result.status() + ", "
                            + result.text() + ", " + result.talk());
                }
            }
        }
        assertTrue(wrong.isEmpty(), () -> String.join("\n", wrong));
        assertTrue(failed > calls.size() / stride / 4, failed + " of " + calls);
    }

    /** A start that does without a call does all that was asked for; without an expected one it has nothing to say. */
    private static String judge(Call call, String errno, Command.Result result, boolean early) {
        if (result.status() == 0 && result.text().equals("payload")) {
            boolean unexpected = errno.equals(EIO) && call.process() == 0;
            boolean tolerated =
                    TOLERATED.containsKey(call.name()) || (early && TOLERATED_BEFORE.containsKey(call.name()));
            return !unexpected || (result.talk().isEmpty() && tolerated) ? "" : "it went on";
        }
        if (result.status() < 125 || result.status() > 127) {
            return "neither done nor refused";
        }
        List<String> lines = result.talk().lines().toList();
        return lines.isEmpty() || !FIRST_LINE.matcher(lines.get(0)).matches() ? "no message" : "";
    }

    @Test
    void theSecondOfThoseWhoShareFailsAsCleanly() throws IOException, InterruptedException {
        String start = "--join-key=second box";
        command(start).run().orFail();
        List<Command.Running> first = new ArrayList<>();
        try {
            fail(start, warm(start), 1, () -> {
                // Who could not look at the first has made a place of his own.
                if (first.isEmpty() || !isMetAt("second", first.get(0))) {
                    end(first);
                    first.add(leader("second"));
                }
            });
        } finally {
            end(first);
        }
    }

    private static void end(List<Command.Running> running) {
        running.forEach(each -> each.signal("KILL"));
        running.forEach(each -> each.await(Duration.ofMinutes(1)));
        running.clear();
    }

    /** Whether the meeting place names the mount namespace of a process; the first 64 bits do. */
    private static boolean isMetAt(String key, Command.Running running) throws IOException {
        String namespace = Command.of("readlink", "/proc/" + running.process().pid() + "/ns/mnt")
                .run()
                .text();
        try (Stream<Path> files = Files.list(RUNTIME.resolve("jrun"))) {
            for (Path file : files.filter(each -> each.toString().contains("-key-" + key + "-"))
                    .toList()) {
                byte[] content = Files.readAllBytes(file);
                if (content.length >= 16) {
                    long inode = ByteBuffer.wrap(content)
                            .order(ByteOrder.nativeOrder())
                            .getLong();
                    return namespace.equals("mnt:[" + inode + "]");
                }
            }
        }
        return false;
    }

    /** One that has offered its namespaces and waits. */
    private static Command.Running leader(String key) throws IOException, InterruptedException {
        Path ready = Workbench.newFolder("ready", Account.USER).resolve("now");
        Command.Running running = JRUN.command(
                        "start", "--join-key=" + key, "box", "sh", "-c", "echo >" + ready + "; exec sleep 300")
                .with("XDG_RUNTIME_DIR", RUNTIME.toString())
                .with("JRUN_CONFIG_PATH", EMPTY.toString())
                .start();
        while (!Files.exists(ready)) {
            if (!running.process().isAlive()) {
                throw new AssertionError(running.await(Duration.ofSeconds(1)).toString());
            }
            Thread.sleep(10);
        }
        return running;
    }

    @Test
    void bundlesFailAsCleanly() throws IOException, InterruptedException {
        Command command = Command.of(bundle.toString(), "echo", "payload")
                .as(Account.USER)
                .in(JRUN.home())
                .with("HOME", JRUN.home().toString())
                .with("XDG_RUNTIME_DIR", RUNTIME.toString());
        command.run().orFail();

        fail("", new Faults(command, bundle), 2, () -> {});
    }

    @Test
    @NeedsRoot
    void startsWithGpusFailAsCleanly() throws IOException, InterruptedException {
        Path driver = Workbench.newFolder("driver", Account.ROOT);
        Command.of(Workbench.module().resolve("gpu/driver-tree").toString(), driver.toString(), "570.124.06")
                .run()
                .orFail();
        String start = "--gpu=all --driver-capabilities utility --driver-root " + driver + " box";
        command(start).run().orFail();

        fail(start, warm(start), 3, () -> {});
    }

    /** Java compiles it each time; what is counted is what the launcher does before and after. */
    @Test
    void startsWithoutAPlanFailAsCleanly() throws IOException, InterruptedException {
        Command first = command("-e COLD=1 box").with("JRUN_NO_MOUNT", "");
        Command start = first.behind(
                "sh",
                "-c",
                "rm -rf \"$0\"/plans/*; exec \"$@\"",
                JRUN.rootfs("box").resolve("..").toString());
        start.run().orFail();

        fail("", new Faults(start, Workbench.launcher()), 6, () -> {});
    }

    @Test
    void enteringFailsAsCleanly() throws IOException, InterruptedException {
        Command.Running running = leader("entered");
        try {
            Command exec = JRUN.command("exec", "box", "echo", "payload").with("XDG_RUNTIME_DIR", RUNTIME.toString());
            exec.run().orFail();

            fail("", new Faults(exec, Workbench.launcher()), 6, () -> {});
        } finally {
            running.signal("KILL");
            running.await(Duration.ofMinutes(1));
        }
    }

    @ParameterizedTest
    @MethodSource("starts")
    void processesKilledAtAnyCallLeaveNothingAndTheNextStartWorks(String start)
            throws IOException, InterruptedException {
        command(start).run().orFail();
        Faults faults = warm(start);
        List<String> wrong = new ArrayList<>();
        List<Call> calls = faults.calls().stream()
                .filter(call -> CHANGING.contains(call.name()))
                .toList();
        for (Call call : calls) {
            Set<String> before = LEFT.files();
            Command.Result killed = faults.with(call, "kill");
            Command.Result next = command(start).run();
            List<String> running = LEFT.running();
            List<String> more = wrongly(call, start, before);
            boolean right = next.status() == 0 && next.text().equals("payload") && running.isEmpty() && more.isEmpty();
            if (!right) {
                wrong.add(call + ": status " + killed.status() + ", then " + next + running + more);
            }
        }
        assertTrue(wrong.isEmpty(), () -> String.join("\n", wrong));
        assertTrue(calls.size() > 5, calls::toString);
    }

    /** Those who wait for a leader that dies while it makes the namespaces make new ones, and share those. */
    @Test
    void whoWaitsForALeaderThatIsKilledGoesOn() throws IOException {
        String start = "--join-key=led box";
        command(start).run().orFail();
        Faults faults = warm(start);
        List<Call> calls = faults.calls().stream()
                .filter(call -> call.process() == 0 && CHANGING.contains(call.name()))
                .toList();

        for (Call call : calls) {
            List<Command.Running> others =
                    IntStream.range(0, 3).mapToObj(i -> command(start).start()).toList();
            faults.with(call, "kill");

            for (Command.Running other : others) {
                assertEquals(
                        "payload", other.await(Duration.ofMinutes(1)).orFail().text(), call::toString);
            }
        }
    }
}
