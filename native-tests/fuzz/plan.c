/*
 * Target for libFuzzer: the plan reader and, behind it, the interpreter against a kernel that answers from the input's
 * own bytes. Each input gets a right checksum, so that what lies behind that is what is tested.
 */
#define JRUN_HOSTED
#include "../../runtime-core/src/main/c/mounts.c"
#include "../../runtime-core/src/main/c/plan.c"

#include <setjmp.h>
#include <string.h>

#define CALLS_MAX 2000 /* a tape may jump in circles: it is a program */
#define STEPS_MAX 20000

static jmp_buf ended;
static size_t calls, steps;

/* The interpreter asks before each instruction whether there is one. */
static uint32_t counted(const struct plan *plan, int table)
{
    if (++steps > STEPS_MAX) {
        longjmp(ended, 1);
    }
    return plan_count(plan, table);
}

#define plan_count counted
#include "../../runtime-core/src/main/c/tape.c"
#undef plan_count
#include "../../runtime-core/src/main/c/text.c"

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t *answers;
static size_t answer_count;

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
    if (size >= sizeof(struct plan_header)) {
        mend((uint8_t *)plan_image, size & ~(size_t)7); /* plans of another build are as good to begin with */
    }
    if (!plan_check(&plan, size)) {
        return 0;
    }
    answers = data;
    answer_count = size;
    calls = 0;
    steps = 0;
    memset(scratch, 0, sizeof scratch);
    if (setjmp(ended) == 0) {
        plan_is_for(&plan, &self);
        plan_is_fresh(&plan, &self);
        tape_run(&plan, &self);
    }
    return 0;
}
