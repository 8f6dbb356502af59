/* The record of exit timesteps and scores. */
#include "snnrt_core.h"

#if SNNRT_WITH_HEALTH

static void count(uint32_t *counter) { *counter += *counter != UINT32_MAX; }

/* The bin of `value` where the bins end at `limit`, which is below 2^28. */
static uint32_t bin_of(uint32_t value, uint32_t limit) {
    return value < limit ? value * SNNRT_HEALTH_BINS / limit : SNNRT_HEALTH_BINS - 1u;
}

/* Above the largest score, Q16, or timesteps. */
static uint32_t score_limit_of(const snnrt_network *network, uint32_t classes) {
    uint32_t rule = network->exit_rule;
#if SNNRT_WITH_EXIT_COMBINED
    if (rule == SNNRT_EXIT_COMBINED) {
        rule = snnrt_exit_terms_of(network->model)->rule;
    }
    if (rule == SNNRT_EXIT_MARGIN) {
        return 16u << 16;
    }
    if (rule > SNNRT_EXIT_MARGIN) {
        return SNNRT_HEALTH_BINS;
    }
#endif
    return rule == SNNRT_EXIT_CONFIDENCE ? 65536u : snnrt_natural_logarithm_q16(classes);
}

void snnrt_health_restart(const snnrt_network *network) {
    snnrt_health *health = network->health;
    snnrt_logits logits;
    if (health == NULL) {
        return;
    }
    snnrt_logits_of(network, &logits);
    for (uint32_t bin = 0; bin < SNNRT_HEALTH_BINS; bin++) {
        health->timesteps[bin] = 0;
        health->scores[bin] = 0;
    }
    health->inferences = health->exits = health->checks = health->faults = 0;
    health->magic = SNNRT_HEALTH_MAGIC;
    health->version = 1;
    health->bytes = sizeof *health;
    health->model_crc = network->model_crc;
    health->exit_rule = network->exit_rule;
    health->threshold_q = network->exit_threshold_q;
    health->maximum_timesteps = network->maximum_timesteps;
    health->steps_per_bin = (network->maximum_timesteps + SNNRT_HEALTH_BINS - 1u) / SNNRT_HEALTH_BINS;
    health->score_limit = score_limit_of(network, logits.classes);
}

void snnrt_health_add(const snnrt_network *network, const snnrt_result *result, uint32_t score) {
    snnrt_health *health = network->health;
    count(&health->inferences);
    if (result->timesteps < network->maximum_timesteps) {
        count(&health->exits);
    }
    count(&health->timesteps[bin_of(result->timesteps - 1u, health->steps_per_bin * SNNRT_HEALTH_BINS)]);
    count(&health->scores[bin_of(score, health->score_limit)]);
}

#else
typedef int snnrt_health_left_out;
#endif
