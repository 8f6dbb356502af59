/* The memory plan: every buffer inside the arena, none over another that is in use at the same time, and
 * no byte of the arena without a use. */
#include "snnrt_check.h"

#if SNNRT_WITH_MODEL_CHECK

/* Of a node. */
enum { REGION_OUTPUT, REGION_STATE, REGIONS };

typedef struct snnrt_region {
    uint32_t first, bytes; /* empty: 0 bytes */
} snnrt_region;

static snnrt_region region_of(const snnrt_node *node, uint32_t which) {
    uint32_t traits = snnrt_row_of(node->kind)->traits;
    snnrt_region region = {node->output, 0};
    if (which == REGION_OUTPUT) {
        if ((traits & SNNRT_TRAIT_MEMORY) != 0) {
            region.bytes = snnrt_output_bytes(node);
        }
    } else if ((traits & SNNRT_TRAIT_STATE) != 0) {
        region.first = snnrt_state_offset(node);
        region.bytes = snnrt_state_bytes(node);
    }
    return region;
}

/* Index of the node itself, or of the one whose memory it shares. */
static uint32_t owner_of(const uint8_t *model, uint32_t index) {
    const snnrt_node *node = snnrt_node_of(model, index);
    bool alias = (snnrt_row_of(node->kind)->traits & SNNRT_TRAIT_ALIAS) != 0;
    return alias ? snnrt_edges_of(node)->source : index;
}

/* The last node that reads this node's value in the same step, or UINT32_MAX where the value is needed in
 * the next one. */
static uint32_t last_use(const snnrt_check *check) {
    uint32_t last = check->index;
    if (check->index == check->count - 2u || (check->node->flags & SNNRT_NODE_STATIC) != 0) {
        return UINT32_MAX;
    }
    for (uint32_t i = 0; i < check->count; i++) {
        const snnrt_node *node = snnrt_node_of(check->model, i);
        const snnrt_edge *edge = snnrt_edges_of(node);
        for (uint32_t left = node->edge_count; left != 0; left--, edge++) {
            if (owner_of(check->model, edge->source) != check->index) {
                continue;
            }
            if (edge->delay != 0) {
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
    check->expected = arena_bytes;
    for (check->index = 0; check->index < check->count; check->index++) {
        uint32_t last;
        check->node = snnrt_node_of(check->model, check->index);
        last = last_use(check);
        for (uint32_t which = 0; which < REGIONS; which++) {
            snnrt_region mine = region_of(check->node, which);
            check->found = mine.first;
            if (mine.bytes == 0) {
                uint32_t owner = owner_of(check->model, check->index);
                uint32_t wanted =
                    owner == check->index ? SNNRT_NO_OFFSET : snnrt_node_of(check->model, owner)->output;
                if (which == REGION_OUTPUT && mine.first != wanted) {
                    return SNNRT_ERROR_ARENA_PLAN;
                }
                continue;
            }
            if (mine.first % 8u != 0 || mine.first > arena_bytes ||
                mine.bytes > arena_bytes - mine.first) {
                return SNNRT_ERROR_ARENA_PLAN;
            }
            if (mine.first + mine.bytes > arena_end) {
                arena_end = mine.first + mine.bytes;
            }
            if (overlapped(check, &mine, which, which == REGION_OUTPUT ? last : UINT32_MAX)) {
                return SNNRT_ERROR_ARENA_PLAN;
            }
        }
    }
    check->index = SNNRT_NO_NODE;
    check->expected = (arena_end + 7u) / 8u * 8u;
    check->found = arena_bytes;
    return check->expected == arena_bytes ? SNNRT_OK : SNNRT_ERROR_ARENA_PLAN;
}

#else
typedef int snnrt_check_plan_left_out;
#endif
