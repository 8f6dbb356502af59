/* The memory plan: every buffer inside the arena, none over another that is in use at the same time, and
 * no byte of the arena without a use. */
#include "snnrt_core.h"

#if SNNRT_WITH_MODEL_CHECK

/* Without synaptic currents a node has no third region, and nothing reads where it says that one is. */
enum {
    REGION_OUTPUT = 0,
    REGION_STATE = 1,
    REGION_SYNAPSE = 2,
    REGIONS = SNNRT_WITH_NEURON_VARIANTS ? 3 : 2
};

typedef struct snnrt_region {
    uint32_t first, bytes; /* empty: 0 bytes */
} snnrt_region;

static snnrt_region region_of(const snnrt_node *node, uint32_t which) {
    snnrt_region region = {SNNRT_NO_OFFSET, 0};
    if (which == REGION_OUTPUT) {
        region.first = node->output;
        if (node->kind != SNNRT_KIND_INPUT && node->kind != SNNRT_KIND_FLATTEN &&
            node->kind != SNNRT_KIND_EXIT) {
            region.bytes = snnrt_output_bytes(node);
        }
    } else if (node->kind == SNNRT_KIND_NEURON) {
        const snnrt_neuron_parameters *p = &node->parameters.neuron;
        if (which == REGION_STATE || !SNNRT_WITH_NEURON_VARIANTS) {
            region.first = p->state;
            region.bytes = snnrt_state_bytes(node);
        } else {
            region.first = p->synapse_state;
            if (SNNRT_GRANULARITY(p, SNNRT_NEURON_SYNAPSE) != SNNRT_ABSENT) {
                region.bytes = snnrt_elements(node) * 4u;
            }
        }
    }
    return region;
}

/* The last node that reads this node's value in the same step, or UINT32_MAX where the value is needed in
 * the next one. */
static uint32_t last_use(const snnrt_check *check) {
    uint32_t last = check->index;
    if (check->node->kind == SNNRT_KIND_READOUT || (check->node->flags & SNNRT_NODE_STATIC) != 0) {
        return UINT32_MAX;
    }
    for (uint32_t i = 0; i < check->count; i++) {
        const snnrt_node *node = snnrt_node_of(check->model, i);
        for (uint32_t k = 0; k < node->input_count; k++) {
            uint32_t input = node->inputs[k];
            if (snnrt_alias_root(check->model, input & ~SNNRT_DELAYED) != check->index) {
                continue;
            }
            if ((input & SNNRT_DELAYED) != 0) {
                return UINT32_MAX;
            }
            last = i;
        }
    }
    return last;
}

/* Whether a region of this node or a later one, up to `last`, lies over `mine`; or any, if `last` is
 * UINT32_MAX. A value of an earlier node that must not be touched is found in that node's turn. */
static bool overlapped(const snnrt_check *check, const snnrt_region *mine, uint32_t which,
                       uint32_t last) {
    for (uint32_t i = last == UINT32_MAX ? 0 : check->index; i < check->count && i <= last; i++) {
        for (uint32_t other = 0; other < REGIONS; other++) {
            snnrt_region region = region_of(snnrt_node_of(check->model, i), other);
            /* Differences modulo 2^32: a region past the end, which is found elsewhere, does no harm. */
            if ((i != check->index || other != which) &&
                ((region.bytes != 0 && region.first - mine->first < mine->bytes) ||
                 mine->first - region.first < region.bytes)) {
                return true;
            }
        }
    }
    return false;
}

snnrt_status snnrt_check_plan(snnrt_check *check) {
    uint32_t arena_bytes = snnrt_header_of(check->model)->arena_bytes;
    uint32_t arena_end = 0;
    for (check->index = 0; check->index < check->count; check->index++) {
        uint32_t last;
        check->node = snnrt_node_of(check->model, check->index);
        last = last_use(check);
        for (uint32_t which = 0; which < REGIONS; which++) {
            snnrt_region mine = region_of(check->node, which);
            if (mine.bytes == 0) {
                uint32_t wanted = SNNRT_NO_OFFSET;
                if (which == REGION_OUTPUT && check->node->kind == SNNRT_KIND_FLATTEN) {
                    wanted = snnrt_node_of(check->model, check->node->inputs[0])->output;
                }
                if (mine.first != wanted) {
                    return snnrt_fail(check, SNNRT_ERROR_ARENA_PLAN, wanted, mine.first);
                }
                continue;
            }
            if (mine.first % 8u != 0 || mine.first > arena_bytes ||
                mine.bytes > arena_bytes - mine.first) {
                return snnrt_fail(check, SNNRT_ERROR_ARENA_PLAN, arena_bytes, mine.first);
            }
            if (mine.first + mine.bytes > arena_end) {
                arena_end = mine.first + mine.bytes;
            }
            if (overlapped(check, &mine, which, which == REGION_OUTPUT ? last : UINT32_MAX)) {
                return snnrt_fail(check, SNNRT_ERROR_ARENA_PLAN, 0, mine.first);
            }
        }
    }
    if ((arena_end + 7u) / 8u * 8u != arena_bytes) {
        check->index = SNNRT_NO_NODE;
        return snnrt_fail(check, SNNRT_ERROR_ARENA_PLAN, arena_end, arena_bytes);
    }
    return SNNRT_OK;
}

#else
typedef int snnrt_check_plan_left_out;
#endif
