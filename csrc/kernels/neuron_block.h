/* Neurons are updated in blocks of one output word; a block's parameters are laid side by side, whatever
 * their granularity, so that each stage is a plain loop. Internal. */
#ifndef SNNRT_NEURON_BLOCK_H
#define SNNRT_NEURON_BLOCK_H

#include "../snnrt_kernels.h"

#define SNNRT_BLOCK 32u

static inline void snnrt_fill_parameter(snnrt_uint32 *room, uint32_t value) {
    for (uint32_t k = 0; k < SNNRT_BLOCK; k++) {
        room[k] = value;
    }
}

/* 32-bit parameters of the neurons first .. first + count; `room` holds a scalar's copies from block to
 * block (filled where `fresh`), or one block of a channel's. NULL where the parameter is absent. */
static inline const void *snnrt_block_parameter(const snnrt_neuron_step *step, uint32_t parameter,
                                                uint32_t first, uint32_t count, bool fresh,
                                                snnrt_uint32 *room) {
    const snnrt_uint32 *array = (const snnrt_uint32 *)step->arrays[parameter];
    switch (SNNRT_GRANULARITY(step, parameter)) {
    case SNNRT_PER_LAYER:
        if (fresh) {
            snnrt_fill_parameter(room, array[0]);
        }
        return room;
    case SNNRT_PER_CHANNEL: {
        uint32_t channel = first % step->channels;
        if (channel + count <= step->channels) {
            return array + channel;
        }
        for (uint32_t k = 0; k < count; k++) {
            room[k] = array[channel];
            channel = channel + 1u == step->channels ? 0u : channel + 1u;
        }
        return room;
    }
    case SNNRT_PER_NEURON:
        return array + first;
    default:
        return NULL;
    }
}

#endif
