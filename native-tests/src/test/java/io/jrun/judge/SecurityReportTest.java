package io.jrun.judge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.CorruptDataException;
import io.jrun.json.Json;
import io.jrun.json.JsonValue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each line of {@code jrun start --security}, compared with what the kernel tells a program of the same start. */
@NeedsUserns
class SecurityReportTest {

    private static final Jrun JRUN = Jrun.as(Account.USER);
    private static final FakeRegistry REGISTRY = FakeRegistry.of(TestImages.busybox());
    private static final Path GIVEN = Workbench.newFolder("given", Account.USER);

    /** As {@code --security} calls them, and as the kernel does. */
    private static final Map<String, String> NAMESPACES =
            Map.of("user", "user", "mount", "mnt", "pid", "pid", "ipc", "ipc", "uts", "uts", "net", "net");

    private static final String PROBE = "for n in user mnt pid ipc uts net; do echo ns-$n $(readlink /proc/self/ns/$n);"
            + " done; id -u; cat /proc/self/status /proc/self/mountinfo; touch /srv/probe && echo written";

    @BeforeAll
    static void create() throws IOException {
        JRUN.create(REGISTRY.reference(), "box");
        Files.writeString(
                GIVEN.resolve("profile.json"),
                "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"reboot\"],"
                        + "\"action\":\"SCMP_ACT_ERRNO\"}]}");
    }

    @AfterAll
    static void stop() {
        REGISTRY.close();
    }

    private static Command.Result start(String options, String... words) {
        List<String> line = new ArrayList<>(List.of("start"));
        Arrays.stream(options.replace("GIVEN", GIVEN.toString()).split(" ", -1))
                .filter(word -> !word.isEmpty())
                .forEach(line::add);
        line.addAll(List.of(words));
        return JRUN.run(line.toArray(new String[0])).orFail();
    }

    /** States by their subjects. */
    private static Map<String, String> report(String options) throws CorruptDataException {
        byte[] json = start(options + " --security --format=json", "box").output();
        Map<String, String> rows = new LinkedHashMap<>();
        for (JsonValue row : ((JsonValue.JsonArray) Json.parse(json, "the report")).items()) {
            rows.put(row.string("subject").orElseThrow(), row.string("state").orElseThrow());
        }
        return rows;
    }

    private record Seen(List<String> lines) {

        static Seen of(String options) {
            return new Seen(start(options, "box", "sh", "-c", PROBE + " 2>/dev/null; true")
                    .text()
                    .lines()
                    .toList());
        }

        String status(String field) {
            return lines.stream()
                    .filter(line -> line.startsWith(field + ":"))
                    .map(line -> line.substring(field.length() + 1).strip())
                    .findFirst()
                    .orElseThrow();
        }

        /** Fields of proc_pid_mountinfo(5), of what is on top. */
        String[] mount(String place) {
            return lines.stream()
                    .map(line -> line.split(" ", -1))
                    .filter(fields -> fields.length > 9 && fields[4].equals(place))
                    .reduce((first, last) -> last)
                    .orElseThrow(() -> new AssertionError("nothing is mounted on " + place));
        }

        boolean isReadOnly(String place) {
            return List.of(mount(place)[5].split(",", -1)).contains("ro");
        }

        Set<String> ownNamespaces() throws IOException {
            Set<String> own = new TreeSet<>();
            for (Map.Entry<String, String> name : NAMESPACES.entrySet()) {
                String host = Files.readSymbolicLink(Path.of("/proc/self/ns", name.getValue()))
                        .toString();
                if (!lines.contains("ns-" + name.getValue() + " " + host)) {
                    own.add(name.getKey());
                }
            }
            return own;
        }

        String id() {
            return lines.get(NAMESPACES.size());
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "--root",
                "--root=plain",
                "--pid --ipc --uts=inside --net",
                "--overlay",
                "--overlay --root --pid",
                "--rw",
                "--seccomp GIVEN/profile.json",
                "-v GIVEN:/given:ro -v GIVEN:/open --no-mount tmp"
            })
    void whatIsPrintedHolds(String options) throws IOException {
        Map<String, String> report = report(options);
        Seen seen = Seen.of(options);
        Path probe = JRUN.rootfs("box").resolve("srv/probe");
        boolean kept = Files.deleteIfExists(probe);

        assertEquals(words(report, "namespaces of its own"), known(seen.ownNamespaces()));
        assertEquals(
                Set.of(), intersection(words(report, "namespaces of the host"), seen.ownNamespaces()), "of the host");
        assertEquals(
                report.get("user inside").startsWith("root")
                        ? "0"
                        : Command.of("id", "-u").as(Account.USER).run().text(),
                seen.id());
        assertRoot(report.get("root file system"), seen, kept);
        boolean none = report.get("capabilities").equals("none");
        assertEquals(none, seen.status("CapEff").matches("0+"), seen.status("CapEff"));
        assertEquals(none, seen.status("CapBnd").matches("0+"), seen.status("CapBnd"));
        assertTrue(report.get("set-user-ID programs").contains("no_new_privs"), report::toString);
        assertEquals("1", seen.status("NoNewPrivs"));
        boolean filtered =
                report.get("system calls").startsWith("filtered") || report.containsKey("changes of ownership");
        assertEquals(filtered ? "2" : "0", seen.status("Seccomp"));
        for (Map.Entry<String, String> row : report.entrySet()) {
            if (row.getKey().startsWith("host's /")) {
                assertMount(row.getKey().substring("host's ".length()), row.getValue(), seen);
            }
        }
    }

    private static void assertRoot(String state, Seen seen, boolean kept) {
        boolean written = seen.lines().contains("written");
        switch (state) {
            case "read-only" -> assertFalse(written || kept, state);
            case "writable for good" -> assertTrue(written && kept, state);
            default -> {
                assertEquals("changes go to a layer above", state);
                assertTrue(written && !kept, state);
                assertTrue(Arrays.asList(seen.mount("/")).contains("overlay"), state);
            }
        }
    }

    /** What is writable may be restricted by the host's own mount: a report says that it is as for the caller. */
    private static void assertMount(String place, String state, Seen seen) {
        if (state.endsWith("read-only")) {
            assertTrue(seen.isReadOnly(place), place + " " + state);
        } else {
            assertTrue(state.endsWith("as writable as for you"), state);
        }
    }

    private static Set<String> words(Map<String, String> report, String subject) {
        return known(Set.of(report.getOrDefault(subject, "none").split(" ", -1)));
    }

    private static Set<String> known(Set<String> names) {
        return names.stream().filter(NAMESPACES::containsKey).collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> intersection(Set<String> one, Set<String> other) {
        return one.stream().filter(other::contains).collect(Collectors.toSet());
    }
}
