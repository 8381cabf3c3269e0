package io.jrun.runtime.plan;

import static io.jrun.runtime.plan.TapeAssembler.Operand.number;
import static io.jrun.runtime.plan.TapeAssembler.Operand.register;
import static io.jrun.runtime.plan.TapeAssembler.Operand.scratch;

import io.jrun.posix.ByteString;
import io.jrun.runtime.plan.TapeAssembler.Label;
import io.jrun.runtime.plan.TapeAssembler.Operand;
import java.util.OptionalLong;

/**
 * What plans in bundles do: they are made on one host and run on others, so what differs between those comes in
 * variables, which the program sets that a bundle begins with.
 */
final class BundleLowering {

    private static final int FILE = 17;
    private static final int FOUND = 18;

    // Behind those of ImageLowering, which its own process reads.
    private static final int USER = Scratch.PATHS + 2 * PlanFormat.STRING_MAX;
    private static final int USER_VARIABLE = USER + PlanFormat.STRING_MAX;
    private static final int LOGNAME_VARIABLE = USER_VARIABLE + PlanFormat.STRING_MAX;
    private static final int SOURCE = LOGNAME_VARIABLE + PlanFormat.STRING_MAX;
    private static final int TARGET = SOURCE + PlanFormat.STRING_MAX;
    private static final int VARIABLES = TARGET + PlanFormat.STRING_MAX;

    private static final int O_WRONLY_CREATE_EXCLUSIVE = 0301;
    private static final int ACCOUNTS_MODE = 0644;
    private static final int AT_RECURSIVE = 0x8000;

    private final CallAssembler calls;
    private final MountCalls mounts;
    private final TapeAssembler tape;

    BundleLowering(CallAssembler calls, MountCalls mounts) {
        this.calls = calls;
        this.mounts = mounts;
        this.tape = calls.tape;
    }

    void writeAccounts(PlanStep.WriteAccounts step) {
        Fault fault = Fault.of("write the accounts that are seen inside");
        Operand type = tape.string("tmpfs");
        int flags = MountCalls.MS_NOSUID | MountCalls.MS_NODEV | MountCalls.MS_NOEXEC;
        Operand options = tape.string("mode=755");
        calls.call(SystemCall.MOUNT, fault, type, tape.string(step.directory()), type, number(flags), options);
        if (step.caller().isPresent()) {
            readUser();
        }
        for (PlannedStart.SideFile file : step.files()) {
            ByteString path = step.directory().plus(ByteString.of("/" + file.name()));
            calls.callFor(
                    FILE,
                    SystemCall.OPENAT,
                    fault,
                    number(CallAssembler.AT_FDCWD),
                    tape.string(path),
                    number(O_WRONLY_CREATE_EXCLUSIVE | CallAssembler.O_CLOEXEC),
                    number(ACCOUNTS_MODE));
            if (step.caller().isPresent()) {
                callersLine(step.caller().get(), file.name().equals("passwd"));
                calls.call(
                        SystemCall.WRITE,
                        fault,
                        register(FILE),
                        scratch(CallAssembler.TEXT),
                        register(CallAssembler.LENGTH));
            }
            Operand content = tape.string(file.content());
            calls.call(
                    SystemCall.WRITE,
                    fault,
                    register(FILE),
                    content,
                    number(file.content().length()));
            calls.close(FILE);
        }
    }

    private void readUser() {
        tape.addInScratch(PlanFormat.OP_ENV_GET, FOUND, USER, tape.string("JRUN_BUNDLE_USER"));
    }

    /** Source: passwd(5), group(5). */
    private void callersLine(PlanStep.Identity caller, boolean passwd) {
        Operand uid = id(caller.uid(), PlanFormat.REGISTER_UID);
        Operand gid = id(caller.gid(), PlanFormat.REGISTER_GID);
        Operand mark = tape.string(":x:");
        if (passwd) {
            calls.text(scratch(USER), mark, uid, tape.string(":"), gid, tape.string("::/:/bin/sh\n"));
        } else {
            calls.text(scratch(USER), mark, gid, tape.string(":\n"));
        }
    }

    private static Operand id(OptionalLong chosen, int register) {
        return chosen.isPresent() ? number((int) chosen.getAsLong()) : register(register);
    }

    void nameCaller() {
        readUser();
        setFromUser("USER=", USER_VARIABLE);
        setFromUser("LOGNAME=", LOGNAME_VARIABLE);
    }

    private void setFromUser(String name, int place) {
        tape.addInScratch(PlanFormat.OP_TEXT, CallAssembler.LENGTH, place, tape.string(name), scratch(USER));
        tape.add(PlanFormat.OP_ENV_SET, 0, scratch(place));
    }

    /** The first HOME is jrun's own; the image's and that of -e come later and count. */
    void homeOfCaller() {
        Label none = new Label();
        Operand name = tape.string("HOME");
        tape.addInScratch(PlanFormat.OP_ENV_GET, FOUND, SOURCE, name);
        tape.addJump(PlanFormat.OP_IF_LESS, none, register(FOUND), number(1));
        calls.text(scratch(SOURCE), tape.string("/."));
        Fault fault = Fault.of("find your home directory in the container")
                .tolerating(Errno.ENOENT, none)
                .tolerating(Errno.ENOTDIR, none)
                .tolerating(Errno.EACCES, none)
                .tolerating(Errno.ELOOP, none)
                .tolerating(Errno.ENAMETOOLONG, none);
        calls.callFor(
                FILE,
                SystemCall.OPENAT,
                fault,
                number(CallAssembler.AT_FDCWD),
                scratch(CallAssembler.TEXT),
                number(CallAssembler.O_PATH | CallAssembler.O_CLOEXEC));
        calls.close(FILE);
        tape.add(PlanFormat.OP_ENV_COPY, 0, name);
        tape.mark(none);
    }

    void setGivenVariables() {
        tape.addInScratch(PlanFormat.OP_ENV_GET, FOUND, VARIABLES, tape.string("JRUN_BUNDLE_ENV"));
        tape.add(PlanFormat.OP_ENV_LINES, 0, scratch(VARIABLES), register(FOUND));
    }

    void bindGivenMounts() {
        Label end = new Label();
        for (int i = 0; i < PlanStep.BindGivenMounts.MAX; i++) {
            tape.addInScratch(PlanFormat.OP_ENV_GET, FOUND, SOURCE, tape.string("JRUN_BUNDLE_SOURCE_" + i));
            tape.addJump(PlanFormat.OP_IF_LESS, end, register(FOUND), number(0));
            tape.addInScratch(PlanFormat.OP_ENV_GET, FOUND, TARGET, tape.string("JRUN_BUNDLE_TARGET_" + i));
            bindGivenMount(i);
        }
        tape.mark(end);
    }

    private void bindGivenMount(int i) {
        Fault fault = Fault.of("mount what option -v names as number " + (i + 1));
        Fault missing = fault.because(
                        Errno.ENOENT,
                        "there is no such file or directory on the host",
                        "check the path before the \":\"")
                .because(
                        Errno.ENOTDIR,
                        "a directory can only be mounted on a directory, and a file on a file",
                        "choose a target of the same kind");
        Fault noTarget = fault.because(
                Errno.ENOENT,
                "the image has no such mount point",
                "choose a target that it has, such as /mnt, or bundle it with --mount-point");
        Label writable = new Label();
        mounts.openTarget(scratch(TARGET), noTarget);
        Operand flags = number(MountCalls.MS_BIND | MountCalls.MS_REC);
        calls.call(SystemCall.MOUNT, missing, scratch(SOURCE), mounts.targetPath(), number(0), flags, number(0));
        calls.close(MountCalls.TARGET);
        tape.addInScratch(PlanFormat.OP_ENV_GET, FOUND, CallAssembler.TEXT, tape.string("JRUN_BUNDLE_READ_ONLY_" + i));
        tape.addJump(PlanFormat.OP_IF_LESS, writable, register(FOUND), number(0));
        Label older = new Label();
        mounts.openTarget(scratch(TARGET), fault);
        mounts.setAttributes(MountCalls.TARGET, AT_RECURSIVE, MountCalls.MS_RDONLY, fault, older);
        calls.close(MountCalls.TARGET);
        tape.mark(writable);
        tape.outOfLine(new Runnable() {
            @Override
            public void run() {
                tape.mark(older);
                mounts.remount(MountCalls.TARGET, mounts.targetPath(), MountCalls.MS_RDONLY, fault);
                calls.close(MountCalls.TARGET);
                tape.addJump(PlanFormat.OP_JUMP, writable);
            }
        });
    }
}
