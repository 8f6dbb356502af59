/* The integer neuron step in vectors, whole blocks of neurons: one text for every instruction set of the host. A set includes it
 * once, behind neuron_lanes.h and these, with what the set's name and an underscore begin:
 *     SNNRT_SET_NAME, SNNRT_SET_LANES, SNNRT_SET_TARGET   its name, int32 in a vector, the attribute of its functions
 *     lanes, narrow_lanes, unsigned_lanes, fired           vectors of int32, int16, uint32; what a comparison gives
 *     minimum, maximum, greater, select(fired, a, b)       of lanes; a where fired, else b
 *     sign_bits, fired_bits                                a bit a lane, the first lowest
 *     shifted(v, by)                                       v >> by
 *     widened(from), store_narrow(to, v)                   of int16, and back where v is within int16
 *     rests(x, v, narrow)                                  whether a block has neither current nor membrane
 * It defines snnrt_neuron_i32_NAME and snnrt_neuron_ahead_NAME and undefines those macros. Internal. */
#define SNNRT_SET(name) SNNRT_LANES_PASTE(SNNRT_SET_NAME, name)
#define SNNRT_LANES SNNRT_SET(lanes)

SNNRT_SET_TARGET static inline SNNRT_LANES SNNRT_SET(load)(const snnrt_int32 *from) {
    return *(const SNNRT_LANES *)(const void *)from;
}

/* Saturates only where some lane overflowed: hardly ever. */
SNNRT_SET_TARGET static inline SNNRT_LANES SNNRT_SET(saturating_add)(SNNRT_LANES a, SNNRT_LANES b) {
    SNNRT_LANES sum = (SNNRT_LANES)((SNNRT_SET(unsigned_lanes))a + (SNNRT_SET(unsigned_lanes))b);
    SNNRT_LANES overflow = ~(a ^ b) & (a ^ sum);
    if (SNNRT_SET(sign_bits)(overflow) != 0) {
        SNNRT_LANES limit = (a >> 31) ^ 0x7FFFFFFF;
        overflow >>= 31;
        sum = (sum & ~overflow) | (limit & overflow);
    }
    return sum;
}

SNNRT_SET_TARGET static inline SNNRT_LANES SNNRT_SET(clamp_int16)(SNNRT_LANES u) {
    return SNNRT_SET(maximum)(SNNRT_SET(minimum)(u, (SNNRT_LANES){0} + 32767), (SNNRT_LANES){0} - 32768);
}

SNNRT_INLINE SNNRT_SET_TARGET static inline SNNRT_LANES
SNNRT_SET(decay)(SNNRT_LANES v, const snnrt_int32 *decay, const uint32_t kind, int shift, const bool narrow) {
    if (kind == SNNRT_DECAY_NONE) {
        return v;
    }
    if (kind == SNNRT_DECAY_SHIFT) {
        const int32_t half = 1 << (shift - 1);
        if (narrow) {
            return SNNRT_SET(shifted)(v + ((SNNRT_LANES){0} + half), shift);
        }
        /* Half of 2^shift added without leaving int32. */
        return SNNRT_SET(shifted)(v, shift) + (SNNRT_SET(shifted)(v, shift - 1) & 1);
    }
    if (narrow) {
        return (v * SNNRT_SET(load)(decay) + 0x4000) >> 15;
    }
    return (v >> 15) * SNNRT_SET(load)(decay) + (((v & 0x7FFF) * SNNRT_SET(load)(decay) + 0x4000) >> 15);
}

/* The current that a synapse makes of `x`. */
SNNRT_SET_TARGET static inline SNNRT_LANES
SNNRT_SET(synaptic_current)(uint32_t order, snnrt_int32 *state, SNNRT_LANES x, const snnrt_int32 *decay) {
    SNNRT_LANES now = SNNRT_SET(load)(state), next;
    if (order == SNNRT_SYNAPSE_ADD_THEN_DECAY || order == SNNRT_SYNAPSE_USE_THEN_DECAY) {
        now = SNNRT_SET(saturating_add)(now, x);
        next = SNNRT_SET(decay)(now, decay, SNNRT_DECAY_PRODUCT, 1, false);
    } else {
        next = SNNRT_SET(saturating_add)(SNNRT_SET(decay)(now, decay, SNNRT_DECAY_PRODUCT, 1, false), x);
    }
    *(SNNRT_LANES *)(void *)state = next;
    return order == SNNRT_SYNAPSE_DECAY_THEN_ADD || order == SNNRT_SYNAPSE_ADD_THEN_DECAY ? next : now;
}

/* Whole blocks; what is const here is constant in each call, so that each gets a loop of its own. */
SNNRT_INLINE SNNRT_SET_TARGET static inline uint64_t
SNNRT_SET(update_blocks)(const snnrt_neuron_step *step, snnrt_lanes_plan *plan, uint32_t end,
                         const bool narrow, const uint32_t kind, const bool biased, const uint32_t reset,
                         const bool general) {
    /* u >= θ is u > θ - 1: thresholds are 1 at least. */
    const SNNRT_LANES below = (SNNRT_LANES){0} + ((plan->flags & SNNRT_NEURON_STRICT) != 0 ? 0 : 1);
    const SNNRT_LANES limit = (SNNRT_LANES){0} + 0x40000000;
    const bool next = general && (plan->flags & SNNRT_NEURON_RESET_NEXT) != 0;
    const bool silent = general && plan->threshold.values == NULL;
    const bool multiple = general && (plan->flags & SNNRT_NEURON_MULTIPLE) != 0;
    const SNNRT_LANES most = (SNNRT_LANES){0} + (int32_t)step->max_spikes;
    const snnrt_int32 *const currents = (const snnrt_int32 *)step->current;
    void *const states = step->state, *const outputs = step->output;
    uint8_t *const resting = step->resting;
    const uint32_t channels = step->channels;
    uint64_t spikes = 0;
    uint32_t channel = 0;
    for (uint32_t first = 0; first < end; first += SNNRT_BLOCK) {
        const snnrt_int32 *x = currents + first;
        const snnrt_int32 *decay, *bias, *threshold, *reset_to;
        uint32_t word = 0;
        /* Thresholds are 1 at least: such neurons stay at 0 and do not fire. */
        if (!general && !biased &&
            ((resting != NULL && resting[first / SNNRT_BLOCK] != 0) ||
             SNNRT_SET(rests)(x,
                              narrow ? (const void *)((const snnrt_int16 *)states + first)
                                     : (const void *)((const snnrt_int32 *)states + first),
                              narrow))) {
            if (resting != NULL) {
                resting[first / SNNRT_BLOCK] = 1;
            }
            ((snnrt_uint32 *)outputs)[first / SNNRT_BLOCK] = 0;
            channel += SNNRT_BLOCK;
            channel = channel >= channels ? 0u : channel;
            continue;
        }
        if (plan->refills) {
            snnrt_refill(plan, step, first);
        }
        decay = snnrt_block_of(&plan->decay, first, channel);
        bias = biased ? snnrt_block_of(&plan->bias, first, channel) : x;
        threshold = silent ? (const snnrt_int32 *)plan->threshold.copies
                           : snnrt_block_of(&plan->threshold, first, channel);
        reset_to = reset == SNNRT_RESET_VALUE ? snnrt_block_of(&plan->reset_to, first, channel) : x;
        for (uint32_t k = 0; k < SNNRT_BLOCK; k += SNNRT_SET_LANES) {
            SNNRT_LANES level = SNNRT_SET(load)(threshold + k), current = SNNRT_SET(load)(x + k);
            void *state = narrow ? (void *)((snnrt_int16 *)states + first + k)
                                 : (void *)((snnrt_int32 *)states + first + k);
            SNNRT_LANES
            v = narrow ? SNNRT_SET(widened)((const SNNRT_SET(narrow_lanes) *)state) : *(SNNRT_LANES *)state;
            SNNRT_LANES u = SNNRT_SET(decay)(v, decay + k, kind, plan->shift, narrow);
            SNNRT_SET(fired) fired;
            SNNRT_LANES after = u;
            if (general && plan->synapse.values != NULL) {
                current = SNNRT_SET(synaptic_current)(SNNRT_NEURON_SYNAPSE_ORDER(plan->flags),
                                                      (snnrt_int32 *)step->synapse_state + first + k, current,
                                                      snnrt_block_of(&plan->synapse, first, channel) + k);
            }
            if (narrow && !biased && !general) {
                /* |v| is at most 2^15: with a current of 2^30 nothing overflows, and a larger one is
                 * clamped to the same int16. */
                u += SNNRT_SET(maximum)(SNNRT_SET(minimum)(current, limit), -limit);
            } else {
                u = SNNRT_SET(saturating_add)(u, current);
            }
            if (biased) {
                u = SNNRT_SET(saturating_add)(u, SNNRT_SET(load)(bias + k));
            }
            if (next && reset != SNNRT_RESET_NONE) {
                after = reset == SNNRT_RESET_VALUE ? SNNRT_SET(load)(reset_to + k)
                                                   : SNNRT_SET(saturating_add)(u, -level);
                u = SNNRT_SET(select)(SNNRT_SET(greater)(v, level - below), after, u);
            }
            if (narrow) {
                u = SNNRT_SET(clamp_int16)(u);
            }
            fired = SNNRT_SET(greater)(u, level - below);
            if (reset == SNNRT_RESET_VALUE) {
                after = SNNRT_SET(load)(reset_to + k);
            } else {
                /* Also in lanes that did not fire, where it may wrap. */
                after = (SNNRT_LANES)((SNNRT_SET(unsigned_lanes))u - (SNNRT_SET(unsigned_lanes))level);
            }
            if (multiple) {
                const SNNRT_LANES asked = SNNRT_SET(maximum)(u, (SNNRT_LANES){0}) / level;
                const SNNRT_LANES count = SNNRT_SET(minimum)(asked, most);
                snnrt_count_capped(step,
                                   snnrt_popcount(SNNRT_SET(fired_bits)(SNNRT_SET(greater)(asked, most))));
                *(SNNRT_SET(narrow_lanes) *)(void *)((snnrt_int16 *)outputs + first + k) =
                    __builtin_convertvector(count, SNNRT_SET(narrow_lanes));
                for (uint32_t lane = 0; lane < SNNRT_SET_LANES; lane++) {
                    spikes += (uint32_t)count[lane];
                }
                fired = SNNRT_SET(greater)(count, (SNNRT_LANES){0});
                if (reset == SNNRT_RESET_SUBTRACT) {
                    after = u - count * level;
                }
            }
            if (!general || (!next && !silent && reset != SNNRT_RESET_NONE)) {
                u = SNNRT_SET(select)(fired, after, u);
            }
            if (general && plan->bound.values != NULL) {
                u = SNNRT_SET(maximum)(u, SNNRT_SET(load)(snnrt_block_of(&plan->bound, first, channel) + k));
            }
            if (narrow) {
                SNNRT_SET(store_narrow)((SNNRT_SET(narrow_lanes) *)state, u);
            } else {
                *(SNNRT_LANES *)state = u;
            }
            if (silent) {
                *(SNNRT_LANES *)(void *)((snnrt_int32 *)outputs + first + k) = u;
            }
            word |= SNNRT_SET(fired_bits)(fired) << k;
        }
        if (!silent && !multiple) {
            ((snnrt_uint32 *)outputs)[first / SNNRT_BLOCK] = word;
            spikes += snnrt_popcount(word);
        }
        channel += SNNRT_BLOCK;
        channel = channel >= channels ? 0u : channel;
    }
    return spikes;
}

SNNRT_SET_TARGET uint64_t SNNRT_LANES_PASTE(snnrt_neuron_i32, SNNRT_SET_NAME)(const snnrt_neuron_step *step) {
    const uint32_t end = step->neurons & ~(SNNRT_BLOCK - 1u);
    snnrt_lanes_plan plan;
    uint64_t spikes;
    if (!snnrt_plan_lanes(&plan, step)) {
        return snnrt_neuron_i32(step);
    }
    spikes = SNNRT_UPDATE_LANES(SNNRT_SET(update_blocks));
    return end == step->neurons ? spikes : spikes + snnrt_neuron_i32_from(step, end);
}

#include "neuron_lanes_ahead.h"

#undef SNNRT_SET
#undef SNNRT_LANES
#undef SNNRT_SET_NAME
#undef SNNRT_SET_LANES
#undef SNNRT_SET_TARGET
