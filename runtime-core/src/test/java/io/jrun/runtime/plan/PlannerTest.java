package io.jrun.runtime.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.Failure;
import io.jrun.error.HostUnsupportedException;
import io.jrun.json.Json;
import io.jrun.runtime.host.HostCapabilities;
import io.jrun.runtime.plan.PlanStep.Identity;
import io.jrun.runtime.plan.StartOptions.RootAccess;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Whole plans, and what holds for all of them. */
class PlannerTest extends PlannedStarts {

    @Test
    void defaultsArePrintedWithTheirOrigins() throws Exception {
        environment.put("SLURM_PROCID", "3");
        environment.put("LANG", "de_DE.UTF-8");

        Golden.assertMatches("defaults.txt", PlanPrinter.toText(plan().plan(), caller()));
    }

    @Test
    void aJobScriptsOptionsArePrintedWithTheirOrigins() throws Exception {
        mounts.addAll(List.of("/scratch/in:/input:ro", "/scratch/conf:/etc/app.conf:nosuid,nofail", "in:/data"));
        mounts.add("tmpfs:/home:tmpfs:size=1g,mode=700");
        settings.addAll(List.of("OMP_NUM_THREADS=8", "SECRET"));
        workingDirectory = Optional.of("/input");
        imageConfig = "{\"config\":{\"Env\":[\"PATH=/opt/bin:/bin\",\"NVIDIA_VISIBLE_DEVICES=all\"],"
                + "\"Entrypoint\":[\"/init\"],\"Cmd\":[\"serve\"]}}";
        environment.put("SECRET", "s3");

        Golden.assertMatches("job-script.txt", PlanPrinter.toText(plan().plan(), caller()));
    }

    @Test
    void rootWithAWritableContainerIsPrintedAsJson() throws Exception {
        access = RootAccess.WRITABLE;
        identity = Identity.ROOT;
        mounts.add("/scratch/in:/new/place");

        Golden.assertMatches(
                "root-writable.json", Json.toPrettyText(PlanPrinter.toJson(plan().plan(), caller())) + "\n");
    }

    @Test
    void equalAnswersGiveEqualPlans() throws Exception {
        mounts.add("/scratch/in:/input");

        assertEquals(plan(), plan());
    }

    @Test
    void aHostWithoutUserNamespacesIsRefusedBeforeAnythingElse() {
        capabilities = new HostCapabilities(
                Optional.of(Failure.of("start a container", "switched off (ENOSPC)")), Optional.empty());
        mounts.add("not even a mount:");

        assertThrows(HostUnsupportedException.class, this::plan);
    }

    @Test
    void privilegesGoBeforeThePayloadStarts() throws Exception {
        List<PlanStep> steps = plan().plan().steps();

        assertTrue(steps.contains(new PlanStep.ForbidNewPrivileges("default")));
        assertTrue(steps.contains(new PlanStep.DropCapabilities("default")));
        assertTrue(steps.stream().noneMatch(PlanStep.FakeOwnership.class::isInstance));
    }
}
