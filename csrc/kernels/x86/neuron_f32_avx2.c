/* The float32 neuron step with AVX2. */
#if defined(__x86_64__) && defined(__GNUC__)
#include "../../host/float_lanes.h"
#include "x86.h"

#define SNNRT_SET_NAME f32_avx2
#define SNNRT_SET_LANES 8u
#define SNNRT_SET_TARGET SNNRT_AVX2

typedef float f32_avx2_lanes __attribute__((vector_size(SNNRT_SET_LANES * 4), aligned(4), may_alias));
typedef int32_t f32_avx2_mask __attribute__((vector_size(SNNRT_SET_LANES * 4))); /* all ones or 0 */
typedef uint32_t f32_avx2_word;

/* a where fired, else b. */
SNNRT_AVX2 static inline f32_avx2_lanes f32_avx2_select(f32_avx2_mask fired, f32_avx2_lanes a,
                                                        f32_avx2_lanes b) {
    return (f32_avx2_lanes)_mm256_blendv_ps((__m256)b, (__m256)a, (__m256)(__m256i)fired);
}

SNNRT_AVX2 static inline f32_avx2_word f32_avx2_with_spikes(f32_avx2_word word, f32_avx2_mask fired) {
    return word << SNNRT_SET_LANES | (uint32_t)_mm256_movemask_ps((__m256)(__m256i)fired);
}

static inline uint32_t f32_avx2_bits_of(f32_avx2_word word) { return word; }

SNNRT_AVX2 static inline bool f32_avx2_rests(const snnrt_float32 *x, const snnrt_float32 *v) {
    __m256i any = _mm256_setzero_si256();
    for (uint32_t k = 0; k < SNNRT_BLOCK; k += SNNRT_SET_LANES) {
        any = _mm256_or_si256(any, _mm256_loadu_si256((const __m256i *)(const void *)(x + k)));
        any = _mm256_or_si256(any, _mm256_loadu_si256((const __m256i *)(const void *)(v + k)));
    }
    return _mm256_testz_si256(any, any) != 0;
}

#include "../../host/float_lanes_step.h"
#else
typedef int snnrt_neuron_f32_avx2_left_out;
#endif
