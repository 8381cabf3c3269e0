package io.jrun.runtime.launch;

import io.jrun.posix.ByteString;
import io.jrun.runtime.plan.PlanStep;
import io.jrun.runtime.plan.PlanStep.EnterRoot;
import io.jrun.runtime.plan.PlanStep.ForbidNewPrivileges;
import io.jrun.runtime.plan.PlanStep.MountImage;
import io.jrun.runtime.plan.PlanStep.StartClock;
import io.jrun.runtime.plan.PlanStep.TellCost;
import java.util.ArrayList;
import java.util.List;

/** Adds to a start the steps that tell which way it took and how long that was. */
final class CostSteps {

    private static final String ORIGIN = "option --verbose";

    private CostSteps() {}

    /** The clock runs from the first step until nothing is left but the command's own. */
    static List<PlanStep> around(List<PlanStep> steps, StartRoot root) {
        List<PlanStep> all = new ArrayList<>();
        all.add(new StartClock(ORIGIN));
        for (PlanStep step : steps) {
            if (step instanceof ForbidNewPrivileges) {
                all.add(new TellCost(text(steps, root), ORIGIN));
            }
            all.add(step);
        }
        return all;
    }

    private static ByteString text(List<PlanStep> steps, StartRoot root) {
        ByteString text = ByteString.of("jrun: ");
        for (PlanStep step : steps) {
            if (step instanceof MountImage image && image.mountPoint().equals(root.rootfs())) {
                text = text.plus(ByteString.of(image.origin() + " "))
                        .plus(image.image())
                        .plus(ByteString.of(" mounted by "))
                        .plus(image.program());
            } else if (step instanceof EnterRoot enter) {
                text = root.image().isPresent()
                        ? text
                        : text.plus(ByteString.of("root file system ")).plus(enter.rootfs());
                boolean overlay =
                        enter.upper().isPresent() || !enter.mountPointLayers().isEmpty();
                text = text.plus(ByteString.of(overlay ? ", under an overlay" : ""));
            }
        }
        return text.plus(ByteString.of(", by the plan " + root.cache().directory() + "/" + root.hash() + ": "));
    }
}
