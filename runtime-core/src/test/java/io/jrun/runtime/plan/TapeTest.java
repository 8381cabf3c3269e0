package io.jrun.runtime.plan;

import static io.jrun.runtime.plan.StarterFixture.bytes;
import static io.jrun.runtime.plan.StarterFixture.execute;
import static io.jrun.runtime.plan.StarterFixture.plan;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.posix.ByteString;
import io.jrun.runtime.plan.StarterFixture.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** What the process of the payload gets, with plans that make no namespaces. */
class TapeTest {

    private static final List<ByteString> PREFIX = bytes("start", "box");

    @TempDir
    Path directory;

    private StarterFixture starter;

    @BeforeEach
    void install() throws IOException {
        starter = new StarterFixture(directory);
    }

    private static PlanStep set(String name, String value) {
        return new PlanStep.SetVariable(ByteString.of(name), ByteString.of(value), "test");
    }

    private static PlanStep pass(String... globs) {
        return new PlanStep.PassVariables(List.of(globs), "test");
    }

    private static PlanStep copy(String name) {
        return new PlanStep.CopyVariable(ByteString.of(name), "test");
    }

    private void cachePlain() throws IOException {
        starter.cache(plan(PREFIX, set("PATH", "/usr/bin:/bin"), execute("true")));
    }

    @Nested
    @ParameterizedClass
    @EnumSource(StarterFixture.Kind.class)
    class Environment {

        @Parameter
        StarterFixture.Kind kind;

        @BeforeEach
        void choose() throws Exception {
            starter.as(kind);
        }

        private List<String> environmentOf(PlanStep... steps) throws Exception {
            PlanStep[] all = Arrays.copyOf(steps, steps.length + 1);
            all[steps.length] = execute("/usr/bin/env");
            starter.cache(plan(PREFIX, all));
            Result result = starter.jrun("start", "box");
            assertEquals(0, result.status(), result::toString);
            return result.output().lines().toList();
        }

        @Test
        void holdsNothingThatWasNotAskedFor() throws Exception {
            starter.environment.put("LD_PRELOAD", "/nonexistent");

            assertEquals(List.of("A=1"), environmentOf(set("A", "1")));
        }

        @Test
        void passesWhatMatchesAGlob() throws Exception {
            starter.environment.put("SLURM_JOB_ID", "7");
            starter.environment.put("SLURM_", "empty rest");
            starter.environment.put("SLURMX", "no");
            starter.environment.put("PMI2_X_FD", "star in the middle");
            starter.environment.put("TERM", "vt100");

            assertEquals(
                    List.of("PMI2_X_FD=star in the middle", "SLURM_=empty rest", "SLURM_JOB_ID=7", "TERM=vt100"),
                    environmentOf(pass("SLURM_*", "T?RM", "*_X_*", "SLURM")).stream()
                            .sorted()
                            .toList());
        }

        @Test
        void laterStepsReplaceEarlierOnes() throws Exception {
            starter.environment.put("B", "callers");

            assertEquals(List.of("B=callers"), environmentOf(set("B", "images"), pass("B")));
            assertEquals(List.of("B=option"), environmentOf(pass("B"), set("B", "option")));
            assertEquals(List.of("B=callers"), environmentOf(set("B", "images"), copy("B"), copy("MISSING")));
        }

        private static PlanStep ofStep(String name, PlanStep.StepValue value) {
            return new PlanStep.StepVariable(ByteString.of(name), value, "test");
        }

        private PlanStep[] ranks() {
            return new PlanStep[] {
                ofStep("RANK", new PlanStep.StepValue.Copied(ByteString.of("SLURM_PROCID"))),
                ofStep("ADDRESS", new PlanStep.StepValue.Text(ByteString.of("n1"))),
                ofStep("PORT", PlanStep.StepValue.Derived.PORT),
                ofStep("THREADS", PlanStep.StepValue.Derived.ONE_THREAD),
                pass("RANK")
            };
        }

        @Test
        void aStepImpliesVariables() throws Exception {
            starter.environment.put("SLURM_JOB_ID", "70001");
            starter.environment.put("SLURM_STEP_ID", "2");
            starter.environment.put("SLURM_PROCID", "5");
            starter.environment.put("SLURM_STEP_NUM_TASKS", "8");
            starter.environment.put("SLURM_STEP_NUM_NODES", "2");
            List<String> all = environmentOf(ranks());
            starter.environment.put("SLURM_STEP_NUM_TASKS", "2");
            starter.environment.put("RANK", "callers");
            starter.environment.put("SLURM_JOB_ID", "no number");
            List<String> fewer = environmentOf(ranks());

            // 61000 + (70001 + 2 * 256) modulo 4096
            assertEquals(List.of("RANK=5", "ADDRESS=n1", "PORT=61881", "THREADS=1"), all);
            assertEquals(List.of("ADDRESS=n1", "RANK=callers"), fewer);
            assertEquals(61881, StepVariableLowering.port(70001, 2));
        }

        @Test
        void outsideOfAStepNothingIsImplied() throws Exception {
            starter.environment.put("SLURM_JOB_ID", "70001");
            starter.environment.put("SLURM_PROCID", "0");

            assertEquals(List.of(), environmentOf(ranks()));
        }

        @Test
        void namesAreComparedWhole() throws Exception {
            assertEquals(
                    List.of("AB=1", "A=2", "ABC=3"), environmentOf(set("AB", "1"), set("A", "2"), set("ABC", "3")));
        }

        @Test
        void mayBeHuge() throws Exception {
            for (int i = 0; i < 5000; i++) {
                starter.environment.put("HUGE_" + i, "v".repeat(100));
            }

            assertEquals(5000, environmentOf(pass("HUGE_*")).size());
        }
    }

    @Nested
    @ParameterizedClass
    @EnumSource(StarterFixture.Kind.class)
    class Program {

        @Parameter
        StarterFixture.Kind kind;

        @BeforeEach
        void choose() throws Exception {
            starter.as(kind);
        }

        @Test
        void getsEntrypointAndArguments() throws Exception {
            starter.cache(plan(PREFIX, new PlanStep.Execute(bytes("/bin/echo", "entry"), bytes("default"), "test")));

            assertEquals("entry default\n", starter.jrun("start", "box").output());
            assertEquals("entry a  b\n", starter.jrun("start", "box", "a ", "b").output());
        }

        @Test
        void getsArgumentsAndVariablesAsBytes() throws Exception {
            starter.cache(plan(PREFIX, pass("*"), execute("true")));

            Result result = starter.shell("X=$(printf '\\377\\376'); export X;"
                    + " exec $JRUN start box /bin/sh -c 'printf %s \"$1$X\"' sh \"$(printf '\\303\\050\\200')\"");

            assertEquals("\u00c3(\u0080\u00ff\u00fe", result.output());
        }

        @Test
        void statusAndSignalsAreItsOwn() throws Exception {
            cachePlain();

            assertEquals(42, starter.jrun("start", "box", "sh", "-c", "exit 42").status());
            assertEquals(
                    128 + 10,
                    starter.jrun("start", "box", "sh", "-c", "kill -USR1 $$").status());
        }

        @Test
        void keepsClosedStandardFilesClosed() throws Exception {
            cachePlain();

            assertEquals(
                    "1\n2\n",
                    starter.shell("exec $JRUN start box sh -c 'for f in 0 1 2; do"
                                    + " test -e /proc/$$/fd/$f && echo $f; done' <&-")
                            .output());
        }
    }

    @Nested
    @ParameterizedClass
    @EnumSource(StarterFixture.Kind.class)
    class NotRunnable {

        @Parameter
        StarterFixture.Kind kind;

        @BeforeEach
        void choose() throws Exception {
            starter.as(kind);
        }

        private void assertFails(int status, String message, String... command) throws Exception {
            String[] arguments = new String[command.length + 2];
            arguments[0] = "start";
            arguments[1] = "box";
            System.arraycopy(command, 0, arguments, 2, command.length);
            Result result = starter.jrun(arguments);
            assertEquals(status, result.status(), result::toString);
            assertTrue(result.errors().startsWith("jrun: cannot run" + message), result::errors);
            assertTrue(result.errors().contains("\n  hint: "), result::errors);
        }

        @Test
        void missingProgramIs127() throws Exception {
            cachePlain();

            assertFails(127, " no-such-program: the container has no such program (ENOENT)", "no-such-program");
            assertFails(127, " /no/such: the container has no such program (ENOENT)", "/no/such");
            assertFails(127, " /bin/true/x: a part of the path is not a directory (ENOTDIR)", "/bin/true/x");
            assertFails(127, ": the container has no such program (ENOENT)", "");
        }

        @Test
        void fileThatCannotBeExecutedIs126() throws Exception {
            cachePlain();
            starter.write("plain", "no program");
            Path text = starter.write("text", "no program");
            Path script = starter.write("script", "#!/no/such/interpreter\n");
            for (Path file : List.of(text, script)) {
                Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
            }

            assertFails(126, " ./plain: it is not executable, or is a directory (EACCES)", "./plain");
            assertFails(126, " /usr: it is not executable, or is a directory (EACCES)", "/usr");
            assertFails(126, " ./text: it is neither a program for this machine", "./text");
            assertFails(126, " ./script: the program is there, but not the interpreter", "./script");
        }

        @Test
        void sameHoldsForThoseFoundThroughPath() throws Exception {
            starter.cache(plan(
                    PREFIX,
                    set("PATH", directory.toRealPath() + "/one::" + directory.toRealPath() + "/two"),
                    execute()));
            starter.write("one/plain", "");
            Path script = starter.write("two/script", "#!/no/such/interpreter\n");
            Path good = starter.write("two/good", "#!/bin/sh\necho good\n");
            Path here = starter.write("here", "#!/bin/sh\necho here\n");
            for (Path file : List.of(script, good, here)) {
                Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
            }

            assertFails(126, " plain: it is not executable", "plain");
            assertFails(126, " script: the program is there, but not the interpreter", "script");
            assertEquals("good\n", starter.jrun("start", "box", "good").output());
            assertEquals("here\n", starter.jrun("start", "box", "here").output());
        }

        @Test
        void noProgramAtAllIs125() throws Exception {
            starter.cache(plan(PREFIX, execute()));

            Result result = starter.jrun("start", "box");

            assertEquals(125, result.status());
            assertTrue(result.errors().contains("neither the image nor the command line names a program"));
        }
    }

    /** Not under an emulator, which keeps signals for itself. */
    @Test
    void inheritsDescriptorsMaskAndIgnoredSignals() throws Exception {
        cachePlain();
        String probe = "grep -E \"^Sig(Ign|Blk|Cgt)\" /proc/self/status; cat <&9; umask; ulimit -n; ls /proc/self/fd";
        starter.write("probe", probe);
        starter.write("input", "through 9\n");
        String set = "trap '' HUP PIPE USR2; umask 027; ulimit -n 77; exec 9< input; ";

        Result plain = starter.shell(set + "exec sh ./probe");
        Result started = starter.shell(set + "exec $JRUN start box sh ./probe");

        assertEquals(plain.output(), started.output());
        assertTrue(started.output().contains("through 9"), started::output);
    }

    @Test
    void directoryIsMadeAndEntered() throws Exception {
        Path deep = directory.toRealPath().resolve("a/b/c");
        starter.cache(plan(
                PREFIX,
                new PlanStep.ChangeDirectory(ByteString.of(deep.toString()), true, "test"),
                execute("/bin/pwd")));

        assertEquals(deep + "\n", starter.jrun("start", "box").output());
        assertEquals(deep + "\n", starter.jrun("start", "box").output());
    }

    @Test
    void missingDirectoryIsNamed() throws Exception {
        starter.cache(plan(
                PREFIX, new PlanStep.ChangeDirectory(ByteString.of("/no/such"), false, "test"), execute("/bin/pwd")));

        assertEquals(new Result(125, "", """
                        jrun: cannot change to the directory /no/such: the container has no such directory (ENOENT)
                          hint: choose one that exists with -w DIR
                        """), starter.jrun("start", "box"));
    }
}
