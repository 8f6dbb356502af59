/* Integer neurons whose membranes are int16, in lanes of int16: what a block of currents that fit int16 does with adding that
 * saturates. Others, and neurons with more than a leak, a threshold and a reset, the lanes of int32 do. Internal. */
#ifndef SNNRT_X86_NARROW_NEURONS_H
#define SNNRT_X86_NARROW_NEURONS_H

#include "../neuron_block.h"
#include "x86.h"

#define SNNRT_NARROW_CHANNELS 512u

/* Parameters of `period` neurons, which are those of all others: whole blocks. */
typedef struct snnrt_narrow_plan {
    uint32_t period;
    bool decays, subtracts;
    int16_t decay[SNNRT_NARROW_CHANNELS]; /* Q15 */
    int16_t limit[SNNRT_NARROW_CHANNELS]; /* fires above */
    int16_t after[SNNRT_NARROW_CHANNELS]; /* the value reset to, or the threshold to subtract */
} snnrt_narrow_plan;

static inline uint32_t snnrt_narrow_parameter(const snnrt_neuron_step *step, uint32_t role, uint32_t k) {
    return ((const snnrt_uint32 *)step
                ->arrays[role])[SNNRT_GRANULARITY(step, role) == SNNRT_PER_CHANNEL ? k % step->channels : 0];
}

/* False where the neurons have something else. */
static bool snnrt_plan_narrow(snnrt_narrow_plan *plan, const snnrt_neuron_step *step) {
    const uint32_t reset = SNNRT_NEURON_RESET(step->flags);
    const uint32_t after = reset == SNNRT_RESET_VALUE ? SNNRT_NEURON_RESET_VALUE : SNNRT_NEURON_THRESHOLD;
    const uint32_t known = 3u << 2 * SNNRT_NEURON_MEMBRANE | 3u << 2 * SNNRT_NEURON_THRESHOLD |
                           3u << 2 * SNNRT_NEURON_RESET_VALUE | 3u << 2 * SNNRT_NEURON_INITIAL |
                           3u << 2 * SNNRT_NEURON_SCALE;
    const uint32_t roles[3] = {SNNRT_NEURON_MEMBRANE, SNNRT_NEURON_THRESHOLD, after};
    bool by_channel = false;
    if ((step->flags & SNNRT_NEURON_STATE_INT16) == 0 || (step->flags & SNNRT_NEURON_RESET_NEXT) != 0 ||
        (step->flags & ~SNNRT_NEURON_FLAGS_PLAIN) != 0 || reset == SNNRT_RESET_NONE ||
        (step->granularity & ~known) != 0 || step->neurons < SNNRT_BLOCK) {
        return false;
    }
    for (uint32_t k = 0; k < 3u; k++) {
        const uint32_t granularity = SNNRT_GRANULARITY(step, roles[k]);
        if (granularity != SNNRT_PER_LAYER && granularity != SNNRT_PER_CHANNEL) {
            return false;
        }
        by_channel = by_channel || granularity == SNNRT_PER_CHANNEL;
    }
    plan->period = !by_channel || SNNRT_BLOCK % step->channels == 0 ? SNNRT_BLOCK : step->channels;
    /* The parameters of few neurons are not worth laying out. */
    if (plan->period % SNNRT_BLOCK != 0 || plan->period > SNNRT_NARROW_CHANNELS ||
        plan->period > step->neurons) {
        return false;
    }
    plan->decays = snnrt_narrow_parameter(step, SNNRT_NEURON_MEMBRANE, 0) != 32768u;
    plan->subtracts = reset == SNNRT_RESET_SUBTRACT;
    for (uint32_t k = 0; k < plan->period; k++) {
        const uint32_t decay = snnrt_narrow_parameter(step, SNNRT_NEURON_MEMBRANE, k);
        const uint32_t threshold = snnrt_narrow_parameter(step, SNNRT_NEURON_THRESHOLD, k);
        const uint32_t limit = threshold - ((step->flags & SNNRT_NEURON_STRICT) != 0 ? 0u : 1u);
        if ((decay != 32768u) != plan->decays) {
            return false;
        }
        plan->decay[k] = (int16_t)decay;
        plan->limit[k] = (int16_t)(limit < 32767u ? limit : 32767u);
        plan->after[k] = (int16_t)snnrt_narrow_parameter(step, after, k);
    }
    return true;
}

/* Blocks that the lanes of int16 may leave out before the others take all that are left. */
#define SNNRT_WIDE_BLOCKS_MAX 8u

/* Neurons `first` ... of the step; a multiple of the period. */
static inline snnrt_neuron_step snnrt_neurons_from(const snnrt_neuron_step *step, uint32_t first) {
    snnrt_neuron_step rest = *step;
    rest.current = (const snnrt_int32 *)step->current + first;
    rest.state = (snnrt_int16 *)step->state + first;
    rest.output = (snnrt_uint32 *)step->output + first / SNNRT_BLOCK;
    rest.neurons -= first;
    /* Blocks that begin between channels have parameters that are the same for all. */
    if (first % step->channels != 0) {
        rest.channels = rest.neurons;
    }
    if (rest.resting != NULL) {
        rest.resting += first / SNNRT_BLOCK;
    }
    return rest;
}

#endif
