#include "synapse.h"

#if SNNRT_WITH_CONV2D

/* Kernel taps [first, end) that fall inside the input where a window starts at `start`. */
typedef struct snnrt_taps {
    uint32_t first, end;
} snnrt_taps;

static snnrt_taps taps_inside(int32_t start, uint32_t kernel, uint32_t dilation, uint32_t size) {
    snnrt_taps taps = {0, 0};
    if (start < 0) {
        taps.first = ((uint32_t)-start + dilation - 1u) / dilation;
    }
    if (start < (int32_t)size) {
        taps.end = (uint32_t)((int32_t)size - 1 - start) / dilation + 1u;
        if (taps.end > kernel) {
            taps.end = kernel;
        }
    }
    return taps;
}

static void gather(snnrt_window *window, uint32_t group, int32_t top, int32_t left, snnrt_taps x) {
    const snnrt_synapse_step *step = window->step;
    const snnrt_synapse_parameters *conv = step->parameters;
    uint32_t depth = step->in_channels / conv->groups;
    snnrt_taps y = taps_inside(top, conv->kernel_h, conv->dilation_y, step->in_height);
    for (uint32_t ky = y.first; ky < y.end; ky++) {
        uint32_t row = (uint32_t)(top + (int32_t)(ky * conv->dilation_y));
        uint32_t tap = ky * conv->kernel_w + x.first;
        if (x.first >= x.end) {
            continue;
        }
        if (conv->groups == 1 && conv->dilation_x == 1) {
            /* Neighbouring taps read neighbouring pixels: one run of channels. */
            uint32_t column = (uint32_t)(left + (int32_t)x.first);
            snnrt_window_add(window, (row * step->in_width + column) * depth,
                             (x.end - x.first) * depth, tap * depth);
            continue;
        }
        for (uint32_t kx = x.first; kx < x.end; kx++, tap++) {
            uint32_t column = (uint32_t)(left + (int32_t)(kx * conv->dilation_x));
            uint32_t pixel = row * step->in_width + column;
            snnrt_window_add(window, pixel * step->in_channels + group * depth, depth, tap * depth);
        }
    }
}

void snnrt_conv2d(const snnrt_synapse_step *step) {
    const snnrt_synapse_parameters *conv = step->parameters;
    uint32_t rows = (uint32_t)conv->kernel_h * conv->kernel_w * (step->in_channels / conv->groups);
    size_t weight_bytes = step->numbers == SNNRT_NUMBERS_INT8 ? 1u : 4u;
    uint8_t *output = (uint8_t *)step->output;
    snnrt_window window;
    window.step = step;
    window.scan = snnrt_scan_of(step);
    window.outputs = step->out_channels / conv->groups;
    for (uint32_t oy = 0; oy < step->out_height; oy++) {
        int32_t top = (int32_t)(oy * conv->stride_y) - conv->pad_top;
        for (uint32_t ox = 0; ox < step->out_width; ox++) {
            int32_t left = (int32_t)(ox * conv->stride_x) - conv->pad_left;
            snnrt_taps x = taps_inside(left, conv->kernel_w, conv->dilation_x, step->in_width);
            for (uint32_t group = 0; group < conv->groups; group++) {
                size_t first = (size_t)group * window.outputs;
                window.weights =
                    (const uint8_t *)step->weights + first * (size_t)rows * weight_bytes;
                snnrt_window_begin(&window, output,
                                   step->bias == NULL ? NULL
                                                      : (const uint8_t *)step->bias + first * 4u);
                gather(&window, group, top, left, x);
                snnrt_window_end(&window);
                output += (size_t)window.outputs * 4u;
            }
        }
    }
}
#else
typedef int snnrt_conv2d_left_out;
#endif
