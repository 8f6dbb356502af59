/* Sums of a window's few inputs with the vectors of Cortex-M55 (Helium). */
#include "../few_inputs.h"

#if SNNRT_WITH_INT8 && SNNRT_WITH_CONV2D && SNNRT_WITH_CONV_LISTS && SNNRT_WITH_FAST_LOOPS && \
    SNNRT_WITH_ARM_MVE
#include <arm_mve.h>

bool snnrt_few_begin(snnrt_few_sums *sums) { return sums->outputs % 8u == 0; }

/* 16 outputs, or the last 8, whose other half is neither read nor written. */
SNNRT_INLINE static inline void helium_add_few(const snnrt_few_sums *sums, snnrt_int32 *output, uint32_t o,
                                               const bool all) {
    const snnrt_int16 *value = (const snnrt_int16 *)sums->pairs;
    const int8_t *row = sums->weights + o;
    int32x4_t a = vdupq_n_s32(0), b = a, c = a, d = a;
    if (sums->bias != NULL) {
        a = vldrwq_s32(sums->bias + o);
        b = vldrwq_s32(sums->bias + o + 4u);
        c = all ? vldrwq_s32(sums->bias + o + 8u) : c;
        d = all ? vldrwq_s32(sums->bias + o + 12u) : d;
    }
    for (uint32_t left = sums->inputs; left != 0; left--) {
        const int32_t v = *value++;
        a = vmlaq_n_s32(a, vldrbq_s32(row), v);
        b = vmlaq_n_s32(b, vldrbq_s32(row + 4), v);
        c = all ? vmlaq_n_s32(c, vldrbq_s32(row + 8), v) : c;
        d = all ? vmlaq_n_s32(d, vldrbq_s32(row + 12), v) : d;
        row += sums->outputs;
    }
    vstrwq_s32(output + o, a);
    vstrwq_s32(output + o + 4u, b);
    if (all) {
        vstrwq_s32(output + o + 8u, c);
        vstrwq_s32(output + o + 12u, d);
    }
}

void snnrt_few_add(const snnrt_few_sums *sums, snnrt_int32 *output) {
    uint32_t o = 0;
    for (; o + 16u <= sums->outputs; o += 16u) {
        helium_add_few(sums, output, o, true);
    }
    if (o != sums->outputs) {
        helium_add_few(sums, output, o, false);
    }
}
#else
typedef int snnrt_few_inputs_helium_left_out;
#endif
