#include "../snnrt_float.h"
#include "../snnrt_kernels.h"

#if SNNRT_WITH_FLOAT32
void snnrt_accumulate_f32(float *accumulator, const float *weights, uint32_t outputs,
                          const snnrt_events *events) {
    for (uint32_t e = 0; e < events->count; e++) {
        const float *row = weights + (size_t)events->row[e] * outputs;
        float value = events->value.f32[e];
        for (uint32_t o = 0; o < outputs; o++) {
            accumulator[o] += row[o] * value;
        }
    }
}
#else
typedef int snnrt_accumulate_f32_left_out;
#endif
