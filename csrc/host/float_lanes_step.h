/* The float32 neuron step in vectors, whole blocks of neurons, every operation, rounding and order of the portable step: one text
 * for every instruction set of the host. A set includes it once, behind float_lanes.h and these, with what the set's
 * name and an underscore begin:
 *     SNNRT_SET_NAME, SNNRT_SET_LANES, SNNRT_SET_TARGET   its name, floats in a vector, the attribute of its functions
 *     lanes, mask, word                                    vectors of floats; what a comparison gives; of 32 spikes
 *     select(fired, a, b)                                  a where fired, else b
 *     with_spikes(word, fired)                             `word`, shifted by a vector, with this vector's spikes below
 *     bits_of(word)                                        a bit a spike
 *     rests(x, v)                                          whether a block has neither current nor membrane, all bits 0
 * It defines snnrt_neuron_NAME and undefines those macros. Internal. */
#define SNNRT_SET(name) SNNRT_LANES_PASTE(SNNRT_SET_NAME, name)
#define SNNRT_LANES SNNRT_SET(lanes)

SNNRT_SET_TARGET static inline SNNRT_LANES SNNRT_SET(load)(const snnrt_float32 *from, uint32_t k) {
    return *(const SNNRT_LANES *)(const void *)(from + k);
}

SNNRT_SET_TARGET static inline void SNNRT_SET(store)(snnrt_float32 *to, SNNRT_LANES values) {
    *(SNNRT_LANES *)(void *)to = values;
}

/* The current that a synapse makes of `x`. */
SNNRT_SET_TARGET static inline SNNRT_LANES SNNRT_SET(synaptic_current)(uint32_t order, snnrt_float32 *state,
                                                                       SNNRT_LANES x, SNNRT_LANES constant) {
    const SNNRT_LANES before = SNNRT_SET(load)(state, 0);
    SNNRT_LANES now, next;
    switch (order) {
    case SNNRT_SYNAPSE_DECAY_THEN_ADD:
        next = constant * before;
        next = next + x;
        now = next;
        break;
    case SNNRT_SYNAPSE_ADD_THEN_DECAY:
        next = before + x;
        next = constant * next;
        now = next;
        break;
    case SNNRT_SYNAPSE_USE_THEN_DECAY:
        now = before + x;
        next = constant * now;
        next = now - next;
        break;
    default:
        now = before;
        next = constant * before;
        next = next + x;
        break;
    }
    SNNRT_SET(store)(state, next);
    return now;
}

SNNRT_SET_TARGET static inline SNNRT_LANES SNNRT_SET(integrated)(uint32_t integration, SNNRT_LANES v,
                                                                 SNNRT_LANES i, SNNRT_LANES constant,
                                                                 SNNRT_LANES leak) {
    SNNRT_LANES term;
    switch (integration) {
    case SNNRT_INTEGRATION_DECAY:
        term = constant * v;
        return term + i;
    case SNNRT_INTEGRATION_EULER:
        term = (leak - v) + i;
        term = constant * term;
        return v + term;
    case SNNRT_INTEGRATION_DIVIDE:
        term = i - (v - leak);
        return v + term / constant;
    default:
        term = v - (v - leak) / constant;
        return term + i;
    }
}

SNNRT_SET_TARGET static inline SNNRT_SET(mask)
    SNNRT_SET(fired)(SNNRT_LANES u, SNNRT_LANES threshold, bool strict) {
    return strict ? (SNNRT_SET(mask))(u > threshold) : (SNNRT_SET(mask))(u >= threshold);
}

SNNRT_SET_TARGET static inline SNNRT_LANES SNNRT_SET(after_reset)(const snnrt_float_plan *plan,
                                                                  uint32_t reset, SNNRT_LANES u,
                                                                  SNNRT_LANES threshold,
                                                                  SNNRT_SET(mask) fired, uint32_t k) {
    if (reset == SNNRT_RESET_SUBTRACT) {
        return SNNRT_SET(select)(fired, u - threshold, u);
    }
    if (reset == SNNRT_RESET_VALUE) {
        return SNNRT_SET(select)(fired, SNNRT_SET(load)(plan->here[SNNRT_NEURON_RESET_VALUE], k), u);
    }
    return u;
}

/* Whole blocks; `reset`, `biased` and `general` are constant in each call. */
SNNRT_INLINE SNNRT_SET_TARGET static inline uint64_t
SNNRT_SET(update)(const snnrt_neuron_step *step, snnrt_float_plan *plan, uint32_t end, const uint32_t reset,
                  const bool biased, const bool general) {
    const bool strict = (step->flags & SNNRT_NEURON_STRICT) != 0;
    const bool next = general && (step->flags & SNNRT_NEURON_RESET_NEXT) != 0;
    uint64_t spikes = 0;
    uint32_t channel = 0;
    for (uint32_t first = 0; first < end; first += SNNRT_BLOCK) {
        const snnrt_float32 *x = (const snnrt_float32 *)step->current + first;
        snnrt_float32 *state = (snnrt_float32 *)step->state + first;
        SNNRT_SET(word) word = {0};
        /* Constants are finite and thresholds above 0: such neurons stay at 0 and do not fire. */
        if (!general && !biased && SNNRT_SET(rests)(x, state)) {
            ((snnrt_uint32 *)step->output)[first / SNNRT_BLOCK] = 0;
            channel += SNNRT_BLOCK;
            channel = channel >= step->channels ? 0u : channel;
            continue;
        }
        if (plan->refills) {
            snnrt_refill_floats(plan, step, first);
        }
        snnrt_find_floats(plan, SNNRT_NEURON_MEMBRANE, first, channel);
        snnrt_find_floats(plan, SNNRT_NEURON_THRESHOLD, first, channel);
        snnrt_find_floats(plan, SNNRT_NEURON_RESET_VALUE, first, channel);
        if (biased) {
            snnrt_find_floats(plan, SNNRT_NEURON_BIAS, first, channel);
        }
        if (general) {
            snnrt_find_floats(plan, SNNRT_NEURON_SYNAPSE, first, channel);
            snnrt_find_floats(plan, SNNRT_NEURON_GAIN, first, channel);
            snnrt_find_floats(plan, SNNRT_NEURON_LEAK, first, channel);
            snnrt_find_floats(plan, SNNRT_NEURON_LOWER_BOUND, first, channel);
        }
        /* From the last vector on, so that the first one's spikes come lowest. */
        for (uint32_t k = SNNRT_BLOCK; k != 0;) {
            SNNRT_LANES i, v, u, threshold, constant, leak = {0};
            k -= SNNRT_SET_LANES;
            i = SNNRT_SET(load)(x, k);
            v = SNNRT_SET(load)(state, k);
            constant = SNNRT_SET(load)(plan->here[SNNRT_NEURON_MEMBRANE], k);
            if (general && plan->here[SNNRT_NEURON_SYNAPSE] != NULL) {
                i = SNNRT_SET(synaptic_current)(SNNRT_NEURON_SYNAPSE_ORDER(step->flags),
                                                (snnrt_float32 *)step->synapse_state + first + k, i,
                                                SNNRT_SET(load)(plan->here[SNNRT_NEURON_SYNAPSE], k));
            }
            if (general && plan->here[SNNRT_NEURON_GAIN] != NULL) {
                i = SNNRT_SET(load)(plan->here[SNNRT_NEURON_GAIN], k) * i;
            }
            if (general && plan->here[SNNRT_NEURON_LEAK] != NULL) {
                leak = SNNRT_SET(load)(plan->here[SNNRT_NEURON_LEAK], k);
            }
            u = SNNRT_SET(integrated)(general ? SNNRT_NEURON_INTEGRATION(step->flags)
                                              : (uint32_t)SNNRT_INTEGRATION_DECAY,
                                      v, i, constant, leak);
            if (biased) {
                u = u + SNNRT_SET(load)(plan->here[SNNRT_NEURON_BIAS], k);
            }
            if (!general || plan->here[SNNRT_NEURON_THRESHOLD] != NULL) {
                SNNRT_SET(mask) fired;
                threshold = SNNRT_SET(load)(plan->here[SNNRT_NEURON_THRESHOLD], k);
                if (next) {
                    fired = SNNRT_SET(fired)(v, threshold, strict);
                    u = SNNRT_SET(after_reset)(plan, reset, u, threshold, fired, k);
                }
                fired = SNNRT_SET(fired)(u, threshold, strict);
                word = SNNRT_SET(with_spikes)(word, fired);
                if (!next) {
                    u = SNNRT_SET(after_reset)(plan, reset, u, threshold, fired, k);
                }
            }
            if (general && plan->here[SNNRT_NEURON_LOWER_BOUND] != NULL) {
                const SNNRT_LANES bound = SNNRT_SET(load)(plan->here[SNNRT_NEURON_LOWER_BOUND], k);
                u = SNNRT_SET(select)((SNNRT_SET(mask))(u < bound), bound, u);
            }
            SNNRT_SET(store)(state + k, u);
            if (general && plan->here[SNNRT_NEURON_THRESHOLD] == NULL) {
                SNNRT_SET(store)((snnrt_float32 *)step->output + first + k, u);
            }
        }
        if (!general || plan->here[SNNRT_NEURON_THRESHOLD] != NULL) {
            const uint32_t bits = SNNRT_SET(bits_of)(word);
            ((snnrt_uint32 *)step->output)[first / SNNRT_BLOCK] = bits;
            spikes += (uint32_t)__builtin_popcount(bits);
        }
        channel += SNNRT_BLOCK;
        channel = channel >= step->channels ? 0u : channel;
    }
    return spikes;
}

SNNRT_SET_TARGET uint64_t SNNRT_LANES_PASTE(snnrt_neuron, SNNRT_SET_NAME)(const snnrt_neuron_step *step) {
    const uint32_t end = step->neurons & ~(SNNRT_BLOCK - 1u), reset = SNNRT_NEURON_RESET(step->flags);
    const bool biased = SNNRT_GRANULARITY(step, SNNRT_NEURON_BIAS) != SNNRT_ABSENT;
    snnrt_float_plan plan;
    uint64_t spikes;
    if (!snnrt_plan_floats(&plan, step)) {
        return snnrt_neuron_f32(step);
    }
    if (snnrt_floats_general(step)) {
        spikes = SNNRT_SET(update)(step, &plan, end, reset, biased, true);
    } else if (reset == SNNRT_RESET_VALUE) {
        spikes = biased ? SNNRT_SET(update)(step, &plan, end, SNNRT_RESET_VALUE, true, false)
                        : SNNRT_SET(update)(step, &plan, end, SNNRT_RESET_VALUE, false, false);
    } else {
        spikes = biased ? SNNRT_SET(update)(step, &plan, end, SNNRT_RESET_SUBTRACT, true, false)
                        : SNNRT_SET(update)(step, &plan, end, SNNRT_RESET_SUBTRACT, false, false);
    }
    return end == step->neurons ? spikes : spikes + snnrt_neuron_f32_from(step, end);
}

#undef SNNRT_LANES
#undef SNNRT_SET
#undef SNNRT_SET_NAME
#undef SNNRT_SET_LANES
#undef SNNRT_SET_TARGET
