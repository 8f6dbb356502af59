/* Windows of few inputs, as of a first layer on an image: all of them, whether 0 or not. Internal. */
#ifndef SNNRT_FEW_INPUTS_H
#define SNNRT_FEW_INPUTS_H

#include "../snnrt_kernels.h"

/* Inputs of a window. */
#define SNNRT_FEW_MAX 32u
/* Words for weights as the sums like to have them. */
#define SNNRT_FEW_WORDS 256u

typedef struct snnrt_few_sums {
    const int8_t *weights; /* row by row */
    uint32_t inputs, outputs;
    const snnrt_int32 *bias;
    uint32_t laid_out[SNNRT_WITH_ARM_DSP && !SNNRT_WITH_ARM_MVE ? SNNRT_FEW_WORDS : 1u];
    uint32_t pairs[SNNRT_FEW_MAX / 2u]; /* a window's inputs, in twos; 0 behind the last */
} snnrt_few_sums;

/* False, and nothing done, where the sums are better made otherwise. */
SNNRT_INTERNAL bool snnrt_few_begin(snnrt_few_sums *sums);

/* output = bias + the sums of the window. */
SNNRT_INTERNAL void snnrt_few_add(const snnrt_few_sums *sums, snnrt_int32 *output);

/* A convolution of such windows; false, and nothing done, for others. */
SNNRT_INTERNAL bool snnrt_conv2d_few(const snnrt_synapse_step *step);

#endif
