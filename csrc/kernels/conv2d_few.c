/* Int8 convolutions whose windows have few inputs, which are no counts: a window is copied and multiplied as it is, an
 * empty one left out. */
#include "few_inputs.h"
#include "synapse.h"
#include "taps.h"

#if SNNRT_WITH_INT8 && SNNRT_WITH_CONV2D && SNNRT_WITH_CONV_LISTS && SNNRT_WITH_FAST_LOOPS

/* The part of a window that lies inside the input. */
typedef struct snnrt_few_window {
    snnrt_taps y, x;
    int32_t top, left;
} snnrt_few_window;

/* Copies the window's inputs; 0 where all are. */
static uint32_t copy_window(const snnrt_synapse_step *step, const snnrt_few_window *w, snnrt_few_sums *sums) {
    const snnrt_window *conv = step->window;
    const uint32_t depth = step->in_channels, count = (w->x.end - w->x.first) * depth;
    const uint32_t next = conv->dilation_y * step->in_width * depth;
    const uint32_t row = (uint32_t)(w->top + (int32_t)(w->y.first * conv->dilation_y));
    const uint32_t column = (uint32_t)(w->left + (int32_t)w->x.first);
    const snnrt_int16 *line = (const snnrt_int16 *)step->input + (row * step->in_width + column) * depth;
    snnrt_int16 *to = (snnrt_int16 *)sums->pairs;
    uint32_t any = 0;
    if (count != conv->kernel_w * depth || w->y.end - w->y.first != conv->kernel_h) {
        for (uint32_t p = 0; p < SNNRT_FEW_MAX / 2u; p++) {
            sums->pairs[p] = 0;
        }
    }
    to += (w->y.first * conv->kernel_w + w->x.first) * depth;
    for (uint32_t left = w->y.end - w->y.first; left != 0; left--) {
        const snnrt_int16 *from = line, *const end = line + count;
        snnrt_int16 *place = to;
#if SNNRT_WITH_FAST_LOOPS
        for (; end - from >= 3; from += 3, place += 3) {
            const int16_t a = from[0], b = from[1], c = from[2];
            any |= (uint16_t)(a | b | c);
            place[0] = a;
            place[1] = b;
            place[2] = c;
        }
#endif
        for (; from != end; from++, place++) {
            any |= (uint16_t)*from;
            *place = *from;
        }
        line += next;
        to += conv->kernel_w * depth;
    }
    return any;
}

static void count_few(const snnrt_synapse_step *step, const snnrt_few_sums *sums) {
#if SNNRT_WITH_COUNTERS
    uint32_t rows = 0;
    for (uint32_t i = 0; i < sums->inputs; i++) {
        rows += ((const snnrt_int16 *)sums->pairs)[i] != 0;
    }
    snnrt_count_window(step, rows, sums->outputs);
#else
    (void)step, (void)sums;
#endif
}

bool snnrt_conv2d_few(const snnrt_synapse_step *step) {
    const snnrt_window *conv = step->window;
    snnrt_int32 *output = (snnrt_int32 *)step->output;
    snnrt_few_sums sums;
    snnrt_few_window w;
    if (conv->groups != 1 || conv->dilation_x != 1 || step->input_dtype == SNNRT_TYPE_BITS ||
        conv->kernel_h > SNNRT_FEW_MAX || conv->kernel_w > SNNRT_FEW_MAX ||
        step->in_channels > SNNRT_FEW_MAX ||
        (uint32_t)conv->kernel_h * conv->kernel_w * step->in_channels > SNNRT_FEW_MAX) {
        return false;
    }
    sums.weights = (const int8_t *)step->weights;
    sums.inputs = (uint32_t)conv->kernel_h * conv->kernel_w * step->in_channels;
    sums.outputs = step->out_channels;
    sums.bias = (const snnrt_int32 *)step->bias;
    if (!snnrt_few_begin(&sums)) {
        return false;
    }
    for (uint32_t p = 0; p < SNNRT_FEW_MAX / 2u; p++) {
        sums.pairs[p] = 0;
    }
    for (uint32_t oy = step->first_row; oy < step->out_height; oy++) {
        w.top = (int32_t)(oy * conv->stride_y) - conv->pad_top;
        w.y = snnrt_taps_inside(w.top, conv->kernel_h, conv->dilation_y, step->in_height);
        w.left = -(int32_t)conv->pad_left;
        for (uint32_t ox = 0; ox < step->out_width; ox++, w.left += conv->stride_x, output += sums.outputs) {
            w.x = snnrt_taps_inside(w.left, conv->kernel_w, 1, step->in_width);
            if (w.x.first < w.x.end && w.y.first < w.y.end && copy_window(step, &w, &sums) != 0) {
                snnrt_few_add(&sums, output);
                count_few(step, &sums);
            } else {
                const snnrt_int32 *bias = sums.bias;
                for (uint32_t o = 0; o < sums.outputs; o++) {
                    output[o] = bias == NULL ? 0 : bias[o];
                }
            }
        }
    }
    return true;
}
#else
typedef int snnrt_conv2d_few_left_out;
#endif
