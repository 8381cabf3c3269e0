package io.jrun.runtime.plan;

import static io.jrun.runtime.plan.TapeAssembler.Operand.number;
import static io.jrun.runtime.plan.TapeAssembler.Operand.register;
import static io.jrun.runtime.plan.TapeAssembler.Operand.scratch;

import io.jrun.runtime.plan.TapeAssembler.Label;
import io.jrun.runtime.plan.TapeAssembler.Operand;
import java.util.List;

/** Who the container's process is and what it may do. Source: capabilities(7), credentials(7). */
final class CredentialLowering {

    /** One more than the last capability that can be named; the kernel has fewer. */
    private static final int CAPABILITIES = 64;

    private static final int CAPABILITY_VERSION_3 = 0x20080522;
    private static final int PR_SET_KEEPCAPS = 8;
    private static final int PR_CAPBSET_DROP = 24;
    private static final int PR_CAP_AMBIENT = 47;
    private static final int PR_CAP_AMBIENT_RAISE = 2;
    private static final int F_GETFD = 1;
    private static final int F_SETFD = 2;
    private static final int FD_CLOEXEC = 1;
    private static final int CLOSE_RANGE_CLOEXEC = 4;
    private static final int DESCRIPTORS = 1024; // what a process has open by default at most: getrlimit(2)
    private static final int COUNTER = 9;

    private final LifecycleCalls life;
    private final CallAssembler calls;
    private final TapeAssembler tape;

    CredentialLowering(LifecycleCalls life) {
        this.life = life;
        this.calls = life.calls;
        this.tape = life.tape;
    }

    void narrowBounds(LifecycleStep.NarrowBounds step) {
        Fault fault = Fault.of("narrow the bounding set of capabilities");
        Label end = new Label();
        for (int i = 0; i < CAPABILITIES; i++) {
            if ((step.bounding() >>> i & 1) == 0) {
                Fault last = fault.tolerating(Errno.EINVAL, end); // behind the last that this kernel knows
                life.prctl(last, PR_CAPBSET_DROP, number(i));
            }
        }
        tape.mark(end);
    }

    /** Capabilities survive the change of the user, to be set to what is asked for behind it. */
    void setUser(LifecycleStep.SetUser step) {
        Fault fault = Fault.of("become user " + step.uid() + " and group " + step.gid())
                .because(
                        Errno.EINVAL,
                        "the user namespace has no such id",
                        "add it to linux.uidMappings and linux.gidMappings");
        if (step.groups().isPresent()) {
            List<Long> groups = step.groups().get();
            int[] list = new int[groups.size()];
            for (int i = 0; i < list.length; i++) {
                list[i] = groups.get(i).intValue();
            }
            calls.call(
                    SystemCall.SETGROUPS,
                    Fault.of("set the additional groups"),
                    number(list.length),
                    tape.structure(LittleEndian.ints(list)));
        }
        Operand uid = number((int) step.uid());
        Operand gid = number((int) step.gid());
        life.prctl(fault, PR_SET_KEEPCAPS, number(1));
        calls.call(SystemCall.SETRESGID, fault, gid, gid, gid);
        calls.call(SystemCall.SETRESUID, fault, uid, uid, uid);
        life.prctl(fault, PR_SET_KEEPCAPS, number(0));
    }

    void setCapabilities(LifecycleStep.SetCapabilities step) {
        Fault fault = Fault.of("set the capabilities")
                .because(
                        Errno.EPERM,
                        "the caller has not all of them itself",
                        "take out of process.capabilities what the caller lacks, or use a user namespace");
        byte[] header = LittleEndian.buffer(8).putInt(0, CAPABILITY_VERSION_3).array();
        byte[] sets = LittleEndian.ints(
                (int) step.effective(),
                (int) step.permitted(),
                (int) step.inheritable(),
                (int) (step.effective() >>> 32),
                (int) (step.permitted() >>> 32),
                (int) (step.inheritable() >>> 32));
        calls.call(SystemCall.CAPSET, fault, tape.structure(header), tape.structure(sets));
        for (int i = 0; i < CAPABILITIES; i++) {
            if ((step.ambient() >>> i & 1) == 1) {
                calls.call(
                        SystemCall.PRCTL,
                        fault,
                        number(PR_CAP_AMBIENT),
                        number(PR_CAP_AMBIENT_RAISE),
                        number(i),
                        number(0),
                        number(0));
            }
        }
    }

    void setLimit(LifecycleStep.SetLimit step) {
        Fault fault = Fault.of("set the limit " + step.name())
                .because(
                        Errno.EPERM,
                        "only root may raise a hard limit",
                        "lower process.rlimits, or raise the limit of the caller");
        byte[] limit = LittleEndian.buffer(16)
                .putLong(0, step.soft())
                .putLong(8, step.hard())
                .array();
        calls.call(SystemCall.PRLIMIT64, fault, number(0), number(step.resource()), tape.structure(limit), number(0));
    }

    void becomeOwner(LifecycleStep.BecomeOwner step) {
        Fault fault = Fault.of("act as the owner of the container");
        Operand uid = number((int) step.uid());
        Operand gid = number((int) step.gid());
        calls.call(SystemCall.SETGROUPS, fault, number(0), number(0));
        calls.call(SystemCall.SETRESGID, fault, gid, gid, gid);
        calls.call(SystemCall.SETRESUID, fault, uid, uid, uid);
    }

    void closeFrom(LifecycleStep.CloseFrom step) {
        Fault fault = Fault.of("close what the caller has open");
        Label older = new Label();
        Label end = new Label();
        calls.call(
                SystemCall.CLOSE_RANGE,
                fault.tolerating(Errno.ENOSYS, older).tolerating(Errno.EINVAL, older),
                number(step.descriptor()),
                number(-1),
                number(CLOSE_RANGE_CLOEXEC));
        tape.mark(end);
        tape.outOfLine(() -> {
            Label next = new Label();
            Label closed = new Label();
            tape.mark(older); // before Linux 5.11
            tape.add(PlanFormat.OP_MOVE, COUNTER, number(step.descriptor()));
            tape.mark(next);
            tape.addJump(PlanFormat.OP_IF_EQUAL, end, register(COUNTER), number(DESCRIPTORS));
            calls.call(
                    SystemCall.FCNTL,
                    fault.tolerating(9, closed), // EBADF: it is not open
                    register(COUNTER),
                    number(F_GETFD));
            calls.call(SystemCall.FCNTL, fault, register(COUNTER), number(F_SETFD), number(FD_CLOEXEC));
            tape.mark(closed);
            tape.add(PlanFormat.OP_ADD, COUNTER, register(COUNTER), number(1));
            tape.addJump(PlanFormat.OP_JUMP, next);
        });
    }

    void writeFile(LifecycleStep.WriteFile step) {
        Fault fault = Fault.of(step.what());
        life.open(CallAssembler.RESULT, step.path(), LifecycleCalls.O_WRONLY, 0, fault);
        tape.add(PlanFormat.OP_MOVE, COUNTER, register(CallAssembler.RESULT));
        calls.call(
                SystemCall.WRITE,
                fault,
                register(COUNTER),
                tape.string(step.content()),
                number(step.content().length()));
        calls.close(COUNTER);
    }

    /** Sends to processes as kill(2) names them. */
    void signal(LifecycleStep.Signal step) {
        for (Long process : step.processes()) {
            Label gone = new Label();
            Fault fault = Fault.of("signal the process " + process);
            calls.call(
                    SystemCall.KILL,
                    step.tolerant() ? fault.tolerating(Errno.ESRCH, gone) : fault,
                    number(process.intValue()),
                    number(step.signal()));
            tape.mark(gone);
        }
    }

    /** Source: pidfd_open(2): readable when the process has ended, and never another process. */
    void kill(long id, boolean signal) {
        Fault fault = Fault.of((signal ? "kill the process " : "wait for the process ") + id);
        Label gone = new Label();
        Label again = new Label();
        Operand process = number(Math.toIntExact(id));
        calls.callFor(COUNTER, SystemCall.PIDFD_OPEN, fault.tolerating(Errno.ESRCH, gone), process, number(0));
        if (signal) {
            calls.call(SystemCall.KILL, fault.tolerating(Errno.ESRCH, gone), process, number(9));
        }
        tape.add(PlanFormat.OP_SHIFT, CallAssembler.LENGTH, number(1), number(32));
        tape.add(PlanFormat.OP_OR, CallAssembler.LENGTH, register(CallAssembler.LENGTH), register(COUNTER));
        tape.addInScratch(PlanFormat.OP_STORE, 0, LifecycleCalls.WORD, register(CallAssembler.LENGTH));
        byte[] time = LittleEndian.buffer(16).putLong(0, 10).array();
        tape.mark(again);
        calls.call(
                SystemCall.PPOLL,
                fault.tolerating(Errno.EINTR, again),
                scratch(LifecycleCalls.WORD),
                number(1),
                tape.structure(time),
                number(0),
                number(0));
        tape.addJump(PlanFormat.OP_IF_LESS, gone, number(0), register(CallAssembler.RESULT));
        tape.addFailing(
                PlanFormat.OP_FAIL,
                CallAssembler.RESULT,
                fault,
                number(PlanFormat.NO_ERRNO),
                tape.string("it does not end, perhaps because it waits for a device or a file server"));
        tape.mark(gone);
    }
}
