package io.jrun.runtime.plan;

import io.jrun.runtime.plan.TapeAssembler.Operand;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

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

    private final List<PlanStep> steps;
    private final TapeAssembler tape;
    private final CallAssembler calls;
    private final OverlayLowering overlays;
    private final RootLowering root;
    private final BindLowering binds;
    private final NamespaceView views;
    private final ProcessLowering process;
    private final ProgramLowering programs;
    private final ImageLowering images;
    private final NamespaceLowering namespaces;
    private final NamespaceEntry entry;
    private final JoinLowering joins;
    private final BundleLowering bundles;
    private final CgroupLowering cgroups;
    private final CostLowering costs;
    private final StepVariableLowering stepVariables;
    private final List<PlanStep.MountImage> mounted = new ArrayList<>();
    private List<PlanStep> next = List.of();
    private boolean hasInit;
    private boolean entered;
    private boolean left;
    private boolean executed;

    StepLowering(List<PlanStep> steps, TapeAssembler tape, Machine machine) {
        this.steps = steps;
        this.tape = tape;
        this.calls = new CallAssembler(tape, machine);
        MountCalls mounts = new MountCalls(calls);
        this.overlays = new OverlayLowering(calls, mounts);
        this.root = new RootLowering(calls, mounts, overlays);
        this.binds = new BindLowering(calls, mounts);
        this.views = new NamespaceView(calls, mounts);
        this.process = new ProcessLowering(calls);
        this.programs = new ProgramLowering(calls);
        this.images = new ImageLowering(calls, programs);
        this.namespaces = new NamespaceLowering(calls, programs, images);
        this.entry = new NamespaceEntry(calls);
        this.joins = new JoinLowering(calls, programs, entry);
        this.bundles = new BundleLowering(calls, mounts);
        this.cgroups = new CgroupLowering(calls, programs);
        this.costs = new CostLowering(calls);
        this.stepVariables = new StepVariableLowering(tape);
    }

    void lowerAll() {
        for (int i = 0; i < steps.size(); i++) {
            PlanStep step = steps.get(i);
            require(!executed, "nothing can follow the step that executes", step);
            next = steps.subList(i + 1, steps.size());
            if (!lowerMount(step) && !lowerVariable(step) && !lowerProgram(step) && !lowerNamespace(step)) {
                lowerProcess(step);
            }
        }
        if (!executed) {
            throw new IllegalArgumentException("a plan must end with a step that executes");
        }
    }

    /** Whether the step was one that changes namespaces or mounts. */
    private boolean lowerMount(PlanStep step) {
        if (step instanceof PlanStep.EnterNamespaces enter) {
            hasInit |= enter.namespaces().contains(PlanStep.Namespace.PID);
            List<PlanStep.MountImage> here = new ArrayList<>();
            for (int i = 0; i < next.size() && next.get(i) instanceof PlanStep.MountImage mount; i++) {
                here.add(mount);
            }
            namespaces.enter(enter, here);
            mounted.addAll(here);
            if (enter.namespaces().contains(PlanStep.Namespace.MOUNT)) {
                joins.noteNamespace();
            }
        } else if (step instanceof PlanStep.MountImage) {
            require(
                    mounted.contains(step) && !entered,
                    "an image is mounted by the step that makes the namespaces",
                    step);
        } else if (step instanceof PlanStep.WriteAccounts accounts) {
            require(!entered, "accounts are written before the root is entered", step);
            bundles.writeAccounts(accounts);
        } else if (step instanceof PlanStep.BindGivenMounts) {
            requireInside(step);
            bundles.bindGivenMounts();
        } else if (step instanceof PlanStep.ShowNamespace show) {
            requireInside(step);
            views.mount(show);
        } else if (step instanceof PlanStep.BecomeCaller become) {
            namespaces.becomeCaller(become);
        } else if (step instanceof PlanStep.EnterRoot enter) {
            require(!entered, "the root was entered before", step);
            entered = true;
            binds.cloneSources(steps);
            Optional<PlanStep.MountImage> here = Optional.empty();
            for (PlanStep.MountImage image : mounted) {
                images.await(image);
                here = image.mountPoint().equals(enter.rootfs()) ? Optional.of(image) : here;
            }
            root.enterRoot(enter, here);
        } else if (step instanceof PlanStep.BindMount bind) {
            requireInside(step);
            binds.bindMount(bind);
        } else if (step instanceof PlanStep.MountTmpfs tmpfs) {
            requireInside(step);
            root.mountTmpfs(tmpfs);
        } else if (step instanceof PlanStep.MountOverlay overlay) {
            requireInside(step);
            overlays.mount(overlay);
        } else if (step instanceof PlanStep.LeaveOldRoot) {
            requireInside(step);
            left = true;
            root.leaveOldRoot();
        } else if (step instanceof PlanStep.Shown) {
            requireInside(step);
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
        } else if (step instanceof PlanStep.DropVariables drop) {
            List<Operand> globs = new ArrayList<>();
            for (String glob : drop.globs()) {
                globs.add(tape.string(glob));
            }
            tape.add(PlanFormat.OP_ENV_UNSET, globs);
        } else if (step instanceof PlanStep.SetVariable set) {
            tape.add(PlanFormat.OP_ENV_SET, 0, tape.string(PlanEncoder.variable(set.name(), set.value())));
        } else if (step instanceof PlanStep.StepVariable variable) {
            stepVariables.set(variable);
        } else if (step instanceof PlanStep.NameCaller) {
            bundles.nameCaller();
        } else if (step instanceof PlanStep.HomeOfCaller) {
            require(left, "the directory is looked for in the container", step);
            bundles.homeOfCaller();
        } else if (step instanceof PlanStep.SetGivenVariables) {
            bundles.setGivenVariables();
        } else if (step instanceof PlanStep.CopyVariable copy) {
            tape.add(PlanFormat.OP_ENV_COPY, 0, tape.string(copy.name()));
        } else {
            return false;
        }
        return true;
    }

    /** Whether the step was one about other programs of the host. */
    private boolean lowerProgram(PlanStep step) {
        if (step instanceof PlanStep.RunProgram run) {
            require(!left, "the programs of the host are out of reach", step);
            programs.run(run);
        } else if (step instanceof PlanStep.OpenEnvironmentFile) {
            programs.openEnvironmentFile();
        } else if (step instanceof PlanStep.OpenMountFile) {
            programs.openMountFile();
        } else if (step instanceof PlanStep.MountLines lines) {
            requireInside(step);
            programs.mountLines(lines);
        } else if (step instanceof PlanStep.MergeEnvironmentFile) {
            programs.mergeEnvironmentFile();
        } else {
            return false;
        }
        return true;
    }

    /** Whether the step was one about namespaces alone. */
    private boolean lowerNamespace(PlanStep step) {
        if (step instanceof PlanStep.JoinNamespaces join) {
            require(!entered, "namespaces are joined before others are made", step);
            joins.join(join);
        } else if (step instanceof PlanStep.OfferNamespaces) {
            require(left || !entered, "the mounts are not all made", step);
            joins.offer();
        } else if (step instanceof PlanStep.EnterProcess enter) {
            require(!entered, "a process is entered from the host", step);
            entry.enter(enter);
            if (enter.namespaces().contains(PlanStep.Namespace.PID)) {
                namespaces.becomeInit();
            }
        } else if (step instanceof PlanStep.EnterCgroup cgroup) {
            require(!entered, "the payload's cgroup is made on the host", step);
            cgroups.enter(cgroup);
            joins.noteSupervisor();
        } else if (step instanceof PlanStep.StartClock) {
            costs.start();
        } else if (step instanceof PlanStep.TellCost tell) {
            costs.tell(tell);
        } else if (step instanceof PlanStep.SetHostName name) {
            namespaces.setHostName(name);
        } else if (step instanceof PlanStep.RaiseLoopback) {
            namespaces.raiseLoopback();
        } else if (step instanceof PlanStep.MarkProcess mark) {
            process.mark(mark);
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
        } else if (step instanceof PlanStep.InstallFilter filter) {
            process.installFilter(filter);
        } else if (step instanceof PlanStep.DropCapabilities) {
            process.dropCapabilities();
        } else if (step instanceof PlanStep.ForbidNewPrivileges) {
            process.forbidNewPrivileges();
        } else if (step instanceof PlanStep.Execute execute) {
            executed = true;
            if (hasInit) {
                namespaces.leaveInit();
            }
            cgroups.enterPayload();
            process.execute(execute);
        } else {
            throw new IllegalArgumentException("no instructions are known for " + step);
        }
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
