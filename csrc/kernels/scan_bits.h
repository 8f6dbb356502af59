/* The scan of packed spikes, for either type of value. Internal. */
#ifndef SNNRT_SCAN_BITS_H
#define SNNRT_SCAN_BITS_H

#include "../snnrt_kernels.h"

/* `floats` is constant in each call. */
SNNRT_INLINE static inline uint32_t snnrt_scan_bits(const void *input, uint32_t first, uint32_t count,
                                                    uint32_t position, snnrt_events *events,
                                                    const bool floats) {
    const snnrt_uint32 *words = (const snnrt_uint32 *)input + (first >> 5);
    uint32_t filled = events->count;
    /* Both relative to `first`: where the word begins, and a spike. */
    uint32_t word = *words++ >> (first & 31u) << (first & 31u);
    uint32_t begin = 0u - (first & 31u);
    for (;;) {
        uint32_t spike;
        while (word == 0) {
            begin += 32u;
            if ((int32_t)(begin - count) >= 0) {
                goto end;
            }
            word = *words++;
        }
        spike = begin + snnrt_lowest_bit(word);
        if (spike >= count) {
            break;
        }
        if (filled == events->capacity) {
            count = spike;
            break;
        }
        events->position[filled] = position + spike;
        if (floats) {
            events->value.f32[filled] = 1.0f;
        } else {
            events->value.i16[filled] = 1;
        }
        filled++;
        word &= word - 1u;
    }
end:
    events->count = filled;
    return count;
}

#endif
