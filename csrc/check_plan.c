/* The memory plan: every buffer inside the arena, none over another that is in use at the same time, and
 * no byte of the arena without a use. */
#include "snnrt_check.h"

#if SNNRT_WITH_MODEL_CHECK

/* Bytes of a node's output that are there at the same time. */
static uint32_t kept_bytes(const snnrt_node *node) {
#if SNNRT_WITH_CONV2D
    const uint32_t rows = snnrt_rows_of(node);
    if (rows != 0) {
        return rows * node->width * node->channels * 4u;
    }
#endif
    return snnrt_output_bytes(node);
}

/* Regions of the arena are two a node: number 2 i is the output of node i, 2 i + 1 its state. Gives where one begins, and
 * its bytes; 0 for both where the node has none. */
static uint32_t region_at(const uint8_t *model, uint32_t number, uint32_t *first) {
    const snnrt_node *node = snnrt_node_of(model, number / 2u);
    uint32_t traits = snnrt_row_of(node->kind)->traits;
    if (number % 2u == 0 && (traits & SNNRT_TRAIT_MEMORY) != 0) {
        *first = node->output;
        return kept_bytes(node);
    }
    if (number % 2u != 0 && (traits & SNNRT_TRAIT_STATE) != 0) {
        *first = snnrt_state_offset(node);
        return snnrt_state_bytes(node);
    }
    return *first = 0;
}

/* Index of the node itself, or of the one whose memory it shares. */
static uint32_t owner_of(const uint8_t *model, uint32_t index) {
    const snnrt_node *node = snnrt_node_of(model, index);
    bool alias = (snnrt_row_of(node->kind)->traits & SNNRT_TRAIT_ALIAS) != 0;
    return alias ? snnrt_edges_of(node)->source : index;
}

/* Nodes behind this one that run while it still reads. */
static uint32_t reads_later(const snnrt_node *node) {
#if SNNRT_WITH_CONV2D
    return snnrt_rows_of(node) != 0;
#else
    (void)node;
    return 0;
#endif
}

/* The last node that reads this node's value in the same step, or UINT32_MAX where the value is needed in
 * the next one. */
static uint32_t last_use(const snnrt_check *check) {
    uint32_t last = check->index;
    if (check->index == check->count - 2u ||
        (snnrt_node_of(check->model, check->index)->flags & SNNRT_NODE_STATIC) != 0) {
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
            last = i + reads_later(node);
        }
    }
    return last;
}

snnrt_status snnrt_check_plan(snnrt_check *check) {
    uint32_t arena_bytes = snnrt_header_of(check->model)->arena_bytes;
    uint32_t arena_end = 0;
    check->expected = arena_bytes;
    for (uint32_t number = 0; number < 2u * check->count; number++) {
        uint32_t first, bytes = region_at(check->model, number, &first);
        uint32_t last = UINT32_MAX, end;
        check->index = number / 2u;
        check->found = first;
        if (bytes == 0) {
            continue;
        }
        if (first % 8u != 0 || first > arena_bytes || bytes > arena_bytes - first) {
            return SNNRT_ERROR_ARENA_PLAN;
        }
        end = first + bytes;
        if (end > arena_end) {
            arena_end = end;
        }
        if (number % 2u == 0) {
            last = last_use(check);
        }
        /* A value of an earlier node that must not be touched is found in that node's turn. */
        for (uint32_t other = last == UINT32_MAX ? 0 : number;
             other < 2u * check->count && other / 2u <= last; other++) {
            uint32_t begin, length = region_at(check->model, other, &begin);
            /* None is over an empty one; one past the arena's end, whose sum may wrap, is refused in its turn. */
            if (other != number && begin < end && first < begin + length) {
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
