/* A network's life: initialised, reset, set up. */
#include "snnrt_check.h"

/* Of a multiple of 4 bytes. */
static void clear(void *memory, size_t bytes) {
    snnrt_uint32 *words = (snnrt_uint32 *)memory;
#if SNNRT_WITH_FAST_LOOPS && defined(__thumb2__) && defined(__GNUC__)
    /* Two words at a time, which a compiler that knows of no alignment does not take. */
    for (; bytes >= 64u; bytes -= 64u) {
        __asm__ volatile("strd %1, %1, [%0]\n\t"
                         "strd %1, %1, [%0, #8]\n\t"
                         "strd %1, %1, [%0, #16]\n\t"
                         "strd %1, %1, [%0, #24]\n\t"
                         "strd %1, %1, [%0, #32]\n\t"
                         "strd %1, %1, [%0, #40]\n\t"
                         "strd %1, %1, [%0, #48]\n\t"
                         "strd %1, %1, [%0, #56]"
                         :
                         : "r"(words), "r"(0)
                         : "memory");
        words += 16;
    }
#elif SNNRT_WITH_FAST_LOOPS
    for (; bytes >= 8u * sizeof *words; bytes -= 8u * sizeof *words, words += 8) {
        words[0] = 0;
        words[1] = 0;
        words[2] = 0;
        words[3] = 0;
        words[4] = 0;
        words[5] = 0;
        words[6] = 0;
        words[7] = 0;
    }
#endif
    for (size_t i = 0; i < bytes / sizeof *words; i++) {
        words[i] = 0;
    }
}

#if SNNRT_WITH_FAST_LOOPS
/* Buffers begin at multiples of 8: a last word that is not whole reaches into nothing else. */
static void clear_buffer(const snnrt_network *network, uint32_t offset, uint32_t bytes) {
    if (offset != SNNRT_NO_OFFSET) {
        clear(network->arena + offset, (size_t)bytes + 3u);
    }
}

/* Neurons that look ahead clear their membranes where they need them. */
static inline bool clears_itself(const snnrt_network *network, const snnrt_node *node, uint32_t index) {
#if SNNRT_WITH_KERNEL_TABLE
    return node->kind == SNNRT_KIND_NEURON && network->kept != NULL && network->kept[index].ahead != NULL;
#else
    (void)network, (void)node, (void)index;
    return false;
#endif
}

/* What a node reads of the step before: half of the arena, or less. */
static void clear_kept(const snnrt_network *network, const snnrt_node *node, uint32_t index) {
    const snnrt_edge *edge = snnrt_edges_of(node);
    uint32_t block = snnrt_state_bytes(node);
    if (block != 0 && !clears_itself(network, node, index)) {
        clear_buffer(network, snnrt_state_offset(node), block);
    }
    if (node->kind == SNNRT_KIND_READOUT) {
        clear_buffer(network, node->output, snnrt_output_bytes(node));
    }
    for (uint32_t left = node->edge_count; left != 0; left--, edge++) {
        if (edge->delay != 0) {
            const snnrt_node *source = snnrt_node_of(network->model, edge->source);
            clear_buffer(network, source->output, snnrt_output_bytes(source));
        }
    }
}
#endif

/* States that do not begin at zero. */
static void start_node(const snnrt_network *network, const snnrt_node *node) {
    switch (node->kind) {
#define SNNRT_START_CASE(KIND, kind, ...) \
    case SNNRT_KIND_##KIND: \
        snnrt_##kind##_start(network, node); \
        break;
        SNNRT_STATE_LIST(SNNRT_START_CASE)
#undef SNNRT_START_CASE
    default:
        break;
    }
}

snnrt_status snnrt_start(snnrt_network *network, const uint8_t *model, void *arena, size_t arena_bytes) {
    const snnrt_file_header *header = snnrt_header_of(model);
    const snnrt_exit_parameters *exit = snnrt_exit_parameters_of(model);
    if (arena == NULL) {
        return SNNRT_ERROR_NULL;
    }
    if ((uintptr_t)arena % 8u != 0) {
        return SNNRT_ERROR_ARENA_MISALIGNED;
    }
    if (arena_bytes < header->arena_bytes) {
        return SNNRT_ERROR_ARENA_TOO_SMALL;
    }
    network->model = model;
    network->arena = (uint8_t *)arena;
#if SNNRT_WITH_KERNEL_TABLE
    network->kernels = &snnrt_kernels_portable;
    network->kept = NULL;
#endif
    network->maximum_timesteps = header->timesteps;
    network->exit_rule = exit->rule;
    network->exit_threshold_q = exit->threshold_q;
    network->model_bytes = header->file_bytes;
    network->model_crc = header->crc;
    network->initialised = SNNRT_INITIALISED;
#if SNNRT_WITH_MONITOR
    snnrt_monitor_restart(network);
#endif
    return snnrt_network_reset(network);
}

snnrt_status snnrt_network_init(snnrt_network *network, const void *model, size_t model_bytes, void *arena,
                                size_t arena_bytes, snnrt_fault *fault) {
    size_t expected = 0, found = 0;
    snnrt_status status = SNNRT_ERROR_NULL;
    if (network != NULL) {
        clear(network, sizeof *network);
        status = snnrt_check_model(model, model_bytes, fault);
        if (status != SNNRT_OK) {
            return status;
        }
        status = snnrt_start(network, (const uint8_t *)model, arena, arena_bytes);
        if (status == SNNRT_OK) {
            return status;
        }
        expected = snnrt_header_of((const uint8_t *)model)->arena_bytes;
        found = status == SNNRT_ERROR_ARENA_MISALIGNED ? (uintptr_t)arena % 8u : arena_bytes;
    }
    return snnrt_report(fault, status, SNNRT_NO_NODE, expected, found);
}

snnrt_status snnrt_network_reset(snnrt_network *network) {
    const snnrt_file_header *header;
    snnrt_status status = snnrt_readiness(network);
    if (status != SNNRT_OK) {
        return status;
    }
    header = snnrt_header_of(network->model);
    network->timestep = 0;
    network->recorded = 0;
#if !SNNRT_WITH_FAST_LOOPS
    clear(network->arena, header->arena_bytes);
#endif
    for (uint32_t i = 0; i < header->node_count; i++) {
        const snnrt_node *node = snnrt_node_of(network->model, i);
#if SNNRT_WITH_FAST_LOOPS
        clear_kept(network, node, i);
#endif
        start_node(network, node);
    }
#if SNNRT_WITH_COUNTERS
    if (network->counts != NULL) {
        clear(network->counts, header->node_count * sizeof *network->counts);
    }
#endif
    return SNNRT_OK;
}

/* Whether it is of that many terms. */
static bool is_own_rule(const uint8_t *model, uint32_t terms) {
    const snnrt_exit_parameters *own = snnrt_exit_parameters_of(model);
    return own->rule == SNNRT_EXIT_COMBINED && own->threshold_q == terms;
}

snnrt_status snnrt_network_set_exit(snnrt_network *network, uint32_t rule, uint32_t threshold_q,
                                    uint32_t maximum_timesteps) {
    snnrt_status status = snnrt_readiness(network);
    if (status != SNNRT_OK) {
        return status;
    }
    if (!(rule == SNNRT_EXIT_COMBINED
              ? is_own_rule(network->model, threshold_q)
              : snnrt_exit_rule_fits(rule, threshold_q, snnrt_readout_of(network->model)->channels)) ||
        maximum_timesteps - 1u >= 65535u) {
        return SNNRT_ERROR_ARGUMENT;
    }
    if (!snnrt_exit_rule_present(rule)) {
        return SNNRT_ERROR_KERNEL_MISSING;
    }
    network->exit_rule = rule;
    network->exit_threshold_q = threshold_q;
    network->maximum_timesteps = maximum_timesteps;
#if SNNRT_WITH_ADAPTATION
    network->adaptation = NULL;
#endif
#if SNNRT_WITH_MONITOR
    snnrt_monitor_restart(network);
#endif
#if SNNRT_WITH_HEALTH
    snnrt_health_restart(network);
#endif
    return SNNRT_OK;
}

const void *snnrt_network_accumulators(const snnrt_network *network) {
    if (snnrt_readiness(network) != SNNRT_OK) {
        return NULL;
    }
    return network->arena + snnrt_readout_of(network->model)->output;
}

snnrt_status snnrt_network_use_scratch(snnrt_network *network, void *scratch, size_t scratch_bytes) {
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

snnrt_status snnrt_network_set_input_hook(snnrt_network *network, snnrt_input_hook hook, void *user) {
    snnrt_status status = snnrt_readiness(network);
    if (status != SNNRT_OK) {
        return status;
    }
    network->hook = hook;
    network->hook_user = user;
    return SNNRT_OK;
}

snnrt_status snnrt_network_record_health(snnrt_network *network, snnrt_health *health) {
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

snnrt_status snnrt_network_adapt(snnrt_network *network, snnrt_adaptation *adaptation) {
    snnrt_status status = snnrt_readiness(network);
    if (status != SNNRT_OK) {
        return status;
    }
#if SNNRT_WITH_ADAPTATION
    if (adaptation != NULL) {
        if (!snnrt_adaptation_fits(network, adaptation)) {
            return SNNRT_ERROR_ARGUMENT;
        }
        snnrt_adaptation_start(network, adaptation);
#if SNNRT_WITH_MONITOR
        network->monitor = SNNRT_MONITOR_OFF;
#endif
    }
    network->adaptation = adaptation;
    return SNNRT_OK;
#else
    (void)adaptation;
    return SNNRT_ERROR_KERNEL_MISSING;
#endif
}

snnrt_status snnrt_network_monitor(const snnrt_network *network, int32_t *level, bool *alarm) {
    snnrt_status status = snnrt_readiness(network);
    if (status != SNNRT_OK) {
        return status;
    }
#if SNNRT_WITH_MONITOR
    if (network->monitor == SNNRT_MONITOR_OFF) {
        return SNNRT_ERROR_ARGUMENT;
    }
    if (level != NULL) {
        *level = network->monitor;
    }
    if (alarm != NULL) {
        *alarm = network->monitor >= snnrt_monitor_table_of(network->model)->alarm;
    }
    return SNNRT_OK;
#else
    (void)level;
    (void)alarm;
    return SNNRT_ERROR_KERNEL_MISSING;
#endif
}

snnrt_status snnrt_network_set_monitor(snnrt_network *network, int32_t level) {
    snnrt_status status = snnrt_network_monitor(network, NULL, NULL);
#if SNNRT_WITH_MONITOR
    if (status == SNNRT_OK) {
        int32_t alarm = snnrt_monitor_table_of(network->model)->alarm;
        network->monitor = level >= alarm ? alarm : level < 0 ? 0 : level;
    }
#else
    (void)level;
#endif
    return status;
}

snnrt_status snnrt_network_count_events(snnrt_network *network, snnrt_counts *counts, uint32_t count) {
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

snnrt_status snnrt_network_set_trace(snnrt_network *network, snnrt_trace trace, void *user) {
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
