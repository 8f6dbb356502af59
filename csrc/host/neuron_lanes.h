/* What the integer neuron steps in vectors share: where a block's parameters lie, and which loop is for what. The
 * loops are in neuron_lanes_step.h; what they leave out snnrt_neuron_i32_from does. Internal. */
#ifndef SNNRT_NEURON_LANES_H
#define SNNRT_NEURON_LANES_H

#include "parameter_walk.h"

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

SNNRT_NOINLINE static void snnrt_refill(snnrt_lanes_plan *plan, const snnrt_neuron_step *step,
                                        uint32_t first) {
    snnrt_refill_walk(&plan->decay, step, SNNRT_NEURON_MEMBRANE, first);
    snnrt_refill_walk(&plan->synapse, step, SNNRT_NEURON_SYNAPSE, first);
    snnrt_refill_walk(&plan->bias, step, SNNRT_NEURON_BIAS, first);
    snnrt_refill_walk(&plan->threshold, step, SNNRT_NEURON_THRESHOLD, first);
    snnrt_refill_walk(&plan->reset_to, step, SNNRT_NEURON_RESET_VALUE, first);
    snnrt_refill_walk(&plan->bound, step, SNNRT_NEURON_LOWER_BOUND, first);
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
    snnrt_begin_walk(&plan->decay, &plan->refills, step, SNNRT_NEURON_MEMBRANE);
    snnrt_begin_walk(&plan->synapse, &plan->refills, step, SNNRT_NEURON_SYNAPSE);
    snnrt_begin_walk(&plan->bias, &plan->refills, step, SNNRT_NEURON_BIAS);
    snnrt_begin_walk(&plan->threshold, &plan->refills, step, SNNRT_NEURON_THRESHOLD);
    snnrt_begin_walk(&plan->reset_to, &plan->refills, step, SNNRT_NEURON_RESET_VALUE);
    snnrt_begin_walk(&plan->bound, &plan->refills, step, SNNRT_NEURON_LOWER_BOUND);
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

/* Membranes of a block at 0. */
static inline void snnrt_rest_membranes(void *state, bool narrow) {
    for (uint32_t k = 0; k < (narrow ? SNNRT_BLOCK / 2u : SNNRT_BLOCK); k++) {
        ((snnrt_int32 *)state)[k] = 0;
    }
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
