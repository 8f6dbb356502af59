/* Plain neurons in C, a word of spikes at a time; arm/ has them for instructions that saturate, and for vectors. */
#include "neuron_run.h"
#include "plain_neurons.h"

#if SNNRT_WITH_PLAIN_LOOP && !SNNRT_WITH_ARM_MVE

/* What a layer has alike. */
typedef struct snnrt_plain_layer {
    uint32_t reset;
    int32_t reset_value;
    bool strict;
} snnrt_plain_layer;

/* Of a neuron that reached its threshold: whether it fires, and what becomes of `u`. */
static inline bool fire(const snnrt_plain_layer *layer, int32_t *u, int32_t threshold) {
    if (*u == threshold && layer->strict) {
        return false;
    }
    if (layer->reset == SNNRT_RESET_SUBTRACT) {
        *u = *u - threshold;
    } else if (layer->reset == SNNRT_RESET_VALUE) {
        *u = layer->reset_value;
    }
    return true;
}

SNNRT_INLINE static inline uint64_t update_layer(const snnrt_neuron_step *step,
                                                 const snnrt_thresholds *thresholds, const bool narrow) {
    const snnrt_int32 *x = (const snnrt_int32 *)step->current;
    const int32_t a = *(const snnrt_int32 *)step->arrays[SNNRT_NEURON_MEMBRANE];
    const snnrt_decay decay = snnrt_common_decay(a);
    snnrt_int32 *wide = (snnrt_int32 *)step->state;
    snnrt_int16 *short_state = (snnrt_int16 *)step->state;
    snnrt_uint32 *output = (snnrt_uint32 *)step->output;
    snnrt_plain_run run = {step->neurons, 0, 0};
    snnrt_plain_layer layer;
    uint32_t word = 0;
    uint64_t spikes = 0;
    layer.strict = (step->flags & SNNRT_NEURON_STRICT) != 0;
    layer.reset = SNNRT_NEURON_RESET(step->flags);
    layer.reset_value =
        layer.reset == SNNRT_RESET_VALUE ? *(const snnrt_int32 *)step->arrays[SNNRT_NEURON_RESET_VALUE] : 0;
    do {
        const uint32_t count = snnrt_run_neurons(&run, thresholds->period);
        const snnrt_int32 *threshold = thresholds->first + run.place;
        const snnrt_int32 *const end = x + count;
        uint32_t bit = 1u << run.bit;
        do {
            const int32_t level = *threshold++;
            const int32_t current = *x++;
            int32_t u;
            if (narrow) {
                const uint32_t sum = (uint32_t)((*short_state * a + 0x4000) >> 15) + (uint32_t)current;
                /* One that does not fit has the sign of its current, whether it overflowed or not. */
                u = (int16_t)sum == (int32_t)sum ? (int32_t)sum : (current >> 31) ^ INT16_MAX;
            } else {
                u = snnrt_saturating_add(snnrt_decay_by(*wide, decay), current);
            }
            if (u >= level && fire(&layer, &u, level)) {
                word |= bit;
            }
            bit <<= 1;
            if (narrow) {
                *short_state++ = (int16_t)u;
            } else {
                *wide++ = u;
            }
        } while (x != end);
        if (snnrt_end_run(&run, count, thresholds->period)) {
            *output++ = word;
#if SNNRT_WITH_COUNTERS
            spikes += snnrt_popcount(word);
#endif
            word = 0;
        }
    } while (run.left != 0);
    return spikes;
}

SNNRT_NOINLINE static uint64_t update_layer_wide(const snnrt_neuron_step *step,
                                                 const snnrt_thresholds *thresholds) {
    return update_layer(step, thresholds, false);
}

SNNRT_NOINLINE static uint64_t update_layer_narrow(const snnrt_neuron_step *step,
                                                   const snnrt_thresholds *thresholds) {
    return update_layer(step, thresholds, true);
}

static uint64_t update_with(const snnrt_neuron_step *step, const snnrt_thresholds *thresholds) {
    return (step->flags & SNNRT_NEURON_STATE_INT16) != 0 ? update_layer_narrow(step, thresholds)
                                                         : update_layer_wide(step, thresholds);
}

/* Kept apart: the copies are most of the stack. */
SNNRT_NOINLINE static uint64_t update_by_copies(const snnrt_neuron_step *step, snnrt_thresholds *thresholds,
                                                uint32_t copied) {
    snnrt_int32 copies[SNNRT_COPIES];
    snnrt_copy_thresholds(thresholds, 0, copies, copied);
    thresholds->first = copies;
    thresholds->period = copied;
    return update_with(step, thresholds);
}

bool snnrt_update_plain(const snnrt_neuron_step *step, uint64_t *spikes) {
    snnrt_thresholds thresholds;
    uint32_t copied;
    snnrt_find_thresholds(step, &thresholds);
    copied = snnrt_copies_worth(&thresholds, step->neurons);
    *spikes = copied != 0 ? update_by_copies(step, &thresholds, copied) : update_with(step, &thresholds);
    return true;
}
#else
typedef int snnrt_plain_neurons_left_out;
#endif
