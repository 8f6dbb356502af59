#include "weighted.h"

#include "../snnrt_check.h"

#if SNNRT_WITH_MODEL_CHECK
snnrt_status snnrt_dense_check(snnrt_check *c) {
    if (((c->node->flags | c->source->flags) & SNNRT_NODE_MAP) != 0) {
        return SNNRT_ERROR_NODE_SHAPE;
    }
    return snnrt_check_weights(c, c->source->channels);
}
#endif

uint64_t snnrt_dense_operations(const snnrt_node *node, const snnrt_node *source) {
    return (uint64_t)source->channels * node->channels;
}

void snnrt_dense_advance(const snnrt_network *network, const snnrt_node *node, uint32_t index) {
    snnrt_synapse_step step;
    snnrt_fill_synapse(network, node, index, 0, &step);
#if SNNRT_WITH_KERNEL_TABLE
    step.window = NULL;
#endif
    snnrt_dense(&step);
}
