package io.jrun.runtime.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.UsageException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.plan.PlanStep.Identity;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What the payload finds in its environment. */
class PlannedVariablesTest extends PlannedStarts {

    @Test
    void nothingThatSteersTheHostsLoaderOrInterpretersLeaks() throws Exception {
        for (String name : List.of(
                "LD_PRELOAD",
                "LD_LIBRARY_PATH",
                "LD_AUDIT",
                "PYTHONPATH",
                "PYTHONHOME",
                "PERL5LIB",
                "BASH_ENV",
                "ENV",
                "R_LIBS",
                "JAVA_TOOL_OPTIONS",
                "_JAVA_OPTIONS",
                "PKG_CONFIG_PATH",
                "MODULEPATH",
                "TMPDIR",
                "SHELL",
                "XDG_RUNTIME_DIR",
                "JRUN_DATA_PATH")) {
            environment.put(name, "/host");
        }

        assertEquals(
                List.of("HOME", "LOGNAME", "PATH", "USER"),
                List.copyOf(payloadVariables().keySet()));
    }

    @Test
    void theImagesPathWinsOverTheHosts() throws Exception {
        environment.put("PATH", "/host/bin");
        imageConfig = "{\"config\":{\"Env\":[\"PATH=/image/bin\"]}}";

        assertEquals("/image/bin", payloadVariables().get("PATH"));
    }

    @Test
    void theJobWinsOverTheImageAndTheImageOverTheSession() throws Exception {
        environment.put("NVIDIA_VISIBLE_DEVICES", "1");
        environment.put("LANG", "de_DE.UTF-8");
        environment.put("TERM", "xterm");
        imageConfig = "{\"config\":{\"Env\":[\"NVIDIA_VISIBLE_DEVICES=all\",\"LANG=C.UTF-8\",\"OMP_NUM_THREADS=1\"]}}";

        Map<String, String> variables = payloadVariables();

        assertEquals("1", variables.get("NVIDIA_VISIBLE_DEVICES"));
        assertEquals("C.UTF-8", variables.get("LANG"));
        assertEquals("1", variables.get("OMP_NUM_THREADS"));
        assertEquals("xterm", variables.get("TERM"));
    }

    @Test
    void optionsWinOverAll() throws Exception {
        environment.put("LD_PRELOAD", "/host/xalt.so");
        environment.put("SLURM_PROCID", "3");
        settings.addAll(List.of("SLURM_PROCID=9", "PATH=", "LD_PRELOAD", "ABSENT"));

        Map<String, String> variables = payloadVariables();

        assertEquals("9", variables.get("SLURM_PROCID"));
        assertEquals("", variables.get("PATH"));
        assertEquals("/host/xalt.so", variables.get("LD_PRELOAD"));
        assertFalse(variables.containsKey("ABSENT"));
    }

    @Test
    void aVariableWithoutANameIsRefused() {
        settings.add("=value");

        assertThrows(UsageException.class, this::plan);
    }

    @Test
    void homeIsTheAccountsWhereTheContainerHasIt() throws Exception {
        assertEquals("/", payloadVariables().get("HOME"));

        files.directory("/home/ann");
        mounts.add("/home/ann");

        assertEquals("/home/ann", payloadVariables().get("HOME"));
    }

    @Test
    void asRootEverythingIsRoots() throws Exception {
        identity = Identity.ROOT;
        files.directory(ROOTFS + "/root");

        Map<String, String> variables = payloadVariables();

        assertEquals("/root", variables.get("HOME"));
        assertEquals("root", variables.get("USER"));
    }

    @Test
    void whatIsAddedStandsOnTheSideOfThePlusAndFindsTheImagesValue() throws Exception {
        imageConfig = "{\"config\":{\"Env\":[\"PATH=/image/bin\"]}}";
        settings.addAll(List.of("PATH+=:/opt/bin", "+PATH=/first:"));

        assertEquals("/first:/image/bin:/opt/bin", payloadVariables().get("PATH"));
    }

    @Test
    void whatIsAddedToNothingBringsNoEmptyPart() throws Exception {
        settings.addAll(List.of("LD_LIBRARY_PATH+=:/opt/lib", "+MANPATH=/opt/man:", "NOTHING+="));

        Map<String, String> variables = payloadVariables();

        assertEquals("/opt/lib", variables.get("LD_LIBRARY_PATH"));
        assertEquals("/opt/man", variables.get("MANPATH"));
        assertEquals("", variables.get("NOTHING"));
    }

    @Test
    void whatIsAddedToYoursIsAnInput() throws Exception {
        environment.put("OMP_PLACES", "cores");
        settings.add("OMP_PLACES+=(4)");

        assertEquals("cores(4)", payloadVariables().get("OMP_PLACES"));
        assertTrue(plan().plan()
                .inputs()
                .contains(new PlanInput.Variable(ByteString.of("OMP_PLACES"), Optional.of(ByteString.of("cores")))));
    }

    @Test
    void hostsListsInAFileOfVariablesAreTold() throws Exception {
        environment.put("PATH", "/host/bin");
        files.file("/scratch/my.env", "PATH=/opt/bin:${PATH}\nOTHER+=x\n");
        more = options -> options.environmentFiles(List.of(ByteString.of("my.env")));

        assertTrue(plan().notes().stream().anyMatch(note -> note.text().contains("write PATH+=:/some/directory")));
        assertEquals("x", payloadVariables().get("OTHER"));
    }

    @Test
    void ranksOfPyTorchAreThoseOfTheStep() throws Exception {
        environment.putAll(Map.of(
                "SLURM_STEP_ID", "0",
                "SLURM_JOB_ID", "4097",
                "SLURM_PROCID", "5",
                "SLURM_LOCALID", "1",
                "SLURM_STEP_NUM_TASKS", "8",
                "SLURM_STEP_NUM_NODES", "2",
                "SLURM_STEP_NODELIST", "gpu[07-09,12],login"));
        Map<String, String> without = payloadVariables();
        imageConfig = "{\"config\":{\"Env\":[\"PYTORCH_VERSION=2.6\"]}}";
        environment.put("LOCAL_RANK", "mine");

        Map<String, String> variables = payloadVariables();

        assertFalse(without.containsKey("RANK"));
        assertEquals("5", variables.get("RANK"));
        assertEquals("mine", variables.get("LOCAL_RANK"));
        assertEquals("8", variables.get("WORLD_SIZE"));
        assertEquals("gpu07", variables.get("MASTER_ADDR"));
        assertEquals("61001", variables.get("MASTER_PORT"));
        assertEquals("1", variables.get("OMP_NUM_THREADS"));
    }
}
