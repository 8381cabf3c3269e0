package io.jrun.runtime.plan;

import static io.jrun.runtime.plan.TapeAssembler.Operand.number;
import static io.jrun.runtime.plan.TapeAssembler.Operand.register;
import static io.jrun.runtime.plan.TapeAssembler.Operand.scratch;

import io.jrun.runtime.plan.TapeAssembler.Operand;
import java.util.ArrayList;
import java.util.List;

/**
 * Turns one step after the other into instructions, and refuses orders that cannot work.
 *
 * <p>All mounts are made while the caller's root is still the root: host paths then mean what the caller means, relative
 * ones and those through symbolic links included, and the old root is never stacked on the new one while container paths
 * are resolved. Container paths are opened below a descriptor of the new root with RESOLVE_IN_ROOT, so no symbolic link
 * of the image leads a mount outside.
 *
 * <p>Like all that a first start runs, this and what it calls are written without lambdas: each one that is linked costs
 * such a start a good part of a millisecond.
 */
final class StepLowering {

    private static final int O_WRONLY = 1;
    private static final int MS_SLAVE = 1 << 19;

    private final List<PlanStep> steps;
    private final TapeAssembler tape;
    private final CallAssembler calls;
    private final RootLowering root;
    private final BindLowering binds;
    private final ProcessLowering process;
    private boolean entered;
    private boolean left;
    private boolean executed;

    StepLowering(List<PlanStep> steps, TapeAssembler tape, Machine machine) {
        this.steps = steps;
        this.tape = tape;
        this.calls = new CallAssembler(tape, machine);
        MountCalls mounts = new MountCalls(calls);
        this.root = new RootLowering(calls, mounts);
        this.binds = new BindLowering(calls, mounts);
        this.process = new ProcessLowering(calls);
    }

    void lowerAll() {
        for (PlanStep step : steps) {
            require(!executed, "nothing can follow the step that executes", step);
            if (!lowerMount(step) && !lowerVariable(step)) {
                lowerProcess(step);
            }
        }
        if (!executed) {
            throw new IllegalArgumentException("a plan must end with a step that executes");
        }
    }

    /** Whether the step was one that changes namespaces or mounts. */
    private boolean lowerMount(PlanStep step) {
        if (step instanceof PlanStep.EnterNamespaces namespaces) {
            enterNamespaces(namespaces);
        } else if (step instanceof PlanStep.EnterRoot enter) {
            require(!entered, "the root was entered before", step);
            entered = true;
            binds.cloneSources(steps);
            root.enterRoot(enter);
        } else if (step instanceof PlanStep.BindMount bind) {
            requireInside(step);
            binds.bindMount(bind);
        } else if (step instanceof PlanStep.MountTmpfs tmpfs) {
            requireInside(step);
            root.mountTmpfs(tmpfs);
        } else if (step instanceof PlanStep.LeaveOldRoot) {
            requireInside(step);
            left = true;
            root.leaveOldRoot();
        } else if (step instanceof PlanStep.MakeRootReadOnly) {
            require(entered, "there is no root yet", step);
            root.makeRootReadOnly();
        } else {
            return false;
        }
        return true;
    }

    /** Whether the step was one that makes the payload's environment. */
    private boolean lowerVariable(PlanStep step) {
        if (step instanceof PlanStep.PassVariables pass) {
            List<Operand> globs = new ArrayList<>();
            for (String glob : pass.globs()) {
                globs.add(tape.string(glob));
            }
            tape.add(PlanFormat.OP_ENV_PASS, globs);
        } else if (step instanceof PlanStep.SetVariable set) {
            tape.add(PlanFormat.OP_ENV_SET, 0, tape.string(PlanEncoder.variable(set.name(), set.value())));
        } else if (step instanceof PlanStep.CopyVariable copy) {
            tape.add(PlanFormat.OP_ENV_COPY, 0, tape.string(copy.name()));
        } else {
            return false;
        }
        return true;
    }

    private void lowerProcess(PlanStep step) {
        if (step instanceof PlanStep.ChangeDirectory change) {
            require(left || !entered, "the directory is the host's until the old root is left", step);
            process.changeDirectory(change);
        } else if (step instanceof PlanStep.FakeOwnership) {
            process.fakeOwnership();
        } else if (step instanceof PlanStep.DropCapabilities) {
            process.dropCapabilities();
        } else if (step instanceof PlanStep.ForbidNewPrivileges) {
            process.forbidNewPrivileges();
        } else if (step instanceof PlanStep.Execute execute) {
            executed = true;
            process.execute(execute);
        } else {
            throw new IllegalArgumentException("no instructions are known for " + step);
        }
    }

    private void enterNamespaces(PlanStep.EnterNamespaces step) {
        int flags = 0;
        for (PlanStep.Namespace namespace : step.namespaces()) {
            require(namespace != PlanStep.Namespace.PID, "a PID namespace takes a fork, which is not done", step);
            flags |= cloneFlag(namespace);
        }
        boolean user = step.namespaces().contains(PlanStep.Namespace.USER);
        if (flags != 0) {
            calls.call(SystemCall.UNSHARE, NamespaceFaults.unshare(user), number(flags));
        }
        if (user) {
            // Without "deny" an unprivileged process may not write gid_map: user_namespaces(7).
            tape.addInScratch(PlanFormat.OP_TEXT, CallAssembler.LENGTH, CallAssembler.TEXT, tape.string("deny"));
            writeFile("/proc/self/setgroups", NamespaceFaults.map("deny setgroups(2) in the user namespace"));
            writeMap("/proc/self/uid_map", PlanFormat.REGISTER_UID, step.identity(), "map your user id");
            writeMap("/proc/self/gid_map", PlanFormat.REGISTER_GID, step.identity(), "map your group id");
        } else if (step.namespaces().contains(PlanStep.Namespace.MOUNT)) {
            // A mount namespace made with a user namespace has only slaves already: mount_namespaces(7), restrictions.
            Fault fault = Fault.of("make all mounts slaves of the host's");
            Operand slave = number(MountCalls.MS_REC | MS_SLAVE);
            calls.call(SystemCall.MOUNT, fault, number(0), tape.string("/"), number(0), slave, number(0));
        }
    }

    /** Source: clone(2), CLONE_NEW*. */
    private static int cloneFlag(PlanStep.Namespace namespace) {
        return switch (namespace) {
            case USER -> 0x10000000;
            case MOUNT -> 0x00020000;
            case PID -> 0x20000000;
            case IPC -> 0x08000000;
            case UTS -> 0x04000000;
            case NET -> 0x40000000;
            case CGROUP -> 0x02000000;
        };
    }

    private void writeMap(String file, int idRegister, PlanStep.Identity identity, String what) {
        Operand inside = identity == PlanStep.Identity.ROOT ? number(0) : register(idRegister);
        Operand space = tape.string(" ");
        Operand[] line = {inside, space, register(idRegister), space, number(1)};
        tape.addInScratch(PlanFormat.OP_TEXT, CallAssembler.LENGTH, CallAssembler.TEXT, line);
        writeFile(file, NamespaceFaults.map(what));
    }

    /** The text in scratch memory; the descriptor is left to execve(2) to close. */
    private void writeFile(String file, Fault fault) {
        Operand flags = number(O_WRONLY | CallAssembler.O_CLOEXEC);
        Operand here = number(CallAssembler.AT_FDCWD);
        calls.callFor(CallAssembler.RESULT, SystemCall.OPENAT, fault, here, tape.string(file), flags);
        Operand descriptor = register(CallAssembler.RESULT);
        Operand size = register(CallAssembler.LENGTH);
        calls.call(SystemCall.WRITE, fault, descriptor, scratch(CallAssembler.TEXT), size);
    }

    private void requireInside(PlanStep step) {
        require(entered && !left, "mounts are made between entering the root and leaving the old one", step);
    }

    private static void require(boolean condition, String reason, PlanStep step) {
        if (!condition) {
            throw new IllegalArgumentException(reason + ": " + step);
        }
    }
}
