/* One node's record: kind and place, inputs, types, shape, parameters. Everything that the nodes before
 * (and, for delayed inputs, after) claim was or will be checked in its own turn. */
#include "snnrt_core.h"

#define WITH_WINDOWS (SNNRT_WITH_CONV2D || SNNRT_WITH_POOL2D)

typedef struct snnrt_checked {
    const uint8_t *model;
    const snnrt_node *node;
    const snnrt_node *source; /* of the first input; NULL without inputs */
    uint32_t index;
    uint32_t count;
} snnrt_checked;

static bool dimensions_fit(const snnrt_node *node) {
    uint64_t pixels = (uint64_t)node->height * node->width;
    return node->channels != 0 && node->height != 0 && node->width != 0 &&
           node->channels <= SNNRT_DIMENSION_MAX && node->height <= SNNRT_DIMENSION_MAX &&
           node->width <= SNNRT_DIMENSION_MAX && pixels <= SNNRT_ELEMENTS_MAX &&
           pixels * node->channels <= SNNRT_ELEMENTS_MAX &&
           (node->rank == 3 || (node->rank == 1 && pixels == 1));
}

static bool same_shape(const snnrt_node *a, const snnrt_node *b) {
    return a->rank == b->rank && a->channels == b->channels && a->height == b->height &&
           a->width == b->width;
}

static bool zero_words(const snnrt_node *node, uint32_t first) {
    for (uint32_t i = first; i < 16; i++) {
        if (node->parameters.words[i] != 0) {
            return false;
        }
    }
    return true;
}

/* Sources come earlier in the list, delayed ones later; every listed source is a node with a value. */
static bool inputs_fit(const snnrt_checked *c) {
    const snnrt_node *node = c->node;
    if (node->input_count > SNNRT_INPUTS_MAX) {
        return false;
    }
    for (uint32_t i = 0; i < SNNRT_INPUTS_MAX; i++) {
        uint32_t input = node->inputs[i];
        uint32_t source = input & ~SNNRT_DELAYED;
        if (i >= node->input_count) {
            if (input != SNNRT_NO_INPUT) {
                return false;
            }
            continue;
        }
        if ((input & SNNRT_DELAYED) != 0) {
            /* A flatten's value is its source's memory: that too must be written after this node. */
            if (source >= c->count - 1u || source <= c->index ||
                (snnrt_node_of(c->model, source)->kind == SNNRT_KIND_FLATTEN &&
                 snnrt_node_of(c->model, source)->inputs[0] <= c->index)) {
                return false;
            }
        } else if (source >= c->index) {
            return false;
        }
        if (source == c->count - 2u && node->kind != SNNRT_KIND_EXIT) {
            return false;
        }
    }
    return true;
}

static bool input_count_fits(const snnrt_checked *c) {
    switch (c->node->kind) {
    case SNNRT_KIND_INPUT:
        return c->node->input_count == 0;
    case SNNRT_KIND_ADD:
        return c->node->input_count >= 1;
    case SNNRT_KIND_EXIT:
        return c->node->input_count == 1 && c->node->inputs[0] == c->count - 2u;
    case SNNRT_KIND_FLATTEN:
        return c->node->input_count == 1 && (c->node->inputs[0] & SNNRT_DELAYED) == 0;
    default:
        return c->node->input_count == 1;
    }
}

static bool place_fits(const snnrt_checked *c) {
    uint32_t kind = c->node->kind;
    return kind >= SNNRT_KIND_INPUT && kind <= SNNRT_KIND_EXIT &&
           (kind == SNNRT_KIND_INPUT) == (c->index == 0) &&
           (kind == SNNRT_KIND_READOUT) == (c->index == c->count - 2u) &&
           (kind == SNNRT_KIND_EXIT) == (c->index == c->count - 1u);
}

/* Types of the values that a node may read. */
static bool reads(const snnrt_checked *c, const snnrt_node *source) {
    uint32_t dtype = source->dtype;
    if (!snnrt_is_int8(c->model)) {
        return dtype == SNNRT_DTYPE_FLOAT32 ||
               (dtype == SNNRT_DTYPE_BITS && c->node->kind != SNNRT_KIND_NEURON);
    }
    switch (c->node->kind) {
    case SNNRT_KIND_DENSE:
    case SNNRT_KIND_CONV2D:
        return dtype == SNNRT_DTYPE_BITS || dtype == SNNRT_DTYPE_INT16;
    case SNNRT_KIND_NEURON:
        return dtype == SNNRT_DTYPE_INT32;
    case SNNRT_KIND_SUM_POOL2D:
        return (dtype == SNNRT_DTYPE_INT32) == (c->node->dtype == SNNRT_DTYPE_INT32);
    case SNNRT_KIND_ADD:
        return c->node->dtype == SNNRT_DTYPE_INT32 || dtype != SNNRT_DTYPE_INT32;
    default:
        return true;
    }
}

static bool writes(const snnrt_checked *c) {
    uint32_t dtype = c->node->dtype;
    uint32_t number = snnrt_is_int8(c->model) ? SNNRT_DTYPE_INT32 : SNNRT_DTYPE_FLOAT32;
    switch (c->node->kind) {
    case SNNRT_KIND_INPUT:
        return dtype == (snnrt_is_int8(c->model) ? SNNRT_DTYPE_INT16 : SNNRT_DTYPE_FLOAT32);
    case SNNRT_KIND_FLATTEN:
        return dtype == c->source->dtype;
    case SNNRT_KIND_NEURON: {
        const snnrt_neuron_parameters *p = &c->node->parameters.neuron;
        if (SNNRT_GRANULARITY(p, SNNRT_THRESHOLD) == SNNRT_ABSENT) {
            return dtype == number;
        }
        if ((p->flags & SNNRT_NEURON_MULTIPLE) != 0) {
            return dtype == (snnrt_is_int8(c->model) ? SNNRT_DTYPE_INT16 : SNNRT_DTYPE_FLOAT32);
        }
        return dtype == SNNRT_DTYPE_BITS;
    }
    case SNNRT_KIND_SUM_POOL2D:
    case SNNRT_KIND_ADD:
        return dtype == number || (snnrt_is_int8(c->model) && dtype == SNNRT_DTYPE_INT16);
    default:
        return dtype == number;
    }
}

#if WITH_WINDOWS
static uint64_t window_positions(uint64_t in, uint32_t before, uint32_t after, uint32_t kernel,
                                 uint32_t dilation, uint32_t stride) {
    uint64_t padded = in + before + after;
    uint64_t extent = (uint64_t)dilation * (kernel - 1u) + 1u;
    return padded < extent ? 0 : (padded - extent) / stride + 1u;
}

static bool window_fits(const snnrt_checked *c, bool pool) {
    const snnrt_synapse_parameters *p = &c->node->parameters.synapse;
    uint32_t dilation_y = pool ? 1u : p->dilation_y;
    uint32_t dilation_x = pool ? 1u : p->dilation_x;
    if (c->node->rank != 3 || c->source->rank != 3 || p->kernel_h == 0 || p->kernel_w == 0 ||
        p->stride_y == 0 || p->stride_x == 0 || dilation_y == 0 || dilation_x == 0) {
        return false;
    }
    return c->node->height == window_positions(c->source->height, p->pad_top, p->pad_bottom,
                                               p->kernel_h, dilation_y, p->stride_y) &&
           c->node->width == window_positions(c->source->width, p->pad_left, p->pad_right,
                                              p->kernel_w, dilation_x, p->stride_x);
}
#endif

static bool shape_fits(const snnrt_checked *c) {
    const snnrt_node *node = c->node;
    switch (node->kind) {
    case SNNRT_KIND_INPUT:
        return true;
    case SNNRT_KIND_DENSE:
        return node->rank == 1 && c->source->rank == 1;
#if WITH_WINDOWS
    case SNNRT_KIND_CONV2D: {
        uint32_t groups = node->parameters.synapse.groups;
        return window_fits(c, false) && groups != 0 && node->channels % groups == 0 &&
               c->source->channels % groups == 0;
    }
    case SNNRT_KIND_SUM_POOL2D:
    case SNNRT_KIND_AVG_POOL2D:
        return window_fits(c, true) && node->channels == c->source->channels;
#endif
    case SNNRT_KIND_FLATTEN:
        return node->rank == 1 && c->source->rank == 3 &&
               node->channels == snnrt_elements(c->source);
    case SNNRT_KIND_READOUT:
        return node->rank == 1 && node->channels <= SNNRT_CLASSES_MAX &&
               same_shape(node, c->source);
    case SNNRT_KIND_EXIT:
        return node->rank == 1 && node->channels == 1;
    default:
        return same_shape(node, c->source);
    }
}

static bool neuron_parameters_fit(const snnrt_checked *c) {
    const snnrt_neuron_parameters *p = &c->node->parameters.neuron;
    bool fires = SNNRT_GRANULARITY(p, SNNRT_THRESHOLD) != SNNRT_ABSENT;
    bool multiple = (p->flags & SNNRT_NEURON_MULTIPLE) != 0;
    bool next = (p->flags & SNNRT_NEURON_RESET_NEXT) != 0;
    uint32_t reset = SNNRT_NEURON_RESET(p->flags);
    if (p->flags > SNNRT_NEURON_FLAGS_MAX || reset > SNNRT_RESET_VALUE ||
        p->granularity >> (2u * SNNRT_NEURON_PARAMETERS) != 0 || !zero_words(c->node, 15) ||
        SNNRT_GRANULARITY(p, SNNRT_MEMBRANE) == SNNRT_ABSENT) {
        return false;
    }
    if (!fires && (reset != SNNRT_RESET_NONE || multiple || next)) {
        return false;
    }
    if (reset == SNNRT_RESET_VALUE && SNNRT_GRANULARITY(p, SNNRT_RESET_TO) == SNNRT_ABSENT) {
        return false;
    }
    if ((multiple && next) || p->max_spikes == 0 || p->max_spikes > (multiple ? 32767u : 1u)) {
        return false;
    }
    if (snnrt_is_int8(c->model)) {
        return SNNRT_NEURON_INTEGRATION(p->flags) == SNNRT_DECAY &&
               SNNRT_GRANULARITY(p, SNNRT_GAIN) == SNNRT_ABSENT &&
               SNNRT_GRANULARITY(p, SNNRT_LEAK) == SNNRT_ABSENT;
    }
    return (p->flags & SNNRT_NEURON_STATE_INT16) == 0;
}

static bool parameters_fit(const snnrt_checked *c) {
    const snnrt_node *node = c->node;
    switch (node->kind) {
    case SNNRT_KIND_INPUT: {
        const snnrt_input_parameters *p = &node->parameters.input;
        return p->encoding <= SNNRT_INPUT_SPIKES && zero_words(node, 5) && p->peak >= 1 &&
               p->peak <= 32767;
    }
    case SNNRT_KIND_DENSE:
        return zero_words(node, 3);
#if WITH_WINDOWS
    case SNNRT_KIND_CONV2D:
        return zero_words(node, 9) && node->parameters.synapse.zero == 0;
    case SNNRT_KIND_SUM_POOL2D:
    case SNNRT_KIND_AVG_POOL2D:
        return zero_words(node, 7) && !(snnrt_is_int8(c->model) && node->kind == SNNRT_KIND_AVG_POOL2D) &&
               node->parameters.words[0] == 0 && node->parameters.words[1] == 0 &&
               node->parameters.words[2] == 0;
#endif
    case SNNRT_KIND_NEURON:
        return neuron_parameters_fit(c);
    case SNNRT_KIND_READOUT:
        return node->parameters.readout.mode <= 1 && node->parameters.readout.shift <= 62 &&
               zero_words(node, 4);
    case SNNRT_KIND_EXIT: {
        const snnrt_exit_parameters *p = &node->parameters.exit;
        return p->rule <= SNNRT_EXIT_CONFIDENCE && zero_words(node, 3) &&
               (p->rule == SNNRT_EXIT_NEVER || c->source->channels >= 2) &&
               (p->rule != SNNRT_EXIT_CONFIDENCE || p->threshold_q <= 65536u);
    }
    default:
        return zero_words(node, 0);
    }
}

static bool kernel_present(const snnrt_checked *c) {
    switch (c->node->kind) {
    case SNNRT_KIND_CONV2D:
        return SNNRT_WITH_CONV2D != 0;
    case SNNRT_KIND_SUM_POOL2D:
    case SNNRT_KIND_AVG_POOL2D:
        return SNNRT_WITH_POOL2D != 0;
    case SNNRT_KIND_ADD:
        return SNNRT_WITH_ADD != 0;
    case SNNRT_KIND_NEURON: {
        const snnrt_neuron_parameters *p = &c->node->parameters.neuron;
        return SNNRT_WITH_NEURON_VARIANTS != 0 ||
               (SNNRT_GRANULARITY(p, SNNRT_SYNAPSE) == SNNRT_ABSENT &&
                SNNRT_GRANULARITY(p, SNNRT_LOWER_BOUND) == SNNRT_ABSENT &&
                (p->flags & SNNRT_NEURON_MULTIPLE) == 0);
    }
    default:
        return true;
    }
}

/* What `peak` must at least be; 0 where the type has none. */
static uint64_t peak_needed(const snnrt_checked *c) {
    const snnrt_node *node = c->node;
    uint64_t sum = 0;
    if (node->dtype == SNNRT_DTYPE_BITS) {
        return 1;
    }
    if (node->dtype != SNNRT_DTYPE_INT16) {
        return 0;
    }
    switch (node->kind) {
    case SNNRT_KIND_INPUT:
        return (uint64_t)node->parameters.input.peak;
    case SNNRT_KIND_SUM_POOL2D:
        return (uint64_t)c->source->peak * node->parameters.synapse.kernel_h *
               node->parameters.synapse.kernel_w;
    case SNNRT_KIND_ADD:
        for (uint32_t i = 0; i < node->input_count; i++) {
            sum += snnrt_node_of(c->model, node->inputs[i] & ~SNNRT_DELAYED)->peak;
        }
        return sum;
    case SNNRT_KIND_NEURON:
        return node->parameters.neuron.max_spikes;
    default:
        return c->source->peak;
    }
}

static bool static_needed(const snnrt_checked *c) {
    const snnrt_node *node = c->node;
    if (node->kind == SNNRT_KIND_INPUT) {
        return node->parameters.input.encoding == SNNRT_INPUT_CONSTANT;
    }
    if (node->kind >= SNNRT_KIND_NEURON) {
        return false;
    }
    for (uint32_t i = 0; i < node->input_count; i++) {
        if ((node->inputs[i] & SNNRT_DELAYED) != 0 ||
            (snnrt_node_of(c->model, node->inputs[i])->flags & SNNRT_NODE_STATIC) == 0) {
            return false;
        }
    }
    return true;
}

snnrt_status snnrt_check_node(const uint8_t *model, uint32_t index, snnrt_fault *fault) {
    snnrt_checked c;
    uint64_t peak;
    c.model = model;
    c.node = snnrt_node_of(model, index);
    c.source = NULL;
    c.index = index;
    c.count = snnrt_header_of(model)->node_count;
    if (!place_fits(&c)) {
        return snnrt_fail(fault, SNNRT_ERROR_NODE_KIND, index, SNNRT_KIND_EXIT, c.node->kind);
    }
    if (!kernel_present(&c)) {
        return snnrt_fail(fault, SNNRT_ERROR_KERNEL_MISSING, index, 0, c.node->kind);
    }
    if (!inputs_fit(&c) || !input_count_fits(&c)) {
        return snnrt_fail(fault, SNNRT_ERROR_NODE_INPUTS, index, 1, c.node->input_count);
    }
    if (c.node->input_count != 0) {
        c.source = snnrt_node_of(model, c.node->inputs[0] & ~SNNRT_DELAYED);
    }
    if (!dimensions_fit(c.node) || (c.source != NULL && !dimensions_fit(c.source)) ||
        !shape_fits(&c)) {
        return snnrt_fail(fault, SNNRT_ERROR_NODE_SHAPE, index, 0, 0);
    }
    if (!parameters_fit(&c)) {
        return snnrt_fail(fault, SNNRT_ERROR_NODE_PARAMETER, index, 0, 0);
    }
    if (!writes(&c)) {
        return snnrt_fail(fault, SNNRT_ERROR_NODE_DTYPE, index, 0, c.node->dtype);
    }
    for (uint32_t i = 0; i < c.node->input_count; i++) {
        const snnrt_node *source = snnrt_node_of(model, c.node->inputs[i] & ~SNNRT_DELAYED);
        if (c.node->kind == SNNRT_KIND_ADD && !same_shape(c.node, source)) {
            return snnrt_fail(fault, SNNRT_ERROR_NODE_SHAPE, index, 0, i);
        }
        if (!reads(&c, source)) {
            return snnrt_fail(fault, SNNRT_ERROR_NODE_DTYPE, index, 0, source->dtype);
        }
    }
    peak = peak_needed(&c);
    if (peak > 32767u || c.node->peak != peak) {
        return snnrt_fail(fault, SNNRT_ERROR_NODE_PARAMETER, index, (int64_t)peak, c.node->peak);
    }
    if (c.node->flags != (static_needed(&c) ? SNNRT_NODE_STATIC : 0u)) {
        return snnrt_fail(fault, SNNRT_ERROR_NODE_PARAMETER, index, 0, c.node->flags);
    }
    return SNNRT_OK;
}
