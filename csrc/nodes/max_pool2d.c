/* Maxima over windows; of spikes any, the earliest, or of all that was given so far. */
#include "../snnrt_check.h"
#include "../snnrt_float.h"

#if SNNRT_WITH_MAX_POOL2D

static const snnrt_max_pool2d_parameters *max_pool_of(const snnrt_node *node) {
    return (const snnrt_max_pool2d_parameters *)snnrt_parameters_behind_edge(node);
}

#if SNNRT_WITH_MODEL_CHECK || SNNRT_WITH_FAST_LOOPS
/* The fields of a window that poolings have lie in the record as a window has them. */
static const snnrt_window *max_pool_window(const snnrt_node *node) {
    return (const snnrt_window *)(const void *)&max_pool_of(node)->kernel_h;
}
#endif

#if SNNRT_WITH_MODEL_CHECK
snnrt_status snnrt_max_pool2d_check(snnrt_check *c) {
    const snnrt_max_pool2d_parameters *p = max_pool_of(c->node);
    if (!snnrt_window_fits(c, max_pool_window(c->node), 1, 1) || c->node->channels != c->source->channels) {
        return SNNRT_ERROR_NODE_SHAPE;
    }
    if (p->mode > SNNRT_MAX_POOL_NET ||
        p->inputs_kept != (p->mode == SNNRT_MAX_POOL_NET ? snnrt_elements(c->source) : 0u) ||
        p->pad_top >= p->kernel_h || p->pad_bottom >= p->kernel_h || p->pad_left >= p->kernel_w ||
        p->pad_right >= p->kernel_w) {
        return SNNRT_ERROR_NODE_PARAMETER;
    }
    if (p->mode == SNNRT_MAX_POOL_EARLIEST) {
        c->is_static = false;
        if (c->node->type != SNNRT_TYPE_BITS) {
            return SNNRT_ERROR_NODE_DTYPE;
        }
    }
    if (p->mode == SNNRT_MAX_POOL_NET) {
        c->is_static = false;
        if (c->node->type != SNNRT_TYPE_INT16 && c->node->type != SNNRT_TYPE_FLOAT32) {
            return SNNRT_ERROR_NODE_DTYPE;
        }
    }
    if (p->mode == SNNRT_MAX_POOL_ANY && p->state != SNNRT_NO_OFFSET) {
        return SNNRT_ERROR_ARENA_PLAN;
    }
    return SNNRT_OK;
}
#endif

uint32_t snnrt_max_pool2d_state_bytes(const snnrt_node *node) {
    const snnrt_max_pool2d_parameters *p = max_pool_of(node);
    if (p->mode == SNNRT_MAX_POOL_NET) {
        return p->inputs_kept * (node->type == SNNRT_TYPE_INT16 ? 2u : 4u);
    }
    return p->mode == SNNRT_MAX_POOL_EARLIEST ? snnrt_output_bytes(node) : 0;
}

/* Nothing has fired. */
void snnrt_max_pool2d_start(const snnrt_network *network, const snnrt_node *node) {
    (void)network;
    (void)node;
}

uint64_t snnrt_max_pool2d_operations(const snnrt_node *node, const snnrt_node *source) {
    (void)source;
    return (uint64_t)((uint32_t)max_pool_of(node)->kernel_h * max_pool_of(node)->kernel_w) *
           snnrt_elements(node);
}

/* Elements output[to ...] become the larger of themselves and input[from ...]; `first` overwrites. */
static void raise_elements(uint32_t type, void *output, uint32_t to, const void *input, uint32_t from,
                           uint32_t count, bool first) {
    for (uint32_t i = 0; i < count; i++) {
#if SNNRT_WITH_INT8
        if (type == SNNRT_TYPE_INT16) {
            snnrt_int16 *out = (snnrt_int16 *)output + to + i;
            int16_t value = ((const snnrt_int16 *)input)[from + i];
            *out = first || value > *out ? value : *out;
            continue;
        }
        if (type == SNNRT_TYPE_INT32) {
            snnrt_int32 *out = (snnrt_int32 *)output + to + i;
            int32_t value = ((const snnrt_int32 *)input)[from + i];
            *out = first || value > *out ? value : *out;
            continue;
        }
#endif
#if SNNRT_WITH_FLOAT32
        {
            snnrt_float32 *out = (snnrt_float32 *)output + to + i;
            float value = ((const snnrt_float32 *)input)[from + i];
            *out = first || value > *out ? value : *out;
        }
#endif
    }
    (void)type;
}

/* What fires for the first time. */
static void keep_earliest(snnrt_uint32 *output, snnrt_uint32 *fired, uint32_t words) {
    for (uint32_t i = 0; i < words; i++) {
        uint32_t now = output[i] & ~fired[i];
        fired[i] |= now;
        output[i] = now;
    }
}

/* One channel of a window, whose first tap is at `top`, `left`: of the input's sums the largest with this step's values,
 * less the largest without. */
typedef struct snnrt_net_window {
    const snnrt_node *source;
    const snnrt_max_pool2d_parameters *p;
    uint32_t top, left, channel;
} snnrt_net_window;

#if SNNRT_WITH_INT8
static int32_t net_sum_i16(int32_t sum, int32_t value) {
    sum += value;
    return sum < INT16_MIN ? INT16_MIN : sum > INT16_MAX ? INT16_MAX : sum;
}

static int16_t net_of_window_i16(const snnrt_net_window *w, const snnrt_int16 *input,
                                 const snnrt_int16 *sums) {
    int32_t before = INT32_MIN, now = INT32_MIN;
    for (uint32_t y = w->top, ky = w->p->kernel_h; ky != 0; ky--, y++) {
        for (uint32_t x = w->left, kx = w->p->kernel_w; kx != 0; kx--, x++) {
            /* In the padding above or to the left they have wrapped. */
            if (y < w->source->height && x < w->source->width) {
                uint32_t from = (y * w->source->width + x) * w->source->channels + w->channel;
                int32_t next = net_sum_i16(sums[from], input[from]);
                before = sums[from] > before ? sums[from] : before;
                now = next > now ? next : now;
            }
        }
    }
    return (int16_t)(now - before);
}
#endif

#if SNNRT_WITH_FLOAT32
static float net_of_window_f32(const snnrt_net_window *w, const snnrt_float32 *input,
                               const snnrt_float32 *sums) {
    float before = 0.0f, now = 0.0f;
    bool first = true;
    for (uint32_t y = w->top, ky = w->p->kernel_h; ky != 0; ky--, y++) {
        for (uint32_t x = w->left, kx = w->p->kernel_w; kx != 0; kx--, x++) {
            if (y < w->source->height && x < w->source->width) {
                uint32_t from = (y * w->source->width + x) * w->source->channels + w->channel;
                float next = sums[from] + input[from];
                before = first || sums[from] > before ? sums[from] : before;
                now = first || next > now ? next : now;
                first = false;
            }
        }
    }
    return snnrt_difference(now, before);
}
#endif

/* Every window, then the sums. */
static void advance_net(const snnrt_node *node, const snnrt_node *source, const void *input, void *sums,
                        void *output) {
    snnrt_net_window w;
    uint32_t to = 0;
    w.source = source;
    w.p = max_pool_of(node);
    for (uint32_t oy = 0; oy < node->height; oy++) {
        for (uint32_t ox = 0; ox < node->width; ox++) {
            w.top = oy * w.p->stride_y - w.p->pad_top;
            w.left = ox * w.p->stride_x - w.p->pad_left;
            for (w.channel = 0; w.channel < node->channels; w.channel++, to++) {
#if SNNRT_WITH_INT8
                if (node->type == SNNRT_TYPE_INT16) {
                    ((snnrt_int16 *)output)[to] =
                        net_of_window_i16(&w, (const snnrt_int16 *)input, (const snnrt_int16 *)sums);
                    continue;
                }
#endif
#if SNNRT_WITH_FLOAT32
                ((snnrt_float32 *)output)[to] =
                    net_of_window_f32(&w, (const snnrt_float32 *)input, (const snnrt_float32 *)sums);
#endif
            }
        }
    }
    for (uint32_t i = 0; i < w.p->inputs_kept; i++) {
#if SNNRT_WITH_INT8
        if (node->type == SNNRT_TYPE_INT16) {
            snnrt_int16 *sum = (snnrt_int16 *)sums + i;
            *sum = (int16_t)net_sum_i16(*sum, ((const snnrt_int16 *)input)[i]);
            continue;
        }
#endif
#if SNNRT_WITH_FLOAT32
        {
            snnrt_float32 *sum = (snnrt_float32 *)sums + i;
            *sum = *sum + ((const snnrt_float32 *)input)[i];
        }
#endif
    }
}

#if SNNRT_WITH_FAST_LOOPS
static void raise_spikes(const snnrt_network *network, const snnrt_node *node, const snnrt_node *source,
                         const void *input, void *output) {
    snnrt_pool_step step;
    snnrt_clear_bits(network, node);
    step.window = max_pool_window(node);
    step.input = input;
    step.output = output;
    step.channels = node->channels;
    step.in_height = source->height;
    step.in_width = source->width;
    step.out_height = node->height;
    step.out_width = node->width;
    snnrt_max_pool_bits(&step);
}
#endif

/* Small builds: of spikes too, into cleared bits. */
static void raise_values(const snnrt_node *node, const snnrt_node *source, const void *input, void *output) {
    const snnrt_max_pool2d_parameters *p = max_pool_of(node);
    const uint32_t channels = node->channels;
    uint32_t to = 0;
    for (uint32_t oy = 0; oy < node->height; oy++) {
        for (uint32_t ox = 0; ox < node->width; ox++, to += channels) {
            bool first = true;
            for (uint32_t ky = 0; ky < p->kernel_h; ky++) {
                uint32_t y = oy * p->stride_y + ky - p->pad_top;
                for (uint32_t kx = 0; kx < p->kernel_w; kx++) {
                    uint32_t x = ox * p->stride_x + kx - p->pad_left;
                    /* In the padding above or to the left they have wrapped. */
                    if (y < source->height && x < source->width) {
                        const uint32_t from = (y * source->width + x) * channels;
#if !SNNRT_WITH_FAST_LOOPS
                        if (node->type == SNNRT_TYPE_BITS) {
                            snnrt_or_bits((snnrt_uint32 *)output, to, (const snnrt_uint32 *)input, from,
                                          channels);
                            continue;
                        }
#endif
                        raise_elements(node->type, output, to, input, from, channels, first);
                        first = false;
                    }
                }
            }
        }
    }
}

void snnrt_max_pool2d_advance(const snnrt_network *network, const snnrt_node *node, uint32_t index) {
    const snnrt_node *source = snnrt_source_of(network->model, node, 0);
    const snnrt_max_pool2d_parameters *p = max_pool_of(node);
    const void *input = snnrt_value_of(network, source);
    void *output = network->arena + node->output;
    (void)index;
    if (p->mode == SNNRT_MAX_POOL_NET) {
        advance_net(node, source, input, network->arena + p->state, output);
        return;
    }
#if SNNRT_WITH_FAST_LOOPS
    if (node->type == SNNRT_TYPE_BITS) {
        raise_spikes(network, node, source, input, output);
    } else {
        raise_values(node, source, input, output);
    }
#else
    snnrt_clear_bits(network, node);
    raise_values(node, source, input, output);
#endif
    if (p->mode == SNNRT_MAX_POOL_EARLIEST) {
        keep_earliest((snnrt_uint32 *)output, (snnrt_uint32 *)(void *)(network->arena + p->state),
                      snnrt_output_bytes(node) / 4u);
    }
}

#else
typedef int snnrt_max_pool2d_node_left_out;
#endif
