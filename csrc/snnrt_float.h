/* Included by every file that computes in float: one rounding an operation, as docs/ir.md demands. */
#ifndef SNNRT_FLOAT_H
#define SNNRT_FLOAT_H

#include <float.h>

#if defined(FLT_EVAL_METHOD) && FLT_EVAL_METHOD != 0 && FLT_EVAL_METHOD != 16
#error "snnrt needs float operations in float precision (on x86: -mfpmath=sse -msse2)"
#endif
#if defined(__FAST_MATH__)
#error "snnrt's float32 results are exact: build without -ffast-math"
#endif

#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#elif defined(__GNUC__)
#pragma GCC optimize("fp-contract=off")
#endif

#endif
