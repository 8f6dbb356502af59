/* When a run ends: docs/ir.md, "Exit". */
#include "snnrt_core.h"

bool snnrt_exit_rule_fits(uint32_t rule, uint32_t threshold_q, uint32_t classes) {
    switch (rule) {
    case SNNRT_EXIT_NEVER:
        return true;
    case SNNRT_EXIT_ENTROPY:
    case SNNRT_EXIT_MARGIN:
        return classes >= 2;
    case SNNRT_EXIT_CONFIDENCE:
        return classes >= 2 && threshold_q <= 65536u;
    case SNNRT_EXIT_PATIENCE:
    case SNNRT_EXIT_BUDGET:
        return threshold_q - 1u < 65535u;
    default:
        return false;
    }
}

#if SNNRT_WITH_EXIT_SCORES
/* Fills score_q16; returns whether this rule alone says to stop. */
static bool rule_is_met(const snnrt_network *network, const snnrt_logits *logits, uint32_t rule,
                        uint32_t threshold_q, snnrt_result *result) {
    snnrt_exit_sums sums;
#if SNNRT_WITH_EXIT_COMBINED
    switch (rule) {
    case SNNRT_EXIT_MARGIN:
        result->score_q16 = snnrt_exit_margin(logits, result->class_index);
        return result->score_q16 > threshold_q;
    case SNNRT_EXIT_PATIENCE:
        result->score_q16 = network->steady;
        return result->score_q16 >= threshold_q;
    case SNNRT_EXIT_BUDGET:
        result->score_q16 = logits->timesteps;
        return result->score_q16 >= threshold_q;
    default:
        break;
    }
#endif
    (void)network;
    snnrt_exit_sum(logits, result->class_index, &sums);
#if SNNRT_WITH_EXIT_CONFIDENCE
    if (rule == SNNRT_EXIT_CONFIDENCE) {
        result->score_q16 = snnrt_exit_probability(&sums);
        return (uint64_t)1 << 42 > threshold_q * sums.total;
    }
#else
    (void)rule;
#endif
    result->score_q16 = snnrt_exit_entropy(&sums);
    return result->score_q16 < threshold_q;
}
#endif

#if SNNRT_WITH_EXIT_COMBINED
const snnrt_exit_term *snnrt_exit_terms_of(const uint8_t *model) {
    const snnrt_node *node = snnrt_node_of(model, snnrt_header_of(model)->node_count - 1u);
    return (
        const snnrt_exit_term
            *)(const void *)(model + snnrt_arrays_behind_edge(node, sizeof(snnrt_exit_parameters))->value);
}

/* Alternatives of terms that must be met together; the score is that of the first term. */
static bool terms_are_met(const snnrt_network *network, const snnrt_logits *logits, snnrt_result *result) {
    const snnrt_exit_term *term = snnrt_exit_terms_of(network->model);
    uint32_t score = 0;
    bool together = true, stop = false;
    for (uint32_t i = 0; i < network->exit_threshold_q && !stop; i++, term++) {
        bool in_force = logits->timesteps >= term->first &&
                        (logits->timesteps <= term->last || term->last == SNNRT_TIMESTEPS_MAX);
        if (i == 0 || (in_force && together)) {
            bool met = rule_is_met(network, logits, term->rule, term->threshold_q, result);
            score = i == 0 ? result->score_q16 : score;
            in_force = in_force && met;
        }
        together = together && in_force;
        if (!term->joined) {
            stop = together;
            together = true;
        }
    }
    result->score_q16 = score;
    return stop;
}
#endif

bool snnrt_exit_evaluate(snnrt_network *network, const snnrt_logits *logits, uint32_t rule,
                         uint32_t threshold_q, snnrt_result *result) {
    result->class_index = snnrt_best_class(logits);
    result->score_q16 = 0;
#if SNNRT_WITH_EXIT_COMBINED
    /* Not where the record of health asks for an entropy. */
    if (rule == network->exit_rule) {
        bool same = logits->timesteps > 1u && network->steady_class == result->class_index;
        network->steady = same ? network->steady + (network->steady != UINT32_MAX) : 1u;
        network->steady_class = result->class_index;
    }
    if (rule == SNNRT_EXIT_COMBINED) {
        return terms_are_met(network, logits, result);
    }
#endif
#if SNNRT_WITH_EXIT_SCORES
    return rule != SNNRT_EXIT_NEVER && rule_is_met(network, logits, rule, threshold_q, result);
#else
    (void)network;
    (void)rule;
    (void)threshold_q;
    return false;
#endif
}
