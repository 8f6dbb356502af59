#include "../snnrt_check.h"

#if SNNRT_WITH_MODEL_CHECK
/* The largest threshold as asked for, in the order of the rules: 1, 1, 1, 16, 65535, 65535; as floats' bits, which are
 * ordered as floats from 0 on are. The least is 0, of rules that count timesteps 1. */
static const uint32_t largest_threshold[] = {
    SNNRT_ONE_FLOAT, SNNRT_ONE_FLOAT, SNNRT_ONE_FLOAT, 0x41800000u, 0x477FFF00u, 0x477FFF00u,
};

static bool threshold_fits(uint32_t rule, uint32_t threshold_q, const float *threshold, uint32_t classes) {
    uint32_t bits = *(const uint32_t *)(const void *)threshold;
    uint32_t least = rule >= SNNRT_EXIT_PATIENCE ? SNNRT_ONE_FLOAT : 0u;
    return snnrt_exit_rule_fits(rule, threshold_q, classes) && bits >= least &&
           bits <= largest_threshold[rule];
}

#if SNNRT_WITH_EXIT_COMBINED
static bool terms_fit(const uint8_t *model, uint32_t count, uint32_t classes) {
    const snnrt_exit_term *term = snnrt_exit_terms_of(model);
    for (; count != 0; count--, term++) {
        if (term->rule == SNNRT_EXIT_NEVER ||
            !threshold_fits(term->rule, term->threshold_q, &term->threshold, classes) || term->joined > 1u ||
            term->reserved != 0 || term->first == 0 || term->last < term->first ||
            (term->joined != 0 && count == 1u)) {
            return false;
        }
    }
    return true;
}
#endif

#if SNNRT_WITH_MONITOR || SNNRT_WITH_EXIT_COMBINED
/* Terms, as many words as check.tensor says, and a monitor. */
static snnrt_status check_own_arrays(snnrt_check *c) {
    static const uint8_t rules[SNNRT_EXIT_ARRAYS] = {SNNRT_TENSOR_OF(SNNRT_INT_RANGE),
                                                     SNNRT_TENSOR_OF(SNNRT_INT_RANGE)};
    snnrt_status status = snnrt_check_arrays(c, rules, SNNRT_EXIT_ARRAYS);
#if SNNRT_WITH_MONITOR
    if (status == SNNRT_OK && (c->present & 1u << SNNRT_EXIT_MONITOR) != 0) {
        const snnrt_monitor_table *table = snnrt_monitor_table_of(c->model);
        if (table->alarm < 1 || table->alarm > SNNRT_MONITOR_ALARM_MAX ||
            table->lowest > SNNRT_MONITOR_LOWEST_MAX || table->step_shift > SNNRT_MONITOR_SHIFT_MAX ||
            table->reserved != 0) {
            status = SNNRT_ERROR_ARRAY_VALUE;
        }
    }
#endif
    return status;
}
#endif

snnrt_status snnrt_exit_check(snnrt_check *c) {
    const snnrt_exit_parameters *p = (const snnrt_exit_parameters *)snnrt_parameters_behind_edge(c->node);
    if (p->rule == SNNRT_EXIT_COMBINED) {
#if SNNRT_WITH_EXIT_COMBINED
        snnrt_status status;
        if (p->threshold_q - 1u >= SNNRT_EXIT_TERMS_MAX) {
            return SNNRT_ERROR_NODE_PARAMETER;
        }
        c->tensor = 4u * p->threshold_q;
        status = check_own_arrays(c);
        if (status == SNNRT_OK && (c->present & 1u << SNNRT_EXIT_TERMS) == 0) {
            status = SNNRT_ERROR_ARRAY_REFERENCE;
        }
        if (status == SNNRT_OK && !terms_fit(c->model, p->threshold_q, c->node->channels)) {
            status = SNNRT_ERROR_NODE_PARAMETER;
        }
        return status;
#else
        return SNNRT_ERROR_KERNEL_MISSING;
#endif
    }
#if SNNRT_WITH_MONITOR || SNNRT_WITH_EXIT_COMBINED
    if (c->node->array_count != 0) {
        snnrt_status status = check_own_arrays(c);
        if (status != SNNRT_OK || c->present != 1u << SNNRT_EXIT_MONITOR) {
            return status != SNNRT_OK ? status : SNNRT_ERROR_ARRAY_REFERENCE;
        }
    }
#endif
    /* A build with neither reads no array of an exit. */
    return threshold_fits(p->rule, p->threshold_q, &p->threshold, c->node->channels)
               ? SNNRT_OK
               : SNNRT_ERROR_NODE_PARAMETER;
}
#else
typedef int snnrt_exit_node_left_out;
#endif
