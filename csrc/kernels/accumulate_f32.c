#include "../snnrt_kernels.h"

#if SNNRT_WITH_FLOAT32
void snnrt_accumulate_f32(const snnrt_accumulation *sum) {
    snnrt_float32 *accumulator = (snnrt_float32 *)sum->accumulator;
    const snnrt_float32 *start = (const snnrt_float32 *)sum->start;
    const snnrt_float32 *weights = (const snnrt_float32 *)sum->weights;
    /* Copies: stores to the accumulator might alias the structure. */
    const uint32_t outputs = sum->outputs;
    const bool spikes = sum->spikes;
    if (start != accumulator) {
        for (uint32_t o = 0; o < outputs; o++) {
            accumulator[o] = start == NULL ? 0.0f : start[o];
        }
    }
    for (uint32_t s = 0; s < sum->slice_count; s++) {
        const snnrt_slice *slice = &sum->slices[s];
        for (uint32_t e = slice->first; e < slice->first + slice->count; e++) {
            uint32_t index = sum->events->position[e] + slice->shift;
            const snnrt_float32 *row = weights + (size_t)index * outputs;
            float value = sum->events->value.f32[e];
            if (spikes) {
                /* Without multiplications, which a processor may lack. */
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
typedef int snnrt_accumulate_f32_left_out;
#endif
