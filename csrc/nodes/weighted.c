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
    step->kernels = network->kernels;
    step->weights = snnrt_array_of(network->model, node, SNNRT_DENSE_WEIGHTS);
    step->bias = snnrt_array_of(network->model, node, SNNRT_DENSE_BIAS);
    step->input = snnrt_value_of(network, source);
    step->output = network->arena + node->output;
    step->counts = network->counts == NULL ? NULL : network->counts + index;
    step->scratch = network->scratch;
    step->scratch_bytes = network->scratch_bytes;
    step->input_dtype = source->type;
    step->input_peak = source->peak;
    step->numbers = snnrt_header_of(network->model)->arithmetic;
    step->in_channels = source->channels;
    step->in_height = source->height;
    step->in_width = source->width;
    step->out_channels = node->channels;
    step->out_height = node->height;
    step->out_width = node->width;
}

#if SNNRT_WITH_MODEL_CHECK
snnrt_status snnrt_check_weights(snnrt_check *c, uint64_t fan_in) {
    const bool integer = snnrt_is_integer(c->model);
    uint64_t weights, sum;
    snnrt_status status;
    uint32_t room;
    /* Of more inputs not even a vector of weights fits a file. */
    if (fan_in > UINT32_MAX || (weights = fan_in * c->node->channels) > UINT32_MAX / 4u) {
        return SNNRT_ERROR_ARRAY_REFERENCE;
    }
    c->tensor = (uint32_t)weights;
    status = snnrt_check_array(c, SNNRT_DENSE_WEIGHTS, integer ? SNNRT_ELEMENT_INT8 : SNNRT_ELEMENT_FLOAT32,
                               SNNRT_STORED_TENSOR, SNNRT_ANY_FINITE);
    if (status != SNNRT_OK || c->present == 0) {
        return status != SNNRT_OK ? status : SNNRT_ERROR_ARRAY_REFERENCE;
    }
    if (!integer) {
        return snnrt_check_array(c, SNNRT_DENSE_BIAS, SNNRT_ELEMENT_FLOAT32, SNNRT_STORED_OUTPUTS, SNNRT_ANY_FINITE);
    }
    sum = fan_in * ((uint32_t)c->source->peak * SNNRT_WEIGHT_MAX);
    if (sum > SNNRT_ACCUMULATOR_MAX) {
        return SNNRT_ERROR_ACCUMULATOR;
    }
    room = SNNRT_ACCUMULATOR_MAX - (uint32_t)sum;
    status = snnrt_check_array(c, SNNRT_DENSE_BIAS, SNNRT_ELEMENT_INT32, SNNRT_STORED_OUTPUTS, 0u - room, 2u * room);
    if (status != SNNRT_OK) {
        return status == SNNRT_ERROR_ARRAY_VALUE ? SNNRT_ERROR_ACCUMULATOR : status;
    }
    return snnrt_check_array(c, SNNRT_DENSE_SCALE, SNNRT_ELEMENT_FLOAT32, SNNRT_STORED_OUTPUTS,
                             SNNRT_POSITIVE_FINITE);
}
#endif
