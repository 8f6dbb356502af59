/* Convolution of one channel with AVX2: a row of a window is two products of pairs (VPMADDWD). */
#if defined(__x86_64__) && defined(__GNUC__)
#include "row_windows.h"

#define ROWS_OUTPUTS_MAX 32u
/* Of the weights of a pair of taps for so many outputs. */
#define ROWS_BYTES (4u * ROWS_OUTPUTS_MAX)

/* `vectors` of eight outputs from `first` on, of all windows; `vectors` is constant in each call, `kernel` rows in the calls that
 * matter. */
SNNRT_INLINE SNNRT_AVX2 static inline void avx2_row_windows(const snnrt_row_plan *plan, uint32_t first,
                                                            const uint32_t kernel, const uint32_t vectors) {
    const snnrt_synapse_step *step = plan->step;
    const snnrt_window *conv = step->window;
    const uint32_t outputs = step->out_channels, pitch = plan->pitch;
    const uint32_t left = outputs - first, filled = left < 8u * vectors ? left : 8u * vectors;
    const snnrt_int16 *row = plan->values;
    const int8_t *const weights =
        snnrt_one_register(plan->weights + 8u * (size_t)first * step->window->kernel_h);
    snnrt_int32 *output = (snnrt_int32 *)step->output + first;
    int32_t bias[ROWS_OUTPUTS_MAX] = {0}, part[ROWS_OUTPUTS_MAX];
    if (step->bias != NULL) {
        memcpy(bias, (const snnrt_int32 *)step->bias + first, filled * sizeof *bias);
    }
    for (uint32_t oy = 0; oy < step->out_height; oy++, row += (size_t)conv->stride_y * pitch) {
        const snnrt_int16 *window = row;
        for (uint32_t ox = 0; ox < step->out_width; ox++, window += conv->stride_x, output += outputs) {
            __m256i *to = (__m256i *)(void *)(filled == 8u * vectors ? output : (snnrt_int32 *)part);
            __m256i sum[ROWS_OUTPUTS_MAX / 8u];
            for (uint32_t k = 0; k < vectors; k++) {
                sum[k] = _mm256_loadu_si256((const __m256i *)(const void *)(bias + 8u * k));
            }
            for (uint32_t pair = 0; pair < 2u * kernel; pair++) {
                const int8_t *rows = weights + ROWS_BYTES * pair;
                int32_t two;
                __m256i x;
                memcpy(&two, window + (size_t)(pair / 2u) * pitch + 2u * (pair % 2u), sizeof two);
                x = _mm256_set1_epi32(two);
                for (uint32_t k = 0; k < vectors; k++) {
                    const __m256i eight = _mm256_load_si256((const __m256i *)(const void *)(rows + 32u * k));
                    sum[k] = _mm256_add_epi32(sum[k], _mm256_madd_epi16(x, eight));
                    SNNRT_NOT_KNOWN(sum[k], "+x");
                }
            }
            for (uint32_t k = 0; k < vectors; k++) {
                _mm256_storeu_si256(to + k, sum[k]);
            }
            if (filled != 8u * vectors) {
                memcpy(output, part, filled * sizeof *part);
            }
        }
    }
}

SNNRT_AVX2 static void avx2_row_values(const snnrt_row_plan *plan) {
    const snnrt_synapse_step *step = plan->step;
    const uint32_t width = step->in_width;
    const snnrt_int16 *from = (const snnrt_int16 *)step->input;
    snnrt_int16 *to = plan->values + (size_t)step->window->pad_top * plan->pitch + step->window->pad_left;
    for (uint32_t y = 0; y < step->in_height; y++, to += plan->pitch, from += width) {
        if (step->input_dtype != SNNRT_TYPE_BITS) {
            memcpy(to, from, width * sizeof *to);
            continue;
        }
        for (uint32_t x = 0; x < width; x++) {
            to[x] = snnrt_row_value(step, y * width + x);
        }
    }
}

/* Taps x and x + 1 of an output side by side, as int16; ROWS_OUTPUTS_MAX outputs, then those behind. */
SNNRT_AVX2 static void avx2_row_weights(const snnrt_row_plan *plan) {
    const snnrt_window *conv = plan->step->window;
    const uint32_t outputs = plan->step->out_channels, pairs = 2u * conv->kernel_h;
    const int8_t *from = (const int8_t *)plan->step->weights;
    snnrt_int16 *to = (snnrt_int16 *)(void *)plan->weights;
    memset(to, 0, (size_t)pairs * plan->outputs * 2u * sizeof *to);
    for (uint32_t y = 0; y < conv->kernel_h; y++) {
        for (uint32_t x = 0; x < conv->kernel_w; x++, from += outputs) {
            for (uint32_t o = 0; o < outputs; o++) {
                const uint32_t block = o / ROWS_OUTPUTS_MAX, place = o % ROWS_OUTPUTS_MAX;
                to[(block * pairs + 2u * y + x / 2u) * ROWS_OUTPUTS_MAX * 2u + 2u * place + x % 2u] = from[o];
            }
        }
    }
}

SNNRT_AVX2 bool snnrt_conv2d_rows_avx2(const snnrt_synapse_step *step) {
    snnrt_row_plan plan;
    if (!snnrt_plan_rows(&plan, step)) {
        return false;
    }
    avx2_row_values(&plan);
    avx2_row_weights(&plan);
    for (uint32_t first = 0; first < step->out_channels; first += ROWS_OUTPUTS_MAX) {
        if (step->out_channels - first <= 16u) {
            avx2_row_windows(&plan, first, step->window->kernel_h, 2);
        } else if (step->window->kernel_h == 3u) {
            avx2_row_windows(&plan, first, 3, 4);
        } else {
            avx2_row_windows(&plan, first, step->window->kernel_h, 4);
        }
    }
    if (SNNRT_WITH_COUNTERS && step->counts != NULL) {
        snnrt_count_row_windows(step);
    }
    return true;
}
#else
typedef int snnrt_conv2d_rows_avx2_left_out;
#endif
