/* The scan of packed spikes, for either type of value. Internal. */
#ifndef SNNRT_SCAN_BITS_H
#define SNNRT_SCAN_BITS_H

#include "../snnrt_kernels.h"

#define SNNRT_DEFINE_SCAN_BITS(name, field, one)                                                   \
    uint32_t name(const void *input, uint32_t first, uint32_t count, uint32_t position,            \
                  snnrt_events *events) {                                                          \
        const uint32_t *words = (const uint32_t *)input;                                           \
        uint32_t done = 0;                                                                         \
        uint32_t filled = events->count;                                                           \
        while (done < count) {                                                                     \
            uint32_t index = first + done;                                                         \
            uint32_t here = 32u - (index & 31u);                                                   \
            uint32_t word = words[index >> 5] >> (index & 31u);                                    \
            if (here > count - done) {                                                             \
                here = count - done;                                                               \
                word &= (1u << here) - 1u;                                                         \
            }                                                                                      \
            while (word != 0) {                                                                    \
                uint32_t offset = snnrt_lowest_bit(word);                                          \
                if (filled == events->capacity) {                                                  \
                    events->count = filled;                                                        \
                    return done + offset;                                                          \
                }                                                                                  \
                events->position[filled] = position + done + offset;                               \
                events->value.field[filled] = one;                                                 \
                filled++;                                                                          \
                word &= word - 1u;                                                                 \
            }                                                                                      \
            done += here;                                                                          \
        }                                                                                          \
        events->count = filled;                                                                    \
        return count;                                                                              \
    }

#endif
