/* The integer neuron step of docs/ir.md, a neuron at a time: small, and few instructions without vectors. What vector
 * kernels and those of whole plain layers leave out is done here. */
#include "neuron_run.h"
#include "plain_neurons.h"

#if SNNRT_WITH_INT8

static inline bool fires(const snnrt_neuron_run *run, int32_t u, int32_t threshold) {
    return u >= threshold && (u != threshold || (run->flags & SNNRT_NEURON_STRICT) == 0);
}

/* Of the run's neuron k, which fired. */
static inline int32_t after_reset(const snnrt_neuron_run *run, int32_t u, int32_t threshold, uint32_t k) {
    uint32_t reset = SNNRT_NEURON_RESET(run->flags);
    if (reset == SNNRT_RESET_SUBTRACT) {
        return snnrt_saturating_add(u, -threshold);
    }
    return reset == SNNRT_RESET_VALUE
               ? snnrt_first_value(
                     run, SNNRT_NEURON_RESET_VALUE)[k * snnrt_distance(run, SNNRT_NEURON_RESET_VALUE)]
               : u;
}

/* The spikes of a run of plain neurons, from bit 0. What is const here is constant in each call where there is a loop
 * for each case. */
SNNRT_INLINE static inline uint32_t update_plain(const snnrt_neuron_run *run, const bool narrow,
                                                 const bool next) {
    const snnrt_neuron_step *step = run->step;
    const uint32_t first = run->index[SNNRT_PER_NEURON];
    const snnrt_int32 *x = (const snnrt_int32 *)step->current + first;
    const snnrt_int32 *const end = x + run->count;
    const snnrt_int32 *threshold = snnrt_first_value(run, SNNRT_NEURON_THRESHOLD);
    const snnrt_int32 *bias = snnrt_first_value(run, SNNRT_NEURON_BIAS);
    const snnrt_decay decay = snnrt_common_decay(*(const snnrt_int32 *)step->arrays[SNNRT_NEURON_MEMBRANE]);
    const uint32_t by_threshold = snnrt_distance(run, SNNRT_NEURON_THRESHOLD),
                   by_bias = snnrt_distance(run, SNNRT_NEURON_BIAS);
    snnrt_int32 *wide = (snnrt_int32 *)step->state + first;
    snnrt_int16 *short_state = (snnrt_int16 *)step->state + first;
    uint32_t word = 0;
    do {
        int32_t v = narrow ? *short_state : *wide;
        int32_t u = snnrt_saturating_add(snnrt_decay_by(v, decay), *x++);
        int32_t level = *threshold;
        threshold += by_threshold;
        if (bias != NULL) {
            u = snnrt_saturating_add(u, *bias);
            bias += by_bias;
        }
        if (next && fires(run, v, level)) {
            u = after_reset(run, u, level, (uint32_t)(x - run->current) - 1u);
        }
        if (narrow) {
            u = snnrt_clamp_int16(u);
        }
        if (fires(run, u, level)) {
            uint32_t k = (uint32_t)(x - run->current) - 1u;
            word |= 1u << k;
            if (!next) {
                u = after_reset(run, u, level, k);
            }
        }
        if (narrow) {
            *short_state++ = (int16_t)u;
        } else {
            *wide++ = u;
        }
    } while (x != end);
    return word;
}

#if SNNRT_WITH_FAST_LOOPS
SNNRT_NOINLINE static uint32_t update_wide(const snnrt_neuron_run *run) {
    return update_plain(run, false, false);
}
SNNRT_NOINLINE static uint32_t update_narrow(const snnrt_neuron_run *run) {
    return update_plain(run, true, false);
}
SNNRT_NOINLINE static uint32_t update_wide_next(const snnrt_neuron_run *run) {
    return update_plain(run, false, true);
}
SNNRT_NOINLINE static uint32_t update_narrow_next(const snnrt_neuron_run *run) {
    return update_plain(run, true, true);
}

static uint32_t update_run(const snnrt_neuron_run *run) {
    if ((run->flags & SNNRT_NEURON_RESET_NEXT) != 0) {
        return (run->flags & SNNRT_NEURON_STATE_INT16) != 0 ? update_narrow_next(run) : update_wide_next(run);
    }
    return (run->flags & SNNRT_NEURON_STATE_INT16) != 0 ? update_narrow(run) : update_wide(run);
}
#else
SNNRT_NOINLINE static uint32_t update_run(const snnrt_neuron_run *run) {
    return update_plain(run, (run->flags & SNNRT_NEURON_STATE_INT16) != 0,
                        (run->flags & SNNRT_NEURON_RESET_NEXT) != 0);
}
#endif

/* From neuron `start` on, a multiple of 32. */
SNNRT_INLINE static inline uint64_t update_from(const snnrt_neuron_step *step, const uint32_t start) {
    snnrt_neuron_run run;
    snnrt_uint32 *output = (snnrt_uint32 *)step->output + start / 32u;
    uint32_t channel = start == 0 ? 0 : start % step->channels, neuron = start, word = 0;
    uint64_t spikes = 0;
    run.step = step;
    run.flags = step->flags;
    run.index[SNNRT_PER_LAYER] = 0;
    do {
        uint32_t bit = neuron & 31u;
        run.index[SNNRT_PER_NEURON] = neuron;
        run.index[SNNRT_PER_CHANNEL] = channel;
        run.current = (const snnrt_int32 *)step->current + neuron;
        run.count = 32u - bit;
        if (run.count > step->channels - channel) {
            run.count = step->channels - channel;
        }
#if SNNRT_WITH_NEURON_VARIANTS
        if (!snnrt_neuron_is_plain(step->flags, step->granularity)) {
            word |= snnrt_update_variants(&run, &spikes) << bit;
        } else
#endif
        {
            word |= update_run(&run) << bit;
        }
        neuron += run.count;
        channel += run.count;
        if (channel == step->channels) {
            channel = 0;
        }
        if ((neuron & 31u) == 0 || neuron == step->neurons) {
#if SNNRT_WITH_NEURON_VARIANTS
            /* Where nothing fires, or several times, the output holds other things than bits. */
            if (SNNRT_GRANULARITY(step, SNNRT_NEURON_THRESHOLD) != SNNRT_ABSENT &&
                (run.flags & SNNRT_NEURON_MULTIPLE) == 0)
#endif
            {
                *output++ = word;
            }
#if SNNRT_WITH_COUNTERS
            spikes += snnrt_popcount(word);
#endif
            word = 0;
        }
    } while (neuron != step->neurons);
    return spikes;
}

#if SNNRT_WITH_NEURON_WORDS && SNNRT_NEURONS_AT_ONCE > 1
/* The neuron that words leave where there is an odd number; returns whether it fired. */
static uint32_t update_last(const snnrt_neuron_step *step) {
    const uint32_t last = step->neurons - 1u;
    snnrt_uint32 *word = (snnrt_uint32 *)step->output + last / 32u;
    snnrt_neuron_run run;
    uint32_t fired;
    run.step = step;
    run.flags = step->flags;
    run.index[SNNRT_PER_LAYER] = 0;
    run.index[SNNRT_PER_NEURON] = last;
    run.index[SNNRT_PER_CHANNEL] = step->channels - 1u;
    run.current = (const snnrt_int32 *)step->current + last;
    run.count = 1;
    fired = update_run(&run);
    *word = last % 32u == 0 ? fired : *word | fired << last % 32u;
    return fired;
}
#endif

static uint64_t update_neurons_of(const snnrt_neuron_step *step) {
#if SNNRT_WITH_FAST_LOOPS
    if (snnrt_neurons_are_simple(step)) {
        uint64_t spikes;
        if ((step->flags & SNNRT_NEURON_RESET_NEXT) != 0) {
            return snnrt_update_next(step, &spikes) ? spikes : update_from(step, 0);
        }
#if SNNRT_WITH_NEURON_WORDS
        if (snnrt_update_in_words(step, &spikes)) {
#if SNNRT_NEURONS_AT_ONCE > 1
            spikes += step->neurons % 2u != 0 ? update_last(step) : 0u;
#endif
            return spikes;
        }
#endif
#if SNNRT_WITH_PLAIN_LOOP
        if (snnrt_update_plain(step, &spikes)) {
            return spikes;
        }
#endif
    }
#endif
    return update_from(step, 0);
}

#if SNNRT_WITH_NEURON_VARIANTS && SNNRT_WITH_FAST_LOOPS
/* Kept apart: most layers have no second step on the stack. */
SNNRT_NOINLINE static bool update_with_currents(const snnrt_neuron_step *step, uint64_t *spikes) {
    snnrt_neuron_step behind;
    if (!snnrt_take_synaptic_currents(step, &behind)) {
        return false;
    }
    *spikes = update_neurons_of(&behind);
    return true;
}
#endif

uint64_t snnrt_neuron_i32(const snnrt_neuron_step *step) {
#if SNNRT_WITH_NEURON_VARIANTS && SNNRT_WITH_FAST_LOOPS
    uint64_t spikes;
    if (SNNRT_GRANULARITY(step, SNNRT_NEURON_SYNAPSE) != SNNRT_ABSENT &&
        update_with_currents(step, &spikes)) {
        return spikes;
    }
#endif
    return update_neurons_of(step);
}

#if SNNRT_WITH_KERNEL_TABLE
uint64_t snnrt_neuron_i32_from(const snnrt_neuron_step *step, uint32_t start) {
    return update_from(step, start);
}
#endif
#else
typedef int snnrt_neuron_i32_left_out;
#endif
