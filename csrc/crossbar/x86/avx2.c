/* The kernels of a read for AVX2. */
#if defined(__x86_64__) && defined(__GNUC__)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,bmi,popcnt"))), apply_to = function)
#else
#pragma GCC target("avx2,bmi,popcnt")
#endif
#define SNNRT_CROSSBAR_AVX2
#include "../kernels.h"

const snnrt_crossbar_kernels snnrt_crossbar_avx2 = SNNRT_CROSSBAR_KERNELS;
#if defined(__clang__)
#pragma clang attribute pop
#endif
#else
typedef int snnrt_crossbar_avx2_left_out;
#endif
