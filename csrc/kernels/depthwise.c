/* Convolutions whose groups read one channel each. A window of one channel is a handful of products, less than the general
 * path takes to begin one: here 32 channels of a pixel go side by side, tap by tap, which is the order of docs/ir.md. */
#include "synapse.h"
#include "taps.h"

#if SNNRT_WITH_CONV2D && SNNRT_WITH_DEPTHWISE

#define SNNRT_LANES_OF_CHANNELS 32u

/* Which of `count` elements from `first` on are not 0, a bit each. */
static uint32_t active_channels(const snnrt_synapse_step *step, uint32_t first, uint32_t count) {
    uint32_t word = 0;
    if (step->input_dtype == SNNRT_TYPE_BITS) {
        const snnrt_uint32 *words = (const snnrt_uint32 *)step->input + first / 32u;
        const uint32_t shift = first & 31u;
        word = words[0] >> shift;
        if (shift + count > 32u) {
            word |= words[1] << (32u - shift);
        }
        return word & 0xFFFFFFFFu >> (32u - count);
    }
    for (uint32_t k = 0; k < count; k++) {
        /* A float's bits but for the sign. */
        const bool active = SNNRT_STEP_IS_INT8(step)
                                ? ((const snnrt_int16 *)step->input)[first + k] != 0
                                : ((const snnrt_uint32 *)step->input)[first + k] << 1 != 0;
        word |= (uint32_t)active << k;
    }
    return word;
}

/* One tap of a block of channels, which begins at `weights`, at `element` of the input and at `output`. */
typedef struct snnrt_channels_tap {
    const snnrt_synapse_step *step;
    size_t weights;
    uint32_t distance; /* from one channel's weights to the next one's */
    uint32_t outputs; /* of each channel */
    uint32_t element;
    void *output;
} snnrt_channels_tap;

#if SNNRT_WITH_INT8
static inline void add_channels_i8(const snnrt_channels_tap *tap, uint32_t word) {
    const snnrt_int16 *values = (const snnrt_int16 *)tap->step->input + tap->element;
    const bool spikes = tap->step->input_dtype == SNNRT_TYPE_BITS;
    while (word != 0) {
        const uint32_t channel = snnrt_lowest_bit(word);
        const int8_t *weights =
            (const int8_t *)tap->step->weights + tap->weights + (size_t)channel * tap->distance;
        snnrt_int32 *output = (snnrt_int32 *)tap->output + (size_t)channel * tap->outputs;
        const int32_t value = spikes ? 1 : values[channel];
        uint32_t left = tap->outputs;
        do {
            *output++ += *weights++ * value;
        } while (--left != 0);
        word &= word - 1u;
    }
}
#endif

#if SNNRT_WITH_FLOAT32
static inline void add_channels_f32(const snnrt_channels_tap *tap, uint32_t word) {
    const snnrt_float32 *values = (const snnrt_float32 *)tap->step->input + tap->element;
    const bool spikes = tap->step->input_dtype == SNNRT_TYPE_BITS;
    while (word != 0) {
        const uint32_t channel = snnrt_lowest_bit(word);
        const snnrt_float32 *weights =
            (const snnrt_float32 *)tap->step->weights + tap->weights + (size_t)channel * tap->distance;
        snnrt_float32 *output = (snnrt_float32 *)tap->output + (size_t)channel * tap->outputs;
        for (uint32_t left = tap->outputs; left != 0; left--, output++, weights++) {
            /* Without a multiplication, which a processor may lack. */
            *output = spikes ? *output + *weights : *output + *weights * values[channel];
        }
        word &= word - 1u;
    }
}
#endif

/* Where a window's taps and a block of channels lie. */
typedef struct snnrt_channels_window {
    snnrt_taps y, x;
    int32_t top, left;
    uint32_t block, count;
} snnrt_channels_window;

/* Adds and counts what a window reads. */
static void sum_channels(const snnrt_channels_window *window, snnrt_channels_tap *tap, bool only_count) {
    const snnrt_synapse_step *step = tap->step;
    const snnrt_window *conv = step->window;
    const uint32_t taps = (uint32_t)conv->kernel_h * conv->kernel_w;
    const uint32_t distance = conv->dilation_x * step->in_channels;
    uint32_t any = 0, rows = 0;
    for (uint32_t ky = window->y.first; ky < window->y.end; ky++) {
        const uint32_t row = (uint32_t)(window->top + (int32_t)(ky * conv->dilation_y)) * step->in_width;
        const uint32_t pixel = row + (uint32_t)(window->left + (int32_t)(window->x.first * conv->dilation_x));
        tap->element = pixel * step->in_channels + window->block;
        tap->weights = ((size_t)window->block * taps + ky * conv->kernel_w + window->x.first) * tap->outputs;
        for (uint32_t kx = window->x.first; kx < window->x.end;
             kx++, tap->element += distance, tap->weights += tap->outputs) {
            const uint32_t word = active_channels(step, tap->element, window->count);
            any |= word;
#if SNNRT_WITH_COUNTERS
            rows += snnrt_popcount(word);
#endif
            if (only_count) {
                continue;
            }
#if SNNRT_WITH_INT8 && SNNRT_WITH_FLOAT32
            if (SNNRT_STEP_IS_INT8(step)) {
                add_channels_i8(tap, word);
            } else {
                add_channels_f32(tap, word);
            }
#elif SNNRT_WITH_INT8
            add_channels_i8(tap, word);
#else
            add_channels_f32(tap, word);
#endif
        }
    }
#if SNNRT_WITH_COUNTERS
    if (step->counts != NULL) {
        step->counts->row_activations += rows;
        step->counts->synaptic_operations += (uint64_t)rows * tap->outputs;
        step->counts->active_windows += snnrt_popcount(any);
    }
#else
    (void)any;
    (void)rows;
#endif
}

void snnrt_depthwise(const snnrt_synapse_step *step) {
    const snnrt_window *conv = step->window;
    const snnrt_int32 *bias = (const snnrt_int32 *)step->bias;
    snnrt_int32 *output = (snnrt_int32 *)step->output;
    snnrt_channels_window window;
    snnrt_channels_tap tap;
    bool summed = false;
#if SNNRT_WITH_DEPTHWISE_TAPS
    if (SNNRT_STEP_IS_INT8(step) && step->out_channels == step->in_channels) {
        snnrt_depthwise_taps(step);
        summed = true;
        if (!SNNRT_WITH_COUNTERS || step->counts == NULL) {
            return;
        }
    }
#endif
    tap.step = step;
    tap.outputs = step->out_channels / step->in_channels;
    tap.distance = (uint32_t)conv->kernel_h * conv->kernel_w * tap.outputs;
    for (uint32_t oy = step->first_row; oy < step->out_height; oy++) {
        window.top = (int32_t)(oy * conv->stride_y) - conv->pad_top;
        window.y = snnrt_taps_inside(window.top, conv->kernel_h, conv->dilation_y, step->in_height);
        for (uint32_t ox = 0; ox < step->out_width; ox++) {
            window.left = (int32_t)(ox * conv->stride_x) - conv->pad_left;
            window.x = snnrt_taps_inside(window.left, conv->kernel_w, conv->dilation_x, step->in_width);
            for (window.block = 0; window.block < step->in_channels;
                 window.block += SNNRT_LANES_OF_CHANNELS) {
                const uint32_t left = step->in_channels - window.block;
                window.count = left < SNNRT_LANES_OF_CHANNELS ? left : SNNRT_LANES_OF_CHANNELS;
                tap.output = output;
                if (!summed) {
                    snnrt_begin_sums(output, bias == NULL ? NULL : bias + window.block * tap.outputs,
                                     window.count * tap.outputs);
                }
                output += window.count * tap.outputs;
                sum_channels(&window, &tap, summed);
            }
        }
    }
}
#else
typedef int snnrt_depthwise_left_out;
#endif
