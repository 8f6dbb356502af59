/* Windows of int8 convolutions, and dense layers, that are summed while their inputs are looked at: Cortex-M55 (Helium).
 * Internal. */
#ifndef SNNRT_DIRECT_WINDOWS_H
#define SNNRT_DIRECT_WINDOWS_H

#include "../../snnrt_kernels.h"

#define SNNRT_WITH_DIRECT_WINDOWS \
    (SNNRT_WITH_INT8 && SNNRT_WITH_CONV2D && SNNRT_WITH_CONV_LISTS && SNNRT_WITH_ARM_MVE)

/* Small builds leave them to ../depthwise.c. */
#define SNNRT_WITH_DIRECT_DEPTHWISE \
    (SNNRT_WITH_DIRECT_WINDOWS && SNNRT_WITH_DEPTHWISE && SNNRT_WITH_FAST_LOOPS)

/* Small builds sum windows of values one by one. */
#define SNNRT_WITH_DIRECT_IMAGES (SNNRT_WITH_DIRECT_WINDOWS && SNNRT_WITH_FAST_LOOPS)

/* Small builds leave them to ../dense.c; firmware without convolutions those on spikes. */
#define SNNRT_WITH_DIRECT_DENSE (SNNRT_WITH_INT8 && SNNRT_WITH_ARM_MVE && SNNRT_WITH_FAST_LOOPS)

#define SNNRT_LISTED_LINES_MAX 8u
/* Windows that read an input, at least: fewer share too little. */
#define SNNRT_LISTED_SHARED_MIN 4u

/* Larger values are no counts, whose sums are of 16 bits. */
#define SNNRT_DIRECT_COUNT_MAX 31u
/* No sum of so many weights passes 16 bits. */
#define SNNRT_DIRECT_WEIGHTS_MAX 255u
/* Which of 32 counts are not 0, and the sum of all. */
typedef struct snnrt_direct_word {
    uint32_t bits, total;
} snnrt_direct_word;

/* Room for such: 8 bytes of stack each. */
#define SNNRT_DIRECT_WORDS 64u

/* Neighbouring windows of a row that read alike: `lines` kernel lines of `runs` runs of `count` elements, whose weight rows
 * lie side by side; where a kernel line is one run, the lines are the runs of one. */
typedef struct snnrt_direct_windows {
    const void *input; /* of counts, where `words` begins */
    const snnrt_direct_word *words; /* of counts, else NULL */
    const int8_t *weights; /* of the first element */
    const snnrt_int32 *bias; /* NULL: 0 */
    snnrt_int32 *to;
    uint32_t outputs; /* of a group */
    uint32_t windows, window_elements, window_outputs; /* how many, and from one to the next */
    uint32_t lines, line_elements, line_weights;
    uint32_t runs, run_elements, run_weights;
    uint32_t line_bits, run_bits; /* the same in `words` */
    uint32_t group_weights; /* from one group's weights to the next one's */
    uint32_t element; /* the first */
    uint32_t count;
    uint32_t most; /* what depthwise windows may hold */
} snnrt_direct_windows;

#if SNNRT_WITH_DIRECT_LISTS
/* Whether a convolution goes by lists; all its rows, in ascending order from call to call. */
SNNRT_INTERNAL bool snnrt_is_direct_listed(const snnrt_synapse_step *step);
SNNRT_INTERNAL void snnrt_direct_listed(const snnrt_synapse_step *step, snnrt_direct_lines *lines);
#endif

/* Rows of a convolution window by window. */
SNNRT_INTERNAL void snnrt_direct_rows(const snnrt_synapse_step *step);

/* All outputs of some windows: of counts or, without `words`, of spikes; of any values. */
SNNRT_INTERNAL void snnrt_direct_sums(const snnrt_direct_windows *w);
SNNRT_INTERNAL void snnrt_direct_values(const snnrt_direct_windows *w);

/* A line in `words`: none for `before` elements, then `count` counts, then none. */
typedef struct snnrt_found_counts {
    const snnrt_int16 *value;
    uint32_t before, count;
    snnrt_direct_word *words;
    uint32_t line_words;
} snnrt_found_counts;

/* Finds which are not 0; false where the sums of 16 bits may not hold those of a word. */
SNNRT_INTERNAL bool snnrt_find_counts(const snnrt_found_counts *found);

#if SNNRT_WITH_DIRECT_DENSE
/* A dense layer on counts, on spikes with few outputs, or on many values; false, and nothing done, for others. */
SNNRT_INTERNAL bool snnrt_direct_dense(const snnrt_synapse_step *step);
#endif

#if SNNRT_WITH_DIRECT_IMAGES
/* A convolution of few channels on values; false, and nothing done, for others. */
SNNRT_INTERNAL snnrt_conv2d_kernel snnrt_direct_image;
#endif

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

/* `to` = `from` + eight sums of 16 bits, or those alone; both move on. Even and odd lanes are taken apart and put together
 * again. */
#define SNNRT_ADD_EIGHT(sum) \
    __asm__ volatile("vmovlb.s16 q0, %q[sums]\n\t" \
                     "vmovlt.s16 q1, %q[sums]\n\t" \
                     "vld20.32 {q2, q3}, [%[from]]\n\t" \
                     "vld21.32 {q2, q3}, [%[from]]!\n\t" \
                     "vadd.i32 q0, q0, q2\n\t" \
                     "vadd.i32 q1, q1, q3\n\t" \
                     "vst20.32 {q0, q1}, [%[to]]\n\t" \
                     "vst21.32 {q0, q1}, [%[to]]!" \
                     : [from] "+&r"(from), [to] "+&r"(to) \
                     : [sums] "w"(sum) \
                     : "q0", "q1", "q2", "q3", "memory");
#define SNNRT_STORE_EIGHT(sum) \
    __asm__ volatile("vmovlb.s16 q0, %q[sums]\n\t" \
                     "vmovlt.s16 q1, %q[sums]\n\t" \
                     "vst20.32 {q0, q1}, [%[to]]\n\t" \
                     "vst21.32 {q0, q1}, [%[to]]!" \
                     : [to] "+&r"(to) \
                     : [sums] "w"(sum) \
                     : "q0", "q1", "memory");

/* Sums of `large`, half and a quarter as many outputs, and of half where not all are there; NULL: none. */
typedef void snnrt_direct_sum(const snnrt_direct_windows *w, uint32_t output);
typedef struct snnrt_direct_kernel {
    uint32_t large;
    snnrt_direct_sum *sums[3];
    snnrt_direct_sum *part;
} snnrt_direct_kernel;

/* A block that is not full ends where the outputs do: it sums some of them once more. Where sums are added to themselves it
 * may not. */
static inline void snnrt_direct_blocks(const snnrt_direct_windows *w, const snnrt_direct_kernel *kernel) {
    const uint32_t outputs = w->outputs;
    uint32_t output = 0;
    do {
        uint32_t large = kernel->large, place = 0;
        while (place < 2u && (large > outputs || large / 2u >= outputs - output)) {
            if (place == 1u && kernel->part != NULL && large > outputs && large / 2u < outputs) {
                kernel->part(w, output);
                return;
            }
            large /= 2u;
            place++;
        }
        if (kernel->sums[place] == NULL) {
            large /= 2u;
            place++;
        }
        if (place < 2u && output + large > outputs) {
            if (w->bias == w->to) {
                large = kernel->large / 4u;
                place = 2u;
            } else {
                output = outputs - large;
            }
        }
        kernel->sums[place](w, output);
        output += large;
    } while (output < outputs);
}

#endif
