/* Neurons of 16 bits behind a convolution whose sums wait (spread_pairs.h): these are their currents, which are nowhere else. */
#if defined(__x86_64__) && defined(__GNUC__)
#include "narrow_neurons.h"
#include "spread_pairs.h"

/* Sixteen sums and their bias: no more than int16. Of changes, those that were added become 0. */
SNNRT_INLINE SNNRT_AVX2 static inline __m256i spread_current(const uint8_t *sums, uint8_t *more,
                                                             const int16_t *bias, const bool changed) {
    __m256i all = _mm256_load_si256((const __m256i *)(const void *)sums);
    if (changed) {
        all = _mm256_add_epi16(all, _mm256_load_si256((const __m256i *)(const void *)more));
        _mm256_store_si256((__m256i *)(void *)more, _mm256_setzero_si256());
    }
    return _mm256_add_epi16(all, _mm256_loadu_si256((const __m256i *)(const void *)bias));
}

/* Sixteen neurons; gives which fired, all ones or 0. */
SNNRT_INLINE SNNRT_AVX2 static inline __m256i spread_half(const snnrt_narrow_plan *plan, uint32_t place,
                                                          snnrt_int16 *state, __m256i current,
                                                          const bool decays, const bool subtracts) {
    __m256i v = _mm256_loadu_si256((const __m256i *)(const void *)state), u, fired;
    __m256i after = _mm256_loadu_si256((const __m256i *)(const void *)(plan->after + place));
    if (decays) {
        v = _mm256_mulhrs_epi16(v, _mm256_loadu_si256((const __m256i *)(const void *)(plan->decay + place)));
    }
    u = _mm256_adds_epi16(v, current);
    fired = _mm256_cmpgt_epi16(u, _mm256_loadu_si256((const __m256i *)(const void *)(plan->limit + place)));
    if (subtracts) {
        after = _mm256_sub_epi16(u, after);
    }
    _mm256_storeu_si256((__m256i *)(void *)state, _mm256_blendv_epi8(u, after, fired));
    return fired;
}

/* All windows; what is const here is constant in each call. */
SNNRT_INLINE SNNRT_AVX2 static inline uint64_t spread_neurons(const snnrt_spread_plan *plan,
                                                              const snnrt_narrow_plan *narrow,
                                                              const snnrt_neuron_step *neurons,
                                                              const int16_t *bias, const bool changed,
                                                              const bool decays, const bool subtracts) {
    const snnrt_synapse_step *step = plan->step;
    const uint32_t outputs = step->out_channels, edge = SNNRT_SPREAD_KERNEL - 1u, period = narrow->period;
    const size_t inside = edge * plan->pitch + edge * plan->block * 2u;
    snnrt_int16 *state = (snnrt_int16 *)neurons->state;
    snnrt_uint32 *output = (snnrt_uint32 *)neurons->output;
    uint64_t spikes = 0;
    for (uint32_t oy = 0; oy < step->out_height; oy++) {
        for (uint32_t ox = 0; ox < step->out_width; ox++) {
            const size_t window = inside + (size_t)oy * plan->pitch + (size_t)ox * plan->block * 2u;
            uint32_t place = 0;
            for (uint32_t o = 0; o < outputs; o += SNNRT_BLOCK, state += SNNRT_BLOCK) {
                const size_t at = window + (size_t)(o / plan->block) * plan->sums + 2u * (o % plan->block);
                const uint8_t *sums = plan->reference + at;
                uint8_t *more = plan->sum + at;
                __m256i a = spread_current(sums, more, bias + o, changed);
                __m256i b = spread_current(sums + 32, more + 32, bias + o + 16, changed);
                uint32_t word;
                a = spread_half(narrow, place, state, a, decays, subtracts);
                b = spread_half(narrow, place + 16u, state + 16, b, decays, subtracts);
                a = _mm256_permute4x64_epi64(_mm256_packs_epi16(a, b), 0xD8);
                word = (uint32_t)_mm256_movemask_epi8(a);
                *output++ = word;
                spikes += (uint32_t)__builtin_popcount((unsigned)word);
                place += SNNRT_BLOCK;
                place = place >= period ? 0u : place;
            }
        }
    }
    return spikes;
}

/* The bias as int16; false where it and the sums together may leave int16. */
SNNRT_AVX2 static bool spread_bias(const snnrt_spread_plan *plan, int16_t *bias) {
    const snnrt_synapse_step *step = plan->step;
    const uint32_t sums = plan->groups * plan->head->group_sum * step->input_peak;
    for (uint32_t o = 0; o < step->out_channels; o++) {
        const int32_t one = step->bias == NULL ? 0 : ((const snnrt_int32 *)step->bias)[o];
        if (one > 32767 - (int32_t)sums || one < (int32_t)sums - 32767) {
            return false;
        }
        bias[o] = (int16_t)one;
    }
    return true;
}

SNNRT_AVX2 bool snnrt_conv2d_waiting_avx2(const snnrt_synapse_step *step, const snnrt_neuron_step *neurons,
                                          uint64_t *spikes) {
    const bool changed = step->kept->changed;
    snnrt_spread_plan plan;
    snnrt_narrow_plan narrow;
    int16_t bias[SNNRT_NARROW_CHANNELS];
    if (!snnrt_plan_spread(&plan, step)) {
        return false;
    }
    if (step->out_channels % SNNRT_BLOCK != 0 || step->out_channels > SNNRT_NARROW_CHANNELS ||
        !snnrt_plan_narrow(&narrow, neurons) || !spread_bias(&plan, bias)) {
        snnrt_finish_spread(&plan, true, changed);
        return false;
    }
    if (changed) {
        *spikes = narrow.decays
                      ? (narrow.subtracts ? spread_neurons(&plan, &narrow, neurons, bias, true, true, true)
                                          : spread_neurons(&plan, &narrow, neurons, bias, true, true, false))
                  : narrow.subtracts ? spread_neurons(&plan, &narrow, neurons, bias, true, false, true)
                                     : spread_neurons(&plan, &narrow, neurons, bias, true, false, false);
    } else {
        *spikes = narrow.decays
                      ? (narrow.subtracts ? spread_neurons(&plan, &narrow, neurons, bias, false, true, true)
                                          : spread_neurons(&plan, &narrow, neurons, bias, false, true, false))
                  : narrow.subtracts ? spread_neurons(&plan, &narrow, neurons, bias, false, false, true)
                                     : spread_neurons(&plan, &narrow, neurons, bias, false, false, false);
    }
    return true;
}
#else
typedef int snnrt_conv2d_waiting_avx2_left_out;
#endif
