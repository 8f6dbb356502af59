#include "../snnrt_check.h"

#if SNNRT_WITH_CONCATENATE

#if SNNRT_WITH_MODEL_CHECK
snnrt_status snnrt_concatenate_check(snnrt_check *c) {
    const snnrt_node *node = c->node;
    uint32_t channels = 0;
    c->peak = 0;
    for (uint32_t edge = 0; edge < node->edge_count; edge++) {
        const snnrt_node *source = snnrt_source_of(c->model, node, edge);
        if (((source->flags ^ node->flags) & SNNRT_NODE_MAP) != 0 || source->height != node->height ||
            source->width != node->width) {
            return SNNRT_ERROR_NODE_SHAPE;
        }
        /* At most 255 of below 2^24. */
        channels += source->channels;
        if (source->peak > c->peak) {
            c->peak = source->peak;
        }
    }
    return channels == node->channels ? SNNRT_OK : SNNRT_ERROR_NODE_SHAPE;
}
#endif

uint64_t snnrt_concatenate_operations(const snnrt_node *node, const snnrt_node *source) {
    (void)source;
    return snnrt_elements(node);
}

void snnrt_concatenate_advance(const snnrt_network *network, const snnrt_node *node, uint32_t index) {
    uint32_t pixels = node->height * node->width, first = 0;
    (void)index;
    snnrt_clear_bits(network, node);
    for (uint32_t edge = 0; edge < node->edge_count; edge++) {
        const snnrt_node *source = snnrt_source_of(network->model, node, edge);
        const void *input = snnrt_value_of(network, source);
        for (uint32_t pixel = 0; pixel < pixels; pixel++) {
            snnrt_copy_elements(node->type, network->arena + node->output, pixel * node->channels + first,
                                input, pixel * source->channels, source->channels);
        }
        first += source->channels;
    }
}

#else
typedef int snnrt_concatenate_node_left_out;
#endif
