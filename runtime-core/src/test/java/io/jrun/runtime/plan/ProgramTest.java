package io.jrun.runtime.plan;

import static io.jrun.runtime.plan.StarterFixture.bytes;
import static io.jrun.runtime.plan.StarterFixture.execute;
import static io.jrun.runtime.plan.StarterFixture.plan;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.posix.ByteString;
import io.jrun.runtime.plan.PlanStep.Identity;
import io.jrun.runtime.plan.PlanStep.Namespace;
import io.jrun.runtime.plan.StarterFixture.Result;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Programs that a start runs before the payload. */
@ParameterizedClass
@EnumSource(
        value = StarterFixture.Kind.class,
        names = {"OWN", "TRAPPING"})
class ProgramTest {

    private static final String ORIGIN = "test";
    private static final PlanStep OPEN = new PlanStep.OpenEnvironmentFile(ORIGIN);
    private static final PlanStep MERGE = new PlanStep.MergeEnvironmentFile(ORIGIN);

    @Parameter
    StarterFixture.Kind kind;

    @TempDir
    Path directory;

    private StarterFixture starter;

    @BeforeEach
    void install() throws Exception {
        starter = new StarterFixture(directory).as(kind);
    }

    private static PlanStep set(String name, String value) {
        return new PlanStep.SetVariable(ByteString.of(name), ByteString.of(value), ORIGIN);
    }

    private static PlanStep sh(String script, String... variables) {
        return new PlanStep.RunProgram(bytes("/bin/sh", "-c", script), bytes(variables), "run the hook 10", ORIGIN);
    }

    private Result start(PlanStep... steps) throws Exception {
        List<PlanStep> all = new ArrayList<>(List.of(steps));
        all.add(set("PATH", "/usr/bin:/bin"));
        all.add(execute("/usr/bin/env"));
        starter.cache(plan(bytes("start", "box"), all.toArray(new PlanStep[0])));
        return starter.jrun("start", "box");
    }

    @Test
    void findsTheVariablesSetSoFarAndItsOwn() throws Exception {
        Result result = start(set("A", "1"), sh("echo $A $B $# $(pwd)", "B=2"));

        assertEquals(new Result(0, "A=1\nPATH=/usr/bin:/bin\n", "1 2 0 " + directory.toRealPath() + "\n"), result);
    }

    @Test
    void readsNothingOfThePayloadsInput() throws Exception {
        starter.cache(plan(bytes("start", "box"), sh("cat"), execute("/bin/cat")));

        assertEquals(new Result(0, "kept", ""), starter.shell("printf kept | $JRUN start box"));
    }

    @Test
    void whatItAppendsToTheEnvironmentFileIsSetForThePayloadAndTheNextProgram() throws Exception {
        Result result = start(
                OPEN,
                set("A", "old"),
                sh(
                        "echo A=new >> $JRUN_ENVIRON; printf '# note\\n\\nnothing\\n=x\\nB=two words' | cat >> $JRUN_ENVIRON"),
                sh("grep -c = $JRUN_ENVIRON"),
                MERGE);

        assertEquals(new Result(0, "A=new\nB=two words\nPATH=/usr/bin:/bin\n", "3\n"), result);
    }

    @Test
    void tooManyVariablesAreRefused() throws Exception {
        Result result = start(OPEN, sh("head -c 200000 /dev/zero >> $JRUN_ENVIRON"), MERGE);

        assertEquals(new Result(125, "", "jrun: cannot read the variables of hooks: they set too many\n"), result);
    }

    @Test
    void failureEndsTheStartWithItsName() throws Exception {
        assertEquals(
                new Result(125, "", "sorry\njrun: cannot run the hook 10: it ended with status 3\n"),
                start(sh("echo sorry; exit 3")));
        assertEquals(
                new Result(125, "", "jrun: cannot run the hook 10: it was killed by signal 9\n"),
                start(sh("kill -9 $$")));
    }

    @Test
    void missingProgramIsNamed() throws Exception {
        Result result = start(new PlanStep.RunProgram(bytes("/no/such"), bytes(), "run the hook 10", ORIGIN));

        assertEquals(125, result.status());
        assertTrue(
                result.errors()
                        .startsWith("jrun: cannot run the hook 10: there is no such program on the host (ENOENT)"),
                result::errors);
    }

    @Test
    void ignoredEndOfChildrenIsHandedOnAndHidesNoFailure() throws Exception {
        starter.cache(plan(bytes("start", "box"), sh("exit 4"), execute("/bin/true")));
        assertEquals(
                125,
                starter.shell("exec env --ignore-signal=CHLD $JRUN start box").status());

        starter.cache(plan(bytes("start", "box"), sh("true"), execute("/bin/grep", "SigIgn", "/proc/self/status")));
        assertEquals(
                ignoredChild(),
                starter.shell("exec env --ignore-signal=CHLD $JRUN start box").output());
    }

    /** What the same program says without the starter: this JVM's parent may ignore more. */
    private String ignoredChild() throws Exception {
        return starter.shell("exec env --ignore-signal=CHLD grep SigIgn /proc/self/status")
                .output();
    }

    @Test
    @NeedsUserns
    void mountsAsRootOfANamespaceAndThePayloadIsTheCaller() throws Exception {
        Path target = Files.createDirectory(directory.resolve("target"));
        Files.writeString(directory.resolve("source"), "");
        starter.cache(plan(
                bytes("start", "box"),
                new PlanStep.EnterNamespaces(Set.of(Namespace.USER, Namespace.MOUNT), Identity.ROOT, ORIGIN),
                sh("mount -t tmpfs none " + target + " && echo inside > " + target + "/file"),
                new PlanStep.BecomeCaller(PlanStep.Identity.SELF, ORIGIN),
                set("PATH", "/usr/bin:/bin"),
                execute("/bin/sh", "-c", "id -u; cat " + target + "/file")));

        Result result = starter.jrun("start", "box");

        String uid = StarterFixture.isRoot()
                ? "2000"
                : starter.shell("id -u").output().strip();
        assertEquals(new Result(0, uid + "\ninside\n", ""), result);
    }
}
