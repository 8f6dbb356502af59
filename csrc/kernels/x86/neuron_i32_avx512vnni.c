/* The integer neuron step with AVX-512: whole blocks in vectors. */
#if defined(__x86_64__) && defined(__GNUC__)
#include "neuron_lanes.h"
#include "x86.h"

#define AVX512_LANES 16u

typedef int32_t avx512_lanes __attribute__((vector_size(AVX512_LANES * 4), aligned(4), may_alias));
typedef int16_t avx512_narrow_lanes __attribute__((vector_size(AVX512_LANES * 2), aligned(2), may_alias));
typedef uint32_t avx512_unsigned_lanes __attribute__((vector_size(AVX512_LANES * 4)));
typedef __mmask16 avx512_fired;

SNNRT_AVX512 static inline uint32_t avx512_sign_bits(avx512_lanes a) {
    return (uint32_t)_mm512_cmplt_epi32_mask((__m512i)a, _mm512_setzero_si512());
}

SNNRT_AVX512 static inline avx512_lanes avx512_minimum(avx512_lanes a, avx512_lanes b) {
    return (avx512_lanes)_mm512_min_epi32((__m512i)a, (__m512i)b);
}

SNNRT_AVX512 static inline avx512_lanes avx512_maximum(avx512_lanes a, avx512_lanes b) {
    return (avx512_lanes)_mm512_max_epi32((__m512i)a, (__m512i)b);
}

SNNRT_AVX512 static inline avx512_fired avx512_greater(avx512_lanes a, avx512_lanes b) {
    return _mm512_cmpgt_epi32_mask((__m512i)a, (__m512i)b);
}

/* a where fired, else b. */
SNNRT_AVX512 static inline avx512_lanes avx512_select(avx512_fired fired, avx512_lanes a, avx512_lanes b) {
    return (avx512_lanes)_mm512_mask_mov_epi32((__m512i)b, fired, (__m512i)a);
}

SNNRT_AVX512 static inline avx512_lanes avx512_load(const snnrt_int32 *from) {
    return *(const avx512_lanes *)(const void *)from;
}

/* Saturates only where some lane overflowed: hardly ever. */
SNNRT_AVX512 static inline avx512_lanes avx512_saturating_add(avx512_lanes a, avx512_lanes b) {
    avx512_lanes sum = (avx512_lanes)((avx512_unsigned_lanes)a + (avx512_unsigned_lanes)b);
    avx512_lanes overflow = ~(a ^ b) & (a ^ sum);
    if (avx512_sign_bits(overflow) != 0) {
        avx512_lanes limit = (a >> 31) ^ 0x7FFFFFFF;
        overflow >>= 31;
        sum = (sum & ~overflow) | (limit & overflow);
    }
    return sum;
}

SNNRT_AVX512 static inline avx512_lanes avx512_clamp_int16(avx512_lanes u) {
    return avx512_maximum(avx512_minimum(u, (avx512_lanes){0} + 32767), (avx512_lanes){0} - 32768);
}

SNNRT_INLINE SNNRT_AVX512 static inline avx512_lanes
avx512_decay(avx512_lanes v, const snnrt_int32 *decay, const uint32_t kind, int shift, const bool narrow) {
    if (kind == SNNRT_DECAY_NONE) {
        return v;
    }
    if (kind == SNNRT_DECAY_SHIFT) {
        /* Shifts by a vector: one operation, where a shift by a scalar takes two. */
        avx512_lanes by = (avx512_lanes){0} + shift;
        const int32_t half = 1 << (shift - 1);
        if (narrow) {
            return (v + ((avx512_lanes){0} + half)) >> by;
        }
        /* Half of 2^shift added without leaving int32. */
        return (v >> by) + ((v >> (by - 1)) & 1);
    }
    if (narrow) {
        return (v * avx512_load(decay) + 0x4000) >> 15;
    }
    return (v >> 15) * avx512_load(decay) + (((v & 0x7FFF) * avx512_load(decay) + 0x4000) >> 15);
}

/* The current that a synapse makes of `x`. */
SNNRT_AVX512 static inline avx512_lanes avx512_synaptic_current(uint32_t order, snnrt_int32 *state,
                                                                avx512_lanes x, const snnrt_int32 *decay) {
    avx512_lanes now = avx512_load(state), next;
    if (order == SNNRT_SYNAPSE_ADD_THEN_DECAY || order == SNNRT_SYNAPSE_USE_THEN_DECAY) {
        now = avx512_saturating_add(now, x);
        next = avx512_decay(now, decay, SNNRT_DECAY_PRODUCT, 1, false);
    } else {
        next = avx512_saturating_add(avx512_decay(now, decay, SNNRT_DECAY_PRODUCT, 1, false), x);
    }
    *(avx512_lanes *)(void *)state = next;
    return order == SNNRT_SYNAPSE_DECAY_THEN_ADD || order == SNNRT_SYNAPSE_ADD_THEN_DECAY ? next : now;
}

/* Whether the block has neither current nor membrane. */
SNNRT_INLINE SNNRT_AVX512 static inline bool avx512_rests(const snnrt_int32 *x, const void *v,
                                                          const bool narrow) {
    __m512i any = _mm512_or_si512(_mm512_loadu_si512(x), _mm512_loadu_si512(x + AVX512_LANES));
    any = _mm512_or_si512(any, _mm512_loadu_si512(v));
    if (!narrow) {
        any = _mm512_or_si512(any, _mm512_loadu_si512((const snnrt_int32 *)v + AVX512_LANES));
    }
    return _mm512_test_epi32_mask(any, any) == 0;
}

/* Whole blocks; what is const here is constant in each call, so that each gets a loop of its own. */
SNNRT_INLINE SNNRT_AVX512 static inline uint64_t
avx512_update_blocks(const snnrt_neuron_step *step, snnrt_lanes_plan *plan, uint32_t end, const bool narrow,
                     const uint32_t kind, const bool biased, const uint32_t reset, const bool general) {
    /* u >= θ is u > θ - 1: thresholds are 1 at least. */
    const avx512_lanes below = (avx512_lanes){0} + ((plan->flags & SNNRT_NEURON_STRICT) != 0 ? 0 : 1);
    const avx512_lanes limit = (avx512_lanes){0} + 0x40000000;
    const bool next = general && (plan->flags & SNNRT_NEURON_RESET_NEXT) != 0;
    const bool silent = general && plan->threshold.values == NULL;
    const bool multiple = general && (plan->flags & SNNRT_NEURON_MULTIPLE) != 0;
    const avx512_lanes most = (avx512_lanes){0} + (int32_t)step->max_spikes;
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
            avx512_rests(x,
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
        for (uint32_t k = 0; k < SNNRT_BLOCK; k += AVX512_LANES) {
            avx512_lanes level = avx512_load(threshold + k), current = avx512_load(x + k);
            void *state = narrow ? (void *)((snnrt_int16 *)states + first + k)
                                 : (void *)((snnrt_int32 *)states + first + k);
            avx512_lanes v = narrow ? __builtin_convertvector(*(avx512_narrow_lanes *)state, avx512_lanes)
                                    : *(avx512_lanes *)state;
            avx512_lanes u = avx512_decay(v, decay + k, kind, plan->shift, narrow);
            avx512_fired fired;
            avx512_lanes after = u;
            if (general && plan->synapse.values != NULL) {
                current = avx512_synaptic_current(SNNRT_NEURON_SYNAPSE_ORDER(plan->flags),
                                                  (snnrt_int32 *)step->synapse_state + first + k, current,
                                                  snnrt_block_of(&plan->synapse, first, channel) + k);
            }
            if (narrow && !biased && !general) {
                /* |v| is at most 2^15: with a current of 2^30 nothing overflows, and a larger one is
                 * clamped to the same int16. */
                u += avx512_maximum(avx512_minimum(current, limit), -limit);
            } else {
                u = avx512_saturating_add(u, current);
            }
            if (biased) {
                u = avx512_saturating_add(u, avx512_load(bias + k));
            }
            if (next && reset != SNNRT_RESET_NONE) {
                after =
                    reset == SNNRT_RESET_VALUE ? avx512_load(reset_to + k) : avx512_saturating_add(u, -level);
                u = avx512_select(avx512_greater(v, level - below), after, u);
            }
            if (narrow) {
                u = avx512_clamp_int16(u);
            }
            fired = avx512_greater(u, level - below);
            if (reset == SNNRT_RESET_VALUE) {
                after = avx512_load(reset_to + k);
            } else {
                /* Also in lanes that did not fire, where it may wrap. */
                after = (avx512_lanes)((avx512_unsigned_lanes)u - (avx512_unsigned_lanes)level);
            }
            if (multiple) {
                const avx512_lanes asked = avx512_maximum(u, (avx512_lanes){0}) / level;
                const avx512_lanes count = avx512_minimum(asked, most);
                snnrt_count_capped(step, snnrt_popcount(avx512_greater(asked, most)));
                *(avx512_narrow_lanes *)(void *)((snnrt_int16 *)outputs + first + k) =
                    __builtin_convertvector(count, avx512_narrow_lanes);
                for (uint32_t lane = 0; lane < AVX512_LANES; lane++) {
                    spikes += (uint32_t)count[lane];
                }
                fired = avx512_greater(count, (avx512_lanes){0});
                if (reset == SNNRT_RESET_SUBTRACT) {
                    after = u - count * level;
                }
            }
            if (!general || (!next && !silent && reset != SNNRT_RESET_NONE)) {
                u = avx512_select(fired, after, u);
            }
            if (general && plan->bound.values != NULL) {
                u = avx512_maximum(u, avx512_load(snnrt_block_of(&plan->bound, first, channel) + k));
            }
            if (narrow) {
                *(avx512_narrow_lanes *)state = __builtin_convertvector(u, avx512_narrow_lanes);
            } else {
                *(avx512_lanes *)state = u;
            }
            if (silent) {
                *(avx512_lanes *)(void *)((snnrt_int32 *)outputs + first + k) = u;
            }
            word |= (uint32_t)fired << k;
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

SNNRT_AVX512 uint64_t snnrt_neuron_i32_avx512vnni(const snnrt_neuron_step *step) {
    const uint32_t end = step->neurons & ~(SNNRT_BLOCK - 1u);
    snnrt_lanes_plan plan;
    uint64_t spikes;
    if (!snnrt_plan_lanes(&plan, step)) {
        return snnrt_neuron_i32(step);
    }
    spikes = SNNRT_UPDATE_LANES(avx512_update_blocks);
    return end == step->neurons ? spikes : spikes + snnrt_neuron_i32_from(step, end);
}
#else
typedef int snnrt_neuron_i32_avx512vnni_left_out;
#endif
