/* Int8 convolutions whose groups read one channel and make one output each, tap by tap along a row of windows: what a tap
 * reads of each of them is looked at side by side, without the bounds of single windows. */
#include "synapse.h"
#include "taps.h"

#if SNNRT_WITH_DEPTHWISE_TAPS

/* One tap of a row: `windows` windows, from the first of them that it lies inside the input for. */
typedef struct snnrt_tap_row {
    const void *input;
    uint32_t element, next_element;
    snnrt_int32 *output;
    const int8_t *weights; /* of the first channel; `taps` bytes to the next one's */
    uint32_t channels, taps, windows;
} snnrt_tap_row;

SNNRT_NOINLINE static void add_tap_of_spikes(const snnrt_tap_row *row) {
    const snnrt_uint32 *const words = (const snnrt_uint32 *)row->input;
    const uint32_t taps = row->taps;
    snnrt_int32 *output = row->output;
    uint32_t element = row->element;
    for (uint32_t windows = row->windows; windows != 0; windows--, element += row->next_element) {
        const int8_t *weights = row->weights;
        uint32_t at = element;
        for (uint32_t left = row->channels; left != 0;) {
            const uint32_t count = left < 32u ? left : 32u;
            uint32_t word = snnrt_bits_from(words, at, count) & 0xFFFFFFFFu >> (32u - count);
            for (; word != 0; word &= word - 1u) {
                const uint32_t channel = snnrt_lowest_bit(word);
                output[channel] += weights[channel * taps];
            }
            output += count;
            weights += count * taps;
            at += count;
            left -= count;
        }
    }
}

static inline void add_two(uint32_t two, const int8_t *weights, uint32_t taps, snnrt_int32 *output) {
    if (two != 0) {
        output[0] += weights[0] * (int32_t)(int16_t)two;
        output[1] += weights[taps] * (int32_t)(int16_t)(two >> 16);
    }
}

SNNRT_NOINLINE static void add_tap_of_values(const snnrt_tap_row *row) {
    const snnrt_int16 *value = (const snnrt_int16 *)row->input + row->element;
    const uint32_t taps = row->taps;
    snnrt_int32 *output = row->output;
    /* Most are 0: four at a time, as they lie in memory, where words are aligned for all windows. */
    const bool fours =
        row->channels % 4u == 0 && (row->next_element & 1u) == 0 && ((uintptr_t)value & 3u) == 0;
    for (uint32_t windows = row->windows; windows != 0; windows--, value += row->next_element) {
        const snnrt_int16 *next = value, *const end = value + row->channels;
        const int8_t *weights = row->weights;
        if (fours) {
            for (; next != end; next += 4, output += 4, weights += 4u * taps) {
                const snnrt_uint32 *const words = (const snnrt_uint32 *)(const void *)next;
                if ((words[0] | words[1]) != 0) {
                    add_two(words[0], weights, taps, output);
                    add_two(words[1], weights + 2u * taps, taps, output + 2);
                }
            }
        } else {
            for (; next != end; next++, output++, weights += taps) {
                *output += *weights * (int32_t)*next;
            }
        }
    }
}

/* The windows of a row for which the taps of column `kx` lie inside the input. */
static void choose_windows(const snnrt_synapse_step *step, snnrt_tap_row *row, uint32_t pixel, uint32_t kx,
                           snnrt_int32 *output) {
    const snnrt_window *conv = step->window;
    const uint32_t stride = conv->stride_x;
    int32_t at = (int32_t)(kx * conv->dilation_x) - conv->pad_left;
    uint32_t first = 0;
    if (at < 0) {
        first = ((uint32_t)-at + stride - 1u) / stride;
        at += (int32_t)(first * stride);
    }
    row->windows = 0;
    if (at < (int32_t)step->in_width && first < step->out_width) {
        const uint32_t inside = (step->in_width - 1u - (uint32_t)at) / stride + 1u,
                       left = step->out_width - first;
        row->windows = inside < left ? inside : left;
    }
    row->output = output + first * row->channels;
    row->element = (pixel + (uint32_t)at) * row->channels;
}

void snnrt_depthwise_taps(const snnrt_synapse_step *step) {
    const snnrt_window *conv = step->window;
    const uint32_t channels = step->in_channels;
    const snnrt_int32 *bias = (const snnrt_int32 *)step->bias;
    snnrt_int32 *output = (snnrt_int32 *)step->output;
    snnrt_tap_row row;
    row.input = step->input;
    row.next_element = conv->stride_x * channels;
    row.channels = channels;
    row.taps = (uint32_t)conv->kernel_h * conv->kernel_w;
    for (uint32_t oy = step->first_row; oy < step->out_height; oy++) {
        const int32_t top = (int32_t)(oy * conv->stride_y) - conv->pad_top;
        const snnrt_taps y = snnrt_taps_inside(top, conv->kernel_h, conv->dilation_y, step->in_height);
        snnrt_int32 *const first = output;
        for (uint32_t ox = 0; ox < step->out_width; ox++, output += channels) {
            snnrt_begin_sums(output, bias, channels);
        }
        for (uint32_t ky = y.first; ky < y.end; ky++) {
            const uint32_t line = (uint32_t)(top + (int32_t)(ky * conv->dilation_y));
            for (uint32_t kx = 0; kx < conv->kernel_w; kx++) {
                row.weights = (const int8_t *)step->weights + ky * conv->kernel_w + kx;
                choose_windows(step, &row, line * step->in_width, kx, first);
                if (row.windows == 0) {
                    continue;
                }
                if (step->input_dtype == SNNRT_TYPE_BITS) {
                    add_tap_of_spikes(&row);
                } else {
                    add_tap_of_values(&row);
                }
            }
        }
    }
}
#else
typedef int snnrt_depthwise_taps_left_out;
#endif
