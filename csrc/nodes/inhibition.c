/* A position belongs to the map that spikes there first. */
#include "competition.h"

#if SNNRT_WITH_COMPETITION

static const snnrt_inhibition_parameters *inhibition_of(const snnrt_node *node) {
    return (const snnrt_inhibition_parameters *)snnrt_parameters_of(node);
}

#if SNNRT_WITH_MODEL_CHECK
snnrt_status snnrt_inhibition_check(snnrt_check *c) {
    return snnrt_competition_check(c, inhibition_of(c->node)->radius);
}
#endif

uint32_t snnrt_inhibition_state_bytes(const snnrt_node *node) { return snnrt_competition_state_bytes(node); }

/* Nobody has won. */
void snnrt_inhibition_start(const snnrt_network *network, const snnrt_node *node) {
    (void)network;
    (void)node;
}

uint64_t snnrt_inhibition_operations(const snnrt_node *node, const snnrt_node *source) {
    uint32_t radius = inhibition_of(node)->radius;
    (void)source;
    /* At radius 0 each position is searched once, and closed once. */
    return radius == 0 ? 3u * (uint64_t)snnrt_elements(node)
                       : snnrt_competition_operations(node, snnrt_winners_apart(node, radius), radius);
}

void snnrt_inhibition_advance(const snnrt_network *network, const snnrt_node *node, uint32_t index) {
    const snnrt_inhibition_parameters *p = inhibition_of(node);
    snnrt_competition rules;
    (void)index;
    rules.state = p->state;
    rules.radius = p->radius;
    rules.left = UINT32_MAX;
    rules.maps = NULL;
    (void)snnrt_compete(network, node, &rules);
}

#else
typedef int snnrt_inhibition_node_left_out;
#endif
