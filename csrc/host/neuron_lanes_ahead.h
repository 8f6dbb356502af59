/* Timesteps of neurons whose currents stay as they are, each membrane in a register for some of them: part of
 * neuron_lanes_step.h. Internal. */

/* Values up to this in magnitude don't overflow in SNNRT_AHEAD_STEPS timesteps. */
#define SNNRT_AHEAD_SMALL 0x3FFFFFF
/* Timesteps for which a membrane stays in a register. */
#define SNNRT_AHEAD_TURN 4u

/* As large as |v| or one less. */
SNNRT_INLINE SNNRT_SET_TARGET static inline SNNRT_LANES SNNRT_SET(magnitude)(SNNRT_LANES v) {
    return v ^ (v >> 31);
}

/* A block; what is const here is constant in each call. `small`: nothing overflows. `whole`: membranes begin at
 * 0, and nothing comes behind these timesteps. */
SNNRT_INLINE SNNRT_SET_TARGET static inline void
SNNRT_SET(block_ahead)(const snnrt_int32 *x, void *state, const snnrt_int32 *decay,
                       const snnrt_int32 *threshold, const snnrt_int32 *reset_to, int shift,
                       SNNRT_LANES below, const uint32_t steps, uint32_t *words, const bool narrow,
                       const uint32_t kind, const uint32_t reset, const bool small, const bool whole) {
    uint32_t word[SNNRT_AHEAD_TURN] = {0};
    for (uint32_t k = 0; k < SNNRT_BLOCK; k += SNNRT_SET_LANES) {
        const SNNRT_LANES current = SNNRT_SET(load)(x + k), level = SNNRT_SET(load)(threshold + k);
        const SNNRT_LANES limit = level - below, to = SNNRT_SET(load)(reset_to + k);
        void *at = narrow ? (void *)((snnrt_int16 *)state + k) : (void *)((snnrt_int32 *)state + k);
        SNNRT_LANES v = {0};
        if (!whole) {
            v = narrow ? SNNRT_SET(widened)((const SNNRT_SET(narrow_lanes) *)at) : *(SNNRT_LANES *)at;
        }
        for (uint32_t t = 0; t < steps; t++) {
            /* Where nothing overflows a membrane decays as one of int16 does by a shift. */
            SNNRT_LANES u =
                SNNRT_SET(decay)(v, decay + k, kind, shift, narrow || (small && kind == SNNRT_DECAY_SHIFT));
            SNNRT_SET(fired) fired;
            SNNRT_LANES after;
            u = small ? (SNNRT_LANES)(u + current) : SNNRT_SET(saturating_add)(u, current);
            if (narrow) {
                u = SNNRT_SET(clamp_int16)(u);
            }
            fired = SNNRT_SET(greater)(u, limit);
            /* In lanes that did not fire it may wrap. */
            after = reset == SNNRT_RESET_VALUE
                        ? to
                        : (SNNRT_LANES)((SNNRT_SET(unsigned_lanes))u - (SNNRT_SET(unsigned_lanes))level);
            v = SNNRT_SET(select)(fired, after, u);
            word[t] |= SNNRT_SET(fired_bits)(fired) << k;
        }
        if (whole) {
            continue;
        }
        if (narrow) {
            SNNRT_SET(store_narrow)((SNNRT_SET(narrow_lanes) *)at, v);
        } else {
            *(SNNRT_LANES *)at = v;
        }
    }
    for (uint32_t t = 0; t < steps; t++) {
        words[t] = word[t];
    }
}

SNNRT_INLINE SNNRT_SET_TARGET static inline void
SNNRT_SET(blocks_ahead)(const snnrt_neuron_step *step, snnrt_lanes_plan *plan, uint32_t steps,
                        snnrt_uint32 *spikes, const bool whole, const bool narrow, const uint32_t kind,
                        const uint32_t reset) {
    const SNNRT_LANES below = (SNNRT_LANES){0} + ((plan->flags & SNNRT_NEURON_STRICT) != 0 ? 0 : 1);
    const uint32_t blocks = step->neurons / SNNRT_BLOCK;
    uint32_t channel = 0;
    for (uint32_t block = 0; block < blocks; block++) {
        const uint32_t first = block * SNNRT_BLOCK;
        const snnrt_int32 *x = (const snnrt_int32 *)step->current + first;
        void *state = narrow ? (void *)((snnrt_int16 *)step->state + first)
                             : (void *)((snnrt_int32 *)step->state + first);
        snnrt_uint32 *output = (snnrt_uint32 *)step->output + block;
        uint32_t words[SNNRT_AHEAD_STEPS] = {0};
        /* Thresholds are 1 at least: such neurons stay at 0 and do not fire. */
        if (!SNNRT_SET(rests)(x, whole ? (const void *)x : state, narrow && !whole)) {
            const snnrt_int32 *decay, *threshold, *reset_to;
            SNNRT_LANES large = {0};
            uint32_t here;
            bool small;
            if (plan->refills) {
                snnrt_refill(plan, step, first);
            }
            decay = snnrt_block_of(&plan->decay, first, channel);
            threshold = snnrt_block_of(&plan->threshold, first, channel);
            reset_to = reset == SNNRT_RESET_VALUE ? snnrt_block_of(&plan->reset_to, first, channel) : x;
            for (uint32_t k = 0; k < SNNRT_BLOCK; k += SNNRT_SET_LANES) {
                large |= SNNRT_SET(magnitude)(SNNRT_SET(load)(x + k));
                large |= SNNRT_SET(magnitude)(SNNRT_SET(load)(reset_to + k));
                if (!narrow && !whole) {
                    large |= SNNRT_SET(magnitude)(*((const SNNRT_LANES *)state + k / SNNRT_SET_LANES));
                }
            }
            small = SNNRT_SET(sign_bits)((SNNRT_LANES){0} + SNNRT_AHEAD_SMALL - large) == 0;
            if (whole && small && steps == SNNRT_AHEAD_TURN) {
                SNNRT_SET(block_ahead)
                (x, state, decay, threshold, reset_to, plan->shift, below, SNNRT_AHEAD_TURN, words, narrow,
                 kind, reset, true, true);
            } else {
                if (whole) {
                    snnrt_rest_membranes(state, narrow);
                }
                for (uint32_t t = 0; t < steps; t += here) {
                    /* Of so many the spikes stay in registers too. */
                    here = small && steps - t >= SNNRT_AHEAD_TURN ? SNNRT_AHEAD_TURN : 1u;
                    if (here == SNNRT_AHEAD_TURN) {
                        SNNRT_SET(block_ahead)
                        (x, state, decay, threshold, reset_to, plan->shift, below, SNNRT_AHEAD_TURN,
                         words + t, narrow, kind, reset, true, false);
                    } else {
                        SNNRT_SET(block_ahead)
                        (x, state, decay, threshold, reset_to, plan->shift, below, 1u, words + t, narrow,
                         kind, reset, false, false);
                    }
                }
            }
        }
        for (uint32_t t = 0; t < steps; t++, output += blocks) {
            *output = words[t];
            spikes[t] += snnrt_popcount(words[t]);
        }
        channel += SNNRT_BLOCK;
        channel = channel >= step->channels ? 0u : channel;
    }
}

#define SNNRT_AHEAD_RESET(whole, narrow, kind) \
    if (plan.reset == SNNRT_RESET_VALUE) { \
        SNNRT_SET(blocks_ahead)(step, &plan, steps, spikes, whole, narrow, kind, SNNRT_RESET_VALUE); \
    } else { \
        SNNRT_SET(blocks_ahead)(step, &plan, steps, spikes, whole, narrow, kind, SNNRT_RESET_SUBTRACT); \
    }
#define SNNRT_AHEAD_DECAY(whole, narrow) \
    if (plan.decay_kind == SNNRT_DECAY_SHIFT) { \
        SNNRT_AHEAD_RESET(whole, narrow, SNNRT_DECAY_SHIFT) \
    } else { \
        SNNRT_AHEAD_RESET(whole, narrow, SNNRT_DECAY_PRODUCT) \
    }

SNNRT_SET_TARGET bool SNNRT_LANES_PASTE(snnrt_neuron_ahead, SNNRT_SET_NAME)(const snnrt_neuron_step *step,
                                                                            uint32_t steps, bool whole,
                                                                            snnrt_uint32 *spikes) {
    snnrt_lanes_plan plan;
    if (step->neurons % SNNRT_BLOCK != 0 || !snnrt_plan_lanes(&plan, step) || snnrt_lanes_general(&plan) ||
        plan.bias.values != NULL) {
        return false;
    }
    for (uint32_t t = 0; t < steps; t++) {
        spikes[t] = 0;
    }
    if ((plan.flags & SNNRT_NEURON_STATE_INT16) != 0) {
        if (whole) {
            SNNRT_AHEAD_DECAY(true, true)
        } else {
            SNNRT_AHEAD_DECAY(false, true)
        }
    } else if (whole) {
        SNNRT_AHEAD_DECAY(true, false)
    } else {
        SNNRT_AHEAD_DECAY(false, false)
    }
    return true;
}

#undef SNNRT_AHEAD_TURN
#undef SNNRT_AHEAD_SMALL
#undef SNNRT_AHEAD_RESET
#undef SNNRT_AHEAD_DECAY
