#include "../snnrt_check.h"

#if SNNRT_WITH_MODEL_CHECK
/* By role, in float32 and in integers. */
static const uint8_t readout_rules[][SNNRT_READOUT_ARRAYS] = {
#if SNNRT_WITH_FLOAT32
    {0, 0},
#endif
#if SNNRT_WITH_INT8
    {SNNRT_OUTPUTS_OF(SNNRT_NATURAL_RANGE), SNNRT_OUTPUTS_OF(SNNRT_FLOAT_ABOVE_0_RANGE)},
#endif
};

snnrt_status snnrt_readout_check(snnrt_check *c) {
    const snnrt_readout_parameters *p = (const snnrt_readout_parameters *)snnrt_parameters_behind_edge(c->node);
    const bool integer = snnrt_is_integer(c->model);
    snnrt_status status;
    if ((c->node->flags & SNNRT_NODE_MAP) != 0 || c->node->channels > SNNRT_CLASSES_MAX) {
        return SNNRT_ERROR_NODE_SHAPE;
    }
    if (p->mode > SNNRT_READOUT_MEAN || p->shift > (integer ? 62u : 0u)) {
        return SNNRT_ERROR_NODE_PARAMETER;
    }
    status = snnrt_check_arrays(c, SNNRT_RULES_OF(c, readout_rules), SNNRT_READOUT_ARRAYS);
    if (status == SNNRT_OK && c->present != (integer ? (1u << SNNRT_READOUT_ARRAYS) - 1u : 0u)) {
        return SNNRT_ERROR_ARRAY_REFERENCE;
    }
    return status;
}
#endif

uint64_t snnrt_readout_operations(const snnrt_node *node, const snnrt_node *source) {
    (void)source;
    return snnrt_elements(node);
}

/* Adds to what it has. */
void snnrt_readout_advance(const snnrt_network *network, const snnrt_node *node, uint32_t index) {
    (void)index;
    snnrt_add_input(network, node, 0, false);
}
