package io.jrun.runtime.plan;

import static io.jrun.runtime.plan.StarterFixture.bytes;
import static io.jrun.runtime.plan.StarterFixture.execute;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.posix.ByteString;
import io.jrun.runtime.plan.PlanStep.BindMount;
import io.jrun.runtime.plan.PlanStep.Identity;
import io.jrun.runtime.plan.PlanStep.Namespace;
import io.jrun.runtime.plan.PlanStep.Restriction;
import io.jrun.runtime.plan.StarterFixture.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Real namespaces and mounts, with the kernel as the judge. The root filesystem borrows the host's programs. */
@NeedsUserns
class ContainerTest {

    private static final String ORIGIN = "test";

    @TempDir
    Path directory;

    private StarterFixture starter;
    private Path rootfs;
    private final List<PlanStep> mounts = new ArrayList<>();
    private final List<PlanStep> last = new ArrayList<>();
    private Identity identity = Identity.SELF;
    private List<ByteString> layers = List.of();
    private boolean readOnly = true;

    @BeforeEach
    void makeRootFilesystem() throws IOException {
        starter = new StarterFixture(directory);
        rootfs = directory.toRealPath().resolve("rootfs");
        for (String name : List.of("usr", "bin", "lib", "lib64", "proc", "tmp", "data", "etc")) {
            Files.createDirectories(rootfs.resolve(name));
        }
        Files.createFile(rootfs.resolve("etc/file"));
        for (String name : List.of("/usr", "/bin", "/lib", "/lib64", "/proc")) {
            if (Files.exists(Path.of(name))) {
                mounts.add(bind(name, name));
            }
        }
    }

    private static BindMount bind(String source, String target, Restriction... restrictions) {
        return new BindMount(ByteString.of(source), ByteString.of(target), true, false, Set.of(restrictions), ORIGIN);
    }

    private static BindMount optional(String source, String target, boolean recursive, Restriction... restrictions) {
        return new BindMount(
                ByteString.of(source), ByteString.of(target), recursive, true, Set.of(restrictions), ORIGIN);
    }

    private static BindMount single(String source, String target) {
        return new BindMount(ByteString.of(source), ByteString.of(target), false, false, Set.of(), ORIGIN);
    }

    private static PlanStep changeDirectory(String path) {
        return new PlanStep.ChangeDirectory(ByteString.of(path), false, ORIGIN);
    }

    private void compile() throws IOException {
        List<PlanStep> steps = new ArrayList<>();
        steps.add(new PlanStep.EnterNamespaces(Set.of(Namespace.USER, Namespace.MOUNT), identity, ORIGIN));
        steps.add(new PlanStep.EnterRoot(ByteString.of(rootfs.toString()), layers, ORIGIN));
        steps.addAll(mounts);
        if (readOnly) {
            steps.add(new PlanStep.MakeRootReadOnly(ORIGIN));
        }
        steps.add(new PlanStep.LeaveOldRoot(ORIGIN));
        steps.add(new PlanStep.SetVariable(ByteString.of("PATH"), ByteString.of("/usr/bin:/bin:/usr/sbin"), ORIGIN));
        steps.addAll(last);
        steps.add(execute("true"));
        starter.cache(new Plan(bytes("start", "box"), List.of(), steps));
    }

    private Result inside(String script) throws Exception {
        compile();
        return starter.jrun("start", "box", "sh", "-c", script);
    }

    private void assertInside(String expected, String script) throws Exception {
        Result result = inside(script);
        assertEquals(expected, result.output(), result::errors);
        assertEquals("", result.errors());
    }

    /** The script's output with the program run by root, too: his plans are the same. */
    private void assertInsideForBoth(String expected, String script) throws Exception {
        assertInside(expected, script);
        if (StarterFixture.isRoot()) {
            starter.asRoot();
            assertInside(expected, script);
        }
    }

    @Test
    void rootIsTheContainersAndReadOnly() throws Exception {
        assertInsideForBoth(
                "bin data etc lib lib64 proc tmp usr \nread-only\n",
                "ls / | tr '\\n' ' '; echo; touch /x 2>&1 | grep -q Read-only && echo read-only");
    }

    @Test
    void nothingOfTheHostIsMountedButWhatWasAskedFor() throws Exception {
        Result result = inside("cut -d' ' -f5 /proc/self/mountinfo | sort | uniq");

        List<String> foreign = result.output()
                .lines()
                .filter(mount -> !mount.equals("/") && !mount.matches("/(usr|bin|lib|lib64|proc)(/.*)?"))
                .toList();
        assertEquals(List.of(), foreign, result::output);
    }

    @Test
    void mountsBelowTheNewRootAreNotCopiedWithADirectoryThatHoldsIt() throws Exception {
        mounts.add(bind(directory.toRealPath().toString(), "/data"));

        assertInside("0\n", "grep -c ' /data/' /proc/self/mountinfo");
        assertInside("0\n", "ls /data/rootfs/usr | wc -l");
    }

    @Test
    void callerKeepsHisIdentityAndLosesAllCapabilities() throws Exception {
        last.add(new PlanStep.ForbidNewPrivileges(ORIGIN));
        last.add(new PlanStep.DropCapabilities(ORIGIN));
        String own = starter.shell("id -u; id -g").output();

        assertInside(
                own + "CapInh 0000000000000000\nCapPrm 0000000000000000\nCapEff 0000000000000000\n"
                        + "CapBnd 0000000000000000\nCapAmb 0000000000000000\nNoNewPrivs 1\n",
                "id -u; id -g; grep -E '^(Cap|NoNew)' /proc/self/status | tr -d ':' | tr -s '\\t ' ' '");
    }

    @Test
    void rootInsideIsTheCallerOutside() throws Exception {
        identity = Identity.ROOT;
        readOnly = false;

        assertInside("0\n0\ndeny\n", "id -u; id -g; cat /proc/self/setgroups; touch /data/made");

        String owner = StarterFixture.isRoot()
                ? "2000"
                : starter.shell("id -u").output().trim();
        assertEquals(
                owner,
                Files.getAttribute(rootfs.resolve("data/made"), "unix:uid").toString());
    }

    @Test
    void ownershipCallsSucceedUnderTheFilterAndOthersAreUntouched() throws Exception {
        identity = Identity.ROOT;
        readOnly = false;
        last.add(new PlanStep.FakeOwnership(ORIGIN));

        assertInside(
                "chown 0\nmknod 0\nfifo 0\np\nno device\n",
                "cd /data; touch f; chown 12:34 f; echo chown $?; mknod d c 1 3; echo mknod $?; mknod p p; echo fifo $?;"
                        + " test -p p && echo p; test -e d || echo no device");
    }

    @Test
    void restrictionsHoldForMountsBelow() throws Exception {
        mounts.add(bind("/dev", "/data", Restriction.READ_ONLY, Restriction.NO_EXEC));

        Result result = inside("grep ' /data' /proc/self/mountinfo | cut -d' ' -f6");

        assertFalse(result.output().isEmpty());
        for (String options : result.output().lines().toList()) {
            assertTrue(options.startsWith("ro,") && options.contains("noexec"), result::output);
        }
    }

    @Test
    void lockedFlagsOfTheSourceAreKept() throws Exception {
        mounts.add(bind("/proc", "/data", Restriction.READ_ONLY));
        String flags = starter.shell("grep ' /proc ' /proc/self/mountinfo | cut -d' ' -f6")
                .output();

        assertInside(flags.replaceFirst("^rw", "ro"), "grep ' /data ' /proc/self/mountinfo | cut -d' ' -f6");
    }

    @Test
    void optionalSourcesMayBeMissingAndOthersMayNot() throws Exception {
        mounts.add(optional("/no/such", "/data", true));
        mounts.add(optional("/no/such", "/data", false));
        mounts.add(optional("/no/such", "/no/target", true, Restriction.READ_ONLY));
        mounts.add(optional("/etc/passwd/x", "/etc/file", false));
        assertInside("fine\n", "echo fine");

        mounts.add(bind("/no/such", "/data"));
        assertFails("bind-mount /no/such on /data: there is no such file or directory on the host (ENOENT)");

        mounts.set(mounts.size() - 1, single("/no/such", "/data"));
        assertFails("bind-mount /no/such on /data: there is no such file or directory on the host (ENOENT)");
    }

    @Test
    void targetsThatCannotBeMountedOnAreNamed() throws Exception {
        mounts.add(bind("/etc", "/no/target"));
        assertFails("bind-mount /etc on /no/target: the container has no such mount point (ENOENT)");

        mounts.set(mounts.size() - 1, single("/etc/passwd", "/data"));
        assertFails("bind-mount /etc/passwd on /data: a directory can only be mounted on a directory");

        mounts.set(mounts.size() - 1, bind("/etc", "/etc/file"));
        assertFails("bind-mount /etc on /etc/file: a directory can only be mounted on a directory");
    }

    private void assertFails(String message) throws Exception {
        Result result = inside("echo started");
        assertEquals(125, result.status(), result::toString);
        assertEquals("", result.output());
        assertTrue(result.errors().startsWith("jrun: cannot " + message), result::errors);
        assertTrue(result.errors().contains("\n  hint: "), result::errors);
    }

    /** Harm if it did: a link of the image puts the caller's data over a directory that another mount then reads. */
    @Test
    void symbolicLinksOfTheImageDoNotLeadMountsOutside() throws Exception {
        Files.createSymbolicLink(rootfs.resolve("absolute"), Path.of("/data"));
        Files.createSymbolicLink(rootfs.resolve("climbing"), Path.of("../../../../../../data"));
        Files.createDirectories(rootfs.resolve("data/one"));
        mounts.add(bind("/etc", "/absolute"));
        mounts.add(bind("/etc", "/../climbing/../etc"));

        assertInside("inside\ninside\n", "test -e /data/passwd && echo inside; test -e /etc/passwd && echo inside");
    }

    @Test
    void relativeSourcesAreTheCallersAndLinksOfTheHostAreFollowed() throws Exception {
        starter.write("here/file", "from the caller's directory\n");
        Files.createSymbolicLink(
                directory.resolve("link"), directory.toRealPath().resolve("here"));
        mounts.add(bind("link", "/data"));
        mounts.add(single("here/file", "/etc/file"));

        assertInside("from the caller's directory\n".repeat(2), "cat /data/file /etc/file");
    }

    @Test
    void mountPointsComeFromALayerAndTheRootStaysUntouched() throws Exception {
        Path layer = Files.createDirectories(directory.toRealPath().resolve("layer:with,odd\\name/new"));
        layers = List.of(ByteString.of(layer.getParent().toString()));
        mounts.add(bind("/etc", "/new"));
        mounts.add(new PlanStep.MountTmpfs(ByteString.of("/tmp"), OptionalLong.of(65536), 01777, ORIGIN));

        assertInside(
                "fine\nread-only\n",
                "test -e /new/passwd && touch /tmp/x && echo fine; touch /x 2>&1 | grep -q Read-only && echo read-only");
        assertFalse(Files.exists(rootfs.resolve("new")));
    }

    @Test
    void tmpfsHasItsModeAndSize() throws Exception {
        mounts.add(new PlanStep.MountTmpfs(ByteString.of("/data"), OptionalLong.of(1 << 20), 01770, ORIGIN));

        assertInside(
                "1770 tmpfs 1024 nosuid,nodev\n",
                "echo $(stat -c %a /data) $(stat -f -c %T /data) $(df -k /data | tail -1 | tr -s ' ' | cut -d' ' -f2)"
                        + " $(grep ' /data ' /proc/self/mountinfo | grep -o nosuid,nodev)");
    }

    @Test
    void directoryIsTheContainers() throws Exception {
        last.add(changeDirectory("/no/such"));
        assertFails("change to the directory /no/such: the container has no such directory (ENOENT)");

        last.set(0, new PlanStep.ChangeDirectory(ByteString.of("/made/deep"), true, ORIGIN));
        assertFails("change to the directory /made/deep: the container has no such directory (ENOENT)");

        readOnly = false;
        assertInside("/made/deep\n", "pwd");

        last.set(0, changeDirectory("/data"));
        assertInsideForBoth("/data\n", "pwd");
    }

    @Test
    void oneProcessFromTheProgramToThePayload() throws Exception {
        compile();

        Result result = starter.shell("echo $$; exec $JRUN start box sh -c 'echo $$; ls /proc/self/fd; exit 7'");

        List<String> lines = result.output().lines().toList();
        assertEquals(lines.get(0), lines.get(1));
        assertEquals(List.of("0", "1", "2", "3"), lines.subList(2, lines.size()), "3 is what ls reads");
        assertEquals(7, result.status());
    }

    /**
     * Kernels before 5.2 lack open_tree(2) and move_mount(2), before 5.6 openat2(2), before 5.12 mount_setattr(2): the
     * same container comes out of what they have.
     */
    @ParameterizedTest
    @ValueSource(strings = {"MOUNT_SETATTR", "MOUNT_SETATTR OPENAT2", "MOUNT_SETATTR OPENAT2 OPEN_TREE MOVE_MOUNT"})
    void olderKernelsGetTheSame(String missing) throws Exception {
        Path deny = compileWithoutCalls(missing);
        Files.createSymbolicLink(rootfs.resolve("climbing"), Path.of("../../data"));
        starter.write("here/file", "relative\n");
        mounts.add(bind("here", "/climbing", Restriction.READ_ONLY));
        mounts.add(optional("/no/such", "/tmp", true, Restriction.READ_ONLY));
        mounts.add(single("here/file", "/etc/file"));
        mounts.add(new PlanStep.MountTmpfs(ByteString.of("/tmp"), OptionalLong.empty(), 0755, ORIGIN));
        compile();

        Result result = starter.shell(
                "exec " + deny + " $JRUN start box sh -c '"
                        + "cat /data/file /etc/file; for d in / /data /tmp; do touch $d/x 2>&1 | grep -q Read-only && echo $d; done; true'");

        assertEquals(new Result(0, "relative\nrelative\n/\n/data\n", ""), result);
    }

    private Path compileWithoutCalls(String missing) throws Exception {
        Path program = directory.toRealPath().resolve("without");
        List<String> command = new ArrayList<>(List.of("gcc", "-o", program.toString(), "src/test/c/without.c"));
        List<String> numbers = new ArrayList<>();
        for (String name : missing.split(" ", -1)) {
            numbers.add(Integer.toString(SystemCall.valueOf(name).number(Machine.host())));
        }
        command.add("-DCALLS=" + String.join(",", numbers));
        Process compiler = new ProcessBuilder(command).inheritIO().start();
        assertEquals(0, compiler.waitFor());
        return program;
    }

    @Test
    void hostWithoutUserNamespacesIsExplained() throws Exception {
        compile();

        Result result = starter.asRoot()
                .shell("unshare --user --map-root-user sh -c"
                        + " 'echo 0 > /proc/sys/user/max_user_namespaces; exec $JRUN start box'");

        assertEquals(125, result.status(), result::toString);
        assertEquals("""
                jrun: cannot make a user namespace: the number of user or mount namespaces is used up, or none are allowed (ENOSPC)
                  hint: ask an administrator to raise the one that is too low of: sysctl user.max_user_namespaces user.max_mnt_namespaces (more: jrun check userNamespaces)
                """, result.errors());
    }
}
