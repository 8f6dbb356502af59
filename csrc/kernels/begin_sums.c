/* Sums of a window before anything is added. */
#include "synapse.h"

#if SNNRT_WITH_BEGIN_SUMS

#if SNNRT_WITH_FAST_LOOPS
/* As much as instructions load at once. */
typedef struct snnrt_four_sums {
    int32_t sum[4];
} SNNRT_MAY_ALIAS snnrt_four_sums;
#endif

void snnrt_begin_sums(snnrt_int32 *to, const snnrt_int32 *from, uint32_t outputs) {
    if (from == NULL) {
        for (; outputs != 0; outputs--) {
            *to++ = 0;
        }
        return;
    }
#if SNNRT_WITH_FAST_LOOPS
    for (; outputs >= 8u; outputs -= 8u) {
        const snnrt_four_sums *const four = (const snnrt_four_sums *)(const void *)from;
        snnrt_four_sums *const fours = (snnrt_four_sums *)(void *)to;
        fours[0] = four[0];
        fours[1] = four[1];
        from += 8;
        to += 8;
    }
#endif
    for (; outputs != 0; outputs--) {
        *to++ = *from++;
    }
}
#else
typedef int snnrt_begin_sums_left_out;
#endif
