package io.jrun.runtime.plan;

import static io.jrun.runtime.plan.TapeAssembler.Operand.number;

import io.jrun.posix.ByteString;
import io.jrun.runtime.plan.PlanStep.Namespace;
import io.jrun.runtime.plan.TapeAssembler.Label;
import io.jrun.runtime.plan.TapeAssembler.Operand;
import java.nio.charset.StandardCharsets;

/** File systems of the kernel that show the namespaces of whoever mounts them. */
final class NamespaceView {

    private static final String PROC = "proc";
    private static final int FLAGS = MountCalls.MS_NOSUID | MountCalls.MS_NODEV | MountCalls.MS_NOEXEC;
    private static final int STANDARD_ERROR = 2;

    private final CallAssembler calls;
    private final MountCalls mounts;
    private final TapeAssembler tape;

    NamespaceView(CallAssembler calls, MountCalls mounts) {
        this.calls = calls;
        this.mounts = mounts;
        this.tape = calls.tape;
    }

    /** As mount(8) calls it. Sources: proc(5), mq_overview(7), cgroups(7). */
    static String type(Namespace namespace) {
        return switch (namespace) {
            case PID -> PROC;
            case IPC -> "mqueue";
            case CGROUP -> "cgroup2";
            case USER, MOUNT, UTS, NET ->
                throw new IllegalArgumentException("no file system shows a namespace of kind " + namespace);
        };
    }

    void mount(PlanStep.ShowNamespace step) {
        String type = type(step.namespace());
        Label refused = new Label();
        Label end = new Label();
        Fault fault = Fault.of(ByteString.of("mount " + type + " on ").plus(step.target()));
        Fault mount = type.equals(PROC) ? fault.tolerating(Errno.EPERM, refused) : fault;
        Operand name = tape.string(type);
        if (step.namespace() == Namespace.CGROUP) {
            // The kernel mounts a file system on itself only with another one between: mount(2), EBUSY.
            Operand between = tape.string("tmpfs");
            mounts.openTarget(step.target(), fault);
            calls.call(SystemCall.MOUNT, fault, between, mounts.targetPath(), between, number(FLAGS), number(0));
            calls.close(MountCalls.TARGET);
        }
        mounts.openTarget(step.target(), fault);
        calls.call(SystemCall.MOUNT, mount, name, mounts.targetPath(), name, number(FLAGS), number(0));
        calls.close(MountCalls.TARGET);
        if (step.namespace() == Namespace.CGROUP) {
            // A file system that is mounted elsewhere too keeps its own flag; this one belongs to the mount.
            mounts.openTarget(step.target(), fault);
            mounts.remount(MountCalls.TARGET, mounts.targetPath(), MountCalls.MS_RDONLY, fault);
            calls.close(MountCalls.TARGET);
        }
        tape.mark(end);
        if (type.equals(PROC)) {
            tape.outOfLine(new Runnable() {
                @Override
                public void run() {
                    tape.mark(refused);
                    bindOlder(step, fault);
                    tape.addJump(PlanFormat.OP_JUMP, end);
                }
            });
        }
    }

    /** The kernel shows nobody more of /proc than he sees already; inside of other containers parts of it are covered. */
    private void bindOlder(PlanStep.ShowNamespace step, Fault fault) {
        String note = "jrun: " + step.origin() + ": " + step.target()
                + " shows the processes outside too, of which this host covers a part\n";
        int flags = MountCalls.MS_BIND | MountCalls.MS_REC;
        calls.call(
                SystemCall.MOUNT,
                fault,
                tape.string("/proc"),
                mounts.targetPath(),
                number(0),
                number(flags),
                number(0));
        calls.close(MountCalls.TARGET);
        Operand size = number(note.getBytes(StandardCharsets.UTF_8).length);
        Label said = new Label();
        Fault unheard = Fault.of("say so").tolerating(PlanFormat.ANY_ERROR, said);
        calls.call(SystemCall.WRITE, unheard, number(STANDARD_ERROR), tape.string(note), size);
        tape.mark(said);
    }
}
