#include "../snnrt_kernels.h"

#if SNNRT_WITH_INT8
static int32_t integer_at(const snnrt_add_step *step, uint32_t index) {
    if (step->input_dtype == SNNRT_TYPE_INT32) {
        return ((const snnrt_int32 *)step->input)[index];
    }
    if (step->input_dtype == SNNRT_TYPE_INT16) {
        return ((const snnrt_int16 *)step->input)[index];
    }
    return (int32_t)snnrt_bit((const snnrt_uint32 *)step->input, index);
}

static void add_integers(const snnrt_add_step *step) {
    for (uint32_t i = 0; i < step->elements; i++) {
        int32_t value = integer_at(step, i);
#if SNNRT_WITH_ADD
        if (step->output_dtype == SNNRT_TYPE_INT16) {
            snnrt_int16 *out = (snnrt_int16 *)step->output + i;
            *out = (int16_t)(step->first ? value : *out + value);
            continue;
        }
#endif
        {
            snnrt_int32 *out = (snnrt_int32 *)step->output + i;
            *out = SNNRT_WITH_ADD && step->first ? value : snnrt_saturating_add(*out, value);
        }
    }
}
#endif

#if SNNRT_WITH_FLOAT32
static void add_floats(const snnrt_add_step *step) {
    snnrt_float32 *out = (snnrt_float32 *)step->output;
    for (uint32_t i = 0; i < step->elements; i++) {
        float value = 1.0f;
        if (step->input_dtype != SNNRT_TYPE_BITS) {
            value = ((const snnrt_float32 *)step->input)[i];
        } else if (!snnrt_bit((const snnrt_uint32 *)step->input, i)) {
            value = 0.0f;
        }
        out[i] = step->first ? value : out[i] + value;
    }
}
#endif

void snnrt_add(const snnrt_add_step *step) {
#if SNNRT_WITH_FLOAT32 && SNNRT_WITH_INT8
    if (step->output_dtype == SNNRT_TYPE_FLOAT32) {
        add_floats(step);
    } else {
        add_integers(step);
    }
#elif SNNRT_WITH_FLOAT32
    add_floats(step);
#else
    add_integers(step);
#endif
}
