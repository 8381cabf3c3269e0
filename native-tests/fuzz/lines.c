/*
 * Target for libFuzzer: a line of a hook's file of mounts, against a kernel that answers from the line's own bytes. What
 * is asked of that kernel must be a mount below the root that was given, and every path a string that ends.
 */
#define JRUN_HOSTED
#include "../../runtime-core/src/main/c/mounts.c"
#include "../../runtime-core/src/main/c/text.c"

#include <stdlib.h>
#include <string.h>

#define ROOT 5

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t *answers;
static size_t answer_count, calls;

int64_t system_call(int64_t nr, int64_t a, int64_t b, int64_t c, int64_t d, int64_t e, int64_t f)
{
    (void)c, (void)d, (void)e, (void)f;
    uint8_t answer = answer_count == 0 ? 0 : answers[++calls % answer_count];
    if (nr == NR_mount && !starts_with((const char *)b, "/proc/self/fd/")) {
        abort(); /* a path of the line itself, which links may lead anywhere */
    }
    if (nr == NR_openat2 && a != ROOT) {
        abort();
    }
    bool opens = nr == NR_openat || nr == NR_openat2;
    return calls <= 200 && answer >= 128 ? -(int64_t)(answer - 127) : opens ? answer % 8 : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *cause;
    char *line = malloc(size + 1); /* of its own, so that what reads beyond is seen */
    memcpy(line, data, size);
    line[size] = '\0';
    answers = data;
    answer_count = size;
    calls = 0;
    int result = mount_line(line, ROOT, size % 2 == 0, &cause);
    if (result > 0) {
        abort();
    }
    free(line);
    return 0;
}
