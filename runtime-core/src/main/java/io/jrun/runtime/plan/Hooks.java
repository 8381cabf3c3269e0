package io.jrun.runtime.plan;

import io.jrun.posix.ByteString;
import io.jrun.runtime.plan.PlanStep.MergeEnvironmentFile;
import io.jrun.runtime.plan.PlanStep.MountLines;
import io.jrun.runtime.plan.PlanStep.OpenEnvironmentFile;
import io.jrun.runtime.plan.PlanStep.OpenMountFile;
import io.jrun.runtime.plan.PlanStep.RunProgram;
import java.util.ArrayList;
import java.util.List;

/**
 * The programs that a site or a user runs in each start, while the host's files are still there and the container's are
 * already mounted. They find the payload's variables, but for PATH, and those of ours.
 */
final class Hooks {

    /** The container's PATH names directories of the container. */
    private static final ByteString PATH =
            ByteString.of("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");

    private Hooks() {}

    /**
     * In their order; empty when there are none.
     *
     * @param makesPoints whether what they ask to mount gets places made in the root file system
     */
    static List<PlanStep> steps(List<ByteString> hooks, ByteString rootfs, ByteString container, boolean makesPoints) {
        List<PlanStep> steps = new ArrayList<>();
        if (hooks.isEmpty()) {
            return steps;
        }
        List<ByteString> variables = List.of(
                PATH,
                ByteString.of("JRUN_ROOTFS=").plus(rootfs),
                ByteString.of("JRUN_CONTAINER=").plus(container));
        steps.add(new OpenEnvironmentFile("hooks"));
        steps.add(new OpenMountFile("hooks"));
        for (ByteString hook : hooks) {
            steps.add(new RunProgram(List.of(hook), variables, "run the hook " + hook, "hooks"));
        }
        steps.add(new MountLines(makesPoints, "hooks"));
        steps.add(new MergeEnvironmentFile("hooks"));
        return steps;
    }
}
