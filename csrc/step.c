/* A network at work: one timestep, one inference. */
#include "snnrt_core.h"

static const void *array_at(const snnrt_network *network, uint32_t reference) {
    return reference == 0 ? NULL : network->model + reference;
}

/* Where a node's value lies: an input's with the caller; a flatten says the same as its source. */
static const void *value_of(const snnrt_network *network, const snnrt_node *node) {
    return node->output == SNNRT_NO_OFFSET ? network->input : network->arena + node->output;
}

static const snnrt_node *source_of(const snnrt_network *network, uint32_t input) {
    return snnrt_node_of(network->model, input & ~SNNRT_DELAYED);
}

static void run_synapse(const snnrt_network *network, const snnrt_node *node, uint32_t index) {
    const snnrt_node *source = source_of(network, node->inputs[0]);
    snnrt_synapse_step step;
    step.kernels = network->kernels;
    step.window = &node->parameters.synapse.window;
    step.weights = array_at(network, node->parameters.synapse.weights);
    step.bias = array_at(network, node->parameters.synapse.bias);
    step.input = value_of(network, source);
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
static void run_pool(const snnrt_network *network, const snnrt_node *node) {
    const snnrt_node *source = source_of(network, node->inputs[0]);
    snnrt_pool_step step;
    step.kernels = network->kernels;
    step.window = &node->parameters.synapse.window;
    step.input = value_of(network, source);
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
static void run_add(const snnrt_network *network, const snnrt_node *node) {
    snnrt_add_step step;
    step.output = network->arena + node->output;
    step.output_dtype = node->dtype;
    step.elements = snnrt_elements(node);
    for (uint32_t i = 0; i < node->input_count; i++) {
        const snnrt_node *source = source_of(network, node->inputs[i]);
        step.input = value_of(network, source);
        step.input_dtype = source->dtype;
        step.first = i == 0 && node->kind == SNNRT_KIND_ADD;
        snnrt_add(&step);
    }
}

static void run_neuron(const snnrt_network *network, const snnrt_node *node, uint32_t index) {
    const snnrt_neuron_parameters *p = &node->parameters.neuron;
    snnrt_neuron_step step;
    uint64_t spikes;
    for (uint32_t i = 0; i < SNNRT_NEURON_PARAMETERS; i++) {
        step.arrays[i] = array_at(network, p->arrays[i]);
    }
    step.flags = p->flags;
    step.max_spikes = p->max_spikes;
    step.granularity = p->granularity;
    step.current = value_of(network, source_of(network, node->inputs[0]));
    step.state = network->arena + p->state;
    step.synapse_state =
        p->synapse_state == SNNRT_NO_OFFSET ? NULL : network->arena + p->synapse_state;
    step.output = network->arena + node->output;
    step.neurons = snnrt_elements(node);
    step.channels = node->channels;
#if SNNRT_WITH_INT8 && SNNRT_WITH_FLOAT32
    spikes = snnrt_is_int8(network->model)
                 ? SNNRT_KERNEL(network, neuron_i32)(&step)
                 : SNNRT_KERNEL(network, neuron_f32)(&step);
#elif SNNRT_WITH_INT8
    spikes = SNNRT_KERNEL(network, neuron_i32)(&step);
#else
    spikes = SNNRT_KERNEL(network, neuron_f32)(&step);
#endif
#if SNNRT_WITH_COUNTERS
    if (network->counts != NULL) {
        network->counts[index].spikes += spikes;
        network->counts[index].neuron_updates += step.neurons;
    }
#else
    (void)spikes;
    (void)index;
#endif
}

static void run_node(const snnrt_network *network, const snnrt_node *node, uint32_t index) {
    switch (node->kind) {
    case SNNRT_KIND_DENSE:
    case SNNRT_KIND_CONV2D:
        run_synapse(network, node, index);
        break;
#if SNNRT_WITH_POOL2D
    case SNNRT_KIND_SUM_POOL2D:
    case SNNRT_KIND_AVG_POOL2D:
        run_pool(network, node);
        break;
#endif
    case SNNRT_KIND_ADD:
    case SNNRT_KIND_READOUT:
        run_add(network, node);
        break;
    case SNNRT_KIND_NEURON:
        run_neuron(network, node, index);
        break;
    default:
        break;
    }
}

#if SNNRT_WITH_TRACE
static void show(const snnrt_network *network, uint32_t index, uint32_t count) {
    const snnrt_node *node = snnrt_node_of(network->model, index);
    const void *state = NULL;
    if (node->kind == SNNRT_KIND_NEURON) {
        state = network->arena + node->parameters.neuron.state;
    }
    network->trace(network->trace_user, network, index,
                   index + 1u == count ? NULL : value_of(network, node), state);
}
#endif

/* One timestep of every node; the readout has it, the exit rule was not asked. */
static snnrt_status advance(snnrt_network *network, const void *input) {
    snnrt_status status = snnrt_readiness(network);
    const snnrt_node *source;
    uint32_t count;
    bool first, wanted;
    if (status != SNNRT_OK) {
        return status;
    }
    source = snnrt_node_of(network->model, 0);
    count = snnrt_header_of(network->model)->node_count;
    first = network->timestep == 0;
    wanted = first || source->parameters.input.encoding != SNNRT_INPUT_CONSTANT;
    if (wanted) {
        if (input == NULL && network->hook != NULL) {
            input = network->hook(network->hook_user, network->timestep);
            status = SNNRT_ERROR_INPUT_MISSING;
        } else {
            status = SNNRT_ERROR_NULL;
        }
        if (input == NULL) {
            return status;
        }
    }
    if (((uintptr_t)input & (source->dtype == SNNRT_DTYPE_INT16 ? 1u : 3u)) != 0) {
        return SNNRT_ERROR_INPUT_MISALIGNED;
    }
    if (wanted) {
        network->input = input;
    }
    for (uint32_t i = 0; i < count; i++) {
        const snnrt_node *node = source + i;
        if (first || (node->flags & SNNRT_NODE_STATIC) == 0) {
            run_node(network, node, i);
        }
#if SNNRT_WITH_TRACE
        if (network->trace != NULL) {
            show(network, i, count);
        }
#endif
    }
    if (network->timestep != UINT32_MAX) {
        network->timestep++;
    }
    return SNNRT_OK;
}

void snnrt_logits_of(const snnrt_network *network, snnrt_logits *logits) {
    const snnrt_node *readout = snnrt_readout_of(network->model);
    logits->accumulators = network->arena + readout->output;
    logits->multipliers =
        (const int32_t *)array_at(network, readout->parameters.readout.multipliers);
    logits->shift = readout->parameters.readout.shift;
    logits->int8 = snnrt_is_int8(network->model);
    logits->classes = readout->channels;
    logits->timesteps = network->timestep;
    logits->mean = readout->parameters.readout.mode != 0;
}

/* Asks the exit rule. */
static void conclude(snnrt_network *network, snnrt_result *result) {
    snnrt_logits logits;
    bool stop;
    snnrt_logits_of(network, &logits);
    stop = snnrt_exit_evaluate(&logits, network->exit_rule, network->exit_threshold_q, result);
    result->timesteps = network->timestep;
    result->done = stop || network->timestep >= network->maximum_timesteps;
#if SNNRT_WITH_HEALTH
    if (result->done && network->recorded == 0) {
        network->recorded = 1;
        if (network->health != NULL) {
            snnrt_health_add(network, result);
        }
    }
#endif
}

snnrt_status snnrt_step(snnrt_network *network, const void *input, snnrt_result *result) {
    snnrt_status status = advance(network, input);
    if (status == SNNRT_OK && result != NULL) {
        conclude(network, result);
    }
    return status;
}

snnrt_status snnrt_run(snnrt_network *network, const void *input, snnrt_result *result) {
    const uint8_t *frame = (const uint8_t *)input;
    uint32_t stride = 0;
    snnrt_status status;
    if (result == NULL) {
        return SNNRT_ERROR_NULL;
    }
    status = snnrt_reset(network);
    if (status != SNNRT_OK) {
        return status;
    }
    result->done = false;
    if (input != NULL &&
        snnrt_node_of(network->model, 0)->parameters.input.encoding == SNNRT_INPUT_SPIKES) {
        stride = snnrt_output_bytes(snnrt_node_of(network->model, 0));
    }
    do {
        status = advance(network, frame);
        if (status != SNNRT_OK) {
            return status;
        }
        /* A rule that never ends a run need not be asked before its last step. */
        if (network->exit_rule != SNNRT_EXIT_NEVER ||
            network->timestep >= network->maximum_timesteps) {
            conclude(network, result);
        }
        frame += stride;
    } while (!result->done);
    return SNNRT_OK;
}
