/* Int8 convolutions of few channels whose values are no counts, as a first layer on an image is: tap by tap over a row of
 * windows. */
#include "synapse.h"
#include "tap_sums.h"
#include "taps.h"

#if SNNRT_WITH_TAP_SUMS

/* Inputs of a line that are not 0, `step` elements apart. */
static snnrt_uint32 *list_inputs(const snnrt_int16 *value, uint32_t count, uint32_t step, uint32_t bytes,
                                 snnrt_uint32 *listed) {
    uint32_t offset = 0;
    for (; count != 0; count--, value += step, offset += bytes) {
        const int32_t v = *value;
        if (v != 0) {
            *listed++ = (uint32_t)v << 16 | offset;
        }
    }
    return listed;
}

/* The taps of one kernel line that read one channel of the inputs x ... x + count, which lie at `line`; `weights` are those
 * of the first. */
static void add_line(const snnrt_synapse_step *step, snnrt_tap_sum *tap, const snnrt_int16 *line, uint32_t x,
                     uint32_t count) {
    const snnrt_window *conv = step->window;
    const int32_t stride = conv->stride_x;
    const uint32_t bytes = 4u * tap->outputs;
    const int8_t *const weights = tap->weights;
    snnrt_uint32 listed[SNNRT_TAP_WINDOWS], *end = listed;
    int32_t column = -(int32_t)conv->pad_left; /* that the tap reads in the first window */
    for (uint32_t kx = 0; kx < conv->kernel_w; kx++, column += conv->dilation_x) {
        int32_t ox = (int32_t)x - column; /* the window of what is listed first */
        const snnrt_uint32 *last;
        if (stride != 1) {
            /* Each tap reads others. */
            const uint32_t skipped = (uint32_t)(ox <= 0 ? -ox % stride : (stride - ox % stride) % stride);
            const uint32_t left = count > skipped ? count - skipped : 0;
            ox = (ox + (int32_t)skipped) / stride;
            end =
                list_inputs(line + skipped * step->in_channels, (left + conv->stride_x - 1u) / conv->stride_x,
                            conv->stride_x * step->in_channels, bytes, listed);
        } else if (kx == 0) {
            end = list_inputs(line, count, step->in_channels, bytes, listed);
        }
        tap->listed = listed;
        last = end;
        for (; ox < 0 && tap->listed != last && (*tap->listed & 0xFFFFu) < (uint32_t)-ox * bytes;
             tap->listed++) {
        }
        for (; tap->listed != last &&
               (int32_t)(last[-1] & 0xFFFFu) >= ((int32_t)step->out_width - ox) * (int32_t)bytes;
             last--) {
        }
        if (tap->listed != last) {
            tap->end = last;
            tap->output = (uint8_t *)step->output + (ptrdiff_t)ox * (ptrdiff_t)bytes;
            snnrt_add_tap(tap);
        }
        tap->weights += step->in_channels * tap->outputs;
    }
    tap->weights = weights;
}

bool snnrt_conv2d_image(const snnrt_synapse_step *step) {
    const snnrt_window *conv = step->window;
    const snnrt_int32 *const bias = (const snnrt_int32 *)step->bias;
    snnrt_synapse_step row = *step;
    snnrt_tap_sum tap;
    if (conv->groups != 1 || step->input_dtype == SNNRT_TYPE_BITS ||
        step->in_channels > SNNRT_IMAGE_CHANNELS_MAX ||
        step->out_channels > (SNNRT_TAP_BYTES_MAX + 1u) / (4u * SNNRT_TAP_WINDOWS)) {
        return false;
    }
    tap.outputs = step->out_channels;
    for (uint32_t oy = step->first_row; oy < step->out_height; oy++) {
        const int32_t top = (int32_t)(oy * conv->stride_y) - conv->pad_top;
        const snnrt_taps y = snnrt_taps_inside(top, conv->kernel_h, conv->dilation_y, step->in_height);
        for (uint32_t ox = 0; ox < step->out_width; ox++) {
            snnrt_begin_sums((snnrt_int32 *)row.output + ox * tap.outputs, bias, tap.outputs);
        }
        for (uint32_t ky = y.first; ky < y.end; ky++) {
            const snnrt_int16 *const line =
                (const snnrt_int16 *)step->input +
                (uint32_t)(top + (int32_t)(ky * conv->dilation_y)) * step->in_width * step->in_channels;
            for (uint32_t c = 0; c < step->in_channels; c++) {
                tap.weights = (const int8_t *)step->weights +
                              ((size_t)ky * conv->kernel_w * step->in_channels + c) * tap.outputs;
                for (uint32_t x = 0; x < step->in_width; x += SNNRT_TAP_WINDOWS) {
                    const uint32_t left = step->in_width - x;
                    add_line(&row, &tap, line + x * step->in_channels + c, x,
                             left < SNNRT_TAP_WINDOWS ? left : SNNRT_TAP_WINDOWS);
                }
            }
        }
        row.output = (snnrt_int32 *)row.output + step->out_width * tap.outputs;
    }
#if SNNRT_WITH_COUNTERS
    if (step->counts != NULL) {
        snnrt_count_image(step);
    }
#endif
    return true;
}
#else
typedef int snnrt_conv2d_taps_left_out;
#endif
