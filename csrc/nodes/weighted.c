/* What dense and conv2d share. */
#include "weighted.h"

#include "../snnrt_check.h"

#if SNNRT_WITH_MODEL_CHECK
/* By role, in float32 and in integers. */
static const uint8_t weighted_rules[][SNNRT_DENSE_ARRAYS] = {
#if SNNRT_WITH_FLOAT32
    {SNNRT_TENSOR_OF(SNNRT_FLOAT_RANGE), SNNRT_OUTPUTS_OF(SNNRT_FLOAT_RANGE), 0},
#endif
#if SNNRT_WITH_INT8
    {SNNRT_TENSOR_OF(SNNRT_WEIGHT_RANGE), SNNRT_OUTPUTS_OF(SNNRT_OWN_RANGE),
     SNNRT_OUTPUTS_OF(SNNRT_FLOAT_ABOVE_0_RANGE)},
#endif
};

snnrt_status snnrt_check_weights(snnrt_check *c, uint32_t fan_in) {
    const bool integer = snnrt_is_integer(c->model);
    snnrt_status status;
    c->tensor = snnrt_bounded_product(fan_in, c->node->channels);
    if (c->tensor > UINT32_MAX / 4u) {
        return SNNRT_ERROR_ARRAY_REFERENCE;
    }
    if (integer) {
        uint32_t sum = snnrt_bounded_product(fan_in, (uint32_t)c->source->peak * SNNRT_WEIGHT_MAX);
        uint32_t room = SNNRT_ACCUMULATOR_MAX - sum;
        if (sum > SNNRT_ACCUMULATOR_MAX) {
            return SNNRT_ERROR_ACCUMULATOR;
        }
        c->low = 0u - room;
        c->span = 2u * room;
    }
    status = snnrt_check_arrays(c, SNNRT_RULES_OF(c, weighted_rules), SNNRT_DENSE_ARRAYS);
    if (status == SNNRT_ERROR_ARRAY_VALUE && integer && c->found == SNNRT_DENSE_BIAS) {
        return SNNRT_ERROR_ACCUMULATOR;
    }
    return status == SNNRT_OK && (c->present & 1u << SNNRT_DENSE_WEIGHTS) == 0 ? SNNRT_ERROR_ARRAY_REFERENCE
                                                                               : status;
}
#endif
