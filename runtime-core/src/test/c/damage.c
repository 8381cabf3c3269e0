/*
 * damage PLAN ROUNDS SEED: cuts the plan at each length, then changes random bytes and mends the checksum, and runs
 * whatever the check lets through against a kernel that answers at random. Built with sanitizers, which judge.
 * Prints how many plans were refused and how many ran.
 */
#define JRUN_HOSTED
#define PLAN_BUILD 0
#include "../../main/c/mounts.c"
#include "../../main/c/plan.c"
#include "../../main/c/tape.c"
#include "../../main/c/text.c"

#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

static sigjmp_buf ended;
static volatile int in_tape; /* the clock may strike behind the end of a tape */
static uint64_t state;

static uint64_t next_random(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

int64_t system_call(int64_t nr, int64_t a, int64_t b, int64_t c, int64_t d, int64_t e, int64_t f)
{
    (void)a, (void)b, (void)c, (void)d, (void)e, (void)f;
    if (nr == NR_exit_group) {
        siglongjmp(ended, 1);
    }
    return next_random() % 2 == 0 ? -(int64_t)(next_random() % 134) : (int64_t)(next_random() % 100);
}

static void out_of_time(int signal)
{
    (void)signal;
    if (in_tape) {
        siglongjmp(ended, 2); /* a tape that jumps in circles: allowed, a plan is a program */
    }
}

static void arm(int milliseconds)
{
    struct itimerval time = {.it_value.tv_usec = milliseconds * 1000};
    setitimer(ITIMER_VIRTUAL, &time, NULL);
}

static int try_plan(const char *content, size_t size)
{
    static char *arguments[] = {"jrun", "start", "-v", "/data", "box", "program", "argument", NULL};
    static char *variables[] = {"PATH=/bin::/usr/bin", "SLURM_X=1", "NONAME", "=", "C=d", NULL};
    struct process self = {.argc = 7, .argv = arguments, .envc = 5, .envp = variables};
    struct plan plan;
    memset(plan_image, 0xaa, sizeof plan_image);
    memcpy(plan_image, content, size);
    if (!plan_check(&plan, size)) {
        return 0;
    }
    if (sigsetjmp(ended, 1) == 0) {
        in_tape = 1;
        arm(20);
        plan_is_fresh(&plan, &self);
        plan_is_for(&plan, &self);
        tape_run(&plan, &self);
    }
    in_tape = 0;
    arm(0);
    return 1;
}

int main(int argc, char **argv)
{
    static char good[PLAN_SIZE_MAX], bad[PLAN_SIZE_MAX];
    FILE *file = argc == 4 ? fopen(argv[1], "rb") : NULL;
    size_t size = file != NULL ? fread(good, 1, sizeof good, file) : 0;
    long ran = 0, refused = 0;
    state = argc == 4 ? strtoull(argv[3], NULL, 10) * 2 + 1 : 1;
    signal(SIGVTALRM, out_of_time);
    if (size == 0 || !try_plan(good, size)) {
        fprintf(stderr, "damage: the plan itself is refused\n");
        return 1;
    }
    for (size_t length = 0; length < size; length++) {
        refused += !try_plan(good, length);
    }
    if (refused != (long)size) {
        fprintf(stderr, "damage: a cut plan was not refused\n");
        return 1;
    }
    for (long round = 0; round < atol(argv[2]); round++) {
        memcpy(bad, good, size);
        for (uint64_t changes = 1 + next_random() % 4; changes > 0; changes--) {
            /* Half of the changes in the header and the tables, which lie in front. */
            size_t at = 16 + next_random() % (next_random() % 2 == 0 ? size - 16 : 200);
            bad[at] = next_random() % 2 == 0 ? bad[at] ^ (char)(1 << next_random() % 8) : (char)next_random();
        }
        uint64_t sum = checksum((uint64_t *)(void *)(bad + 16), (uint64_t *)(void *)(bad + size));
        memcpy(bad + 8, &sum, sizeof sum);
        if (try_plan(bad, size)) {
            ran++;
        } else {
            refused++;
        }
    }
    printf("refused %ld ran %ld\n", refused, ran);
    return 0;
}
