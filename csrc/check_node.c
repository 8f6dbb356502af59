/* Records: where they lie, and what the specification's rows say of each. What a node reads of others, was or will be
 * checked in their turn; what this node's own check computes with is checked before. */
#include "snnrt_check.h"

#if SNNRT_WITH_MODEL_CHECK

/* Of the kinds in the build; the last, of zeros, stands for the others. */
static const snnrt_row kind_rows[] = {
#define SNNRT_ROW(KIND, kind, reads, traits, fewest, most, words, roles, passes) \
    {reads, traits, fewest, most, (words) | (roles) << 4, SNNRT_KIND_##KIND, passes},
    SNNRT_NODE_LIST(SNNRT_ROW)
#undef SNNRT_ROW
        {0, 0, 0, 0, 0, 0, 0},
};

#define SNNRT_ROW_FITS(KIND, kind, reads, traits, fewest, most, words, roles, passes) \
    typedef char snnrt_##kind##_row_fits[(words) < 16u && (roles) < 16u ? 1 : -1];
SNNRT_NODE_LIST(SNNRT_ROW_FITS)
#undef SNNRT_ROW_FITS

const snnrt_row *snnrt_row_of(uint32_t kind) {
    const snnrt_row *row = kind_rows;
    while (row->kind != kind && row->kind != 0) {
        row++;
    }
    return row;
}

static bool dimensions_fit(const snnrt_node *node) {
    uint32_t pixels = snnrt_bounded_product(node->height, node->width);
    /* No dimension, and no sum of one with its padding, can overflow then; none is 0. */
    return (node->channels | node->height | node->width) <= SNNRT_DIMENSION_MAX &&
           snnrt_bounded_product(pixels, node->channels) - 1u < SNNRT_ELEMENTS_MAX &&
           ((node->flags & SNNRT_NODE_MAP) != 0 || pixels == 1);
}
typedef char snnrt_dimensions_are_all_ones[(SNNRT_DIMENSION_MAX & (SNNRT_DIMENSION_MAX + 1u)) == 0 ? 1 : -1];

SNNRT_NOINLINE uint32_t snnrt_bounded_product(uint32_t a, uint32_t b) {
    uint64_t product = snnrt_product(a, b);
    return product >> 32 != 0 ? UINT32_MAX : (uint32_t)product;
}

/* Records in the order of the index without gaps, then the data; and of each record what others compute with. */
snnrt_status snnrt_check_records(snnrt_check *check) {
    const snnrt_file_header *header = snnrt_header_of(check->model);
    uint32_t end = (SNNRT_HEADER_BYTES + check->count * 2u + 3u) & ~3u;
    uint32_t limit = header->metadata_offset;
    for (uint32_t i = 0; i < check->count; i++) {
        const snnrt_node *node;
        if (end + SNNRT_RECORD_BYTES > limit || snnrt_index_of(check->model)[i] * 4u != end) {
            return SNNRT_ERROR_HEADER;
        }
        node = snnrt_node_of(check->model, i);
        end += SNNRT_RECORD_BYTES + (node->edge_count + node->parameter_words + 2u * node->array_count) * 4u;
        if (!dimensions_fit(node)) {
            check->index = i;
            return SNNRT_ERROR_NODE_SHAPE;
        }
    }
    check->data_end = (end + 7u) & ~7u;
    return header->data_offset != check->data_end || check->data_end > limit ? SNNRT_ERROR_HEADER : SNNRT_OK;
}

static bool place_fits(const snnrt_check *c, const snnrt_row *row) {
    uint32_t left = c->count - c->index;
    uint32_t wanted = c->index == 0               ? SNNRT_PLACE_FIRST
                      : left < SNNRT_PLACE_INSIDE ? left
                                                  : SNNRT_PLACE_INSIDE;
    return SNNRT_PLACE(row->traits) == wanted;
}

/* A source comes earlier in the list, a delayed one later: both are nodes with a value. */
static bool edge_fits(const snnrt_check *c, const snnrt_edge *edge, const snnrt_row *row) {
    uint32_t source = edge->source;
    const snnrt_node *node;
    if (edge->delay == 0) {
        return source < c->index && (source == c->index - 1u || SNNRT_PLACE(row->traits) != SNNRT_PLACE_LAST);
    }
    if (edge->delay > SNNRT_DELAY_MAX || source >= c->count - 2u || source <= c->index ||
        (row->traits & SNNRT_TRAIT_ALIAS) != 0) {
        return false;
    }
    /* An alias' value is its source's memory: that too must be written after this node. */
    node = snnrt_node_of(c->model, source);
    return (snnrt_row_of(node->kind)->traits & SNNRT_TRAIT_ALIAS) == 0 || node->edge_count == 0 ||
           snnrt_edges_of(node)->source > c->index;
}

/* The types that the arithmetic has, a bit each. */
static uint32_t types_of(const snnrt_check *c) {
    return snnrt_is_integer(c->model)
               ? 1u << SNNRT_TYPE_BITS | 1u << SNNRT_TYPE_INT16 | 1u << SNNRT_TYPE_INT32
               : 1u << SNNRT_TYPE_BITS | 1u << SNNRT_TYPE_FLOAT32;
}

static snnrt_status check_edges(snnrt_check *c, const snnrt_row *row) {
    const snnrt_node *node = c->node;
    uint32_t type = node->type;
    uint32_t reads;
    if (node->edge_count < row->fewest || node->edge_count > row->most) {
        return SNNRT_ERROR_NODE_INPUTS;
    }
    if (type > SNNRT_TYPE_FLOAT32 || (types_of(c) >> type & 1u) == 0) {
        return SNNRT_ERROR_NODE_DTYPE;
    }
    reads = (uint32_t)row->reads >> 4u * type & 15u;
    c->source = node;
    c->peak = 0;
    c->is_static = (row->traits & SNNRT_TRAIT_STATIC) != 0;
    /* The first is the last that is looked at. */
    for (uint32_t i = node->edge_count; i-- != 0;) {
        const snnrt_edge *edge = snnrt_edges_of(node) + i;
        if (!edge_fits(c, edge, row)) {
            return SNNRT_ERROR_NODE_INPUTS;
        }
        c->source = snnrt_node_of(c->model, edge->source);
        if (c->source->type > SNNRT_TYPE_FLOAT32 || (reads >> c->source->type & 1u) == 0) {
            return SNNRT_ERROR_NODE_DTYPE;
        }
        if ((row->traits & SNNRT_TRAIT_SAME_SHAPE) != 0 &&
            (c->source->channels != node->channels || c->source->height != node->height ||
             c->source->width != node->width || ((c->source->flags ^ node->flags) & SNNRT_NODE_MAP) != 0)) {
            return SNNRT_ERROR_NODE_SHAPE;
        }
        c->peak += c->source->peak;
        if (edge->delay != 0 || (c->source->flags & SNNRT_NODE_STATIC) == 0) {
            c->is_static = false;
        }
    }
    /* A source that reads nothing has the bit of its own type. */
    return node->edge_count == 0 && (reads >> type & 1u) == 0 ? SNNRT_ERROR_NODE_DTYPE : SNNRT_OK;
}

/* Of a value that is no memory of its own: its source's, or the caller's. */
static bool place_of_value_fits(const snnrt_check *c, const snnrt_row *row) {
    uint32_t place = (row->traits & SNNRT_TRAIT_ALIAS) != 0 ? c->source->output : SNNRT_NO_OFFSET;
    return (row->traits & SNNRT_TRAIT_MEMORY) != 0 || c->node->output == place;
}

static snnrt_status check_kind(snnrt_check *c) {
    switch (c->node->kind) {
#define SNNRT_CHECK_CASE(KIND, kind, ...) \
    case SNNRT_KIND_##KIND: \
        return snnrt_##kind##_check(c);
        SNNRT_NODE_LIST(SNNRT_CHECK_CASE)
#undef SNNRT_CHECK_CASE
    default:
        return SNNRT_ERROR_NODE_KIND;
    }
}

#if SNNRT_VALUES_PASS
static bool passes_on(const snnrt_node *node, const snnrt_row *row) {
    return node->edge_count == 1 && node->type <= SNNRT_TYPE_FLOAT32 &&
           ((uint32_t)row->passes >> node->type & 1u) != 0;
}

/* Whether the node reads itself, through nodes that pass on their input's type: it has none then, and no largest value. */
static bool reads_itself(const snnrt_check *c) {
    const snnrt_node *at = c->source;
    for (uint32_t left = c->count; left != 0 && at != c->node; left--) {
        if (at->type != c->node->type || !passes_on(at, snnrt_row_of(at->kind))) {
            return false;
        }
        if (snnrt_edges_of(at)->source >= c->count) {
            return true;
        }
        at = snnrt_source_of(c->model, at, 0);
    }
    return at == c->node;
}
#endif

snnrt_status snnrt_check_node(snnrt_check *c) {
    const snnrt_node *node = c->node;
    const snnrt_row *row = snnrt_row_of(node->kind);
    snnrt_status status;
    uint32_t peak;
    if (!place_fits(c, row)) {
        return SNNRT_ERROR_NODE_KIND;
    }
    if (node->parameter_words != (row->sizes & 15u)) {
        return SNNRT_ERROR_NODE_PARAMETER;
    }
    status = check_edges(c, row);
    if (status == SNNRT_OK && node->array_count > row->sizes >> 4) {
        return SNNRT_ERROR_ARRAY_REFERENCE;
    }
    if (status == SNNRT_OK) {
        status = check_kind(c);
    }
#if SNNRT_VALUES_PASS
    if (status == SNNRT_OK && (row->traits & SNNRT_TRAIT_ALIAS) == 0 && passes_on(node, row) &&
        reads_itself(c)) {
        return SNNRT_ERROR_NODE_INPUTS;
    }
#endif
    if (status != SNNRT_OK) {
        return status;
    }
    peak = node->type == SNNRT_TYPE_BITS ? 1u : node->type == SNNRT_TYPE_INT16 ? c->peak : 0u;
    c->expected = peak;
    c->found = node->peak;
    if (node->peak != peak || peak > SNNRT_VALUE_MAX || (peak == 0 && node->type == SNNRT_TYPE_INT16) ||
        (node->flags & ~SNNRT_NODE_MAP) != c->is_static * SNNRT_NODE_STATIC) {
        return SNNRT_ERROR_NODE_PARAMETER;
    }
    return place_of_value_fits(c, row) ? SNNRT_OK : SNNRT_ERROR_ARENA_PLAN;
}

#else
typedef int snnrt_check_node_left_out;
#endif
