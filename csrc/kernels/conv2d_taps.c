/* Int8 convolutions of few channels whose values are no counts, as a first layer on an image is: the inputs that are not 0
 * listed for a row of windows. */
#include "synapse.h"
#include "tap_sums.h"

#if SNNRT_WITH_TAP_SUMS

typedef struct snnrt_tap_image {
    const snnrt_synapse_step *step;
    uint32_t first, outputs; /* those that are summed in a pass */
    uint32_t row_bytes, shift;
    uint32_t at_once; /* windows that are listed together */
    const snnrt_int32 *bias;
#if SNNRT_WITH_TAP_WORDS
    const snnrt_tap_layout *layout; /* NULL: the weights themselves */
#endif
    const snnrt_tap *begin[SNNRT_TAP_COLUMNS_MAX + 1u]; /* of each column's channels, and the last's end */
    snnrt_tap taps[SNNRT_TAPS_MAX];
} snnrt_tap_image;

/* Inputs that are listed: each channel of a line's pixels is a column of `lines`. */
typedef struct snnrt_tap_walk {
    uint32_t lines, columns;
    uint32_t line_step; /* inputs from line to line */
    uint32_t row_bytes,
        line_bytes; /* from the weights of an input to those of the next, and of the next line */
    uint32_t shift;
    snnrt_tap *to;
} snnrt_tap_walk;

/* Of one column after another the lines' inputs. */
SNNRT_NOINLINE static const snnrt_tap *list_columns(const snnrt_tap_walk *walk, const snnrt_int16 *value,
                                                    uint32_t row, const snnrt_tap **begin) {
    const uint32_t lines = walk->lines, step = walk->line_step, bytes = walk->line_bytes, shift = walk->shift;
    const ptrdiff_t back = 1 - (ptrdiff_t)(lines * step);
    const uint32_t row_back = walk->row_bytes - lines * bytes;
    const snnrt_tap *const *const end = begin + walk->columns;
    snnrt_tap *to = walk->to;
    do {
        uint32_t left = lines;
        *begin++ = to;
        do {
            const int32_t v = *value;
            value += step;
            if (v != 0) {
                to->value = (int32_t)((uint32_t)v << shift);
                to->row = row;
                to++;
            }
            row += bytes;
        } while (--left != 0);
        value += back;
        row += row_back;
    } while (begin != end);
    return to;
}

/* The columns from `left` of the input on; of the kernel's lines the first lies at `top`. */
static void list_taps(snnrt_tap_image *image, int32_t top, int32_t left, uint32_t columns) {
    const snnrt_synapse_step *const step = image->step;
    const snnrt_window *conv = step->window;
    const snnrt_taps y = snnrt_taps_inside(top, conv->kernel_h, conv->dilation_y, step->in_height);
    const snnrt_taps x = snnrt_taps_inside(left, columns, 1, step->in_width);
    const uint32_t channels = step->in_channels;
    const snnrt_tap *end = image->taps;
    const snnrt_tap **begin = image->begin, **const last = begin + columns * channels;
    if (y.first < y.end && x.first < x.end) {
        const uint32_t line = (uint32_t)(top + (int32_t)(y.first * conv->dilation_y));
        const uint32_t pixel = line * step->in_width + (uint32_t)(left + (int32_t)x.first);
        snnrt_tap_walk walk;
        walk.lines = y.end - y.first;
        walk.columns = (x.end - x.first) * channels;
        walk.line_step = conv->dilation_y * step->in_width * channels;
        walk.row_bytes = image->row_bytes;
        walk.line_bytes = conv->kernel_w * channels * walk.row_bytes;
        walk.shift = image->shift;
        walk.to = image->taps;
        for (uint32_t k = x.first * channels; k != 0; k--) {
            *begin++ = end;
        }
        end = list_columns(&walk, (const snnrt_int16 *)step->input + pixel * channels,
                           y.first * walk.line_bytes + x.first * channels * walk.row_bytes, begin);
        begin += walk.columns;
    }
    while (begin <= last) {
        *begin++ = end;
    }
}

#if SNNRT_WITH_TAP_WORDS
/* The last block may not be whole. */
SNNRT_NOINLINE static void add_last_block(const snnrt_tap_sum *sum, const snnrt_tap_layout *layout,
                                          uint32_t outputs) {
    snnrt_int32 sums[SNNRT_TAP_OUTPUTS];
    snnrt_tap_sum last = *sum;
    const uint32_t whole = outputs / SNNRT_TAP_OUTPUTS;
    last.outputs = whole;
    if (whole != 0) {
        snnrt_add_tap_words(&last);
    }
    last.weights += whole * (layout->row_bytes / layout->blocks);
    last.start = (const snnrt_uint32 *)sum->start + whole * (layout->start_words / layout->blocks);
    last.output = sums;
    last.outputs = 1;
    snnrt_add_tap_words(&last);
    for (uint32_t o = whole * SNNRT_TAP_OUTPUTS; o < outputs; o++) {
        sum->output[o] = sums[o % SNNRT_TAP_OUTPUTS];
    }
}
#endif

/* A row of windows, as many at a time as there is room for. */
static void sum_tap_row(snnrt_tap_image *image, int32_t top, snnrt_tap_sum sum) {
    const snnrt_synapse_step *const step = image->step;
    const snnrt_window *conv = step->window;
    const uint32_t next = conv->stride_x * step->in_channels, width = conv->kernel_w * step->in_channels;
    const uint32_t distance = next * image->row_bytes;
    const uintptr_t weights = sum.weights;
    uint32_t here;
    for (uint32_t ox = 0; ox < step->out_width; ox += here) {
        const snnrt_tap *const *begin = image->begin;
        here = step->out_width - ox < image->at_once ? step->out_width - ox : image->at_once;
        list_taps(image, top, (int32_t)(ox * conv->stride_x) - conv->pad_left,
                  (here - 1u) * conv->stride_x + conv->kernel_w);
        sum.weights = weights;
        for (uint32_t left = here; left != 0; left--) {
            sum.first = begin[0];
            sum.end = begin[width];
            if (sum.first == sum.end) {
                snnrt_begin_sums(sum.output, image->bias, image->outputs);
            } else {
#if SNNRT_WITH_TAP_WORDS
                if (image->layout != NULL) {
                    if (image->outputs % SNNRT_TAP_OUTPUTS != 0) {
                        add_last_block(&sum, image->layout, image->outputs);
                    } else {
                        snnrt_add_tap_words(&sum);
                    }
                } else
#endif
                {
                    snnrt_add_taps(&sum);
                }
            }
            begin += next;
            sum.output += step->out_channels;
            sum.weights -= distance;
        }
    }
}

/* All rows of the outputs that are chosen; `sum` has what windows have alike. */
static void sum_tap_rows(snnrt_tap_image *image, snnrt_tap_sum *sum) {
    const snnrt_synapse_step *const step = image->step;
    const snnrt_window *conv = step->window;
    sum->output = (snnrt_int32 *)step->output + image->first;
    image->bias = step->bias == NULL ? NULL : (const snnrt_int32 *)step->bias + image->first;
    for (uint32_t oy = step->first_row; oy < step->out_height; oy++) {
        sum_tap_row(image, (int32_t)(oy * conv->stride_y) - conv->pad_top, *sum);
        sum->output += step->out_width * step->out_channels;
    }
}

#if SNNRT_WITH_TAP_WORDS
/* False, and nothing done, where no block of outputs fits. */
static bool sum_in_words(snnrt_tap_image *image) {
    const snnrt_synapse_step *const step = image->step;
    snnrt_tap_layout layout;
    snnrt_tap_sum sum;
    image->layout = &layout;
    for (image->first = 0; image->first < step->out_channels; image->first += image->outputs) {
        const uint32_t left = step->out_channels - image->first;
        snnrt_lay_out_taps(step, image->first, &layout);
        if (layout.blocks == 0) {
            return false;
        }
        image->row_bytes = layout.row_bytes;
        image->shift = layout.shift;
        image->outputs = layout.blocks * SNNRT_TAP_OUTPUTS;
        image->outputs = image->outputs < left ? image->outputs : left;
        sum.start = layout.words;
        sum.weights = (uintptr_t)(layout.words + layout.start_words);
        sum.outputs = layout.blocks;
        sum_tap_rows(image, &sum);
    }
    return true;
}
#endif

/* Kept apart: what is listed is most of the stack. */
SNNRT_NOINLINE static void sum_image(const snnrt_synapse_step *step, uint32_t columns) {
    snnrt_tap_image image;
    snnrt_tap_sum sum;
    image.step = step;
    image.at_once = (columns - step->window->kernel_w) / step->window->stride_x + 1u;
#if SNNRT_WITH_TAP_WORDS
    if ((step->out_height - step->first_row) * step->out_width >= SNNRT_TAP_WINDOWS_MIN &&
        sum_in_words(&image)) {
        return;
    }
    image.layout = NULL;
#endif
    image.first = image.shift = 0;
    sum.outputs = image.outputs = image.row_bytes = step->out_channels;
    sum.start = step->bias;
    sum.weights = (uintptr_t)step->weights;
    sum_tap_rows(&image, &sum);
}

bool snnrt_conv2d_image(const snnrt_synapse_step *step) {
    const snnrt_window *conv = step->window;
    const uint32_t most = SNNRT_TAPS_MAX / conv->kernel_h;
    const uint32_t columns =
        (most < SNNRT_TAP_COLUMNS_MAX ? most : SNNRT_TAP_COLUMNS_MAX) / step->in_channels;
    if (conv->groups != 1 || step->input_dtype == SNNRT_TYPE_BITS || conv->dilation_x != 1 ||
        step->in_channels > SNNRT_IMAGE_CHANNELS_MAX || conv->kernel_w > columns) {
        return false;
    }
    sum_image(step, columns);
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
