#include "../snnrt_kernels.h"

#if SNNRT_WITH_INT8
uint32_t snnrt_scan_i16(const void *input, uint32_t first, uint32_t count, uint32_t position,
                        snnrt_events *events) {
    const snnrt_int16 *values = (const snnrt_int16 *)input + first;
    uint32_t filled = events->count;
    uint32_t done;
    for (done = 0; done < count; done++) {
        int16_t value;
#if SNNRT_WITH_FAST_LOOPS && SNNRT_WITH_ARM_MVE
        /* Most are silent: four at a time. */
        if (((uintptr_t)(values + done) & 7u) == 0) {
            const snnrt_uint32 *words = (const snnrt_uint32 *)(const void *)(values + done);
            const snnrt_uint32 *const begin = words, *const end = begin + (count - done) / 4u * 2u;
            while (words != end && (words[0] | words[1]) == 0) {
                words += 2;
            }
            done += 2u * (uint32_t)(words - begin);
            if (done == count) {
                break;
            }
        }
#endif
        value = values[done];
        if (value != 0) {
            if (filled == events->capacity) {
                break;
            }
            events->position[filled] = position + done;
            events->value.i16[filled] = value;
            filled++;
        }
    }
    events->count = filled;
    return done;
}
#else
typedef int snnrt_scan_i16_left_out;
#endif
