/* The kernels of a read for AVX-512. */
#if defined(__x86_64__) && defined(__GNUC__)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl"))), apply_to = function)
#else
#pragma GCC target("avx512f,avx512bw,avx512vl,prefer-vector-width=512")
#endif
#include "../kernels.h"

const snnrt_crossbar_kernels snnrt_crossbar_avx512 = SNNRT_CROSSBAR_KERNELS;
#if defined(__clang__)
#pragma clang attribute pop
#endif
#else
typedef int snnrt_crossbar_avx512_left_out;
#endif
