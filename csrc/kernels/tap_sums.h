/* Convolutions tap by tap: what the values of a row of windows, one each, are multiplied with stays in registers. Internal. */
#ifndef SNNRT_TAP_SUMS_H
#define SNNRT_TAP_SUMS_H

#include "../snnrt_kernels.h"

#define SNNRT_WITH_TAP_SUMS \
    (SNNRT_WITH_INT8 && SNNRT_WITH_CONV2D && SNNRT_WITH_CONV_LISTS && SNNRT_WITH_FAST_LOOPS && \
     !SNNRT_WITH_ARM_MVE)

/* Inputs of a line that are looked at together: 4 bytes of stack each. */
#define SNNRT_TAP_WINDOWS 64u
/* A window's outputs begin no more bytes behind the first's. */
#define SNNRT_TAP_BYTES_MAX 65535u

/* Inputs of one tap that are not 0: in the high half its value, in the low half bytes to its window's outputs. */
typedef struct snnrt_tap_sum {
    const snnrt_uint32 *listed, *end; /* one at least */
    const int8_t *weights;
    void *output; /* of the first window, which may lie before the row */
    uint32_t outputs;
} snnrt_tap_sum;

/* For each that is listed: its outputs += weights times its value. */
SNNRT_INTERNAL void snnrt_add_tap(const snnrt_tap_sum *tap);

/* A convolution of few channels, each value of which reaches many windows; false, and nothing done, for others. */
SNNRT_INTERNAL bool snnrt_conv2d_taps(const snnrt_synapse_step *step);

#endif
