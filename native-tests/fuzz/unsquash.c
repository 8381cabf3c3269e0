/* Target for libFuzzer: the image reader of bundles, on a kernel whose files take everything. */
#define JRUN_HOSTED
#include "../../runtime-core/src/main/c/text.c"
#include "../../runtime-core/src/main/c/unsquash.c"

#include <string.h>

#define CALLS_MAX 20000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t *image;
static size_t image_size, calls;

int64_t system_call(int64_t nr, int64_t a, int64_t b, int64_t c, int64_t d, int64_t e, int64_t f)
{
    (void)a, (void)e, (void)f;
    if (++calls > CALLS_MAX) {
        return -28; /* ENOSPC ends what would take forever */
    }
    if (nr == NR_pread64) {
        size_t at = (size_t)d, left = at < image_size ? image_size - at : 0;
        size_t got = (size_t)c < left ? (size_t)c : left;
        memcpy((void *)(intptr_t)b, image + at, got);
        return (int64_t)got;
    }
    if (nr == NR_linkat) {
        return -ENOENT;
    }
    return nr == NR_pwrite64 ? c : nr == NR_openat ? 5 : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct unsquash_failure failure;
    image = data;
    image_size = size;
    calls = 0;
    for (unsigned i = 0; i < SLOTS; i++) {
        slots[i].size = 0;
    }
    unsquash(3, 0, size, 4, &failure);
    return 0;
}
