#include "../kernels/arm/direct_windows.h"
#include "../kernels/synapse.h"
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
/* The next node must be the neurons that read it, and nobody else may: then no more than those rows are ever there. Each time
 * whole words of spikes are made. */
static bool rows_fit(const snnrt_check *c, uint32_t rows) {
    const snnrt_node *node = c->node;
    const snnrt_node *next = snnrt_node_of(c->model, c->index + 1u);
    uint32_t readers = 0;
    for (uint32_t i = 0; i < c->count; i++) {
        const snnrt_node *reader = snnrt_node_of(c->model, i);
        const snnrt_edge *edge = snnrt_edges_of(reader);
        for (uint32_t left = reader->edge_count; left != 0; left--, edge++) {
            readers += edge->source == c->index;
        }
    }
    return readers == 1 && next->kind == SNNRT_KIND_NEURON && next->edge_count == 1 &&
           snnrt_edges_of(next)->source == c->index && snnrt_edges_of(next)->delay == 0 &&
           snnrt_edges_of(node)->delay == 0 && rows < node->height &&
           rows * node->width * node->channels % 32u == 0;
}

snnrt_status snnrt_conv2d_check(snnrt_check *c) {
    const snnrt_window *window = conv2d_window(c->node);
    uint64_t fan_in;
    if (!snnrt_window_fits(c, window, window->dilation_y, window->dilation_x) || window->groups == 0 ||
        c->node->channels % window->groups != 0 || c->source->channels % window->groups != 0) {
        return SNNRT_ERROR_NODE_SHAPE;
    }
    if (window->rows != 0) {
        if (!rows_fit(c, window->rows)) {
            return SNNRT_ERROR_NODE_PARAMETER;
        }
        c->is_static = false;
    }
    fan_in = conv2d_fan_in(c->node, c->source);
    return fan_in > UINT32_MAX ? SNNRT_ERROR_ARRAY_REFERENCE : snnrt_check_weights(c, (uint32_t)fan_in);
}
#endif

uint64_t snnrt_conv2d_operations(const snnrt_node *node, const snnrt_node *source) {
    uint64_t fan_in = conv2d_fan_in(node, source);
    return fan_in > UINT64_MAX / snnrt_elements(node) ? UINT64_MAX : fan_in * snnrt_elements(node);
}

static size_t whole_room(size_t bytes) { return (bytes + 7u) & ~(size_t)7u; }

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
    if (step.window->rows != 0) {
        return SNNRT_WITH_KERNEL_TABLE
                   ? whole_room(snnrt_output_bytes(node)) + snnrt_conv2d_scratch_bytes(&step)
                   : 0;
    }
    return snnrt_conv2d_scratch_bytes(&step);
}

#if SNNRT_WITH_KERNEL_TABLE
static snnrt_kept *kept_of(const snnrt_network *network, uint32_t index) {
    return network->kept == NULL || network->kept[index].weights == NULL ? NULL : network->kept + index;
}

bool snnrt_conv2d_waiting(const snnrt_network *network, const snnrt_node *node, uint32_t index,
                          const snnrt_neuron_step *neurons, uint64_t *spikes) {
    snnrt_synapse_step step;
    snnrt_fill_synapse(network, node, index, sizeof *step.window, &step);
    step.window = conv2d_window(node);
    step.by_rows = false;
    step.kept = kept_of(network, index);
    step.output = snnrt_whole_output(network, node);
    return network->kernels->conv2d_waiting(&step, neurons, spikes);
}
#endif

#if SNNRT_WITH_DIRECT_LISTS
/* Apart, as the lists are most of the stack. */
SNNRT_NOINLINE static void sum_with_lists(snnrt_synapse_step *step) {
    snnrt_direct_lines lines;
    lines.next = 0;
    step->lines = &lines;
    snnrt_conv2d(step);
}
#endif

void snnrt_conv2d_advance(const snnrt_network *network, const snnrt_node *node, uint32_t index) {
    snnrt_synapse_step step;
    snnrt_fill_synapse(network, node, index, sizeof *step.window, &step);
    step.window = conv2d_window(node);
    step.scratch = network->scratch;
    step.scratch_bytes = network->scratch_bytes;
    step.first_row = 0;
#if SNNRT_WITH_DIRECT_LISTS
    step.lines = NULL;
#endif
#if SNNRT_WITH_KERNEL_TABLE
    step.by_rows = false;
    step.kept = kept_of(network, index);
    step.later = false;
    if (step.kept != NULL) {
        step.kept->began = step.kept->began && network->timestep != 0;
        step.kept->waits = false;
        /* Where the file has rows nothing but the neurons behind reads them. */
        step.later = step.window->rows != 0 && network->kernels->conv2d_waiting != NULL &&
                     !SNNRT_SHOWS(network) && snnrt_whole_output(network, node) != NULL;
    }
#endif
    if (step.window->rows != 0) {
        const size_t bytes = whole_room(snnrt_output_bytes(node));
        step.output = snnrt_whole_output(network, node);
        if (step.output == NULL) {
            /* The neurons ask for the rows. */
            return;
        }
        step.scratch_bytes = bytes < step.scratch_bytes ? step.scratch_bytes - bytes : 0;
        step.scratch = (uint8_t *)step.scratch + (step.scratch_bytes != 0 ? bytes : 0);
    }
#if SNNRT_WITH_DIRECT_LISTS
    if (SNNRT_STEP_IS_INT8(&step) && snnrt_is_direct_listed(&step)) {
        sum_with_lists(&step);
        return;
    }
#endif
    snnrt_conv2d(&step);
}

void snnrt_conv2d_rows(const snnrt_network *network, const snnrt_node *node, uint32_t index, uint32_t first,
                       uint32_t end, snnrt_direct_lines *lines) {
    snnrt_synapse_step step;
    snnrt_fill_synapse(network, node, index, sizeof *step.window, &step);
    step.window = conv2d_window(node);
    step.scratch = NULL;
    step.scratch_bytes = 0;
    step.first_row = first;
    step.out_height = end;
#if SNNRT_WITH_DIRECT_LISTS
    step.lines = lines;
#else
    (void)lines;
#endif
#if SNNRT_WITH_KERNEL_TABLE
    step.by_rows = true;
    step.kept = NULL;
    step.later = false;
#endif
    snnrt_conv2d(&step);
}

#if SNNRT_WITH_DIRECT_LISTS
bool snnrt_conv2d_lists_rows(const snnrt_network *network, const snnrt_node *node, uint32_t index) {
    snnrt_synapse_step step;
    snnrt_fill_synapse(network, node, index, sizeof *step.window, &step);
    step.window = conv2d_window(node);
    return SNNRT_STEP_IS_INT8(&step) && snnrt_is_direct_listed(&step);
}
#endif

#else
typedef int snnrt_conv2d_node_left_out;
#endif
