#include "../snnrt_float.h"
#include "../snnrt_kernels.h"

#if SNNRT_WITH_INT8
static int32_t integer_at(const snnrt_add_step *step, uint32_t index) {
    switch (step->input_dtype) {
    case SNNRT_DTYPE_BITS:
        return (int32_t)snnrt_bit((const uint32_t *)step->input, index);
    case SNNRT_DTYPE_INT16:
        return ((const int16_t *)step->input)[index];
    default:
        return ((const int32_t *)step->input)[index];
    }
}
#endif

#if SNNRT_WITH_FLOAT32
static float float_at(const snnrt_add_step *step, uint32_t index) {
    if (step->input_dtype == SNNRT_DTYPE_BITS) {
        return snnrt_bit((const uint32_t *)step->input, index) ? 1.0f : 0.0f;
    }
    return ((const float *)step->input)[index];
}
#endif

void snnrt_add(const snnrt_add_step *step) {
    for (uint32_t i = 0; i < step->elements; i++) {
        switch (step->output_dtype) {
#if SNNRT_WITH_INT8
        case SNNRT_DTYPE_INT16: {
            int16_t *out = (int16_t *)step->output + i;
            int32_t value = integer_at(step, i);
            *out = (int16_t)(step->first ? value : *out + value);
            break;
        }
        case SNNRT_DTYPE_INT32: {
            int32_t *out = (int32_t *)step->output + i;
            int32_t value = integer_at(step, i);
            *out = step->first ? value : snnrt_saturating_add(*out, value);
            break;
        }
#endif
#if SNNRT_WITH_FLOAT32
        case SNNRT_DTYPE_FLOAT32: {
            float *out = (float *)step->output + i;
            float value = float_at(step, i);
            *out = step->first ? value : *out + value;
            break;
        }
#endif
        default:
            break;
        }
    }
}
