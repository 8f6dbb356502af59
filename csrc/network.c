/* A network's life: initialised, reset, set up. */
#include "snnrt_core.h"

static void clear(void *memory, size_t bytes) {
    snnrt_uint32 *words = (snnrt_uint32 *)memory;
    for (size_t i = 0; i < bytes / sizeof *words; i++) {
        words[i] = 0;
    }
}

#if SNNRT_WITH_KERNEL_TABLE
/* Buffers begin at multiples of 8: a last word that is not whole reaches into nothing else. */
static void clear_buffer(const snnrt_network *network, uint32_t offset, uint32_t bytes) {
    if (offset != SNNRT_NO_OFFSET) {
        clear(network->arena + offset, (size_t)bytes + 3u);
    }
}

/* What a node reads of the step before. On a host arenas are large, and clearing all would empty the caches. */
static void clear_kept(const snnrt_network *network, const snnrt_node *node) {
    const snnrt_neuron_parameters *p = &node->parameters.neuron;
    if (node->kind == SNNRT_KIND_NEURON) {
        clear_buffer(network, p->state, snnrt_state_bytes(node));
        clear_buffer(network, p->synapse_state, snnrt_elements(node) * 4u);
    }
    if (node->kind == SNNRT_KIND_READOUT) {
        clear_buffer(network, node->output, snnrt_output_bytes(node));
    }
    for (uint32_t k = 0; k < node->input_count; k++) {
        if ((node->inputs[k] & SNNRT_DELAYED) != 0) {
            const snnrt_node *source =
                snnrt_node_of(network->model, node->inputs[k] & ~SNNRT_DELAYED);
            clear_buffer(network, source->output, snnrt_output_bytes(source));
        }
    }
}
#endif

/* Membranes that do not begin at zero. */
static void initialise_neuron(const snnrt_network *network, const snnrt_node *node) {
    const snnrt_neuron_parameters *p = &node->parameters.neuron;
    uint32_t granularity = SNNRT_GRANULARITY(p, SNNRT_INITIAL);
    const snnrt_int32 *initial =
        (const snnrt_int32 *)(const void *)(network->model + p->arrays[SNNRT_INITIAL]);
    void *state = network->arena + p->state;
    uint32_t neurons = snnrt_elements(node);
    for (uint32_t i = 0, k = 0; i < neurons; i++, k++) {
        if (granularity == SNNRT_SCALAR ||
            (granularity == SNNRT_PER_CHANNEL && k == node->channels)) {
            k = 0;
        }
        if ((p->flags & SNNRT_NEURON_STATE_INT16) != 0) {
            ((snnrt_int16 *)state)[i] = (int16_t)initial[k];
        } else {
            ((snnrt_int32 *)state)[i] = initial[k]; /* the bits of a float too */
        }
    }
}

snnrt_status snnrt_readiness(const snnrt_network *network) {
    if (network != NULL && network->initialised == SNNRT_INITIALISED) {
        return SNNRT_OK;
    }
    return network != NULL && network->initialised == SNNRT_DAMAGED ? SNNRT_ERROR_CRC
                                                                   : SNNRT_ERROR_NOT_INITIALISED;
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
    clear(network, sizeof *network);
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
#if SNNRT_WITH_KERNEL_TABLE
    network->kernels = &snnrt_kernels_portable;
#endif
    network->maximum_timesteps = header->timesteps;
    network->exit_rule = exit->rule;
    network->exit_threshold_q = exit->threshold_q;
    network->model_bytes = header->file_bytes;
    network->model_crc = header->crc;
    network->initialised = SNNRT_INITIALISED;
    return snnrt_reset(network);
}

snnrt_status snnrt_reset(snnrt_network *network) {
    const snnrt_file_header *header;
    snnrt_status status = snnrt_readiness(network);
    if (status != SNNRT_OK) {
        return status;
    }
    header = snnrt_header_of(network->model);
    network->timestep = 0;
    network->recorded = 0;
#if !SNNRT_WITH_KERNEL_TABLE
    clear(network->arena, header->arena_bytes);
#endif
    for (uint32_t i = 0; i < header->node_count; i++) {
        const snnrt_node *node = snnrt_node_of(network->model, i);
#if SNNRT_WITH_KERNEL_TABLE
        clear_kept(network, node);
#endif
        if (node->kind == SNNRT_KIND_NEURON &&
            SNNRT_GRANULARITY(&node->parameters.neuron, SNNRT_INITIAL) != SNNRT_ABSENT) {
            initialise_neuron(network, node);
        }
    }
#if SNNRT_WITH_COUNTERS
    if (network->counts != NULL) {
        clear(network->counts, header->node_count * sizeof *network->counts);
    }
#endif
    return SNNRT_OK;
}

snnrt_status snnrt_set_exit(snnrt_network *network, uint32_t rule, uint32_t threshold_q,
                            uint32_t maximum_timesteps) {
    snnrt_status status = snnrt_readiness(network);
    if (status != SNNRT_OK) {
        return status;
    }
    if (!snnrt_exit_rule_fits(rule, threshold_q, snnrt_readout_of(network->model)->channels) ||
        maximum_timesteps - 1u >= 65535u) {
        return SNNRT_ERROR_ARGUMENT;
    }
    if (!snnrt_exit_rule_present(rule)) {
        return SNNRT_ERROR_KERNEL_MISSING;
    }
    network->exit_rule = rule;
    network->exit_threshold_q = threshold_q;
    network->maximum_timesteps = maximum_timesteps;
#if SNNRT_WITH_HEALTH
    snnrt_health_restart(network);
#endif
    return SNNRT_OK;
}

const void *snnrt_accumulators(const snnrt_network *network) {
    if (snnrt_readiness(network) != SNNRT_OK) {
        return NULL;
    }
    return network->arena + snnrt_readout_of(network->model)->output;
}

snnrt_status snnrt_use_scratch(snnrt_network *network, void *scratch, size_t scratch_bytes) {
    snnrt_status status = snnrt_readiness(network);
    if (status != SNNRT_OK) {
        return status;
    }
    if ((uintptr_t)scratch % 8u != 0) {
        return SNNRT_ERROR_ARENA_MISALIGNED;
    }
    network->scratch = scratch;
    network->scratch_bytes = scratch_bytes;
    return SNNRT_OK;
}

snnrt_status snnrt_set_input_hook(snnrt_network *network, snnrt_input_hook hook, void *user) {
    snnrt_status status = snnrt_readiness(network);
    if (status != SNNRT_OK) {
        return status;
    }
    network->hook = hook;
    network->hook_user = user;
    return SNNRT_OK;
}

snnrt_status snnrt_record_health(snnrt_network *network, snnrt_health *health) {
    snnrt_status status = snnrt_readiness(network);
    if (status != SNNRT_OK) {
        return status;
    }
#if SNNRT_WITH_HEALTH
    network->health = health;
    snnrt_health_restart(network);
    return SNNRT_OK;
#else
    (void)health;
    return SNNRT_ERROR_KERNEL_MISSING;
#endif
}

snnrt_status snnrt_count_events(snnrt_network *network, snnrt_counts *counts, uint32_t count) {
    snnrt_status status = snnrt_readiness(network);
    if (status != SNNRT_OK) {
        return status;
    }
    if (counts != NULL && count != snnrt_header_of(network->model)->node_count) {
        return SNNRT_ERROR_ARGUMENT;
    }
#if SNNRT_WITH_COUNTERS
    network->counts = counts;
    if (counts != NULL) {
        clear(counts, count * sizeof *counts);
    }
    return SNNRT_OK;
#else
    return SNNRT_ERROR_KERNEL_MISSING;
#endif
}

snnrt_status snnrt_set_trace(snnrt_network *network, snnrt_trace trace, void *user) {
    snnrt_status status = snnrt_readiness(network);
    if (status != SNNRT_OK) {
        return status;
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
