/* Sums of float32 weights with AVX2: products rounded, then added, as everywhere. */
#if defined(__x86_64__) && defined(__GNUC__)
#include "gather.h"

SNNRT_AVX2 void snnrt_accumulate_f32_avx2(const snnrt_accumulation *sum) {
    snnrt_float32 *accumulator = (snnrt_float32 *)sum->accumulator;
    const snnrt_float32 *weights = (const snnrt_float32 *)sum->weights;
    uint32_t o = 0;
    snnrt_start_sum(sum);
    for (; o + 32u <= sum->outputs; o += 32u) {
        __m256 total[4];
        for (uint32_t k = 0; k < 4; k++) {
            total[k] = _mm256_loadu_ps(accumulator + o + 8u * k);
        }
        for (uint32_t s = 0; s < sum->slice_count; s++) {
            const snnrt_slice *slice = &sum->slices[s];
            for (uint32_t e = slice->first; e < slice->first + slice->count; e++) {
                uint32_t index = sum->events->position[e] + slice->shift;
                const snnrt_float32 *row = weights + (size_t)index * sum->outputs + o;
                __m256 value = _mm256_set1_ps(sum->events->value.f32[e]);
                for (uint32_t k = 0; k < 4; k++) {
                    __m256 product = _mm256_mul_ps(_mm256_loadu_ps(row + 8u * k), value);
                    total[k] = _mm256_add_ps(total[k], product);
                }
            }
        }
        for (uint32_t k = 0; k < 4; k++) {
            _mm256_storeu_ps(accumulator + o + 8u * k, total[k]);
        }
    }
    for (uint32_t s = 0; s < sum->slice_count && o < sum->outputs; s++) {
        const snnrt_slice *slice = &sum->slices[s];
        for (uint32_t e = slice->first; e < slice->first + slice->count; e++) {
            uint32_t index = sum->events->position[e] + slice->shift;
            const snnrt_float32 *row = weights + (size_t)index * sum->outputs;
            float value = sum->events->value.f32[e];
            for (uint32_t k = o; k < sum->outputs; k++) {
                accumulator[k] += row[k] * value;
            }
        }
    }
}
#else
typedef int snnrt_accumulate_f32_avx2_left_out;
#endif
