/* The float32 neuron step in vectors of 16 bytes: SSE2, NEON. */
#include "../kernels/neuron_block.h"

#if SNNRT_WITH_KERNEL_TABLE && SNNRT_WITH_FLOAT_QUADS
#include "float_lanes.h"

#if defined(__x86_64__)
#include <emmintrin.h>
#else
#include <arm_neon.h>
#endif

#define SNNRT_SET_NAME f32_quads
#define SNNRT_SET_LANES 4u
#define SNNRT_SET_TARGET

typedef float f32_quads_lanes __attribute__((vector_size(SNNRT_SET_LANES * 4), aligned(4), may_alias));
typedef int32_t f32_quads_mask __attribute__((vector_size(SNNRT_SET_LANES * 4))); /* all ones or 0 */
typedef int32_t f32_quads_any __attribute__((vector_size(SNNRT_SET_LANES * 4), aligned(4), may_alias));

/* a where fired, else b. */
static inline f32_quads_lanes f32_quads_select(f32_quads_mask fired, f32_quads_lanes a, f32_quads_lanes b) {
    return (f32_quads_lanes)(((f32_quads_mask)a & fired) | ((f32_quads_mask)b & ~fired));
}

#if defined(__x86_64__)
typedef uint32_t f32_quads_word;

static inline f32_quads_word f32_quads_with_spikes(f32_quads_word word, f32_quads_mask fired) {
    return word << SNNRT_SET_LANES | (uint32_t)_mm_movemask_ps((__m128)(__m128i)fired);
}

static inline uint32_t f32_quads_bits_of(f32_quads_word word) { return word; }
#else
/* Four bits a vector in each lane, all ones or 0. */
typedef uint32x4_t f32_quads_word;

static inline f32_quads_word f32_quads_with_spikes(f32_quads_word word, f32_quads_mask fired) {
    return vsliq_n_u32(vreinterpretq_u32_s32((int32x4_t)fired), word, 4);
}

static inline uint32_t f32_quads_bits_of(f32_quads_word word) {
    const uint32x4_t places = {0x11111111u, 0x22222222u, 0x44444444u, 0x88888888u};
    return vaddvq_u32(vandq_u32(word, places));
}
#endif

static inline bool f32_quads_rests(const snnrt_float32 *x, const snnrt_float32 *v) {
    const f32_quads_any *current = (const f32_quads_any *)(const void *)x;
    const f32_quads_any *state = (const f32_quads_any *)(const void *)v;
    f32_quads_any any = {0};
    for (uint32_t k = 0; k < SNNRT_BLOCK / SNNRT_SET_LANES; k++) {
        any |= current[k] | state[k];
    }
    return (any[0] | any[1] | any[2] | any[3]) == 0;
}

#include "float_lanes_step.h"
#else
typedef int snnrt_neuron_f32_quads_left_out;
#endif
