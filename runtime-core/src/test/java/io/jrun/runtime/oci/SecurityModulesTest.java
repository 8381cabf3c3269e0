package io.jrun.runtime.oci;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.CorruptDataException;
import io.jrun.error.JrunException;
import io.jrun.json.Json;
import io.jrun.runtime.plan.LifecycleStep;
import io.jrun.runtime.plan.LifecycleStep.WriteFile;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Labels, on kernels with and without the modules that know them. */
class SecurityModulesTest {

    private static final String OWN = "/proc/self/attr/apparmor/exec";
    private static final String SHARED = "/proc/self/attr/exec";
    private static final SecurityModules NONE = new SecurityModules(false, Optional.empty());
    private static final SecurityModules SELINUX = new SecurityModules(true, Optional.empty());
    private static final SecurityModules APPARMOR = new SecurityModules(false, Optional.of(OWN));

    private final List<String> notes = new ArrayList<>();

    private static ConfigNode node(String name, String json) throws JrunException {
        return new ConfigNode(name, Json.parse(json.replace('\'', '"').getBytes(StandardCharsets.UTF_8), "test"));
    }

    private List<String> written(SecurityModules modules, String process) throws JrunException {
        List<String> written = new ArrayList<>();
        for (LifecycleStep step : modules.steps(node("process", process), notes::add)) {
            WriteFile write = (WriteFile) step;
            written.add(write.path() + " " + write.content());
        }
        return written;
    }

    @Test
    void aLabelIsWrittenForTheNextProgramWhereItsModuleRuns() throws JrunException {
        assertEquals(List.of(SHARED + " u:r:t:s0"), written(SELINUX, "{'selinuxLabel': 'u:r:t:s0'}"));
        assertEquals(List.of(OWN + " exec site"), written(APPARMOR, "{'apparmorProfile': 'site'}"));
        assertEquals(List.of(), notes);
    }

    @Test
    void whereItsModuleDoesNotRunItIsTold() throws JrunException {
        assertEquals(List.of(), written(NONE, "{'selinuxLabel': 'u:r:t:s0', 'apparmorProfile': 'site'}"));
        assertEquals(2, notes.size(), notes.toString());
        assertTrue(notes.get(0).startsWith("process.selinuxLabel: "), notes.toString());
        assertTrue(notes.get(1).startsWith("process.apparmorProfile: "), notes.toString());
    }

    @Test
    void anEmptyLabelAndTheNameOfNoProfileAskForNothing() throws JrunException {
        assertEquals(List.of(), written(NONE, "{'selinuxLabel': '', 'apparmorProfile': 'unconfined'}"));
        assertEquals(List.of(), notes);
    }

    @Test
    void mountsAreLabelledWhereTheKernelAllowsIt() throws JrunException {
        ConfigNode linux = node("linux", "{'mountLabel': 'u:o:t:s0:c1,c2'}");

        assertEquals(Optional.of("context=\"u:o:t:s0:c1,c2\""), SELINUX.mountOption(linux, "tmpfs"));
        assertEquals(Optional.empty(), SELINUX.mountOption(linux, "proc"));
        assertEquals(Optional.empty(), APPARMOR.mountOption(linux, "tmpfs"));
        assertThrows(
                CorruptDataException.class,
                () -> SELINUX.mountOption(node("linux", "{'mountLabel': 'u\\\"x'}"), "tmpfs"));
    }
}
