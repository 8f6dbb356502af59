/* What the kernels for x86 share. A function says what instructions it may use, whatever the compiler's flags. Internal. */
#ifndef SNNRT_X86_H
#define SNNRT_X86_H

#include <immintrin.h>
#include <string.h>

#include "../../snnrt_float.h"
#include "../../snnrt_kernels.h"

#ifdef SNNRT_EMULATED_SETS
/* For a test: <immintrin.h> computes in plain C. */
#define SNNRT_AVX2
#define SNNRT_AVX512
#define SNNRT_NOT_KNOWN(vector, constraint) __asm__("" : "+m"(vector))
#else
#define SNNRT_AVX2 __attribute__((target("avx2,bmi,popcnt")))
#define SNNRT_AVX512 __attribute__((target("avx2,bmi,popcnt,avx512f,avx512bw,avx512vl,avx512vnni")))
/* A value that the compiler does not know to be what it is. */
#define SNNRT_NOT_KNOWN(vector, constraint) __asm__("" : constraint(vector))
#endif

snnrt_scan_kernel snnrt_scan_i16_avx2, snnrt_scan_i16_avx512vnni, snnrt_scan_f32_avx2;
snnrt_accumulate_kernel snnrt_accumulate_i8_avx2, snnrt_accumulate_i8_avx512vnni;
snnrt_accumulate_kernel snnrt_accumulate_f32_avx2, snnrt_accumulate_f32_avx512vnni;
snnrt_conv2d_kernel snnrt_conv2d_i8_avx2, snnrt_conv2d_i8_avx512vnni;
snnrt_waiting_kernel snnrt_conv2d_waiting_avx2;
snnrt_conv2d_kernel snnrt_conv2d_rows_avx2, snnrt_conv2d_rows_avx512vnni;
snnrt_conv2d_kernel snnrt_conv2d_spread_avx2, snnrt_conv2d_spread_avx512vnni;
snnrt_add_bits_kernel snnrt_add_bits_i16_avx2, snnrt_add_bits_i16_avx512vnni;
snnrt_neuron_kernel snnrt_neuron_i32_avx2, snnrt_neuron_i32_avx512vnni, snnrt_neuron_f32_avx2;
snnrt_neuron_kernel snnrt_neuron_i16_avx2, snnrt_neuron_widths_avx512vnni;
snnrt_pool_kernel snnrt_pool_spikes_avx2, snnrt_pool_spikes_avx512vnni;
snnrt_ahead_kernel snnrt_neuron_ahead_avx2, snnrt_neuron_ahead_avx512vnni;

/* The first `left` of 64 outputs. */
SNNRT_INLINE SNNRT_AVX512 static inline __mmask64 snnrt_outputs_mask(uint32_t left) {
    return left >= 64u ? ~(__mmask64)0 : ((__mmask64)1 << left) - 1u;
}

#endif
