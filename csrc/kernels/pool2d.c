#include "../snnrt_float.h"
#include "../snnrt_kernels.h"

#if SNNRT_WITH_POOL2D

/* output[to .. to + channels) += each of the `pixels` neighbouring pixels of `rows` rows from input[from] on */
typedef void add_window(const snnrt_pool_step *step, uint32_t from, uint32_t pixels, uint32_t rows,
                        uint32_t to);

#if SNNRT_WITH_INT8
static void add_bits_int16(const snnrt_pool_step *step, uint32_t from, uint32_t pixels, uint32_t rows,
                           uint32_t to) {
    snnrt_bits_sum sum;
    sum.words = (const snnrt_uint32 *)step->input;
    sum.first = from;
    sum.count = step->channels;
    sum.runs = pixels;
    sum.rows = rows;
    sum.row_bits = step->in_width * step->channels;
    sum.windows = 1;
    sum.window_bits = 0;
    sum.output = (snnrt_int16 *)step->output + to;
    SNNRT_KERNEL(step, add_bits_i16)(&sum);
}

/* Without padding every window lies inside: a whole row of windows at once. */
static void add_bits_rows(const snnrt_pool_step *step) {
    const snnrt_window *pool = step->window;
    snnrt_bits_sum sum;
    sum.words = (const snnrt_uint32 *)step->input;
    sum.count = step->channels;
    sum.runs = pool->kernel_w;
    sum.rows = pool->kernel_h;
    sum.row_bits = step->in_width * step->channels;
    sum.windows = step->out_width;
    sum.window_bits = pool->stride_x * step->channels;
    for (uint32_t oy = 0; oy < step->out_height; oy++) {
        sum.first = oy * pool->stride_y * sum.row_bits;
        sum.output = (snnrt_int16 *)step->output + (size_t)oy * step->out_width * step->channels;
        SNNRT_KERNEL(step, add_bits_i16)(&sum);
    }
}

static void add_int16(const snnrt_pool_step *step, uint32_t from, uint32_t pixels, uint32_t rows,
                      uint32_t to) {
    snnrt_int16 *out = (snnrt_int16 *)step->output + to;
    const snnrt_int16 *row = (const snnrt_int16 *)step->input + from;
    for (; rows != 0; rows--, row += step->in_width * step->channels) {
        const snnrt_int16 *in = row;
        for (uint32_t pixel = 0; pixel < pixels; pixel++, in += step->channels) {
#if SNNRT_WITH_ARM_MVE
            const snnrt_int16 *added = in;
            snnrt_int16 *sums = out;
            __asm__ volatile("dlstp.16 lr, %[channels]\n"
                             "1:\n\t"
                             "vldrh.u16 q0, [%[added]], #16\n\t"
                             "vldrh.u16 q1, [%[sums]]\n\t"
                             "vadd.i16 q0, q0, q1\n\t"
                             "vstrh.16 q0, [%[sums]], #16\n\t"
                             "letp lr, 1b"
                             : [added] "+r"(added), [sums] "+r"(sums)
                             : [channels] "r"(step->channels)
                             : "lr", "q0", "q1", "memory");
#else
            for (uint32_t c = 0; c < step->channels; c++) {
                out[c] = (int16_t)(out[c] + in[c]);
            }
#endif
        }
    }
}

static void add_int32(const snnrt_pool_step *step, uint32_t from, uint32_t pixels, uint32_t rows,
                      uint32_t to) {
    snnrt_int32 *out = (snnrt_int32 *)step->output + to;
    const snnrt_int32 *row = (const snnrt_int32 *)step->input + from;
    for (; rows != 0; rows--, row += step->in_width * step->channels) {
        const snnrt_int32 *in = row;
        for (uint32_t pixel = 0; pixel < pixels; pixel++, in += step->channels) {
            for (uint32_t c = 0; c < step->channels; c++) {
                out[c] = snnrt_saturating_add(out[c], in[c]);
            }
        }
    }
}
#endif

#if SNNRT_WITH_FLOAT32
static void add_bits_float(const snnrt_pool_step *step, uint32_t from, uint32_t pixels, uint32_t rows,
                           uint32_t to) {
    const snnrt_uint32 *words = (const snnrt_uint32 *)step->input;
    snnrt_float32 *out = (snnrt_float32 *)step->output + to;
    for (; rows != 0; rows--, from += step->in_width * step->channels) {
        uint32_t bit = from;
        for (uint32_t pixel = 0; pixel < pixels; pixel++, bit += step->channels) {
            for (uint32_t c = 0; c < step->channels; c++) {
                out[c] += snnrt_bit(words, bit + c) ? 1.0f : 0.0f;
            }
        }
    }
}

static void add_float(const snnrt_pool_step *step, uint32_t from, uint32_t pixels, uint32_t rows,
                      uint32_t to) {
    snnrt_float32 *out = (snnrt_float32 *)step->output + to;
    const snnrt_float32 *row = (const snnrt_float32 *)step->input + from;
    for (; rows != 0; rows--, row += step->in_width * step->channels) {
        const snnrt_float32 *in = row;
        for (uint32_t pixel = 0; pixel < pixels; pixel++, in += step->channels) {
            for (uint32_t c = 0; c < step->channels; c++) {
                out[c] += in[c];
            }
        }
    }
}
#endif

static add_window *adder_of(const snnrt_pool_step *step) {
    bool bits = step->input_dtype == SNNRT_TYPE_BITS;
#if SNNRT_WITH_INT8
    if (step->output_dtype == SNNRT_TYPE_INT16) {
        return bits ? add_bits_int16 : add_int16;
    }
    if (step->output_dtype == SNNRT_TYPE_INT32) {
        return add_int32;
    }
#endif
#if SNNRT_WITH_FLOAT32
    return bits ? add_bits_float : add_float;
#else
    return bits ? add_bits_int16 : add_int16;
#endif
}

/* The first tap inside the input, and the end of those inside, where a window starts at `start`. */
static uint32_t taps_before(int32_t start) { return start < 0 ? (uint32_t)-start : 0u; }

static uint32_t taps_until(int32_t start, uint32_t kernel, uint32_t size) {
    int32_t left = (int32_t)size - start;
    return left < 0 ? 0u : (uint32_t)left < kernel ? (uint32_t)left : kernel;
}

void snnrt_pool2d(const snnrt_pool_step *step) {
    const snnrt_window *pool = step->window;
    add_window *add = adder_of(step);
    uint32_t elements = step->channels * step->out_height * step->out_width;
    uint32_t to = 0;
#if SNNRT_WITH_POOL_BITS
    if (snnrt_pool_bits(step)) {
        return;
    }
#endif
#if SNNRT_WITH_KERNEL_TABLE
    if (step->input_dtype == SNNRT_TYPE_BITS && step->kernels->pool_spikes != NULL &&
        step->kernels->pool_spikes(step)) {
        return;
    }
    /* A loop for each width, over a pointer that no store can change, becomes vectors. */
    if (step->output_dtype == SNNRT_TYPE_INT16) {
        snnrt_int16 *out = (snnrt_int16 *)step->output;
        for (uint32_t i = 0; i < elements; i++) {
            out[i] = 0;
        }
    } else {
        snnrt_int32 *out = (snnrt_int32 *)step->output;
        for (uint32_t i = 0; i < elements; i++) {
            out[i] = 0;
        }
    }
#else
    for (uint32_t i = 0; i < elements; i++) {
        /* All bits 0 is 0.0 too. */
        if (step->output_dtype == SNNRT_TYPE_INT16) {
            ((snnrt_int16 *)step->output)[i] = 0;
        } else {
            ((snnrt_int32 *)step->output)[i] = 0;
        }
    }
#endif
#if SNNRT_WITH_INT8
    if (step->input_dtype == SNNRT_TYPE_BITS && step->output_dtype == SNNRT_TYPE_INT16 &&
        (pool->pad_top | pool->pad_bottom | pool->pad_left | pool->pad_right) == 0) {
        add_bits_rows(step);
        return;
    }
#endif
    for (uint32_t oy = 0; oy < step->out_height; oy++) {
        int32_t top = (int32_t)(oy * pool->stride_y) - pool->pad_top;
        uint32_t y_first = taps_before(top);
        uint32_t y_end = taps_until(top, pool->kernel_h, step->in_height);
        for (uint32_t ox = 0; ox < step->out_width; ox++, to += step->channels) {
            int32_t left = (int32_t)(ox * pool->stride_x) - pool->pad_left;
            uint32_t x_end = taps_until(left, pool->kernel_w, step->in_width);
            uint32_t x_first = taps_before(left);
            if (y_first < y_end && x_first < x_end) {
                uint32_t pixel =
                    (uint32_t)(top + (int32_t)y_first) * step->in_width + (uint32_t)(left + (int32_t)x_first);
                add(step, pixel * step->channels, x_end - x_first, y_end - y_first, to);
            }
        }
    }
#if SNNRT_WITH_FLOAT32
    if (step->average) {
        snnrt_float32 *out = (snnrt_float32 *)step->output;
        float size = (float)((uint32_t)pool->kernel_h * pool->kernel_w);
        for (uint32_t i = 0; i < elements; i++) {
            out[i] = out[i] / size;
        }
    }
#endif
}
#else
typedef int snnrt_pool2d_left_out;
#endif
