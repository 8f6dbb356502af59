/* Sums of spikes over 2 × 2 neighbours, as bits: a carry is a bit of its own, and each sum is spread from three words once.
 * In place of single additions where kernels are called directly. */
#include "../snnrt_kernels.h"

#if SNNRT_WITH_INT8 && SNNRT_WITH_POOL2D && SNNRT_WITH_POOL_BITS && !SNNRT_WITH_ARM_MVE

/* The sums' bits, lowest first. */
typedef struct snnrt_bit_sums {
    uint32_t one, two, four;
} snnrt_bit_sums;

/* Four bits, the lowest of a byte each: bytes 0, 2, 1 and 3, so that bytes 0 and 2 are the first pair of outputs. */
static inline uint32_t four_bytes(uint32_t bits) { return ((bits & 15u) * 0x00208041u) & 0x01010101u; }

static snnrt_int16 *spread_sums(snnrt_int16 *output, snnrt_bit_sums sums, uint32_t count) {
    for (uint32_t left = count / 4u; left != 0; left--) {
        snnrt_uint32 *pair = (snnrt_uint32 *)(void *)output;
        const uint32_t four = four_bytes(sums.one) + 2u * (four_bytes(sums.two) + 2u * four_bytes(sums.four));
        pair[0] = four & 0x00FF00FFu;
        pair[1] = four >> 8 & 0x00FF00FFu;
        output += 4;
        sums.one >>= 4;
        sums.two >>= 4;
        sums.four >>= 4;
    }
    return output;
}

bool snnrt_pool_bits(const snnrt_pool_step *step) {
    const snnrt_window *pool = step->window;
    const snnrt_uint32 *words = (const snnrt_uint32 *)step->input;
    const uint32_t channels = step->channels, row_bits = step->in_width * channels;
    snnrt_int16 *output = (snnrt_int16 *)step->output;
    if (step->input_dtype != SNNRT_TYPE_BITS || step->output_dtype != SNNRT_TYPE_INT16 ||
        pool->kernel_h != 2 || pool->kernel_w != 2 || channels % 4u != 0 ||
        (pool->pad_top | pool->pad_bottom | pool->pad_left | pool->pad_right) != 0) {
        return false;
    }
    for (uint32_t oy = 0; oy < step->out_height; oy++) {
        uint32_t first = oy * pool->stride_y * row_bits;
        for (uint32_t ox = 0; ox < step->out_width; ox++, first += pool->stride_x * channels) {
            for (uint32_t channel = 0; channel < channels; channel += 32u) {
                const uint32_t left = channels - channel, count = left < 32u ? left : 32u;
                const uint32_t at = first + channel;
                snnrt_bit_sums sums;
                uint32_t a, b, c, d, top, top_carry, bottom, bottom_carry;
                if (channels <= 16u) {
                    /* Both neighbours at once; bits behind the sums are anything. */
                    a = snnrt_bits_from(words, at, 2u * channels);
                    c = snnrt_bits_from(words, at + row_bits, 2u * channels);
                    b = a >> channels;
                    d = c >> channels;
                } else {
                    a = snnrt_bits_from(words, at, count);
                    b = snnrt_bits_from(words, at + channels, count);
                    c = snnrt_bits_from(words, at + row_bits, count);
                    d = snnrt_bits_from(words, at + row_bits + channels, count);
                }
                top = a ^ b;
                top_carry = a & b;
                bottom = c ^ d;
                bottom_carry = c & d;
                sums.one = top ^ bottom;
                sums.two = (top & bottom) | (top_carry ^ bottom_carry);
                sums.four = top_carry & bottom_carry;
                output = spread_sums(output, sums, count);
            }
        }
    }
    return true;
}
#else
typedef int snnrt_pool_bits_left_out;
#endif
