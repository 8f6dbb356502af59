/* Int8 convolutions of few channels whose values are no counts, as a first layer on an image is. The inputs of a row of
 * windows that are not 0 are listed column by column, so that those of a window lie side by side, and a block of outputs
 * stays in registers over them; or two taps are taken at a time with instructions that add two products. Internal. */
#ifndef SNNRT_TAP_SUMS_H
#define SNNRT_TAP_SUMS_H

#include "taps.h"

#define SNNRT_WITH_IMAGE_SUMS \
    (SNNRT_WITH_INT8 && SNNRT_WITH_CONV2D && SNNRT_WITH_CONV_LISTS && SNNRT_WITH_FAST_LOOPS && \
     !SNNRT_WITH_ARM_MVE)
#define SNNRT_WITH_IMAGE_PAIRS (SNNRT_WITH_IMAGE_SUMS && SNNRT_WITH_ARM_DSP)
#define SNNRT_WITH_TAP_SUMS (SNNRT_WITH_IMAGE_SUMS && !SNNRT_WITH_IMAGE_PAIRS)
/* Weights laid out as words, for instructions that load several. */
#if defined(__thumb__) && defined(__GNUC__)
#define SNNRT_WITH_TAP_WORDS SNNRT_WITH_TAP_SUMS
#else
#define SNNRT_WITH_TAP_WORDS 0
#endif

/* More are better listed by window. */
#define SNNRT_IMAGE_CHANNELS_MAX 4u

/* Inputs of a line that are listed at the same time, 4 bytes of stack each; with those of the other lines, 8 each. */
#define SNNRT_TAP_COLUMNS_MAX 32u
#define SNNRT_TAPS_MAX 96u
/* Words of biases and weights; laying them out costs as much as some windows save. */
#if defined(__thumb2__)
#define SNNRT_TAP_WORDS_MAX 192u
#else
#define SNNRT_TAP_WORDS_MAX 256u
#endif
#define SNNRT_TAP_WINDOWS_MIN 16u
/* Outputs of a block. */
#define SNNRT_TAP_OUTPUTS 8u

/* An input that is not 0, and bytes to its weights from those of the first column's first input. */
typedef struct snnrt_tap {
    int32_t value;
    uint32_t row;
} snnrt_tap;

/* Bytes of the fields: 0, 4, 8, ... on processors with 32-bit addresses. */
typedef struct snnrt_tap_sum {
    const snnrt_tap *first, *end; /* one at least */
    uintptr_t weights; /* address from which rows are counted; it may lie outside of the array */
    snnrt_int32 *output;
    const void *start; /* biases, or words of them */
    uint32_t outputs; /* or blocks */
} snnrt_tap_sum;

/* A convolution of few channels, each value of which reaches many windows; false, and nothing done, for others. */
SNNRT_INTERNAL bool snnrt_conv2d_image(const snnrt_synapse_step *step);

/* output[0 .. outputs) = start + sum over the taps of their weights times their values. */
SNNRT_INTERNAL void snnrt_add_taps(const snnrt_tap_sum *sum);

#if SNNRT_WITH_TAP_WORDS
typedef struct snnrt_tap_layout {
    uint32_t blocks; /* 0: they do not fit */
    uint32_t start_words; /* of them in front of the weights */
    uint32_t row_bytes;
    uint32_t shift; /* of values */
    uint32_t words[SNNRT_TAP_WORDS_MAX];
} snnrt_tap_layout;

/* Biases and weights of as many outputs from `first` on as fit. */
SNNRT_INTERNAL void snnrt_lay_out_taps(const snnrt_synapse_step *step, uint32_t first,
                                       snnrt_tap_layout *layout);
/* The same sum over blocks of outputs in such words. */
SNNRT_INTERNAL void snnrt_add_tap_words(const snnrt_tap_sum *sum);
#endif

#if SNNRT_WITH_COUNTERS
/* Counts the inputs of each window that are not 0. */
SNNRT_INTERNAL void snnrt_count_image(const snnrt_synapse_step *step);
#endif

#endif
