#include "../snnrt_check.h"

#if SNNRT_WITH_MODEL_CHECK

/* A float's bits in the order of floats, both zeros alike. */
static int32_t float_order(const float *value) {
    int32_t bits = *(const int32_t *)(const void *)value;
    return bits < 0 ? INT32_MIN - bits : bits;
}

snnrt_status snnrt_input_check(snnrt_check *c) {
    const snnrt_input_parameters *p = (const snnrt_input_parameters *)snnrt_parameters_of(c->node);
    const uint32_t finite = SNNRT_LARGEST_FLOAT;
    int32_t low = float_order(&p->low), high = float_order(&p->high);
    if (p->encoding > SNNRT_INPUT_SPIKES || (uint32_t)low + finite > 2u * finite || low > high ||
        (uint32_t)high + finite > 2u * finite) {
        return SNNRT_ERROR_NODE_PARAMETER;
    }
    if (snnrt_is_integer(c->model) &&
        ((uint32_t)p->peak - 1u >= SNNRT_VALUE_MAX || *(const uint32_t *)(const void *)&p->scale - 1u >= finite)) {
        return SNNRT_ERROR_NODE_PARAMETER;
    }
    c->is_static = p->encoding == SNNRT_INPUT_CONSTANT;
    c->peak = (uint32_t)p->peak;
    return SNNRT_OK;
}

#else
typedef int snnrt_input_left_out;
#endif
