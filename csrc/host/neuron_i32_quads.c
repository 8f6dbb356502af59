/* The integer neuron step in vectors of 16 bytes, which every host of 64 bits has: SSE2, NEON. */
#include "../kernels/neuron_block.h"

#if SNNRT_WITH_KERNEL_TABLE && SNNRT_WITH_QUADS
#include "../kernels/x86/neuron_lanes.h"

#if defined(__x86_64__)
#include <emmintrin.h>
#else
#include <arm_neon.h>
#endif

#define QUAD_LANES 4u

typedef int32_t quad_lanes __attribute__((vector_size(QUAD_LANES * 4), aligned(4), may_alias));
typedef int16_t quad_narrow_lanes __attribute__((vector_size(QUAD_LANES * 2), aligned(2), may_alias));
typedef uint32_t quad_unsigned_lanes __attribute__((vector_size(QUAD_LANES * 4)));
typedef quad_lanes quad_fired; /* all ones or 0 */

static inline uint32_t quad_sign_bits(quad_lanes a) {
#if defined(__x86_64__)
    return (uint32_t)_mm_movemask_ps((__m128)(__m128i)a);
#else
    const uint32x4_t places = {1, 2, 4, 8};
    return vaddvq_u32(vandq_u32(vreinterpretq_u32_s32(vshrq_n_s32((int32x4_t)a, 31)), places));
#endif
}

/* a where fired, else b. */
static inline quad_lanes quad_select(quad_fired fired, quad_lanes a, quad_lanes b) {
    return (a & fired) | (b & ~fired);
}

static inline quad_lanes quad_minimum(quad_lanes a, quad_lanes b) { return quad_select(a < b, a, b); }

static inline quad_lanes quad_maximum(quad_lanes a, quad_lanes b) { return quad_select(a > b, a, b); }

static inline quad_fired quad_greater(quad_lanes a, quad_lanes b) { return (quad_lanes)(a > b); }

static inline quad_lanes quad_load(const snnrt_int32 *from) {
    return *(const quad_lanes *)(const void *)from;
}

/* Saturates only where some lane overflowed: hardly ever. */
static inline quad_lanes quad_saturating_add(quad_lanes a, quad_lanes b) {
    quad_lanes sum = (quad_lanes)((quad_unsigned_lanes)a + (quad_unsigned_lanes)b);
    quad_lanes overflow = ~(a ^ b) & (a ^ sum);
    if (quad_sign_bits(overflow) != 0) {
        quad_lanes limit = (a >> 31) ^ 0x7FFFFFFF;
        overflow >>= 31;
        sum = (sum & ~overflow) | (limit & overflow);
    }
    return sum;
}

static inline quad_lanes quad_clamp_int16(quad_lanes u) {
    return quad_maximum(quad_minimum(u, (quad_lanes){0} + 32767), (quad_lanes){0} - 32768);
}

SNNRT_INLINE static inline quad_lanes quad_decay(quad_lanes v, const snnrt_int32 *decay, const uint32_t kind,
                                                 int shift, const bool narrow) {
    if (kind == SNNRT_DECAY_NONE) {
        return v;
    }
    if (kind == SNNRT_DECAY_SHIFT) {
        const int32_t half = 1 << (shift - 1);
        if (narrow) {
            return (v + ((quad_lanes){0} + half)) >> shift;
        }
        /* Half of 2^shift added without leaving int32. */
        return (v >> shift) + ((v >> (shift - 1)) & 1);
    }
    if (narrow) {
        return (v * quad_load(decay) + 0x4000) >> 15;
    }
    return (v >> 15) * quad_load(decay) + (((v & 0x7FFF) * quad_load(decay) + 0x4000) >> 15);
}

/* The current that a synapse makes of `x`. */
static inline quad_lanes quad_synaptic_current(uint32_t order, snnrt_int32 *state, quad_lanes x,
                                               const snnrt_int32 *decay) {
    quad_lanes now = quad_load(state), next;
    if (order == SNNRT_SYNAPSE_ADD_THEN_DECAY || order == SNNRT_SYNAPSE_USE_THEN_DECAY) {
        now = quad_saturating_add(now, x);
        next = quad_decay(now, decay, SNNRT_DECAY_PRODUCT, 1, false);
    } else {
        next = quad_saturating_add(quad_decay(now, decay, SNNRT_DECAY_PRODUCT, 1, false), x);
    }
    *(quad_lanes *)(void *)state = next;
    return order == SNNRT_SYNAPSE_DECAY_THEN_ADD || order == SNNRT_SYNAPSE_ADD_THEN_DECAY ? next : now;
}

/* Whether the block has neither current nor membrane. */
SNNRT_INLINE static inline bool quad_rests(const snnrt_int32 *x, const void *v, const bool narrow) {
    const quad_lanes *current = (const quad_lanes *)(const void *)x, *state = (const quad_lanes *)v;
    quad_lanes any = {0};
    for (uint32_t k = 0; k < SNNRT_BLOCK / QUAD_LANES; k++) {
        any |= current[k];
        any |= state[narrow ? k / 2u : k];
    }
    return (any[0] | any[1] | any[2] | any[3]) == 0;
}

/* Four int16 as int32, and int32 that are within int16 back. */
static inline quad_lanes quad_widened(const quad_narrow_lanes *from) {
#if defined(__x86_64__)
    const __m128i four = _mm_loadl_epi64((const __m128i *)(const void *)from);
    return (quad_lanes)_mm_srai_epi32(_mm_unpacklo_epi16(four, four), 16);
#else
    return __builtin_convertvector(*from, quad_lanes);
#endif
}

static inline void quad_store_narrow(quad_narrow_lanes *to, quad_lanes values) {
#if defined(__x86_64__)
    _mm_storel_epi64((__m128i *)(void *)to, _mm_packs_epi32((__m128i)values, (__m128i)values));
#else
    *to = __builtin_convertvector(values, quad_narrow_lanes);
#endif
}

/* Whole blocks; what is const here is constant in each call, so that each gets a loop of its own. */
SNNRT_INLINE static inline uint64_t quad_update_blocks(const snnrt_neuron_step *step, snnrt_lanes_plan *plan,
                                                       uint32_t end, const bool narrow, const uint32_t kind,
                                                       const bool biased, const uint32_t reset,
                                                       const bool general) {
    /* u >= θ is u > θ - 1: thresholds are 1 at least. */
    const quad_lanes below = (quad_lanes){0} + ((plan->flags & SNNRT_NEURON_STRICT) != 0 ? 0 : 1);
    const quad_lanes limit = (quad_lanes){0} + 0x40000000;
    const bool next = general && (plan->flags & SNNRT_NEURON_RESET_NEXT) != 0;
    const bool silent = general && plan->threshold.values == NULL;
    const bool multiple = general && (plan->flags & SNNRT_NEURON_MULTIPLE) != 0;
    const quad_lanes most = (quad_lanes){0} + (int32_t)step->max_spikes;
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
            quad_rests(x,
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
        for (uint32_t k = 0; k < SNNRT_BLOCK; k += QUAD_LANES) {
            quad_lanes level = quad_load(threshold + k), current = quad_load(x + k);
            void *state = narrow ? (void *)((snnrt_int16 *)states + first + k)
                                 : (void *)((snnrt_int32 *)states + first + k);
            quad_lanes v = narrow ? quad_widened((const quad_narrow_lanes *)state) : *(quad_lanes *)state;
            quad_lanes u = quad_decay(v, decay + k, kind, plan->shift, narrow);
            quad_fired fired;
            quad_lanes after = u;
            if (general && plan->synapse.values != NULL) {
                current = quad_synaptic_current(SNNRT_NEURON_SYNAPSE_ORDER(plan->flags),
                                                (snnrt_int32 *)step->synapse_state + first + k, current,
                                                snnrt_block_of(&plan->synapse, first, channel) + k);
            }
            if (narrow && !biased && !general) {
                /* |v| is at most 2^15: with a current of 2^30 nothing overflows, and a larger one is
                 * clamped to the same int16. */
                u += quad_maximum(quad_minimum(current, limit), -limit);
            } else {
                u = quad_saturating_add(u, current);
            }
            if (biased) {
                u = quad_saturating_add(u, quad_load(bias + k));
            }
            if (next && reset != SNNRT_RESET_NONE) {
                after = reset == SNNRT_RESET_VALUE ? quad_load(reset_to + k) : quad_saturating_add(u, -level);
                u = quad_select(quad_greater(v, level - below), after, u);
            }
            if (narrow) {
                u = quad_clamp_int16(u);
            }
            fired = quad_greater(u, level - below);
            if (reset == SNNRT_RESET_VALUE) {
                after = quad_load(reset_to + k);
            } else {
                /* Also in lanes that did not fire, where it may wrap. */
                after = (quad_lanes)((quad_unsigned_lanes)u - (quad_unsigned_lanes)level);
            }
            if (multiple) {
                const quad_lanes asked = quad_maximum(u, (quad_lanes){0}) / level;
                const quad_lanes count = quad_minimum(asked, most);
                snnrt_count_capped(step, snnrt_popcount(quad_sign_bits(quad_greater(asked, most))));
                *(quad_narrow_lanes *)(void *)((snnrt_int16 *)outputs + first + k) =
                    __builtin_convertvector(count, quad_narrow_lanes);
                for (uint32_t lane = 0; lane < QUAD_LANES; lane++) {
                    spikes += (uint32_t)count[lane];
                }
                fired = quad_greater(count, (quad_lanes){0});
                if (reset == SNNRT_RESET_SUBTRACT) {
                    after = u - count * level;
                }
            }
            if (!general || (!next && !silent && reset != SNNRT_RESET_NONE)) {
                u = quad_select(fired, after, u);
            }
            if (general && plan->bound.values != NULL) {
                u = quad_maximum(u, quad_load(snnrt_block_of(&plan->bound, first, channel) + k));
            }
            if (narrow) {
                quad_store_narrow((quad_narrow_lanes *)state, u);
            } else {
                *(quad_lanes *)state = u;
            }
            if (silent) {
                *(quad_lanes *)(void *)((snnrt_int32 *)outputs + first + k) = u;
            }
            word |= quad_sign_bits(fired) << k;
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

uint64_t snnrt_neuron_i32_quads(const snnrt_neuron_step *step) {
    const uint32_t end = step->neurons & ~(SNNRT_BLOCK - 1u);
    snnrt_lanes_plan plan;
    uint64_t spikes;
    if (!snnrt_plan_lanes(&plan, step)) {
        return snnrt_neuron_i32(step);
    }
    spikes = SNNRT_UPDATE_LANES(quad_update_blocks);
    return end == step->neurons ? spikes : spikes + snnrt_neuron_i32_from(step, end);
}
#else
typedef int snnrt_neuron_i32_quad_left_out;
#endif
