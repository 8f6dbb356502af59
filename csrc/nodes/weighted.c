/* What dense and conv2d share. */
#include "../snnrt_check.h"

/* Roles are those of dense in both kinds. */
typedef char snnrt_weighted_roles_agree[SNNRT_DENSE_WEIGHTS == SNNRT_CONV2D_WEIGHTS &&
                                                SNNRT_DENSE_BIAS == SNNRT_CONV2D_BIAS &&
                                                SNNRT_DENSE_SCALE == SNNRT_CONV2D_SCALE
                                            ? 1
                                            : -1];

void snnrt_fill_synapse(const snnrt_network *network, const snnrt_node *node, uint32_t index,
                        snnrt_synapse_step *step) {
    const snnrt_node *source = snnrt_source_of(network->model, node, 0);
    const snnrt_array *array = snnrt_arrays_of(node);
    step->kernels = network->kernels;
    /* Roles ascend: the weights come first, then the bias if there is one. */
    step->weights = network->model + array[0].value;
    step->bias = node->array_count > 1 && array[1].role == SNNRT_DENSE_BIAS ? network->model + array[1].value : NULL;
    step->input = snnrt_value_of(network, source);
    step->output = network->arena + node->output;
#if SNNRT_WITH_COUNTERS
    step->counts = network->counts == NULL ? NULL : network->counts + index;
#else
    (void)index;
    step->counts = NULL;
#endif
    step->scratch = network->scratch;
    step->scratch_bytes = network->scratch_bytes;
    step->input_dtype = source->type;
    step->input_peak = source->peak;
#if SNNRT_WITH_INT8 && SNNRT_WITH_FLOAT32
    step->numbers = snnrt_header_of(network->model)->arithmetic;
#endif
    step->in_channels = source->channels;
    step->in_height = source->height;
    step->in_width = source->width;
    step->out_channels = node->channels;
    step->out_height = node->height;
    step->out_width = node->width;
}

#if SNNRT_WITH_MODEL_CHECK
/* By role, in float32 and in integers. */
static const uint8_t weighted_rules[2][SNNRT_DENSE_ARRAYS] = {
    {SNNRT_TENSOR_OF(SNNRT_FLOAT_RANGE), SNNRT_OUTPUTS_OF(SNNRT_FLOAT_RANGE), 0},
    {SNNRT_TENSOR_OF(SNNRT_WEIGHT_RANGE), SNNRT_OUTPUTS_OF(SNNRT_OWN_RANGE),
     SNNRT_OUTPUTS_OF(SNNRT_FLOAT_ABOVE_0_RANGE)},
};

snnrt_status snnrt_check_weights(snnrt_check *c, uint32_t fan_in) {
    const bool integer = snnrt_is_integer(c->model);
    const uint8_t *rules = weighted_rules[integer];
    uint64_t weights = (uint64_t)fan_in * c->node->channels;
    snnrt_status status;
    if (weights > UINT32_MAX / 4u) {
        return SNNRT_ERROR_ARRAY_REFERENCE;
    }
    c->tensor = (uint32_t)weights;
    if (integer) {
        uint64_t sum = (uint64_t)fan_in * ((uint32_t)c->source->peak * SNNRT_WEIGHT_MAX);
        uint32_t room = SNNRT_ACCUMULATOR_MAX - (uint32_t)sum;
        if (sum > SNNRT_ACCUMULATOR_MAX) {
            return SNNRT_ERROR_ACCUMULATOR;
        }
        c->low = 0u - room;
        c->span = 2u * room;
    }
    status = snnrt_check_arrays(c, rules, SNNRT_DENSE_ARRAYS);
    if (status == SNNRT_ERROR_ARRAY_VALUE && integer && c->found == SNNRT_DENSE_BIAS) {
        return SNNRT_ERROR_ACCUMULATOR;
    }
    return status == SNNRT_OK && (c->present & 1u << SNNRT_DENSE_WEIGHTS) == 0 ? SNNRT_ERROR_ARRAY_REFERENCE : status;
}
#endif
