#include "../snnrt_check.h"

#if SNNRT_WITH_MODEL_CHECK
#define LOGIT_SCALE_RULE (SNNRT_FLOAT_ABOVE_0_RANGE | 16u << SNNRT_PER_LAYER)

/* By role, in float32 and in integers. */
static const uint8_t readout_rules[][SNNRT_READOUT_ARRAYS] = {
#if SNNRT_WITH_FLOAT32
    {0, 0, LOGIT_SCALE_RULE},
#endif
#if SNNRT_WITH_INT8
    {SNNRT_OUTPUTS_OF(SNNRT_NATURAL_RANGE), SNNRT_OUTPUTS_OF(SNNRT_FLOAT_ABOVE_0_RANGE), LOGIT_SCALE_RULE},
#endif
};
#undef LOGIT_SCALE_RULE

snnrt_status snnrt_readout_check(snnrt_check *c) {
    const snnrt_readout_parameters *p =
        (const snnrt_readout_parameters *)snnrt_parameters_behind_edge(c->node);
    const bool integer = snnrt_is_integer(c->model);
    snnrt_status status;
    if ((c->node->flags & SNNRT_NODE_MAP) != 0 || c->node->channels > SNNRT_CLASSES_MAX) {
        return SNNRT_ERROR_NODE_SHAPE;
    }
#if !SNNRT_WITH_READOUT_MODES
    if (p->mode > SNNRT_READOUT_MEAN) {
        c->found = SNNRT_KIND_READOUT;
        return SNNRT_ERROR_KERNEL_MISSING;
    }
#endif
    if (p->mode > SNNRT_READOUT_FIRST_SPIKE || p->shift > (integer ? 31u : 0u)) {
        return SNNRT_ERROR_NODE_PARAMETER;
    }
    status = snnrt_check_arrays(c, SNNRT_RULES_OF(c, readout_rules), SNNRT_READOUT_ARRAYS);
    if (status == SNNRT_OK &&
        (c->present & ~(1u << SNNRT_READOUT_LOGIT_SCALE)) !=
            (integer ? 1u << SNNRT_READOUT_MULTIPLIERS | 1u << SNNRT_READOUT_SCALE : 0u)) {
        return SNNRT_ERROR_ARRAY_REFERENCE;
    }
    return status;
}
#endif

uint64_t snnrt_readout_operations(const snnrt_node *node, const snnrt_node *source) {
    (void)source;
    return snnrt_elements(node);
}

#if SNNRT_WITH_READOUT_MODES
#if SNNRT_WITH_INT8
static void read_integers(const snnrt_network *network, const snnrt_node *node, uint32_t mode, int32_t left) {
    const snnrt_node *source = snnrt_source_of(network->model, node, 0);
    const void *input = snnrt_value_of(network, source);
    snnrt_int32 *kept = (snnrt_int32 *)(void *)(network->arena + node->output);
    bool first = mode == SNNRT_READOUT_LAST || network->timestep == 0;
    for (uint32_t i = 0; i < node->channels; i++, kept++) {
        int32_t value = source->type == SNNRT_TYPE_INT32 ? ((const snnrt_int32 *)input)[i]
                        : source->type == SNNRT_TYPE_INT16
                            ? ((const snnrt_int16 *)input)[i]
                            : (int32_t)snnrt_bit((const snnrt_uint32 *)input, i);
        if (mode == SNNRT_READOUT_FIRST_SPIKE) {
            *kept = *kept == 0 && value > 0 ? left : *kept;
        } else if (first || value > *kept) {
            *kept = value;
        }
    }
}
#endif

#if SNNRT_WITH_FLOAT32
static void read_floats(const snnrt_network *network, const snnrt_node *node, uint32_t mode, int32_t left) {
    const snnrt_node *source = snnrt_source_of(network->model, node, 0);
    const void *input = snnrt_value_of(network, source);
    snnrt_float32 *kept = (snnrt_float32 *)(void *)(network->arena + node->output);
    bool first = mode == SNNRT_READOUT_LAST || network->timestep == 0;
    for (uint32_t i = 0; i < node->channels; i++, kept++) {
        float value = source->type == SNNRT_TYPE_BITS ? (float)snnrt_bit((const snnrt_uint32 *)input, i)
                                                      : ((const snnrt_float32 *)input)[i];
        if (mode == SNNRT_READOUT_FIRST_SPIKE) {
            *kept = *kept == 0.0f && value > 0.0f ? (float)left : *kept;
        } else if (first || value > *kept) {
            *kept = value;
        }
    }
}
#endif

/* Timesteps from this one to the network's last, at least 1. */
static int32_t steps_left(const snnrt_network *network) {
    uint32_t most = snnrt_header_of(network->model)->timesteps;
    return network->timestep < most ? (int32_t)(most - network->timestep) : 1;
}
#endif

/* Adds to what it has; or keeps the last, the largest, or how early the first spike was. */
void snnrt_readout_advance(const snnrt_network *network, const snnrt_node *node, uint32_t index) {
#if SNNRT_WITH_READOUT_MODES
    uint32_t mode = ((const snnrt_readout_parameters *)snnrt_parameters_of(node))->mode;
    if (mode > SNNRT_READOUT_MEAN) {
#if SNNRT_WITH_INT8 && SNNRT_WITH_FLOAT32
        (snnrt_is_integer(network->model) ? read_integers : read_floats)(network, node, mode,
                                                                         steps_left(network));
#elif SNNRT_WITH_INT8
        read_integers(network, node, mode, steps_left(network));
#else
        read_floats(network, node, mode, steps_left(network));
#endif
        return;
    }
#endif
    (void)index;
    snnrt_add_input(network, node, 0, false);
}
