package io.jrun.runtime.plan;

import static io.jrun.runtime.plan.StarterFixture.bytes;
import static io.jrun.runtime.plan.StarterFixture.execute;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.posix.ByteString;
import io.jrun.runtime.plan.PlanStep.Identity;
import io.jrun.runtime.plan.PlanStep.Namespace;
import io.jrun.runtime.plan.StarterFixture.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Namespaces beyond those of every container; the kernel judges. */
@NeedsUserns
class NamespacesTest {

    private static final String ORIGIN = "test";

    @TempDir
    Path directory;

    private StarterFixture starter;
    private final List<PlanStep> first = new ArrayList<>();
    private final List<PlanStep> mounts = new ArrayList<>();
    private final List<PlanStep> last = new ArrayList<>();
    private final Set<Namespace> namespaces = EnumSet.of(Namespace.USER, Namespace.MOUNT);

    @BeforeEach
    void install() throws IOException {
        starter = new StarterFixture(directory);
        for (String name : List.of("usr", "bin", "lib", "lib64", "proc", "dev", "tmp")) {
            Files.createDirectories(directory.resolve("rootfs").resolve(name));
        }
        for (String name : List.of("/usr", "/bin", "/lib", "/lib64", "/dev", "/tmp")) {
            if (Files.exists(Path.of(name))) {
                mounts.add(bind(name));
            }
        }
    }

    private static PlanStep bind(String name) {
        return new PlanStep.BindMount(ByteString.of(name), ByteString.of(name), true, false, Set.of(), ORIGIN);
    }

    private void compile() throws IOException {
        List<PlanStep> steps = new ArrayList<>(first);
        steps.add(new PlanStep.EnterNamespaces(namespaces, Identity.SELF, ORIGIN));
        steps.add(new PlanStep.EnterRoot(
                ByteString.of(directory.toRealPath().resolve("rootfs").toString()), List.of(), ORIGIN));
        steps.addAll(mounts);
        steps.add(
                namespaces.contains(Namespace.PID)
                        ? new PlanStep.ShowNamespace(Namespace.PID, ByteString.of("/proc"), ORIGIN)
                        : bind("/proc"));
        steps.add(new PlanStep.LeaveOldRoot(ORIGIN));
        steps.addAll(last);
        steps.add(new PlanStep.SetVariable(ByteString.of("PATH"), ByteString.of("/usr/bin:/bin:/usr/sbin"), ORIGIN));
        steps.add(execute("true"));
        starter.cache(new Plan(bytes("start", "box"), List.of(), steps));
    }

    private Result inside(String script) throws Exception {
        compile();
        return starter.jrun("start", "box", "sh", "-c", script);
    }

    @Nested
    class Pid {

        @BeforeEach
        void ask() {
            namespaces.add(Namespace.PID);
        }

        /** The members of a set of the JDK come in another order in each JVM, and two JVMs may compile for those who share. */
        @Test
        void aStepsTextIsTheSameInEveryProcess() {
            PlanStep step = new PlanStep.EnterNamespaces(
                    Set.of(PlanStep.Namespace.MOUNT, PlanStep.Namespace.IPC, PlanStep.Namespace.USER),
                    PlanStep.Identity.SELF,
                    "test");

            assertTrue(step.toString().contains("namespaces=[USER, MOUNT, IPC]"), step.toString());
        }

        @Test
        void payloadIsAChildOfAnInitThatReaps() throws Exception {
            // An orphan's parent is the init, which takes it; a zombie would stay in the list.
            Result result = inside("echo $$ $PPID; (true & true) & wait; sleep 0.1; ls /proc | grep -c '^[0-9]'");

            assertEquals(new Result(0, "2 1\n4\n", ""), result); // init, sh, ls, grep
        }

        @Test
        void exitStatusIsThePayloads() throws Exception {
            assertEquals(7, inside("exit 7").status());
            assertEquals(137, inside("exit 137").status());
        }

        @Test
        void deathBySignalIsThePayloads() throws Exception {
            compile();

            Result result = starter.shell("python3 -c '"
                    + "import subprocess,sys\n"
                    + "for n in 9, 11, 15:\n"
                    + " p=subprocess.Popen([sys.argv[1],\"start\",\"box\",\"sh\",\"-c\",\"kill -%d $$\" % n])\n"
                    + " print(p.wait())' $JRUN");

            assertEquals(new Result(0, "-9\n-11\n-15\n", ""), result);
        }

        @Test
        void programThatIsMissingIs127() throws Exception {
            compile();

            Result result = starter.jrun("start", "box", "no-such-program");

            assertEquals(127, result.status());
            assertTrue(result.errors().contains("cannot run no-such-program"), result::errors);
        }

        @Test
        void signalsAreHandedOn() throws Exception {
            compile();

            Result result = starter.shell("$JRUN start box sh -c '"
                    + "trap \"echo usr1\" USR1; trap \"echo term; exit 3\" TERM; echo ready; while :; do sleep 0.05; done'"
                    + " > out & until grep -q ready out; do sleep 0.01; done; kill -USR1 $!;"
                    + " until grep -q usr1 out; do sleep 0.01; done; kill -TERM $!; wait $!; echo $?; cat out");

            assertEquals(new Result(0, "3\nready\nusr1\nterm\n", ""), result);
        }

        @Test
        void killingTheOuterProcessEndsAll() throws Exception {
            compile();
            String mark = "31" + System.nanoTime() % 1000000;

            Result result = starter.shell("$JRUN start box sh -c 'echo ready; sleep " + mark + "; true' > out &"
                    + " until grep -q ready out; do sleep 0.01; done; kill -9 $!; wait $!; echo $?;"
                    + " n=0; while pgrep -f 'sleep " + mark
                    + "' > /dev/null && [ $n -lt 200 ]; do n=$((n+1)); sleep 0.01; done;"
                    + " pgrep -fc '^sleep " + mark + "'");

            assertEquals("137\n0\n", result.output(), result::errors);
        }

        @Test
        void callersMaskAndIgnoredSignalsAreThePayloads() throws Exception {
            compile();
            String command = "env --ignore-signal=HUP,CHLD --block-signal=USR2";
            String lines = "grep -E 'Sig(Blk|Ign)' /proc/self/status";

            assertEquals(
                    starter.shell(command + " " + lines).output(),
                    starter.shell(command + " $JRUN start box " + lines).output());
        }
    }

    @Test
    void hostNameIsTheGivenOne() throws Exception {
        namespaces.add(Namespace.UTS);
        last.add(new PlanStep.SetHostName(ByteString.of("bright"), ORIGIN));

        assertEquals(new Result(0, "bright\n", ""), inside("uname -n"));
    }

    @Test
    void loopbackIsUp() throws Exception {
        namespaces.add(Namespace.NET);
        last.add(new PlanStep.RaiseLoopback(ORIGIN));

        Result result = inside(
                "python3 -c '"
                        + "import socket\n"
                        + "a=socket.create_server((\"127.0.0.1\", 0)); b=socket.create_connection(a.getsockname(), 5); print(\"up\")'");

        assertEquals(new Result(0, "up\n", ""), result);
    }

    @Nested
    class Join {

        private void share(OptionalInt count) {
            first.add(new PlanStep.JoinNamespaces(
                    namespaces, "0123abcd", Optional.of(ByteString.of("test")), count, ORIGIN));
            last.add(new PlanStep.OfferNamespaces(ORIGIN));
            starter.environment.put("XDG_RUNTIME_DIR", directory.resolve("run").toString());
        }

        private static final String INODES = "readlink /proc/self/ns/user /proc/self/ns/mnt";

        @BeforeEach
        void makeRuntimeDirectory() throws IOException {
            Files.createDirectory(directory.resolve("run"));
        }

        @Test
        void processesShareOneSetOfNamespaces() throws Exception {
            share(OptionalInt.empty());
            compile();

            Result result = starter.shell("for i in 1 2 3 4 5 6 7 8; do $JRUN start box sh -c '" + INODES
                    + "; until [ -e " + directory.toRealPath() + "/go ]; do sleep 0.02; done' >> out & done;"
                    + " until [ $(wc -l < out) = 16 ]; do sleep 0.01; done; sort -u out | wc -l; touch go; wait");

            assertEquals(new Result(0, "2\n", ""), result);
        }

        @Test
        void thoseWhoComeLaterFindTheOthersWhenTheFirstIsGone() throws Exception {
            share(OptionalInt.empty());
            compile();
            String hold = "; read x < " + directory.toRealPath() + "/hold";

            Result result = starter.shell("mkfifo hold; $JRUN start box sh -c '" + INODES
                    + "; sleep 60' > first & one=$!;"
                    + " until [ $(cat first | wc -l) = 2 ]; do sleep 0.01; done;"
                    + " $JRUN start box sh -c '" + INODES + hold + "' > second & two=$!;"
                    + " until [ $(cat second | wc -l) = 2 ]; do sleep 0.01; done; kill -9 $one; wait $one;"
                    + " $JRUN start box sh -c '" + INODES + "' > third; cmp first second; cmp first third; echo > hold;"
                    + " wait $two; $JRUN start box sh -c '" + INODES + "' > fourth; cmp -s first fourth || echo anew");

            assertEquals("anew\n", result.output(), result::errors);
        }

        @Test
        void theFileGoesWhenAllHaveCome() throws Exception {
            share(OptionalInt.of(2));
            compile();

            Result result =
                    starter.shell("ls run; $JRUN start box sleep 1 & until [ -e run/jrun/join* ]; do sleep 0.01; done;"
                            + " $JRUN start box true; ls run/jrun; wait");

            assertEquals(new Result(0, "", ""), result);
        }

        @Test
        void oneOnlyIsAskedForNobody() throws Exception {
            share(OptionalInt.of(1));

            assertEquals(new Result(0, "ok\n", ""), inside("echo ok"));
            assertEquals("", starter.shell("ls run/jrun").output());
        }

        @Test
        void directoryOfSomebodyElseIsRefused() throws Exception {
            share(OptionalInt.empty());
            compile();

            Result result = starter.shell("mkdir -m 755 run/jrun; $JRUN start box");

            assertEquals(125, result.status());
            assertTrue(result.errors().contains("is not yours alone"), result::errors);
        }

        @Test
        void memoryOfTheOthersCanBeRead() throws Exception {
            share(OptionalInt.empty());
            compile();
            // process_vm_readv(2) is what MPI libraries use between the ranks of a node
            String reader = """
                    import ctypes, os, sys
                    libc = ctypes.CDLL(None, use_errno=True)
                    class Vector(ctypes.Structure):
                        _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]
                    pid, place = map(int, open(sys.argv[1]).read().split())
                    to = ctypes.create_string_buffer(5)
                    ours, theirs = Vector(ctypes.addressof(to), 5), Vector(place, 5)
                    n = libc.process_vm_readv(pid, ctypes.byref(ours), 1, ctypes.byref(theirs), 1, 0)
                    print(n, to.raw, os.strerror(ctypes.get_errno()) if n < 0 else "")
                    """;
            String writer = """
                    import ctypes, os, sys, time
                    text = ctypes.create_string_buffer(b"hello")
                    open(sys.argv[1] + ".new", "w").write("%d %d" % (os.getpid(), ctypes.addressof(text)))
                    os.rename(sys.argv[1] + ".new", sys.argv[1])
                    time.sleep(60)
                    """;
            mounts.add(bind(directory.toRealPath().toString()));
            Files.createDirectories(directory.resolve("rootfs" + directory.toRealPath()));
            compile();
            starter.write("reader.py", reader);
            starter.write("writer.py", writer);
            String here = directory.toRealPath().toString();

            Result result = starter.shell("$JRUN start box python3 " + here + "/writer.py " + here + "/place & p=$!;"
                    + " until [ -e place ]; do sleep 0.01; done; $JRUN start box python3 " + here + "/reader.py " + here
                    + "/place; kill -9 $p");

            assertEquals("5 b'hello' \n", result.output(), result::errors);
        }
    }
}
