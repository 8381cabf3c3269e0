package io.jrun.runtime.launch;

import io.jrun.posix.ByteString;
import io.jrun.runtime.plan.PlanHash;
import io.jrun.runtime.plan.PlanStep;
import io.jrun.runtime.plan.PlanStep.BecomeCaller;
import io.jrun.runtime.plan.PlanStep.BindMount;
import io.jrun.runtime.plan.PlanStep.CopyVariable;
import io.jrun.runtime.plan.PlanStep.DropVariables;
import io.jrun.runtime.plan.PlanStep.EnterCgroup;
import io.jrun.runtime.plan.PlanStep.EnterNamespaces;
import io.jrun.runtime.plan.PlanStep.EnterRoot;
import io.jrun.runtime.plan.PlanStep.Identity;
import io.jrun.runtime.plan.PlanStep.JoinNamespaces;
import io.jrun.runtime.plan.PlanStep.LeaveOldRoot;
import io.jrun.runtime.plan.PlanStep.MakeRootReadOnly;
import io.jrun.runtime.plan.PlanStep.MarkProcess;
import io.jrun.runtime.plan.PlanStep.MountImage;
import io.jrun.runtime.plan.PlanStep.MountSquashfs;
import io.jrun.runtime.plan.PlanStep.Namespace;
import io.jrun.runtime.plan.PlanStep.OfferNamespaces;
import io.jrun.runtime.plan.PlanStep.PassVariables;
import io.jrun.runtime.plan.PlanStep.RaiseLoopback;
import io.jrun.runtime.plan.PlanStep.SetHostName;
import io.jrun.runtime.plan.PlanStep.SetVariable;
import io.jrun.runtime.plan.PlanStep.StepVariable;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Adds to the planner's steps what makes the namespaces: the image's mount, further kinds, and who shares them. */
final class LaunchSteps {

    private final List<PlanStep> before;
    private final List<PlanStep> planned;
    private final LaunchOptions options;
    private final Optional<MountImage> image;
    private final List<MountImage> further;
    private final Optional<EnterCgroup> cgroup;
    private final String identityOfRoot;
    private final String ownPlace;
    private final List<PlanStep> steps = new ArrayList<>();

    /**
     * @param further for each {@link MountSquashfs} of the planned steps, in their order
     * @param identityOfRoot tells root file systems apart, and versions of the same
     * @param ownPlace what paths of this plan's own files begin with, behind which their content is told; they are others for
     *     another command line that makes the same mounts
     */
    LaunchSteps(
            List<PlanStep> planned,
            LaunchOptions options,
            Optional<MountImage> image,
            List<MountImage> further,
            Optional<EnterCgroup> cgroup,
            String identityOfRoot,
            String ownPlace) {
        this.cgroup = cgroup;
        this.ownPlace = ownPlace;
        this.before = allVariables(planned);
        this.planned = new ArrayList<>(planned);
        this.planned.removeAll(before);
        this.options = options;
        this.image = image;
        this.further = List.copyOf(further);
        this.identityOfRoot = identityOfRoot;
    }

    /** @param container what the caller called it */
    List<PlanStep> toList(ByteString container) {
        steps.addAll(before);
        steps.add(new MarkProcess(container, "default"));
        if (cgroup.isPresent()) {
            steps.add(cgroup.get());
        }
        int end = endOfMounts();
        int shown = 0;
        for (int i = 0; i < planned.size(); i++) {
            PlanStep step = planned.get(i);
            if (step instanceof EnterNamespaces enter) {
                enterNamespaces(enter, end);
            } else if (step instanceof MountSquashfs squashfs) {
                steps.add(shown(squashfs, further.get(shown++)));
            } else if (!(options.sharing().isPresent() && i < end && isVariable(step))) {
                steps.add(step);
            }
            if (i == end - 1) {
                leaveMounts();
            }
        }
        return steps;
    }

    /** What lets all of the caller's variables in and then drops some: the marks must not be among those. */
    private static List<PlanStep> allVariables(List<PlanStep> planned) {
        for (int i = 0; i + 1 < planned.size(); i++) {
            if (planned.get(i) instanceof PassVariables pass && pass.globs().equals(List.of("*"))) {
                return List.copyOf(planned.subList(i, i + 2));
            }
        }
        return List.of();
    }

    private static PlanStep shown(MountSquashfs squashfs, MountImage mount) {
        return new BindMount(
                mount.mountPoint(), squashfs.target(), false, false, squashfs.restrictions(), squashfs.origin());
    }

    /** The number of steps that all who share have in common. */
    private int endOfMounts() {
        int end = 0;
        for (int i = 0; i < planned.size(); i++) {
            PlanStep step = planned.get(i);
            if (step instanceof LeaveOldRoot || step instanceof MakeRootReadOnly || step instanceof BecomeCaller) {
                end = i + 1;
            }
        }
        return end;
    }

    static boolean isVariable(PlanStep step) {
        return step instanceof PassVariables
                || step instanceof DropVariables
                || step instanceof SetVariable
                || step instanceof StepVariable
                || step instanceof CopyVariable;
    }

    private void enterNamespaces(EnterNamespaces enter, int end) {
        Set<Namespace> namespaces = EnumSet.copyOf(enter.namespaces());
        namespaces.addAll(options.namespaces());
        if (options.sharing().isPresent()) {
            join(options.sharing().get(), namespaces, end);
        }
        Identity identity = mountsAsRoot() ? Identity.ROOT : enter.identity();
        steps.add(new EnterNamespaces(namespaces, identity, enter.subordinateIds(), enter.origin()));
        if (image.isPresent()) {
            steps.add(image.get());
        }
        steps.addAll(further);
        if (options.hostName().isPresent()) {
            steps.add(new SetHostName(options.hostName().get(), "option --uts"));
        }
        if (options.namespaces().contains(Namespace.NET)) {
            steps.add(new RaiseLoopback("option --net"));
        }
    }

    /** Each process has its own variables, so they are made before the ways part. */
    private void join(LaunchOptions.Sharing sharing, Set<Namespace> namespaces, int end) {
        List<ByteString> common = new ArrayList<>();
        common.add(ByteString.of(identityOfRoot));
        common.add(ByteString.of(namespaces.toString()));
        for (PlanStep step : planned.subList(0, end)) {
            if (isVariable(step)) {
                steps.add(step);
            } else {
                common.add(ByteString.of(step.toString().replace(ownPlace, "")));
            }
        }
        steps.add(
                new JoinNamespaces(namespaces, PlanHash.of(common), sharing.key(), sharing.count(), sharing.origin()));
    }

    /**
     * An overlay copies a file up only for an owner that exists in its user namespace, and in an image most files are
     * root's.
     */
    private boolean mountsAsRoot() {
        boolean writable = false;
        boolean self = false;
        for (PlanStep step : planned) {
            writable |= step instanceof EnterRoot root && root.upper().isPresent();
            self |= step instanceof EnterNamespaces enter
                    && enter.subordinateIds().isEmpty()
                    && !enter.identity().equals(Identity.ROOT);
        }
        return image.isPresent() && writable && self;
    }

    private void leaveMounts() {
        if (mountsAsRoot()) {
            Identity identity = Identity.SELF;
            for (PlanStep step : planned) {
                identity = step instanceof EnterNamespaces enter ? enter.identity() : identity;
            }
            steps.add(new BecomeCaller(identity, "image files, whose owners are root"));
        }
        if (options.sharing().isPresent()) {
            steps.add(new OfferNamespaces(options.sharing().get().origin()));
        }
    }
}
