package io.jrun.runtime.plan;

import static io.jrun.runtime.plan.StarterFixture.bytes;
import static io.jrun.runtime.plan.StarterFixture.execute;
import static io.jrun.runtime.plan.StarterFixture.plan;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.posix.ByteString;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The program for aarch64 under qemu-user on another machine. The emulator has threads, and a process with threads makes
 * no user namespace, so what is tested is all in front of that: the launcher, the reader of plans, the tape.
 */
class EmulatedMachineTest {

    @TempDir
    private Path directory;

    private StarterFixture starter;

    @BeforeEach
    void install() throws Exception {
        starter = new StarterFixture(directory).as(StarterFixture.Kind.EMULATED);
    }

    private static Plan environment() {
        return plan(
                bytes("start", "box"),
                new PlanStep.PassVariables(List.of("SLURM_*"), "test"),
                new PlanStep.SetVariable(ByteString.of("OWN"), ByteString.of("1"), "test"),
                execute("/usr/bin/env"));
    }

    @Test
    void runsACachedPlan() throws Exception {
        starter.cache(environment());
        starter.environment.put("SLURM_X", "7");

        StarterFixture.Result result = starter.jrun("start", "box");

        assertEquals("SLURM_X=7\nOWN=1\n", result.output(), result::errors);
        assertEquals(List.of(), starter.javaCalls());
    }

    /** The plan of this machine lies where the other one's would. The emulator makes no child that ends without a signal. */
    @Test
    void planOfAnotherMachineIsNotRun() throws Exception {
        starter.cache(environment(), PlanEncoder.encode(environment(), Machine.X86_64, StarterFixture.build()));

        StarterFixture.Result result = starter.jrun("start", "box");

        assertTrue(starter.wantedJava(result), result::toString);
        assertEquals("", result.output());
    }

    @Test
    void directoryIsMadeAndEntered() throws Exception {
        Path wanted = directory.resolve("a/b");
        starter.cache(plan(
                bytes("start", "box"),
                new PlanStep.ChangeDirectory(ByteString.of(wanted.toString()), true, "test"),
                execute("/bin/pwd")));

        assertEquals(
                directory.toRealPath().resolve("a/b") + "\n",
                starter.jrun("start", "box").output());
    }

    @Test
    void namespaceThatTheKernelRefusesIsNamed() throws Exception {
        starter.cache(plan(
                bytes("start", "box"),
                new PlanStep.EnterNamespaces(EnumSet.of(PlanStep.Namespace.USER), PlanStep.Identity.SELF, "test"),
                execute("/bin/true")));

        StarterFixture.Result result = starter.jrun("start", "box");

        assertEquals(125, result.status(), result::errors);
        assertTrue(result.errors().startsWith("jrun: cannot make a user namespace: "), result::errors);
    }
}
