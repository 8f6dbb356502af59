/* The integer neuron step of docs/ir.md, a neuron at a time: small, and few instructions without vectors. What vector
 * kernels leave out is done here: a new mechanism needs no more than update_variants. */
#include "plain_neurons.h"

#if SNNRT_WITH_INT8

/* Where the step is: a run of neurons whose parameters lie side by side. */
typedef struct snnrt_neuron_run {
    const snnrt_neuron_step *step;
    uint32_t flags;
    uint32_t index[4]; /* of the first neuron's parameters, by their granularity */
    uint32_t count;
    const snnrt_int32 *current; /* of the first neuron */
} snnrt_neuron_run;

/* Of the run's first neuron; NULL where it is absent. */
static const snnrt_int32 *first_value(const snnrt_neuron_run *run, uint32_t parameter) {
    uint32_t granularity = SNNRT_GRANULARITY(run->step, parameter);
    return granularity == SNNRT_ABSENT
               ? NULL
               : (const snnrt_int32 *)run->step->arrays[parameter] + run->index[granularity];
}

/* 1 where each neuron has a value of its own, else 0. */
static inline uint32_t distance(const snnrt_neuron_run *run, uint32_t parameter) {
    return SNNRT_GRANULARITY(run->step, parameter) >> 1;
}

#if SNNRT_WITH_NEURON_VARIANTS || !SNNRT_LONG_PRODUCTS
/* floor((s * a + 2^14) / 2^15) for a in 0 ... 2^15, without a 64-bit product: s = high * 2^15 + low. */
static inline int32_t decay_q15(int32_t s, int32_t a) {
    int32_t high = s >> 15;
    int32_t low = s & 0x7FFF;
    return (int32_t)((uint32_t)high * (uint32_t)a) + ((low * a + 0x4000) >> 15);
}
#endif

/* The same decay of all neurons. With 64-bit products it is round(s * a * 2^17 / 2^32), where a * 2^17 is an int32; from
 * a = 2^14 on that is 2^32 less, and s is added. */
typedef struct snnrt_decay {
    int32_t factor;
    int32_t keeps; /* all ones or 0 */
} snnrt_decay;

static inline snnrt_decay common_decay(int32_t a) {
    snnrt_decay decay;
    decay.factor = SNNRT_LONG_PRODUCTS ? (int32_t)((uint32_t)a << 17) : a;
    decay.keeps = -(a >> 14 != 0);
    return decay;
}

static inline int32_t decay_by(int32_t s, snnrt_decay decay) {
#if SNNRT_WITH_ARM_DSP
    int32_t result;
    __asm__("smmlar %0, %1, %2, %3" : "=r"(result) : "r"(s), "r"(decay.factor), "r"(s & decay.keeps));
    return result;
#elif SNNRT_LONG_PRODUCTS
    return (s & decay.keeps) + (int32_t)(((int64_t)s * decay.factor + 0x80000000) >> 32);
#else
    return decay_q15(s, decay.factor);
#endif
}

static inline int32_t clamp_int16(int32_t value) {
#if SNNRT_WITH_ARM_DSP
    int32_t clamped;
    __asm__("ssat %0, #16, %1" : "=r"(clamped) : "r"(value));
    return clamped;
#else
    return value < -32768 ? -32768 : value > 32767 ? 32767 : value;
#endif
}

static inline bool fires(const snnrt_neuron_run *run, int32_t u, int32_t threshold) {
    return u >= threshold && (u != threshold || (run->flags & SNNRT_NEURON_STRICT) == 0);
}

/* Of the run's neuron k, which fired. */
static inline int32_t after_reset(const snnrt_neuron_run *run, int32_t u, int32_t threshold, uint32_t k) {
    uint32_t reset = SNNRT_NEURON_RESET(run->flags);
    if (reset == SNNRT_RESET_SUBTRACT) {
        return snnrt_saturating_add(u, -threshold);
    }
    return reset == SNNRT_RESET_VALUE
               ? first_value(run, SNNRT_NEURON_RESET_VALUE)[k * distance(run, SNNRT_NEURON_RESET_VALUE)]
               : u;
}

/* The spikes of a run of plain neurons, from bit 0. What is const here is constant in each call where there is a loop
 * for each case. */
SNNRT_INLINE static inline uint32_t update_plain(const snnrt_neuron_run *run, const bool narrow,
                                                 const bool next) {
    const snnrt_neuron_step *step = run->step;
    const uint32_t first = run->index[SNNRT_PER_NEURON];
    const snnrt_int32 *x = (const snnrt_int32 *)step->current + first;
    const snnrt_int32 *const end = x + run->count;
    const snnrt_int32 *threshold = first_value(run, SNNRT_NEURON_THRESHOLD);
    const snnrt_int32 *bias = first_value(run, SNNRT_NEURON_BIAS);
    const snnrt_decay decay = common_decay(*(const snnrt_int32 *)step->arrays[SNNRT_NEURON_MEMBRANE]);
    const uint32_t by_threshold = distance(run, SNNRT_NEURON_THRESHOLD),
                   by_bias = distance(run, SNNRT_NEURON_BIAS);
    snnrt_int32 *wide = (snnrt_int32 *)step->state + first;
    snnrt_int16 *short_state = (snnrt_int16 *)step->state + first;
    uint32_t word = 0;
    do {
        int32_t v = narrow ? *short_state : *wide;
        int32_t u = snnrt_saturating_add(decay_by(v, decay), *x++);
        int32_t level = *threshold;
        threshold += by_threshold;
        if (bias != NULL) {
            u = snnrt_saturating_add(u, *bias);
            bias += by_bias;
        }
        if (next && fires(run, v, level)) {
            u = after_reset(run, u, level, (uint32_t)(x - run->current) - 1u);
        }
        if (narrow) {
            u = clamp_int16(u);
        }
        if (fires(run, u, level)) {
            uint32_t k = (uint32_t)(x - run->current) - 1u;
            word |= 1u << k;
            if (!next) {
                u = after_reset(run, u, level, k);
            }
        }
        if (narrow) {
            *short_state++ = (int16_t)u;
        } else {
            *wide++ = u;
        }
    } while (x != end);
    return word;
}

#if SNNRT_WITH_FAST_LOOPS
SNNRT_NOINLINE static uint32_t update_wide(const snnrt_neuron_run *run) {
    return update_plain(run, false, false);
}
SNNRT_NOINLINE static uint32_t update_narrow(const snnrt_neuron_run *run) {
    return update_plain(run, true, false);
}
SNNRT_NOINLINE static uint32_t update_wide_next(const snnrt_neuron_run *run) {
    return update_plain(run, false, true);
}
SNNRT_NOINLINE static uint32_t update_narrow_next(const snnrt_neuron_run *run) {
    return update_plain(run, true, true);
}

static uint32_t update_run(const snnrt_neuron_run *run) {
    if ((run->flags & SNNRT_NEURON_RESET_NEXT) != 0) {
        return (run->flags & SNNRT_NEURON_STATE_INT16) != 0 ? update_narrow_next(run) : update_wide_next(run);
    }
    return (run->flags & SNNRT_NEURON_STATE_INT16) != 0 ? update_narrow(run) : update_wide(run);
}
#else
SNNRT_NOINLINE static uint32_t update_run(const snnrt_neuron_run *run) {
    return update_plain(run, (run->flags & SNNRT_NEURON_STATE_INT16) != 0,
                        (run->flags & SNNRT_NEURON_RESET_NEXT) != 0);
}
#endif

#if SNNRT_WITH_FAST_LOOPS
/* What a layer of plain neurons has alike. */
typedef struct snnrt_plain_layer {
    uint32_t reset;
    int32_t reset_value;
    bool strict;
} snnrt_plain_layer;

/* Of a neuron that reached its threshold: whether it fires, and what becomes of `u`. */
static inline bool fire(const snnrt_plain_layer *layer, int32_t *u, int32_t threshold) {
    if (*u == threshold && layer->strict) {
        return false;
    }
    if (layer->reset == SNNRT_RESET_SUBTRACT) {
        *u = *u - threshold;
    } else if (layer->reset == SNNRT_RESET_VALUE) {
        *u = layer->reset_value;
    }
    return true;
}

/* A neuron's membrane and current before its threshold is asked; where membranes are narrow, `decay` is as it comes, and what
 * rounds it. */
SNNRT_INLINE static inline int32_t integrated(int32_t v, int32_t x, snnrt_decay decay, const bool narrow,
                                              const bool keeps) {
    if (narrow) {
        return clamp_int16(snnrt_saturating_add((v * decay.factor + decay.keeps) >> 15, x));
    }
#if SNNRT_WITH_ARM_DSP
    if (keeps) {
        __asm__("smmlar %0, %0, %1, %0" : "+r"(v) : "r"(decay.factor));
    } else {
        __asm__("smmulr %0, %0, %1" : "+r"(v) : "r"(decay.factor));
    }
    return snnrt_saturating_add(v, x);
#else
    (void)keeps;
    return snnrt_saturating_add(decay_by(v, decay), x);
#endif
}

#if SNNRT_WITH_ARM_DSP
/* Two words from memory or to it in one instruction, which moves the address on. */
#define SNNRT_TAKE_TWO(a, b, place) \
    __asm__ volatile("ldrd %0, %1, [%2], #8" : "=&r"(a), "=&r"(b), "+r"(place) : : "memory")
#define SNNRT_READ_TWO(a, b, place) \
    __asm__ volatile("ldrd %0, %1, [%2]" : "=&r"(a), "=&r"(b) : "r"(place) : "memory")
#define SNNRT_PUT_TWO(a, b, place) \
    __asm__ volatile("strd %1, %2, [%0], #8" : "+r"(place) : "r"(a), "r"(b) : "memory")
#define SNNRT_PUT_PAIR(a, b, place) \
    __asm__ volatile("pkhbt %1, %1, %2, lsl #16\n\tstr %1, [%0], #4" \
                     : "+r"(place), "+r"(a) \
                     : "r"(b) \
                     : "memory")
#else
#define SNNRT_PUT_PAIR(a, b, place) ((place)[0] = (int16_t)(a), (place)[1] = (int16_t)(b), (place) += 2)
#define SNNRT_TAKE_TWO(a, b, place) ((a) = (place)[0], (b) = (place)[1], (place) += 2)
#define SNNRT_READ_TWO(a, b, place) ((a) = (place)[0], (b) = (place)[1])
#define SNNRT_PUT_TWO(a, b, place) ((place)[0] = (a), (place)[1] = (b), (place) += 2)
#endif

SNNRT_INLINE static inline uint64_t update_layer(const snnrt_neuron_step *step, const bool narrow,
                                                 const bool keeps) {
    const snnrt_int32 *x = (const snnrt_int32 *)step->current;
    const int32_t a = *(const snnrt_int32 *)step->arrays[SNNRT_NEURON_MEMBRANE];
    snnrt_decay decay = common_decay(a);
    snnrt_int32 *wide = (snnrt_int32 *)step->state;
    snnrt_int16 *short_state = (snnrt_int16 *)step->state;
    snnrt_uint32 *output = (snnrt_uint32 *)step->output;
    snnrt_plain_run run = {step->neurons, 0, 0};
    snnrt_plain_layer layer;
    snnrt_thresholds thresholds;
    uint32_t word = 0;
    uint64_t spikes = 0;
    snnrt_find_thresholds(step, &thresholds);
    layer.strict = (step->flags & SNNRT_NEURON_STRICT) != 0;
    layer.reset = SNNRT_NEURON_RESET(step->flags);
    layer.reset_value =
        layer.reset == SNNRT_RESET_VALUE ? *(const snnrt_int32 *)step->arrays[SNNRT_NEURON_RESET_VALUE] : 0;
    if (narrow) {
        decay.factor = a;
        decay.keeps = 0x4000;
    }
#if SNNRT_WITH_ARM_DSP
    /* In a register: a product and a sum are one instruction. What only neurons that fire ask stays in memory. */
    __asm__ volatile("" : "+r"(decay.keeps) : "r"(&layer) : "memory");
#endif
    do {
        const uint32_t count = snnrt_run_neurons(&run, thresholds.period);
        const snnrt_int32 *threshold = thresholds.first + run.place;
        const snnrt_int32 *const begin = x - run.bit, *const end = x + count;
        if ((count & 1u) != 0) {
            int32_t level = *threshold++,
                    u = integrated(narrow ? *short_state : *wide, *x, decay, narrow, keeps);
            if (u >= level && fire(&layer, &u, level)) {
                word |= 1u << (x - begin);
            }
            x++;
            if (narrow) {
                *short_state++ = (int16_t)u;
            } else {
                *wide++ = u;
            }
        }
        while (x != end) {
            int32_t first_level, second_level, first_x, second_x, first, second;
            SNNRT_TAKE_TWO(first_level, second_level, threshold);
            SNNRT_TAKE_TWO(first_x, second_x, x);
            if (narrow) {
                first = short_state[0];
                second = short_state[1];
            } else {
                SNNRT_READ_TWO(first, second, wide);
            }
            first = integrated(first, first_x, decay, narrow, keeps);
            second = integrated(second, second_x, decay, narrow, keeps);
            if (first >= first_level && fire(&layer, &first, first_level)) {
                word |= 1u << (x - begin - 2);
            }
            if (second >= second_level && fire(&layer, &second, second_level)) {
                word |= 1u << (x - begin - 1);
            }
            if (narrow) {
                SNNRT_PUT_PAIR(first, second, short_state);
            } else {
                SNNRT_PUT_TWO(first, second, wide);
            }
        }
        if (snnrt_end_run(&run, count, thresholds.period)) {
            *output++ = word;
#if SNNRT_WITH_COUNTERS
            spikes += snnrt_popcount(word);
#endif
            word = 0;
        }
    } while (run.left != 0);
    return spikes;
}

#if SNNRT_WITH_ARM_DSP
SNNRT_NOINLINE static uint64_t update_layer_kept(const snnrt_neuron_step *step) {
    return update_layer(step, false, true);
}
#endif
SNNRT_NOINLINE static uint64_t update_layer_wide(const snnrt_neuron_step *step) {
#if SNNRT_WITH_ARM_DSP
    /* Whether the factor is 2^32 less than meant. */
    if (*(const snnrt_int32 *)step->arrays[SNNRT_NEURON_MEMBRANE] >> 14 != 0) {
        return update_layer_kept(step);
    }
#endif
    return update_layer(step, false, false);
}
SNNRT_NOINLINE static uint64_t update_layer_narrow(const snnrt_neuron_step *step) {
    return update_layer(step, true, false);
}
#endif

#if SNNRT_WITH_NEURON_VARIANTS
/* A decay of a neuron with these flags: a factor, or a shift. */
static int32_t decayed(uint32_t flags, int32_t s, int32_t decay) {
    return (flags & SNNRT_NEURON_SHIFT_DECAY) != 0 ? s - (s >> decay) : decay_q15(s, decay);
}

/* The current that a synapse makes of `x`. */
static int32_t synaptic_current(uint32_t flags, snnrt_int32 *c, int32_t x, int32_t decay) {
    const uint32_t order = SNNRT_NEURON_SYNAPSE_ORDER(flags);
    int32_t now = *c, next;
    if (order == SNNRT_SYNAPSE_ADD_THEN_DECAY || order == SNNRT_SYNAPSE_USE_THEN_DECAY) {
        now = snnrt_saturating_add(now, x);
        next = decayed(flags, now, decay);
    } else {
        next = snnrt_saturating_add(decayed(flags, now, decay), x);
    }
    *c = next;
    return order == SNNRT_SYNAPSE_DECAY_THEN_ADD || order == SNNRT_SYNAPSE_ADD_THEN_DECAY ? next : now;
}

/* A parameter of a run: neuron k's is at[k & each]. */
typedef struct snnrt_values {
    const snnrt_int32 *at; /* NULL: absent */
    uint32_t each; /* all ones or 0 */
} snnrt_values;

static snnrt_values values_of(const snnrt_neuron_run *run, uint32_t parameter) {
    snnrt_values values;
    values.at = first_value(run, parameter);
    values.each = 0u - distance(run, parameter);
    return values;
}

/* What an alpha synapse makes of its two currents. */
static int32_t saturating_difference(int32_t a, int32_t b) {
    int64_t value = (int64_t)a - b;
    return value > INT32_MAX ? INT32_MAX : value < INT32_MIN ? INT32_MIN : (int32_t)value;
}

/* What `count` spikes make of an adaptation. */
static int32_t raised_by(int32_t raised, uint32_t count, int32_t jump) {
    int64_t higher = (int64_t)count * jump + raised;
    return higher > INT32_MAX ? INT32_MAX : (int32_t)higher;
}

/* How many of its `net` spikes a neuron takes back where its membrane is below 0; `count` are those that it fires. */
static uint32_t taken_back(const snnrt_neuron_run *run, snnrt_int16 *net, int32_t u, int32_t threshold,
                           uint32_t count) {
    uint32_t most = (uint32_t)*net < run->step->max_spikes ? (uint32_t)*net : run->step->max_spikes, back = 0;
    if (u < 0) {
        /* -floor(u / threshold), without a negative quotient */
        back = (uint32_t)~u / (uint32_t)threshold + 1u;
        back = back < most ? back : most;
    }
    count = (uint32_t)*net + count - back;
    *net = (int16_t)(count < INT16_MAX ? count : INT16_MAX);
    return back;
}

/* A run of neurons of any kind; adds to `spikes` what is no bit. */
SNNRT_NOINLINE static uint32_t update_variants(const snnrt_neuron_run *run, uint64_t *spikes) {
    const snnrt_neuron_step *step = run->step;
    const uint32_t first = run->index[SNNRT_PER_NEURON], flags = run->flags;
    const uint32_t reset = SNNRT_NEURON_RESET(flags);
    const bool next = (flags & SNNRT_NEURON_RESET_NEXT) != 0;
    const bool multiple = (flags & SNNRT_NEURON_MULTIPLE) != 0;
    const snnrt_values membrane = values_of(run, SNNRT_NEURON_MEMBRANE);
    const snnrt_values synapse = values_of(run, SNNRT_NEURON_SYNAPSE);
    const snnrt_values rise = values_of(run, SNNRT_NEURON_SYNAPSE_RISE);
    const snnrt_values bias = values_of(run, SNNRT_NEURON_BIAS);
    const snnrt_values threshold = values_of(run, SNNRT_NEURON_THRESHOLD);
    const snnrt_values reset_to = values_of(run, SNNRT_NEURON_RESET_VALUE);
    const snnrt_values bound = values_of(run, SNNRT_NEURON_LOWER_BOUND);
    const snnrt_values jump = values_of(run, SNNRT_NEURON_ADAPTATION);
    const snnrt_values fade = values_of(run, SNNRT_NEURON_ADAPTATION_DECAY);
    const snnrt_values rest = values_of(run, SNNRT_NEURON_REFRACTORY);
    const snnrt_int32 *current = (const snnrt_int32 *)step->current + first;
    snnrt_int32 *wide = (snnrt_int32 *)step->state + first;
    snnrt_int16 *narrow = (flags & SNNRT_NEURON_STATE_INT16) != 0 ? (snnrt_int16 *)step->state + first : NULL;
    uint32_t word = 0;
    for (uint32_t k = 0; k < run->count; k++) {
        int32_t v = narrow != NULL ? narrow[k] : wide[k];
        int32_t x = current[k], level = INT32_MAX, taken = 0, held = v, raised = 0, fallen = 0, late, u;
        snnrt_int32 *c = NULL, *d = NULL;
        uint32_t count = 1;
        bool fires, resting = false;
        if (synapse.at != NULL) {
            c = (snnrt_int32 *)step->synapse_state + first + k;
            if (rise.at != NULL) {
                d = (snnrt_int32 *)step->rise_state + first + k;
                fallen = *d;
                *d = snnrt_saturating_add(decayed(flags, fallen, rise.at[k & rise.each]), x);
            }
            x = synaptic_current(flags, c, x, synapse.at[k & synapse.each]);
            if (rise.at != NULL) {
                x = saturating_difference(x, *d);
            }
        }
        u = snnrt_saturating_add(decayed(flags, v, membrane.at[k & membrane.each]), x);
        if (bias.at != NULL) {
            u = snnrt_saturating_add(u, bias.at[k & bias.each]);
        }
        if (narrow != NULL && !next) {
            u = clamp_int16(u);
        }
        if (threshold.at != NULL) {
            taken = threshold.at[k & threshold.each];
            if (fade.at != NULL) {
                raised = decayed(flags, ((snnrt_int32 *)step->adaptation_state)[first + k],
                                 fade.at[k & fade.each]);
                taken = snnrt_saturating_add(taken, raised);
            }
            /* u >= θ is u > θ - 1: thresholds are 1 at least. */
            level = taken - ((flags & SNNRT_NEURON_STRICT) == 0);
        }
        resting = rest.at != NULL && ((snnrt_int16 *)step->refractory_state)[first + k] != 0;
        fires = !resting && (next ? v : u) > level;
        if ((flags & SNNRT_NEURON_ONE_SPIKE) != 0) {
            snnrt_uint32 *fired = (snnrt_uint32 *)step->fired_state + (first + k) / 32u;
            const uint32_t bit = (uint32_t)fires << (first + k) % 32u & ~*fired;
            *fired |= bit;
            fires = bit != 0;
        }
        if (multiple) {
            count = u > 0 && !resting ? (uint32_t)u / (uint32_t)taken : 0u;
            if (count > step->max_spikes) {
                count = step->max_spikes;
                snnrt_count_capped(step, 1);
            }
            *spikes += count;
            if ((flags & SNNRT_NEURON_TAKES_BACK) != 0) {
                const uint32_t back =
                    taken_back(run, (snnrt_int16 *)step->net_state + first + k, u, taken, count);
                *spikes += back;
                count -= back;
            }
            ((snnrt_int16 *)step->output)[first + k] = (int16_t)count;
            /* Modulo 2^32, which the membrane's next value fits. */
            taken = (int32_t)(count * (uint32_t)taken);
            u = (flags & SNNRT_NEURON_TAKES_BACK) != 0 ? (int32_t)((uint32_t)u - (uint32_t)taken) : u;
            fires = count != 0 && (flags & SNNRT_NEURON_TAKES_BACK) == 0;
        }
        if (fires && reset != SNNRT_RESET_NONE && (flags & SNNRT_NEURON_RESET_SYNAPSE) != 0) {
            const bool subtracts = reset == SNNRT_RESET_SUBTRACT;
            u = subtracts ? saturating_difference(u, fallen) : reset_to.at[k & reset_to.each];
            *c = subtracts ? saturating_difference(*c, taken) : 0;
            *d = 0;
        } else if (fires && reset == SNNRT_RESET_SUBTRACT) {
            u = snnrt_saturating_add(u, -taken);
        } else if (fires && reset == SNNRT_RESET_VALUE) {
            u = reset_to.at[k & reset_to.each];
        }
        if (narrow != NULL) {
            u = clamp_int16(u);
        }
        if (next) {
            late = fires;
            fires = u > level;
            if ((flags & SNNRT_NEURON_RESET_AHEAD) != 0 && late != fires) {
                u = snnrt_saturating_add(u, fires ? -taken : taken);
                u = narrow != NULL ? clamp_int16(u) : u;
            }
        }
        word |= (uint32_t)(fires && !multiple) << k;
        if (jump.at != NULL) {
            ((snnrt_int32 *)step->adaptation_state)[first + k] =
                fires ? raised_by(raised, count, jump.at[k & jump.each]) : raised;
        }
        if (rest.at != NULL) {
            snnrt_int16 *counter = (snnrt_int16 *)step->refractory_state + first + k;
            if (resting) {
                u = (flags & SNNRT_NEURON_REFRACTORY_INTEGRATES) != 0 ? u : held;
                --*counter;
            } else if (fires) {
                *counter = (int16_t)rest.at[k & rest.each];
            }
        }
        if (bound.at != NULL && u < bound.at[k & bound.each]) {
            u = bound.at[k & bound.each];
        }
        if (narrow != NULL) {
            narrow[k] = (int16_t)u;
        } else {
            wide[k] = u;
        }
        if (threshold.at == NULL) {
            ((snnrt_int32 *)step->output)[first + k] = u;
        }
    }
    return word;
}
#endif

/* From neuron `start` on, a multiple of 32. */
SNNRT_INLINE static inline uint64_t update_from(const snnrt_neuron_step *step, const uint32_t start) {
    snnrt_neuron_run run;
    snnrt_uint32 *output = (snnrt_uint32 *)step->output + start / 32u;
    uint32_t channel = start == 0 ? 0 : start % step->channels, neuron = start, word = 0;
    uint64_t spikes = 0;
    run.step = step;
    run.flags = step->flags;
    run.index[SNNRT_PER_LAYER] = 0;
    do {
        uint32_t bit = neuron & 31u;
        run.index[SNNRT_PER_NEURON] = neuron;
        run.index[SNNRT_PER_CHANNEL] = channel;
        run.current = (const snnrt_int32 *)step->current + neuron;
        run.count = 32u - bit;
        if (run.count > step->channels - channel) {
            run.count = step->channels - channel;
        }
#if SNNRT_WITH_NEURON_VARIANTS
        if (!snnrt_neuron_is_plain(step->flags, step->granularity)) {
            word |= update_variants(&run, &spikes) << bit;
        } else
#endif
        {
            word |= update_run(&run) << bit;
        }
        neuron += run.count;
        channel += run.count;
        if (channel == step->channels) {
            channel = 0;
        }
        if ((neuron & 31u) == 0 || neuron == step->neurons) {
#if SNNRT_WITH_NEURON_VARIANTS
            /* Where nothing fires, or several times, the output holds other things than bits. */
            if (SNNRT_GRANULARITY(step, SNNRT_NEURON_THRESHOLD) != SNNRT_ABSENT &&
                (run.flags & SNNRT_NEURON_MULTIPLE) == 0)
#endif
            {
                *output++ = word;
            }
#if SNNRT_WITH_COUNTERS
            spikes += snnrt_popcount(word);
#endif
            word = 0;
        }
    } while (neuron != step->neurons);
    return spikes;
}

uint64_t snnrt_neuron_i32(const snnrt_neuron_step *step) {
#if SNNRT_WITH_FAST_LOOPS
    if (snnrt_neurons_are_simple(step)) {
#if SNNRT_WITH_ARM_MVE
        uint64_t spikes;
        if (snnrt_update_plain_helium(step, &spikes)) {
            return spikes;
        }
#endif
        return (step->flags & SNNRT_NEURON_STATE_INT16) != 0 ? update_layer_narrow(step)
                                                             : update_layer_wide(step);
    }
#endif
    return update_from(step, 0);
}

#if SNNRT_WITH_KERNEL_TABLE
uint64_t snnrt_neuron_i32_from(const snnrt_neuron_step *step, uint32_t start) {
    return update_from(step, start);
}
#endif
#else
typedef int snnrt_neuron_i32_left_out;
#endif
