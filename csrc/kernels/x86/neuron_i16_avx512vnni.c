/* The step of integer neurons with int16 membranes with AVX-512. */
#if defined(__x86_64__) && defined(__GNUC__)
#include "narrow_neurons.h"

/* Blocks up to `end`, or to the one from which on the others are left out: gives where. `decays` and `subtracts` are
 * constant in each call. */
SNNRT_INLINE SNNRT_AVX512 static inline uint32_t
avx512_narrow_blocks(const snnrt_neuron_step *step, const snnrt_narrow_plan *plan, uint32_t end,
                     const bool decays, const bool subtracts, uint64_t *spikes) {
    const snnrt_int32 *const currents = (const snnrt_int32 *)step->current;
    snnrt_int16 *const states = (snnrt_int16 *)step->state;
    snnrt_uint32 *const outputs = (snnrt_uint32 *)step->output;
    const __m512i order = _mm512_setr_epi64(0, 2, 4, 6, 1, 3, 5, 7);
    const __m512i most = _mm512_set1_epi16(32767);
    const uint32_t period = plan->period;
    uint32_t left_out = 0, place = 0;
    uint64_t fired = 0;
    for (uint32_t first = 0; first < end; first += SNNRT_BLOCK) {
        const snnrt_int32 *x = currents + first;
        __m512i current = _mm512_packs_epi32(_mm512_loadu_si512(x), _mm512_loadu_si512(x + 16));
        __m512i v = _mm512_loadu_si512(states + first), u, after;
        __mmask32 word = 0;
        __m512i any = _mm512_or_si512(current, v);
        /* Limits are 0 at least: neurons without current and membrane stay at 0 and do not fire. */
        if (_mm512_test_epi32_mask(any, any) != 0) {
            if (_mm512_cmpge_epu16_mask(_mm512_abs_epi16(current), most) == 0) {
                current = _mm512_permutexvar_epi64(order, current);
                if (decays) {
                    v = _mm512_mulhrs_epi16(v, _mm512_loadu_si512(plan->decay + place));
                }
                u = _mm512_adds_epi16(v, current);
                word = _mm512_cmpgt_epi16_mask(u, _mm512_loadu_si512(plan->limit + place));
                after = _mm512_loadu_si512(plan->after + place);
                if (subtracts) {
                    after = _mm512_sub_epi16(u, after);
                }
                _mm512_storeu_si512(states + first, _mm512_mask_mov_epi16(u, word, after));
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

SNNRT_AVX512 uint64_t snnrt_neuron_i16_avx512vnni(const snnrt_neuron_step *step) {
    const uint32_t end = step->neurons & ~(SNNRT_BLOCK - 1u);
    snnrt_narrow_plan plan;
    snnrt_neuron_step rest;
    uint64_t spikes = 0;
    uint32_t done;
    if (!snnrt_plan_narrow(&plan, step)) {
        return snnrt_neuron_i32_avx512vnni(step);
    }
    if (plan.decays) {
        done = plan.subtracts ? avx512_narrow_blocks(step, &plan, end, true, true, &spikes)
                              : avx512_narrow_blocks(step, &plan, end, true, false, &spikes);
    } else {
        done = plan.subtracts ? avx512_narrow_blocks(step, &plan, end, false, true, &spikes)
                              : avx512_narrow_blocks(step, &plan, end, false, false, &spikes);
    }
    if (done == step->neurons) {
        return spikes;
    }
    if (done == end) {
        return spikes + snnrt_neuron_i32_from(step, end);
    }
    rest = snnrt_neurons_from(step, done);
    return spikes + snnrt_neuron_i32_avx512vnni(&rest);
}
#else
typedef int snnrt_neuron_i16_avx512vnni_left_out;
#endif
