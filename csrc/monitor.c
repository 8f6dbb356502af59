/* The drift monitor: docs/monitor.md and docs/ir.md, "Exit". */
#include "snnrt_core.h"

#if SNNRT_WITH_MONITOR

const snnrt_monitor_table *snnrt_monitor_table_of(const uint8_t *model) {
    const snnrt_node *node = snnrt_node_of(model, snnrt_header_of(model)->node_count - 1u);
    const snnrt_array *array = snnrt_arrays_behind_edge(node, sizeof(snnrt_exit_parameters));
    for (uint32_t left = node->array_count; left != 0; left--, array++) {
        if (array->role == SNNRT_EXIT_MONITOR) {
            return (const snnrt_monitor_table *)(const void *)(model + array->value);
        }
    }
    return NULL;
}

void snnrt_monitor_restart(snnrt_network *network) {
    const snnrt_exit_parameters *own = snnrt_exit_parameters_of(network->model);
    bool is_own = network->exit_rule == own->rule && network->exit_threshold_q == own->threshold_q &&
                  network->maximum_timesteps == snnrt_header_of(network->model)->timesteps;
    network->monitor = is_own && snnrt_monitor_table_of(network->model) != NULL ? 0 : SNNRT_MONITOR_OFF;
}

/* Half octaves of a score: 0, 1, then 2e and 2e + 1 for the halves of 2^e ... 2^(e+1). */
static uint32_t half_octave_of(uint32_t score) {
    uint32_t half = 0;
    for (; score > 3u; score >>= 1) {
        half += 2u;
    }
    return half + score;
}

void snnrt_monitor_add(snnrt_network *network, const snnrt_result *result, uint32_t score) {
    const snnrt_monitor_table *table = snnrt_monitor_table_of(network->model);
    int32_t level = network->monitor;
    uint32_t row = (result->timesteps - 1u) >> table->step_shift, column;
    uint32_t rule = network->exit_rule;
    if (level >= table->alarm) {
        return;
    }
#if SNNRT_WITH_EXIT_COMBINED
    if (rule == SNNRT_EXIT_COMBINED) {
        rule = snnrt_exit_terms_of(network->model)->rule;
    }
#endif
    /* Where probabilities are near 1, how far they are from it. */
    if (rule == SNNRT_EXIT_CONFIDENCE) {
        score = 65536u - score;
    }
    column = half_octave_of(score);
    column = column > table->lowest ? column - table->lowest : 0u;
    row = row < SNNRT_MONITOR_ROWS ? row : SNNRT_MONITOR_ROWS - 1u;
    column = column < SNNRT_MONITOR_COLUMNS ? column : SNNRT_MONITOR_COLUMNS - 1u;
    network->monitor = (level > 0 ? level : 0) + ((const snnrt_int16 *)table->bets[row])[column];
}

#else
typedef int snnrt_monitor_left_out;
#endif
