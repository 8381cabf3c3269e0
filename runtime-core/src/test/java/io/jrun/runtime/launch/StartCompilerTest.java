package io.jrun.runtime.launch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.CorruptDataException;
import io.jrun.error.NotFoundException;
import io.jrun.error.StorageException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.host.HostCapabilities;
import io.jrun.runtime.host.HostFacts;
import io.jrun.runtime.host.HostPaths;
import io.jrun.runtime.host.KernelFiles;
import io.jrun.runtime.plan.Plan;
import io.jrun.runtime.plan.PlanHash;
import io.jrun.runtime.plan.PlanInput;
import io.jrun.runtime.plan.PlanStep;
import io.jrun.runtime.plan.PlannedStart;
import io.jrun.runtime.plan.StartOptions;
import io.jrun.runtime.plan.StartOptions.RootAccess;
import io.jrun.runtime.store.Container;
import io.jrun.runtime.store.ContainerName;
import io.jrun.runtime.store.ContainerStore;
import io.jrun.runtime.store.DataPath;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Compiles starts of a container "solver" with an empty root file system, in a real directory. */
class StartCompilerTest {

    @TempDir
    private Path data;

    private final List<String> notes = new ArrayList<>();
    private Container container;

    @BeforeEach
    void makeContainer() throws Exception {
        container = ContainerStore.place(data, new ContainerName("solver"));
        Files.createDirectories(container.rootfs().resolve("etc"));
        Files.createDirectory(container.rootfs().resolve("tmp"));
        Files.writeString(container.recordFile(), "{}");
    }

    private final Map<ByteString, ByteString> environment = new HashMap<>();

    private long uid = 2000;

    private StartCompiler compiler() {
        environment.put(ByteString.of("XDG_CACHE_HOME"), HostPaths.fromPath(data.resolve("cache")));
        HostFacts host = new HostFacts(
                uid,
                2000,
                List.of(),
                Optional.empty(),
                List.of(),
                ByteString.of("6.1.0"),
                ByteString.of("/"),
                environment);
        return new StartCompiler(
                new KernelFiles(),
                host,
                new HostCapabilities(Optional.empty(), Optional.empty()),
                new DataPath(data, List.of("JRUN_DATA_PATH")),
                new NoImages(),
                notes::add,
                notes::add);
    }

    private static StartOptions options(String name, RootAccess access, String... mounts) {
        return StartOptions.of(List.of(ByteString.of("start"), ByteString.of(name)), ByteString.of(name))
                .rootAccess(access)
                .mounts(Stream.of(mounts).map(ByteString::of).toList())
                .build();
    }

    private static StartOptions readOnly() {
        return options("solver", RootAccess.READ_ONLY);
    }

    private static ByteString hostName() throws IOException {
        return ByteString.of(
                Files.readString(Path.of("/proc/sys/kernel/hostname")).strip());
    }

    private Path cached() throws IOException {
        return container.plans().resolve(PlanHash.ofStart(hostName(), readOnly().prefix()));
    }

    @Test
    void theMarksOfAContainerAreNotAmongTheVariablesThatAreDropped() throws Exception {
        StartOptions all = StartOptions.of(readOnly().prefix(), ByteString.of("solver"))
                .rootAccess(RootAccess.READ_ONLY)
                .hostVariables(StartOptions.HostVariables.ALL)
                .build();

        List<PlanStep> steps = compiler().explain(all, LaunchOptions.NONE).steps();

        int mark = 0;
        int drop = 0;
        for (int i = 0; i < steps.size(); i++) {
            mark = steps.get(i) instanceof PlanStep.MarkProcess ? i : mark;
            drop = steps.get(i) instanceof PlanStep.DropVariables ? i : drop;
        }
        assertTrue(drop > 0 && drop < mark, steps.toString());
    }

    @Test
    void whatIsCachedIsWhatIsHandedOver() throws Exception {
        byte[] encoded = compiler().compile(readOnly(), LaunchOptions.NONE, 0);

        assertArrayEquals(encoded, Files.readAllBytes(cached()));
        assertTrue(notes.size() == 1 && notes.get(0).startsWith("what to start was found in "), notes.toString());
    }

    @Test
    void filesOfThePlanAreInPlaceAndWatched() throws Exception {
        compiler().compile(readOnly(), LaunchOptions.NONE, 0);
        Plan plan = compiler().explain(readOnly(), LaunchOptions.NONE);
        String beside = cached() + ".";

        List<ByteString> watched = plan.inputs().stream()
                .filter(PlanInput.File.class::isInstance)
                .map(input -> ((PlanInput.File) input).path())
                .toList();
        ByteString side = watched.stream()
                .filter(path -> path.startsWith(beside))
                .findFirst()
                .orElseThrow();
        assertTrue(Files.isRegularFile(Path.of(side.toString(), "passwd")), "the caller's accounts");
        assertTrue(Files.isDirectory(Path.of(side.toString(), "root/proc")), "a mount point the image lacks");
        assertTrue(plan.inputs().contains(new PlanInput.Variable(ByteString.of("JRUN_DATA_PATH"), Optional.empty())));
    }

    @Test
    void mountPointsOfTheImageAreWatchedToo() throws Exception {
        Path inside = Files.createDirectories(container.rootfs().resolve("in/put"));

        Plan plan = compiler().explain(options("solver", RootAccess.READ_ONLY, data + ":/in/put"), LaunchOptions.NONE);

        PlanInput watched = new PlanInput.Presence(HostPaths.fromPath(inside), PlannedStart.PointKind.DIRECTORY);
        assertTrue(plan.inputs().contains(watched), plan.inputs().toString());
    }

    private List<String> joining(LaunchOptions launch) throws Exception {
        return compiler().explain(readOnly(), launch).steps().stream()
                .filter(PlanStep.JoinNamespaces.class::isInstance)
                .map(PlanStep::origin)
                .toList();
    }

    @Test
    void ranksOfMpiShareAndOthersDoNot() throws Exception {
        assertEquals(List.of(), joining(LaunchOptions.NONE));

        for (String name : List.of("PMI_RANK", "PMIX_RANK")) {
            environment.put(ByteString.of(name), ByteString.of("3"));
            assertEquals(List.of("variable " + name), joining(LaunchOptions.NONE));
        }
        List<PlanInput> inputs =
                compiler().explain(readOnly(), LaunchOptions.NONE).inputs();
        assertTrue(inputs.contains(new PlanInput.VariableSet(ByteString.of("PMIX_RANK"))), inputs.toString());
    }

    @Test
    void aRankMayStayAlone() throws Exception {
        environment.put(ByteString.of("PMI_RANK"), ByteString.of("3"));
        LaunchOptions apart =
                new LaunchOptions(Set.of(), Optional.empty(), Optional.empty(), LaunchOptions.Ranks.APART);
        LaunchOptions processes = new LaunchOptions(
                Set.of(PlanStep.Namespace.PID), Optional.empty(), Optional.empty(), LaunchOptions.Ranks.TOGETHER);

        assertEquals(List.of(), joining(apart));
        assertEquals(List.of(), joining(processes));
    }

    @Test
    void compilingAgainGivesTheSamePlan() throws Exception {
        byte[] first = compiler().compile(readOnly(), LaunchOptions.NONE, 0);

        assertArrayEquals(first, compiler().compile(readOnly(), LaunchOptions.NONE, 0));
    }

    @Test
    void explainingWritesNothing() throws Exception {
        compiler().explain(readOnly(), LaunchOptions.NONE);

        assertFalse(Files.exists(container.plans()));
    }

    @Test
    void mountPointsOfAWritableContainerAreMadeInIt() throws Exception {
        compiler().compile(options("solver", RootAccess.WRITABLE, data + ":/in/put"), LaunchOptions.NONE, 0);

        assertTrue(Files.isDirectory(container.rootfs().resolve("in/put")));
        assertTrue(Files.isRegularFile(container.rootfs().resolve("etc/passwd")));
    }

    @Test
    void aContainerOfSomebodyElseHasItsPlansInTheCallersCache() throws Exception {
        Files.writeString(container.plans(), "a file here keeps even root from writing");

        byte[] encoded = compiler().compile(readOnly(), LaunchOptions.NONE, 0);

        assertTrue(encoded.length > 0);
        assertTrue(notes.size() == 1 && notes.get(0).startsWith("what to start was found in "), notes.toString());
        String hash = PlanHash.ofStart(
                hostName(), List.of(ByteString.of("start"), ByteString.of("solver"), ByteString.of("/")));
        assertTrue(Files.exists(data.resolve("cache/jrun/plans").resolve(hash)), hash);
    }

    @Test
    void withNowhereToWriteTheStartIsRefused() throws Exception {
        Files.writeString(container.plans(), "");
        Files.writeString(data.resolve("cache"), "");
        uid = 3_000_000_000L + ProcessHandle.current().pid();
        // The last of the places where there could be room; it would belong to whoever runs this.
        Path last = Files.createFile(Path.of("/tmp/jrun-" + uid));
        try {
            StorageException e =
                    assertThrows(StorageException.class, () -> compiler().compile(readOnly(), LaunchOptions.NONE, 0));

            assertTrue(e.getMessage().contains("XDG_CACHE_HOME"), e.getMessage());
        } finally {
            Files.delete(last);
        }
    }

    @Test
    void whatNamesNothingIsNotFound() {
        assertThrows(NotFoundException.class, () -> compiler()
                .compile(options("other", RootAccess.READ_ONLY), LaunchOptions.NONE, 0));
        assertThrows(NotFoundException.class, () -> compiler()
                .compile(options("a+b", RootAccess.READ_ONLY), LaunchOptions.NONE, 0));
    }

    @Test
    void aDamagedImageConfigIsCorrupt() throws Exception {
        Files.createDirectory(container.rootfs().resolve(".jrun"));
        Files.writeString(container.rootfs().resolve(".jrun/config.json"), "{\"config\":[]}");

        assertThrows(CorruptDataException.class, () -> compiler().compile(readOnly(), LaunchOptions.NONE, 0));
    }

    @Test
    void aDescriptorThatIsNotOpenIsReported() {
        StorageException e =
                assertThrows(StorageException.class, () -> StartCompiler.deliver(new byte[] {1}, 1_000_000));

        assertTrue(e.getMessage().startsWith("cannot hand the plan to the starter: "), e.getMessage());
    }
}
