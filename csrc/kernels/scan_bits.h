/* The scan of packed spikes, for either type of value. Internal. */
#ifndef SNNRT_SCAN_BITS_H
#define SNNRT_SCAN_BITS_H

#include "../snnrt_kernels.h"

#define SNNRT_DEFINE_SCAN_BITS(name, field, one)                                                   \
    uint32_t name(const void *input, uint32_t first, uint32_t count, uint32_t position,            \
                  snnrt_events *events) {                                                          \
        const uint32_t *words = (const uint32_t *)input + (first >> 5);                            \
        uint32_t filled = events->count;                                                           \
        /* Both relative to `first`: where the word begins, and a spike. */                        \
        uint32_t word = *words++ >> (first & 31u) << (first & 31u);                                                   \
        uint32_t begin = 0u - (first & 31u);                                                       \
        for (;;) {                                                                                 \
            uint32_t spike;                                                                        \
            while (word == 0) {                                                                    \
                begin += 32u;                                                                      \
                if ((int32_t)(begin - count) >= 0) {                                               \
                    goto end;                                                                      \
                }                                                                                  \
                word = *words++;                                                                   \
            }                                                                                      \
            spike = begin + snnrt_lowest_bit(word);                                                \
            if (spike >= count) {                                                                  \
                break;                                                                             \
            }                                                                                      \
            if (filled == events->capacity) {                                                      \
                count = spike;                                                                     \
                break;                                                                             \
            }                                                                                      \
            events->position[filled] = position + spike;                                           \
            events->value.field[filled] = one;                                                     \
            filled++;                                                                              \
            word &= word - 1u;                                                                     \
        }                                                                                          \
    end:                                                                                           \
        events->count = filled;                                                                    \
        return count;                                                                              \
    }

#endif
