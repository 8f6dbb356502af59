#include <string.h>

#include "../snnrt_float.h"
#include "../snnrt_kernels.h"

#if SNNRT_WITH_FLOAT32
void snnrt_accumulate_f32(const snnrt_accumulation *sum) {
    float *accumulator = (float *)sum->accumulator;
    const float *weights = (const float *)sum->weights;
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
            const float *row = weights + (size_t)index * outputs;
            float value = sum->events->value.f32[e];
            for (uint32_t o = 0; o < outputs; o++) {
                accumulator[o] += row[o] * value;
            }
        }
    }
}
#else
typedef int snnrt_accumulate_f32_left_out;
#endif
