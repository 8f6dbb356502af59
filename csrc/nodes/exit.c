#include "../snnrt_check.h"

#if SNNRT_WITH_MODEL_CHECK
snnrt_status snnrt_exit_check(snnrt_check *c) {
    const snnrt_exit_parameters *p = (const snnrt_exit_parameters *)snnrt_parameters_behind_edge(c->node);
    /* From 0 to 1: floats from 0 on are ordered as their bits are. */
    if (*(const uint32_t *)(const void *)&p->threshold > SNNRT_ONE_FLOAT ||
        !snnrt_exit_rule_fits(p->rule, p->threshold_q, c->node->channels)) {
        return SNNRT_ERROR_NODE_PARAMETER;
    }
    return SNNRT_OK;
}
#else
typedef int snnrt_exit_node_left_out;
#endif
