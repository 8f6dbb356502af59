/* Which channels of a window have a spike: 32 of them from each place of it, and together into the output. Small builds or
 * place by place. */
#include "../snnrt_kernels.h"

#if SNNRT_WITH_MAX_POOL2D && SNNRT_WITH_FAST_LOOPS

/* The places of a window that lie inside, along one axis. */
typedef struct snnrt_pool_places {
    uint32_t first, end;
} snnrt_pool_places;

static snnrt_pool_places pool_places_inside(uint32_t index, uint32_t stride, uint32_t padding,
                                            uint32_t kernel, uint32_t size) {
    const uint32_t start = index * stride, end = start + kernel;
    snnrt_pool_places places;
    places.first = start < padding ? 0u : start - padding;
    places.end = end < padding ? 0u : end - padding;
    places.end = places.end < size ? places.end : size;
    return places;
}

void snnrt_max_pool_bits(const snnrt_pool_step *step) {
    const snnrt_window *pool = step->window;
    const snnrt_uint32 *input = (const snnrt_uint32 *)step->input;
    snnrt_uint32 *output = (snnrt_uint32 *)step->output;
    const uint32_t channels = step->channels, row_bits = step->in_width * channels;
    uint32_t to = 0;
    for (uint32_t oy = 0; oy < step->out_height; oy++) {
        const snnrt_pool_places rows =
            pool_places_inside(oy, pool->stride_y, pool->pad_top, pool->kernel_h, step->in_height);
        for (uint32_t ox = 0; ox < step->out_width; ox++) {
            const snnrt_pool_places columns =
                pool_places_inside(ox, pool->stride_x, pool->pad_left, pool->kernel_w, step->in_width);
            const uint32_t first = rows.first * row_bits + columns.first * channels;
            for (uint32_t channel = 0; channel < channels; channel += 32u) {
                const uint32_t left = channels - channel, count = left < 32u ? left : 32u, bit = to & 31u;
                uint32_t word = 0, line = first + channel;
                for (uint32_t y = rows.first; y < rows.end; y++, line += row_bits) {
                    uint32_t at = line;
                    for (uint32_t x = columns.first; x < columns.end; x++, at += channels) {
                        word |= snnrt_bits_from(input, at, count);
                    }
                }
                word &= UINT32_MAX >> (32u - count);
                output[to >> 5] |= word << bit;
                if (bit + count > 32u) {
                    output[(to >> 5) + 1u] |= word >> (32u - bit);
                }
                to += count;
            }
        }
    }
}
#else
typedef int snnrt_max_pool_bits_left_out;
#endif
