package io.jrun.runtime.plan;

import static io.jrun.runtime.plan.StarterFixture.bytes;
import static io.jrun.runtime.plan.StarterFixture.execute;
import static io.jrun.runtime.plan.StarterFixture.plan;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.posix.ByteString;
import io.jrun.runtime.plan.StarterFixture.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** From the command line to a running plan. The plans make no namespaces, so that this runs everywhere. */
class LauncherTest {

    private static final List<ByteString> PREFIX = bytes("start", "box");
    private static final PlanStep PATH =
            new PlanStep.SetVariable(ByteString.of("PATH"), ByteString.of("/usr/bin:/bin"), "test");
    private static final String STALE_PLAN_CALLED_JAVA = "java compiled it";

    @TempDir
    Path directory;

    private StarterFixture starter;

    @BeforeEach
    void install() throws IOException {
        starter = new StarterFixture(directory);
    }

    private static Plan echo() {
        return plan(PREFIX, PATH, execute("echo", "default"));
    }

    private static Plan with(PlanInput... inputs) {
        return new Plan(PREFIX, List.of(inputs), echo().steps());
    }

    /** The stand-in for Java that compiles: stores the plan in the cache and hands it over. */
    private void compiling(Plan plan) throws IOException {
        Path made = directory.toRealPath().resolve("made");
        Files.write(made, PlanEncoder.encode(plan, Machine.host(), StarterFixture.build()));
        Path file = starter.planFile(plan);
        starter.java("umask 022; mkdir -p " + file.getParent() + "; cp " + made + " " + file + "; cat " + made
                + " > $PLAN; echo " + STALE_PLAN_CALLED_JAVA + " >&2");
    }

    private void assertWantedJava(Result result, String when) {
        assertTrue(starter.wantedJava(result), () -> when + ": " + result);
    }

    @Nested
    @ParameterizedClass
    @EnumSource(StarterFixture.Kind.class)
    class Cached {

        @Parameter
        StarterFixture.Kind kind;

        @BeforeEach
        void choose() throws Exception {
            starter.as(kind);
        }

        @Test
        void runsWithoutJava() throws Exception {
            starter.cache(echo());

            assertEquals(new Result(0, "default\n", ""), starter.jrun("start", "box"));
            assertEquals(new Result(0, "one two\n", ""), starter.jrun("start", "box", "echo", "one", "two"));
        }

        @Test
        void isFoundBehindOptionsWithAndWithoutValues() throws Exception {
            List<ByteString> prefix = bytes("start", "--rw", "-e", "A", "-v", "/x:/y", "box");
            starter.cache(plan(prefix, PATH, execute("echo", "found")));

            assertEquals(
                    "found\n",
                    starter.jrun("start", "--rw", "-e", "A", "-v", "/x:/y", "box")
                            .output());
        }

        @Test
        void ofOtherArgumentsIsNotRun() throws Exception {
            Plan other = plan(bytes("start", "--rw", "box"), PATH, execute("echo", "wrong"));
            starter.cache(echo(), PlanEncoder.encode(other, starter.machine(), StarterFixture.build()));

            assertWantedJava(starter.jrun("start", "box"), "");
        }

        @Test
        void writableByOthersIsNotTrusted() throws Exception {
            Path file = starter.cache(echo());
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw-r--"));

            assertWantedJava(starter.jrun("start", "box"), "");
        }

        @Test
        void ofAnotherUserIsNotTrusted() throws Exception {
            Assumptions.assumeTrue(StarterFixture.isRoot(), "needs root to give a file away");
            Path file = starter.cache(echo());
            starter.asRoot();
            Files.setAttribute(file, "unix:uid", 12345);

            assertWantedJava(starter.jrun("start", "box"), "");
        }

        @Test
        void forAnotherMachineIsNotRun() throws Exception {
            Machine other = starter.machine() == Machine.X86_64 ? Machine.AARCH64 : Machine.X86_64;
            starter.cache(echo(), PlanEncoder.encode(echo(), other, StarterFixture.build()));

            assertWantedJava(starter.jrun("start", "box"), "");
        }

        @Test
        void ofAnotherBuildOfJrunIsNotRun() throws Exception {
            starter.cache(echo(), PlanEncoder.encode(echo(), starter.machine(), StarterFixture.build() + 1));

            assertWantedJava(starter.jrun("start", "box"), "");
        }

        @Test
        void thatIsAFifoHoldsNobody() throws Exception {
            Files.createDirectories(starter.planFile(echo()).getParent());
            Process made = new ProcessBuilder("mkfifo", starter.planFile(echo()).toString()).start();
            assertEquals(0, made.waitFor());

            assertWantedJava(starter.jrun("start", "box"), "");
        }

        @Test
        void isNotSoughtBelowARelativeDataPath() throws Exception {
            starter.environment.put("JRUN_DATA_PATH", "relative");

            assertWantedJava(starter.jrun("start", "box"), "");
            assertFalse(Files.exists(directory.resolve("relative")));
        }

        @Test
        void isFoundThroughXdgDataHomeAndHome() throws Exception {
            starter.cache(echo());
            starter.environment.remove("JRUN_DATA_PATH");
            Files.createDirectories(directory.resolve("user/.local/share"));
            Files.move(starter.data, directory.resolve("user/.local/share/jrun"));

            starter.environment.put(
                    "HOME", directory.toRealPath().resolve("user").toString());
            assertEquals("default\n", starter.jrun("start", "box").output());

            starter.environment.put(
                    "XDG_DATA_HOME",
                    directory.toRealPath().resolve("user/.local/share").toString());
            starter.environment.put("HOME", "/nonexistent");
            assertEquals("default\n", starter.jrun("start", "box").output());
        }

        @Test
        void damagedAnywhereIsNotRun() throws Exception {
            byte[] good = PlanEncoder.encode(echo(), starter.machine(), StarterFixture.build());
            for (int length = 0; length < good.length; length += 8) {
                starter.cache(echo(), Arrays.copyOf(good, length));
                Result result = starter.jrun("start", "box");
                assertWantedJava(result, "cut to " + length);
            }
            Random random = new Random(1);
            for (int i = 0; i < 64; i++) {
                byte[] bad = good.clone();
                int at = random.nextInt(bad.length);
                bad[at] ^= (byte) (1 << random.nextInt(8));
                starter.cache(echo(), bad);
                Result result = starter.jrun("start", "box");
                assertWantedJava(result, "bit flipped in byte " + at);
            }
        }
    }

    @Nested
    @ParameterizedClass
    @EnumSource(StarterFixture.Kind.class)
    class Fresh {

        @Parameter
        StarterFixture.Kind kind;

        @BeforeEach
        void choose() throws Exception {
            starter.as(kind);
        }

        private void assertFresh(PlanInput... inputs) throws Exception {
            starter.cache(with(inputs));
            assertEquals(new Result(0, "default\n", ""), starter.jrun("start", "box"));
        }

        private void assertStale(PlanInput... inputs) throws Exception {
            starter.cache(with(inputs));
            assertWantedJava(starter.jrun("start", "box"), "");
        }

        private PlanInput.File file(Path path) throws IOException {
            Map<String, Object> stat = Files.readAttributes(path, "unix:dev,ino,size,lastModifiedTime,mode");
            Instant time = ((FileTime) stat.get("lastModifiedTime")).toInstant();
            return new PlanInput.File(
                    ByteString.of(path.toString()),
                    Optional.of(new PlanInput.FileIdentity(
                            (Long) stat.get("dev"),
                            (Long) stat.get("ino"),
                            (Long) stat.get("size"),
                            time.getEpochSecond(),
                            time.getNano(),
                            (Integer) stat.get("mode"))));
        }

        @Test
        void fileMustBeTheSame() throws Exception {
            Path config = starter.write("config", "a");
            PlanInput.File before = file(config);
            assertFresh(before);

            Files.writeString(config, "b");
            assertStale(before);

            Files.delete(config);
            assertStale(before);
        }

        @Test
        void absentFileMustStayAbsent() throws Exception {
            Path config = directory.toRealPath().resolve("config");
            PlanInput.File absent = new PlanInput.File(ByteString.of(config.toString()), Optional.empty());
            assertFresh(absent);

            Files.writeString(config, "");
            assertStale(absent);
        }

        @Test
        void mountPointMustStayWhatItIsWhateverIsInIt() throws Exception {
            Path point = Files.createDirectory(directory.toRealPath().resolve("point"));
            ByteString path = ByteString.of(point.toString());
            PlanInput there = new PlanInput.Presence(path, PlannedStart.PointKind.DIRECTORY);
            assertFresh(there);

            Files.writeString(point.resolve("new"), "");
            assertFresh(there);
            assertStale(new PlanInput.Presence(path, PlannedStart.PointKind.FILE));

            Files.delete(point.resolve("new"));
            Files.delete(point);
            assertStale(there);
        }

        @Test
        void variableMustHaveTheSameValue() throws Exception {
            PlanInput set = new PlanInput.Variable(ByteString.of("V"), Optional.of(ByteString.of("1")));
            PlanInput unset = new PlanInput.Variable(ByteString.of("V"), Optional.empty());
            assertFresh(unset);
            assertStale(set);

            starter.environment.put("V", "1");
            assertFresh(set);
            assertStale(unset);

            starter.environment.put("V", "12");
            assertStale(set);
        }

        @Test
        void variableMustBeSetToSomething() throws Exception {
            PlanInput set = new PlanInput.VariableSet(ByteString.of("V"));
            assertStale(set);

            starter.environment.put("V", "");
            assertStale(set);

            starter.environment.put("V", "1");
            assertFresh(set);

            starter.environment.put("V", "12");
            assertFresh(set);
        }

        @Test
        void variableMustBeUnsetOrLeadBelowTheDirectory() throws Exception {
            PlanInput below = new PlanInput.VariableBelow(ByteString.of("V"), ByteString.of("/var/spool"));
            assertFresh(below);

            for (String fresh : List.of("/var/spool", "/var/spool/", "/var/spool/pmix.7.0")) {
                starter.environment.put("V", fresh);
                assertFresh(below);
            }
            for (String stale : List.of("", "/var/spoolx", "/var/spoo", "/tmp/var/spool", "/")) {
                starter.environment.put("V", stale);
                assertStale(below);
            }
        }

        @Test
        void credentialsMustBeTheSame() throws Exception {
            long uid = Long.parseLong(starter.shell("id -u").output().trim());
            long gid = Long.parseLong(starter.shell("id -g").output().trim());
            String line = starter.shell("grep ^Groups: /proc/self/status | tr -s '\\t ' '\\n'")
                    .output();
            List<Long> groups = line.lines()
                    .skip(1)
                    .filter(group -> !group.isEmpty())
                    .map(Long::valueOf)
                    .toList();

            assertFresh(new PlanInput.Credentials(uid, gid, groups));
            assertStale(new PlanInput.Credentials(uid + 1, gid, groups));
            assertStale(new PlanInput.Credentials(uid, gid + 1, groups));
            assertStale(new PlanInput.Credentials(uid, gid, List.of(4_000_000_000L)));
        }

        @Test
        void workingDirectoryAndKernelMustBeTheSame() throws Exception {
            ByteString here = ByteString.of(directory.toRealPath().toString());
            ByteString release = ByteString.of(System.getProperty("os.version"));

            assertFresh(new PlanInput.WorkingDirectory(here), new PlanInput.KernelRelease(release));
            assertStale(new PlanInput.WorkingDirectory(here.plus(ByteString.of("x"))));
            assertStale(new PlanInput.KernelRelease(ByteString.of("2.4.0")));
        }

        @Test
        void variableThatMustBeSetMayHaveAnyValue() throws Exception {
            PlanInput set = new PlanInput.VariableSet(ByteString.of("V"));
            assertStale(set);

            starter.environment.put("V", "1");
            assertFresh(set);

            starter.environment.put("V", "");
            assertStale(set);
        }

        @Test
        void contentOfAFileOfTheKernelsMustBeTheSame() throws Exception {
            ByteString path = ByteString.of("/proc/sys/kernel/ostype");

            assertFresh(new PlanInput.Content(path, ByteString.of("Linux\n")));
            assertStale(new PlanInput.Content(path, ByteString.of("Linux")));
            assertStale(new PlanInput.Content(path, ByteString.of("Linux\nx")));
            assertStale(new PlanInput.Content(ByteString.of("/proc/no such file"), ByteString.of("")));
        }

        @Test
        void namesInADirectoryMustBeTheSameInAnyOrder() throws Exception {
            Path folder = Files.createDirectory(directory.toRealPath().resolve("names"));
            for (int i = 0; i < 300; i++) {
                Files.createFile(folder.resolve("a name that makes the listing longer than a page " + i));
            }
            List<ByteString> names = new ArrayList<>();
            for (String name : folder.toFile().list()) {
                names.add(0, ByteString.of(name));
            }
            PlanInput same = new PlanInput.Names(ByteString.of(folder.toString()), names);
            assertFresh(same);

            Files.createFile(folder.resolve("one more"));
            assertStale(same);

            Files.delete(folder.resolve("one more"));
            assertFresh(same);
            assertStale(new PlanInput.Names(ByteString.of("/no such directory"), List.of()));
        }

        @Test
        void accessToAtLeastOneMustBeAsItWas() throws Exception {
            ByteString open = ByteString.of("/dev/null");
            ByteString missing = ByteString.of("/dev/no-such-device");

            assertFresh(new PlanInput.Access(List.of(missing, open), true, true));
            assertStale(new PlanInput.Access(List.of(missing, open), true, false));
            assertFresh(new PlanInput.Access(List.of(missing), true, false));
            assertStale(new PlanInput.Access(List.of(missing), false, true));
        }
    }

    @Nested
    class Compiled {

        @Test
        void isCompiledForTheBuildThatAsks() throws Exception {
            starter.java("echo $JRUN_BUILD >&2; exit 3");

            assertEquals(
                    StarterFixture.build() + "\n", starter.jrun("start", "box").errors());
        }

        @Test
        void planRunsInTheProcessThatWasStarted() throws Exception {
            compiling(plan(PREFIX, PATH, execute("sh", "-c", "echo $$; ls /proc/self/fd | wc -l")));

            Result result = starter.shell("echo $$; exec $JRUN start box");

            List<String> lines = result.output().lines().toList();
            assertEquals(lines.get(0), lines.get(1), result::toString);
            assertEquals("4", lines.get(2).trim(), "0 to 2 and the directory that ls reads: " + result);
        }

        @Test
        void javaSeesTheArgumentsOptionsAndEnvironmentButNotTheInput() throws Exception {
            starter.java("cat; echo $JRUN_HOME $LC_ALL $JRUN_LC_ALL >&2; exit 3");
            starter.environment.put("LC_ALL", "de_DE@euro");

            Result result = starter.shell("echo secret | $JRUN start -x box 'a b'");

            String home = directory.toRealPath().resolve("home").toString();
            assertEquals(new Result(3, "", home + " C.UTF-8 de_DE@euro\n"), result);
            assertEquals(List.of("-Dhome=" + home + " the.Main start -x box a b"), starter.javaCalls());
        }

        @Test
        void optionsForTheCallersJavaProgramsDoNotReachOurs() throws Exception {
            List<String> names = List.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS");
            names.forEach(name -> starter.environment.put(name, "-agentlib:" + name));
            starter.java("env | grep agentlib | sort >&2; exit 3");

            Result result = starter.jrun("start", "box");

            assertEquals("""
                    JDK_JRUN_OPTIONS=-agentlib:JDK_JAVA_OPTIONS
                    JRUN_TOOL_OPTIONS=-agentlib:JAVA_TOOL_OPTIONS
                    _JRUN_OPTIONS=-agentlib:_JAVA_OPTIONS
                    """, result.errors());
        }

        @Test
        void planIsRunWithTheCallersEnvironment() throws Exception {
            compiling(plan(PREFIX, PATH, new PlanStep.PassVariables(List.of("*"), "test"), execute("env")));
            starter.environment.put("LC_ALL", "C");
            starter.environment.put("_JAVA_OPTIONS", "-Xmx1g");

            List<String> variables =
                    starter.jrun("start", "box").output().lines().toList();

            assertTrue(variables.containsAll(List.of("LC_ALL=C", "_JAVA_OPTIONS=-Xmx1g")), variables::toString);
            assertFalse(variables.stream().anyMatch(v -> v.startsWith("JRUN_HOME=") || v.startsWith("JRUN_PLAN_FD=")));
        }

        @Test
        void emptyPlanMeansThatAllIsDone() throws Exception {
            starter.java("echo usage");

            assertEquals(new Result(0, "usage\n", ""), starter.jrun("start", "--help"));
        }

        @Test
        void failureIsPassedOn() throws Exception {
            starter.java("echo words >&2; exit 125");
            assertEquals(new Result(125, "", "words\n"), starter.jrun("start", "box"));

            starter.java("kill -TERM $$");
            assertEquals(128 + 15, starter.jrun("start", "box").status());

            starter.java("kill -KILL $$");
            Result killed = starter.jrun("start", "box");
            assertEquals(128 + 9, killed.status());
            assertTrue(killed.errors().contains("Java was killed"), killed::errors);
        }

        @Test
        void damagedPlanIsRefused() throws Exception {
            starter.java("echo no plan > $PLAN");

            Result result = starter.jrun("start", "box");

            assertEquals(125, result.status());
            assertTrue(result.errors().startsWith("jrun: cannot run the plan: "), result::errors);
        }

        @Test
        void staleOneIsCompiledAnewAndThenFresh() throws Exception {
            starter.cache(with(new PlanInput.KernelRelease(ByteString.of("2.4.0"))));
            compiling(echo());

            assertEquals(new Result(0, "default\n", STALE_PLAN_CALLED_JAVA + "\n"), starter.jrun("start", "box"));
            assertEquals(new Result(0, "default\n", ""), starter.jrun("start", "box"));
        }

        @Test
        void manyAtOnceCompileOnce() throws Exception {
            compiling(echo());

            Result result = starter.shell("for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do"
                    + " $JRUN start box & done; wait");

            assertEquals("default\n".repeat(20), result.output());
            assertEquals(1, starter.javaCalls().size(), () -> result.errors());
        }

        @Test
        void manyAtOnceThatFailAllSayWhy() throws Exception {
            starter.java("echo words >&2; exit 125");

            Result result = starter.shell("for i in 1 2 3 4 5 6 7 8 9 10; do $JRUN start box || echo $? & done; wait");

            assertEquals(new Result(0, "125\n".repeat(10), "words\n".repeat(10)), result);
        }

        @Test
        void dataDirectoryThatCannotBeWrittenOnlyCostsTheLock() throws Exception {
            compiling(echo());
            starter.environment.put("JRUN_DATA_PATH", "/proc/none");

            assertEquals("default\n", starter.jrun("start", "box").output());
        }

        @Test
        void ignoredChildSignalDoesNotLoseTheStatus() throws Exception {
            compiling(echo());

            assertEquals(
                    "default\n",
                    starter.shell("exec env --ignore-signal=CHLD $JRUN start box")
                            .output());
            starter.java("exit 5");
            assertEquals(
                    5,
                    starter.shell("exec env --ignore-signal=CHLD $JRUN start other")
                            .status());
        }

        @Test
        void closedStandardFilesStayClosedForThePayloadAndNotForJava() throws Exception {
            compiling(plan(
                    PREFIX,
                    PATH,
                    execute("sh", "-c", "for f in 0 1 2; do test -e /proc/$$/fd/$f && echo $f >> result; done")));
            Files.createFile(directory.resolve("result"));

            starter.shell("exec $JRUN start box <&- 2>&-");

            assertEquals("1\n", Files.readString(directory.resolve("result")));
        }
    }

    @Nested
    class OtherCommands {

        @Test
        void becomeJava() throws Exception {
            starter.java("echo $$ $JRUN_HOME $LC_ALL ${JRUN_PLAN_FD-none}; cat; exit 5");
            starter.environment.put("JRUN_PLAN_FD", "77");

            Result result = starter.shell("echo $$; echo input | { exec $JRUN import x; }");

            assertEquals(5, result.status());
            assertTrue(
                    result.output().endsWith(directory.toRealPath() + "/home C.UTF-8 none\ninput\n"), result::output);
        }

        @Test
        void haveOptionsOfTheirOwn() throws Exception {
            starter.write("home/lib/java/import.options", "-Xmx1g\nthe.Main");
            starter.java("exit 0");

            starter.jrun("import", "x");

            assertEquals(List.of("-Xmx1g the.Main import x"), starter.javaCalls());
        }

        @Test
        void bundledJavaComesFirst() throws Exception {
            starter.java("exit 1");
            starter.write("home/lib/runtime/bin/java", "#!/bin/sh\necho bundled\n");
            Files.setPosixFilePermissions(
                    directory.resolve("home/lib/runtime/bin/java"), PosixFilePermissions.fromString("rwxr-xr-x"));

            assertEquals("bundled\n", starter.jrun("version").output());
        }

        @Test
        void sayWhatIsMissingWithoutJava() throws Exception {
            starter.environment.put("JAVA_HOME", "/nonexistent");
            starter.environment.put("PATH", "/nonexistent:");

            Result result = starter.jrun("import", "x");

            assertEquals(7, result.status());
            assertEquals("""
                    jrun: cannot start Java: there is none in this installation, in JAVA_HOME or in PATH (ENOENT)
                      hint: install Java 17 or newer, or set JAVA_HOME to where it is
                    """, result.errors());
            assertEquals(125, starter.jrun("start", "box").status());
        }

        @Test
        void sayWhatIsMissingWithoutOptions() throws Exception {
            Files.delete(directory.resolve("home/lib/java/default.options"));

            Result result = starter.jrun("import", "x");

            assertEquals(7, result.status());
            assertTrue(result.errors().contains("default.options (ENOENT)\n  hint: "), result::errors);
        }
    }
}
