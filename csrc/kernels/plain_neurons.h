/* Plain neurons without a bias: a layer in one loop. What the scalar and the vector forms share. Internal. */
#ifndef SNNRT_PLAIN_NEURONS_H
#define SNNRT_PLAIN_NEURONS_H

#include "../snnrt_kernels.h"

/* In assembler (arm/neuron_words.h). */
#if defined(__thumb__) && defined(__GNUC__)
#define SNNRT_WITH_NEURON_WORDS (SNNRT_WITH_INT8 && SNNRT_WITH_FAST_LOOPS && !SNNRT_WITH_ARM_MVE)
#else
#define SNNRT_WITH_NEURON_WORDS 0
#endif
/* In C, also of layers that have no such form, or in vectors. */
#if defined(__thumb__) && !defined(__thumb2__) && defined(__GNUC__)
#define SNNRT_WITH_PLAIN_LOOP 0
#else
#define SNNRT_WITH_PLAIN_LOOP \
    (SNNRT_WITH_INT8 && SNNRT_WITH_FAST_LOOPS && (SNNRT_WITH_ARM_MVE || !SNNRT_WITH_ARM_DSP))
#endif

/* Most thresholds that are copied: what repeats after up to 16 channels or 24, 40, 48 and 80 fills whole words of spikes. */
#define SNNRT_COPIES 160u

/* Neurons that a form takes at once: thresholds are whole numbers of such, or as many as the neurons. */
#if SNNRT_WITH_NEURON_WORDS && defined(__thumb2__)
#define SNNRT_NEURONS_AT_ONCE 2u
#else
#define SNNRT_NEURONS_AT_ONCE 1u
#endif

/* Thresholds that lie side by side for `period` neurons, then from the first again. */
typedef struct snnrt_thresholds {
    const snnrt_int32 *first;
    uint32_t period;
} snnrt_thresholds;

static inline bool snnrt_neurons_are_simple(const snnrt_neuron_step *step) {
    return snnrt_neuron_is_plain(step->flags, step->granularity) &&
           SNNRT_GRANULARITY(step, SNNRT_NEURON_BIAS) == SNNRT_ABSENT &&
           (SNNRT_NEURON_RESET(step->flags) != SNNRT_RESET_VALUE ||
            SNNRT_GRANULARITY(step, SNNRT_NEURON_RESET_VALUE) == SNNRT_PER_LAYER);
}

static inline void snnrt_find_thresholds(const snnrt_neuron_step *step, snnrt_thresholds *thresholds) {
    const uint32_t granularity = SNNRT_GRANULARITY(step, SNNRT_NEURON_THRESHOLD);
    thresholds->first = (const snnrt_int32 *)step->arrays[SNNRT_NEURON_THRESHOLD];
    thresholds->period = granularity == SNNRT_PER_CHANNEL ? step->channels : step->neurons;
    if (granularity == SNNRT_PER_LAYER) {
        thresholds->period = 1;
    }
}

/* Whether a word of spikes never holds the last threshold and the first, but at the layer's end. */
static inline bool snnrt_thresholds_fill_words(const snnrt_thresholds *thresholds, uint32_t neurons) {
    return (thresholds->period & 31u) == 0 || thresholds->period == neurons;
}

/* How many copies of thresholds serve a layer better than the thresholds, or 0: whole words where these are not too many, else
 * as many as there is room for and can be taken. */
static inline uint32_t snnrt_copies_worth(const snnrt_thresholds *thresholds, uint32_t neurons) {
    const uint32_t period = thresholds->period, most = neurons < SNNRT_COPIES ? neurons : SNNRT_COPIES;
    uint32_t all = period, whole = 0;
    if (snnrt_thresholds_fill_words(thresholds, neurons) || period > SNNRT_COPIES / 2u) {
        return 0;
    }
    for (uint32_t next = period; next <= most; next += period) {
        all = next % SNNRT_NEURONS_AT_ONCE == 0 || next == neurons ? next : all;
        if ((next & 31u) == 0) {
            whole = next;
            break;
        }
    }
    return whole != 0 ? whole : all;
}

/* `count` thresholds from neuron `place` of the period on. */
static inline void snnrt_copy_thresholds(const snnrt_thresholds *thresholds, uint32_t place,
                                         snnrt_int32 *copies, uint32_t count) {
    const snnrt_int32 *from = thresholds->first + place;
    uint32_t behind = thresholds->period - place;
    do {
        snnrt_int32 *const end = copies + (count < behind ? count : behind);
        count -= (uint32_t)(end - copies);
        do {
            *copies++ = *from++;
        } while (copies != end);
        from = thresholds->first;
        behind = thresholds->period;
    } while (count != 0);
}

/* Neurons of one word of spikes whose thresholds lie side by side; moves on to those behind. */
typedef struct snnrt_plain_run {
    uint32_t left; /* neurons of the layer */
    uint32_t bit; /* of the word, the run's first neuron */
    uint32_t place; /* among the thresholds */
} snnrt_plain_run;

static inline uint32_t snnrt_run_neurons(const snnrt_plain_run *run, uint32_t period) {
    uint32_t count = 32u - run->bit;
    count = count < period - run->place ? count : period - run->place;
    return count < run->left ? count : run->left;
}

/* Whether the word is full, or the layer at its end. */
static inline bool snnrt_end_run(snnrt_plain_run *run, uint32_t count, uint32_t period) {
    run->left -= count;
    run->place += count;
    run->place = run->place == period ? 0u : run->place;
    run->bit = (run->bit + count) & 31u;
    return run->bit == 0 || run->left == 0;
}

/* All of a simple layer, in words the whole numbers of SNNRT_NEURONS_AT_ONCE; false, and nothing done, where it does not
 * fit the form. */
SNNRT_INTERNAL bool snnrt_update_in_words(const snnrt_neuron_step *step, uint64_t *spikes);
SNNRT_INTERNAL bool snnrt_update_next(const snnrt_neuron_step *step, uint64_t *spikes);
SNNRT_INTERNAL bool snnrt_update_plain(const snnrt_neuron_step *step, uint64_t *spikes);

#endif
