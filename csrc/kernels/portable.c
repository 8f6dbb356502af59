#include "../snnrt_kernels.h"

#if SNNRT_WITH_KERNEL_TABLE
#if SNNRT_WITH_INT8
#define SNNRT_INT8_KERNEL(kernel) kernel
#else
#define SNNRT_INT8_KERNEL(kernel) NULL
#endif
#if SNNRT_WITH_FLOAT32
#define SNNRT_FLOAT32_KERNEL(kernel) kernel
#else
#define SNNRT_FLOAT32_KERNEL(kernel) NULL
#endif

#if SNNRT_WITH_POOL2D
#define SNNRT_POOL_KERNEL(kernel) SNNRT_INT8_KERNEL(kernel)
#else
#define SNNRT_POOL_KERNEL(kernel) NULL
#endif
#if SNNRT_WITH_CONV_LISTS
#define SNNRT_CONV2D_KERNEL(kernel) kernel
#else
#define SNNRT_CONV2D_KERNEL(kernel) NULL
#endif

#if SNNRT_WITH_QUADS
#define SNNRT_NEURON_I32 snnrt_neuron_i32_quads
#define SNNRT_CONV2D_I8 snnrt_conv2d_i8_quads
#define SNNRT_NEURON_AHEAD snnrt_neuron_ahead_quads
#else
#define SNNRT_NEURON_I32 snnrt_neuron_i32
#define SNNRT_CONV2D_I8 snnrt_conv2d_i8
#define SNNRT_NEURON_AHEAD NULL
#endif
#if SNNRT_WITH_FLOAT_QUADS
#define SNNRT_SCAN_F32 snnrt_scan_f32_quads
#define SNNRT_ACCUMULATE_F32 snnrt_accumulate_f32_quads
#define SNNRT_NEURON_F32 snnrt_neuron_f32_quads
#else
#define SNNRT_SCAN_F32 snnrt_scan_f32
#define SNNRT_ACCUMULATE_F32 snnrt_accumulate_f32
#define SNNRT_NEURON_F32 snnrt_neuron_f32
#endif
#if SNNRT_WITH_POOL_QUADS
#define SNNRT_POOL_SPIKES snnrt_pool_spikes_quads
#else
#define SNNRT_POOL_SPIKES NULL
#endif

const snnrt_kernels snnrt_kernels_portable = {
    "portable",
    SNNRT_INT8_KERNEL(snnrt_scan_bits_i16),
    SNNRT_INT8_KERNEL(snnrt_scan_i16),
    SNNRT_INT8_KERNEL(snnrt_accumulate_i8),
    SNNRT_CONV2D_KERNEL(SNNRT_CONV2D_I8),
    SNNRT_POOL_KERNEL(snnrt_add_bits_i16),
    SNNRT_POOL_SPIKES,
    SNNRT_INT8_KERNEL(SNNRT_NEURON_I32),
    SNNRT_FLOAT32_KERNEL(snnrt_scan_bits_f32),
    SNNRT_FLOAT32_KERNEL(SNNRT_SCAN_F32),
    SNNRT_FLOAT32_KERNEL(SNNRT_ACCUMULATE_F32),
    SNNRT_FLOAT32_KERNEL(SNNRT_NEURON_F32),
    NULL,
    SNNRT_INT8_KERNEL(SNNRT_NEURON_AHEAD),
    NULL,
};
#else
typedef int snnrt_kernels_portable_left_out;
#endif
