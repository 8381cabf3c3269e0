package io.jrun.runtime.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.JrunException;
import io.jrun.error.NotFoundException;
import io.jrun.error.UsageException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.plan.PlanStep.Execute;
import io.jrun.runtime.plan.StartOptions.RootAccess;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What runs, and where it begins. */
class PayloadProgramTest extends PlannedStarts {

    private Execute execute() throws JrunException {
        List<PlanStep> steps = plan().plan().steps();
        return (Execute) steps.get(steps.size() - 1);
    }

    @Test
    void withoutAnythingToRunThereIsAShell() throws Exception {
        assertEquals(List.of(ByteString.of("/bin/sh")), execute().defaultArguments());
        assertEquals(List.of(), execute().entrypoint());
    }

    @Test
    void anEntrypointAloneGetsNoShell() throws Exception {
        imageConfig = "{\"config\":{\"Entrypoint\":[\"/init\"]}}";

        assertEquals(List.of(), execute().defaultArguments());
    }

    @Test
    void theEntrypointCanBeLeftOut() throws Exception {
        imageConfig = "{\"config\":{\"Entrypoint\":[\"/init\"],\"Cmd\":[\"serve\"]}}";
        more = StartOptions.Builder::withoutEntrypoint;

        assertEquals(List.of(), execute().entrypoint());
        assertEquals(List.of(ByteString.of("serve")), execute().defaultArguments());
    }

    @Test
    void withoutEntrypointAndCommandThereIsAShell() throws Exception {
        imageConfig = "{\"config\":{\"Entrypoint\":[\"/init\"]}}";
        more = StartOptions.Builder::withoutEntrypoint;

        assertEquals(List.of(ByteString.of("/bin/sh")), execute().defaultArguments());
    }

    @Test
    void aMissingDirectoryOfTheImageIsMadeWithoutTouchingIt() throws Exception {
        imageConfig = "{\"config\":{\"WorkingDir\":\"/work\"}}";

        assertEquals(1, plan().mountPoints().size());
        assertTrue(plan().plan()
                .steps()
                .contains(new PlanStep.ChangeDirectory(ByteString.of("/work"), false, "image config")));
    }

    @Test
    void aMissingDirectoryOfTheCallerIsNotFound() {
        workingDirectory = Optional.of("/nowhere");

        assertThrows(NotFoundException.class, this::plan);
    }

    @Test
    void aMountBelowADirectoryThatTheImageLacksCanBeTheWorkingDirectory() throws Exception {
        mounts.add("/scratch/in:/absent/deep");
        workingDirectory = Optional.of("/absent/deep");

        assertTrue(plan().plan()
                .steps()
                .contains(new PlanStep.ChangeDirectory(ByteString.of("/absent/deep"), false, "option -w")));
    }

    @Test
    void inAWritableContainerItIsMade() throws Exception {
        access = RootAccess.WRITABLE;
        workingDirectory = Optional.of("/nowhere");

        assertTrue(plan().plan()
                .steps()
                .contains(new PlanStep.ChangeDirectory(ByteString.of("/nowhere"), true, "option -w")));
    }

    @Test
    void aRelativeDirectoryIsRefused() {
        workingDirectory = Optional.of("data");

        assertThrows(UsageException.class, this::plan);
    }
}
