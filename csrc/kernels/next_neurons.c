/* Plain neurons that a spike resets at the next step, as snnTorch has them: a layer in one loop. */
#include "neuron_run.h"
#include "plain_neurons.h"

#if SNNRT_WITH_INT8 && SNNRT_WITH_FAST_LOOPS
#if SNNRT_WITH_ARM_MVE
#include <arm_mve.h>
#endif

/* What a layer has alike, and where its loop is. */
typedef struct snnrt_next_neurons {
    const snnrt_int32 *current;
    void *state;
    int32_t membrane; /* the decay's integer */
    int32_t reset_value;
    int32_t below; /* 1 where a neuron fires at its threshold: it does above what is one less */
} snnrt_next_neurons;

/* The spikes of up to 32 neurons from bit 0. What is const is constant in each call. */
SNNRT_INLINE static inline uint32_t next_run(snnrt_next_neurons *layer, const snnrt_int32 *threshold,
                                             uint32_t count, const bool narrow, const bool subtracts) {
    const snnrt_int32 *x = layer->current;
    snnrt_int32 *wide = (snnrt_int32 *)layer->state;
    snnrt_int16 *short_state = (snnrt_int16 *)layer->state;
    const int32_t below = layer->below, reset_value = layer->reset_value;
    uint32_t word = 0;
#if SNNRT_WITH_ARM_MVE
    const int32_t lost = (int32_t)(((uint32_t)layer->membrane - (1u << 15)) << 16);
    uint32x4_t bits = {1, 2, 4, 8};
    for (uint32_t k = 0; k < count; k += 4u) {
        const mve_pred16_t there = vctp32q(count - k);
        const int32x4_t level = vldrwq_z_s32(threshold + k, there);
        const int32x4_t reached = vsubq_n_s32(level, below);
        const int32x4_t v = narrow ? vldrhq_z_s32(short_state + k, there) : vldrwq_z_s32(wide + k, there);
        const mve_pred16_t fired = vcmpgtq_s32(v, reached);
        int32x4_t u = vqaddq_s32(vqrdmlahq_n_s32(v, v, lost), vldrwq_z_s32(x + k, there));
        u = subtracts ? vqsubq_m_s32(u, u, level, fired) : vdupq_m_n_s32(u, reset_value, fired);
        if (narrow) {
            u = vminq_s32(vmaxq_s32(u, vdupq_n_s32(INT16_MIN)), vdupq_n_s32(INT16_MAX));
            vstrhq_p_s32(short_state + k, u, there);
        } else {
            vstrwq_p_s32(wide + k, u, there);
        }
        word = vaddvaq_p_u32(word, bits, vcmpgtq_m_s32(u, reached, there));
        bits = vshlq_n_u32(bits, 4);
    }
#else
    const snnrt_decay decay = snnrt_common_decay(layer->membrane);
    const snnrt_int32 *const end = x + count;
    uint32_t bit = 1;
    do {
        const int32_t level = *threshold++, reached = level - below;
        const int32_t v = narrow ? *short_state : *wide;
        int32_t u = snnrt_saturating_add(snnrt_decay_by(v, decay), *x++);
        if (v > reached) {
            u = subtracts ? snnrt_saturating_add(u, -level) : reset_value;
        }
        if (narrow) {
            u = snnrt_clamp_int16(u);
            *short_state++ = (int16_t)u;
        } else {
            *wide++ = u;
        }
        if (u > reached) {
            word |= bit;
        }
        bit <<= 1;
    } while (x != end);
#endif
    layer->current += count;
    layer->state = (uint8_t *)layer->state + count * (narrow ? 2u : 4u);
    return word;
}

SNNRT_NOINLINE static uint32_t next_wide_subtract(snnrt_next_neurons *layer, const snnrt_int32 *threshold,
                                                  uint32_t count) {
    return next_run(layer, threshold, count, false, true);
}

SNNRT_NOINLINE static uint32_t next_narrow_subtract(snnrt_next_neurons *layer, const snnrt_int32 *threshold,
                                                    uint32_t count) {
    return next_run(layer, threshold, count, true, true);
}

SNNRT_NOINLINE static uint32_t next_wide_value(snnrt_next_neurons *layer, const snnrt_int32 *threshold,
                                               uint32_t count) {
    return next_run(layer, threshold, count, false, false);
}

SNNRT_NOINLINE static uint32_t next_narrow_value(snnrt_next_neurons *layer, const snnrt_int32 *threshold,
                                                 uint32_t count) {
    return next_run(layer, threshold, count, true, false);
}

SNNRT_NOINLINE static uint64_t next_layer(const snnrt_neuron_step *step, const snnrt_thresholds *thresholds) {
    const uint32_t reset = SNNRT_NEURON_RESET(step->flags);
    const bool narrow = (step->flags & SNNRT_NEURON_STATE_INT16) != 0;
    snnrt_uint32 *output = (snnrt_uint32 *)step->output;
    snnrt_plain_run run = {step->neurons, 0, 0};
    snnrt_next_neurons layer;
    uint32_t word = 0;
    uint64_t spikes = 0;
    layer.current = (const snnrt_int32 *)step->current;
    layer.state = step->state;
    layer.membrane = *(const snnrt_int32 *)step->arrays[SNNRT_NEURON_MEMBRANE];
    layer.reset_value =
        reset == SNNRT_RESET_VALUE ? *(const snnrt_int32 *)step->arrays[SNNRT_NEURON_RESET_VALUE] : 0;
    layer.below = (step->flags & SNNRT_NEURON_STRICT) == 0;
    do {
        const uint32_t count = snnrt_run_neurons(&run, thresholds->period);
        const snnrt_int32 *threshold = thresholds->first + run.place;
        uint32_t fired;
        if (reset == SNNRT_RESET_SUBTRACT) {
            fired = narrow ? next_narrow_subtract(&layer, threshold, count)
                           : next_wide_subtract(&layer, threshold, count);
        } else {
            fired = narrow ? next_narrow_value(&layer, threshold, count)
                           : next_wide_value(&layer, threshold, count);
        }
        word |= fired << run.bit;
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

/* Kept apart: the copies are most of the stack. */
SNNRT_NOINLINE static uint64_t next_with_copies(const snnrt_neuron_step *step, snnrt_thresholds *thresholds,
                                                uint32_t copied) {
    snnrt_int32 copies[SNNRT_COPIES];
    snnrt_copy_thresholds(thresholds, 0, copies, copied);
    thresholds->first = copies;
    thresholds->period = copied;
    return next_layer(step, thresholds);
}

bool snnrt_update_next(const snnrt_neuron_step *step, uint64_t *spikes) {
    snnrt_thresholds thresholds;
    uint32_t copied;
    if (SNNRT_NEURON_RESET(step->flags) == SNNRT_RESET_NONE) {
        return false;
    }
    snnrt_find_thresholds(step, &thresholds);
    copied = snnrt_copies_worth(&thresholds, step->neurons);
    *spikes = copied != 0 ? next_with_copies(step, &thresholds, copied) : next_layer(step, &thresholds);
    return true;
}
#else
typedef int snnrt_next_neurons_left_out;
#endif
