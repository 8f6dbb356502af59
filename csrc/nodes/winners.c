/* The first k neurons that spike, one a map. */
#include "competition.h"

#if SNNRT_WITH_COMPETITION

static const snnrt_winners_parameters *winners_of(const snnrt_node *node) {
    return (const snnrt_winners_parameters *)snnrt_parameters_of(node);
}

#if SNNRT_WITH_MODEL_CHECK
snnrt_status snnrt_winners_check(snnrt_check *c) {
    uint32_t k = winners_of(c->node)->k;
    if (k - 1u >= SNNRT_DIMENSION_MAX) {
        return SNNRT_ERROR_NODE_PARAMETER;
    }
    return snnrt_competition_check(c, winners_of(c->node)->radius);
}
#endif

/* Behind the states of every competition: a bit a map, and how many have won, each from a multiple of 8 on. */
static uint32_t maps_offset(const snnrt_node *node) {
    return (snnrt_competition_state_bytes(node) + 7u) & ~7u;
}

static uint32_t spent_offset(const snnrt_node *node) {
    return (maps_offset(node) + snnrt_bytes_of_bits(node->channels) + 7u) & ~7u;
}

uint32_t snnrt_winners_state_bytes(const snnrt_node *node) { return spent_offset(node) + 4u; }

/* Nobody has won. */
void snnrt_winners_start(const snnrt_network *network, const snnrt_node *node) {
    (void)network;
    (void)node;
}

uint64_t snnrt_winners_operations(const snnrt_node *node, const snnrt_node *source) {
    const snnrt_winners_parameters *p = winners_of(node);
    uint64_t most = p->k < node->channels ? p->k : node->channels;
    (void)source;
    if (p->radius != 0 && most > snnrt_winners_apart(node, p->radius)) {
        most = snnrt_winners_apart(node, p->radius);
    }
    return snnrt_competition_operations(node, most, p->radius);
}

void snnrt_winners_advance(const snnrt_network *network, const snnrt_node *node, uint32_t index) {
    const snnrt_winners_parameters *p = winners_of(node);
    snnrt_uint32 *spent = (snnrt_uint32 *)(void *)(network->arena + p->state + spent_offset(node));
    snnrt_competition rules;
    (void)index;
    rules.state = p->state;
    rules.radius = p->radius;
    rules.left = p->k - *spent;
    rules.maps = (snnrt_uint32 *)(void *)(network->arena + p->state + maps_offset(node));
    *spent += snnrt_compete(network, node, &rules);
}

#else
typedef int snnrt_winners_node_left_out;
#endif
