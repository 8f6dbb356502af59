/* Sums of float32 weights with AVX-512: products rounded, then added, as everywhere. */
#if defined(__x86_64__) && defined(__GNUC__)
#include "gather.h"

SNNRT_AVX512 void snnrt_accumulate_f32_avx512vnni(const snnrt_accumulation *sum) {
    snnrt_float32 *accumulator = (snnrt_float32 *)sum->accumulator;
    const snnrt_float32 *weights = (const snnrt_float32 *)sum->weights;
    snnrt_start_sum(sum);
    for (uint32_t o = 0; o < sum->outputs; o += 64u) {
        __m512 total[4];
        __mmask16 mask[4];
        for (uint32_t k = 0; k < 4; k++) {
            uint32_t first = o + 16u * k;
            uint32_t width = first < sum->outputs ? sum->outputs - first : 0u;
            mask[k] = (__mmask16)(width >= 16u ? 0xFFFFu : (1u << width) - 1u);
            total[k] = _mm512_maskz_loadu_ps(mask[k], accumulator + first);
        }
        for (uint32_t s = 0; s < sum->slice_count; s++) {
            const snnrt_slice *slice = &sum->slices[s];
            for (uint32_t e = slice->first; e < slice->first + slice->count; e++) {
                uint32_t index = sum->events->position[e] + slice->shift;
                const snnrt_float32 *row = weights + (size_t)index * sum->outputs + o;
                __m512 value = _mm512_set1_ps(sum->events->value.f32[e]);
                for (uint32_t k = 0; k < 4; k++) {
                    __m512 weight = _mm512_maskz_loadu_ps(mask[k], row + 16u * k);
                    total[k] = _mm512_add_ps(total[k], _mm512_mul_ps(weight, value));
                }
            }
        }
        for (uint32_t k = 0; k < 4; k++) {
            _mm512_mask_storeu_ps(accumulator + o + 16u * k, mask[k], total[k]);
        }
    }
}
#else
typedef int snnrt_accumulate_f32_avx512vnni_left_out;
#endif
