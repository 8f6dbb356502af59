#include <string.h>

#include "../snnrt_kernels.h"

#if SNNRT_WITH_INT8
void snnrt_accumulate_i8(const snnrt_accumulation *sum) {
    int32_t *accumulator = (int32_t *)sum->accumulator;
    const int8_t *weights = (const int8_t *)sum->weights;
    /* A copy: stores to the accumulator might alias the structure. */
    const uint32_t outputs = sum->outputs;
    if (sum->start == NULL) {
        memset(accumulator, 0, (size_t)outputs * sizeof *accumulator);
    } else if (sum->start != sum->accumulator) {
        memcpy(accumulator, sum->start, (size_t)outputs * sizeof *accumulator);
    }
    for (uint32_t s = 0; s < sum->slice_count; s++) {
        const snnrt_slice *slice = &sum->slices[s];
        for (uint32_t e = slice->first; e < slice->first + slice->count; e++) {
            uint32_t index = sum->events->position[e] + slice->shift;
            const int8_t *row = weights + (size_t)index * outputs;
            int32_t value = sum->events->value.i16[e];
            if (value == 1) {
                for (uint32_t o = 0; o < outputs; o++) {
                    accumulator[o] += row[o];
                }
                continue;
            }
            for (uint32_t o = 0; o < outputs; o++) {
                accumulator[o] += row[o] * value;
            }
        }
    }
}
#else
typedef int snnrt_accumulate_i8_left_out;
#endif
