/* Convolution of one channel with AVX-512: a row of a window is one product of four bytes (VPDPBUSD). */
#if defined(__x86_64__) && defined(__GNUC__)
#include "row_windows.h"

#define ROWS_VECTORS 2u

/* Up to two vectors of sixteen outputs from `first` on, of all windows; `vectors` is constant in each call. */
SNNRT_INLINE SNNRT_AVX512 static inline void avx512_row_windows(const snnrt_row_plan *plan, uint32_t first,
                                                                const uint32_t vectors) {
    const snnrt_synapse_step *step = plan->step;
    const snnrt_window *conv = step->window;
    const uint32_t outputs = step->out_channels, kernel = conv->kernel_h, pitch = plan->pitch;
    const uint8_t *row = (const uint8_t *)plan->values;
    snnrt_int32 *output = (snnrt_int32 *)step->output + first;
    __m512i weights[SNNRT_ROW_KERNEL_MAX][ROWS_VECTORS], bias[ROWS_VECTORS];
    __mmask16 mask[ROWS_VECTORS];
    for (uint32_t k = 0; k < vectors; k++) {
        mask[k] = (__mmask16)snnrt_outputs_mask(outputs - first - 16u * k);
        bias[k] = step->bias == NULL
                      ? _mm512_setzero_si512()
                      : _mm512_maskz_loadu_epi32(mask[k], (const snnrt_int32 *)step->bias + first + 16u * k);
        for (uint32_t y = 0; y < kernel; y++) {
            weights[y][k] =
                _mm512_load_si512(plan->weights + 4u * ((size_t)y * plan->outputs + first + 16u * k));
        }
    }
    for (uint32_t oy = 0; oy < step->out_height; oy++, row += (size_t)conv->stride_y * pitch) {
        const uint8_t *window = row;
        for (uint32_t ox = 0; ox < step->out_width; ox++, window += conv->stride_x, output += outputs) {
            __m512i sum[ROWS_VECTORS];
            for (uint32_t k = 0; k < vectors; k++) {
                sum[k] = bias[k];
            }
            for (uint32_t y = 0; y < kernel; y++) {
                uint32_t four;
                memcpy(&four, window + (size_t)y * pitch, sizeof four);
                for (uint32_t k = 0; k < vectors; k++) {
                    sum[k] = _mm512_dpbusd_epi32(sum[k], _mm512_set1_epi32((int32_t)four), weights[y][k]);
                }
            }
            for (uint32_t k = 0; k < vectors; k++) {
                _mm512_mask_storeu_epi32(output + 16u * k, mask[k], sum[k]);
            }
        }
    }
}

/* The inputs as bytes; false where one is none. */
SNNRT_AVX512 static bool avx512_row_bytes(const snnrt_row_plan *plan) {
    const snnrt_synapse_step *step = plan->step;
    const uint32_t width = step->in_width;
    const snnrt_int16 *from = (const snnrt_int16 *)step->input;
    uint8_t *to =
        (uint8_t *)plan->values + (size_t)step->window->pad_top * plan->pitch + step->window->pad_left;
    uint32_t all = 0;
    for (uint32_t y = 0; y < step->in_height; y++, to += plan->pitch, from += width) {
        for (uint32_t x = 0; x < width; x++) {
            const uint16_t value =
                (uint16_t)(step->input_dtype == SNNRT_TYPE_BITS ? snnrt_row_value(step, y * width + x)
                                                                : from[x]);
            all |= value;
            to[x] = (uint8_t)value;
        }
    }
    return all <= 255u;
}

SNNRT_AVX512 static void avx512_row_weights(const snnrt_row_plan *plan) {
    const snnrt_window *conv = plan->step->window;
    const uint32_t outputs = plan->step->out_channels;
    const int8_t *from = (const int8_t *)plan->step->weights;
    memset(plan->weights, 0, (size_t)conv->kernel_h * plan->outputs * SNNRT_ROW_TAPS);
    for (uint32_t y = 0; y < conv->kernel_h; y++) {
        int8_t *to = plan->weights + (size_t)y * plan->outputs * SNNRT_ROW_TAPS;
        for (uint32_t x = 0; x < conv->kernel_w; x++, from += outputs) {
            for (uint32_t o = 0; o < outputs; o++) {
                to[SNNRT_ROW_TAPS * o + x] = from[o];
            }
        }
    }
}

SNNRT_AVX512 bool snnrt_conv2d_rows_avx512vnni(const snnrt_synapse_step *step) {
    snnrt_row_plan plan;
    if (!snnrt_plan_rows(&plan, step) || !avx512_row_bytes(&plan)) {
        return false;
    }
    avx512_row_weights(&plan);
    for (uint32_t first = 0; first < step->out_channels; first += 32u) {
        if (step->out_channels - first > 16u) {
            avx512_row_windows(&plan, first, 2);
        } else {
            avx512_row_windows(&plan, first, 1);
        }
    }
    if (SNNRT_WITH_COUNTERS && step->counts != NULL) {
        snnrt_count_row_windows(step);
    }
    return true;
}
#else
typedef int snnrt_conv2d_rows_avx512vnni_left_out;
#endif
