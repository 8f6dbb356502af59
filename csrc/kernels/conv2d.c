/* Convolution, window by window. With scratch, all events of the input are found once and a window is made of
 * slices of them; without, the windows' inputs are looked at window by window. */
#include "arm/direct_windows.h"
#include "synapse.h"
#include "taps.h"

#if SNNRT_WITH_CONV2D

/* Scratch, in words: starts, positions, and values (a word each). */
static size_t scratch_words(size_t elements, size_t depth) {
    return elements / depth + 1u + 2u * (elements + SNNRT_EVENTS_PADDING);
}

#if SNNRT_WITH_FLOAT32 || SNNRT_WITH_KERNEL_TABLE
/* A unit is what one group reads of one pixel: `depth` elements. `starts` has the first event of each unit
 * and one entry more; NULL without scratch. */
typedef struct snnrt_convolution {
    snnrt_window_sum window;
    uint32_t depth;
    const snnrt_uint32 *starts;
} snnrt_convolution;

static void add_units(snnrt_convolution *c, uint32_t unit, uint32_t units, uint32_t tap) {
    uint32_t row = tap * c->depth;
    uint32_t element = unit * c->depth;
    if (c->starts != NULL) {
        uint32_t first = c->starts[unit];
        snnrt_window_slice(&c->window, first, c->starts[unit + units] - first, row - element);
    } else {
        snnrt_window_scan(&c->window, element, units * c->depth, row);
    }
}

static void gather(snnrt_convolution *c, uint32_t group, snnrt_taps y, int32_t top, snnrt_taps x,
                   int32_t left) {
    const snnrt_synapse_step *step = c->window.step;
    const snnrt_window *conv = step->window;
    bool neighbours = conv->groups == 1 && conv->dilation_x == 1;
    if (x.first >= x.end) {
        return;
    }
    for (uint32_t ky = y.first; ky < y.end; ky++) {
        uint32_t row = (uint32_t)(top + (int32_t)(ky * conv->dilation_y));
        uint32_t tap = ky * conv->kernel_w + x.first;
        uint32_t pixel = row * step->in_width + (uint32_t)(left + (int32_t)(x.first * conv->dilation_x));
        if (neighbours) {
            /* Neighbouring taps read neighbouring pixels. */
            add_units(c, pixel, x.end - x.first, tap);
            continue;
        }
        for (uint32_t kx = x.first; kx < x.end; kx++, tap++, pixel += conv->dilation_x) {
            add_units(c, pixel * conv->groups + group, 1, tap);
        }
    }
}

static void all_windows(snnrt_convolution *c, snnrt_event_room *room) {
    const snnrt_synapse_step *step = c->window.step;
    const snnrt_window *conv = step->window;
    uint32_t outputs = c->window.sum.outputs;
    size_t group_weights =
        (size_t)conv->kernel_h * conv->kernel_w * c->depth * outputs * (SNNRT_STEP_IS_INT8(step) ? 1u : 4u);
    uint8_t *output = (uint8_t *)step->output;
    for (uint32_t oy = step->first_row; oy < step->out_height; oy++) {
        int32_t top = (int32_t)(oy * conv->stride_y) - conv->pad_top;
        snnrt_taps y = snnrt_taps_inside(top, conv->kernel_h, conv->dilation_y, step->in_height);
        for (uint32_t ox = 0; ox < step->out_width; ox++) {
            int32_t left = (int32_t)(ox * conv->stride_x) - conv->pad_left;
            snnrt_taps x = snnrt_taps_inside(left, conv->kernel_w, conv->dilation_x, step->in_width);
            for (uint32_t group = 0; group < conv->groups; group++) {
                const uint8_t *bias = (const uint8_t *)step->bias;
                snnrt_window_begin(&c->window, output,
                                   bias == NULL ? NULL : bias + (size_t)group * outputs * 4u,
                                   (const uint8_t *)step->weights + group * group_weights);
                gather(c, group, y, top, x, left);
                if (room != NULL) {
                    snnrt_window_flush_room(&c->window);
                } else {
                    snnrt_window_flush(&c->window);
                }
                snnrt_count_window(step, c->window.rows, outputs);
                output += (size_t)outputs * 4u;
            }
        }
    }
}

/* Kept out of the caller with scratch: the room is most of the stack. */
static void windows_with_room(snnrt_convolution *c) {
    snnrt_event_room room;
    /* The events of each piece are found when the piece is added. */
    snnrt_use_room(&c->window.events, c->window.step, &room);
    all_windows(c, &room);
}

/* The common case: no groups, neighbouring taps on neighbouring pixels, so a slice for each kernel row. */
static void windows_of_slices(snnrt_convolution *c) {
    const snnrt_synapse_step *step = c->window.step;
    const snnrt_window *conv = step->window;
    snnrt_accumulate_kernel *accumulate = snnrt_accumulate_of(step);
    snnrt_accumulation *sum = &c->window.sum;
    snnrt_uint32 *output = (snnrt_uint32 *)step->output;
    uint64_t rows = 0, active = 0;
    bool counting = SNNRT_WITH_COUNTERS && step->counts != NULL;
    sum->start = step->bias;
    sum->weights = step->weights;
    for (uint32_t oy = step->first_row; oy < step->out_height; oy++) {
        int32_t top = (int32_t)(oy * conv->stride_y) - conv->pad_top;
        snnrt_taps y = snnrt_taps_inside(top, conv->kernel_h, conv->dilation_y, step->in_height);
        for (uint32_t ox = 0; ox < step->out_width; ox++, output += sum->outputs) {
            int32_t left = (int32_t)(ox * conv->stride_x) - conv->pad_left;
            snnrt_taps x = snnrt_taps_inside(left, conv->kernel_w, 1, step->in_width);
            uint32_t width = x.first < x.end ? x.end - x.first : 0u;
            uint32_t slices = 0, events = 0;
            for (uint32_t ky = y.first; ky < y.end && width != 0; ky++) {
                uint32_t row = (uint32_t)(top + (int32_t)(ky * conv->dilation_y));
                uint32_t pixel = row * step->in_width + (uint32_t)(left + (int32_t)x.first);
                snnrt_slice *slice = &c->window.slices[slices];
                slice->first = c->starts[pixel];
                slice->count = c->starts[pixel + width] - slice->first;
                slice->shift = (ky * conv->kernel_w + x.first - pixel) * c->depth;
                slices += slice->count != 0;
                events += slice->count;
            }
            sum->accumulator = output;
            sum->slice_count = slices;
            accumulate(sum);
            rows += events;
            active += events != 0;
        }
    }
    if (counting) {
        step->counts->row_activations += rows;
        step->counts->synaptic_operations += rows * sum->outputs;
        step->counts->active_windows += active;
    }
}

static void windows_with_scratch(snnrt_convolution *c, uint32_t elements) {
    const snnrt_synapse_step *step = c->window.step;
    const snnrt_window *conv = step->window;
    snnrt_events *events = &c->window.events;
    uint32_t units = elements / c->depth;
    snnrt_uint32 *starts = (snnrt_uint32 *)step->scratch;
    uint32_t event = 0;
    void *values;
    events->position = starts + units + 1u;
    events->capacity = elements;
    values = events->position + elements + SNNRT_EVENTS_PADDING;
    if (SNNRT_STEP_IS_INT8(step)) {
        events->value.i16 = (snnrt_int16 *)values;
    } else {
        events->value.f32 = (snnrt_float32 *)values;
    }
    (void)c->window.scan(step->input, 0, elements, 0, events);
    for (uint32_t unit = 0; unit < units; unit++) {
        starts[unit] = event;
        while (event < events->count && events->position[event] < (unit + 1u) * c->depth) {
            event++;
        }
    }
    starts[units] = events->count;
    c->starts = starts;
    if (conv->groups == 1 && conv->dilation_x == 1 && conv->kernel_h <= SNNRT_SLICES_MAX) {
        windows_of_slices(c);
    } else {
        all_windows(c, NULL);
    }
}

#endif

static inline bool is_depthwise(const snnrt_synapse_step *step) {
    return step->window->groups != 1 && step->window->groups == step->in_channels;
}

#if SNNRT_WITH_FLOAT32 || SNNRT_WITH_KERNEL_TABLE
static void sum_windows(const snnrt_synapse_step *step) {
    uint32_t elements = step->in_channels * step->in_height * step->in_width;
    snnrt_convolution c;
    c.depth = step->in_channels / step->window->groups;
    c.starts = NULL;
    snnrt_window_prepare(&c.window, step, step->out_channels / step->window->groups);
    if (step->scratch != NULL && step->scratch_bytes >= scratch_words(elements, c.depth) * 4u) {
        windows_with_scratch(&c, elements);
    } else {
        windows_with_room(&c);
    }
}
#endif

void snnrt_conv2d(const snnrt_synapse_step *step) {
#if SNNRT_WITH_KERNEL_TABLE
    if (SNNRT_STEP_IS_INT8(step) && step->kernels->synapse_i8 != NULL && step->kernels->synapse_i8(step)) {
        return;
    }
#endif
#if SNNRT_WITH_DEPTHWISE
    if (is_depthwise(step) && !(SNNRT_STEP_IS_INT8(step) && snnrt_is_direct_depthwise(step))) {
        snnrt_depthwise(step);
        return;
    }
#endif
#if SNNRT_WITH_KERNEL_TABLE
    if (SNNRT_STEP_IS_INT8(step) && step->kernels->conv2d_i8 != NULL && step->kernels->conv2d_i8(step)) {
        return;
    }
#endif
#if SNNRT_WITH_CONV_LISTS && !SNNRT_WITH_KERNEL_TABLE
    if (SNNRT_STEP_IS_INT8(step)) {
        (void)snnrt_conv2d_i8(step);
        return;
    }
#endif
#if SNNRT_WITH_FLOAT32 || SNNRT_WITH_KERNEL_TABLE
    sum_windows(step);
#endif
}

#if SNNRT_WITH_VECTOR_SCRATCH
/* What x86/conv_units.h lays out, for units of 2 or 4 channels; the weights of 2 may take two bytes each. */
static size_t units_scratch(const snnrt_synapse_step *step) {
    const snnrt_window *conv = step->window;
    size_t pixels = (size_t)step->in_height * step->in_width;
    size_t units = ((size_t)step->in_channels + 1u) / 2u;
    size_t columns = ((size_t)step->out_width - 1u) * conv->stride_x + conv->kernel_w;
    size_t depth = 4u * units;
    size_t outputs = step->out_channels > 64u ? ((size_t)step->out_channels + 63u) & ~(size_t)63u
                                              : ((size_t)step->out_channels + 15u) & ~(size_t)15u;
    return pixels * ((units + 7u) & ~(size_t)7u) * 8u + pixels * 8u +
           (columns * conv->kernel_h * units + 8u) * 8u + (2u * columns + 1u) * 4u +
           (size_t)conv->kernel_h * conv->kernel_w * depth * outputs + 8u * 64u;
}
#endif

size_t snnrt_conv2d_scratch_bytes(const snnrt_synapse_step *step) {
    size_t elements = (size_t)step->in_channels * step->in_height * step->in_width;
    size_t bytes = scratch_words(elements, step->in_channels / step->window->groups) * 4u;
#if SNNRT_WITH_VECTOR_SCRATCH
    const size_t units = units_scratch(step);
    bytes = units > bytes ? units : bytes;
#endif
    return SNNRT_WITH_DEPTHWISE && is_depthwise(step) ? 0 : bytes;
}
#else
typedef int snnrt_conv2d_left_out;
#endif
