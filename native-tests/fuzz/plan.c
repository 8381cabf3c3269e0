/*
 * Target for libFuzzer: the plan reader and, behind it, the interpreter against a kernel that answers from the input's
 * own bytes. Each input gets a right checksum, so that what lies behind that is what is tested.
 */
#define JRUN_HOSTED
#include "../../runtime-core/src/main/c/plan.c"
#include "../../runtime-core/src/main/c/tape.c"
#include "../../runtime-core/src/main/c/text.c"

#include <setjmp.h>
#include <string.h>

#define CALLS_MAX 2000 /* a tape may jump in circles: it is a program */

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static jmp_buf ended;
static const uint8_t *answers;
static size_t answer_count, calls;

int64_t system_call(int64_t nr, int64_t a, int64_t b, int64_t c, int64_t d, int64_t e, int64_t f)
{
    (void)a, (void)b, (void)c, (void)d, (void)e, (void)f;
    if (nr == NR_exit_group || ++calls > CALLS_MAX) {
        longjmp(ended, 1);
    }
    uint8_t answer = answers[calls % answer_count];
    return answer < 160 ? answer % 8 : -(int64_t)(answer - 159);
}

static void mend(uint8_t *data, size_t size)
{
    struct plan_header *header = (struct plan_header *)(void *)data;
    header->magic = PLAN_MAGIC;
    header->version = PLAN_VERSION;
    header->machine = MACHINE;
    header->size = (uint32_t)size;
    header->build = PLAN_BUILD;
    header->checksum = checksum((const uint64_t *)(const void *)(data + 16), (const uint64_t *)(const void *)(data + size));
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    (void)seed;
    size_t changed = LLVMFuzzerMutate(data, size, max_size) & ~(size_t)7;
    if (changed >= sizeof(struct plan_header)) {
        mend(data, changed);
    }
    return changed;
}

/* Loops without calls would hold the fuzzer: each jump back is a step of the tape. */
static bool jumps_back(const struct plan *plan)
{
    for (uint32_t i = 0; i < plan_count(plan, PLAN_TABLE_CODE); i++) {
        const struct plan_instruction *at = &plan->code[i];
        bool jump = at->op == PLAN_OP_JUMP || at->op == PLAN_OP_IF_EQUAL || at->op == PLAN_OP_IF_LESS;
        if (jump && at->target <= i) {
            return true;
        }
    }
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char *arguments[] = {"jrun", "start", "box", "program", "argument", NULL};
    static char *variables[] = {"PATH=/bin::/usr/bin", "SLURM_X=1", "NONAME", "=", "C=d", NULL};
    struct process self = {.argc = 5, .argv = arguments, .envc = 5, .envp = variables};
    struct plan plan;
    if (size == 0 || size > PLAN_SIZE_MAX) {
        return 0;
    }
    memcpy(plan_image, data, size);
    if (!plan_check(&plan, size)) {
        return 0;
    }
    answers = data;
    answer_count = size;
    calls = 0;
    memset(scratch, 0, sizeof scratch);
    if (setjmp(ended) == 0) {
        plan_is_for(&plan, &self);
        plan_is_fresh(&plan, &self);
        if (!jumps_back(&plan)) {
            tape_run(&plan, &self);
        }
    }
    return 0;
}
