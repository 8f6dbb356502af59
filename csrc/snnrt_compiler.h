/* What every file of the core asks of its compiler, so that a build needs no flags. Internal. */
#ifndef SNNRT_COMPILER_H
#define SNNRT_COMPILER_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__FAST_MATH__)
#error "snnrt's float32 results are exact: build without -ffast-math"
#endif
#if INT_MAX != 2147483647
#error \
    "snnrt needs an int of 32 bits: its integers are computed in int, and 8- and 16-bit processors have a shorter one"
#endif
#if UINTPTR_MAX < 0xFFFFFFFF
#error "snnrt needs pointers of 32 bits or more: the offsets of a model and its arena are that long"
#endif

/* Models and arenas are declared as arrays of uint64_t: where those lie anywhere, words would too. An array whose size
 * is negative where this does not hold. */
typedef struct snnrt_word_behind_byte {
    uint8_t byte;
    uint64_t word;
} snnrt_word_behind_byte;
typedef char snnrt_uint64_is_aligned[offsetof(snnrt_word_behind_byte, word) % 4u == 0 ? 1 : -1];

/* Elements of buffers that hold one type after another: the arena's, scratch, a model's. */
#if defined(__GNUC__)
#define SNNRT_MAY_ALIAS __attribute__((may_alias))
#else
#define SNNRT_MAY_ALIAS
#endif
typedef int16_t SNNRT_MAY_ALIAS snnrt_int16;
typedef uint16_t SNNRT_MAY_ALIAS snnrt_uint16;
typedef int32_t SNNRT_MAY_ALIAS snnrt_int32;
typedef uint32_t SNNRT_MAY_ALIAS snnrt_uint32;
typedef float SNNRT_MAY_ALIAS snnrt_float32;

/* One rounding an operation, as docs/ir.md demands. Without the rules of aliasing GCC's smallest builds are smaller; no
 * result depends on it. Loops that fill memory stay loops: small, and a firmware may have no memset. */
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

/* Whether the processor multiplies 32 by 32 bits to 64 in an instruction. */
#if defined(__thumb__) && !defined(__thumb2__)
#define SNNRT_LONG_PRODUCTS 0
#else
#define SNNRT_LONG_PRODUCTS 1
#endif

/* Before the declaration of what one file of the core has for others. `static` where all are one file: what has one
 * caller goes into it, what has none is left out, and no name meets one of the program's. */
#ifndef SNNRT_INTERNAL
#define SNNRT_INTERNAL
#endif

#endif
