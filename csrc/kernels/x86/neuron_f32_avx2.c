/* The float32 neuron step with AVX2, whole blocks in vectors: every operation, rounding and order of the portable step. */
#if defined(__x86_64__) && defined(__GNUC__)
#include "../../host/parameter_walk.h"
#include "x86.h"

#define FLOAT_LANES 8u
/* Roles that the vectors know: membrane to lower bound. */
#define FLOAT_ROLES (SNNRT_NEURON_LOWER_BOUND + 1)

typedef struct float_plan {
    snnrt_parameter_walk role[FLOAT_ROLES];
    const snnrt_float32 *here[FLOAT_ROLES]; /* of the block; NULL where absent */
    bool refills;
} float_plan;

static bool float_plan_of(float_plan *plan, const snnrt_neuron_step *step) {
    const uint32_t lacking = 3u << 2 * SNNRT_NEURON_ADAPTATION | 3u << 2 * SNNRT_NEURON_REFRACTORY |
                             3u << 2 * SNNRT_NEURON_SYNAPSE_RISE;
    if ((step->flags & ~SNNRT_NEURON_FLAGS_PLAIN) != 0 || (step->granularity & lacking) != 0 ||
        step->neurons < SNNRT_BLOCK) {
        return false;
    }
    plan->refills = false;
    for (uint32_t role = 0; role < FLOAT_ROLES; role++) {
        snnrt_begin_walk(&plan->role[role], &plan->refills, step, role);
        plan->here[role] = NULL;
    }
    return true;
}

SNNRT_NOINLINE static void float_refill(float_plan *plan, const snnrt_neuron_step *step, uint32_t first) {
    for (uint32_t role = 0; role < FLOAT_ROLES; role++) {
        snnrt_refill_walk(&plan->role[role], step, role, first);
    }
}

static inline void float_find(float_plan *plan, uint32_t role, uint32_t first, uint32_t channel) {
    const snnrt_parameter_walk *walk = &plan->role[role];
    plan->here[role] =
        walk->values == NULL ? NULL : (const snnrt_float32 *)snnrt_block_of(walk, first, channel);
}

SNNRT_AVX2 static inline __m256 float_load(const snnrt_float32 *from, uint32_t k) {
    return _mm256_loadu_ps(from + k);
}

/* The current that a synapse makes of `x`. */
SNNRT_AVX2 static inline __m256 float_synaptic_current(uint32_t order, snnrt_float32 *state, __m256 x,
                                                       __m256 constant) {
    __m256 before = _mm256_loadu_ps(state), now, next;
    switch (order) {
    case SNNRT_SYNAPSE_DECAY_THEN_ADD:
        next = _mm256_add_ps(_mm256_mul_ps(constant, before), x);
        now = next;
        break;
    case SNNRT_SYNAPSE_ADD_THEN_DECAY:
        next = _mm256_mul_ps(constant, _mm256_add_ps(before, x));
        now = next;
        break;
    case SNNRT_SYNAPSE_USE_THEN_DECAY:
        now = _mm256_add_ps(before, x);
        next = _mm256_sub_ps(now, _mm256_mul_ps(constant, now));
        break;
    default:
        now = before;
        next = _mm256_add_ps(_mm256_mul_ps(constant, before), x);
        break;
    }
    _mm256_storeu_ps(state, next);
    return now;
}

SNNRT_AVX2 static inline __m256 float_integrated(uint32_t integration, __m256 v, __m256 i, __m256 constant,
                                                 __m256 leak) {
    switch (integration) {
    case SNNRT_INTEGRATION_DECAY:
        return _mm256_add_ps(_mm256_mul_ps(constant, v), i);
    case SNNRT_INTEGRATION_EULER:
        return _mm256_add_ps(v, _mm256_mul_ps(constant, _mm256_add_ps(_mm256_sub_ps(leak, v), i)));
    case SNNRT_INTEGRATION_DIVIDE:
        return _mm256_add_ps(v, _mm256_div_ps(_mm256_sub_ps(i, _mm256_sub_ps(v, leak)), constant));
    default:
        return _mm256_add_ps(_mm256_sub_ps(v, _mm256_div_ps(_mm256_sub_ps(v, leak), constant)), i);
    }
}

SNNRT_AVX2 static inline __m256 float_fired(__m256 u, __m256 threshold, bool strict) {
    return strict ? _mm256_cmp_ps(u, threshold, _CMP_GT_OQ) : _mm256_cmp_ps(u, threshold, _CMP_GE_OQ);
}

SNNRT_AVX2 static inline __m256 float_after_reset(const float_plan *plan, uint32_t reset, __m256 u,
                                                  __m256 threshold, __m256 fired, uint32_t k) {
    if (reset == SNNRT_RESET_SUBTRACT) {
        return _mm256_blendv_ps(u, _mm256_sub_ps(u, threshold), fired);
    }
    if (reset == SNNRT_RESET_VALUE) {
        return _mm256_blendv_ps(u, float_load(plan->here[SNNRT_NEURON_RESET_VALUE], k), fired);
    }
    return u;
}

/* Whether the block has neither current nor membrane, all bits 0. */
SNNRT_AVX2 static inline bool float_rests(const snnrt_float32 *x, const snnrt_float32 *v) {
    __m256i any = _mm256_setzero_si256();
    for (uint32_t k = 0; k < SNNRT_BLOCK; k += FLOAT_LANES) {
        any = _mm256_or_si256(any, _mm256_loadu_si256((const __m256i *)(const void *)(x + k)));
        any = _mm256_or_si256(any, _mm256_loadu_si256((const __m256i *)(const void *)(v + k)));
    }
    return _mm256_testz_si256(any, any) != 0;
}

/* Whole blocks; `reset`, `biased` and `general` are constant in each call. */
SNNRT_INLINE SNNRT_AVX2 static inline uint64_t float_update(const snnrt_neuron_step *step, float_plan *plan,
                                                            uint32_t end, const uint32_t reset,
                                                            const bool biased, const bool general) {
    const bool strict = (step->flags & SNNRT_NEURON_STRICT) != 0;
    const bool next = general && (step->flags & SNNRT_NEURON_RESET_NEXT) != 0;
    uint64_t spikes = 0;
    uint32_t channel = 0;
    for (uint32_t first = 0; first < end; first += SNNRT_BLOCK) {
        const snnrt_float32 *x = (const snnrt_float32 *)step->current + first;
        snnrt_float32 *state = (snnrt_float32 *)step->state + first;
        uint32_t word = 0;
        /* Constants are finite and thresholds above 0: such neurons stay at 0 and do not fire. */
        if (!general && !biased && float_rests(x, state)) {
            ((snnrt_uint32 *)step->output)[first / SNNRT_BLOCK] = 0;
            channel += SNNRT_BLOCK;
            channel = channel >= step->channels ? 0u : channel;
            continue;
        }
        if (plan->refills) {
            float_refill(plan, step, first);
        }
        float_find(plan, SNNRT_NEURON_MEMBRANE, first, channel);
        float_find(plan, SNNRT_NEURON_THRESHOLD, first, channel);
        float_find(plan, SNNRT_NEURON_RESET_VALUE, first, channel);
        if (biased) {
            float_find(plan, SNNRT_NEURON_BIAS, first, channel);
        }
        if (general) {
            float_find(plan, SNNRT_NEURON_SYNAPSE, first, channel);
            float_find(plan, SNNRT_NEURON_GAIN, first, channel);
            float_find(plan, SNNRT_NEURON_LEAK, first, channel);
            float_find(plan, SNNRT_NEURON_LOWER_BOUND, first, channel);
        }
        for (uint32_t k = 0; k < SNNRT_BLOCK; k += FLOAT_LANES) {
            __m256 i = float_load(x, k), v = float_load(state, k), u, threshold, fired;
            const __m256 constant = float_load(plan->here[SNNRT_NEURON_MEMBRANE], k);
            __m256 leak = _mm256_setzero_ps();
            if (general && plan->here[SNNRT_NEURON_SYNAPSE] != NULL) {
                i = float_synaptic_current(SNNRT_NEURON_SYNAPSE_ORDER(step->flags),
                                           (snnrt_float32 *)step->synapse_state + first + k, i,
                                           float_load(plan->here[SNNRT_NEURON_SYNAPSE], k));
            }
            if (general && plan->here[SNNRT_NEURON_GAIN] != NULL) {
                i = _mm256_mul_ps(float_load(plan->here[SNNRT_NEURON_GAIN], k), i);
            }
            if (general && plan->here[SNNRT_NEURON_LEAK] != NULL) {
                leak = float_load(plan->here[SNNRT_NEURON_LEAK], k);
            }
            u = float_integrated(general ? SNNRT_NEURON_INTEGRATION(step->flags)
                                         : (uint32_t)SNNRT_INTEGRATION_DECAY,
                                 v, i, constant, leak);
            if (biased) {
                u = _mm256_add_ps(u, float_load(plan->here[SNNRT_NEURON_BIAS], k));
            }
            if (!general || plan->here[SNNRT_NEURON_THRESHOLD] != NULL) {
                threshold = float_load(plan->here[SNNRT_NEURON_THRESHOLD], k);
                if (next) {
                    u = float_after_reset(plan, reset, u, threshold, float_fired(v, threshold, strict), k);
                }
                fired = float_fired(u, threshold, strict);
                word |= (uint32_t)_mm256_movemask_ps(fired) << k;
                if (!next) {
                    u = float_after_reset(plan, reset, u, threshold, fired, k);
                }
            }
            if (general && plan->here[SNNRT_NEURON_LOWER_BOUND] != NULL) {
                /* The second where they are equal, or u no number. */
                u = _mm256_max_ps(float_load(plan->here[SNNRT_NEURON_LOWER_BOUND], k), u);
            }
            _mm256_storeu_ps(state + k, u);
            if (general && plan->here[SNNRT_NEURON_THRESHOLD] == NULL) {
                _mm256_storeu_ps((snnrt_float32 *)step->output + first + k, u);
            }
        }
        if (!general || plan->here[SNNRT_NEURON_THRESHOLD] != NULL) {
            ((snnrt_uint32 *)step->output)[first / SNNRT_BLOCK] = word;
            spikes += (uint32_t)__builtin_popcount(word);
        }
        channel += SNNRT_BLOCK;
        channel = channel >= step->channels ? 0u : channel;
    }
    return spikes;
}

static bool float_is_general(const snnrt_neuron_step *step) {
    const uint32_t rare = 3u << 2 * SNNRT_NEURON_SYNAPSE | 3u << 2 * SNNRT_NEURON_GAIN |
                          3u << 2 * SNNRT_NEURON_LEAK | 3u << 2 * SNNRT_NEURON_LOWER_BOUND;
    return (step->granularity & rare) != 0 ||
           SNNRT_GRANULARITY(step, SNNRT_NEURON_THRESHOLD) == SNNRT_ABSENT ||
           SNNRT_NEURON_INTEGRATION(step->flags) != SNNRT_INTEGRATION_DECAY ||
           (step->flags & SNNRT_NEURON_RESET_NEXT) != 0 ||
           SNNRT_NEURON_RESET(step->flags) == SNNRT_RESET_NONE;
}

SNNRT_AVX2 uint64_t snnrt_neuron_f32_avx2(const snnrt_neuron_step *step) {
    const uint32_t end = step->neurons & ~(SNNRT_BLOCK - 1u), reset = SNNRT_NEURON_RESET(step->flags);
    const bool biased = SNNRT_GRANULARITY(step, SNNRT_NEURON_BIAS) != SNNRT_ABSENT;
    float_plan plan;
    uint64_t spikes;
    if (!float_plan_of(&plan, step)) {
        return snnrt_neuron_f32(step);
    }
    if (float_is_general(step)) {
        spikes = float_update(step, &plan, end, reset, biased, true);
    } else if (reset == SNNRT_RESET_VALUE) {
        spikes = biased ? float_update(step, &plan, end, SNNRT_RESET_VALUE, true, false)
                        : float_update(step, &plan, end, SNNRT_RESET_VALUE, false, false);
    } else {
        spikes = biased ? float_update(step, &plan, end, SNNRT_RESET_SUBTRACT, true, false)
                        : float_update(step, &plan, end, SNNRT_RESET_SUBTRACT, false, false);
    }
    return end == step->neurons ? spikes : spikes + snnrt_neuron_f32_from(step, end);
}
#else
typedef int snnrt_neuron_f32_avx2_left_out;
#endif
