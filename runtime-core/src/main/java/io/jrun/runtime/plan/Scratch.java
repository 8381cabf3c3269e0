package io.jrun.runtime.plan;

/** Who uses which part of the scratch memory. */
final class Scratch {

    /** Where texts are built; they last until the next one. */
    static final int TEXT = 0;

    /** Structures that the kernel fills or reads during one step. */
    static final int STRUCTURES = PlanFormat.STRING_MAX;

    /** 64 bits for each source that is copied before it is mounted. */
    static final int SLOTS = 2 * PlanFormat.STRING_MAX;

    static final int SLOTS_END = 0x12000;

    /** Lines of an environment file; its variables stay here. In a child process: texts that last. */
    static final int LINES = SLOTS_END;

    static final int LINES_END = 0x32000;

    /** The options of a mount, while TEXT holds its place. */
    static final int OPTIONS = LINES_END;

    /** The variable that holds the process ID. */
    static final int MARK = OPTIONS + PlanFormat.STRING_MAX;

    /** Variables of a step, which are short; in the rest of what the one before leaves. */
    static final int STEP_VARIABLES = MARK + 256;

    /** Texts that last as long as the tape, each as long as a path. */
    static final int PATHS = MARK + PlanFormat.STRING_MAX;

    /** Texts about the payload's cgroup, which last as long as the process that watches it. */
    static final int CGROUPS = PATHS + 6 * PlanFormat.STRING_MAX;

    private Scratch() {}
}
