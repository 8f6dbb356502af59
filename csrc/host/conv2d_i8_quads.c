/* Convolution by pairs of channels in vectors of 16 bytes, which every host of 64 bits has (SSE2, NEON): two channels of a
 * pixel, where one of them is not 0, against two interleaved rows of int16, added in int32. The pairs of all pixels are
 * found once, so that a kernel row of a window is one run of them. */
#include <string.h>

#include "../kernels/taps.h"
#include "../snnrt_kernels.h"

#if SNNRT_WITH_KERNEL_TABLE && SNNRT_WITH_QUADS && SNNRT_WITH_CONV_LISTS

#if defined(__x86_64__)
#include <emmintrin.h>
typedef __m128i pair_quad;
#else
#include <arm_neon.h>
typedef int32x4_t pair_quad;
#endif

#define PAIR_ALIGN 64u
/* Interleaving the weights again in each call costs as much as about so many windows. */
#define PAIR_WINDOWS_MIN 32u
#define PAIR_OUTPUTS 32u
#define PAIR_QUADS (PAIR_OUTPUTS / 4u)

typedef struct pair_entry {
    uint32_t
        place; /* byte offset of the pair's weights in a kernel row, counted from pixel 0 of the input row */
    uint32_t values; /* two int16 */
} pair_entry;

typedef struct pair_plan {
    const snnrt_synapse_step *step;
    uint32_t pairs; /* of a pixel, the last filled up with a channel of 0 */
    pair_entry *list; /* of all pixels */
    snnrt_uint32 *start; /* of each pixel: its first entry; one more at the end */
    snnrt_uint32 *active; /* of each pixel: elements that are not 0 before it; one more at the end */
    int16_t *weights;
} pair_plan;

static inline pair_quad pair_load(const void *from) {
#if defined(__x86_64__)
    return _mm_loadu_si128((const __m128i *)from);
#else
    return vreinterpretq_s32_u8(vld1q_u8((const uint8_t *)from));
#endif
}

static inline void pair_store(void *to, pair_quad quad) {
#if defined(__x86_64__)
    _mm_storeu_si128((__m128i *)to, quad);
#else
    vst1q_u8((uint8_t *)to, vreinterpretq_u8_s32(quad));
#endif
}

static inline pair_quad pair_spread(uint32_t values) {
#if defined(__x86_64__)
    return _mm_set1_epi32((int32_t)values);
#else
    return vdupq_n_s32((int32_t)values);
#endif
}

/* sum + a pair of products of each of four outputs */
static inline pair_quad pair_add_products(pair_quad sum, pair_quad rows, pair_quad values) {
#if defined(__x86_64__)
    return _mm_add_epi32(sum, _mm_madd_epi16(rows, values));
#else
    const int16x8_t a = vreinterpretq_s16_s32(rows), b = vreinterpretq_s16_s32(values);
    const int32x4_t low = vmull_s16(vget_low_s16(a), vget_low_s16(b));
    return vaddq_s32(sum, vpaddq_s32(low, vmull_high_s16(a, b)));
#endif
}

static size_t pair_room(size_t bytes) { return (bytes + PAIR_ALIGN - 1u) & ~(size_t)(PAIR_ALIGN - 1u); }

/* Lays the plan out in the step's scratch; false where that is too small. */
static bool pair_plan_of(pair_plan *plan, const snnrt_synapse_step *step) {
    const snnrt_window *conv = step->window;
    const size_t pixels = (size_t)step->in_height * step->in_width;
    const size_t skipped = (PAIR_ALIGN - (uintptr_t)step->scratch % PAIR_ALIGN) % PAIR_ALIGN;
    const size_t outputs = ((size_t)step->out_channels + 15u) & ~(size_t)15u;
    uint8_t *base = (uint8_t *)step->scratch + skipped;
    size_t taken = skipped, weights;
    plan->step = step;
    plan->pairs = (step->in_channels + 1u) / 2u;
    plan->list = (pair_entry *)(void *)base;
    /* An entry is written for every pair, and stays where it is not 0. */
    taken += pair_room((pixels * plan->pairs + 1u) * sizeof *plan->list);
    plan->start = (snnrt_uint32 *)(void *)((uint8_t *)step->scratch + taken);
    taken += pair_room((pixels + 1u) * sizeof *plan->start);
    plan->active = (snnrt_uint32 *)(void *)((uint8_t *)step->scratch + taken);
    taken += pair_room((pixels + 1u) * sizeof *plan->active);
    plan->weights = (int16_t *)(void *)((uint8_t *)step->scratch + taken);
    weights = (size_t)conv->kernel_h * conv->kernel_w * plan->pairs * outputs * 4u;
    taken += weights;
    return taken <= step->scratch_bytes && weights <= INT32_MAX &&
           (uint64_t)step->in_width * plan->pairs * PAIR_OUTPUTS * 4u <= INT32_MAX;
}

/* `bits` is constant in each call. */
SNNRT_INLINE static inline void pair_find(const pair_plan *plan, const bool bits) {
    const snnrt_synapse_step *step = plan->step;
    const uint32_t depth = step->in_channels, whole = depth / 2u;
    uint32_t found = 0, active = 0, element = 0, pixel = 0;
    for (uint32_t y = 0; y < step->in_height; y++) {
        uint32_t place = 0;
        for (uint32_t x = 0; x < step->in_width; x++, pixel++) {
            plan->start[pixel] = found;
            plan->active[pixel] = active;
            for (uint32_t pair = 0; pair < plan->pairs; pair++, place++) {
                uint32_t a, b = 0;
                if (bits) {
                    a = snnrt_bit((const snnrt_uint32 *)step->input, element);
                    b = pair < whole ? snnrt_bit((const snnrt_uint32 *)step->input, element + 1u) : 0u;
                } else {
                    a = (uint16_t)((const snnrt_int16 *)step->input)[element];
                    b = pair < whole ? (uint16_t)((const snnrt_int16 *)step->input)[element + 1u] : 0u;
                }
                element += pair < whole ? 2u : 1u;
                plan->list[found].place = place;
                plan->list[found].values = a | b << 16;
                found += (a | b) != 0;
                active += (uint32_t)(a != 0) + (b != 0);
            }
        }
    }
    plan->start[pixel] = found;
    plan->active[pixel] = active;
}

/* Rows of two channels side by side, outputs first ... first + count of them (0 past the last). */
static void pair_interleave(const pair_plan *plan, uint32_t first, uint32_t count) {
    const snnrt_synapse_step *step = plan->step;
    const uint32_t outputs = step->out_channels, depth = step->in_channels;
    const uint32_t taps = (uint32_t)step->window->kernel_h * step->window->kernel_w;
    const uint32_t filled = outputs - first < count ? outputs - first : count;
    const int8_t *row = (const int8_t *)step->weights + first;
    int16_t *to = plan->weights;
    memset(to, 0, (size_t)taps * plan->pairs * count * 2u * sizeof *to);
    for (uint32_t tap = 0; tap < taps; tap++) {
        for (uint32_t c = 0; c < depth; c++, row += outputs) {
            int16_t *out = to + (c & 1u);
            for (uint32_t o = 0; o < filled; o++) {
                out[2u * o] = row[o];
            }
            to += (c & 1u) != 0 || c + 1u == depth ? 2u * count : 0u;
        }
    }
}

/* All windows of `quads` quads of outputs from `first` on; `quads` is constant in each call. */
SNNRT_INLINE static inline void pair_sum_windows(const pair_plan *plan, uint32_t first,
                                                 const uint32_t quads) {
    const snnrt_synapse_step *step = plan->step;
    const snnrt_window *conv = step->window;
    const uint32_t outputs = step->out_channels, width = step->in_width;
    const uint32_t filled = outputs - first < 4u * quads ? outputs - first : 4u * quads;
    const intptr_t pair_bytes = (intptr_t)quads * 16, pixel_bytes = pair_bytes * (intptr_t)plan->pairs;
    const intptr_t row_bytes = pixel_bytes * conv->kernel_w;
    snnrt_int32 *output = (snnrt_int32 *)step->output + first;
    int32_t bias[PAIR_OUTPUTS] = {0}, part[PAIR_OUTPUTS];
    if (step->bias != NULL) {
        memcpy(bias, (const snnrt_int32 *)step->bias + first, filled * sizeof *bias);
    }
    for (uint32_t oy = 0; oy < step->out_height; oy++) {
        const int32_t top = (int32_t)(oy * conv->stride_y) - conv->pad_top;
        const snnrt_taps y = snnrt_taps_inside(top, conv->kernel_h, conv->dilation_y, step->in_height);
        for (uint32_t ox = 0; ox < step->out_width; ox++, output += outputs) {
            const int32_t left = (int32_t)(ox * conv->stride_x) - conv->pad_left;
            const snnrt_taps x = snnrt_taps_inside(left, conv->kernel_w, 1, width);
            pair_quad sums[PAIR_QUADS];
            void *to = filled == 4u * quads ? (void *)output : (void *)part;
            for (uint32_t k = 0; k < quads; k++) {
                sums[k] = pair_load(bias + 4u * k);
            }
            for (uint32_t ky = y.first; ky < y.end && x.first < x.end; ky++) {
                const uint32_t row = (uint32_t)(top + (int32_t)(ky * conv->dilation_y)) * width;
                const snnrt_uint32 *start = plan->start + row + (uint32_t)(left + (int32_t)x.first);
                const pair_entry *entry = plan->list + start[0];
                const pair_entry *end = plan->list + start[x.end - x.first];
                const uintptr_t base =
                    (uintptr_t)plan->weights + (uintptr_t)((intptr_t)ky * row_bytes - left * pixel_bytes);
                for (; entry != end; entry++) {
                    const int8_t *rows = (const int8_t *)(base + (uintptr_t)(entry->place * pair_bytes));
                    const pair_quad values = pair_spread(entry->values);
                    for (uint32_t k = 0; k < quads; k++) {
                        sums[k] = pair_add_products(sums[k], pair_load(rows + 16u * k), values);
                    }
                }
            }
            for (uint32_t k = 0; k < quads; k++) {
                pair_store((uint8_t *)to + 16u * k, sums[k]);
            }
            if (filled != 4u * quads) {
                memcpy(output, part, filled * sizeof *part);
            }
        }
    }
}

SNNRT_NOINLINE static void pair_count(const pair_plan *plan) {
    const snnrt_synapse_step *step = plan->step;
    const snnrt_window *conv = step->window;
    uint64_t rows = 0, active = 0;
    for (uint32_t oy = 0; oy < step->out_height; oy++) {
        const int32_t top = (int32_t)(oy * conv->stride_y) - conv->pad_top;
        const snnrt_taps y = snnrt_taps_inside(top, conv->kernel_h, conv->dilation_y, step->in_height);
        for (uint32_t ox = 0; ox < step->out_width; ox++) {
            const int32_t left = (int32_t)(ox * conv->stride_x) - conv->pad_left;
            const snnrt_taps x = snnrt_taps_inside(left, conv->kernel_w, 1, step->in_width);
            uint32_t here = 0;
            for (uint32_t ky = y.first; ky < y.end && x.first < x.end; ky++) {
                const uint32_t row = (uint32_t)(top + (int32_t)(ky * conv->dilation_y)) * step->in_width;
                const snnrt_uint32 *before = plan->active + row + (uint32_t)(left + (int32_t)x.first);
                here += before[x.end - x.first] - before[0];
            }
            rows += here;
            active += here != 0;
        }
    }
    step->counts->row_activations += rows;
    step->counts->synaptic_operations += rows * step->out_channels;
    step->counts->active_windows += active;
}

bool snnrt_conv2d_i8_quads(const snnrt_synapse_step *step) {
    const snnrt_window *conv = step->window;
    pair_plan plan;
    if (step->scratch == NULL || conv->groups != 1u || conv->dilation_x != 1u || step->by_rows ||
        (uint64_t)step->out_height * step->out_width < PAIR_WINDOWS_MIN || !pair_plan_of(&plan, step)) {
        return snnrt_conv2d_i8(step);
    }
    if (step->input_dtype == SNNRT_TYPE_BITS) {
        pair_find(&plan, true);
    } else {
        pair_find(&plan, false);
    }
    for (uint32_t first = 0; first < step->out_channels;) {
        const uint32_t count = step->out_channels - first > 16u ? PAIR_OUTPUTS : 16u;
        pair_interleave(&plan, first, count);
        if (count == PAIR_OUTPUTS) {
            pair_sum_windows(&plan, first, PAIR_QUADS);
        } else {
            pair_sum_windows(&plan, first, PAIR_QUADS / 2u);
        }
        first += count;
    }
    if (SNNRT_WITH_COUNTERS && step->counts != NULL) {
        pair_count(&plan);
    }
    return true;
}
#else
typedef int snnrt_conv2d_i8_quads_left_out;
#endif
