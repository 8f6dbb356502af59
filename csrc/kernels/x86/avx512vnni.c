/* The kernels for x86 with AVX-512 and VNNI. */
#if defined(__x86_64__) && defined(__GNUC__)
#include "x86.h"

const snnrt_kernels snnrt_kernels_avx512vnni = {
    "avx512vnni",
    snnrt_scan_bits_i16,
    snnrt_scan_i16_avx512vnni,
    snnrt_accumulate_i8_avx512vnni,
    snnrt_conv2d_i8_avx512vnni,
    snnrt_add_bits_i16_avx512vnni,
    snnrt_pool_spikes_avx512vnni,
    snnrt_neuron_widths_avx512vnni,
    snnrt_scan_bits_f32,
    snnrt_scan_f32_avx2,
    snnrt_accumulate_f32_avx512vnni,
    snnrt_neuron_f32_avx2,
    NULL,
    snnrt_neuron_ahead_avx512vnni,
    snnrt_conv2d_waiting_avx2,
};
#else
typedef int snnrt_avx512vnni_left_out;
#endif
