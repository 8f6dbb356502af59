#include "../snnrt_kernels.h"
#include "snnrt_host.h"

#if defined(__x86_64__) && defined(__GNUC__)
#define WITH_X86 1
extern const snnrt_kernels snnrt_kernels_avx2;
extern const snnrt_kernels snnrt_kernels_avx512vnni;
#else
#define WITH_X86 0
#endif

/* From the portable set to the fastest. */
static const snnrt_kernels *const sets[] = {
    &snnrt_kernels_portable,
#if WITH_X86
    &snnrt_kernels_avx2,
    &snnrt_kernels_avx512vnni,
#endif
};

uint32_t snnrt_host_kernel_sets(void) { return (uint32_t)(sizeof sets / sizeof sets[0]); }

const char *snnrt_host_kernel_name(uint32_t index) {
    return index < snnrt_host_kernel_sets() ? sets[index]->name : NULL;
}

bool snnrt_host_kernel_runs(uint32_t index) {
#if WITH_X86 && defined(SNNRT_EMULATED_SETS)
    return index < snnrt_host_kernel_sets();
#elif WITH_X86
    if (index == 1) {
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
               __builtin_cpu_supports("popcnt");
    }
    if (index == 2) {
        return snnrt_host_kernel_runs(1) && __builtin_cpu_supports("avx512f") &&
               __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
               __builtin_cpu_supports("avx512vnni");
    }
#endif
    return index == 0;
}

uint32_t snnrt_host_best_kernels(void) {
    uint32_t best = snnrt_host_kernel_sets() - 1u;
    while (!snnrt_host_kernel_runs(best)) {
        best--;
    }
    return best;
}

const snnrt_kernels *snnrt_host_kernels(uint32_t index) { return sets[index]; }

snnrt_status snnrt_host_use_kernels(snnrt_network *network, uint32_t index) {
    if (network == NULL || index >= snnrt_host_kernel_sets() || !snnrt_host_kernel_runs(index)) {
        return SNNRT_ERROR_ARGUMENT;
    }
    network->kernels = sets[index];
    return SNNRT_OK;
}
