#include "../snnrt_core.h"
#include "../snnrt_kernels.h"
#include "snnrt_host.h"

#define KEEP_ALIGN 64u
/* Of a node: what is no longer near a core is read as slowly as it is made. */
#define KEEP_NODE_MAX ((size_t)1 << 20)

#if SNNRT_WITH_KERNEL_TABLE && SNNRT_WITH_CONV2D && SNNRT_WITH_INT8
static size_t keep_room(size_t bytes) { return (bytes + KEEP_ALIGN - 1u) & ~(size_t)(KEEP_ALIGN - 1u); }

/* Spikes of timesteps ahead; behind them how many of each, and two words of them all. */
static size_t keep_ahead_bytes(const snnrt_node *node) {
    return keep_room((((size_t)snnrt_elements(node) + 31u) / 32u + 1u) * SNNRT_AHEAD_STEPS * 4u + 8u);
}

size_t snnrt_conv2d_kept_bytes(const snnrt_synapse_step *step, bool all) {
    const snnrt_window *conv = step->window;
    const size_t outputs = ((size_t)step->out_channels + 63u) & ~(size_t)63u;
    const size_t pairs = ((size_t)step->in_channels + 31u) / 32u * 16u,
                 pixels = (size_t)step->in_height * step->in_width;
    const size_t rows = (size_t)step->in_height + conv->kernel_h + conv->pad_top + conv->pad_bottom;
    const size_t columns = (size_t)step->in_width + conv->kernel_w + conv->pad_left + conv->pad_right;
    /* Pairs of channels, two bytes each, and whole vectors of outputs: x86/conv_units.h; or what x86/spread_pairs.h lays out. */
    const size_t units = keep_room((size_t)conv->kernel_h * conv->kernel_w *
                                   (((size_t)step->in_channels + 1u) / 2u) * 4u * outputs);
    const size_t spread = (size_t)conv->kernel_h * conv->kernel_w * pairs * 2u * outputs +
                          pixels * pairs * 6u + (pixels * pairs / 16u + 1u) * 16u + pixels * 4u +
                          columns * 4u + rows * columns * outputs * 4u + 10u * KEEP_ALIGN;
    if (conv->groups != 1u) {
        return 0;
    }
    return keep_room(all && spread > units ? spread : units);
}

/* Bytes that a node keeps. */
static size_t keep_bytes_of(const uint8_t *model, const snnrt_node *node) {
    const snnrt_node *source = snnrt_source_of(model, node, 0);
    size_t bytes = 0;
    /* What comes a step late is not there in the first. */
    if (node->kind == SNNRT_KIND_NEURON && (source->flags & SNNRT_NODE_STATIC) != 0 &&
        snnrt_edges_of(node)->delay == 0) {
        bytes = keep_room(snnrt_elements(node) / 32u + 1u) + keep_ahead_bytes(node);
    } else if (node->kind == SNNRT_KIND_CONV2D) {
        snnrt_synapse_step step;
        step.window = (const snnrt_window *)snnrt_parameters_behind_edge(node);
        step.in_channels = source->channels;
        step.in_height = source->height;
        step.in_width = source->width;
        step.out_channels = node->channels;
        bytes = snnrt_conv2d_kept_bytes(&step, true);
        bytes = bytes <= KEEP_NODE_MAX ? bytes : snnrt_conv2d_kept_bytes(&step, false);
    }
    return snnrt_is_integer(model) && bytes <= KEEP_NODE_MAX ? bytes : 0u;
}

size_t snnrt_host_kept_bytes(const void *model) {
    const uint8_t *raw = (const uint8_t *)model;
    const uint32_t count = snnrt_header_of(raw)->node_count;
    size_t bytes = 0;
    for (uint32_t i = 1; i < count; i++) {
        bytes += keep_bytes_of(raw, snnrt_node_of(raw, i));
    }
    return bytes == 0 ? 0 : bytes + keep_room(count * sizeof(snnrt_kept));
}

snnrt_status snnrt_host_keep(snnrt_network *network, void *memory, size_t bytes) {
    static const snnrt_kept nothing;
    const size_t needed = network == NULL || network->initialised != SNNRT_INITIALISED
                              ? 0
                              : snnrt_host_kept_bytes(network->model);
    uint8_t *room = (uint8_t *)memory;
    snnrt_kept *kept = (snnrt_kept *)memory;
    uint32_t count;
    if (network == NULL || network->initialised != SNNRT_INITIALISED) {
        return SNNRT_ERROR_NOT_INITIALISED;
    }
    network->kept = NULL;
    if (memory == NULL || needed == 0) {
        return snnrt_network_reset(network);
    }
    if ((uintptr_t)memory % KEEP_ALIGN != 0) {
        return SNNRT_ERROR_ARENA_MISALIGNED;
    }
    if (bytes < needed) {
        return SNNRT_ERROR_ARENA_TOO_SMALL;
    }
    count = snnrt_header_of(network->model)->node_count;
    room += keep_room(count * sizeof *kept);
    kept[0] = nothing;
    for (uint32_t i = 1; i < count; i++) {
        const snnrt_node *node = snnrt_node_of(network->model, i);
        const size_t here = keep_bytes_of(network->model, node);
        kept[i] = nothing;
        if (here != 0 && node->kind == SNNRT_KIND_NEURON) {
            kept[i].resting = room;
            kept[i].ahead = node->type == SNNRT_TYPE_BITS
                                ? (snnrt_uint32 *)(void *)(room + here - keep_ahead_bytes(node))
                                : NULL;
        } else if (here != 0) {
            kept[i].weights = (int8_t *)room;
            kept[i].bytes = here;
        }
        room += here;
    }
    network->kept = kept;
    return snnrt_network_reset(network);
}
#else
size_t snnrt_host_kept_bytes(const void *model) {
    (void)model;
    return 0;
}

snnrt_status snnrt_host_keep(snnrt_network *network, void *memory, size_t bytes) {
    (void)memory, (void)bytes;
    return network == NULL ? SNNRT_ERROR_NOT_INITIALISED : SNNRT_OK;
}
#endif
