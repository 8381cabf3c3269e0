package io.jrun.judge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each system call of a warm start made to fail, one after the other: strace(1) traces a start, and for each call that it
 * saw runs another one in which the kernel answers EIO. The start must say what it could not do and end with 125, or the
 * call must be one that a start can do without; in both cases nothing stays behind.
 */
@NeedsUserns
@NeedsStrace
@NeedsFuse
class FaultInjectionTest {

    private static final Jrun JRUN = Jrun.as(Account.USER);
    private static final FakeRegistry REGISTRY = FakeRegistry.of(TestImages.busybox());
    private static final Pattern CALL = Pattern.compile("^(?:\\d+ +)?([a-z0-9_]+)\\(");
    private static final Pattern FIRST_LINE = Pattern.compile("jrun: cannot \\S.*: \\S.*");

    /** What is not made to fail, each with the reason. */
    private static final Map<String, String> LEFT_ALONE = Map.of(
            "close", "the kernel closes a descriptor whatever it then answers; strace(1) would leave it open",
            "exit_group", "it cannot fail");

    /** What a start does without, each with the reason. */
    private static final Map<String, String> TOLERATED = Map.of(
            "openat",
                    "the first only keeps places for standard streams; a plan that cannot be opened is looked for"
                            + " again",
            "read",
                    "a plan that cannot be read is looked for again; without the report of the inner init its status"
                            + " counts",
            "statx", "a plan whose sources cannot be looked at is not fresh, and is looked for again",
            "getcwd", "the same",
            "getgroups", "the same",
            "uname", "the same");

    @BeforeAll
    static void create() {
        JRUN.create(REGISTRY.reference(), "box");
    }

    @AfterAll
    static void stop() {
        REGISTRY.close();
    }

    static List<List<String>> starts() {
        return List.of(
                List.of("box"),
                List.of("-v", "/usr:/data/usr:ro", "-v", "tmpfs:/fast:tmpfs", "-w", "/srv", "-e", "HOME", "box"),
                List.of("--overlay", "--root", "box"),
                List.of("--pid", "--ipc", "--uts=inside", "--net", "--cgroupns", "box"),
                List.of("--join", "--join-key=faults", "--join-count=1", "box"),
                List.of("box.sqsh"));
    }

    private static List<String> line(List<String> options) {
        List<String> words = new ArrayList<>(List.of("start"));
        words.addAll(options);
        words.addAll(List.of("echo", "payload"));
        return words;
    }

    private static Command command(List<String> options) {
        return JRUN.command(line(options).toArray(new String[0]))
                .with("JAVA_HOME", "/nonexistent")
                .with("PATH", "/nonexistent");
    }

    /** The calls of the starter itself, with how often each came before; what the payload does is not ours. */
    private static List<String> calls(List<String> options) throws IOException {
        JRUN.command(line(options).toArray(new String[0])).run().orFail();
        Path trace = Workbench.newFolder("trace", Account.USER).resolve("trace");
        command(options)
                .behind("/usr/bin/strace", "-qq", "-o", trace.toString())
                .run()
                .orFail();
        List<String> names = new ArrayList<>();
        Map<String, Integer> seen = new LinkedHashMap<>();
        boolean begun = false;
        for (String text : Files.readAllLines(trace, StandardCharsets.ISO_8859_1)) {
            Matcher call = CALL.matcher(text);
            if (!call.find()) {
                continue;
            }
            String name = call.group(1);
            if (begun && name.equals("execve") && text.endsWith("= 0")) {
                break; // the payload's own calls follow
            }
            begun = true;
            int number = seen.merge(name, 1, Integer::sum);
            if (!(name.equals("execve") && number == 1) && !LEFT_ALONE.containsKey(name)) {
                names.add(name + " " + number);
            }
        }
        return names;
    }

    @ParameterizedTest
    @MethodSource("starts")
    void eachCallThatFailsIsSaidOrDoneWithout(List<String> options) throws IOException, InterruptedException {
        List<String> wrong = new ArrayList<>();
        int failed = 0;
        List<String> calls = calls(options);
        for (String call : calls) {
            String[] parts = call.split(" ", -1);
            Command.Result result = command(options)
                    .behind(
                            "/usr/bin/strace",
                            "-qq",
                            "-o",
                            "/dev/null",
                            "-e",
                            "trace=" + parts[0],
                            "-e",
                            "inject=" + parts[0] + ":error=EIO:when=" + parts[1])
                    .start()
                    .await(Duration.ofMinutes(2));
            String judged = judge(parts[0], result);
            failed += result.status() == 125 ? 1 : 0;
            if (!judged.isEmpty()) {
                wrong.add(call + ": " + judged + ": status " + result.status() + ", " + result.text() + ", "
                        + result.talk());
            }
        }
        assertTrue(wrong.isEmpty(), () -> String.join("\n", wrong));
        assertTrue(failed > calls.size() / 4, failed + " of " + calls);
        assertEquals(List.of(), leftBehind());
    }

    /** A start that does without a call does all that was asked for, and has nothing to say. */
    private static String judge(String call, Command.Result result) {
        if (result.status() == 0 && result.text().equals("payload")) {
            return result.talk().isEmpty() && TOLERATED.containsKey(call) ? "" : "it went on";
        }
        if (result.status() != 125) {
            return "neither done nor refused";
        }
        List<String> lines = result.talk().lines().toList();
        return lines.isEmpty() || !FIRST_LINE.matcher(lines.get(0)).matches() ? "no message" : "";
    }

    /** Processes of this user that are ours, and mounts of his on the host. */
    private static List<String> leftBehind() throws IOException, InterruptedException {
        List<String> found = List.of();
        for (int i = 0; i < 500; i++) {
            found = Stream.concat(processes().stream(), mounts().stream()).toList();
            if (found.isEmpty()) {
                return found;
            }
            Thread.sleep(10); // a helper ends when the kernel has taken its mount away
        }
        return found;
    }

    /** Empty for a process that has ended. */
    private static String commandLine(Path process) {
        try {
            return Files.readString(process.resolve("cmdline"), StandardCharsets.ISO_8859_1);
        } catch (IOException ended) {
            return "";
        }
    }

    private static List<String> processes() throws IOException {
        List<String> found = new ArrayList<>();
        try (Stream<Path> all = Files.list(Path.of("/proc"))) {
            for (Path process : all.filter(each -> each.getFileName().toString().matches("\\d+"))
                    .toList()) {
                String line = commandLine(process);
                if (line.contains(JRUN.home().toString())
                        || line.startsWith(Workbench.launcher().toString())) {
                    found.add(line.replace('\0', ' '));
                }
            }
        }
        return found;
    }

    private static List<String> mounts() {
        return Host.lines("/proc/self/mountinfo").stream()
                .filter(line -> line.contains(JRUN.home().toString()))
                .toList();
    }
}
