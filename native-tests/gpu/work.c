/*
 * A CUDA program that needs nothing but the driver: loads libcuda by its soname, lets it compile a kernel, and times that.
 *
 *   work [ROUNDS]      prints DEVICE, milliseconds of a kernel (median), GB/s of copies to the GPU and back (median)
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { BLOCKS = 4096, THREADS = 256, ELEMENTS = BLOCKS * THREADS, STEPS = 20000, MAX_ROUNDS = 1000 };

/* Each thread takes x = x / 2 + 1/2 many times, which ends at 1. */
static const char kernel_text[] =
    ".version 6.3\n.target sm_70\n.address_size 64\n"
    ".visible .entry work(.param .u64 data, .param .u32 steps)\n{\n"
    ".reg .pred %p;\n.reg .f32 %f<3>;\n.reg .b32 %r<6>;\n.reg .b64 %d<4>;\n"
    "ld.param.u64 %d1, [data];\nld.param.u32 %r1, [steps];\n"
    "mov.u32 %r2, %ctaid.x;\nmov.u32 %r3, %ntid.x;\nmov.u32 %r4, %tid.x;\nmad.lo.s32 %r5, %r2, %r3, %r4;\n"
    "cvta.to.global.u64 %d2, %d1;\nmul.wide.s32 %d3, %r5, 4;\nadd.s64 %d2, %d2, %d3;\n"
    "ld.global.f32 %f1, [%d2];\nmov.f32 %f2, 0f3F000000;\n"
    "AGAIN:\nfma.rn.f32 %f1, %f1, %f2, %f2;\nsub.u32 %r1, %r1, 1;\nsetp.ne.u32 %p, %r1, 0;\n@%p bra AGAIN;\n"
    "st.global.f32 [%d2], %f1;\nret;\n}\n";

static void *driver;

static void *function(const char *name)
{
    void *found = dlsym(driver, name);
    if (found == NULL) {
        fprintf(stderr, "work: the driver has no %s\n", name);
        exit(1);
    }
    return found;
}

static void require(int result, const char *what)
{
    if (result != 0) {
        fprintf(stderr, "work: %s failed with %d\n", what, result);
        exit(1);
    }
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int ascending(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static double median(double *values, int count)
{
    qsort(values, (size_t)count, sizeof *values, ascending);
    return values[count / 2];
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 30;
    if (rounds < 1 || rounds > MAX_ROUNDS) {
        fprintf(stderr, "work: from 1 to %d rounds\n", MAX_ROUNDS);
        return 2;
    }
    driver = dlopen("libcuda.so.1", RTLD_NOW);
    if (driver == NULL) {
        fprintf(stderr, "work: %s\n", dlerror());
        return 1;
    }
    int (*init)(unsigned) = function("cuInit");
    int (*device_get)(int *, int) = function("cuDeviceGet");
    int (*device_name)(char *, int, int) = function("cuDeviceGetName");
    int (*context_create)(void **, unsigned, int) = function("cuCtxCreate_v2");
    int (*module_load)(void **, const void *) = function("cuModuleLoadData");
    int (*module_function)(void **, void *, const char *) = function("cuModuleGetFunction");
    int (*allocate)(unsigned long long *, size_t) = function("cuMemAlloc_v2");
    int (*to_device)(unsigned long long, const void *, size_t) = function("cuMemcpyHtoD_v2");
    int (*to_host)(void *, unsigned long long, size_t) = function("cuMemcpyDtoH_v2");
    int (*launch)(void *, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, void *, void **, void **) =
        function("cuLaunchKernel");
    int (*synchronize)(void) = function("cuCtxSynchronize");
    int device;
    char name[128];
    void *context, *module, *kernel;
    unsigned long long memory;
    require(init(0), "cuInit");
    require(device_get(&device, 0), "cuDeviceGet");
    require(device_name(name, sizeof name, device), "cuDeviceGetName");
    require(context_create(&context, 0, device), "cuCtxCreate");
    require(module_load(&module, kernel_text), "cuModuleLoadData");
    require(module_function(&kernel, module, "work"), "cuModuleGetFunction");
    require(allocate(&memory, ELEMENTS * sizeof(float)), "cuMemAlloc");
    float *values = malloc(ELEMENTS * sizeof *values);
    static double kernel_times[MAX_ROUNDS], copy_times[MAX_ROUNDS];
    for (int round = -1; values != NULL && round < rounds; round++) { /* the first is for warming up */
        for (int i = 0; i < ELEMENTS; i++) {
            values[i] = (float)i;
        }
        unsigned steps = STEPS;
        void *arguments[] = {&memory, &steps};
        double begin = now();
        require(to_device(memory, values, ELEMENTS * sizeof *values), "cuMemcpyHtoD");
        double copied = now();
        require(launch(kernel, BLOCKS, 1, 1, THREADS, 1, 1, 0, NULL, arguments, NULL), "cuLaunchKernel");
        require(synchronize(), "cuCtxSynchronize");
        double done = now();
        require(to_host(values, memory, ELEMENTS * sizeof *values), "cuMemcpyDtoH");
        double end = now();
        for (int i = 0; i < ELEMENTS; i++) {
            if (values[i] < 0.999999f || values[i] > 1.000001f) {
                fprintf(stderr, "work: element %d is %g and not 1\n", i, (double)values[i]);
                return 1;
            }
        }
        if (round >= 0) {
            kernel_times[round] = done - copied;
            copy_times[round] = copied - begin + end - done;
        }
    }
    printf("%s\t%.4f\t%.3f\n", name, median(kernel_times, rounds),
           2.0 * ELEMENTS * sizeof *values / 1e6 / median(copy_times, rounds));
    return values == NULL;
}
