/* Included by every file that computes in float. */
#ifndef SNNRT_FLOAT_H
#define SNNRT_FLOAT_H

#include <float.h>
#include <stdint.h>

#if defined(FLT_EVAL_METHOD) && FLT_EVAL_METHOD != 0 && FLT_EVAL_METHOD != 16
#error "snnrt needs float operations in float precision (on x86: -mfpmath=sse -msse2)"
#endif

/* a - b. Where a function of the compiler's library adds and another subtracts, a kilobyte each, the sum with the other
 * sign: the same number. */
static inline float snnrt_difference(float a, float b) {
#if (defined(__riscv) && !defined(__riscv_flen)) || (defined(__thumb__) && !defined(__thumb2__))
    union {
        float number;
        uint32_t bits;
    } other;
    other.number = b;
    other.bits ^= 0x80000000u;
    return a + other.number;
#else
    return a - b;
#endif
}

#endif
