/* The integer neuron step with AVX-512. */
#if defined(__x86_64__) && defined(__GNUC__)
#include "../../host/neuron_lanes.h"
#include "x86.h"

#define SNNRT_SET_NAME avx512vnni
#define SNNRT_SET_LANES 16u
#define SNNRT_SET_TARGET SNNRT_AVX512

typedef int32_t avx512vnni_lanes __attribute__((vector_size(SNNRT_SET_LANES * 4), aligned(4), may_alias));
typedef int16_t avx512vnni_narrow_lanes
    __attribute__((vector_size(SNNRT_SET_LANES * 2), aligned(2), may_alias));
typedef uint32_t avx512vnni_unsigned_lanes __attribute__((vector_size(SNNRT_SET_LANES * 4)));
typedef __mmask16 avx512vnni_fired;

SNNRT_AVX512 static inline uint32_t avx512vnni_sign_bits(avx512vnni_lanes a) {
    return (uint32_t)_mm512_cmplt_epi32_mask((__m512i)a, _mm512_setzero_si512());
}

SNNRT_AVX512 static inline avx512vnni_lanes avx512vnni_minimum(avx512vnni_lanes a, avx512vnni_lanes b) {
    return (avx512vnni_lanes)_mm512_min_epi32((__m512i)a, (__m512i)b);
}

SNNRT_AVX512 static inline avx512vnni_lanes avx512vnni_maximum(avx512vnni_lanes a, avx512vnni_lanes b) {
    return (avx512vnni_lanes)_mm512_max_epi32((__m512i)a, (__m512i)b);
}

SNNRT_AVX512 static inline avx512vnni_fired avx512vnni_greater(avx512vnni_lanes a, avx512vnni_lanes b) {
    return _mm512_cmpgt_epi32_mask((__m512i)a, (__m512i)b);
}

/* a where fired, else b. */
SNNRT_AVX512 static inline avx512vnni_lanes avx512vnni_select(avx512vnni_fired fired, avx512vnni_lanes a,
                                                              avx512vnni_lanes b) {
    return (avx512vnni_lanes)_mm512_mask_mov_epi32((__m512i)b, fired, (__m512i)a);
}

SNNRT_AVX512 static inline uint32_t avx512vnni_fired_bits(avx512vnni_fired fired) { return fired; }

/* By a vector: one operation, where a shift by a scalar takes two. */
SNNRT_AVX512 static inline avx512vnni_lanes avx512vnni_shifted(avx512vnni_lanes v, int by) {
    return v >> ((avx512vnni_lanes){0} + by);
}

SNNRT_AVX512 static inline avx512vnni_lanes avx512vnni_widened(const avx512vnni_narrow_lanes *from) {
    return __builtin_convertvector(*from, avx512vnni_lanes);
}

SNNRT_AVX512 static inline void avx512vnni_store_narrow(avx512vnni_narrow_lanes *to, avx512vnni_lanes v) {
    *to = __builtin_convertvector(v, avx512vnni_narrow_lanes);
}

/* Whether the block has neither current nor membrane. */
SNNRT_INLINE SNNRT_AVX512 static inline bool avx512vnni_rests(const snnrt_int32 *x, const void *v,
                                                              const bool narrow) {
    __m512i any = _mm512_or_si512(_mm512_loadu_si512(x), _mm512_loadu_si512(x + SNNRT_SET_LANES));
    any = _mm512_or_si512(any, _mm512_loadu_si512(v));
    if (!narrow) {
        any = _mm512_or_si512(any, _mm512_loadu_si512((const snnrt_int32 *)v + SNNRT_SET_LANES));
    }
    return _mm512_test_epi32_mask(any, any) == 0;
}

#include "../../host/neuron_lanes_step.h"

/* Membranes of 16 bits go in lanes of 16 bits, of which AVX2's are as fast here. */
SNNRT_AVX512 uint64_t snnrt_neuron_widths_avx512vnni(const snnrt_neuron_step *step) {
    return (step->flags & SNNRT_NEURON_STATE_INT16) != 0 ? snnrt_neuron_i16_avx2(step)
                                                         : snnrt_neuron_i32_avx512vnni(step);
}
#else
typedef int snnrt_neuron_i32_avx512vnni_left_out;
#endif
