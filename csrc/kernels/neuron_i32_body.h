/* The integer neuron step of docs/ir.md. The including file sets the instruction set. */
#include "neuron_block.h"

/* floor((s * a + 2^14) / 2^15) for a in 0 ... 2^15, without a 64-bit product: s = high * 2^15 + low. */
static inline int32_t decay_q15(int32_t s, int32_t a) {
    int32_t high = s >> 15;
    int32_t low = s & 0x7FFF;
    return (int32_t)((uint32_t)high * (uint32_t)a) + ((low * a + 0x4000) >> 15);
}

static inline int32_t clamp_int16(int32_t value) {
    return value < -32768 ? -32768 : value > 32767 ? 32767 : value;
}

#if SNNRT_WITH_NEURON_VARIANTS
static inline void synaptic_current(uint32_t order, int32_t *c, const int32_t *x,
                                    const int32_t *decay, int32_t *i, uint32_t count) {
    for (uint32_t k = 0; k < count; k++) {
        switch (order) {
        case SNNRT_SYNAPSE_DECAY_THEN_ADD:
            c[k] = snnrt_saturating_add(decay_q15(c[k], decay[k]), x[k]);
            i[k] = c[k];
            break;
        case SNNRT_SYNAPSE_ADD_THEN_DECAY:
            c[k] = decay_q15(snnrt_saturating_add(c[k], x[k]), decay[k]);
            i[k] = c[k];
            break;
        case SNNRT_SYNAPSE_USE_THEN_DECAY:
            i[k] = snnrt_saturating_add(c[k], x[k]);
            c[k] = decay_q15(i[k], decay[k]);
            break;
        default: {
            int32_t old = c[k];
            c[k] = snnrt_saturating_add(decay_q15(old, decay[k]), x[k]);
            i[k] = old;
            break;
        }
        }
    }
}

/* Several spikes a step: returns their number. */
static inline uint64_t fire_multiple(int16_t *out, int32_t *u, const int32_t *threshold,
                                     uint32_t maximum, uint32_t reset, const int32_t *reset_to,
                                     uint32_t count) {
    uint64_t spikes = 0;
    for (uint32_t k = 0; k < count; k++) {
        int32_t n = u[k] > 0 ? u[k] / threshold[k] : 0;
        if (n > (int32_t)maximum) {
            n = (int32_t)maximum;
        }
        if (n > 0 && reset == SNNRT_RESET_SUBTRACT) {
            u[k] -= n * threshold[k];
        } else if (n > 0 && reset == SNNRT_RESET_VALUE) {
            u[k] = reset_to[k];
        }
        out[k] = (int16_t)n;
        spikes += (uint64_t)n;
    }
    return spikes;
}
#endif

static inline uint32_t fires(const int32_t *u, const int32_t *threshold, bool strict,
                             uint32_t count) {
    uint32_t word = 0;
    if (strict) {
        for (uint32_t k = 0; k < count; k++) {
            word |= (uint32_t)(u[k] > threshold[k]) << k;
        }
    } else {
        for (uint32_t k = 0; k < count; k++) {
            word |= (uint32_t)(u[k] >= threshold[k]) << k;
        }
    }
    return word;
}

static inline void reset_subtract(int32_t *u, const int32_t *threshold, uint32_t word,
                                  uint32_t count) {
    for (uint32_t k = 0; k < count; k++) {
        int32_t mask = -(int32_t)((word >> k) & 1u);
        u[k] = snnrt_saturating_add(u[k], -(threshold[k] & mask));
    }
}

static inline void reset_value(int32_t *u, const int32_t *value, uint32_t word, uint32_t count) {
    for (uint32_t k = 0; k < count; k++) {
        int32_t mask = -(int32_t)((word >> k) & 1u);
        u[k] = (u[k] & ~mask) | (value[k] & mask);
    }
}

/* The neurons from `start`, a multiple of a block, to the last. */
static uint64_t update_from(const snnrt_neuron_step *step, uint32_t start) {
    uint32_t flags = step->flags;
    uint32_t reset = SNNRT_NEURON_RESET(flags);
    bool strict = (flags & SNNRT_NEURON_STRICT) != 0;
    bool narrow = (flags & SNNRT_NEURON_STATE_INT16) != 0;
    bool next = (flags & SNNRT_NEURON_RESET_NEXT) != 0;
    uint32_t room_decay[SNNRT_BLOCK], room_bias[SNNRT_BLOCK], room_threshold[SNNRT_BLOCK];
    uint32_t room_reset[SNNRT_BLOCK];
#if SNNRT_WITH_NEURON_VARIANTS
    uint32_t room_synapse[SNNRT_BLOCK], room_bound[SNNRT_BLOCK];
    int32_t current[SNNRT_BLOCK];
#endif
    int32_t v[SNNRT_BLOCK], u[SNNRT_BLOCK];
    uint64_t spikes = 0;
    for (uint32_t first = start; first < step->neurons; first += SNNRT_BLOCK) {
        bool fresh = first == start;
        uint32_t left = step->neurons - first;
        uint32_t count = left < SNNRT_BLOCK ? left : SNNRT_BLOCK;
        const int32_t *x = (const int32_t *)step->current + first;
        const int32_t *decay = snnrt_block_parameter(step, SNNRT_NEURON_MEMBRANE, first, count, fresh, room_decay);
        const int32_t *bias = snnrt_block_parameter(step, SNNRT_NEURON_BIAS, first, count, fresh, room_bias);
        const int32_t *threshold =
            snnrt_block_parameter(step, SNNRT_NEURON_THRESHOLD, first, count, fresh, room_threshold);
        const int32_t *reset_to =
            snnrt_block_parameter(step, SNNRT_NEURON_RESET_VALUE, first, count, fresh, room_reset);
        uint32_t word = 0;
        if (narrow) {
            const int16_t *state = (const int16_t *)step->state + first;
            for (uint32_t k = 0; k < count; k++) {
                v[k] = state[k];
            }
        } else {
            const int32_t *state = (const int32_t *)step->state + first;
            for (uint32_t k = 0; k < count; k++) {
                v[k] = state[k];
            }
        }
#if SNNRT_WITH_NEURON_VARIANTS
        if (SNNRT_GRANULARITY(step, SNNRT_NEURON_SYNAPSE) != SNNRT_ABSENT) {
            const int32_t *synapse =
                snnrt_block_parameter(step, SNNRT_NEURON_SYNAPSE, first, count, fresh, room_synapse);
            synaptic_current(SNNRT_NEURON_SYNAPSE_ORDER(flags),
                             (int32_t *)step->synapse_state + first, x, synapse, current, count);
            x = current;
        }
#endif
        for (uint32_t k = 0; k < count; k++) {
            u[k] = snnrt_saturating_add(decay_q15(v[k], decay[k]), x[k]);
        }
        if (bias != NULL) {
            for (uint32_t k = 0; k < count; k++) {
                u[k] = snnrt_saturating_add(u[k], bias[k]);
            }
        }
        if (next) {
            word = fires(v, threshold, strict, count);
            if (reset == SNNRT_RESET_SUBTRACT) {
                reset_subtract(u, threshold, word, count);
            } else if (reset == SNNRT_RESET_VALUE) {
                reset_value(u, reset_to, word, count);
            }
        }
        if (narrow) {
            for (uint32_t k = 0; k < count; k++) {
                u[k] = clamp_int16(u[k]);
            }
        }
        if (threshold == NULL) {
            word = 0;
#if SNNRT_WITH_NEURON_VARIANTS
        } else if ((flags & SNNRT_NEURON_MULTIPLE) != 0) {
            spikes += fire_multiple((int16_t *)step->output + first, u, threshold, step->max_spikes,
                                    next ? SNNRT_RESET_NONE : reset, reset_to, count);
#endif
        } else {
            word = fires(u, threshold, strict, count);
            ((uint32_t *)step->output)[first / SNNRT_BLOCK] = word;
            spikes += snnrt_popcount(word);
            if (!next && reset == SNNRT_RESET_SUBTRACT) {
                reset_subtract(u, threshold, word, count);
            } else if (!next && reset == SNNRT_RESET_VALUE) {
                reset_value(u, reset_to, word, count);
            }
        }
#if SNNRT_WITH_NEURON_VARIANTS
        if (SNNRT_GRANULARITY(step, SNNRT_NEURON_LOWER_BOUND) != SNNRT_ABSENT) {
            const int32_t *bound =
                snnrt_block_parameter(step, SNNRT_NEURON_LOWER_BOUND, first, count, fresh, room_bound);
            for (uint32_t k = 0; k < count; k++) {
                u[k] = u[k] < bound[k] ? bound[k] : u[k];
            }
        }
#endif
        if (narrow) {
            int16_t *state = (int16_t *)step->state + first;
            for (uint32_t k = 0; k < count; k++) {
                state[k] = (int16_t)clamp_int16(u[k]);
            }
        } else {
            int32_t *state = (int32_t *)step->state + first;
            for (uint32_t k = 0; k < count; k++) {
                state[k] = u[k];
            }
        }
        if (threshold == NULL) {
            int32_t *out = (int32_t *)step->output + first;
            for (uint32_t k = 0; k < count; k++) {
                out[k] = narrow ? clamp_int16(u[k]) : u[k];
            }
        }
    }
    return spikes;
}
