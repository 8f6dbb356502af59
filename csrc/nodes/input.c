#include "../snnrt_check.h"

#if SNNRT_WITH_MODEL_CHECK

/* A float's bits in the order of floats, both zeros alike. */
static int32_t float_order(const float *value) {
    int32_t bits = *(const int32_t *)(const void *)value;
    return bits < 0 ? INT32_MIN - bits : bits;
}

snnrt_status snnrt_input_check(snnrt_check *c) {
    const snnrt_input_parameters *p = (const snnrt_input_parameters *)snnrt_parameters_of(c->node);
    if (p->encoding > SNNRT_INPUT_SPIKES || !snnrt_words_fit(c, &p->low, 2, SNNRT_FLOAT_RANGE) ||
        float_order(&p->low) > float_order(&p->high)) {
        return SNNRT_ERROR_NODE_PARAMETER;
    }
    if (snnrt_is_integer(c->model) && ((uint32_t)p->peak - 1u >= SNNRT_VALUE_MAX ||
                                       !snnrt_words_fit(c, &p->scale, 1, SNNRT_FLOAT_ABOVE_0_RANGE))) {
        return SNNRT_ERROR_NODE_PARAMETER;
    }
    c->is_static = p->encoding == SNNRT_INPUT_CONSTANT;
    c->peak = (uint32_t)p->peak;
    return SNNRT_OK;
}

#else
typedef int snnrt_input_left_out;
#endif
