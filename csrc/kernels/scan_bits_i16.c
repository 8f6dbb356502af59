#include "scan_bits.h"

#if SNNRT_WITH_INT8
SNNRT_DEFINE_SCAN_BITS(snnrt_scan_bits_i16, i16, 1)
#else
typedef int snnrt_scan_bits_i16_left_out;
#endif
