#include "weighted.h"

#include "../snnrt_check.h"

#if SNNRT_WITH_CONV2D

/* A record's parameters are a window. */
static const snnrt_window *conv2d_window(const snnrt_node *node) {
    return (const snnrt_window *)snnrt_parameters_behind_edge(node);
}

/* The inputs of one output. */
static uint64_t conv2d_fan_in(const snnrt_node *node, const snnrt_node *source) {
    const snnrt_window *window = conv2d_window(node);
    return (uint64_t)((uint32_t)window->kernel_h * window->kernel_w) * (source->channels / window->groups);
}

#if SNNRT_WITH_MODEL_CHECK
snnrt_status snnrt_conv2d_check(snnrt_check *c) {
    const snnrt_window *window = conv2d_window(c->node);
    uint64_t fan_in;
    if (!snnrt_window_fits(c, window, window->dilation_y, window->dilation_x) || window->groups == 0 ||
        c->node->channels % window->groups != 0 || c->source->channels % window->groups != 0) {
        return SNNRT_ERROR_NODE_SHAPE;
    }
    if (window->zero != 0) {
        return SNNRT_ERROR_NODE_PARAMETER;
    }
    fan_in = conv2d_fan_in(c->node, c->source);
    return fan_in > UINT32_MAX ? SNNRT_ERROR_ARRAY_REFERENCE : snnrt_check_weights(c, (uint32_t)fan_in);
}
#endif

uint64_t snnrt_conv2d_operations(const snnrt_node *node, const snnrt_node *source) {
    uint64_t fan_in = conv2d_fan_in(node, source);
    return fan_in > UINT64_MAX / snnrt_elements(node) ? UINT64_MAX : fan_in * snnrt_elements(node);
}

size_t snnrt_conv2d_scratch(const snnrt_node *node, const snnrt_node *source) {
    snnrt_synapse_step step;
#if SNNRT_WITH_CONV_LISTS && !SNNRT_WITH_KERNEL_TABLE
    if (node->type != SNNRT_TYPE_FLOAT32) {
        return 0;
    }
#endif
    step.window = conv2d_window(node);
    step.in_channels = source->channels;
    step.in_height = source->height;
    step.in_width = source->width;
    step.out_channels = node->channels;
    step.out_width = node->width;
    return snnrt_conv2d_scratch_bytes(&step);
}

void snnrt_conv2d_advance(const snnrt_network *network, const snnrt_node *node, uint32_t index) {
    snnrt_synapse_step step;
    snnrt_fill_synapse(network, node, index, sizeof *step.window, &step);
    step.window = conv2d_window(node);
    step.scratch = network->scratch;
    step.scratch_bytes = network->scratch_bytes;
    snnrt_conv2d(&step);
}

#else
typedef int snnrt_conv2d_node_left_out;
#endif
