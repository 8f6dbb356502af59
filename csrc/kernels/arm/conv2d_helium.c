/* Int8 convolutions with the vectors of Cortex-M55 (Helium), in place of ../conv2d_i8.c: row by row, windows that read alike
 * at once. */
#include "../synapse.h"
#include "../taps.h"
#include "direct_windows.h"

#if SNNRT_WITH_DIRECT_WINDOWS

#if SNNRT_WITH_COUNTERS
static void direct_count(const snnrt_synapse_step *step, const snnrt_direct_windows *w) {
    for (uint32_t window = 0; window < w->windows; window++) {
        uint32_t rows = 0;
        for (uint32_t line = 0; line < w->lines; line++) {
            for (uint32_t run = 0; run < w->runs; run++) {
                uint32_t element = w->element + window * w->window_elements + line * w->line_elements +
                                   run * w->run_elements;
                uint32_t bit =
                    w->element + window * w->window_elements + line * w->line_bits + run * w->run_bits;
                for (uint32_t left = w->count; left != 0; left--, element++, bit++) {
                    rows += step->input_dtype == SNNRT_TYPE_BITS
                                ? snnrt_bit((const snnrt_uint32 *)w->input, element)
                            : w->words != NULL ? w->words[bit >> 5].bits >> (bit & 31u) & 1u
                                               : (uint32_t)(((const snnrt_int16 *)w->input)[element] != 0);
                }
            }
        }
        snnrt_count_window(step, rows, w->outputs);
    }
}
#endif

typedef void direct_sum_groups(const snnrt_direct_windows *w);

/* Of windows that read alike, each group. */
static void direct_sum_windows(const snnrt_synapse_step *step, snnrt_direct_windows *w,
                               direct_sum_groups *sum) {
    const snnrt_window *conv = step->window;
    const uint32_t element = w->element;
    const int8_t *const weights = w->weights;
    snnrt_int32 *const to = w->to;
    w->bias = (const snnrt_int32 *)step->bias;
#if SNNRT_WITH_DIRECT_DEPTHWISE
    if (sum == NULL) {
        snnrt_direct_depthwise(w, conv->groups, step->input_dtype == SNNRT_TYPE_BITS);
        if (!SNNRT_WITH_COUNTERS) {
            return;
        }
    }
#endif
    for (uint32_t group = conv->groups; group != 0; group--) {
        if (sum != NULL) {
            sum(w);
        }
#if SNNRT_WITH_COUNTERS
        direct_count(step, w);
#endif
        w->element += step->in_channels / conv->groups;
        w->weights += w->group_weights;
        w->bias = w->bias == NULL ? NULL : w->bias + w->outputs;
        w->to += w->outputs;
    }
    w->element = element;
    w->weights = weights;
    w->to = to;
}

/* A row of windows on counts. Which of them are not 0 is found first, of as many windows as there is room for, and around the
 * input there are none: so all windows read alike. False where there is no room, or too many for sums of 16 bits. */
SNNRT_NOINLINE static bool direct_sum_counted(const snnrt_synapse_step *step, snnrt_direct_windows *w,
                                              uint32_t line, uint32_t lines) {
    snnrt_direct_word words[SNNRT_DIRECT_WORDS];
    const snnrt_window *conv = step->window;
    const bool by_lines = conv->groups == 1 && conv->dilation_x == 1;
    const uint32_t channels = step->in_channels, depth = channels / conv->groups;
    const uint32_t width = step->in_width * channels, border = conv->pad_left * channels;
    /* Elements of a line of one window, and of as many as have room. */
    const uint32_t one =
        by_lines ? conv->kernel_w * depth : (conv->kernel_w - 1u) * conv->dilation_x * channels + channels;
    const uint32_t room = lines == 0 ? 0u : SNNRT_DIRECT_WORDS / lines * 32u;
    const snnrt_int16 *const first = (const snnrt_int16 *)step->input + line * width;
    const uint32_t at_once = lines == 0 ? step->out_width : (room - one) / w->window_elements + 1u;
    bool fits = lines == 0 || room >= one;
    snnrt_int32 *const to = w->to;
#if SNNRT_WITH_COUNTERS
    snnrt_counts none = {0};
    snnrt_counts *const counts = step->counts == NULL ? &none : step->counts, before = *counts;
#endif
    w->words = words;
    w->runs = by_lines ? lines : conv->kernel_w;
    w->lines = by_lines ? 1u : lines;
    w->count = by_lines ? one : depth;
    for (uint32_t done = 0; fits && done < step->out_width; done += w->windows) {
        const uint32_t begin = done * w->window_elements, rest = step->out_width - done;
        snnrt_found_counts found;
        uint32_t inside, all;
        w->windows = rest < at_once ? rest : at_once;
        all = (w->windows - 1u) * w->window_elements + one;
        found.before = begin < border ? border - begin : 0u;
        inside = begin + found.before - border;
        found.count = inside < width ? width - inside : 0u;
        if (found.before + found.count > all) {
            found.count = found.before < all ? all - found.before : 0u;
        }
        found.value = first + inside;
        found.words = words;
        found.line_words = (all + 31u) / 32u;
        for (uint32_t k = 0; fits && k < lines; k++) {
            fits = snnrt_find_counts(&found);
            found.value += w->line_elements;
            found.words += found.line_words;
        }
        w->line_bits = found.line_words * 32u;
        w->run_bits = by_lines ? w->line_bits : w->run_elements;
        /* Where the border begins, which may lie before the input. */
        w->input = (const void *)((uintptr_t)first + 2u * (uintptr_t)begin - 2u * (uintptr_t)border);
        w->element = 0;
        if (fits) {
            direct_sum_windows(step, w, snnrt_direct_sums);
        }
        w->to += w->windows * w->window_outputs;
    }
    w->words = NULL;
    w->input = step->input;
    if (!fits) {
        w->to = to;
#if SNNRT_WITH_COUNTERS
        *counts = before;
#endif
    }
    return fits;
}

void snnrt_direct_rows(const snnrt_synapse_step *step) {
    const snnrt_window *conv = step->window;
    const uint32_t depth = step->in_channels / conv->groups, outputs = step->out_channels / conv->groups;
    const uint32_t tap_weights = depth * outputs;
    const bool bits = step->input_dtype == SNNRT_TYPE_BITS;
    const uint32_t peak = bits || step->input_peak == 0 ? 1u : step->input_peak;
    /* Neighbouring taps read neighbouring pixels. */
    const bool neighbours = conv->groups == 1 && conv->dilation_x == 1;
    const bool depthwise = snnrt_is_direct_depthwise(step);
    const bool counts = !bits && !depthwise && peak <= SNNRT_DIRECT_COUNT_MAX;
    const int32_t reach = (int32_t)((conv->kernel_w - 1u) * conv->dilation_x);
    snnrt_direct_windows w;
    w.input = step->input;
    w.words = NULL;
    w.outputs = outputs;
    w.window_elements = conv->stride_x * step->in_channels;
    w.window_outputs = step->out_channels;
    w.line_elements = conv->dilation_y * step->in_width * step->in_channels;
    w.line_weights = conv->kernel_w * tap_weights;
    w.run_elements = neighbours ? w.line_elements : conv->dilation_x * step->in_channels;
    w.run_weights = neighbours ? w.line_weights : tap_weights;
    w.line_bits = w.line_elements;
    w.run_bits = w.run_elements;
    w.group_weights = conv->kernel_h * w.line_weights;
    w.most = (uint32_t)conv->kernel_h * conv->kernel_w * peak;
    w.to = (snnrt_int32 *)step->output;
    for (uint32_t oy = step->first_row; oy < step->out_height; oy++) {
        const int32_t top = (int32_t)(oy * conv->stride_y) - conv->pad_top;
        const snnrt_taps y = snnrt_taps_inside(top, conv->kernel_h, conv->dilation_y, step->in_height);
        const uint32_t line = (uint32_t)(top + (int32_t)(y.first * conv->dilation_y));
        int32_t left = -(int32_t)conv->pad_left;
        uint32_t rest = step->out_width;
        w.weights = (const int8_t *)step->weights + y.first * conv->kernel_w * tap_weights;
        if (counts && direct_sum_counted(step, &w, line, y.first < y.end ? y.end - y.first : 0u)) {
            continue;
        }
        do {
            const snnrt_taps x = snnrt_taps_inside(left, conv->kernel_w, conv->dilation_x, step->in_width);
            const uint32_t taps = x.first < x.end ? x.end - x.first : 0;
            w.windows = 1;
            if (taps == conv->kernel_w) {
                /* All of them inside, as in the windows behind up to the input's edge. */
                const uint32_t more =
                    (uint32_t)((int32_t)step->in_width - 1 - reach - left) / conv->stride_x + 1u;
                w.windows = more < rest ? more : rest;
            }
            w.lines = taps != 0 && y.first < y.end ? y.end - y.first : 0;
            w.runs = taps;
            if (neighbours) {
                w.runs = w.lines;
                w.lines = 1;
            }
            w.count = neighbours ? taps * depth : depth;
            w.element = (line * step->in_width + (uint32_t)(left + (int32_t)(x.first * conv->dilation_x))) *
                        step->in_channels;
            w.weights = (const int8_t *)step->weights + (y.first * conv->kernel_w + x.first) * tap_weights;
            direct_sum_windows(step, &w, depthwise ? NULL : bits ? snnrt_direct_sums : snnrt_direct_values);
            w.to += w.windows * step->out_channels;
            left += (int32_t)(w.windows * conv->stride_x);
            rest -= w.windows;
        } while (rest != 0);
    }
}

bool snnrt_conv2d_i8(const snnrt_synapse_step *step) {
#if SNNRT_WITH_DIRECT_LISTS
    if (step->lines != NULL && snnrt_is_direct_listed(step)) {
        snnrt_direct_listed(step, step->lines);
        return true;
    }
#endif
#if SNNRT_WITH_DIRECT_IMAGES
    if (step->input_dtype != SNNRT_TYPE_BITS && step->input_peak > SNNRT_DIRECT_COUNT_MAX &&
        !snnrt_is_direct_depthwise(step) && snnrt_direct_image(step)) {
        return true;
    }
#endif
    snnrt_direct_rows(step);
    return true;
}
#else
typedef int snnrt_conv2d_helium_left_out;
#endif
