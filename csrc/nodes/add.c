#include "../snnrt_check.h"

#if SNNRT_WITH_ADD

#if SNNRT_WITH_MODEL_CHECK
snnrt_status snnrt_add_check(snnrt_check *c) {
    (void)c;
    return SNNRT_OK;
}
#endif

uint64_t snnrt_add_operations(const snnrt_node *node, const snnrt_node *source) {
    (void)source;
    return (uint64_t)snnrt_elements(node) * node->edge_count;
}

void snnrt_add_advance(const snnrt_network *network, const snnrt_node *node, uint32_t index) {
    (void)index;
    for (uint32_t edge = 0; edge < node->edge_count; edge++) {
        snnrt_add_input(network, node, edge, edge == 0);
    }
}

#else
typedef int snnrt_add_node_left_out;
#endif
