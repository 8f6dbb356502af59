#include "scan_bits.h"

#if SNNRT_WITH_FLOAT32
SNNRT_DEFINE_SCAN_BITS(snnrt_scan_bits_f32, f32, 1.0f)
#else
typedef int snnrt_scan_bits_f32_left_out;
#endif
