/* Windows of int8 convolutions that are summed while their inputs are looked at: Cortex-M55 (Helium). Internal. */
#ifndef SNNRT_DIRECT_WINDOWS_H
#define SNNRT_DIRECT_WINDOWS_H

#include "../../snnrt_kernels.h"

#define SNNRT_WITH_DIRECT_WINDOWS \
    (SNNRT_WITH_INT8 && SNNRT_WITH_CONV2D && SNNRT_WITH_CONV_LISTS && SNNRT_WITH_ARM_MVE)

/* Small builds leave them to ../depthwise.c. */
#define SNNRT_WITH_DIRECT_DEPTHWISE \
    (SNNRT_WITH_DIRECT_WINDOWS && SNNRT_WITH_DEPTHWISE && SNNRT_WITH_FAST_LOOPS)

/* Larger values are no counts, whose sums are of 16 bits. */
#define SNNRT_DIRECT_COUNT_MAX 31u
/* No sum of so many weights passes 16 bits. */
#define SNNRT_DIRECT_WEIGHTS_MAX 255u

/* Neighbouring windows of a row that read alike: `lines` kernel lines of `runs` runs of `count` elements, whose weight rows
 * lie side by side; where a kernel line is one run, the lines are the runs of one. */
typedef struct snnrt_direct_windows {
    const void *input;
    const int8_t *weights; /* of the first element */
    const snnrt_int32 *bias; /* NULL: 0 */
    snnrt_int32 *to;
    uint32_t outputs; /* of a group */
    uint32_t windows, window_elements, window_outputs; /* how many, and from one to the next */
    uint32_t lines, line_elements, line_weights;
    uint32_t runs, run_elements, run_weights;
    uint32_t group_weights; /* from one group's weights to the next one's */
    uint32_t element; /* the first */
    uint32_t count;
    uint32_t chunk; /* elements that fit a sum, whatever they are */
    uint32_t most; /* that they may hold */
} snnrt_direct_windows;

/* Whether each group is one channel that makes one output; bits in eights, and no more taps than sums of 16 bits take. */
static inline bool snnrt_is_direct_depthwise(const snnrt_synapse_step *step) {
    const snnrt_window *conv = step->window;
    return SNNRT_WITH_DIRECT_DEPTHWISE && conv->groups != 1 && conv->groups == step->in_channels &&
           step->out_channels == step->in_channels &&
           (step->input_dtype != SNNRT_TYPE_BITS ||
            (step->in_channels % 8u == 0 &&
             (uint32_t)conv->kernel_h * conv->kernel_w <= SNNRT_DIRECT_WEIGHTS_MAX));
}

/* The windows of `channels` such groups; `most`: what a window's inputs may hold. */
SNNRT_INTERNAL void snnrt_direct_depthwise(const snnrt_direct_windows *w, uint32_t channels, bool bits);

#endif
