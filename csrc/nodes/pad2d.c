#include "../snnrt_check.h"

#if SNNRT_WITH_PAD2D

static const snnrt_pad2d_parameters *pad_of(const snnrt_node *node) {
    return (const snnrt_pad2d_parameters *)snnrt_parameters_of(node);
}

#if SNNRT_WITH_MODEL_CHECK
/* Whether one axis of `in` pixels becomes `out`, with something of the input left. */
static bool pad_axis_fits(uint32_t in, uint32_t out, uint32_t spacing, int32_t before, int32_t after) {
    const int32_t most = UINT16_MAX;
    int64_t apart = (int64_t)(in - 1u) * spacing + 1;
    return spacing != 0 && before >= -most && before <= most && after >= -most && after <= most &&
           (before < 0 ? before : 0) + (after < 0 ? after : 0) > -apart && apart + before + after == out;
}

snnrt_status snnrt_pad2d_check(snnrt_check *c) {
    const snnrt_pad2d_parameters *p = pad_of(c->node);
    const snnrt_node *node = c->node, *source = c->source;
    if ((node->flags & source->flags & SNNRT_NODE_MAP) == 0 || node->channels != source->channels ||
        !pad_axis_fits(source->height, node->height, p->spacing_y, p->pad_top, p->pad_bottom) ||
        !pad_axis_fits(source->width, node->width, p->spacing_x, p->pad_left, p->pad_right)) {
        return SNNRT_ERROR_NODE_SHAPE;
    }
    return SNNRT_OK;
}
#endif

uint64_t snnrt_pad2d_operations(const snnrt_node *node, const snnrt_node *source) {
    (void)source;
    return snnrt_elements(node);
}

void snnrt_pad2d_advance(const snnrt_network *network, const snnrt_node *node, uint32_t index) {
    const snnrt_pad2d_parameters *p = pad_of(node);
    const snnrt_node *source = snnrt_source_of(network->model, node, 0);
    const void *input = snnrt_value_of(network, source);
    void *output = network->arena + node->output;
    uint32_t channels = node->channels;
    /* Pixels that lie side by side in both are one piece. */
    uint32_t piece = p->spacing_x == 1 && p->pad_left >= 0 && p->pad_right >= 0 ? source->width : 1u;
    (void)index;
    for (uint32_t i = 0; i < snnrt_output_bytes(node) / 2u; i++) {
        ((snnrt_int16 *)output)[i] = 0;
    }
    for (uint32_t y = 0; y < source->height; y++) {
        /* Above or to the left of the output they wrap. */
        uint32_t row = y * p->spacing_y + (uint32_t)p->pad_top;
        for (uint32_t x = 0; row < node->height && x < source->width; x += piece) {
            uint32_t column = x * p->spacing_x + (uint32_t)p->pad_left;
            if (column < node->width) {
                snnrt_copy_elements(node->type, output, (row * node->width + column) * channels, input,
                                    (y * source->width + x) * channels, piece * channels);
            }
        }
    }
}

#else
typedef int snnrt_pad2d_node_left_out;
#endif
