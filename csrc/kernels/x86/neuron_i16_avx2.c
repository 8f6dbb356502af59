/* The step of integer neurons with int16 membranes with AVX2. */
#if defined(__x86_64__) && defined(__GNUC__)
#include "narrow_neurons.h"

/* A block that they leave out. */
SNNRT_NOINLINE static uint64_t snnrt_wide_block(const snnrt_neuron_step *step, uint32_t first) {
    snnrt_neuron_step block = *step;
    block.neurons = first + SNNRT_BLOCK;
    return snnrt_neuron_i32_from(&block, first);
}

SNNRT_AVX2 static inline __m256i avx2_load_lanes(const void *from) {
    return _mm256_loadu_si256((const __m256i *)from);
}

/* Sixteen currents as int16, in the order of packing: the middle quarters change places. */
SNNRT_AVX2 static inline __m256i avx2_packed_currents(const snnrt_int32 *x) {
    return _mm256_packs_epi32(avx2_load_lanes(x), avx2_load_lanes(x + 8));
}

/* Sixteen neurons of a block; gives which fired, all ones or 0. */
SNNRT_INLINE SNNRT_AVX2 static inline __m256i avx2_narrow_half(const snnrt_narrow_plan *plan, uint32_t place,
                                                               snnrt_int16 *state, __m256i current,
                                                               const bool decays, const bool subtracts) {
    __m256i v = avx2_load_lanes(state), after = avx2_load_lanes(plan->after + place), u, word;
    current = _mm256_permute4x64_epi64(current, 0xD8);
    if (decays) {
        v = _mm256_mulhrs_epi16(v, avx2_load_lanes(plan->decay + place));
    }
    u = _mm256_adds_epi16(v, current);
    word = _mm256_cmpgt_epi16(u, avx2_load_lanes(plan->limit + place));
    if (subtracts) {
        after = _mm256_sub_epi16(u, after);
    }
    _mm256_storeu_si256((__m256i *)(void *)state, _mm256_blendv_epi8(u, after, word));
    return word;
}

/* Blocks up to `end`, or to the one from which on the others are left out: gives where. `decays` and `subtracts` are
 * constant in each call. */
SNNRT_INLINE SNNRT_AVX2 static inline uint32_t avx2_narrow_blocks(const snnrt_neuron_step *step,
                                                                  const snnrt_narrow_plan *plan, uint32_t end,
                                                                  const bool decays, const bool subtracts,
                                                                  uint64_t *spikes) {
    const snnrt_int32 *const currents = (const snnrt_int32 *)step->current;
    snnrt_int16 *const states = (snnrt_int16 *)step->state;
    snnrt_uint32 *const outputs = (snnrt_uint32 *)step->output;
    const __m256i below_most = _mm256_set1_epi16(32766);
    const uint32_t period = plan->period;
    uint32_t left_out = 0, place = 0;
    uint64_t fired = 0;
    for (uint32_t first = 0; first < end; first += SNNRT_BLOCK) {
        snnrt_int16 *const state = states + first;
        __m256i a = avx2_packed_currents(currents + first), b = avx2_packed_currents(currents + first + 16);
        __m256i any = _mm256_or_si256(_mm256_or_si256(a, b),
                                      _mm256_or_si256(avx2_load_lanes(state), avx2_load_lanes(state + 16)));
        uint32_t word = 0;
        /* Limits are 0 at least: neurons without current and membrane stay at 0 and do not fire. */
        if (_mm256_testz_si256(any, any) == 0) {
            const __m256i size = _mm256_max_epu16(_mm256_abs_epi16(a), _mm256_abs_epi16(b));
            const __m256i beyond = _mm256_subs_epu16(size, below_most);
            if (_mm256_testz_si256(beyond, beyond) != 0) {
                a = avx2_narrow_half(plan, place, state, a, decays, subtracts);
                b = avx2_narrow_half(plan, place + 16u, state + 16, b, decays, subtracts);
                a = _mm256_permute4x64_epi64(_mm256_packs_epi16(a, b), 0xD8);
                word = (uint32_t)_mm256_movemask_epi8(a);
                outputs[first / SNNRT_BLOCK] = word;
                fired += snnrt_popcount(word);
            } else if (left_out >= SNNRT_WIDE_BLOCKS_MAX && place == 0) {
                end = first;
                break;
            } else {
                left_out++;
                fired += snnrt_wide_block(step, first);
            }
        } else {
            outputs[first / SNNRT_BLOCK] = 0;
        }
        place += SNNRT_BLOCK;
        place = place >= period ? 0u : place;
    }
    *spikes += fired;
    return end;
}

SNNRT_AVX2 uint64_t snnrt_neuron_i16_avx2(const snnrt_neuron_step *step) {
    const uint32_t end = step->neurons & ~(SNNRT_BLOCK - 1u);
    snnrt_narrow_plan plan;
    snnrt_neuron_step rest;
    uint64_t spikes = 0;
    uint32_t done;
    if (!snnrt_plan_narrow(&plan, step)) {
        return snnrt_neuron_i32_avx2(step);
    }
    if (plan.decays) {
        done = plan.subtracts ? avx2_narrow_blocks(step, &plan, end, true, true, &spikes)
                              : avx2_narrow_blocks(step, &plan, end, true, false, &spikes);
    } else {
        done = plan.subtracts ? avx2_narrow_blocks(step, &plan, end, false, true, &spikes)
                              : avx2_narrow_blocks(step, &plan, end, false, false, &spikes);
    }
    if (done == step->neurons) {
        return spikes;
    }
    if (done == end) {
        return spikes + snnrt_neuron_i32_from(step, end);
    }
    rest = snnrt_neurons_from(step, done);
    return spikes + snnrt_neuron_i32_avx2(&rest);
}
#else
typedef int snnrt_neuron_i16_avx2_left_out;
#endif
