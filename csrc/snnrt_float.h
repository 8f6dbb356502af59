/* Included by every file that computes in float. */
#ifndef SNNRT_FLOAT_H
#define SNNRT_FLOAT_H

#include <float.h>

#if defined(FLT_EVAL_METHOD) && FLT_EVAL_METHOD != 0 && FLT_EVAL_METHOD != 16
#error "snnrt needs float operations in float precision (on x86: -mfpmath=sse -msse2)"
#endif

#endif
