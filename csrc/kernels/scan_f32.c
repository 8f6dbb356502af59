#include "../snnrt_kernels.h"

#if SNNRT_WITH_FLOAT32
uint32_t snnrt_scan_f32(const void *input, uint32_t first, uint32_t count, uint32_t position,
                        snnrt_events *events) {
    const snnrt_float32 *values = (const snnrt_float32 *)input + first;
    uint32_t filled = events->count;
    uint32_t done;
    for (done = 0; done < count; done++) {
        /* Neither zero: the bits but for the sign, which a processor without floats compares itself. */
        if (((const snnrt_uint32 *)(const void *)values)[done] << 1 != 0) {
            if (filled == events->capacity) {
                break;
            }
            events->position[filled] = position + done;
            events->value.f32[filled] = values[done];
            filled++;
        }
    }
    events->count = filled;
    return done;
}
#else
typedef int snnrt_scan_f32_left_out;
#endif
