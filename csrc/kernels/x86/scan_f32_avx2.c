/* Float32 values that are not zero with AVX2, eight at a look. */
#if defined(__x86_64__) && defined(__GNUC__)
#include "x86.h"

SNNRT_AVX2 uint32_t snnrt_scan_f32_avx2(const void *input, uint32_t first, uint32_t count, uint32_t position,
                                        snnrt_events *events) {
    const snnrt_float32 *values = (const snnrt_float32 *)input + first;
    uint32_t done = 0;
    while (count - done >= 8u) {
        __m256i eight = _mm256_loadu_si256((const __m256i *)(const void *)(values + done));
        /* Neither zero: the bits but for the sign. */
        __m256i zeros = _mm256_cmpeq_epi32(_mm256_slli_epi32(eight, 1), _mm256_setzero_si256());
        uint32_t mask = ~(uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(zeros)) & 0xFFu;
        uint32_t filled = events->count;
        while (mask != 0) {
            uint32_t k = snnrt_lowest_bit(mask);
            if (filled == events->capacity) {
                events->count = filled;
                return done + k;
            }
            events->position[filled] = position + done + k;
            events->value.f32[filled] = values[done + k];
            filled++;
            mask &= mask - 1u;
        }
        events->count = filled;
        done += 8u;
    }
    return done + snnrt_scan_f32(input, first + done, count - done, position + done, events);
}
#else
typedef int snnrt_scan_f32_avx2_left_out;
#endif
