/* Sums of a window's few inputs in C; arm/ has them for instructions that multiply in lanes. */
#include "few_inputs.h"

#if SNNRT_WITH_INT8 && SNNRT_WITH_CONV2D && SNNRT_WITH_CONV_LISTS && SNNRT_WITH_FAST_LOOPS && \
    !SNNRT_WITH_ARM_MVE && !SNNRT_WITH_ARM_DSP

bool snnrt_few_begin(snnrt_few_sums *sums) { return sums->outputs % 4u == 0; }

void snnrt_few_add(const snnrt_few_sums *sums, snnrt_int32 *output) {
    const uint32_t outputs = sums->outputs;
    for (uint32_t o = 0; o < outputs; o += 4u) {
        const snnrt_int16 *value = (const snnrt_int16 *)sums->pairs, *const end = value + sums->inputs;
        const int8_t *row = sums->weights + o;
        int32_t a = 0, b = 0, c = 0, d = 0;
        if (sums->bias != NULL) {
            a = sums->bias[o];
            b = sums->bias[o + 1u];
            c = sums->bias[o + 2u];
            d = sums->bias[o + 3u];
        }
        do {
            const int32_t v = *value++;
            a += row[0] * v;
            b += row[1] * v;
            c += row[2] * v;
            d += row[3] * v;
            row += outputs;
        } while (value != end);
        output[o] = a;
        output[o + 1u] = b;
        output[o + 2u] = c;
        output[o + 3u] = d;
    }
}
#else
typedef int snnrt_few_inputs_left_out;
#endif
