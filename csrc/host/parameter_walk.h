/* Where the parameters of a block of neurons lie, block after block. Internal. */
#ifndef SNNRT_PARAMETER_WALK_H
#define SNNRT_PARAMETER_WALK_H

#include "../kernels/neuron_block.h"

/* The name of a set's own form of something. */
#define SNNRT_LANES_JOINED(a, b) a##_##b
#define SNNRT_LANES_PASTE(a, b) SNNRT_LANES_JOINED(a, b)

/* A parameter's values for block after block: at values + first, + channel, or the same copies. */
typedef struct snnrt_parameter_walk {
    const snnrt_int32 *values; /* NULL where the parameter is absent; a threshold's copies are 1 then */
    size_t by_neuron, by_channel; /* all ones or 0 */
    uint32_t copies[SNNRT_BLOCK];
} snnrt_parameter_walk;

static inline void snnrt_begin_walk(snnrt_parameter_walk *walk, bool *refills, const snnrt_neuron_step *step,
                                    uint32_t parameter) {
    const uint32_t granularity = SNNRT_GRANULARITY(step, parameter);
    walk->by_neuron = granularity == SNNRT_PER_NEURON ? SIZE_MAX : 0u;
    walk->by_channel = 0;
    if (granularity == SNNRT_PER_CHANNEL && step->channels % SNNRT_BLOCK == 0) {
        walk->by_channel = SIZE_MAX;
        walk->values = (const snnrt_int32 *)step->arrays[parameter];
        return;
    }
    *refills = *refills || (granularity == SNNRT_PER_CHANNEL && SNNRT_BLOCK % step->channels != 0);
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

static inline const snnrt_int32 *snnrt_block_of(const snnrt_parameter_walk *walk, uint32_t first,
                                                uint32_t channel) {
    return walk->values + (first & walk->by_neuron) + (channel & walk->by_channel);
}

#endif
