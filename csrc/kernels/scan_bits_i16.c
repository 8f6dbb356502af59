#include "scan_bits.h"

#if SNNRT_WITH_INT8
uint32_t snnrt_scan_bits_i16(const void *input, uint32_t first, uint32_t count, uint32_t position,
                             snnrt_events *events) {
    return snnrt_scan_bits(input, first, count, position, events, false);
}
#else
typedef int snnrt_scan_bits_i16_left_out;
#endif
