/* Sums of spikes with the vectors of Cortex-M55 (Helium), in place of ../pool_bits.c: the spikes of 16 channels of a pixel
 * are the predicate under which 1 is added to their sums. */
#include "../../snnrt_kernels.h"

#if SNNRT_WITH_INT8 && SNNRT_WITH_POOL2D && SNNRT_WITH_POOL_BITS && SNNRT_WITH_ARM_MVE
#include <arm_mve.h>

/* Sums are bytes. */
#define SNNRT_POOL_TAPS_MAX 255u
#define SNNRT_POOL_CHANNELS 16u

/* Where the pixels of a window begin, in bits or, where those are whole bytes, in bytes. */
typedef struct snnrt_pool_pixels {
    const snnrt_uint32 *words;
    uint32_t first, next, next_row; /* from one to the next */
    uint32_t rows, columns;
} snnrt_pool_pixels;

SNNRT_INLINE static inline uint8x16_t add_pooled_spikes(uint8x16_t sums, mve_pred16_t spikes) {
    return vaddq_m_n_u8(sums, sums, 1, spikes);
}

/* Of `channels` channels, 16 at most; those behind are anything. */
SNNRT_INLINE static inline uint8x16_t sum_spikes(const snnrt_pool_pixels *p, uint32_t channels,
                                                 const bool bytes) {
    uint8x16_t sums = vdupq_n_u8(0);
    uint32_t row = p->first;
    for (uint32_t rows = p->rows; rows != 0; rows--, row += p->next_row) {
        uint32_t at = row;
        for (uint32_t columns = p->columns; columns != 0; columns--, at += p->next) {
            const uint8_t *byte = (const uint8_t *)p->words + at;
            sums = add_pooled_spikes(sums, (mve_pred16_t)(!bytes ? snnrt_bits_from(p->words, at, channels)
                                                          : channels > 8u
                                                              ? *(const snnrt_uint16 *)(const void *)byte
                                                              : *byte));
        }
    }
    return sums;
}

SNNRT_INLINE static inline void store_sums(snnrt_int16 *output, uint8x16_t sums, uint32_t channels) {
    if (channels == SNNRT_POOL_CHANNELS) {
        __asm__ volatile("vmovlb.u8 q0, %q[sums]\n\t"
                         "vmovlt.u8 q1, %q[sums]\n\t"
                         "vst20.16 {q0, q1}, [%[output]]\n\t"
                         "vst21.16 {q0, q1}, [%[output]]"
                         :
                         : [output] "r"(output), [sums] "w"(sums)
                         : "q0", "q1", "memory");
    } else {
        uint8_t bytes[SNNRT_POOL_CHANNELS];
        vstrbq_u8(bytes, sums);
        for (uint32_t k = 0; k < channels; k += 8u) {
            vstrhq_p_u16((snnrt_uint16 *)output + k, vldrbq_u16(bytes + k), vctp16q(channels - k));
        }
    }
}

SNNRT_INLINE static inline void pool_spikes(const snnrt_pool_step *step, const bool bytes) {
    const snnrt_window *pool = step->window;
    const uint32_t pixel = bytes ? step->channels / 8u : step->channels, row = step->in_width * pixel;
    snnrt_pool_pixels p = {(const snnrt_uint32 *)step->input, 0, pixel, row, pool->kernel_h, pool->kernel_w};
    snnrt_int16 *output = (snnrt_int16 *)step->output;
    for (uint32_t oy = 0; oy < step->out_height; oy++) {
        uint32_t first = oy * pool->stride_y * row;
        for (uint32_t ox = 0; ox < step->out_width; ox++, first += pool->stride_x * pixel) {
            for (uint32_t channel = 0; channel < step->channels; channel += SNNRT_POOL_CHANNELS) {
                const uint32_t left = step->channels - channel,
                               channels = left < SNNRT_POOL_CHANNELS ? left : SNNRT_POOL_CHANNELS;
                p.first = first + (bytes ? channel / 8u : channel);
                store_sums(output, sum_spikes(&p, channels, bytes), channels);
                output += channels;
            }
        }
    }
}

#define SNNRT_ADD_PIXEL(pixel) \
    "vmsr p0, %[" pixel "]\n\t" \
    "vpst\n\t" \
    "vaddt.i8 %q[sums], %q[sums], %[one]\n\t"
#define SNNRT_ADD_PIXELS(row) \
    "ldrh %[left], [%[" row "]]\n\t" \
    "ldrh %[right], [%[" row "], %[next]]\n\t" \
    "add %[" row "], %[" row "], %[stride]\n\t" SNNRT_ADD_PIXEL("left") SNNRT_ADD_PIXEL("right")

/* Windows of 2 × 2 pixels, whose channels fill vectors. */
SNNRT_NOINLINE static void pool_fours(const snnrt_pool_step *step) {
    const uint32_t pixel = step->channels / 8u, row = step->in_width * pixel;
    for (uint32_t oy = 0; oy < step->out_height; oy++) {
        for (uint32_t channel = 0; channel < step->channels; channel += SNNRT_POOL_CHANNELS) {
            const uint8_t *top =
                (const uint8_t *)step->input + oy * step->window->stride_y * row + channel / 8u;
            const uint8_t *bottom = top + row;
            snnrt_int16 *output =
                (snnrt_int16 *)step->output + oy * step->out_width * step->channels + channel;
            uint32_t left, right;
            uint8x16_t sums;
            __asm__ volatile("dls lr, %[windows]\n"
                             "1:\n\t"
                             "vmov.i32 %q[sums], #0\n\t" SNNRT_ADD_PIXELS("top") SNNRT_ADD_PIXELS(
                                 "bottom") "vmovlb.u8 q0, %q[sums]\n\t"
                                           "vmovlt.u8 q1, %q[sums]\n\t"
                                           "vst20.16 {q0, q1}, [%[output]]\n\t"
                                           "vst21.16 {q0, q1}, [%[output]]\n\t"
                                           "add %[output], %[output], %[channels], lsl #1\n\t"
                                           "le lr, 1b"
                             : [top] "+&r"(top), [bottom] "+&r"(bottom), [output] "+&r"(output),
                               [left] "=&r"(left), [right] "=&r"(right), [sums] "=&w"(sums)
                             : [windows] "r"(step->out_width), [next] "r"(pixel), [one] "r"(1),
                               [stride] "r"(step->window->stride_x * pixel), [channels] "r"(step->channels)
                             : "lr", "q0", "q1", "p0", "cc", "memory");
        }
    }
}

bool snnrt_pool_bits(const snnrt_pool_step *step) {
    const snnrt_window *pool = step->window;
    if (step->input_dtype != SNNRT_TYPE_BITS || step->output_dtype != SNNRT_TYPE_INT16 ||
        (uint32_t)pool->kernel_h * pool->kernel_w > SNNRT_POOL_TAPS_MAX ||
        (pool->pad_top | pool->pad_bottom | pool->pad_left | pool->pad_right) != 0) {
        return false;
    }
    if (pool->kernel_h == 2u && pool->kernel_w == 2u && step->channels % SNNRT_POOL_CHANNELS == 0) {
        pool_fours(step);
    } else if (step->channels % 8u == 0) {
        pool_spikes(step, true);
    } else {
        pool_spikes(step, false);
    }
    return true;
}
#else
typedef int snnrt_pool_bits_helium_left_out;
#endif
