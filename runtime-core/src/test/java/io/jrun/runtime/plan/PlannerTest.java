package io.jrun.runtime.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.DeniedException;
import io.jrun.error.Failure;
import io.jrun.error.HostUnsupportedException;
import io.jrun.error.JrunException;
import io.jrun.error.NotFoundException;
import io.jrun.error.UsageException;
import io.jrun.json.Json;
import io.jrun.posix.ByteString;
import io.jrun.runtime.config.Configuration;
import io.jrun.runtime.config.ConfigurationReader;
import io.jrun.runtime.device.DeviceLink;
import io.jrun.runtime.device.DeviceNode;
import io.jrun.runtime.device.DeviceSet;
import io.jrun.runtime.device.DeviceVariable;
import io.jrun.runtime.device.FileBind;
import io.jrun.runtime.host.FileKind;
import io.jrun.runtime.host.GroupEntry;
import io.jrun.runtime.host.HostCapabilities;
import io.jrun.runtime.host.HostFacts;
import io.jrun.runtime.host.InMemoryFiles;
import io.jrun.runtime.host.PasswdEntry;
import io.jrun.runtime.plan.PlanStep.BindMount;
import io.jrun.runtime.plan.PlanStep.EnterRoot;
import io.jrun.runtime.plan.PlanStep.Execute;
import io.jrun.runtime.plan.PlanStep.Identity;
import io.jrun.runtime.plan.PlannedStart.MountPoint;
import io.jrun.runtime.plan.PlannedStart.PointKind;
import io.jrun.runtime.plan.StartOptions.RootAccess;
import io.jrun.runtime.spec.ImageSettings;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/**
 * Plans for ann (uid 2000, groups lab and gpu) on a host with the usual files, and a container "solver":
 *
 * <pre>
 * /c/solver/rootfs/{proc,sys,dev,tmp,bin/sh,home,data/file}
 * /c/solver/rootfs/etc/{hosts,resolv.conf,hostname,machine-id,localtime,passwd,group}
 * </pre>
 */
class PlannerTest {

    private static final String ROOTFS = "/c/solver/rootfs";

    private final InMemoryFiles files = new InMemoryFiles();
    private final Map<String, String> environment = new LinkedHashMap<>();
    private final List<String> settings = new ArrayList<>();
    private final List<String> mounts = new ArrayList<>();
    private Optional<String> workingDirectory = Optional.empty();
    private RootAccess access = RootAccess.READ_ONLY;
    private Identity identity = Identity.SELF;
    private Optional<PasswdEntry> account = Optional.of(new PasswdEntry(
            ByteString.of("ann"),
            2000,
            2001,
            ByteString.of("Ann"),
            ByteString.of("/home/ann"),
            ByteString.of("/bin/tcsh")));
    private String imageConfig = "{}";
    private Configuration configuration = Configuration.none();
    private Devices devices = Devices.none(List.of());
    private Consumer<StartOptions.Builder> more = options -> {};
    private HostCapabilities capabilities = new HostCapabilities(Optional.empty(), Optional.empty());

    @BeforeEach
    void drawHostAndContainer() {
        for (String path : List.of("proc", "sys", "dev", "tmp")) {
            files.directory("/" + path).directory(ROOTFS + "/" + path);
        }
        for (String name : List.of("hosts", "resolv.conf", "hostname", "machine-id", "localtime", "passwd", "group")) {
            files.file("/etc/" + name, name).file(ROOTFS + "/etc/" + name, "");
        }
        files.file(ROOTFS + "/etc/passwd", "root:x:0:0:root:/root:/bin/bash\nold:x:2000:5::/old:/bin/sh\n");
        files.file(ROOTFS + "/etc/group", "root:x:0:\nlab:x:7:\n");
        files.file(ROOTFS + "/bin/sh", "").directory(ROOTFS + "/home").file(ROOTFS + "/data/file", "");
        files.file("/c/solver/container.json", "{}").directory("/scratch/in").file("/scratch/conf", "");
    }

    private PlannedStart plan() throws JrunException {
        List<ByteString> env = settings.stream().map(ByteString::of).toList();
        List<ByteString> volumes = mounts.stream().map(ByteString::of).toList();
        Map<ByteString, ByteString> variables = new LinkedHashMap<>();
        environment.forEach((name, value) -> variables.put(ByteString.of(name), ByteString.of(value)));
        StartOptions.Builder options = StartOptions.of(
                        List.of(ByteString.of("start"), ByteString.of("solver")), ByteString.of("solver"))
                .environment(env)
                .mounts(volumes);
        if (!(access instanceof RootAccess.ReadOnly)) {
            options.rootAccess(access);
        }
        if (!identity.isSelf()) {
            options.identity(identity);
        }
        workingDirectory.map(ByteString::of).ifPresent(options::workingDirectory);
        more.accept(options);
        StartRequest request = new StartRequest(
                options.build(),
                configuration,
                ByteString.of(ROOTFS),
                ByteString.of("/c/solver/container.json"),
                ByteString.of("/c/solver/plans/HASH"),
                settings -> devices);
        HostFacts host = new HostFacts(
                2000,
                2001,
                List.of(2001L, 44L),
                account,
                List.of(new GroupEntry(ByteString.of("lab"), 2001), new GroupEntry(ByteString.of("gpu"), 44)),
                ByteString.of("6.1.0"),
                ByteString.of("/scratch"),
                variables);
        ImageSettings image = ImageSettings.parse(imageConfig.getBytes(StandardCharsets.UTF_8), "config");
        return Planner.plan(request, host, capabilities, image, files);
    }

    private Map<ByteString, ByteString> caller() {
        Map<ByteString, ByteString> variables = new LinkedHashMap<>();
        environment.forEach((name, value) -> variables.put(ByteString.of(name), ByteString.of(value)));
        return variables;
    }

    private Map<String, String> payloadVariables() throws JrunException {
        Map<String, String> result = new LinkedHashMap<>();
        for (PayloadEnvironment.Entry entry : PayloadEnvironment.of(plan().plan(), caller())) {
            result.put(entry.name().toString(), entry.value().toString());
        }
        return result;
    }

    private List<BindMount> binds() throws JrunException {
        return plan().plan().steps().stream()
                .filter(BindMount.class::isInstance)
                .map(BindMount.class::cast)
                .toList();
    }

    private BindMount bindFrom(String source) throws JrunException {
        return binds().stream()
                .filter(bind -> bind.source().equals(ByteString.of(source)))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no mount of " + source));
    }

    private EnterRoot enterRoot() throws JrunException {
        return plan().plan().steps().stream()
                .filter(EnterRoot.class::isInstance)
                .map(EnterRoot.class::cast)
                .findFirst()
                .orElseThrow();
    }

    @Nested
    class Printed {

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
    }

    @Nested
    class Mounts {

        @Test
        void aMissingMountPointOfAReadOnlyContainerLiesInALayerOfThePlan() throws Exception {
            mounts.add("/scratch/in:/input/deep");

            PlannedStart planned = plan();
            ByteString layer = planned.sideDirectory().orElseThrow().plus(ByteString.of("/root"));

            assertEquals(List.of(layer), enterRoot().mountPointLayers());
            assertEquals(
                    List.of(new MountPoint(layer, ByteString.of("/input/deep"), PointKind.DIRECTORY)),
                    planned.mountPoints());
        }

        @Test
        void aMissingMountPointOfAWritableContainerIsMadeInIt() throws Exception {
            access = RootAccess.WRITABLE;
            mounts.add("/scratch/conf:/etc/new.conf");

            assertEquals(
                    List.of(new MountPoint(ByteString.of(ROOTFS), ByteString.of("/etc/new.conf"), PointKind.FILE)),
                    plan().mountPoints());
            assertEquals(List.of(), enterRoot().mountPointLayers());
        }

        @Test
        void otherFilesMeanAnotherSideDirectory() throws Exception {
            ByteString before = plan().sideDirectory().orElseThrow();
            mounts.add("/scratch/in:/input");

            assertFalse(plan().sideDirectory().orElseThrow().equals(before));
        }

        @Test
        void anImagesLinkCannotLeadAMountOutside() throws Exception {
            files.link(ROOTFS + "/out", "../../../../../etc");
            mounts.add("/scratch/in:/out/sub");

            assertEquals(ByteString.of("/etc/sub"), bindFrom("/scratch/in").target());
        }

        @Test
        void aRelativeSourceBindsThePlanToTheWorkingDirectory() throws Exception {
            mounts.add("./in:/data");

            assertEquals(ByteString.of("/data"), bindFrom("/scratch/in").target());
            assertTrue(plan().plan().inputs().contains(new PlanInput.WorkingDirectory(ByteString.of("/scratch"))));
        }

        @Test
        void anAbsoluteSourceDoesNot() throws Exception {
            mounts.add("/scratch/in:/data");

            assertFalse(plan().plan().inputs().contains(new PlanInput.WorkingDirectory(ByteString.of("/scratch"))));
        }

        @Test
        void theCallersOwnTmpReplacesTheHosts() throws Exception {
            mounts.add("/scratch/in:/tmp");

            List<ByteString> onTmp = binds().stream()
                    .filter(bind -> bind.target().equals(ByteString.of("/tmp")))
                    .map(BindMount::source)
                    .toList();
            assertEquals(List.of(ByteString.of("/scratch/in")), onTmp);
        }

        @Test
        void theCallersOwnEtcKeepsItsAccounts() throws Exception {
            files.file("/scratch/etc/passwd", "").file("/scratch/etc/group", "");
            mounts.add("/scratch/etc:/etc");

            assertEquals(List.of(), plan().sideFiles());
        }

        @Test
        void aMissingSourceIsNotFound() {
            mounts.add("/scratch/none:/data");

            NotFoundException e = assertThrows(NotFoundException.class, PlannerTest.this::plan);

            assertTrue(e.getMessage().startsWith("cannot mount /scratch/none on /data: "), e.getMessage());
        }

        @Test
        void aMissingSourceThatMayFailIsLeftOutUntilItAppears() throws Exception {
            mounts.add("/scratch/none:/data:nofail");

            assertTrue(plan().plan()
                    .inputs()
                    .contains(new PlanInput.File(ByteString.of("/scratch/none"), Optional.empty())));
            assertTrue(binds().stream().noneMatch(bind -> bind.source().equals(ByteString.of("/scratch/none"))));
        }

        @Test
        void aSourceBehindAClosedDirectoryIsDenied() {
            files.of("/scratch/closed/file", FileKind.DENIED);
            mounts.add("/scratch/closed/file:/data");

            DeniedException e = assertThrows(DeniedException.class, PlannerTest.this::plan);

            assertTrue(e.getMessage().contains("EACCES"), e.getMessage());
        }

        @Test
        void directoriesAndFilesAreNotMountedOnEachOther() {
            mounts.add("/scratch/in:/data/file");
            UsageException directory = assertThrows(UsageException.class, PlannerTest.this::plan);
            assertTrue(directory.getMessage().contains("ENOTDIR"), directory.getMessage());

            mounts.set(0, "/scratch/conf:/data");
            UsageException file = assertThrows(UsageException.class, PlannerTest.this::plan);
            assertTrue(file.getMessage().contains("EISDIR"), file.getMessage());

            mounts.set(0, "/scratch/in:/data/file/below");
            UsageException below = assertThrows(UsageException.class, PlannerTest.this::plan);
            assertTrue(below.getMessage().contains("/data/file"), below.getMessage());
        }

        @Test
        void nothingIsMadeInADirectoryOfTheHost() {
            mounts.add("/scratch/in:/tmp/mine");

            NotFoundException e = assertThrows(NotFoundException.class, PlannerTest.this::plan);

            assertTrue(e.getMessage().contains("mkdir -p /tmp/mine"), e.getMessage());
        }

        @Test
        void aMountBelowAMountIsFoundInItsSource() throws Exception {
            files.directory("/scratch/in/sub").directory("/other");
            mounts.addAll(List.of("/scratch/in:/data", "/other:/data/sub"));

            assertEquals(ByteString.of("/data/sub"), bindFrom("/other").target());
            assertEquals(List.of(), plan().mountPoints());
        }

        @Test
        void withoutOverlayAMissingMountPointIsRefusedWithAWayOut() {
            capabilities = new HostCapabilities(
                    Optional.empty(), Optional.of(Failure.of("mount an overlay", "too old (EPERM)")));
            mounts.add("/scratch/in:/input");

            HostUnsupportedException e = assertThrows(HostUnsupportedException.class, PlannerTest.this::plan);

            assertTrue(e.getMessage().contains("--rw"), e.getMessage());
        }

        @Test
        void hostFilesThatAreAbsentAreWatchedFor() throws Exception {
            InMemoryFiles bare = files.of("/etc/machine-id", FileKind.MISSING);

            assertEquals(
                    FileKind.MISSING,
                    bare.stat(ByteString.of("/etc/machine-id")).kind());
            assertTrue(plan().plan()
                    .inputs()
                    .contains(new PlanInput.File(ByteString.of("/etc/machine-id"), Optional.empty())));
        }

        @Test
        void aZoneOfTheImageIsNamedAndNotMountedOver() throws Exception {
            files.link("/etc/localtime", "/usr/share/zoneinfo/Europe/Berlin")
                    .file("/usr/share/zoneinfo/Europe/Berlin", "zone");
            files.link(ROOTFS + "/etc/localtime", "/usr/share/zoneinfo/UTC")
                    .file(ROOTFS + "/usr/share/zoneinfo/UTC", "")
                    .file(ROOTFS + "/usr/share/zoneinfo/Europe/Berlin", "");

            assertEquals("Europe/Berlin", payloadVariables().get("TZ"));
            assertTrue(binds().stream().noneMatch(bind -> bind.source().equals(ByteString.of("/etc/localtime"))));
        }
    }

    @Nested
    class DirectoriesOfRanks {

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
                    inputs.contains(
                            new PlanInput.VariableBelow(ByteString.of("PMIX_SERVER_TMPDIR"), ByteString.of(SPOOL))),
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

    @Nested
    class GivenDevices {

        private final DeviceSet.Builder set = DeviceSet.builder();

        private PlannedStart planned() throws JrunException {
            devices = new Devices(set.build(), List.of());
            return plan();
        }

        private List<BindMount> binds() throws JrunException {
            return planned().plan().steps().stream()
                    .filter(BindMount.class::isInstance)
                    .map(BindMount.class::cast)
                    .toList();
        }

        private DeviceNode node(String host, String path) {
            files.file(host, "");
            return new DeviceNode(host, path, "asked for");
        }

        @Test
        void whatTheHostsDevShowsNeedsNoMount() throws Exception {
            set.add(node("/dev/nvidia0", "/dev/nvidia0"));

            assertTrue(planned()
                    .plan()
                    .steps()
                    .contains(new PlanStep.Shown(
                            "device", ByteString.of("/dev/nvidia0"), ByteString.of("/dev/nvidia0"), "asked for")));
            assertTrue(
                    binds().stream().noneMatch(bind -> bind.target().toString().contains("nvidia")));
        }

        @Test
        void whatAChoiceLeavesOutIsClosed() throws Exception {
            set.add(node("/dev/nvidia0", "/dev/nvidia0")).hide(node("/dev/nvidia1", "/dev/nvidia1"));

            BindMount closed = binds().get(binds().size() - 3);
            assertEquals(ByteString.of("/dev/nvidia1"), closed.target());
            assertEquals(Set.of(PlanStep.Restriction.NO_DEVICES), closed.restrictions());
        }

        @Test
        void aNodeThatTheHostsDevDoesNotShowBringsADevOfItsOwn() throws Exception {
            files.file("/dev/null", "");
            set.add(node("/driver/dev/nvidia0", "/dev/nvidia0"));

            List<String> targets =
                    binds().stream().map(bind -> bind.target().toString()).toList();
            BindMount dev = binds().get(targets.indexOf("/dev"));
            assertEquals(planned().sideDirectory().orElseThrow().plus(ByteString.of("/dev")), dev.source());
            assertTrue(targets.containsAll(List.of("/dev/null", "/dev/nvidia0")), targets.toString());
            assertTrue(planned()
                    .links()
                    .contains(
                            new PlannedStart.Link(dev.source(), ByteString.of("/fd"), ByteString.of("/proc/self/fd"))));
        }

        @Test
        void withoutTheHostsDevANodeHasItsMountPointInTheRoot() throws Exception {
            more = options -> options.withoutMounts(List.of(ByteString.of("dev")));
            set.add(node("/dev/nvidia0", "/dev/nvidia0"));

            assertTrue(planned().mountPoints().stream()
                    .anyMatch(point -> point.path().equals(ByteString.of("/dev/nvidia0"))));
        }

        @Test
        void fiftyLibrariesOfOneDirectoryAreTwoMounts() throws Exception {
            for (int i = 0; i < 50; i++) {
                String name = "libnvidia-" + i + ".so.570.1";
                set.add(FileBind.file("/usr/lib/" + name, "/usr/local/nvidia/lib64/" + name, "driver library"));
            }
            set.add(new DeviceLink("/usr/local/nvidia/lib64/libnvidia-0.so.1", "libnvidia-0.so.570.1", "soname"));
            files.directory("/usr/lib");

            List<BindMount> ours = binds().stream()
                    .filter(bind -> bind.target().toString().contains("nvidia"))
                    .toList();
            assertEquals(2, ours.size());
            assertEquals(ByteString.of("/usr/lib"), ours.get(1).source());
            assertTrue(planned()
                    .links()
                    .contains(new PlannedStart.Link(
                            ours.get(0).source(),
                            ByteString.of("/libnvidia-7.so.570.1"),
                            ByteString.of(".driver0/libnvidia-7.so.570.1"))));
        }

        @Test
        void aPlaceThatIsNoneIsTold() throws Exception {
            files.file("/usr/bin/tool", "");
            set.add(FileBind.file("/usr/bin/tool", "/etc/passwd/tool", "driver program"));

            assertTrue(
                    planned().notes().stream().anyMatch(note -> note.text().contains("/etc/passwd/tool is left out")));
        }

        @Test
        void linksOfASpecLieInALayerAndNeverReplaceFilesOfAWritableContainer() throws Exception {
            set.add(new DeviceLink("/data/link", "target", "spec")).add(new DeviceLink("/data/file", "target", "spec"));
            ByteString layer = planned().sideDirectory().orElseThrow().plus(ByteString.of("/root"));
            assertEquals(
                    List.of("/data/link", "/data/file"),
                    planned().links().stream()
                            .filter(link -> link.tree().equals(layer))
                            .map(link -> link.path().toString())
                            .toList());

            access = RootAccess.WRITABLE;
            assertEquals(
                    List.of(new PlannedStart.Link(
                            ByteString.of(ROOTFS), ByteString.of("/data/link"), ByteString.of("target"))),
                    planned().links());
        }

        @Test
        void theirVariablesOutweighTheImageAndYieldToTheCaller() throws Exception {
            imageConfig = "{\"config\": {\"Env\": [\"A=image\", \"B=image\"]}}";
            set.add(new DeviceVariable("A", Optional.of("device"), "spec"))
                    .add(new DeviceVariable("B", Optional.of("device"), "spec"));
            settings.add("B=option");

            String text = PlanPrinter.environmentToText(planned().plan(), Map.of(), false);

            assertTrue(text.contains("A=device\n") && text.contains("B=option\n"), text);
        }
    }

    @Nested
    class Variables {

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
            imageConfig =
                    "{\"config\":{\"Env\":[\"NVIDIA_VISIBLE_DEVICES=all\",\"LANG=C.UTF-8\",\"OMP_NUM_THREADS=1\"]}}";

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

            assertThrows(UsageException.class, PlannerTest.this::plan);
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
    }

    @Nested
    class Accounts {

        private String side(String name) throws JrunException {
            return plan().sideFiles().stream()
                    .filter(file -> file.name().equals(name))
                    .findFirst()
                    .orElseThrow()
                    .content()
                    .toString();
        }

        @Test
        void theCallersEntryReplacesThoseOfHisIdAndName() throws Exception {
            assertEquals("""
                root:x:0:0:root:/root:/bin/bash
                ann:x:2000:2001:Ann:/:/bin/sh
                nobody:x:65534:65534:nobody:/:/sbin/nologin
                """, side("passwd"));
        }

        @Test
        void hisGroupsAreNamedAndHeIsAMember() throws Exception {
            assertEquals("""
                root:x:0:
                lab:x:2001:
                gpu:x:44:ann
                nogroup:x:65534:
                """, side("group"));
        }

        @Test
        void aCallerWithoutAnAccountGetsAName() throws Exception {
            account = Optional.empty();

            assertTrue(side("passwd").contains("user2000:x:2000:2001::/:/bin/sh\n"), side("passwd"));
            assertEquals("user2000", payloadVariables().get("USER"));
        }

        @Test
        void hisShellIsKeptWhereTheContainerHasIt() throws Exception {
            files.file(ROOTFS + "/bin/tcsh", "");

            assertTrue(side("passwd").contains("Ann:/:/bin/tcsh\n"), side("passwd"));
        }

        @Test
        void rootNeedsNoFilesWhenTheImageKnowsHim() throws Exception {
            identity = Identity.ROOT;

            assertEquals(List.of(), plan().sideFiles());
            assertEquals(Optional.empty(), plan().sideDirectory());
        }

        @Test
        void rootIsAddedToAnImageWithoutAccounts() throws Exception {
            identity = Identity.ROOT;
            files.of(ROOTFS + "/etc/passwd", FileKind.MISSING);

            assertEquals("root:x:0:0:root:/root:/bin/sh\n", side("passwd"));
        }
    }

    @Nested
    class Command {

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

            assertThrows(NotFoundException.class, PlannerTest.this::plan);
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

            assertThrows(UsageException.class, PlannerTest.this::plan);
        }
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

    @Nested
    class Configured {

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

                HostUnsupportedException e = assertThrows(HostUnsupportedException.class, PlannerTest.this::plan, type);

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

            HostUnsupportedException e = assertThrows(HostUnsupportedException.class, PlannerTest.this::plan);

            assertTrue(e.getMessage().contains("kernel 5.10"), e.getMessage());
            assertTrue(
                    e.failure().hint().orElse("").contains("5.11"), e.failure().toString());
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
            assertEquals(
                    List.of(new PlanStep.IdRange(0, 200000, 10), new PlanStep.IdRange(2001, 2001, 1)), ids.groups());
        }
    }
}
