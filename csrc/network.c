/* A network at work: reset, one timestep, one inference. */
#include <string.h>

#include "snnrt_core.h"

#define INITIALISED 0x534E4E52u

static const void *array_at(const snnrt_network *network, uint32_t reference) {
    return reference == 0 ? NULL : network->model + reference;
}

/* Where a node's value lies. */
static const void *value_of(const snnrt_network *network, uint32_t index) {
    uint32_t root = snnrt_alias_root(network->model, index);
    return root == 0 ? network->input
                     : network->arena + snnrt_node_of(network->model, root)->output;
}

static void run_synapse(const snnrt_network *network, uint32_t index) {
    const snnrt_node *node = snnrt_node_of(network->model, index);
    uint32_t source_index = node->inputs[0] & ~SNNRT_DELAYED;
    const snnrt_node *source = snnrt_node_of(network->model, source_index);
    snnrt_synapse_step step;
    step.kernels = network->kernels;
    step.parameters = &node->parameters.synapse;
    step.weights = array_at(network, node->parameters.synapse.weights);
    step.bias = array_at(network, node->parameters.synapse.bias);
    step.input = value_of(network, source_index);
    step.output = network->arena + node->output;
    step.counts = network->counts == NULL ? NULL : network->counts + index;
    step.scratch = network->scratch;
    step.scratch_bytes = network->scratch_bytes;
    step.input_dtype = source->dtype;
    step.input_peak = source->peak;
    step.numbers = snnrt_header_of(network->model)->numbers;
    step.in_channels = source->channels;
    step.in_height = source->height;
    step.in_width = source->width;
    step.out_channels = node->channels;
    step.out_height = node->height;
    step.out_width = node->width;
#if SNNRT_WITH_CONV2D
    if (node->kind == SNNRT_KIND_CONV2D) {
        snnrt_conv2d(&step);
        return;
    }
#endif
    snnrt_dense(&step);
}

#if SNNRT_WITH_POOL2D
static void run_pool(const snnrt_network *network, uint32_t index) {
    const snnrt_node *node = snnrt_node_of(network->model, index);
    uint32_t source_index = node->inputs[0] & ~SNNRT_DELAYED;
    const snnrt_node *source = snnrt_node_of(network->model, source_index);
    snnrt_pool_step step;
    step.kernels = network->kernels;
    step.parameters = &node->parameters.synapse;
    step.input = value_of(network, source_index);
    step.output = network->arena + node->output;
    step.input_dtype = source->dtype;
    step.output_dtype = node->dtype;
    step.channels = node->channels;
    step.in_height = source->height;
    step.in_width = source->width;
    step.out_height = node->height;
    step.out_width = node->width;
    step.average = node->kind == SNNRT_KIND_AVG_POOL2D;
    snnrt_pool2d(&step);
}
#endif

/* Adds every input; the readout adds to what it has. */
static void run_add(const snnrt_network *network, uint32_t index) {
    const snnrt_node *node = snnrt_node_of(network->model, index);
    snnrt_add_step step;
    step.output = network->arena + node->output;
    step.output_dtype = node->dtype;
    step.elements = snnrt_elements(node);
    for (uint32_t i = 0; i < node->input_count; i++) {
        uint32_t source = node->inputs[i] & ~SNNRT_DELAYED;
        step.input = value_of(network, source);
        step.input_dtype = snnrt_node_of(network->model, source)->dtype;
        step.first = i == 0 && node->kind == SNNRT_KIND_ADD;
        snnrt_add(&step);
    }
}

static void run_neuron(const snnrt_network *network, uint32_t index) {
    const snnrt_node *node = snnrt_node_of(network->model, index);
    const snnrt_neuron_parameters *p = &node->parameters.neuron;
    snnrt_neuron_step step;
    uint64_t spikes;
    step.parameters = p;
    for (uint32_t a = 0; a < SNNRT_NEURON_PARAMETERS; a++) {
        step.arrays[a] = array_at(network, p->arrays[a]);
    }
    step.current = value_of(network, node->inputs[0] & ~SNNRT_DELAYED);
    step.state = network->arena + p->state;
    step.synapse_state =
        p->synapse_state == SNNRT_NO_OFFSET ? NULL : network->arena + p->synapse_state;
    step.output = network->arena + node->output;
    step.neurons = snnrt_elements(node);
    step.channels = node->channels;
#if SNNRT_WITH_INT8 && SNNRT_WITH_FLOAT32
    spikes = snnrt_is_int8(network->model)
                 ? network->kernels->neuron_i32(&step)
                 : network->kernels->neuron_f32(&step);
#elif SNNRT_WITH_INT8
    spikes = network->kernels->neuron_i32(&step);
#else
    spikes = network->kernels->neuron_f32(&step);
#endif
#if SNNRT_WITH_COUNTERS
    if (network->counts != NULL) {
        network->counts[index].spikes += spikes;
        network->counts[index].neuron_updates += step.neurons;
    }
#else
    (void)spikes;
#endif
}

static void run_node(const snnrt_network *network, uint32_t index) {
    switch (snnrt_node_of(network->model, index)->kind) {
    case SNNRT_KIND_DENSE:
    case SNNRT_KIND_CONV2D:
        run_synapse(network, index);
        break;
#if SNNRT_WITH_POOL2D
    case SNNRT_KIND_SUM_POOL2D:
    case SNNRT_KIND_AVG_POOL2D:
        run_pool(network, index);
        break;
#endif
    case SNNRT_KIND_ADD:
    case SNNRT_KIND_READOUT:
        run_add(network, index);
        break;
    case SNNRT_KIND_NEURON:
        run_neuron(network, index);
        break;
    default:
        break;
    }
}

static void initialise_neuron(const snnrt_network *network, const snnrt_node *node) {
    const snnrt_neuron_parameters *p = &node->parameters.neuron;
    uint32_t granularity = SNNRT_GRANULARITY(p, SNNRT_INITIAL);
    const uint8_t *initial = network->model + p->arrays[SNNRT_INITIAL];
    uint32_t bytes = snnrt_state_bytes(node);
    uint32_t neurons = snnrt_elements(node);
    uint32_t width = bytes / neurons;
    uint32_t period = granularity == SNNRT_SCALAR        ? 1u
                      : granularity == SNNRT_PER_CHANNEL ? node->channels
                                                         : neurons;
    uint8_t *state = network->arena + p->state;
    memset(state, 0, bytes);
    if (p->synapse_state != SNNRT_NO_OFFSET) {
        memset(network->arena + p->synapse_state, 0, (size_t)neurons * 4u);
    }
    if (granularity == SNNRT_ABSENT) {
        return;
    }
    for (uint32_t i = 0, k = 0; i < neurons; i++) {
        /* Little-endian: the low half of an int32 in range is the int16. */
        memcpy(state + (size_t)i * width, initial + (size_t)k * 4u, width);
        k = k + 1u == period ? 0u : k + 1u;
    }
}

static bool is_ready(const snnrt_network *network) {
    return network != NULL && network->initialised == INITIALISED;
}

snnrt_status snnrt_init(snnrt_network *network, const void *model, size_t model_bytes, void *arena,
                        size_t arena_bytes, snnrt_fault *fault) {
    const snnrt_file_header *header = snnrt_header_of((const uint8_t *)model);
    const snnrt_exit_parameters *exit;
    snnrt_status status;
    snnrt_check check;
    check.fault = fault;
    check.index = SNNRT_NO_NODE;
    if (network == NULL) {
        return snnrt_fail(&check, SNNRT_ERROR_NULL, 0, 0);
    }
    memset(network, 0, sizeof *network);
    status = snnrt_check_model(model, model_bytes, fault);
    if (status != SNNRT_OK) {
        return status;
    }
    if (arena == NULL) {
        return snnrt_fail(&check, SNNRT_ERROR_NULL, 0, 0);
    }
    if ((uintptr_t)arena % 8u != 0) {
        return snnrt_fail(&check, SNNRT_ERROR_ARENA_MISALIGNED, 0, (uintptr_t)arena % 8u);
    }
    if (arena_bytes < header->arena_bytes) {
        return snnrt_fail(&check, SNNRT_ERROR_ARENA_TOO_SMALL, header->arena_bytes, arena_bytes);
    }
    exit = &snnrt_node_of((const uint8_t *)model, header->node_count - 1u)->parameters.exit;
    network->model = (const uint8_t *)model;
    network->arena = (uint8_t *)arena;
    network->kernels = &snnrt_kernels_portable;
    network->maximum_timesteps = header->timesteps;
    network->exit_rule = exit->rule;
    network->exit_threshold_q = exit->threshold_q;
    network->initialised = INITIALISED;
    return snnrt_reset(network);
}

snnrt_status snnrt_reset(snnrt_network *network) {
    uint32_t count;
    if (!is_ready(network)) {
        return SNNRT_ERROR_NOT_INITIALISED;
    }
    count = snnrt_header_of(network->model)->node_count;
    network->timestep = 0;
    network->input = NULL;
    for (uint32_t i = 0; i < count; i++) {
        const snnrt_node *node = snnrt_node_of(network->model, i);
        if (node->kind == SNNRT_KIND_NEURON) {
            initialise_neuron(network, node);
        }
        if (node->kind == SNNRT_KIND_READOUT) {
            memset(network->arena + node->output, 0, snnrt_output_bytes(node));
        }
        for (uint32_t k = 0; k < node->input_count; k++) {
            if ((node->inputs[k] & SNNRT_DELAYED) != 0) {
                uint32_t root =
                    snnrt_alias_root(network->model, node->inputs[k] & ~SNNRT_DELAYED);
                const snnrt_node *source = snnrt_node_of(network->model, root);
                memset(network->arena + source->output, 0, snnrt_output_bytes(source));
            }
        }
#if SNNRT_WITH_COUNTERS
        if (network->counts != NULL) {
            memset(network->counts + i, 0, sizeof *network->counts);
        }
#endif
    }
    return SNNRT_OK;
}

#if SNNRT_WITH_TRACE
static void show(const snnrt_network *network, uint32_t index, uint32_t count) {
    const snnrt_node *node = snnrt_node_of(network->model, index);
    const void *state = NULL;
    if (node->kind == SNNRT_KIND_NEURON) {
        state = network->arena + node->parameters.neuron.state;
    }
    network->trace(network->trace_user, network, index,
                   index + 1u == count ? NULL : value_of(network, index), state);
}
#endif

static bool evaluate_exit(const snnrt_network *network, snnrt_result *result) {
    uint32_t count = snnrt_header_of(network->model)->node_count;
    const snnrt_node *readout = snnrt_node_of(network->model, count - 2u);
    snnrt_logits logits;
    logits.accumulators = network->arena + readout->output;
    logits.multipliers =
        (const int32_t *)array_at(network, readout->parameters.readout.multipliers);
    logits.shift = readout->parameters.readout.shift;
    logits.int8 = snnrt_is_int8(network->model);
    logits.classes = readout->channels;
    logits.timesteps = network->timestep;
    logits.mean = readout->parameters.readout.mode != 0;
    result->timesteps = network->timestep;
    return snnrt_exit_evaluate(&logits, network->exit_rule, network->exit_threshold_q, result);
}

snnrt_status snnrt_step(snnrt_network *network, const void *input, snnrt_result *result) {
    const snnrt_node *source;
    uint32_t count;
    bool first;
    bool constant;
    if (!is_ready(network)) {
        return SNNRT_ERROR_NOT_INITIALISED;
    }
    source = snnrt_node_of(network->model, 0);
    count = snnrt_header_of(network->model)->node_count;
    first = network->timestep == 0;
    constant = source->parameters.input.encoding == SNNRT_INPUT_CONSTANT;
    if (input == NULL && (first || !constant)) {
        return SNNRT_ERROR_NULL;
    }
    if ((uintptr_t)input % (source->dtype == SNNRT_DTYPE_INT16 ? 2u : 4u) != 0) {
        return SNNRT_ERROR_INPUT_MISALIGNED;
    }
    if (first || !constant) {
        network->input = input;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (first || (snnrt_node_of(network->model, i)->flags & SNNRT_NODE_STATIC) == 0) {
            run_node(network, i);
        }
#if SNNRT_WITH_TRACE
        if (network->trace != NULL) {
            show(network, i, count);
        }
#endif
    }
    if (!constant) {
        network->input = NULL;
    }
    if (network->timestep != UINT32_MAX) {
        network->timestep++;
    }
    if (result != NULL) {
        bool stop = evaluate_exit(network, result);
        result->done = stop || network->timestep >= network->maximum_timesteps;
    }
    return SNNRT_OK;
}

snnrt_status snnrt_run(snnrt_network *network, const void *input, snnrt_result *result) {
    snnrt_status status;
    const uint8_t *frame = (const uint8_t *)input;
    size_t stride;
    if (result == NULL || input == NULL) {
        return SNNRT_ERROR_NULL;
    }
    status = snnrt_reset(network);
    if (status != SNNRT_OK) {
        return status;
    }
    stride = snnrt_node_of(network->model, 0)->parameters.input.encoding == SNNRT_INPUT_SPIKES
                 ? snnrt_output_bytes(snnrt_node_of(network->model, 0))
                 : 0;
    do {
        status = snnrt_step(network, frame, result);
        frame += stride;
    } while (status == SNNRT_OK && !result->done);
    return status;
}

snnrt_status snnrt_set_exit(snnrt_network *network, uint32_t rule, uint32_t threshold_q,
                            uint32_t maximum_timesteps) {
    uint32_t classes;
    if (!is_ready(network)) {
        return SNNRT_ERROR_NOT_INITIALISED;
    }
    classes =
        snnrt_node_of(network->model, snnrt_header_of(network->model)->node_count - 2u)->channels;
    if (!snnrt_exit_rule_fits(rule, threshold_q, classes) || maximum_timesteps - 1u >= 65535u) {
        return SNNRT_ERROR_ARGUMENT;
    }
    network->exit_rule = rule;
    network->exit_threshold_q = threshold_q;
    network->maximum_timesteps = maximum_timesteps;
    return SNNRT_OK;
}

const void *snnrt_accumulators(const snnrt_network *network) {
    if (!is_ready(network)) {
        return NULL;
    }
    return network->arena +
           snnrt_node_of(network->model, snnrt_header_of(network->model)->node_count - 2u)->output;
}

snnrt_status snnrt_use_scratch(snnrt_network *network, void *scratch, size_t scratch_bytes) {
    if (!is_ready(network)) {
        return SNNRT_ERROR_NOT_INITIALISED;
    }
    if ((uintptr_t)scratch % 8u != 0) {
        return SNNRT_ERROR_ARENA_MISALIGNED;
    }
    network->scratch = scratch;
    network->scratch_bytes = scratch_bytes;
    return SNNRT_OK;
}

snnrt_status snnrt_count_events(snnrt_network *network, snnrt_counts *counts, uint32_t count) {
    if (!is_ready(network)) {
        return SNNRT_ERROR_NOT_INITIALISED;
    }
    if (counts != NULL && count != snnrt_header_of(network->model)->node_count) {
        return SNNRT_ERROR_ARGUMENT;
    }
#if SNNRT_WITH_COUNTERS
    network->counts = counts;
    if (counts != NULL) {
        memset(counts, 0, (size_t)count * sizeof *counts);
    }
    return SNNRT_OK;
#else
    return SNNRT_ERROR_KERNEL_MISSING;
#endif
}

snnrt_status snnrt_set_trace(snnrt_network *network, snnrt_trace trace, void *user) {
    if (!is_ready(network)) {
        return SNNRT_ERROR_NOT_INITIALISED;
    }
#if SNNRT_WITH_TRACE
    network->trace = trace;
    network->trace_user = user;
    return SNNRT_OK;
#else
    (void)trace;
    (void)user;
    return SNNRT_ERROR_KERNEL_MISSING;
#endif
}
