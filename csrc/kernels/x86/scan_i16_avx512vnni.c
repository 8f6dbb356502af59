/* Non-zero int16 values with AVX-512, 16 at a look, pressed together without a branch. */
#if defined(__x86_64__) && defined(__GNUC__)
#include "x86.h"

SNNRT_AVX512 uint32_t snnrt_scan_i16_avx512vnni(const void *input, uint32_t first, uint32_t count,
                                                uint32_t position, snnrt_events *events) {
    const snnrt_int16 *values = (const snnrt_int16 *)input + first;
    const __m512i steps = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    uint32_t filled = events->count;
    uint32_t done = 0;
    for (; done + 16u <= count && filled + 16u <= events->capacity; done += 16u) {
        __m256i sixteen = _mm256_loadu_si256((const __m256i *)(const void *)(values + done));
        __mmask16 mask = _mm256_test_epi16_mask(sixteen, sixteen);
        __m512i at = _mm512_add_epi32(steps, _mm512_set1_epi32((int32_t)(position + done)));
        __m512i wide = _mm512_maskz_compress_epi32(mask, _mm512_cvtepi16_epi32(sixteen));
        _mm512_storeu_si512(events->position + filled, _mm512_maskz_compress_epi32(mask, at));
        _mm256_storeu_si256((__m256i *)(void *)(events->value.i16 + filled), _mm512_cvtepi32_epi16(wide));
        filled += (uint32_t)__builtin_popcount((unsigned)mask);
    }
    events->count = filled;
    return done + snnrt_scan_i16(input, first + done, count - done, position + done, events);
}
#else
typedef int snnrt_scan_i16_avx512vnni_left_out;
#endif
