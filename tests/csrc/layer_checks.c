/* Whole convolutions and poolings. */
#include "kernel_checks.h"

#if SNNRT_WITH_CONV2D
int16_t pixels[CONV_INPUTS + 64u];
static uint32_t spikes[CONV_INPUTS / 32u + 2u];
/* With room on either side that is nobody's. */
int32_t filtered[GUARD + CONV_OUTPUTS + GUARD];

/* docs/ir.md, for output `o` of the window at (oy, ox). */
static int32_t convolved(const snnrt_synapse_step *step, uint32_t oy, uint32_t ox, uint32_t o,
                         uint32_t *rows) {
    const snnrt_window *w = step->window;
    const uint32_t outputs = step->out_channels / w->groups, group = o / outputs;
    const uint32_t depth = step->in_channels / w->groups;
    const int8_t *filters = (const int8_t *)step->weights;
    int32_t sum = step->bias == NULL ? 0 : bias[o];
    *rows = 0;
    for (uint32_t tap = 0; tap < (uint32_t)w->kernel_h * w->kernel_w; tap++) {
        const int32_t y = (int32_t)(oy * w->stride_y + tap / w->kernel_w * w->dilation_y) - w->pad_top;
        const int32_t x = (int32_t)(ox * w->stride_x + tap % w->kernel_w * w->dilation_x) - w->pad_left;
        if (y < 0 || x < 0 || y >= (int32_t)step->in_height || x >= (int32_t)step->in_width) {
            continue;
        }
        for (uint32_t c = 0; c < depth; c++) {
            const uint32_t place =
                ((uint32_t)y * step->in_width + (uint32_t)x) * step->in_channels + group * depth + c;
            const uint32_t row = (group * w->kernel_h * w->kernel_w + tap) * depth + c;
            sum += filters[row * outputs + o % outputs] * pixels[place];
            *rows += pixels[place] != 0;
        }
    }
    return sum;
}

void run_layer(snnrt_synapse_step *step, bool packed, bool dense) {
#if SNNRT_WITH_DIRECT_LISTS
    static snnrt_direct_lines lines;
#endif
    step->numbers = SNNRT_ARITHMETIC_INTEGER;
    step->input = packed ? (const void *)spikes : (const void *)pixels;
    step->input_dtype = packed ? SNNRT_TYPE_BITS : SNNRT_TYPE_INT16;
    step->output = filtered + GUARD;
#if SNNRT_WITH_KERNEL_TABLE
    step->kernels = network.kernels;
#endif
    /* What lies behind the spikes is anything. */
    for (uint32_t i = 0; i < COUNT(spikes); i++) {
        spikes[i] = below(2) == 0 ? 0u : 0xFFFFFFFFu;
    }
    for (uint32_t i = 0; i < step->in_height * step->in_width * step->in_channels; i++) {
        spikes[i / 32u] = (spikes[i / 32u] & ~(1u << i % 32u)) | (uint32_t)(pixels[i] != 0) << i % 32u;
    }
    for (uint32_t o = 0; o < step->out_channels; o++) {
        bias[o] = between(-(1 << 24), 1 << 24);
    }
    for (uint32_t i = 0; i < COUNT(filtered); i++) {
        filtered[i] = 0x12345678;
    }
#if SNNRT_WITH_DIRECT_LISTS
    lines.next = 0;
    step->lines = &lines;
#endif
    if (dense) {
        snnrt_dense(step);
    } else {
        snnrt_conv2d(step);
    }
}

void compare_layer(snnrt_synapse_step *step, bool packed, bool dense, const char *what, uint32_t number) {
    const uint32_t each = step->out_channels / step->window->groups;
    uint32_t rows = 0, active = 0, place = GUARD;
#if SNNRT_WITH_COUNTERS
    snnrt_counts counts = {0};
    step->counts = &counts;
#endif
    run_layer(step, packed, dense);
    for (uint32_t oy = step->first_row; oy < step->out_height; oy++) {
        for (uint32_t ox = 0; ox < step->out_width; ox++) {
            for (uint32_t o = 0; o < step->out_channels; o++) {
                uint32_t read;
                if (filtered[place++] != convolved(step, oy, ox, o, &read)) {
                    fail(what, number);
                }
                if (o % each == 0) {
                    rows += read;
                    active += read != 0;
                }
            }
        }
    }
    for (uint32_t k = 0; k < GUARD; k++) {
        if (filtered[k] != 0x12345678 || filtered[place + k] != 0x12345678) {
            fail("a layer beside its outputs", number);
        }
    }
#if SNNRT_WITH_COUNTERS
    if (counts.row_activations != rows || counts.active_windows != active ||
        counts.synaptic_operations != (uint64_t)rows * each) {
        fail("events of a layer", number);
    }
#endif
}

/* Shapes of every kind, and the first cases as many of the largest values as fit. */
static void draw_convolution(snnrt_synapse_step *step, snnrt_window *w, uint32_t number) {
    static const uint32_t depths[] = {1, 1, 2, 3, 4, 7, 8, 16, 16, 33, 64, 130};
    static const uint32_t filters[] = {1, 2, 3, 4, 5, 8, 10, 15, 16, 17, 24, 32, 36, 40};
    const bool largest = number < 12u;
    const bool wide_lines = number % 10u == 7u; /* wider than what is looked at together */
    const uint32_t groups = !wide_lines && below(4) == 0 ? 2u : 1u;
    do {
        w->kernel_h = (uint16_t)(largest ? 3u : 1u + below(below(6) == 0 ? 9 : 4));
        w->kernel_w = (uint16_t)(largest ? 3u : 1u + below(below(6) == 0 ? 9 : 4));
        w->stride_y = (uint16_t)(1u + below(3) / 2u);
        w->stride_x = (uint16_t)(1u + below(3));
        w->dilation_y = (uint16_t)(below(5) == 0 ? 2u : 1u);
        w->dilation_x = (uint16_t)(below(5) == 0 ? 2u : 1u);
        w->pad_top = w->pad_bottom = (uint16_t)below(w->kernel_h + 1u);
        w->pad_left = w->pad_right = (uint16_t)below(w->kernel_w + 1u);
        w->groups = (uint16_t)(largest ? 1u : groups);
        step->in_channels = (largest ? 16u : depths[below(COUNT(depths))]) * w->groups;
        step->out_channels = filters[below(COUNT(filters))] * w->groups;
        if (number % 10u == 3u && !largest) {
            /* A group a channel, of one output or several. */
            w->groups = (uint16_t)step->in_channels;
            step->out_channels = step->in_channels * (below(4) == 0 ? 1u + below(3) : 1u);
        }
        step->in_height = 1u + below(7);
        step->in_width = 1u + below(9);
        if (number % 20u == 17u) {
            w->kernel_h = w->kernel_w = 3;
            w->stride_x = w->stride_y = w->dilation_x = w->dilation_y = 1;
            step->in_channels = 1u + below(4);
            step->in_height = 5u + below(3);
            step->in_width = 6u + below(4);
        } else if (number % 30u == 19u) {
            /* Columns of more spikes than are summed in lanes at a time, or as many as that. */
            w->kernel_h = (uint16_t)(2u + number / 30u % 2u);
            w->kernel_w = (uint16_t)(1u + below(3));
            w->pad_top = w->pad_bottom = 0;
            w->stride_y = w->dilation_y = w->groups = 1;
            step->in_channels = 128;
            step->out_channels = 4u * (1u + below(10));
            step->in_height = w->kernel_h + below(2);
        } else if (wide_lines && !largest) {
            step->in_channels = 1u + below(4);
            step->in_height = 1u + below(3);
            step->in_width = 50u + below(100);
            if (number % 20u == 7u) {
                /* Windows of more columns than are listed together. */
                w->kernel_h = (uint16_t)(1u + below(2));
                w->kernel_w = (uint16_t)(14u + below(30));
                w->dilation_x = (uint16_t)(1u + below(5) / 4u);
                step->in_channels = 1u + below(20);
                step->out_channels = filters[below(COUNT(filters))];
            }
        }
        step->out_height = step->out_width = 0;
        if (step->in_height + 2u * w->pad_top > (w->kernel_h - 1u) * w->dilation_y &&
            step->in_width + 2u * w->pad_left > (w->kernel_w - 1u) * w->dilation_x) {
            step->out_height =
                (step->in_height + 2u * w->pad_top - (w->kernel_h - 1u) * w->dilation_y - 1u) / w->stride_y +
                1u;
            step->out_width =
                (step->in_width + 2u * w->pad_left - (w->kernel_w - 1u) * w->dilation_x - 1u) / w->stride_x +
                1u;
        }
    } while (step->out_height * step->out_width == 0 || step->out_channels > OUTPUTS_MAX ||
             step->out_height * step->out_width * step->out_channels > CONV_OUTPUTS ||
             step->in_height * step->in_width * step->in_channels > CONV_INPUTS ||
             (uint32_t)w->kernel_h * w->kernel_w * step->in_channels / w->groups * step->out_channels >
                 WEIGHTS_MAX);
}

void check_convolution(uint32_t number) {
    static const int32_t peaks[] = {1, 1, 1, 2, 4, 4, 7, 8, 9, 16, 25, 31, 32, 255, 32767};
    const bool long_columns = number % 30u == 19u;
    int32_t peak = number < 12u         ? peaks[number]
                   : long_columns       ? 1
                   : number % 40u == 7u ? 255
                                        : peaks[below(COUNT(peaks))];
    /* Of few channels, all of them as large as sums in half of 64 bits bear, or beyond. */
    const bool at_limit = number % 20u == 17u;
    const uint32_t density = number < 12u || at_limit || long_columns ? 1u : 1u + below(9);
    const bool packed = long_columns || (peak == 1 && !at_limit && below(3) != 0);
    const bool negative = !packed && !at_limit && number >= 12u && below(3) == 0;
    uint32_t unaligned = below(4);
    snnrt_window window = {0};
    snnrt_synapse_step step = {0};
    draw_convolution(&step, &window, number);
    if (at_limit) {
        peak = (int32_t)(32767u / (window.kernel_h * window.kernel_w * step.in_channels) + below(2));
        peak = peak > 32767 ? 32767 : peak;
    }
    if ((uint32_t)window.kernel_h * window.kernel_w * step.in_channels > 500u && peak > 255) {
        /* Sums fit 32 bits, as the model's check demands. */
        peak = 255;
    }
    if (number < 12u || at_limit) {
        make_weights(number < 12u ? number % 2u : below(2));
    } else if (number % 4u == 0) {
        make_weights(below(5));
    }
    if (number % 10u == 9u && !long_columns) {
        /* A dense layer is a window of one tap. */
        step.in_channels = 1u + below(700);
        step.out_channels = 1u + below(40);
        step.in_height = step.in_width = step.out_height = step.out_width = 1;
        window = (snnrt_window){1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 0};
        peak = peak > 255 ? 255 : peak;
    }
    step.window = &window;
    step.weights = weights + (number % 10u == 9u || below(2) == 0 ? 0u : unaligned);
    step.bias = below(3) == 0 ? NULL : bias;
    step.input_peak = (uint32_t)peak;
    for (uint32_t i = 0; i < step.in_height * step.in_width * step.in_channels; i++) {
        const bool on = below(density) == 0;
        pixels[i] = (int16_t)(!on                        ? 0
                              : number < 12u || at_limit ? peak
                                                         : between(negative ? -peak : 1, peak));
    }
    if (below(4) == 0) {
        /* Some of the rows. */
        step.first_row = below(step.out_height);
        step.out_height = step.first_row + 1u + below(step.out_height - step.first_row);
#if SNNRT_WITH_KERNEL_TABLE
        step.by_rows = true;
#endif
    }
    compare_layer(&step, packed, number % 10u == 9u && !long_columns, "conv2d or dense", number);
}
#endif

#if SNNRT_WITH_POOL2D
void check_pool(uint32_t number) {
    static const uint32_t widths[] = {1, 3, 4, 8, 12, 16, 20, 31, 32, 33, 36, 64, 100};
    static const uint16_t large[][2] = {{15, 17}, {16, 16}, {1, 255}, {256, 1}, {51, 5}};
    static int16_t sums[1024 + 1];
    static uint32_t fired[256];
    snnrt_window window = {0};
    snnrt_pool_step step = {0};
    uint32_t place = 0, density = number % 20u == 9u ? 1u : 1u + below(4);
    do {
        window.kernel_h = (uint16_t)(below(4) == 0 ? 1u + below(3) : 2u);
        window.kernel_w = (uint16_t)(below(4) == 0 ? 1u + below(3) : 2u);
        window.stride_y = (uint16_t)(1u + below(3));
        window.stride_x = (uint16_t)(1u + below(3));
        window.pad_top = window.pad_bottom = window.pad_left = window.pad_right = 0;
        if (number % 20u == 9u) {
            /* As many as sums in bytes hold, or one more. */
            const uint16_t *sides = large[below(COUNT(large))];
            window.kernel_h = sides[0];
            window.kernel_w = sides[1];
        } else if (number % 4u == 3u) {
            window.pad_top = (uint16_t)below(window.kernel_h);
            window.pad_bottom = (uint16_t)below(window.kernel_h);
            window.pad_left = (uint16_t)below(window.kernel_w);
            window.pad_right = (uint16_t)below(window.kernel_w);
        }
        step.channels = widths[below(COUNT(widths))];
        step.in_height = window.kernel_h + below(5);
        step.in_width = window.kernel_w + below(6);
        step.out_height =
            (step.in_height + window.pad_top + window.pad_bottom - window.kernel_h) / window.stride_y + 1u;
        step.out_width =
            (step.in_width + window.pad_left + window.pad_right - window.kernel_w) / window.stride_x + 1u;
    } while (step.out_height * step.out_width * step.channels > 1024u ||
             step.in_height * step.in_width * step.channels > 32u * COUNT(fired));
    for (uint32_t i = 0; i < 32u * COUNT(fired); i++) {
        const uint32_t bit = (uint32_t)(below(density) == 0) << i % 32u;
        fired[i / 32u] = i % 32u == 0 ? bit : fired[i / 32u] | bit;
    }
    for (uint32_t i = 0; i <= 1024u; i++) {
        sums[i] = 0x1234;
    }
#if SNNRT_WITH_KERNEL_TABLE
    step.kernels = network.kernels;
#endif
    step.window = &window;
    step.input = fired;
    step.input_dtype = SNNRT_TYPE_BITS;
    step.output = sums;
    step.output_dtype = SNNRT_TYPE_INT16;
    snnrt_pool2d(&step);
    for (uint32_t i = 0; i < step.out_height * step.out_width; i++) {
        for (uint32_t c = 0; c < step.channels; c++) {
            uint32_t sum = 0;
            for (uint32_t tap = 0; tap < (uint32_t)window.kernel_h * window.kernel_w; tap++) {
                /* In the padding above or to the left they wrap. */
                const uint32_t y =
                    i / step.out_width * window.stride_y + tap / window.kernel_w - window.pad_top;
                const uint32_t x =
                    i % step.out_width * window.stride_x + tap % window.kernel_w - window.pad_left;
                if (y >= step.in_height || x >= step.in_width) {
                    continue;
                }
                sum += snnrt_bit(fired, (y * step.in_width + x) * step.channels + c);
            }
            if (sums[place++] != (int16_t)sum) {
                fail("pool2d", number);
            }
        }
    }
    if (sums[place] != 0x1234) {
        fail("pool2d past its outputs", number);
    }
}
#endif
