/* The memory plan: every buffer inside the arena, none over another that is in use at the same time, and
 * no byte of the arena without a use. */
#include "snnrt_core.h"

typedef struct snnrt_region {
    uint64_t first, end; /* empty: first == end */
    bool kept;           /* holds its value from step to step */
} snnrt_region;

enum { REGION_OUTPUT = 0, REGION_STATE = 1, REGION_SYNAPSE = 2, REGIONS = 3 };

static bool read_delayed(const uint8_t *model, uint32_t index) {
    uint32_t count = snnrt_header_of(model)->node_count;
    for (uint32_t i = 0; i < count; i++) {
        const snnrt_node *node = snnrt_node_of(model, i);
        for (uint32_t k = 0; k < node->input_count; k++) {
            if ((node->inputs[k] & SNNRT_DELAYED) != 0 &&
                snnrt_alias_root(model, node->inputs[k] & ~SNNRT_DELAYED) == index) {
                return true;
            }
        }
    }
    return false;
}

/* The last node that reads this node's value in the same step. */
static uint32_t last_use(const uint8_t *model, uint32_t index) {
    uint32_t count = snnrt_header_of(model)->node_count;
    uint32_t last = index;
    for (uint32_t i = index + 1u; i < count; i++) {
        const snnrt_node *node = snnrt_node_of(model, i);
        for (uint32_t k = 0; k < node->input_count; k++) {
            if ((node->inputs[k] & SNNRT_DELAYED) == 0 &&
                snnrt_alias_root(model, node->inputs[k]) == index) {
                last = i;
            }
        }
    }
    return last;
}

static bool owns_output(const snnrt_node *node) {
    return node->kind != SNNRT_KIND_INPUT && node->kind != SNNRT_KIND_FLATTEN &&
           node->kind != SNNRT_KIND_EXIT;
}

static snnrt_region region_of(const uint8_t *model, uint32_t index, uint32_t which) {
    const snnrt_node *node = snnrt_node_of(model, index);
    snnrt_region region = {0, 0, true};
    if (which == REGION_OUTPUT) {
        if (owns_output(node)) {
            region.first = node->output;
            region.end = region.first + snnrt_output_bytes(node);
            region.kept =
                node->kind == SNNRT_KIND_READOUT || (node->flags & SNNRT_NODE_STATIC) != 0;
        }
    } else if (node->kind == SNNRT_KIND_NEURON) {
        const snnrt_neuron_parameters *p = &node->parameters.neuron;
        uint64_t size = snnrt_elements(node);
        if (which == REGION_STATE) {
            region.first = p->state;
            region.end = region.first +
                         size * ((p->flags & SNNRT_NEURON_STATE_INT16) != 0 ? 2u : 4u);
        } else if (SNNRT_GRANULARITY(p, SNNRT_SYNAPSE) != SNNRT_ABSENT) {
            region.first = p->synapse_state;
            region.end = region.first + size * 4u;
        }
    }
    return region;
}

static bool offsets_fit(const uint8_t *model, uint32_t index) {
    const snnrt_node *node = snnrt_node_of(model, index);
    if (node->kind == SNNRT_KIND_FLATTEN) {
        return node->output == snnrt_node_of(model, node->inputs[0])->output;
    }
    if (!owns_output(node)) {
        return node->output == SNNRT_NO_OFFSET;
    }
    if (node->kind == SNNRT_KIND_NEURON &&
        SNNRT_GRANULARITY(&node->parameters.neuron, SNNRT_SYNAPSE) == SNNRT_ABSENT) {
        return node->parameters.neuron.synapse_state == SNNRT_NO_OFFSET;
    }
    return true;
}

static bool overlap(const snnrt_region *a, const snnrt_region *b) {
    return a->first < b->end && b->first < a->end;
}

snnrt_status snnrt_check_plan(const uint8_t *model, snnrt_fault *fault) {
    const snnrt_file_header *header = snnrt_header_of(model);
    uint64_t arena_end = 0;
    for (uint32_t i = 0; i < header->node_count; i++) {
        uint32_t last = last_use(model, i);
        bool delayed = read_delayed(model, i);
        if (!offsets_fit(model, i)) {
            return snnrt_fail(fault, SNNRT_ERROR_ARENA_PLAN, i, 0, 0);
        }
        for (uint32_t a = 0; a < REGIONS; a++) {
            snnrt_region mine = region_of(model, i, a);
            mine.kept = mine.kept || delayed;
            if (mine.first == mine.end) {
                continue;
            }
            if (mine.first % 8u != 0 || mine.end > header->arena_bytes) {
                return snnrt_fail(fault, SNNRT_ERROR_ARENA_PLAN, i, header->arena_bytes,
                                  (int64_t)mine.end);
            }
            arena_end = mine.end > arena_end ? mine.end : arena_end;
            for (uint32_t j = i; j < header->node_count; j++) {
                for (uint32_t b = j == i ? a + 1u : 0u; b < REGIONS; b++) {
                    snnrt_region other = region_of(model, j, b);
                    if (!overlap(&mine, &other)) {
                        continue;
                    }
                    if (mine.kept || other.kept || j <= last || read_delayed(model, j)) {
                        return snnrt_fail(fault, SNNRT_ERROR_ARENA_PLAN, i, 0, (int64_t)j);
                    }
                }
            }
        }
    }
    if ((arena_end + 7u) / 8u * 8u != header->arena_bytes) {
        return snnrt_fail(fault, SNNRT_ERROR_ARENA_PLAN, SNNRT_NO_NODE, (int64_t)arena_end,
                          header->arena_bytes);
    }
    return SNNRT_OK;
}
