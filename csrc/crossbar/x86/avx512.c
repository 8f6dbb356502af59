/* The kernels of a read for AVX-512. */
#if defined(__x86_64__) && defined(__GNUC__)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,bmi,popcnt"))), \
                             apply_to = function)
#else
#pragma GCC target("avx512f,avx512bw,avx512vl,bmi,popcnt")
#endif
#define SNNRT_CROSSBAR_AVX512
#include "../kernels.h"

const snnrt_crossbar_kernels snnrt_crossbar_avx512 = SNNRT_CROSSBAR_KERNELS;
#if defined(__clang__)
#pragma clang attribute pop
#endif
#else
typedef int snnrt_crossbar_avx512_left_out;
#endif
