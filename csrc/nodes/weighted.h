/* What dense and conv2d share of a step. Internal. */
#ifndef SNNRT_WEIGHTED_H
#define SNNRT_WEIGHTED_H

#include "../snnrt_core.h"

/* Roles are those of dense in both kinds. */
typedef char snnrt_weighted_roles_agree[SNNRT_DENSE_WEIGHTS == SNNRT_CONV2D_WEIGHTS &&
                                                SNNRT_DENSE_BIAS == SNNRT_CONV2D_BIAS &&
                                                SNNRT_DENSE_SCALE == SNNRT_CONV2D_SCALE
                                            ? 1
                                            : -1];

/* All but a convolution's window, rows and scratch; `parameter_bytes` are those of the kind. */
SNNRT_INLINE static inline void snnrt_fill_synapse(const snnrt_network *network, const snnrt_node *node,
                                                   uint32_t index, const size_t parameter_bytes,
                                                   snnrt_synapse_step *step) {
    const snnrt_node *source = snnrt_source_of(network->model, node, 0);
    const snnrt_array *array = snnrt_arrays_behind_edge(node, parameter_bytes);
#if SNNRT_WITH_KERNEL_TABLE
    step->kernels = network->kernels;
    step->node = index;
#endif
    /* Roles ascend: the weights come first, then the bias if there is one. */
    step->weights = network->model + array[0].value;
    step->bias =
        node->array_count > 1 && array[1].role == SNNRT_DENSE_BIAS ? network->model + array[1].value : NULL;
    step->input = snnrt_value_of(network, source);
    step->output = network->arena + node->output;
#if SNNRT_WITH_COUNTERS
    step->counts = network->counts == NULL ? NULL : network->counts + index;
#else
    (void)index;
#endif
    step->input_dtype = source->type;
    step->input_peak = source->peak;
#if SNNRT_WITH_INT8 && SNNRT_WITH_FLOAT32
    step->numbers = snnrt_header_of(network->model)->arithmetic;
#endif
    step->in_channels = source->channels;
    step->in_height = source->height;
    step->in_width = source->width;
    step->out_channels = node->channels;
    step->out_height = node->height;
    step->out_width = node->width;
}

#endif
