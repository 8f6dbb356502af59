/* Sum and average pooling, input by input: each element is added to the windows that hold it, in an
 * order that gives every window its elements in ascending (kernel_y, kernel_x). */
#include <string.h>

#include "../snnrt_float.h"
#include "../snnrt_kernels.h"

#if SNNRT_WITH_POOL2D

/* Output positions [first, end) whose windows hold an input coordinate. */
typedef struct snnrt_windows {
    uint32_t first, end;
} snnrt_windows;

static snnrt_windows windows_holding(uint32_t padded, uint32_t kernel, uint32_t stride,
                                     uint32_t size) {
    snnrt_windows windows;
    windows.first = padded < kernel ? 0u : (padded - kernel) / stride + 1u;
    windows.end = padded / stride + 1u;
    if (windows.end > size) {
        windows.end = size;
    }
    return windows;
}

static void add_pixel(const snnrt_pool_step *step, uint32_t from, uint32_t to) {
    uint32_t channels = step->channels;
    switch (step->output_dtype) {
#if SNNRT_WITH_INT8
    case SNNRT_DTYPE_INT16: {
        int16_t *out = (int16_t *)step->output + to;
        if (step->input_dtype == SNNRT_DTYPE_BITS) {
            const uint32_t *words = (const uint32_t *)step->input;
            uint32_t c = 0;
            while (c < channels) {
                uint32_t shift = (from + c) & 31u;
                uint32_t word = words[(from + c) >> 5] >> shift;
                uint32_t here = 32u - shift;
                if (here > channels - c) {
                    here = channels - c;
                    word &= (1u << here) - 1u;
                }
                for (; word != 0; word &= word - 1u) {
                    out[c + snnrt_lowest_bit(word)]++;
                }
                c += here;
            }
        } else {
            const int16_t *in = (const int16_t *)step->input + from;
            for (uint32_t c = 0; c < channels; c++) {
                out[c] = (int16_t)(out[c] + in[c]);
            }
        }
        break;
    }
    case SNNRT_DTYPE_INT32: {
        int32_t *out = (int32_t *)step->output + to;
        const int32_t *in = (const int32_t *)step->input + from;
        for (uint32_t c = 0; c < channels; c++) {
            out[c] = snnrt_saturating_add(out[c], in[c]);
        }
        break;
    }
#endif
#if SNNRT_WITH_FLOAT32
    case SNNRT_DTYPE_FLOAT32: {
        float *out = (float *)step->output + to;
        if (step->input_dtype == SNNRT_DTYPE_BITS) {
            const uint32_t *words = (const uint32_t *)step->input;
            for (uint32_t c = 0; c < channels; c++) {
                out[c] += snnrt_bit(words, from + c) ? 1.0f : 0.0f;
            }
        } else {
            const float *in = (const float *)step->input + from;
            for (uint32_t c = 0; c < channels; c++) {
                out[c] += in[c];
            }
        }
        break;
    }
#endif
    default:
        break;
    }
}

void snnrt_pool2d(const snnrt_pool_step *step) {
    const snnrt_synapse_parameters *pool = step->parameters;
    uint32_t elements = step->channels * step->out_height * step->out_width;
    memset(step->output, 0,
           (size_t)elements * (step->output_dtype == SNNRT_DTYPE_INT16 ? 2u : 4u));
    for (uint32_t y = 0; y < step->in_height; y++) {
        snnrt_windows rows =
            windows_holding(y + pool->pad_top, pool->kernel_h, pool->stride_y, step->out_height);
        for (uint32_t x = 0; x < step->in_width; x++) {
            snnrt_windows columns = windows_holding(x + pool->pad_left, pool->kernel_w,
                                                    pool->stride_x, step->out_width);
            uint32_t from = (y * step->in_width + x) * step->channels;
            for (uint32_t oy = rows.first; oy < rows.end; oy++) {
                for (uint32_t ox = columns.first; ox < columns.end; ox++) {
                    add_pixel(step, from, (oy * step->out_width + ox) * step->channels);
                }
            }
        }
    }
#if SNNRT_WITH_FLOAT32
    if (step->average) {
        float *out = (float *)step->output;
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
