package io.jrun.runtime.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.Failure;
import io.jrun.error.JrunException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.host.HostCapabilities;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The directories that a launcher of ranks shares with them. */
class RankDirectoriesTest extends PlannedStarts {

    private static final String SPOOL = "/var/spool/slurmd";

    @BeforeEach
    void bePartOfAStep() {
        files.directory(SPOOL + "/pmix.7.0");
        environment.put("PMIX_SERVER_TMPDIR", SPOOL + "/pmix.7.0/");
        environment.put("PMIX_SYSTEM_TMPDIR", "/tmp");
    }

    private List<String> shown() throws JrunException {
        return binds().stream()
                .filter(bind -> bind.origin().startsWith("variable "))
                .map(bind -> bind.source() + " " + bind.target() + " " + bind.origin())
                .toList();
    }

    @Test
    void theSpoolDirectoryIsShownForAllStepsOfTheNode() throws Exception {
        assertEquals(List.of(SPOOL + " " + SPOOL + " variable PMIX_SERVER_TMPDIR"), shown());
        List<PlanInput> inputs = plan().plan().inputs();
        assertTrue(
                inputs.contains(new PlanInput.VariableBelow(ByteString.of("PMIX_SERVER_TMPDIR"), ByteString.of(SPOOL))),
                inputs.toString());
        environment.put("PMIX_SERVER_TMPDIR", SPOOL + "/pmix.8.1");
        files.directory(SPOOL + "/pmix.8.1");
        assertEquals(inputs, plan().plan().inputs());
    }

    @Test
    void withoutALauncherThereIsNone() throws Exception {
        environment.clear();

        assertEquals(List.of(), shown());
        assertTrue(plan().plan()
                .inputs()
                .contains(new PlanInput.Variable(ByteString.of("PMIX_SERVER_TMPDIR"), Optional.empty())));
    }

    @Test
    void theCallersOwnMountsAndExclusionsComeFirst() throws Exception {
        mounts.add("tmpfs:/var/spool:tmpfs");
        assertEquals(List.of(), shown());

        mounts.clear();
        more = options -> options.withoutMounts(List.of(ByteString.of("/tmp"), ByteString.of("tmp")));
        environment.put("PMIX_SERVER_TMPDIR", "/tmp/pmix.7.0");
        files.directory("/tmp/pmix.7.0");
        assertEquals(List.of(), shown());
    }

    @Test
    void whatDoesNotExistOrIsNoPathIsLeftOut() throws Exception {
        for (String value : List.of("", "/", "/pmix", "relative/pmix", SPOOL + "/../x/pmix", "/no/such/pmix")) {
            environment.put("PMIX_SERVER_TMPDIR", value);
            assertEquals(List.of(), shown(), value);
        }
    }

    @Test
    void whereTheKernelHasNoLayersOnlyAnImageWithThePlaceShowsIt() throws Exception {
        capabilities = new HostCapabilities(Optional.empty(), Optional.of(Failure.of("mount", "too old")));
        assertEquals(List.of(), shown());

        files.directory(ROOTFS + SPOOL);
        assertEquals(1, shown().size());
    }
}
