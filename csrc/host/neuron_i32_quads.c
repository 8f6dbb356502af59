/* The integer neuron step in vectors of 16 bytes, which every host of 64 bits has: SSE2, NEON. */
#include "../kernels/neuron_block.h"

#if SNNRT_WITH_KERNEL_TABLE && SNNRT_WITH_QUADS
#include "neuron_lanes.h"

#if defined(__x86_64__)
#include <emmintrin.h>
#else
#include <arm_neon.h>
#endif

#define SNNRT_SET_NAME quads
#define SNNRT_SET_LANES 4u
#define SNNRT_SET_TARGET

typedef int32_t quads_lanes __attribute__((vector_size(SNNRT_SET_LANES * 4), aligned(4), may_alias));
typedef int16_t quads_narrow_lanes __attribute__((vector_size(SNNRT_SET_LANES * 2), aligned(2), may_alias));
typedef uint32_t quads_unsigned_lanes __attribute__((vector_size(SNNRT_SET_LANES * 4)));
typedef quads_lanes quads_fired; /* all ones or 0 */

static inline uint32_t quads_sign_bits(quads_lanes a) {
#if defined(__x86_64__)
    return (uint32_t)_mm_movemask_ps((__m128)(__m128i)a);
#else
    const uint32x4_t places = {1, 2, 4, 8};
    return vaddvq_u32(vandq_u32(vreinterpretq_u32_s32(vshrq_n_s32((int32x4_t)a, 31)), places));
#endif
}

/* a where fired, else b. */
static inline quads_lanes quads_select(quads_fired fired, quads_lanes a, quads_lanes b) {
    return (a & fired) | (b & ~fired);
}

static inline quads_lanes quads_minimum(quads_lanes a, quads_lanes b) { return quads_select(a < b, a, b); }

static inline quads_lanes quads_maximum(quads_lanes a, quads_lanes b) { return quads_select(a > b, a, b); }

static inline quads_fired quads_greater(quads_lanes a, quads_lanes b) { return (quads_lanes)(a > b); }

static inline uint32_t quads_fired_bits(quads_fired fired) { return quads_sign_bits(fired); }

static inline quads_lanes quads_shifted(quads_lanes v, int by) { return v >> by; }

/* Whether the block has neither current nor membrane. */
SNNRT_INLINE static inline bool quads_rests(const snnrt_int32 *x, const void *v, const bool narrow) {
    const quads_lanes *current = (const quads_lanes *)(const void *)x, *state = (const quads_lanes *)v;
    quads_lanes any = {0};
    for (uint32_t k = 0; k < SNNRT_BLOCK / SNNRT_SET_LANES; k++) {
        any |= current[k];
        any |= state[narrow ? k / 2u : k];
    }
    return (any[0] | any[1] | any[2] | any[3]) == 0;
}

/* Four int16 as int32, and int32 that are within int16 back. */
static inline quads_lanes quads_widened(const quads_narrow_lanes *from) {
#if defined(__x86_64__)
    const __m128i four = _mm_loadl_epi64((const __m128i *)(const void *)from);
    return (quads_lanes)_mm_srai_epi32(_mm_unpacklo_epi16(four, four), 16);
#else
    return __builtin_convertvector(*from, quads_lanes);
#endif
}

static inline void quads_store_narrow(quads_narrow_lanes *to, quads_lanes values) {
#if defined(__x86_64__)
    _mm_storel_epi64((__m128i *)(void *)to, _mm_packs_epi32((__m128i)values, (__m128i)values));
#else
    *to = __builtin_convertvector(values, quads_narrow_lanes);
#endif
}

#include "neuron_lanes_step.h"
#else
typedef int snnrt_neuron_i32_quad_left_out;
#endif
