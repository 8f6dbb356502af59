/* Float32 values that are not zero in vectors of 16 bytes (SSE2, NEON), eight at a look. */
#include "../snnrt_kernels.h"

#if SNNRT_WITH_KERNEL_TABLE && SNNRT_WITH_FLOAT_QUADS
#if defined(__x86_64__)
#include <emmintrin.h>
#define EIGHT_STRIDE 0 /* log2 of the bits that each value has in the mask */
#else
#include <arm_neon.h>
#define EIGHT_STRIDE 3
#endif

/* A set bit, the lowest of its bits, for each of eight values that is neither zero: the bits but for the sign. */
static inline uint64_t eight_set(const snnrt_float32 *values) {
#if defined(__x86_64__)
    const __m128i zero = _mm_setzero_si128();
    __m128i low = _mm_loadu_si128((const __m128i *)(const void *)values);
    __m128i high = _mm_loadu_si128((const __m128i *)(const void *)(values + 4));
    low = _mm_cmpeq_epi32(_mm_slli_epi32(low, 1), zero);
    high = _mm_cmpeq_epi32(_mm_slli_epi32(high, 1), zero);
    return (uint64_t)(~(uint32_t)_mm_movemask_epi8(_mm_packs_epi16(_mm_packs_epi32(low, high), zero)) &
                      0xFFu);
#else
    const uint32x4_t magnitude = vdupq_n_u32(0x7FFFFFFFu);
    const uint32x4_t low = vreinterpretq_u32_u8(vld1q_u8((const uint8_t *)values));
    const uint32x4_t high = vreinterpretq_u32_u8(vld1q_u8((const uint8_t *)(values + 4)));
    const uint16x8_t set = vuzp1q_u16(vreinterpretq_u16_u32(vtstq_u32(low, magnitude)),
                                      vreinterpretq_u16_u32(vtstq_u32(high, magnitude)));
    return vget_lane_u64(vreinterpret_u64_u8(vmovn_u16(set)), 0) & 0x0101010101010101u;
#endif
}

uint32_t snnrt_scan_f32_quads(const void *input, uint32_t first, uint32_t count, uint32_t position,
                              snnrt_events *events) {
    const snnrt_float32 *values = (const snnrt_float32 *)input + first;
    snnrt_uint32 *const places = events->position;
    snnrt_float32 *const found = events->value.f32;
    uint32_t done = 0, filled = events->count;
    for (; count - done >= 8u && events->capacity - filled >= 8u; done += 8u) {
        uint64_t set = eight_set(values + done);
        for (; set != 0; set &= set - 1u) {
            const uint32_t k = done + ((uint32_t)__builtin_ctzll(set) >> EIGHT_STRIDE);
            places[filled] = position + k;
            found[filled] = values[k];
            filled++;
        }
    }
    events->count = filled;
    return done + snnrt_scan_f32(input, first + done, count - done, position + done, events);
}
#else
typedef int snnrt_scan_f32_quads_left_out;
#endif
