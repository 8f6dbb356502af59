#include "../snnrt_kernels.h"

#if SNNRT_WITH_INT8
void snnrt_accumulate_i8(int32_t *accumulator, const int8_t *weights, uint32_t outputs,
                         const snnrt_events *events) {
    for (uint32_t e = 0; e < events->count; e++) {
        const int8_t *row = weights + (size_t)events->row[e] * outputs;
        int32_t value = events->value.i16[e];
        if (value == 1) {
            for (uint32_t o = 0; o < outputs; o++) {
                accumulator[o] += row[o];
            }
        } else {
            for (uint32_t o = 0; o < outputs; o++) {
                accumulator[o] += row[o] * value;
            }
        }
    }
}
#else
typedef int snnrt_accumulate_i8_left_out;
#endif
