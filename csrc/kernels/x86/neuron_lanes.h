/* What the integer neuron steps in vectors share: where a block's parameters lie, and which loop is for what. Each
 * instruction set has the loops in a file of its own; what they leave out snnrt_neuron_i32_from does. Internal. */
#ifndef SNNRT_X86_NEURON_LANES_H
#define SNNRT_X86_NEURON_LANES_H

#include "../neuron_block.h"
#include "x86.h"

/* A parameter's values for block after block: at values + first, + channel, or the same copies. */
typedef struct snnrt_parameter_walk {
    const snnrt_int32 *values; /* NULL where the parameter is absent; a threshold's copies are 1 then */
    size_t by_neuron, by_channel; /* all ones or 0 */
    uint32_t copies[SNNRT_BLOCK];
} snnrt_parameter_walk;

/* How a membrane decays: a product in Q15; a shift, where α is 2^-shift; or not at all. */
enum { SNNRT_DECAY_PRODUCT = 0, SNNRT_DECAY_SHIFT = 1, SNNRT_DECAY_NONE = 2 };

typedef struct snnrt_lanes_plan {
    snnrt_parameter_walk decay, synapse, bias, threshold, reset_to, bound;
    uint32_t flags;
    uint32_t reset;
    uint32_t decay_kind;
    int shift;
    bool refills; /* some parameter of a channel lies otherwise in each block */
} snnrt_lanes_plan;

static inline void snnrt_begin_walk(snnrt_parameter_walk *walk, snnrt_lanes_plan *plan,
                                    const snnrt_neuron_step *step, uint32_t parameter) {
    const uint32_t granularity = SNNRT_GRANULARITY(step, parameter);
    walk->by_neuron = granularity == SNNRT_PER_NEURON ? SIZE_MAX : 0u;
    walk->by_channel = 0;
    if (granularity == SNNRT_PER_CHANNEL && step->channels % SNNRT_BLOCK == 0) {
        walk->by_channel = SIZE_MAX;
        walk->values = (const snnrt_int32 *)step->arrays[parameter];
        return;
    }
    plan->refills = plan->refills || (granularity == SNNRT_PER_CHANNEL && SNNRT_BLOCK % step->channels != 0);
    walk->values =
        (const snnrt_int32 *)snnrt_block_parameter(step, parameter, 0, SNNRT_BLOCK, true, walk->copies);
}

/* For the block that begins with neuron `first`. */
static inline void snnrt_refill_walk(snnrt_parameter_walk *walk, const snnrt_neuron_step *step,
                                     uint32_t parameter, uint32_t first) {
    if (SNNRT_GRANULARITY(step, parameter) == SNNRT_PER_CHANNEL && walk->by_channel == 0) {
        walk->values = (const snnrt_int32 *)snnrt_block_parameter(step, parameter, first, SNNRT_BLOCK, false,
                                                                  walk->copies);
    }
}

SNNRT_NOINLINE static void snnrt_refill(snnrt_lanes_plan *plan, const snnrt_neuron_step *step,
                                        uint32_t first) {
    snnrt_refill_walk(&plan->decay, step, SNNRT_NEURON_MEMBRANE, first);
    snnrt_refill_walk(&plan->synapse, step, SNNRT_NEURON_SYNAPSE, first);
    snnrt_refill_walk(&plan->bias, step, SNNRT_NEURON_BIAS, first);
    snnrt_refill_walk(&plan->threshold, step, SNNRT_NEURON_THRESHOLD, first);
    snnrt_refill_walk(&plan->reset_to, step, SNNRT_NEURON_RESET_VALUE, first);
    snnrt_refill_walk(&plan->bound, step, SNNRT_NEURON_LOWER_BOUND, first);
}

static inline const snnrt_int32 *snnrt_block_of(const snnrt_parameter_walk *walk, uint32_t first,
                                                uint32_t channel) {
    return walk->values + (first & walk->by_neuron) + (channel & walk->by_channel);
}

/* False where the vectors have nothing to do: neurons with a mechanism that they lack, or too few. */
static inline bool snnrt_plan_lanes(snnrt_lanes_plan *plan, const snnrt_neuron_step *step) {
    uint32_t a;
    const uint32_t lacking = 3u << 2 * SNNRT_NEURON_ADAPTATION | 3u << 2 * SNNRT_NEURON_REFRACTORY |
                             3u << 2 * SNNRT_NEURON_SYNAPSE_RISE;
    if ((step->flags & ~(SNNRT_NEURON_FLAGS_PLAIN | SNNRT_NEURON_MULTIPLE)) != 0 ||
        (step->granularity & lacking) != 0 || step->neurons < SNNRT_BLOCK) {
        return false;
    }
    plan->flags = step->flags;
    plan->reset = SNNRT_NEURON_RESET(step->flags);
    plan->refills = false;
    snnrt_begin_walk(&plan->decay, plan, step, SNNRT_NEURON_MEMBRANE);
    snnrt_begin_walk(&plan->synapse, plan, step, SNNRT_NEURON_SYNAPSE);
    snnrt_begin_walk(&plan->bias, plan, step, SNNRT_NEURON_BIAS);
    snnrt_begin_walk(&plan->threshold, plan, step, SNNRT_NEURON_THRESHOLD);
    snnrt_begin_walk(&plan->reset_to, plan, step, SNNRT_NEURON_RESET_VALUE);
    snnrt_begin_walk(&plan->bound, plan, step, SNNRT_NEURON_LOWER_BOUND);
    if (plan->threshold.values == NULL) {
        snnrt_fill_parameter(plan->threshold.copies, 1);
    }
    a = *(const snnrt_uint32 *)step->arrays[SNNRT_NEURON_MEMBRANE];
    plan->decay_kind = SNNRT_DECAY_PRODUCT;
    plan->shift = 1;
    if (SNNRT_GRANULARITY(step, SNNRT_NEURON_MEMBRANE) == SNNRT_PER_LAYER && a != 0 && (a & (a - 1u)) == 0) {
        plan->shift = 15 - (int)snnrt_lowest_bit(a);
        plan->decay_kind = plan->shift == 0 ? SNNRT_DECAY_NONE : SNNRT_DECAY_SHIFT;
    }
    return true;
}

/* Whether the step has what only the general loop does. */
static inline bool snnrt_lanes_general(const snnrt_lanes_plan *plan) {
    return plan->synapse.values != NULL || plan->bound.values != NULL || plan->threshold.values == NULL ||
           (plan->flags & (SNNRT_NEURON_RESET_NEXT | SNNRT_NEURON_MULTIPLE)) != 0 ||
           plan->reset == SNNRT_RESET_NONE;
}

/* Calls update(step, &plan, end, narrow, decay_kind, biased, reset, general) with constants: a loop for each
 * combination of them, and two for all that is rare. */
#define SNNRT_UPDATE_RESET(update, narrow, kind, biased) \
    (plan.reset == SNNRT_RESET_VALUE \
         ? update(step, &plan, end, narrow, kind, biased, SNNRT_RESET_VALUE, false) \
         : update(step, &plan, end, narrow, kind, biased, SNNRT_RESET_SUBTRACT, false))
#define SNNRT_UPDATE_BIAS(update, narrow, kind) \
    (plan.bias.values != NULL ? SNNRT_UPDATE_RESET(update, narrow, kind, true) \
                              : SNNRT_UPDATE_RESET(update, narrow, kind, false))
#define SNNRT_UPDATE_DECAY(update, narrow) \
    (plan.decay_kind == SNNRT_DECAY_SHIFT  ? SNNRT_UPDATE_BIAS(update, narrow, SNNRT_DECAY_SHIFT) \
     : plan.decay_kind == SNNRT_DECAY_NONE ? SNNRT_UPDATE_BIAS(update, narrow, SNNRT_DECAY_NONE) \
                                           : SNNRT_UPDATE_BIAS(update, narrow, SNNRT_DECAY_PRODUCT))
#define SNNRT_UPDATE_GENERAL(update, narrow) \
    update(step, &plan, end, narrow, SNNRT_DECAY_PRODUCT, plan.bias.values != NULL, plan.reset, true)
#define SNNRT_UPDATE_STATE(update, narrow) \
    (snnrt_lanes_general(&plan) ? SNNRT_UPDATE_GENERAL(update, narrow) : SNNRT_UPDATE_DECAY(update, narrow))
#define SNNRT_UPDATE_LANES(update) \
    ((plan.flags & SNNRT_NEURON_STATE_INT16) != 0 ? SNNRT_UPDATE_STATE(update, true) \
                                                  : SNNRT_UPDATE_STATE(update, false))

#endif
