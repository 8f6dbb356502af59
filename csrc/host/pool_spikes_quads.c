/* Sums and averages of spikes in vectors of 16 bytes (SSE2, NEON): the bits of 16 channels are spread to lanes and counted,
 * whatever the numbers. */
#include "../snnrt_float.h"
#include "../snnrt_kernels.h"

#if SNNRT_WITH_KERNEL_TABLE && SNNRT_WITH_POOL_QUADS
#if defined(__x86_64__)
#include <emmintrin.h>
#else
#include <arm_neon.h>
#endif

#define UNIT 16u /* channels that are counted at once */

typedef uint8_t unit_counts __attribute__((vector_size(UNIT)));
typedef int16_t unit_int16 __attribute__((vector_size(UNIT), aligned(2), may_alias));
typedef float unit_floats __attribute__((vector_size(UNIT), aligned(4), may_alias));

/* All ones where the channel's bit is set. */
static inline unit_counts unit_spread(uint16_t bits) {
#if defined(__x86_64__)
    const __m128i select = _mm_set1_epi64x((int64_t)0x8040201008040201u);
    __m128i spread = _mm_cvtsi32_si128((int32_t)bits);
    spread = _mm_shufflelo_epi16(_mm_unpacklo_epi8(spread, spread), 0x50);
    spread = _mm_shuffle_epi32(spread, 0x50);
    return (unit_counts)_mm_cmpeq_epi8(_mm_and_si128(spread, select), select);
#else
    const uint8x16_t bytes = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1};
    const uint8x16_t select = vreinterpretq_u8_u64(vdupq_n_u64(0x8040201008040201u));
    return vtstq_u8(vqtbl1q_u8(vreinterpretq_u8_u16(vdupq_n_u16(bits)), bytes), select);
#endif
}

/* Of 16 channels over a window of at most 255 taps; rows and pixels are `row_units` and `pixel_units` apart. */
SNNRT_INLINE static inline unit_counts unit_count(const snnrt_uint16 *corner, uint32_t rows, size_t row_units,
                                                  uint32_t pixels, size_t pixel_units) {
    unit_counts total = {0};
    for (; rows != 0; rows--, corner += row_units) {
        const snnrt_uint16 *unit = corner;
        for (uint32_t pixel = 0; pixel < pixels; pixel++, unit += pixel_units) {
            total -= unit_spread(*unit);
        }
    }
    return total;
}

static inline void unit_widen(unit_counts counts, unit_int16 wide[2]) {
#if defined(__x86_64__)
    wide[0] = (unit_int16)_mm_unpacklo_epi8((__m128i)counts, _mm_setzero_si128());
    wide[1] = (unit_int16)_mm_unpackhi_epi8((__m128i)counts, _mm_setzero_si128());
#else
    wide[0] = (unit_int16)vmovl_u8(vget_low_u8((uint8x16_t)counts));
    wide[1] = (unit_int16)vmovl_high_u8((uint8x16_t)counts);
#endif
}

/* Four of eight as floats: the lower ones, or those above. */
static inline unit_floats unit_float(unit_int16 counts, const bool above) {
#if defined(__x86_64__)
    const __m128i zero = _mm_setzero_si128();
    return (unit_floats)_mm_cvtepi32_ps(above ? _mm_unpackhi_epi16((__m128i)counts, zero)
                                              : _mm_unpacklo_epi16((__m128i)counts, zero));
#else
    const uint16x8_t eight = (uint16x8_t)counts;
    return (unit_floats)vcvtq_f32_u32(above ? vmovl_high_u16(eight) : vmovl_u16(vget_low_u16(eight)));
#endif
}

/* How a sum of ones, which is the count itself, becomes an output. */
typedef enum unit_form { UNIT_INT16, UNIT_SUM, UNIT_PRODUCT, UNIT_QUOTIENT } unit_form;

static inline void unit_store(void *output, size_t to, unit_counts counts, const unit_form form, float by) {
    unit_int16 wide[2];
    unit_widen(counts, wide);
    for (uint32_t half = 0; half < 2u; half++) {
        if (form == UNIT_INT16) {
            *(unit_int16 *)(void *)((snnrt_int16 *)output + to + 8u * half) = wide[half];
            continue;
        }
        for (uint32_t quarter = 0; quarter < 2u; quarter++) {
            unit_floats sum = unit_float(wide[half], quarter != 0);
            if (form == UNIT_PRODUCT) {
                sum = sum * by;
            } else if (form == UNIT_QUOTIENT) {
                sum = sum / by;
            }
            *(unit_floats *)(void *)((snnrt_float32 *)output + to + 8u * half + 4u * quarter) = sum;
        }
    }
}

/* `form` is constant in each call. */
SNNRT_INLINE static inline void unit_windows(const snnrt_pool_step *step, const unit_form form,
                                             const float by) {
    const snnrt_window *pool = step->window;
    const size_t pixel_units = step->channels / UNIT, row_units = step->in_width * pixel_units;
    const bool four = pool->kernel_h == 2u && pool->kernel_w == 2u;
    size_t to = 0;
    for (uint32_t oy = 0; oy < step->out_height; oy++) {
        const snnrt_uint16 *row = (const snnrt_uint16 *)step->input + oy * pool->stride_y * row_units;
        for (uint32_t ox = 0; ox < step->out_width; ox++, row += pool->stride_x * pixel_units) {
            for (size_t place = 0; place < pixel_units; place++, to += UNIT) {
                const unit_counts counts =
                    four ? unit_count(row + place, 2u, row_units, 2u, pixel_units)
                         : unit_count(row + place, pool->kernel_h, row_units, pool->kernel_w, pixel_units);
                unit_store(step->output, to, counts, form, by);
            }
        }
    }
}

bool snnrt_pool_spikes_quads(const snnrt_pool_step *step) {
    const snnrt_window *pool = step->window;
    const uint32_t taps = (uint32_t)pool->kernel_h * pool->kernel_w;
    if (step->channels % UNIT != 0 || taps > 255u ||
        (pool->pad_top | pool->pad_bottom | pool->pad_left | pool->pad_right) != 0 ||
        (step->output_dtype != SNNRT_TYPE_FLOAT32 && step->output_dtype != SNNRT_TYPE_INT16)) {
        return false;
    }
    if (step->output_dtype == SNNRT_TYPE_INT16) {
        unit_windows(step, UNIT_INT16, 1.0f);
    } else if (!step->average) {
        unit_windows(step, UNIT_SUM, 1.0f);
    } else if ((taps & (taps - 1u)) == 0) {
        /* A product by a power of two is the quotient. */
        unit_windows(step, UNIT_PRODUCT, 1.0f / (float)taps);
    } else {
        unit_windows(step, UNIT_QUOTIENT, (float)taps);
    }
    return true;
}
#else
typedef int snnrt_pool_spikes_quads_left_out;
#endif
