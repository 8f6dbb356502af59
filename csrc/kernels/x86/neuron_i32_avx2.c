/* The integer neuron step with AVX2. */
#if defined(__x86_64__) && defined(__GNUC__)
#include "../../host/neuron_lanes.h"
#include "x86.h"

#define SNNRT_SET_NAME avx2
#define SNNRT_SET_LANES 8u
#define SNNRT_SET_TARGET SNNRT_AVX2

typedef int32_t avx2_lanes __attribute__((vector_size(SNNRT_SET_LANES * 4), aligned(4), may_alias));
typedef int16_t avx2_narrow_lanes __attribute__((vector_size(SNNRT_SET_LANES * 2), aligned(2), may_alias));
typedef uint32_t avx2_unsigned_lanes __attribute__((vector_size(SNNRT_SET_LANES * 4)));
typedef avx2_lanes avx2_fired; /* all ones or 0 */

SNNRT_AVX2 static inline uint32_t avx2_sign_bits(avx2_lanes a) {
    return (uint32_t)_mm256_movemask_ps((__m256)(__m256i)a);
}

SNNRT_AVX2 static inline avx2_lanes avx2_minimum(avx2_lanes a, avx2_lanes b) {
    return (avx2_lanes)_mm256_min_epi32((__m256i)a, (__m256i)b);
}

SNNRT_AVX2 static inline avx2_lanes avx2_maximum(avx2_lanes a, avx2_lanes b) {
    return (avx2_lanes)_mm256_max_epi32((__m256i)a, (__m256i)b);
}

SNNRT_AVX2 static inline avx2_fired avx2_greater(avx2_lanes a, avx2_lanes b) { return (avx2_lanes)(a > b); }

/* a where fired, else b. */
SNNRT_AVX2 static inline avx2_lanes avx2_select(avx2_fired fired, avx2_lanes a, avx2_lanes b) {
    return (avx2_lanes)_mm256_blendv_epi8((__m256i)b, (__m256i)a, (__m256i)fired);
}

SNNRT_AVX2 static inline uint32_t avx2_fired_bits(avx2_fired fired) { return avx2_sign_bits(fired); }

/* By a vector: one operation, where a shift by a scalar takes two. */
SNNRT_AVX2 static inline avx2_lanes avx2_shifted(avx2_lanes v, int by) { return v >> ((avx2_lanes){0} + by); }

SNNRT_AVX2 static inline avx2_lanes avx2_widened(const avx2_narrow_lanes *from) {
    return __builtin_convertvector(*from, avx2_lanes);
}

SNNRT_AVX2 static inline void avx2_store_narrow(avx2_narrow_lanes *to, avx2_lanes v) {
    *to = __builtin_convertvector(v, avx2_narrow_lanes);
}

/* Whether the block has neither current nor membrane. */
SNNRT_INLINE SNNRT_AVX2 static inline bool avx2_rests(const snnrt_int32 *x, const void *v,
                                                      const bool narrow) {
    const __m256i *current = (const __m256i *)(const void *)x, *state = (const __m256i *)v;
    __m256i any = _mm256_setzero_si256();
    for (uint32_t k = 0; k < 4u; k++) {
        any = _mm256_or_si256(any, _mm256_loadu_si256(current + k));
        any = _mm256_or_si256(any, _mm256_loadu_si256(state + (narrow ? k / 2u : k)));
    }
    return _mm256_testz_si256(any, any) != 0;
}

#include "../../host/neuron_lanes_step.h"
#else
typedef int snnrt_neuron_i32_avx2_left_out;
#endif
