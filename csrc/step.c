/* A network at work: one timestep, one inference. */
#include "snnrt_core.h"

static void run_node(const snnrt_network *network, const snnrt_node *node, uint32_t index) {
    switch (node->kind) {
#define SNNRT_RUN_CASE(KIND, kind, ...) \
    case SNNRT_KIND_##KIND: \
        snnrt_##kind##_advance(network, node, index); \
        break;
        SNNRT_STEP_LIST(SNNRT_RUN_CASE)
#undef SNNRT_RUN_CASE
    default:
        break;
    }
}

#if SNNRT_WITH_TRACE
static void show(const snnrt_network *network, uint32_t index, uint32_t count) {
    const snnrt_node *node = snnrt_node_of(network->model, index);
    const void *state = snnrt_state_bytes(node) == 0 ? NULL : network->arena + snnrt_state_offset(node);
    const void *output = index + 1u == count ? NULL : snnrt_value_of(network, node);
#if SNNRT_WITH_CONV2D
    if (snnrt_rows_of(node) != 0) {
        output = snnrt_whole_output(network, node);
    }
#endif
    network->trace(network->trace_user, network, index, output, state);
}
#endif

static uint32_t encoding_of(const snnrt_network *network) {
    const snnrt_node *input = snnrt_node_of(network->model, 0);
    return ((const snnrt_input_parameters *)snnrt_parameters_of(input))->encoding;
}

/* One timestep of every node; the readout has it, the exit rule was not asked. */
static snnrt_status advance(snnrt_network *network, const void *input) {
    snnrt_status status = snnrt_readiness(network);
    const uint16_t *place;
    uint32_t count;
    bool first, wanted;
    if (status != SNNRT_OK) {
        return status;
    }
    count = snnrt_header_of(network->model)->node_count;
    first = network->timestep == 0;
    wanted = first || encoding_of(network) != SNNRT_INPUT_CONSTANT;
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
    if (wanted) {
        if (((uintptr_t)input & (snnrt_is_integer(network->model) ? 1u : 3u)) != 0) {
            return SNNRT_ERROR_INPUT_MISALIGNED;
        }
        network->input = input;
    }
    place = snnrt_index_of(network->model);
    for (uint32_t i = 0; i < count; i++) {
        const snnrt_node *node = snnrt_node_at(network->model, *place++);
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

/* Whether the build has anything that looks at how inferences end. */
#define SNNRT_WATCHES (SNNRT_WITH_HEALTH || SNNRT_WITH_MONITOR || SNNRT_WITH_ADAPTATION)

static inline bool is_watched(const snnrt_network *network) {
#if SNNRT_WITH_MONITOR
    if (network->monitor != SNNRT_MONITOR_OFF) {
        return true;
    }
#endif
#if SNNRT_WITH_ADAPTATION
    if (network->adaptation != NULL) {
        return true;
    }
#endif
    return SNNRT_WITH_HEALTH && network->health != NULL;
}

#if SNNRT_WATCHES
/* The end of an inference, for the record, the monitor and the threshold. */
static void watch(snnrt_network *network, const snnrt_logits *logits, const snnrt_result *result) {
    uint32_t score = result->score_q16;
#if SNNRT_WITH_EXIT_SCORES
    if (network->exit_rule == SNNRT_EXIT_NEVER) {
        snnrt_result entropy;
        (void)snnrt_exit_evaluate(network, logits, SNNRT_EXIT_ENTROPY, 0, &entropy);
        score = entropy.score_q16;
    }
#else
    (void)logits;
#endif
#if SNNRT_WITH_HEALTH
    if (network->health != NULL) {
        snnrt_health_add(network, result, score);
    }
#endif
#if SNNRT_WITH_MONITOR
    if (network->monitor != SNNRT_MONITOR_OFF) {
        snnrt_monitor_add(network, result, score);
    }
#endif
#if SNNRT_WITH_ADAPTATION
    if (network->adaptation != NULL) {
        snnrt_adaptation_add(network, result->timesteps);
    }
#endif
    (void)score;
}
#endif

/* Asks the exit rule. */
static void conclude(snnrt_network *network, snnrt_result *result) {
    snnrt_logits logits;
    bool stop;
    snnrt_logits_of(network, &logits);
    stop = snnrt_exit_evaluate(network, &logits, network->exit_rule, network->exit_threshold_q, result);
    result->timesteps = network->timestep;
    result->done = stop || network->timestep >= network->maximum_timesteps;
#if SNNRT_WATCHES
    if (result->done && network->recorded == 0) {
        network->recorded = 1;
        if (is_watched(network)) {
            watch(network, &logits, result);
        }
    }
#endif
}

#if SNNRT_WATCHES || SNNRT_WITH_EXIT_COMBINED
static bool wants_to_know(const snnrt_network *network) {
    return (is_watched(network) && network->recorded == 0) ||
           (SNNRT_WITH_EXIT_COMBINED &&
            (network->exit_rule == SNNRT_EXIT_PATIENCE || network->exit_rule == SNNRT_EXIT_COMBINED));
}
#endif

snnrt_status snnrt_network_step(snnrt_network *network, const void *input, snnrt_result *result) {
    snnrt_status status = advance(network, input);
#if SNNRT_WATCHES || SNNRT_WITH_EXIT_COMBINED
    snnrt_result unseen;
    /* The record, and a rule that remembers, want to know all the same. */
    if (result == NULL && status == SNNRT_OK && wants_to_know(network)) {
        result = &unseen;
    }
#endif
    if (status == SNNRT_OK && result != NULL) {
        conclude(network, result);
    }
    return status;
}

snnrt_status snnrt_network_stream(snnrt_network *network, const void *input, snnrt_result *result) {
    snnrt_status status = result == NULL ? SNNRT_ERROR_NULL : snnrt_network_step(network, input, result);
    return status == SNNRT_OK && result->done ? snnrt_network_reset(network) : status;
}

snnrt_status snnrt_network_run(snnrt_network *network, const void *input, snnrt_result *result) {
    const uint8_t *frame = (const uint8_t *)input;
    uint32_t stride = 0;
    snnrt_status status;
    if (result == NULL) {
        return SNNRT_ERROR_NULL;
    }
    status = snnrt_network_reset(network);
    if (status != SNNRT_OK) {
        return status;
    }
    result->done = false;
    if (input != NULL && encoding_of(network) == SNNRT_INPUT_SPIKES) {
        stride = snnrt_output_bytes(snnrt_node_of(network->model, 0));
    }
    do {
        status = advance(network, frame);
        if (status != SNNRT_OK) {
            return status;
        }
        /* A rule that never ends a run need not be asked before its last step. */
        if (network->exit_rule != SNNRT_EXIT_NEVER || network->timestep >= network->maximum_timesteps) {
            conclude(network, result);
        }
        frame += stride;
    } while (!result->done);
    return SNNRT_OK;
}
