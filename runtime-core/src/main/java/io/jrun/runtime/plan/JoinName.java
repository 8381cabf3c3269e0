package io.jrun.runtime.plan;

import static io.jrun.runtime.plan.TapeAssembler.Operand.number;
import static io.jrun.runtime.plan.TapeAssembler.Operand.register;
import static io.jrun.runtime.plan.TapeAssembler.Operand.scratch;

import io.jrun.runtime.plan.TapeAssembler.Label;
import io.jrun.runtime.plan.TapeAssembler.Operand;
import java.util.List;

/**
 * What the file is called by which processes that share find each other: {@code join-GROUP-KEY-BOOT}. The key is what all
 * processes of one launch have and no others.
 */
final class JoinName {

    private static final int BOOT = JoinLowering.NAME + PlanFormat.STRING_MAX;
    static final int KEY = BOOT + PlanFormat.STRING_MAX;
    private static final int STEP = KEY + PlanFormat.STRING_MAX;
    private static final int RESTART = STEP + PlanFormat.STRING_MAX;

    private static final int VALUE = 18;

    /**
     * What launchers other than Slurm's set to the same in all processes of one launch, and differently in each: Flux,
     * PALS, PMIx (Open MPI 5, PRRTE, jsrun), Open MPI 3 and 4, and where nothing else is there the job of LSF. Sources:
     * flux-environment(7), mpiexec(1) of PALS, PMIx 4.1 "PMIx_Init", ess_base of ORTE, "LSF environment variables".
     */
    private static final List<String> LAUNCHERS =
            List.of("FLUX_JOB_ID", "PALS_APID", "PMIX_NAMESPACE", "OMPI_MCA_ess_base_jobid", "PMI_JOBID", "LSB_JOBID");

    private static final int BOOT_ID_LENGTH = 36; // random(4)

    private final CallAssembler calls;
    private final TapeAssembler tape;
    private boolean supervised;

    JoinName(CallAssembler calls) {
        this.calls = calls;
        this.tape = calls.tape;
    }

    /** This process is the child of one that jrun made. */
    void noteSupervisor() {
        supervised = true;
    }

    void write(PlanStep.JoinNamespaces step, Fault fault) {
        Operand boot = tape.string("/proc/sys/kernel/random/boot_id");
        Operand flags = number(CallAssembler.O_CLOEXEC);
        calls.callFor(VALUE, SystemCall.OPENAT, fault, number(CallAssembler.AT_FDCWD), boot, flags);
        calls.call(SystemCall.READ, fault, register(VALUE), scratch(BOOT), number(BOOT_ID_LENGTH));
        calls.close(VALUE);
        Operand start = tape.string("join-" + step.group() + "-");
        Operand dash = tape.string("-");
        if (step.key().isPresent()) {
            name(start, tape.string("key-"), tape.string(step.key().get()), dash, scratch(BOOT));
            return;
        }
        Label other = new Label();
        Label named = new Label();
        get(KEY, "SLURM_JOB_ID", other);
        get(STEP, "SLURM_STEP_ID", other);
        Operand slurm = tape.string("slurm-");
        Operand dot = tape.string(".");
        Label first = new Label();
        get(RESTART, "SLURM_RESTART_COUNT", first);
        name(start, slurm, scratch(KEY), dot, scratch(STEP), dot, scratch(RESTART), dash, scratch(BOOT));
        tape.addJump(PlanFormat.OP_JUMP, named);
        tape.mark(first);
        name(start, slurm, scratch(KEY), dot, scratch(STEP), dash, scratch(BOOT));
        tape.addJump(PlanFormat.OP_JUMP, named);
        tape.mark(other);
        nameAfterLauncher(start, dash, named);
        if (supervised) {
            tape.addInScratch(PlanFormat.OP_LOAD, CallAssembler.RESULT, CgroupLowering.PARENT);
        } else {
            calls.call(SystemCall.GETPPID, fault);
        }
        name(start, tape.string("parent-"), register(CallAssembler.RESULT), dash, scratch(BOOT));
        tape.mark(named);
    }

    /** By the first variable that is set: a rank's own parent may be a shell that no other rank has. */
    private void nameAfterLauncher(Operand start, Operand dash, Label named) {
        for (String variable : LAUNCHERS) {
            Label next = new Label();
            get(KEY, variable, next);
            name(start, tape.string(variable + "-"), scratch(KEY), dash, scratch(BOOT));
            tape.addJump(PlanFormat.OP_JUMP, named);
            tape.mark(next);
        }
    }

    private void get(int place, String variable, Label missing) {
        tape.addInScratch(PlanFormat.OP_ENV_GET, VALUE, place, tape.string(variable));
        tape.addJump(PlanFormat.OP_IF_LESS, missing, register(VALUE), number(1));
    }

    private void name(Operand... parts) {
        tape.addInScratch(PlanFormat.OP_TEXT, CallAssembler.LENGTH, JoinLowering.NAME, parts);
    }
}
