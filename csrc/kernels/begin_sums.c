/* Sums of a window before anything is added. */
#include "synapse.h"

#if SNNRT_WITH_BEGIN_SUMS

#if SNNRT_WITH_FAST_LOOPS
/* Eight sums; compilers would take one after another. */
static inline void copy_eight_sums(snnrt_int32 *to, const snnrt_int32 *from) {
#if defined(__GNUC__) && defined(__thumb2__)
    __asm__ volatile("ldm %[from], {r2-r6, r8-r10}\n\t"
                     "stm %[to], {r2-r6, r8-r10}"
                     :
                     : [from] "r"(from), [to] "r"(to)
                     : "r2", "r3", "r4", "r5", "r6", "r8", "r9", "r10", "memory");
#elif defined(__GNUC__) && defined(__thumb__)
    __asm__ volatile(".syntax unified\n\t"
                     "ldmia %[from]!, {r3-r6}\n\t"
                     "stmia %[to]!, {r3-r6}\n\t"
                     "ldmia %[from]!, {r3-r6}\n\t"
                     "stmia %[to]!, {r3-r6}"
                     : [from] "+l"(from), [to] "+l"(to)
                     :
                     : "r3", "r4", "r5", "r6", "memory");
#else
    const int32_t a = from[0], b = from[1], c = from[2], d = from[3];
    const int32_t e = from[4], f = from[5], g = from[6], h = from[7];
    to[0] = a;
    to[1] = b;
    to[2] = c;
    to[3] = d;
    to[4] = e;
    to[5] = f;
    to[6] = g;
    to[7] = h;
#endif
}
#endif

void snnrt_begin_sums(snnrt_int32 *to, const snnrt_int32 *from, uint32_t outputs) {
    uint32_t o = 0;
    if (from == NULL) {
        for (; o < outputs; o++) {
            to[o] = 0;
        }
    }
#if SNNRT_WITH_FAST_LOOPS
    for (; o + 8u <= outputs; o += 8u) {
        copy_eight_sums(to + o, from + o);
    }
#endif
    for (; o < outputs; o++) {
        to[o] = from[o];
    }
}
#else
typedef int snnrt_begin_sums_left_out;
#endif
