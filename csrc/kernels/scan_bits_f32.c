#include "scan_bits.h"

#if SNNRT_WITH_FLOAT32
uint32_t snnrt_scan_bits_f32(const void *input, uint32_t first, uint32_t count, uint32_t position,
                             snnrt_events *events) {
    return snnrt_scan_bits(input, first, count, position, events, true);
}
#else
typedef int snnrt_scan_bits_f32_left_out;
#endif
