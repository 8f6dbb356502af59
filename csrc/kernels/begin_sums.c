/* Sums of a window before anything is added. */
#include "synapse.h"

#if SNNRT_WITH_BEGIN_SUMS

void snnrt_begin_sums(snnrt_int32 *to, const snnrt_int32 *from, uint32_t outputs) {
    uint32_t o = 0;
    if (from == NULL) {
        for (; o < outputs; o++) {
            to[o] = 0;
        }
    }
#if SNNRT_WITH_FAST_LOOPS
    for (; o + 8u <= outputs; o += 8u) {
        const int32_t a = from[o], b = from[o + 1u], c = from[o + 2u], d = from[o + 3u];
        const int32_t e = from[o + 4u], f = from[o + 5u], g = from[o + 6u], h = from[o + 7u];
        to[o] = a;
        to[o + 1u] = b;
        to[o + 2u] = c;
        to[o + 3u] = d;
        to[o + 4u] = e;
        to[o + 5u] = f;
        to[o + 6u] = g;
        to[o + 7u] = h;
    }
#endif
    for (; o < outputs; o++) {
        to[o] = from[o];
    }
}
#else
typedef int snnrt_begin_sums_left_out;
#endif
