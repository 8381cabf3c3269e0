package io.jrun.judge;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What a process inside is given, on the path that compiles a plan (a JVM has lived in the process before) and on the path
 * that finds one (none has). The judge is the same probe started without any of jrun.
 */
@NeedsUserns
class ProcessTest {

    private static final Jrun JRUN = Jrun.as(Account.USER);
    private static final FakeRegistry REGISTRY = FakeRegistry.of(TestImages.busybox());

    /** How a start comes to its plan. */
    enum Start {
        COLD,
        WARM
    }

    @BeforeAll
    static void create() {
        JRUN.create(REGISTRY.reference(), "box");
    }

    @AfterAll
    static void stop() {
        REGISTRY.close();
    }

    /** A variable that makes the command line, and so its plan, one that was not seen before. */
    private static int fresh;

    /** The probe inside, after {@code given} has put the process into an unusual state. */
    private static Probe inside(Start start, String... options) {
        fresh++;
        Command command = startCommand(options).behind(Workbench.tool("given").toString());
        if (start == Start.WARM) {
            command.run().orFail();
        }
        return Probe.parse(command.run().orFail().text());
    }

    private static Command startCommand(String... options) {
        List<String> words = new ArrayList<>(List.of("start", "-e", "FRESH=" + fresh));
        words.addAll(List.of(options));
        words.addAll(List.of("box", "/bin/probe", "an argument", "caf\u00e9"));
        return JRUN.command(words.toArray(new String[0])).in(Path.of("/"));
    }

    /** The probe outside, in the same unusual state. */
    private static Probe outside() {
        return Probe.parse(Command.of(
                        Workbench.tool("given").toString(),
                        Workbench.tool("probe").toString(),
                        "an argument",
                        "caf\u00e9")
                .as(Account.USER)
                .run()
                .orFail()
                .text());
    }

    @Nested
    @DisplayName("what the caller had is handed on")
    class HandedOn {

        @ParameterizedTest
        @EnumSource
        void signalMaskAndIgnoredSignals(Start start) {
            Probe expected = outside();
            Probe found = inside(start);

            assertAll(Stream.of("SigBlk", "SigIgn", "SigCgt", "SigPnd", "ShdPnd")
                    .map(field ->
                            () -> assertEquals(expected.value("status", field), found.value("status", field), field)));
        }

        @ParameterizedTest
        @EnumSource
        void resourceLimits(Start start) {
            assertEquals(outside().section("limits"), inside(start).section("limits"));
        }

        @ParameterizedTest
        @EnumSource
        void openDescriptorsAndNoOthers(Start start) {
            List<String> expected = numbersAndFlags(outside());

            assertEquals(expected, numbersAndFlags(inside(start)));
        }

        /** Without what stands behind them: standard streams are other files in each run. */
        private static List<String> numbersAndFlags(Probe probe) {
            return probe.section("descriptors").stream()
                    .map(line -> {
                        String[] words = line.split(" ", 3);
                        return Integer.parseInt(words[0]) < 3 ? words[0] + " " + words[1] : line;
                    })
                    .toList();
        }

        @ParameterizedTest
        @EnumSource
        void schedulingAndTheRest(Start start) {
            Probe expected = outside();
            Probe found = inside(start);

            assertAll(
                    () -> assertEquals(expected.section("oom_score_adj"), found.section("oom_score_adj"), "OOM score"),
                    () -> assertEquals(
                            expected.section("coredump_filter"), found.section("coredump_filter"), "core dump filter"),
                    () -> assertEquals(expected.section("timerslack"), found.section("timerslack"), "timer slack"),
                    () -> assertEquals(expected.section("cgroup"), found.section("cgroup"), "cgroup"),
                    () -> assertEquals(expected.value("process", "umask"), found.value("process", "umask"), "umask"),
                    () -> assertEquals(expected.value("process", "nice"), found.value("process", "nice"), "nice"),
                    () -> assertEquals(
                            expected.value("process", "scheduler"), found.value("process", "scheduler"), "scheduler"),
                    () -> assertEquals(
                            expected.value("process", "personality"),
                            found.value("process", "personality"),
                            "personality"),
                    () -> assertEquals(expected.value("process", "thp"), found.value("process", "thp"), "huge pages"),
                    () -> assertEquals(expected.value("process", "pgid"), found.value("process", "pgid"), "group"),
                    () -> assertEquals(expected.value("process", "sid"), found.value("process", "sid"), "session"),
                    () -> assertEquals(
                            expected.value("status", "Cpus_allowed"), found.value("status", "Cpus_allowed"), "CPUs"));
        }

        @ParameterizedTest
        @EnumSource
        void arguments(Start start) {
            assertEquals(
                    List.of("/bin/probe", "an argument", "caf\u00e9"),
                    inside(start).section("arguments"));
        }

        @ParameterizedTest
        @EnumSource
        void idsAndGroups(Start start) {
            Probe expected = outside();
            Probe found = inside(start);

            assertAll(
                    () -> assertEquals(expected.value("process", "uid"), found.value("process", "uid"), "uid"),
                    () -> assertEquals(expected.value("process", "gid"), found.value("process", "gid"), "gid"),
                    () -> assertEquals(expected.value("status", "Groups"), found.value("status", "Groups"), "groups"));
        }

        @ParameterizedTest
        @EnumSource
        void namespacesOtherThanUserAndMount(Start start) {
            Probe expected = outside();
            Probe found = inside(start);

            Set<String> shared = new TreeSet<>(namespaces(expected));
            shared.retainAll(namespaces(found));
            assertEquals(
                    List.of("cgroup", "ipc", "net", "pid", "uts"),
                    shared.stream().map(each -> each.replaceAll(":.*", "")).toList());
        }

        private static List<String> namespaces(Probe probe) {
            return probe.section("process").stream()
                    .filter(line -> line.startsWith("ns "))
                    .map(line -> line.substring(3))
                    .toList();
        }
    }

    @Nested
    @DisplayName("what the design takes away")
    class TakenAway {

        @ParameterizedTest
        @EnumSource
        void everyCapabilityAndTheWayToNewOnes(Start start) {
            Probe found = inside(start);

            assertAll(
                    () -> assertAll(Stream.of("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")
                            .map(set -> () -> assertEquals("0000000000000000", found.value("status", set), set))),
                    () -> assertEquals("1", found.value("status", "NoNewPrivs"), "no_new_privs"));
        }

        @ParameterizedTest
        @EnumSource
        void variablesThatBelongToTheHost(Start start) {
            fresh++;
            Command command = startCommand()
                    .with("LD_PRELOAD", "/nowhere.so")
                    .with("LD_LIBRARY_PATH", "/nowhere")
                    .with("PYTHONPATH", "/nowhere")
                    .with("PERL5LIB", "/nowhere")
                    .with("JAVA_TOOL_OPTIONS", "-agentlib:nowhere")
                    .with("JDK_JAVA_OPTIONS", "-agentlib:nowhere")
                    .with("_JAVA_OPTIONS", "-agentlib:nowhere")
                    .with("MY_OWN", "secret")
                    .with("SLURM_JOB_ID", "17")
                    .with("PMI_RANK", "3")
                    .with("TERM", "vt100")
                    .with("https_proxy", "http://proxy:3128");
            if (start == Start.WARM) {
                command.run();
            }
            List<String> found = Probe.parse(command.run().orFail().text()).section("environment");

            assertAll(
                    () -> assertTrue(
                            found.stream()
                                    .noneMatch(each -> each.matches(
                                            "(LD_PRELOAD|LD_LIBRARY_PATH|PYTHONPATH|PERL5LIB|MY_OWN|.*JAVA_.*)=.*")),
                            found::toString),
                    () -> assertTrue(
                            found.containsAll(List.of(
                                    "SLURM_JOB_ID=17",
                                    "PMI_RANK=3",
                                    "TERM=vt100",
                                    "https_proxy=http://proxy:3128",
                                    "PATH=/bin")),
                            found::toString));
        }
    }

    @Nested
    @DisplayName("what it sees instead")
    class Seen {

        @ParameterizedTest
        @EnumSource
        void identityMapping(Start start) {
            Probe found = inside(start);
            String id = found.value("process", "uid").split(" ", -1)[0];

            assertAll(
                    () -> assertEquals(
                            id + " " + id + " 1",
                            String.join(" ", found.section("uid_map")).strip().replaceAll(" +", " ")),
                    () -> assertEquals(List.of("deny"), found.section("setgroups")));
        }

        @ParameterizedTest
        @EnumSource
        void promisedMountsAndNoOthers(Start start) {
            List<String> points = mountPoints(inside(start));

            Set<String> promised = new TreeSet<>(Set.of("/", "/proc", "/sys", "/dev", "/tmp"));
            for (String file :
                    List.of("/etc/resolv.conf", "/etc/hosts", "/etc/hostname", "/etc/machine-id", "/etc/localtime")) {
                if (Files.exists(Path.of(file))) {
                    promised.add(file);
                }
            }
            Set<String> missing = new TreeSet<>(promised);
            missing.removeAll(points);
            Set<String> allowed = new TreeSet<>(promised);
            allowed.addAll(Set.of("/etc/passwd", "/etc/group", "/dev/shm"));
            List<String> unexpected = points.stream()
                    .filter(point -> !allowed.contains(point))
                    .filter(point ->
                            Stream.of("/proc/", "/sys/", "/dev/", "/tmp/").noneMatch(point::startsWith))
                    .toList();
            assertAll(
                    () -> assertEquals(Set.of(), missing, "missing mounts"),
                    () -> assertEquals(List.of(), unexpected, "mounts that nobody promised"));
        }

        private static List<String> mountPoints(Probe probe) {
            return probe.section("mountinfo").stream()
                    .map(line -> line.split(" ", -1)[4])
                    .toList();
        }

        @ParameterizedTest
        @EnumSource
        void readOnlyRootAndReadOnlySys(Start start) {
            List<String> writable = inside(start).section("mountinfo").stream()
                    .map(line -> line.split(" ", -1))
                    .filter(fields -> fields[4].equals("/") || fields[4].equals("/sys"))
                    .filter(fields -> !List.of(fields[5].split(",")).contains("ro"))
                    .map(fields -> fields[4])
                    .toList();

            assertEquals(List.of(), writable);
        }

        @ParameterizedTest
        @EnumSource
        void userAndMountNamespaceOfItsOwn(Start start) {
            Probe expected = outside();
            Probe found = inside(start);

            assertAll(
                    () -> assertNotEquals(namespace(expected, "user"), namespace(found, "user")),
                    () -> assertNotEquals(namespace(expected, "mnt"), namespace(found, "mnt")));
        }

        private static String namespace(Probe probe, String kind) {
            return probe.section("process").stream()
                    .filter(line -> line.startsWith("ns " + kind + ":"))
                    .findFirst()
                    .orElseThrow();
        }
    }

    @Test
    void coldAndWarmStartsDifferInNothing() {
        Probe cold = inside(Start.COLD, "-v", "/usr:/mnt/usr:ro", "-w", "/srv");
        Probe warm = Probe.parse(startCommand("-v", "/usr:/mnt/usr:ro", "-w", "/srv")
                .behind(Workbench.tool("given").toString())
                .run()
                .orFail()
                .text());

        assertAll(Stream.of("arguments", "limits", "uid_map", "gid_map", "coredump_filter", "cgroup")
                .map(section -> () -> assertEquals(cold.section(section), warm.section(section), section)));
        assertEquals(environment(cold), environment(warm));
        assertEquals(mounts(cold), mounts(warm));
    }

    /** Without the process's own number, by which `jrun exec` finds it. */
    private static List<String> environment(Probe probe) {
        return probe.section("environment").stream()
                .filter(variable -> !variable.startsWith("JRUN_PID="))
                .toList();
    }

    /** Without the numbers, which are new in each mount namespace. */
    private static List<String> mounts(Probe probe) {
        return probe.section("mountinfo").stream()
                .map(line -> line.replaceFirst("^\\d+ \\d+ \\d+:\\d+ ", "").replaceAll("(master|shared):\\d+ ", ""))
                .toList();
    }
}
