/* The kernels for x86 with AVX2. */
#if defined(__x86_64__) && defined(__GNUC__)
#include "x86.h"

const snnrt_kernels snnrt_kernels_avx2 = {
    "avx2",
    snnrt_scan_bits_i16,
    snnrt_scan_i16_avx2,
    snnrt_accumulate_i8_avx2,
    snnrt_conv2d_i8_avx2,
    snnrt_add_bits_i16_avx2,
    snnrt_pool_spikes_avx2,
    snnrt_neuron_i16_avx2,
    snnrt_scan_bits_f32,
    snnrt_scan_f32_avx2,
    snnrt_accumulate_f32_avx2,
    snnrt_neuron_f32_avx2,
    NULL,
    snnrt_neuron_ahead_avx2,
    snnrt_conv2d_waiting_avx2,
};
#else
typedef int snnrt_avx2_left_out;
#endif
