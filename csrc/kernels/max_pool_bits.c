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

/* Words that are put together of runs of bits. */
typedef struct snnrt_joined_words {
    snnrt_uint32 *next;
    uint32_t word, bits;
} snnrt_joined_words;

/* `word` has no bit behind the `count`, 1 to 32. */
static inline void join_bits(snnrt_joined_words *to, uint32_t word, uint32_t count) {
    to->word |= word << to->bits;
    to->bits += count;
    if (to->bits >= 32u) {
        *to->next++ = to->word;
        to->bits -= 32u;
        to->word = to->bits == 0 ? 0u : word >> (count - to->bits);
    }
}

/* 2 x 2 neighbours, all inside; of so few channels that two of them are a word. */
static void max_pool_quads(const snnrt_pool_step *step) {
    const snnrt_window *pool = step->window;
    const snnrt_uint32 *input = (const snnrt_uint32 *)step->input;
    const uint32_t channels = step->channels, row_bits = step->in_width * channels;
    const uint32_t mask = UINT32_MAX >> (32u - channels), distance = pool->stride_x * channels;
    snnrt_joined_words to = {(snnrt_uint32 *)step->output, 0, 0};
    for (uint32_t oy = 0; oy < step->out_height; oy++) {
        uint32_t at = oy * pool->stride_y * row_bits;
        for (uint32_t left = step->out_width; left != 0; left--, at += distance) {
            const uint32_t word = snnrt_bits_from(input, at, 2u * channels) |
                                  snnrt_bits_from(input, at + row_bits, 2u * channels);
            join_bits(&to, (word | word >> channels) & mask, channels);
        }
    }
    if (to.bits != 0) {
        *to.next = to.word;
    }
}

void snnrt_max_pool_bits(const snnrt_pool_step *step) {
    const snnrt_window *pool = step->window;
    const snnrt_uint32 *input = (const snnrt_uint32 *)step->input;
    const uint32_t channels = step->channels, row_bits = step->in_width * channels;
    snnrt_joined_words to = {(snnrt_uint32 *)step->output, 0, 0};
    if (pool->kernel_h == 2 && pool->kernel_w == 2 && channels <= 16u &&
        (pool->pad_top | pool->pad_bottom | pool->pad_left | pool->pad_right) == 0) {
        max_pool_quads(step);
        return;
    }
    for (uint32_t oy = 0; oy < step->out_height; oy++) {
        const snnrt_pool_places rows =
            pool_places_inside(oy, pool->stride_y, pool->pad_top, pool->kernel_h, step->in_height);
        for (uint32_t ox = 0; ox < step->out_width; ox++) {
            const snnrt_pool_places columns =
                pool_places_inside(ox, pool->stride_x, pool->pad_left, pool->kernel_w, step->in_width);
            const uint32_t first = rows.first * row_bits + columns.first * channels;
            for (uint32_t channel = 0; channel < channels; channel += 32u) {
                const uint32_t left = channels - channel, count = left < 32u ? left : 32u;
                uint32_t word = 0, line = first + channel;
                for (uint32_t y = rows.first; y < rows.end; y++, line += row_bits) {
                    uint32_t at = line;
                    for (uint32_t x = columns.first; x < columns.end; x++, at += channels) {
                        word |= snnrt_bits_from(input, at, count);
                    }
                }
                join_bits(&to, word & UINT32_MAX >> (32u - count), count);
            }
        }
    }
    if (to.bits != 0) {
        *to.next = to.word;
    }
}
#else
typedef int snnrt_max_pool_bits_left_out;
#endif
