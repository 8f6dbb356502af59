/* What every file of the core asks of its compiler, so that a build needs no flags. Internal. */
#ifndef SNNRT_COMPILER_H
#define SNNRT_COMPILER_H

#if defined(__FAST_MATH__)
#error "snnrt's float32 results are exact: build without -ffast-math"
#endif

/* One rounding an operation, as docs/ir.md demands. Buffers of the arena hold one type after another, which the rules
 * of aliasing know nothing of. Loops that fill memory stay loops: small, and a firmware may have no memset. */
#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#elif defined(__GNUC__)
#pragma GCC optimize("fp-contract=off", "no-strict-aliasing", "no-tree-loop-distribute-patterns")
#endif

/* For a function whose arguments are constant in each call, so that each call gets code of its own. */
#if defined(__GNUC__)
#define SNNRT_INLINE __attribute__((always_inline))
#else
#define SNNRT_INLINE
#endif

/* For a loop that keeps what it needs in registers only as a function of its own. */
#if defined(__GNUC__)
#define SNNRT_NOINLINE __attribute__((noinline))
#else
#define SNNRT_NOINLINE
#endif

#endif
