package io.jrun.judge;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.CorruptDataException;
import io.jrun.json.Json;
import io.jrun.json.JsonValue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What `jrun check` says, on hosts that are made bad in a namespace of the test's own. */
class CheckTest {

    private static final Jrun JRUN = Jrun.as(Account.USER);

    /** One line of the check. */
    private record Line(String verdict, String found, String mend) {}

    private record Checked(int status, Map<String, Line> lines) {

        Line line(String key) {
            return lines.getOrDefault(key, new Line("absent", "", ""));
        }
    }

    private static Command check() {
        return JRUN.command("check", "--format", "json");
    }

    /** On a host where {@code script} has run, by the root of a namespace. */
    private static Checked checkAfter(String script) throws CorruptDataException {
        return read(check().behind(
                        "unshare",
                        "--user",
                        "--map-root-user",
                        "--mount",
                        "--",
                        "sh",
                        "-ec",
                        script + "\nexec \"$@\"",
                        "sh"));
    }

    private static Checked read(Command command) throws CorruptDataException {
        Command.Result result = command.run();
        if (result.status() > 1) {
            result.orFail();
        }
        JsonValue root = Json.parse(result.output(), "the check");
        Map<String, Line> lines = new LinkedHashMap<>();
        JsonValue.JsonArray findings =
                (JsonValue.JsonArray) root.member("findings").orElseThrow();
        for (JsonValue finding : findings.items()) {
            lines.put(
                    finding.string("key").orElseThrow(),
                    new Line(
                            finding.string("verdict").orElseThrow(),
                            finding.string("found").orElseThrow(),
                            finding.string("mend").orElse("")));
        }
        return new Checked(result.status(), lines);
    }

    @Test
    @NeedsUserns
    void hostWhereContainersStartIsOkAndNothingIsLeft() throws CorruptDataException, IOException {
        Checked checked = read(check());

        assertAll(
                () -> assertEquals(0, checked.status(), checked::toString),
                () -> assertEquals("ok", checked.line("userNamespaces").verdict(), checked::toString),
                () -> assertEquals("ok", checked.line("mounts").verdict(), checked::toString),
                () -> assertEquals("ok", checked.line("data").verdict(), checked::toString),
                () -> assertEquals("ok", checked.line("java").verdict(), checked::toString),
                () -> assertEquals(List.of(), scratchOf(JRUN.home())));
    }

    private static List<String> scratchOf(Path directory) throws IOException {
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.map(entry -> entry.getFileName().toString())
                    .filter(name -> name.startsWith(".jrun-check-"))
                    .toList();
        }
    }

    @Test
    @NeedsUserns
    void overlaysWorkWhereMountMakesThem() throws CorruptDataException {
        Checked checked = read(check());
        String script = """
                cd "$(mktemp -d -p "$1")"; mkdir l u w m
                mount -t overlay o -o lowerdir=l,upperdir=u,workdir=w,userxattr m
                """;

        for (Map.Entry<String, String> place :
                Map.of("data", JRUN.home().toString(), "shm", "/dev/shm").entrySet()) {
            Command.Result judge = Command.of("unshare", "-Urm", "sh", "-ec", script, "sh", place.getValue())
                    .as(Account.USER)
                    .run();

            assertEquals(
                    judge.status() == 0 ? "ok" : "limited",
                    checked.line("overlay." + place.getKey()).verdict(),
                    () -> place + ": " + checked + judge);
        }
    }

    @Test
    @NeedsUserns
    void namespacesSwitchedOffAreBlamedOnTheirSysctl() throws CorruptDataException {
        Checked checked = checkAfter("echo 0 >/proc/sys/user/max_user_namespaces");

        Line namespaces = checked.line("userNamespaces");
        assertAll(
                () -> assertEquals(1, checked.status()),
                () -> assertEquals("missing", namespaces.verdict()),
                () -> assertTrue(namespaces.found().contains("user.max_user_namespaces"), namespaces::toString),
                () -> assertTrue(namespaces.mend().contains("sysctl -w"), namespaces::toString),
                () -> assertEquals("missing", checked.line("mounts").verdict()),
                () -> assertEquals("limited", checked.line("overlay.data").verdict()));
    }

    @Test
    @NeedsUserns
    void dataPathWithoutProgramsIsMissing() throws CorruptDataException {
        Checked checked = checkAfter("""
                mkdir -p "$HOME/no"
                mount -t tmpfs -o noexec none "$HOME/no"
                export JRUN_DATA_PATH="$HOME/no/data"
                """);

        assertAll(
                () -> assertEquals(1, checked.status()),
                () -> assertEquals("missing", checked.line("data").verdict()),
                () -> assertTrue(checked.line("data").found().contains("noexec"), checked::toString));
    }

    @Test
    @NeedsUserns
    void homeThatCannotBeWrittenIsMissingAsDataPathAndCache() throws CorruptDataException {
        Checked checked = checkAfter("""
                mount --bind "$HOME" "$HOME"
                mount -o remount,bind,ro "$HOME"
                cd /
                """);

        assertAll(
                () -> assertEquals(1, checked.status()),
                () -> assertTrue(checked.line("data").found().contains("EROFS"), checked::toString),
                () -> assertEquals("missing", checked.line("cache").verdict()),
                () -> assertEquals("limited", checked.line("home").verdict()),
                () -> assertEquals("limited", checked.line("overlay.data").verdict()),
                () -> assertEquals("ok", checked.line("userNamespaces").verdict(), "tried in another directory"));
    }

    @Test
    @NeedsUserns
    void hostWithoutFuseAndRuntimeDirectoryIsLimitedOnly() throws CorruptDataException {
        Checked checked = checkAfter("""
                mount --bind /dev/null /dev/fuse
                export XDG_RUNTIME_DIR=/run/user/nobody-made-it
                """);

        assertAll(
                () -> assertEquals(0, checked.status(), checked::toString),
                () -> assertEquals("limited", checked.line("fuse").verdict()),
                () -> assertTrue(checked.line("fuse").found().contains("cannot be mounted"), checked::toString),
                () -> assertEquals("limited", checked.line("runtimeDirectory").verdict()),
                () -> assertTrue(
                        checked.line("runtimeDirectory").found().contains("does not exist"), checked::toString));
    }

    @Test
    void jobIsNamed() throws CorruptDataException {
        Checked checked = read(check().with("SLURM_JOB_ID", "4711").with("SLURM_STEP_ID", "2"));

        assertEquals("job 4711, step 2", checked.line("slurm").found());
    }
}
