/* The integer neuron step with AVX2: whole blocks in vectors. */
#if defined(__x86_64__) && defined(__GNUC__)
#include "neuron_lanes.h"
#include "x86.h"

#define AVX2_LANES 8u

typedef int32_t avx2_lanes __attribute__((vector_size(AVX2_LANES * 4), aligned(4), may_alias));
typedef int16_t avx2_narrow_lanes __attribute__((vector_size(AVX2_LANES * 2), aligned(2), may_alias));
typedef uint32_t avx2_unsigned_lanes __attribute__((vector_size(AVX2_LANES * 4)));
typedef avx2_lanes avx2_fired; /* all ones or 0 */

SNNRT_AVX2 static inline uint32_t avx2_sign_bits(avx2_lanes a) {
    return (uint32_t)_mm256_movemask_ps((__m256)(__m256i)a);
}

SNNRT_AVX2 static inline avx2_lanes avx2_minimum(avx2_lanes a, avx2_lanes b) {
    return (avx2_lanes)_mm256_min_epi32((__m256i)a, (__m256i)b);
}

SNNRT_AVX2 static inline avx2_lanes avx2_maximum(avx2_lanes a, avx2_lanes b) {
    return (avx2_lanes)_mm256_max_epi32((__m256i)a, (__m256i)b);
}

SNNRT_AVX2 static inline avx2_fired avx2_greater(avx2_lanes a, avx2_lanes b) { return (avx2_lanes)(a > b); }

/* a where fired, else b. */
SNNRT_AVX2 static inline avx2_lanes avx2_select(avx2_fired fired, avx2_lanes a, avx2_lanes b) {
    return (avx2_lanes)_mm256_blendv_epi8((__m256i)b, (__m256i)a, (__m256i)fired);
}

SNNRT_AVX2 static inline avx2_lanes avx2_load(const snnrt_int32 *from) {
    return *(const avx2_lanes *)(const void *)from;
}

/* Saturates only where some lane overflowed: hardly ever. */
SNNRT_AVX2 static inline avx2_lanes avx2_saturating_add(avx2_lanes a, avx2_lanes b) {
    avx2_lanes sum = (avx2_lanes)((avx2_unsigned_lanes)a + (avx2_unsigned_lanes)b);
    avx2_lanes overflow = ~(a ^ b) & (a ^ sum);
    if (avx2_sign_bits(overflow) != 0) {
        avx2_lanes limit = (a >> 31) ^ 0x7FFFFFFF;
        overflow >>= 31;
        sum = (sum & ~overflow) | (limit & overflow);
    }
    return sum;
}

SNNRT_AVX2 static inline avx2_lanes avx2_clamp_int16(avx2_lanes u) {
    return avx2_maximum(avx2_minimum(u, (avx2_lanes){0} + 32767), (avx2_lanes){0} - 32768);
}

SNNRT_INLINE SNNRT_AVX2 static inline avx2_lanes
avx2_decay(avx2_lanes v, const snnrt_int32 *decay, const uint32_t kind, int shift, const bool narrow) {
    if (kind == SNNRT_DECAY_NONE) {
        return v;
    }
    if (kind == SNNRT_DECAY_SHIFT) {
        /* Shifts by a vector: one operation, where a shift by a scalar takes two. */
        avx2_lanes by = (avx2_lanes){0} + shift;
        const int32_t half = 1 << (shift - 1);
        if (narrow) {
            return (v + ((avx2_lanes){0} + half)) >> by;
        }
        /* Half of 2^shift added without leaving int32. */
        return (v >> by) + ((v >> (by - 1)) & 1);
    }
    if (narrow) {
        return (v * avx2_load(decay) + 0x4000) >> 15;
    }
    return (v >> 15) * avx2_load(decay) + (((v & 0x7FFF) * avx2_load(decay) + 0x4000) >> 15);
}

/* The current that a synapse makes of `x`. */
SNNRT_AVX2 static inline avx2_lanes avx2_synaptic_current(uint32_t order, snnrt_int32 *state, avx2_lanes x,
                                                          const snnrt_int32 *decay) {
    avx2_lanes now = avx2_load(state), next;
    if (order == SNNRT_SYNAPSE_ADD_THEN_DECAY || order == SNNRT_SYNAPSE_USE_THEN_DECAY) {
        now = avx2_saturating_add(now, x);
        next = avx2_decay(now, decay, SNNRT_DECAY_PRODUCT, 1, false);
    } else {
        next = avx2_saturating_add(avx2_decay(now, decay, SNNRT_DECAY_PRODUCT, 1, false), x);
    }
    *(avx2_lanes *)(void *)state = next;
    return order == SNNRT_SYNAPSE_DECAY_THEN_ADD || order == SNNRT_SYNAPSE_ADD_THEN_DECAY ? next : now;
}

/* Whether the block has neither current nor membrane. */
SNNRT_INLINE SNNRT_AVX2 static inline bool avx2_rests(const snnrt_int32 *x, const void *v,
                                                      const bool narrow) {
    const __m256i *current = (const __m256i *)(const void *)x, *state = (const __m256i *)v;
    __m256i any = _mm256_setzero_si256();
    for (uint32_t k = 0; k < 4u; k++) {
        any = _mm256_or_si256(any, _mm256_loadu_si256(current + k));
        any = _mm256_or_si256(any, _mm256_loadu_si256(state + (narrow ? k / 2u : k)));
    }
    return _mm256_testz_si256(any, any) != 0;
}

/* Whole blocks; what is const here is constant in each call, so that each gets a loop of its own. */
SNNRT_INLINE SNNRT_AVX2 static inline uint64_t
avx2_update_blocks(const snnrt_neuron_step *step, snnrt_lanes_plan *plan, uint32_t end, const bool narrow,
                   const uint32_t kind, const bool biased, const uint32_t reset, const bool general) {
    /* u >= θ is u > θ - 1: thresholds are 1 at least. */
    const avx2_lanes below = (avx2_lanes){0} + ((plan->flags & SNNRT_NEURON_STRICT) != 0 ? 0 : 1);
    const avx2_lanes limit = (avx2_lanes){0} + 0x40000000;
    const bool next = general && (plan->flags & SNNRT_NEURON_RESET_NEXT) != 0;
    const bool silent = general && plan->threshold.values == NULL;
    const bool multiple = general && (plan->flags & SNNRT_NEURON_MULTIPLE) != 0;
    const avx2_lanes most = (avx2_lanes){0} + (int32_t)step->max_spikes;
    const snnrt_int32 *const currents = (const snnrt_int32 *)step->current;
    void *const states = step->state, *const outputs = step->output;
    const uint32_t channels = step->channels;
    uint64_t spikes = 0;
    uint32_t channel = 0;
    for (uint32_t first = 0; first < end; first += SNNRT_BLOCK) {
        const snnrt_int32 *x = currents + first;
        const snnrt_int32 *decay, *bias, *threshold, *reset_to;
        uint32_t word = 0;
        /* Thresholds are 1 at least: such neurons stay at 0 and do not fire. */
        if (!general && !biased &&
            avx2_rests(x,
                       narrow ? (const void *)((const snnrt_int16 *)states + first)
                              : (const void *)((const snnrt_int32 *)states + first),
                       narrow)) {
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
        for (uint32_t k = 0; k < SNNRT_BLOCK; k += AVX2_LANES) {
            avx2_lanes level = avx2_load(threshold + k), current = avx2_load(x + k);
            void *state = narrow ? (void *)((snnrt_int16 *)states + first + k)
                                 : (void *)((snnrt_int32 *)states + first + k);
            avx2_lanes v = narrow ? __builtin_convertvector(*(avx2_narrow_lanes *)state, avx2_lanes)
                                  : *(avx2_lanes *)state;
            avx2_lanes u = avx2_decay(v, decay + k, kind, plan->shift, narrow);
            avx2_fired fired;
            avx2_lanes after = u;
            if (general && plan->synapse.values != NULL) {
                current = avx2_synaptic_current(SNNRT_NEURON_SYNAPSE_ORDER(plan->flags),
                                                (snnrt_int32 *)step->synapse_state + first + k, current,
                                                snnrt_block_of(&plan->synapse, first, channel) + k);
            }
            if (narrow && !biased && !general) {
                /* |v| is at most 2^15: with a current of 2^30 nothing overflows, and a larger one is
                 * clamped to the same int16. */
                u += avx2_maximum(avx2_minimum(current, limit), -limit);
            } else {
                u = avx2_saturating_add(u, current);
            }
            if (biased) {
                u = avx2_saturating_add(u, avx2_load(bias + k));
            }
            if (next && reset != SNNRT_RESET_NONE) {
                after = reset == SNNRT_RESET_VALUE ? avx2_load(reset_to + k) : avx2_saturating_add(u, -level);
                u = avx2_select(avx2_greater(v, level - below), after, u);
            }
            if (narrow) {
                u = avx2_clamp_int16(u);
            }
            fired = avx2_greater(u, level - below);
            if (reset == SNNRT_RESET_VALUE) {
                after = avx2_load(reset_to + k);
            } else {
                /* Also in lanes that did not fire, where it may wrap. */
                after = (avx2_lanes)((avx2_unsigned_lanes)u - (avx2_unsigned_lanes)level);
            }
            if (multiple) {
                const avx2_lanes asked = avx2_maximum(u, (avx2_lanes){0}) / level;
                const avx2_lanes count = avx2_minimum(asked, most);
                snnrt_count_capped(step, snnrt_popcount(avx2_sign_bits(avx2_greater(asked, most))));
                *(avx2_narrow_lanes *)(void *)((snnrt_int16 *)outputs + first + k) =
                    __builtin_convertvector(count, avx2_narrow_lanes);
                for (uint32_t lane = 0; lane < AVX2_LANES; lane++) {
                    spikes += (uint32_t)count[lane];
                }
                fired = avx2_greater(count, (avx2_lanes){0});
                if (reset == SNNRT_RESET_SUBTRACT) {
                    after = u - count * level;
                }
            }
            if (!general || (!next && !silent && reset != SNNRT_RESET_NONE)) {
                u = avx2_select(fired, after, u);
            }
            if (general && plan->bound.values != NULL) {
                u = avx2_maximum(u, avx2_load(snnrt_block_of(&plan->bound, first, channel) + k));
            }
            if (narrow) {
                *(avx2_narrow_lanes *)state = __builtin_convertvector(u, avx2_narrow_lanes);
            } else {
                *(avx2_lanes *)state = u;
            }
            if (silent) {
                *(avx2_lanes *)(void *)((snnrt_int32 *)outputs + first + k) = u;
            }
            word |= avx2_sign_bits(fired) << k;
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

SNNRT_AVX2 uint64_t snnrt_neuron_i32_avx2(const snnrt_neuron_step *step) {
    const uint32_t end = step->neurons & ~(SNNRT_BLOCK - 1u);
    snnrt_lanes_plan plan;
    uint64_t spikes;
    if (!snnrt_plan_lanes(&plan, step)) {
        return snnrt_neuron_i32(step);
    }
    spikes = SNNRT_UPDATE_LANES(avx2_update_blocks);
    return end == step->neurons ? spikes : spikes + snnrt_neuron_i32_from(step, end);
}
#else
typedef int snnrt_neuron_i32_avx2_left_out;
#endif
