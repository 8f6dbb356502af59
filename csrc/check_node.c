/* One node's record: kind and place, inputs, types, shape, parameters. Everything that the nodes before
 * (and, for delayed inputs, after) claim was or will be checked in its own turn. */
#include "snnrt_core.h"

#if SNNRT_WITH_MODEL_CHECK

/* A kind, unless the build leaves it out: then no code that asks for it. */
#define IS_CONV2D(node) (SNNRT_WITH_CONV2D && (node)->kind == SNNRT_KIND_CONV2D)
#define IS_POOL2D(node)                                                                            \
    (SNNRT_WITH_POOL2D &&                                                                          \
     ((node)->kind == SNNRT_KIND_SUM_POOL2D || (node)->kind == SNNRT_KIND_AVG_POOL2D))
#define IS_ADD(node) (SNNRT_WITH_ADD && (node)->kind == SNNRT_KIND_ADD)
#define WITH_WINDOWS (SNNRT_WITH_CONV2D || SNNRT_WITH_POOL2D)

static bool dimensions_fit(const snnrt_node *node) {
    uint32_t h = node->height;
    uint32_t w = node->width;
    uint32_t c = node->channels;
    uint64_t pixels = (uint64_t)h * w;
    /* Below 2^24 each: the products stay below 2^64, and no sum of one with its padding overflows. */
    return c - 1u < SNNRT_DIMENSION_MAX && h - 1u < SNNRT_DIMENSION_MAX &&
           w - 1u < SNNRT_DIMENSION_MAX && pixels <= SNNRT_ELEMENTS_MAX &&
           pixels * c <= SNNRT_ELEMENTS_MAX &&
           (node->rank == 3 || (node->rank == 1 && pixels == 1));
}

static bool same_shape(const snnrt_node *a, const snnrt_node *b) {
    return a->rank == b->rank && a->channels == b->channels && a->height == b->height &&
           a->width == b->width;
}

/* A source comes earlier in the list, a delayed one later: both are nodes with a value. */
static bool input_fits(const snnrt_check *c, uint32_t input) {
    uint32_t source = input & ~SNNRT_DELAYED;
    if (source == input) {
        return input < c->index && (c->node->kind != SNNRT_KIND_EXIT || input == c->index - 1u);
    }
    /* A flatten's value is its source's memory: that too must be written after this node. */
    return source < c->count - 2u && source > c->index && c->node->kind != SNNRT_KIND_FLATTEN &&
           (snnrt_node_of(c->model, source)->kind != SNNRT_KIND_FLATTEN ||
            snnrt_node_of(c->model, source)->inputs[0] > c->index);
}

static bool place_fits(const snnrt_check *c) {
    uint32_t kind = c->node->kind;
    uint32_t wanted = c->index == 0               ? (uint32_t)SNNRT_KIND_INPUT
                      : c->index == c->count - 2u ? (uint32_t)SNNRT_KIND_READOUT
                      : c->index == c->count - 1u ? (uint32_t)SNNRT_KIND_EXIT
                                                  : 0u;
    return wanted != 0 ? kind == wanted : kind >= SNNRT_KIND_DENSE && kind <= SNNRT_KIND_NEURON;
}

/* Types of the values that a node may read. */
static bool reads(const snnrt_check *c, const snnrt_node *source) {
    uint32_t dtype = source->dtype;
    uint32_t kind = c->node->kind;
    if (!snnrt_is_int8(c->model)) {
        return dtype == SNNRT_TYPE_FLOAT32 ||
               (dtype == SNNRT_TYPE_BITS && kind != SNNRT_KIND_NEURON);
    }
    if (kind == SNNRT_KIND_NEURON) {
        return dtype == SNNRT_TYPE_INT32;
    }
    if (IS_POOL2D(c->node)) {
        return (dtype == SNNRT_TYPE_INT32) == (c->node->dtype == SNNRT_TYPE_INT32);
    }
    return dtype != SNNRT_TYPE_INT32 || kind >= SNNRT_KIND_READOUT ||
           kind == SNNRT_KIND_FLATTEN ||
           (IS_ADD(c->node) && c->node->dtype == SNNRT_TYPE_INT32);
}

static bool writes(const snnrt_check *c) {
    const snnrt_node *node = c->node;
    bool int8 = snnrt_is_int8(c->model);
    uint32_t dtype = node->dtype;
    uint32_t narrow = int8 ? SNNRT_TYPE_INT16 : SNNRT_TYPE_FLOAT32;
    uint32_t number = int8 ? SNNRT_TYPE_INT32 : SNNRT_TYPE_FLOAT32;
    if (node->kind == SNNRT_KIND_INPUT) {
        return dtype == narrow;
    }
    if (node->kind == SNNRT_KIND_FLATTEN) {
        return dtype == c->source->dtype;
    }
    if (node->kind == SNNRT_KIND_NEURON) {
        if ((node->parameters.neuron.flags & SNNRT_NEURON_MULTIPLE) != 0) {
            return dtype == narrow;
        }
        if (SNNRT_GRANULARITY(&node->parameters.neuron, SNNRT_NEURON_THRESHOLD) != SNNRT_ABSENT) {
            return dtype == SNNRT_TYPE_BITS;
        }
    }
    return dtype == number || (dtype == narrow && (IS_ADD(node) || IS_POOL2D(node)));
}

#if WITH_WINDOWS
/* Neither the padded size nor the extent can pass 2^32: 2^24 + 2 * 65535, and 65535 * 65534 + 1. */
static uint32_t window_positions(uint32_t padded, uint32_t kernel, uint32_t dilation,
                                 uint32_t stride) {
    uint32_t extent = dilation * (kernel - 1u) + 1u;
    if (kernel == 0 || stride == 0 || dilation == 0 || padded < extent) {
        return 0;
    }
    return (padded - extent) / stride + 1u;
}

static bool window_fits(const snnrt_check *c) {
    const snnrt_window *p = &c->node->parameters.synapse.window;
    bool conv = IS_CONV2D(c->node);
    return c->node->rank == 3 && c->source->rank == 3 &&
           c->node->height == window_positions(c->source->height + p->pad_top + p->pad_bottom,
                                               p->kernel_h, conv ? p->dilation_y : 1u,
                                               p->stride_y) &&
           c->node->width == window_positions(c->source->width + p->pad_left + p->pad_right,
                                              p->kernel_w, conv ? p->dilation_x : 1u,
                                              p->stride_x);
}
#endif

static bool shape_fits(const snnrt_check *c) {
    const snnrt_node *node = c->node;
    switch (node->kind) {
    case SNNRT_KIND_DENSE:
        return node->rank == 1 && c->source->rank == 1;
#if WITH_WINDOWS
    case SNNRT_KIND_CONV2D: {
        uint32_t groups = node->parameters.synapse.window.groups;
        return window_fits(c) && groups != 0 && node->channels % groups == 0 &&
               c->source->channels % groups == 0;
    }
    case SNNRT_KIND_SUM_POOL2D:
    case SNNRT_KIND_AVG_POOL2D:
        return window_fits(c) && node->channels == c->source->channels;
#endif
    case SNNRT_KIND_FLATTEN:
        return node->rank == 1 && c->source->rank == 3 &&
               node->channels == snnrt_elements(c->source);
    case SNNRT_KIND_EXIT:
        return node->rank == 1 && node->channels == 1;
    case SNNRT_KIND_READOUT:
        if (node->rank != 1 || node->channels > SNNRT_CLASSES_MAX) {
            return false;
        }
        break;
    default:
        break;
    }
    return same_shape(node, c->source);
}

static bool neuron_parameters_fit(const snnrt_check *c) {
    const snnrt_neuron_parameters *p = &c->node->parameters.neuron;
    uint32_t flags = p->flags;
    bool multiple = (flags & SNNRT_NEURON_MULTIPLE) != 0;
    bool next = (flags & SNNRT_NEURON_RESET_NEXT) != 0;
    uint32_t reset = SNNRT_NEURON_RESET(flags);
    uint32_t forbidden = 0;
    if (flags > SNNRT_NEURON_FLAGS_MAX || reset > SNNRT_RESET_VALUE || (multiple && next) ||
        p->max_spikes - 1u >= (multiple ? 32767u : 1u) ||
        p->granularity >> (2u * SNNRT_NEURON_ARRAYS) != 0 ||
        SNNRT_GRANULARITY(p, SNNRT_NEURON_MEMBRANE) == SNNRT_ABSENT) {
        return false;
    }
    if (SNNRT_GRANULARITY(p, SNNRT_NEURON_THRESHOLD) == SNNRT_ABSENT &&
        (reset != SNNRT_RESET_NONE || multiple || next)) {
        return false;
    }
    if (reset == SNNRT_RESET_VALUE && SNNRT_GRANULARITY(p, SNNRT_NEURON_RESET_VALUE) == SNNRT_ABSENT) {
        return false;
    }
    if (!snnrt_is_int8(c->model)) {
        return (flags & SNNRT_NEURON_STATE_INT16) == 0;
    }
    forbidden = 3u << 2 * SNNRT_NEURON_GAIN | 3u << 2 * SNNRT_NEURON_LEAK;
    return SNNRT_NEURON_INTEGRATION(flags) == SNNRT_INTEGRATION_DECAY && (p->granularity & forbidden) == 0;
}

/* Parameter words that the kind has; the ones behind them must be 0. */
static uint32_t words_used(const snnrt_node *node) {
    static const uint8_t used[SNNRT_KIND_EXIT + 1] = {0, 5, 3, 9, 7, 7, 0, 0, 15, 4, 3};
    return used[node->kind];
}

static bool parameters_fit(const snnrt_check *c) {
    const snnrt_node *node = c->node;
    for (uint32_t i = words_used(node); i < 16; i++) {
        if (node->parameters.words[i] != 0) {
            return false;
        }
    }
    switch (node->kind) {
    case SNNRT_KIND_INPUT: {
        const snnrt_input_parameters *p = &node->parameters.input;
        return p->encoding <= SNNRT_INPUT_SPIKES && (uint32_t)p->peak - 1u < 32767u;
    }
#if WITH_WINDOWS
    case SNNRT_KIND_CONV2D:
        return node->parameters.synapse.window.zero == 0;
    case SNNRT_KIND_AVG_POOL2D:
        if (snnrt_is_int8(c->model)) {
            return false;
        }
    /* fall through */
    case SNNRT_KIND_SUM_POOL2D:
        return (node->parameters.words[0] | node->parameters.words[1] |
                node->parameters.words[2]) == 0;
#endif
    case SNNRT_KIND_NEURON:
        return neuron_parameters_fit(c);
    case SNNRT_KIND_READOUT:
        return node->parameters.readout.mode <= 1 && node->parameters.readout.shift <= 62;
    case SNNRT_KIND_EXIT: {
        const snnrt_exit_parameters *p = &node->parameters.exit;
        return snnrt_exit_rule_fits(p->rule, p->threshold_q, c->source->channels);
    }
    default:
        return true;
    }
}

/* What `peak` must be: 0 where the type has none, more than 32767 where it would not fit. */
static uint32_t peak_needed(const snnrt_check *c, uint32_t peaks) {
    const snnrt_node *node = c->node;
    if (node->dtype == SNNRT_TYPE_BITS) {
        return 1;
    }
    if (node->dtype != SNNRT_TYPE_INT16) {
        return 0;
    }
    if (node->kind == SNNRT_KIND_INPUT) {
        return (uint32_t)node->parameters.input.peak;
    }
    if (node->kind == SNNRT_KIND_NEURON) {
        return node->parameters.neuron.max_spikes;
    }
#if SNNRT_WITH_POOL2D
    if (IS_POOL2D(node)) {
        const snnrt_window *pool = &node->parameters.synapse.window;
        uint32_t window = (uint32_t)pool->kernel_h * pool->kernel_w;
        return window > 32767u ? UINT32_MAX : peaks * window;
    }
#endif
    return peaks;
}

/* What the inputs say of a node. */
typedef struct snnrt_inputs {
    uint32_t peaks; /* of all inputs, added */
    bool are_static;
} snnrt_inputs;

/* Each input alone. */
static snnrt_status check_inputs(snnrt_check *c, snnrt_inputs *inputs) {
    const snnrt_node *node = c->node;
    uint32_t given = node->input_count;
    if (node->kind == SNNRT_KIND_INPUT ? given != 0
                                       : given - 1u >= (IS_ADD(node) ? SNNRT_INPUTS_MAX : 1u)) {
        return SNNRT_ERROR_NODE_INPUTS;
    }
    c->source = node;
    inputs->peaks = 0;
    inputs->are_static = node->kind == SNNRT_KIND_INPUT
                             ? node->parameters.input.encoding == SNNRT_INPUT_CONSTANT
                             : node->kind < SNNRT_KIND_NEURON;
    for (uint32_t i = SNNRT_INPUTS_MAX; i-- != 0;) {
        uint32_t input = node->inputs[i];
        if (i >= given) {
            if (input != SNNRT_NO_INPUT) {
                return SNNRT_ERROR_NODE_INPUTS;
            }
            continue;
        }
        if (!input_fits(c, input)) {
            return SNNRT_ERROR_NODE_INPUTS;
        }
        /* The first is the last that is looked at. */
        c->source = snnrt_node_of(c->model, input & ~SNNRT_DELAYED);
        if (!reads(c, c->source)) {
            return SNNRT_ERROR_NODE_DTYPE;
        }
        if (IS_ADD(node) && !same_shape(node, c->source)) {
            return SNNRT_ERROR_NODE_SHAPE;
        }
        inputs->peaks += c->source->peak;
        if ((input & SNNRT_DELAYED) != 0 || (c->source->flags & SNNRT_NODE_STATIC) == 0) {
            inputs->are_static = false;
        }
    }
    return SNNRT_OK;
}

snnrt_status snnrt_check_node(snnrt_check *c) {
    const snnrt_node *node = c->node;
    snnrt_status status = SNNRT_ERROR_NODE_KIND;
    snnrt_inputs inputs;
    uint32_t peak;
    if (place_fits(c)) {
        status = check_inputs(c, &inputs);
    }
    if (status == SNNRT_OK && (!dimensions_fit(node) || !dimensions_fit(c->source) || !shape_fits(c))) {
        status = SNNRT_ERROR_NODE_SHAPE;
    }
    if (status == SNNRT_OK && !parameters_fit(c)) {
        status = SNNRT_ERROR_NODE_PARAMETER;
    }
    if (status == SNNRT_OK && !writes(c)) {
        status = SNNRT_ERROR_NODE_DTYPE;
    }
    if (status != SNNRT_OK) {
        return snnrt_fail(c, status, 0, 0);
    }
    peak = peak_needed(c, inputs.peaks);
    if (peak > 32767u || node->peak != peak) {
        return snnrt_fail(c, SNNRT_ERROR_NODE_PARAMETER, peak, node->peak);
    }
    if (node->flags != (inputs.are_static ? SNNRT_NODE_STATIC : 0u)) {
        return snnrt_fail(c, SNNRT_ERROR_NODE_PARAMETER, inputs.are_static, node->flags);
    }
    return SNNRT_OK;
}

#else
typedef int snnrt_check_node_left_out;
#endif
