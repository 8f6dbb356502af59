/* The float32 neuron step of docs/ir.md, block by block. */
#include "neuron_block.h"

#include "../snnrt_float.h"

#if SNNRT_WITH_FLOAT32
/* g·i where there is a gain. */
static inline void scale_current(snnrt_float32 *i, const snnrt_float32 *gain, uint32_t count) {
    if (gain != NULL) {
        for (uint32_t k = 0; k < count; k++) {
            i[k] = gain[k] * i[k];
        }
    }
}

static inline void synaptic_current_f32(uint32_t order, snnrt_float32 *c, const snnrt_float32 *x,
                                        const snnrt_float32 *constant, snnrt_float32 *i, uint32_t count) {
    for (uint32_t k = 0; k < count; k++) {
        float now, next;
        switch (order) {
        case SNNRT_SYNAPSE_DECAY_THEN_ADD:
            next = constant[k] * c[k];
            next = next + x[k];
            now = next;
            break;
        case SNNRT_SYNAPSE_ADD_THEN_DECAY:
            next = c[k] + x[k];
            next = constant[k] * next;
            now = next;
            break;
        case SNNRT_SYNAPSE_USE_THEN_DECAY:
            now = c[k] + x[k];
            next = constant[k] * now;
            next = snnrt_difference(now, next);
            break;
        default:
            now = c[k];
            next = constant[k] * c[k];
            next = next + x[k];
            break;
        }
        c[k] = next;
        i[k] = now;
    }
}

/* `constant` is α, k or τ as `integration` says; an absent leak is 0. */
static inline void integrate(uint32_t integration, snnrt_float32 *u, const snnrt_float32 *v,
                             const snnrt_float32 *i, const snnrt_float32 *constant, const snnrt_float32 *leak,
                             uint32_t count) {
    for (uint32_t k = 0; k < count; k++) {
        float l = leak == NULL ? 0.0f : leak[k];
        float term;
        switch (integration) {
        case SNNRT_INTEGRATION_DECAY:
            term = constant[k] * v[k];
            u[k] = term + i[k];
            break;
        case SNNRT_INTEGRATION_EULER:
            term = snnrt_difference(l, v[k]);
            term = term + i[k];
            term = constant[k] * term;
            u[k] = v[k] + term;
            break;
        case SNNRT_INTEGRATION_DIVIDE:
            term = snnrt_difference(v[k], l);
            term = snnrt_difference(i[k], term);
            term = term / constant[k];
            u[k] = v[k] + term;
            break;
        default:
            term = snnrt_difference(v[k], l);
            term = term / constant[k];
            term = snnrt_difference(v[k], term);
            u[k] = term + i[k];
            break;
        }
    }
}

static inline uint32_t fires_f32(const snnrt_float32 *u, const snnrt_float32 *threshold, bool strict,
                                 uint32_t count) {
    uint32_t word = 0;
    for (uint32_t k = 0; k < count; k++) {
        bool fired = strict ? u[k] > threshold[k] : u[k] >= threshold[k];
        word |= (uint32_t)fired << k;
    }
    return word;
}

static inline void apply_reset(uint32_t reset, snnrt_float32 *u, const snnrt_float32 *threshold,
                               const snnrt_float32 *reset_to, uint32_t word, uint32_t count) {
    for (uint32_t k = 0; k < count; k++) {
        if (((word >> k) & 1u) != 0) {
            if (reset == SNNRT_RESET_SUBTRACT) {
                u[k] = snnrt_difference(u[k], threshold[k]);
            } else if (reset == SNNRT_RESET_VALUE) {
                u[k] = reset_to[k];
            }
        }
    }
}

/* Truncates 0 <= x < 2^24 to a whole number, by the two conversions that the core has elsewhere: each is a function on a
 * processor without floats. */
static inline float truncate_small(float x) { return (float)(uint32_t)(int32_t)x; }

#if SNNRT_WITH_NEURON_VARIANTS
/* How many of its `net` spikes a neuron takes back where its membrane is below 0; `fired` are those that it fires. */
static inline float taken_back_f32(snnrt_int16 *net, float u, float threshold, float fired, float most) {
    float left = (float)(int32_t)*net, back = 0.0f;
    int32_t now;
    most = left < most ? left : most;
    if (u < 0.0f) {
        /* -floor(u / threshold) */
        float ratio = 0.0f - u / threshold;
        back = most;
        if (ratio < most) {
            back = truncate_small(ratio);
            back = back < ratio ? back + 1.0f : back;
        }
    }
    now = *net + (int32_t)fired - (int32_t)back;
    *net = (int16_t)(now < INT16_MAX ? now : INT16_MAX);
    return back;
}
#endif

static inline uint64_t fire_multiple(const snnrt_neuron_step *step, snnrt_float32 *out, snnrt_float32 *u,
                                     const snnrt_float32 *threshold, uint32_t reset,
                                     const snnrt_float32 *reset_to, uint32_t resting, snnrt_int16 *net,
                                     uint32_t count) {
    uint64_t spikes = 0;
    const float most = (float)step->max_spikes;
    uint32_t capped = 0;
    for (uint32_t k = 0; k < count; k++) {
        float n = 0.0f;
        if (u[k] > 0.0f && ((resting >> k) & 1u) == 0) {
            float ratio = u[k] / threshold[k];
            /* Also where the ratio is no number. */
            n = ratio < most ? truncate_small(ratio) : most;
            capped += !(ratio < most + 1.0f);
        }
        if (n > 0.0f && reset == SNNRT_RESET_SUBTRACT) {
            float taken = n * threshold[k];
            u[k] = snnrt_difference(u[k], taken);
        } else if (n > 0.0f && reset == SNNRT_RESET_VALUE) {
            u[k] = reset_to[k];
        }
        spikes += (uint32_t)(int32_t)n;
#if SNNRT_WITH_NEURON_VARIANTS
        if (net != NULL) {
            float back = taken_back_f32(net + k, u[k], threshold[k], n, most);
            float taken = back * threshold[k];
            if (back > 0.0f) {
                u[k] = u[k] + taken;
                n = 0.0f - back;
                spikes += (uint32_t)(int32_t)back;
            }
        }
#else
        (void)net;
#endif
        out[k] = n;
    }
    snnrt_count_capped(step, capped);
    return spikes;
}

#if SNNRT_WITH_NEURON_VARIANTS
/* Of an alpha synapse: what it takes off, of the step before kept in `fallen`. */
static inline void alpha_current(snnrt_float32 *d, const snnrt_float32 *x, const snnrt_float32 *constant,
                                 snnrt_float32 *fallen, snnrt_float32 *i, uint32_t count) {
    for (uint32_t k = 0; k < count; k++) {
        float next = constant[k] * d[k];
        fallen[k] = d[k];
        next = next + x[k];
        d[k] = next;
        i[k] = i[k] - next;
    }
}

/* The late reset that takes an alpha synapse's currents, too. */
static inline void reset_synapse(uint32_t reset, snnrt_float32 *u, snnrt_float32 *c, snnrt_float32 *d,
                                 const snnrt_float32 *fallen, const snnrt_float32 *threshold,
                                 const snnrt_float32 *reset_to, uint32_t word, uint32_t count) {
    for (uint32_t k = 0; k < count; k++) {
        if (reset != SNNRT_RESET_NONE && ((word >> k) & 1u) != 0) {
            u[k] = reset == SNNRT_RESET_SUBTRACT ? u[k] - fallen[k] : reset_to[k];
            c[k] = reset == SNNRT_RESET_SUBTRACT ? c[k] - threshold[k] : 0.0f;
            d[k] = 0.0f;
        }
    }
}

/* The adaptations fade; `in_force` are the thresholds with them. */
static inline void raise_threshold(snnrt_float32 *raised, const snnrt_float32 *fade,
                                   const snnrt_float32 *threshold, snnrt_float32 *in_force, uint32_t count) {
    for (uint32_t k = 0; k < count; k++) {
        raised[k] = fade[k] * raised[k];
        in_force[k] = threshold[k] + raised[k];
    }
}

/* Takes this step's reset, and gives the last one's back. */
static inline void reset_ahead(snnrt_float32 *u, const snnrt_float32 *threshold, uint32_t word, uint32_t late,
                               uint32_t count) {
    for (uint32_t k = 0; k < count; k++) {
        if ((((word ^ late) >> k) & 1u) != 0) {
            u[k] = ((word >> k) & 1u) != 0 ? u[k] - threshold[k] : u[k] + threshold[k];
        }
    }
}

static inline uint32_t resting_neurons(const snnrt_int16 *counters, uint32_t count) {
    uint32_t word = 0;
    for (uint32_t k = 0; k < count; k++) {
        word |= (uint32_t)(counters[k] != 0) << k;
    }
    return word;
}
#endif

#if SNNRT_WITH_KERNEL_TABLE
uint64_t snnrt_neuron_f32_from(const snnrt_neuron_step *step, uint32_t start) {
#else
uint64_t snnrt_neuron_f32(const snnrt_neuron_step *step) {
    const uint32_t start = 0;
#endif
    uint32_t flags = step->flags;
    uint32_t reset = SNNRT_NEURON_RESET(flags);
    bool strict = (flags & SNNRT_NEURON_STRICT) != 0;
    bool next = (flags & SNNRT_NEURON_RESET_NEXT) != 0;
    uint32_t room[SNNRT_NEURON_SCALE][SNNRT_BLOCK];
    float i[SNNRT_BLOCK], u[SNNRT_BLOCK];
#if SNNRT_WITH_NEURON_VARIANTS
    snnrt_float32 in_force[SNNRT_BLOCK], fallen[SNNRT_BLOCK];
    uint32_t rise_room[SNNRT_BLOCK];
#endif
    uint64_t spikes = 0;
    for (uint32_t first = start; first < step->neurons; first += SNNRT_BLOCK) {
        uint32_t left = step->neurons - first;
        uint32_t count = left < SNNRT_BLOCK ? left : SNNRT_BLOCK;
        const snnrt_float32 *array[SNNRT_NEURON_SCALE];
        const snnrt_float32 *threshold;
        const snnrt_float32 *x = (const snnrt_float32 *)step->current + first;
        snnrt_float32 *v = (snnrt_float32 *)step->state + first;
        uint32_t word, late = 0, resting = 0;
        for (uint32_t a = 0; a < SNNRT_NEURON_SCALE; a++) {
            array[a] =
                (const snnrt_float32 *)snnrt_block_parameter(step, a, first, count, first == start, room[a]);
        }
        if (array[SNNRT_NEURON_SYNAPSE] != NULL) {
            synaptic_current_f32(SNNRT_NEURON_SYNAPSE_ORDER(flags),
                                 (snnrt_float32 *)step->synapse_state + first, x, array[SNNRT_NEURON_SYNAPSE],
                                 i, count);
        } else {
            for (uint32_t k = 0; k < count; k++) {
                i[k] = x[k];
            }
        }
#if SNNRT_WITH_NEURON_VARIANTS
        if (SNNRT_GRANULARITY(step, SNNRT_NEURON_SYNAPSE_RISE) != SNNRT_ABSENT) {
            alpha_current((snnrt_float32 *)step->rise_state + first, x,
                          (const snnrt_float32 *)snnrt_block_parameter(step, SNNRT_NEURON_SYNAPSE_RISE, first,
                                                                       count, first == start, rise_room),
                          fallen, i, count);
        }
#endif
        scale_current(i, array[SNNRT_NEURON_GAIN], count);
        integrate(SNNRT_NEURON_INTEGRATION(flags), u, v, i, array[SNNRT_NEURON_MEMBRANE],
                  array[SNNRT_NEURON_LEAK], count);
        if (array[SNNRT_NEURON_BIAS] != NULL) {
            for (uint32_t k = 0; k < count; k++) {
                u[k] = u[k] + array[SNNRT_NEURON_BIAS][k];
            }
        }
        threshold = array[SNNRT_NEURON_THRESHOLD];
#if SNNRT_WITH_NEURON_VARIANTS
        if (array[SNNRT_NEURON_ADAPTATION_DECAY] != NULL) {
            raise_threshold((snnrt_float32 *)step->adaptation_state + first,
                            array[SNNRT_NEURON_ADAPTATION_DECAY], threshold, in_force, count);
            threshold = in_force;
        }
        if (array[SNNRT_NEURON_REFRACTORY] != NULL) {
            resting = resting_neurons((const snnrt_int16 *)step->refractory_state + first, count);
        }
#endif
        if (next) {
            late = fires_f32(v, array[SNNRT_NEURON_THRESHOLD], strict, count);
#if SNNRT_WITH_NEURON_VARIANTS
            if ((flags & SNNRT_NEURON_RESET_SYNAPSE) != 0) {
                reset_synapse(reset, u, (snnrt_float32 *)step->synapse_state + first,
                              (snnrt_float32 *)step->rise_state + first, fallen,
                              array[SNNRT_NEURON_THRESHOLD], array[SNNRT_NEURON_RESET_VALUE], late, count);
            } else
#endif
            {
                apply_reset(reset, u, array[SNNRT_NEURON_THRESHOLD], array[SNNRT_NEURON_RESET_VALUE], late,
                            count);
            }
        }
        if (threshold == NULL) {
            word = 0;
        } else if ((flags & SNNRT_NEURON_MULTIPLE) != 0) {
            word = 0;
            spikes +=
                fire_multiple(step, (snnrt_float32 *)step->output + first, u, threshold,
                              next ? (uint32_t)SNNRT_RESET_NONE : reset, array[SNNRT_NEURON_RESET_VALUE],
                              resting,
                              (flags & SNNRT_NEURON_TAKES_BACK) != 0 ? (snnrt_int16 *)step->net_state + first
                                                                     : NULL,
                              count);
        } else {
            word = fires_f32(u, threshold, strict, count) & ~resting;
#if SNNRT_WITH_NEURON_VARIANTS
            if ((flags & SNNRT_NEURON_ONE_SPIKE) != 0) {
                snnrt_uint32 *fired = (snnrt_uint32 *)step->fired_state + first / SNNRT_BLOCK;
                word &= ~*fired;
                *fired |= word;
            }
#endif
            ((snnrt_uint32 *)step->output)[first / SNNRT_BLOCK] = word;
            spikes += snnrt_popcount(word);
            if (!next) {
                apply_reset(reset, u, threshold, array[SNNRT_NEURON_RESET_VALUE], word, count);
            }
#if SNNRT_WITH_NEURON_VARIANTS
            if ((flags & SNNRT_NEURON_RESET_AHEAD) != 0) {
                reset_ahead(u, threshold, word, late, count);
            }
#endif
        }
#if SNNRT_WITH_NEURON_VARIANTS
        if (array[SNNRT_NEURON_ADAPTATION] != NULL || array[SNNRT_NEURON_REFRACTORY] != NULL) {
            const snnrt_float32 *several =
                (flags & SNNRT_NEURON_MULTIPLE) != 0 ? (const snnrt_float32 *)step->output + first : NULL;
            for (uint32_t k = 0; k < count; k++) {
                float fired = several != NULL ? several[k] : (float)((word >> k) & 1u);
                if (array[SNNRT_NEURON_ADAPTATION] != NULL && fired > 0.0f) {
                    snnrt_float32 *raised = (snnrt_float32 *)step->adaptation_state + first + k;
                    float jump = fired * array[SNNRT_NEURON_ADAPTATION][k];
                    *raised = *raised + jump;
                }
                if (array[SNNRT_NEURON_REFRACTORY] != NULL) {
                    snnrt_int16 *counter = (snnrt_int16 *)step->refractory_state + first + k;
                    if (((resting >> k) & 1u) != 0) {
                        u[k] = (flags & SNNRT_NEURON_REFRACTORY_INTEGRATES) != 0 ? u[k] : v[k];
                        --*counter;
                    } else if (fired > 0.0f) {
                        *counter =
                            (int16_t)((const snnrt_int32 *)(const void *)array[SNNRT_NEURON_REFRACTORY])[k];
                    }
                }
            }
        }
#endif
        if (array[SNNRT_NEURON_LOWER_BOUND] != NULL) {
            const snnrt_float32 *bound = array[SNNRT_NEURON_LOWER_BOUND];
            for (uint32_t k = 0; k < count; k++) {
                u[k] = u[k] < bound[k] ? bound[k] : u[k];
            }
        }
        for (uint32_t k = 0; k < count; k++) {
            v[k] = u[k];
        }
        if (array[SNNRT_NEURON_THRESHOLD] == NULL) {
            for (uint32_t k = 0; k < count; k++) {
                ((snnrt_float32 *)step->output)[first + k] = u[k];
            }
        }
    }
    return spikes;
}

#if SNNRT_WITH_KERNEL_TABLE
uint64_t snnrt_neuron_f32(const snnrt_neuron_step *step) { return snnrt_neuron_f32_from(step, 0); }
#endif
#else
typedef int snnrt_neuron_f32_left_out;
#endif
