package io.jrun.runtime.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.Failure;
import io.jrun.error.HostUnsupportedException;
import io.jrun.error.JrunException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.config.Configuration;
import io.jrun.runtime.config.ConfigurationReader;
import io.jrun.runtime.host.HostCapabilities;
import io.jrun.runtime.plan.PlanStep.Identity;
import io.jrun.runtime.plan.PlannedStart.PointKind;
import io.jrun.runtime.plan.StartOptions.RootAccess;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What a site and a user configure, in plans. */
class ConfiguredPlanTest extends PlannedStarts {

    private Configuration read() throws JrunException {
        Map<ByteString, ByteString> variables = new LinkedHashMap<>();
        environment.forEach((name, value) -> variables.put(ByteString.of(name), ByteString.of(value)));
        return ConfigurationReader.read(files, variables);
    }

    @Test
    void everythingIsPrintedWithItsOrigin() throws Exception {
        environment.put("HOME", "/home/ann");
        environment.put("DROPPED_A", "1");
        files.directory("/home/ann")
                .file("/etc/jrun/config", "overlay = 2g\nmount-home = yes\nblock = DROPPED_*\npass = DROPPED_A\n")
                .file("/etc/jrun/environ.d/site.env", "SITE=${HOME}/site\nCOPIED\n")
                .file("/etc/jrun/mounts.d/a.fstab", "/scratch /scratch none ro,rslave,x-create=dir\n")
                .program("/etc/jrun/hooks.d/10-site");
        more = options -> options.withoutMounts(List.of(ByteString.of("sys")));
        configuration = read();

        Golden.assertMatches("configured.txt", PlanPrinter.toText(plan().plan(), caller()));
    }

    @Test
    void optionsOutweighWhatIsConfigured() throws Exception {
        files.file("/etc/jrun/config", "overlay = yes\nroot = yes\n");
        configuration = read();
        access = RootAccess.WRITABLE;

        assertEquals(Optional.empty(), enterRoot().upper());
        assertEquals("option --rw", enterRoot().origin());
    }

    @Test
    void directoriesOfAnOverlayAreMadeAndWatched() throws Exception {
        access = new RootAccess.Overlay(ByteString.of("kept"));

        PlannedStart planned = plan();

        ByteString upper = ByteString.of("/scratch/kept/upper");
        assertEquals(List.of(upper, ByteString.of("/scratch/kept/work")), planned.directories());
        assertTrue(planned.plan().inputs().contains(new PlanInput.Presence(upper, PointKind.DIRECTORY)));
    }

    @Test
    void fileSystemsThatCarryNoUpperLayerAreRefusedByName() {
        access = new RootAccess.Overlay(ByteString.of("/scratch/kept"));
        for (String type : List.of("nfs4", "lustre", "gpfs", "fuse.sshfs", "overlay", "beegfs")) {
            files.fileSystem(type);

            HostUnsupportedException e = assertThrows(HostUnsupportedException.class, this::plan, type);

            assertTrue(e.getMessage().contains("it lies on " + type), e.getMessage());
            assertTrue(
                    e.failure().hint().orElse("").contains("local disk"),
                    e.failure().toString());
        }
    }

    @Test
    void kernelsWithoutOverlaysOfUsersAreRefused() {
        access = new RootAccess.Overlay(ByteString.of(""));
        capabilities = new HostCapabilities(
                Optional.empty(), Optional.of(Failure.of("mount an overlay", "kernel 5.10 refuses it (EPERM)")));

        HostUnsupportedException e = assertThrows(HostUnsupportedException.class, this::plan);

        assertTrue(e.getMessage().contains("kernel 5.10"), e.getMessage());
        assertTrue(e.failure().hint().orElse("").contains("5.11"), e.failure().toString());
    }

    @Test
    void hooksNeedRootWhileTheyMountAndTheCallerIsHimselfAgain() throws Exception {
        files.program("/etc/jrun/hooks.d/10-site");
        configuration = read();
        List<PlanStep> steps = plan().plan().steps();

        PlanStep.EnterNamespaces enter = (PlanStep.EnterNamespaces) steps.get(0);
        List<Class<?>> order = steps.stream()
                .map(Object::getClass)
                .filter(List.of(
                        PlanStep.RunProgram.class,
                        PlanStep.LeaveOldRoot.class,
                        PlanStep.BecomeCaller.class,
                        PlanStep.DropCapabilities.class)::contains)
                .collect(java.util.stream.Collectors.toList());

        assertTrue(enter.identity().isRoot());
        assertEquals(
                List.of(
                        PlanStep.RunProgram.class,
                        PlanStep.LeaveOldRoot.class,
                        PlanStep.BecomeCaller.class,
                        PlanStep.DropCapabilities.class),
                order);
    }

    @Test
    void hostVariablesNeverNameFilesOfTheHost() throws Exception {
        environment.put("LD_PRELOAD", "/x.so");
        environment.put("ANY", "1");
        more = options -> options.hostVariables(StartOptions.HostVariables.ALL);

        assertEquals("1", payloadVariables().get("ANY"));
        assertFalse(payloadVariables().containsKey("LD_PRELOAD"));
    }

    @Test
    void droppedVariablesComeBackByOptionOnly() throws Exception {
        environment.put("SLURM_JOB_ID", "7");
        settings.add("SLURM_NTASKS=3");
        more = options -> options.dropped(List.of(ByteString.of("SLURM_*")));

        assertFalse(payloadVariables().containsKey("SLURM_JOB_ID"));
        assertEquals("3", payloadVariables().get("SLURM_NTASKS"));
    }

    @Test
    void anAccountOfTheImageLendsItsNameToItsNumber() throws Exception {
        identity = new Identity(java.util.OptionalLong.of(0), java.util.OptionalLong.empty());
        assertEquals("root", payloadVariables().get("USER"));

        identity = new Identity(java.util.OptionalLong.of(77), java.util.OptionalLong.empty());
        assertEquals("user77", payloadVariables().get("USER"));
    }

    @Test
    void subordinateIdsLieAroundTheCallers() throws Exception {
        files.file("/etc/subuid", "bob:1:1\nann:100000:65536\n").file("/etc/subgid", "2000:200000:10\n");
        files.program("/usr/bin/newuidmap").program("/usr/bin/newgidmap");
        more = StartOptions.Builder::subordinateIds;

        PlanStep.SubordinateIds ids = ((PlanStep.EnterNamespaces)
                        plan().plan().steps().get(0))
                .subordinateIds()
                .orElseThrow();

        assertEquals(
                List.of(
                        new PlanStep.IdRange(0, 100000, 2000),
                        new PlanStep.IdRange(2000, 2000, 1),
                        new PlanStep.IdRange(2001, 102000, 63536)),
                ids.users());
        assertEquals(List.of(new PlanStep.IdRange(0, 200000, 10), new PlanStep.IdRange(2001, 2001, 1)), ids.groups());
    }
}
