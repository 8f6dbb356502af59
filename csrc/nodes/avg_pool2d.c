#include "../snnrt_check.h"

#if SNNRT_WITH_POOL2D

#if SNNRT_WITH_MODEL_CHECK
snnrt_status snnrt_avg_pool2d_check(snnrt_check *c) { return snnrt_sum_pool2d_check(c); }
#endif

uint64_t snnrt_avg_pool2d_operations(const snnrt_node *node, const snnrt_node *source) {
    (void)source;
    return snnrt_pool_operations(node);
}

void snnrt_avg_pool2d_advance(const snnrt_network *network, const snnrt_node *node, uint32_t index) {
    (void)index;
    snnrt_run_pool(network, node, true);
}

#else
typedef int snnrt_avg_pool2d_node_left_out;
#endif
