/* What the float32 neuron steps in vectors share: where a block's parameters lie, and which loop is for what. The loop is
 * in float_lanes_step.h; what it leaves out snnrt_neuron_f32_from does. Internal. */
#ifndef SNNRT_FLOAT_LANES_H
#define SNNRT_FLOAT_LANES_H

#include "../snnrt_float.h"
#include "parameter_walk.h"

/* Roles that the vectors know: membrane to lower bound. */
#define SNNRT_FLOAT_ROLES (SNNRT_NEURON_LOWER_BOUND + 1)

typedef struct snnrt_float_plan {
    snnrt_parameter_walk role[SNNRT_FLOAT_ROLES];
    const snnrt_float32 *here[SNNRT_FLOAT_ROLES]; /* of the block; NULL where absent */
    bool refills;
} snnrt_float_plan;

/* False where the vectors have nothing to do: neurons with a mechanism that they lack, or too few. */
static inline bool snnrt_plan_floats(snnrt_float_plan *plan, const snnrt_neuron_step *step) {
    const uint32_t lacking = 3u << 2 * SNNRT_NEURON_ADAPTATION | 3u << 2 * SNNRT_NEURON_REFRACTORY |
                             3u << 2 * SNNRT_NEURON_SYNAPSE_RISE;
    if ((step->flags & ~SNNRT_NEURON_FLAGS_PLAIN) != 0 || (step->granularity & lacking) != 0 ||
        step->neurons < SNNRT_BLOCK) {
        return false;
    }
    plan->refills = false;
    for (uint32_t role = 0; role < SNNRT_FLOAT_ROLES; role++) {
        snnrt_begin_walk(&plan->role[role], &plan->refills, step, role);
        plan->here[role] = NULL;
    }
    return true;
}

SNNRT_NOINLINE static void snnrt_refill_floats(snnrt_float_plan *plan, const snnrt_neuron_step *step,
                                               uint32_t first) {
    for (uint32_t role = 0; role < SNNRT_FLOAT_ROLES; role++) {
        snnrt_refill_walk(&plan->role[role], step, role, first);
    }
}

static inline void snnrt_find_floats(snnrt_float_plan *plan, uint32_t role, uint32_t first,
                                     uint32_t channel) {
    const snnrt_parameter_walk *walk = &plan->role[role];
    plan->here[role] =
        walk->values == NULL ? NULL : (const snnrt_float32 *)snnrt_block_of(walk, first, channel);
}

/* Whether the step has what only the general loop does. */
static inline bool snnrt_floats_general(const snnrt_neuron_step *step) {
    const uint32_t rare = 3u << 2 * SNNRT_NEURON_SYNAPSE | 3u << 2 * SNNRT_NEURON_GAIN |
                          3u << 2 * SNNRT_NEURON_LEAK | 3u << 2 * SNNRT_NEURON_LOWER_BOUND;
    return (step->granularity & rare) != 0 ||
           SNNRT_GRANULARITY(step, SNNRT_NEURON_THRESHOLD) == SNNRT_ABSENT ||
           SNNRT_NEURON_INTEGRATION(step->flags) != SNNRT_INTEGRATION_DECAY ||
           (step->flags & SNNRT_NEURON_RESET_NEXT) != 0 ||
           SNNRT_NEURON_RESET(step->flags) == SNNRT_RESET_NONE;
}

#endif
