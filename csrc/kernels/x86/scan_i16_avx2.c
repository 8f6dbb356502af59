/* Non-zero int16 values with AVX2, 16 at a look. */
#if defined(__x86_64__) && defined(__GNUC__)
#include "x86.h"

SNNRT_AVX2 uint32_t snnrt_scan_i16_avx2(const void *input, uint32_t first, uint32_t count, uint32_t position,
                                        snnrt_events *events) {
    const snnrt_int16 *values = (const snnrt_int16 *)input + first;
    uint32_t done = 0;
    while (count - done >= 16u) {
        __m256i sixteen = _mm256_loadu_si256((const __m256i *)(const void *)(values + done));
        __m256i zeros = _mm256_cmpeq_epi16(sixteen, _mm256_setzero_si256());
        uint32_t mask = ~(uint32_t)_mm256_movemask_epi8(zeros) & 0x55555555u;
        uint32_t filled = events->count;
        while (mask != 0) {
            uint32_t k = snnrt_lowest_bit(mask) >> 1;
            if (filled == events->capacity) {
                events->count = filled;
                return done + k;
            }
            events->position[filled] = position + done + k;
            events->value.i16[filled] = values[done + k];
            filled++;
            mask &= mask - 1u;
        }
        events->count = filled;
        done += 16u;
    }
    return done + snnrt_scan_i16(input, first + done, count - done, position + done, events);
}
#else
typedef int snnrt_scan_i16_avx2_left_out;
#endif
