package io.jrun.runtime.plan;

import static io.jrun.runtime.plan.TapeAssembler.Operand.number;
import static io.jrun.runtime.plan.TapeAssembler.Operand.register;
import static io.jrun.runtime.plan.TapeAssembler.Operand.scratch;

import io.jrun.posix.ByteString;
import io.jrun.runtime.plan.TapeAssembler.Label;
import io.jrun.runtime.plan.TapeAssembler.Operand;
import java.nio.ByteBuffer;
import java.util.List;

/** What makes the process the payload: its directory, what it may do, and its program. */
final class ProcessLowering {

    private static final int COUNTER = 9;

    private static final int FILTER = PlanFormat.STRING_MAX + 256; // struct sock_fprog of seccomp(2)

    private static final int PR_CAPBSET_DROP = 24;
    private static final int PR_SET_NO_NEW_PRIVS = 38;
    private static final int CAPABILITY_VERSION_3 = 0x20080522;
    private static final int SECCOMP_SET_MODE_FILTER = 1;
    private static final int SECCOMP_FILTER_FLAG_SPEC_ALLOW = 4;

    private static final int NOT_FOUND = 127;
    private static final int NOT_EXECUTABLE = 126;
    private static final String DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private final CallAssembler calls;
    private final TapeAssembler tape;

    ProcessLowering(CallAssembler calls) {
        this.calls = calls;
        this.tape = calls.tape;
    }

    void changeDirectory(PlanStep.ChangeDirectory step) {
        Operand directory = tape.string(step.directory());
        Fault fault = Fault.of(ByteString.of("change to the directory ").plus(step.directory()));
        Label change = new Label();
        if (step.create()) {
            Fault readOnly = fault.tolerating(Errno.EROFS, change)
                    .tolerating(Errno.EACCES, change)
                    .tolerating(Errno.EPERM, change);
            tape.addFailing(PlanFormat.OP_MKDIRS, CallAssembler.RESULT, readOnly, directory, number(0777));
        }
        tape.mark(change);
        Fault missing = fault.because(
                Errno.ENOENT, "the container has no such directory", "choose one that exists with -w DIR");
        calls.call(SystemCall.CHDIR, missing, directory);
    }

    void fakeOwnership() {
        byte[] filter = OwnershipFilter.program(calls.machine);
        Label older = new Label();
        Label end = new Label();
        Fault fault = Fault.of("install the filter that fakes ownership");
        storeFilter(filter);
        calls.call(
                SystemCall.SECCOMP,
                fault.tolerating(Errno.EINVAL, older),
                number(SECCOMP_SET_MODE_FILTER),
                number(SECCOMP_FILTER_FLAG_SPEC_ALLOW),
                scratch(FILTER));
        tape.mark(end);
        tape.outOfLine(new Runnable() {
            @Override
            public void run() {
                tape.mark(older); // before Linux 4.17, which does not know the flag
                calls.call(SystemCall.SECCOMP, fault, number(SECCOMP_SET_MODE_FILTER), number(0), scratch(FILTER));
                tape.addJump(PlanFormat.OP_JUMP, end);
            }
        });
    }

    void installFilter(PlanStep.InstallFilter step) {
        Fault fault = Fault.of(ByteString.of("install the filter of ").plus(step.profile()))
                .because(
                        Errno.EINVAL,
                        "this kernel has no seccomp filters, or does not know a flag of the profile",
                        "leave the \"flags\" of the profile out");
        byte[] program = new byte[8 * step.program().size()];
        ByteBuffer instructions = LittleEndian.view(program);
        for (Long instruction : step.program()) {
            instructions.putLong(instruction);
        }
        storeFilter(program);
        calls.call(SystemCall.SECCOMP, fault, number(SECCOMP_SET_MODE_FILTER), number(step.flags()), scratch(FILTER));
    }

    /** struct sock_fprog of seccomp(2): number of instructions, address of the first. */
    private void storeFilter(byte[] filter) {
        tape.addInScratch(PlanFormat.OP_STORE, 0, FILTER, number(filter.length / 8));
        tape.addInScratch(PlanFormat.OP_STORE, 0, FILTER + 8, tape.structure(filter));
    }

    void forbidNewPrivileges() {
        Fault fault = Fault.of("forbid new privileges");
        calls.call(SystemCall.PRCTL, fault, number(PR_SET_NO_NEW_PRIVS), number(1), number(0), number(0), number(0));
    }

    void dropCapabilities() {
        Label next = new Label();
        Label none = new Label();
        Fault fault = Fault.of("drop capabilities");
        tape.add(PlanFormat.OP_MOVE, COUNTER, number(0));
        tape.mark(next);
        // EINVAL: behind the last capability that this kernel knows.
        Fault last = fault.tolerating(Errno.EINVAL, none);
        calls.call(SystemCall.PRCTL, last, number(PR_CAPBSET_DROP), register(COUNTER), number(0), number(0), number(0));
        tape.add(PlanFormat.OP_ADD, COUNTER, register(COUNTER), number(1));
        tape.addJump(PlanFormat.OP_JUMP, next);
        tape.mark(none);
        // struct __user_cap_header_struct, and two empty struct __user_cap_data_struct. Emptying the permitted set
        // empties the ambient one too: capabilities(7).
        byte[] header = LittleEndian.buffer(8).putInt(0, CAPABILITY_VERSION_3).array();
        calls.call(SystemCall.CAPSET, fault, tape.structure(header), tape.structure(new byte[24]));
    }

    void mark(PlanStep.MarkProcess step) {
        Fault fault = Fault.of("name the process");
        calls.call(SystemCall.GETPID, fault);
        Operand pid = register(CallAssembler.RESULT);
        tape.addInScratch(PlanFormat.OP_TEXT, CallAssembler.LENGTH, Scratch.MARK, tape.string("JRUN_PID="), pid);
        tape.add(
                PlanFormat.OP_ENV_SET,
                0,
                scratch(Scratch.MARK),
                tape.string(ByteString.of("JRUN_CONTAINER=").plus(step.container())));
    }

    void execute(PlanStep.Execute step) {
        Label chosen = new Label();
        Label given = new Label();
        tape.add(PlanFormat.OP_ARGUMENTS, calls.strings(step.entrypoint()));
        Label defaults = new Label();
        tape.addJump(PlanFormat.OP_IF_EQUAL, defaults, register(PlanFormat.REGISTER_REST), number(0));
        tape.mark(given);
        tape.add(PlanFormat.OP_REST, 0);
        tape.addJump(PlanFormat.OP_JUMP, chosen);
        tape.mark(defaults);
        tape.add(PlanFormat.OP_ARGUMENTS, calls.strings(step.defaultArguments()));
        tape.mark(chosen);
        tape.addFailing(PlanFormat.OP_EXECUTE, CallAssembler.RESULT, executeFault(), tape.string(DEFAULT_PATH));
    }

    private static Fault executeFault() {
        return new Fault(
                ByteString.of("run"),
                NOT_EXECUTABLE,
                true,
                List.of(
                        new Fault.Row.Fail(
                                Errno.ENOENT,
                                NOT_FOUND,
                                "the container has no such program",
                                "check the name, and PATH inside the container"),
                        new Fault.Row.Fail(
                                Errno.ENOTDIR,
                                NOT_FOUND,
                                "a part of the path is not a directory",
                                "check the path inside the container"),
                        new Fault.Row.Fail(
                                Errno.ENOENT | PlanFormat.NO_INTERPRETER,
                                NOT_EXECUTABLE,
                                "the program is there, but not the interpreter or loader it asks for",
                                "check its \"#!\" line, or whether it is made for another C library or machine"),
                        new Fault.Row.Fail(
                                Errno.EACCES,
                                NOT_EXECUTABLE,
                                "it is not executable, or is a directory",
                                "check its mode, and whether it lies on a noexec mount"),
                        new Fault.Row.Fail(
                                Errno.ENOEXEC,
                                NOT_EXECUTABLE,
                                "it is neither a program for this machine nor a script with \"#!\"",
                                "check the architecture of the image, or name the interpreter"),
                        new Fault.Row.Fail(
                                Errno.EINVAL,
                                Fault.OWN_FAILURE,
                                "neither the image nor the command line names a program",
                                "add a command behind the container's name"),
                        new Fault.Row.Fail(
                                Errno.ETXTBSY,
                                NOT_EXECUTABLE,
                                "it is being written",
                                "wait until the writer is done")));
    }
}
