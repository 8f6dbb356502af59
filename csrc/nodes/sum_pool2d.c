/* Sums over windows, and what the poolings share. */
#include "../snnrt_check.h"

#if SNNRT_WITH_POOL2D

#if SNNRT_WITH_MODEL_CHECK
snnrt_status snnrt_sum_pool2d_check(snnrt_check *c) {
    const snnrt_window *window = (const snnrt_window *)snnrt_parameters_behind_edge(c->node);
    uint32_t taps = (uint32_t)window->kernel_h * window->kernel_w;
    if (!snnrt_window_fits(c, window, 1, 1) || c->node->channels != c->source->channels) {
        return SNNRT_ERROR_NODE_SHAPE;
    }
    c->peak = taps > SNNRT_VALUE_MAX ? UINT32_MAX : c->peak * taps;
    return SNNRT_OK;
}
#endif

uint64_t snnrt_pool_operations(const snnrt_node *node) {
    const snnrt_window *window = (const snnrt_window *)snnrt_parameters_behind_edge(node);
    return (uint64_t)((uint32_t)window->kernel_h * window->kernel_w) * snnrt_elements(node);
}

uint64_t snnrt_sum_pool2d_operations(const snnrt_node *node, const snnrt_node *source) {
    (void)source;
    return snnrt_pool_operations(node);
}

void snnrt_run_pool(const snnrt_network *network, const snnrt_node *node, bool average) {
    const snnrt_node *source = snnrt_source_of(network->model, node, 0);
    snnrt_pool_step step;
    step.kernels = network->kernels;
    step.window = (const snnrt_window *)snnrt_parameters_behind_edge(node);
    step.input = snnrt_value_of(network, source);
    step.output = network->arena + node->output;
    step.input_dtype = source->type;
    step.output_dtype = node->type;
    step.channels = node->channels;
    step.in_height = source->height;
    step.in_width = source->width;
    step.out_height = node->height;
    step.out_width = node->width;
    step.average = average;
    snnrt_pool2d(&step);
}

void snnrt_sum_pool2d_advance(const snnrt_network *network, const snnrt_node *node, uint32_t index) {
    (void)index;
    snnrt_run_pool(network, node, false);
}

#else
typedef int snnrt_sum_pool2d_node_left_out;
#endif
