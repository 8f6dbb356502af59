/* What a record says of memory. */
#include "snnrt_core.h"

const snnrt_array *snnrt_find_array(const snnrt_node *node, uint32_t role) {
    const snnrt_array *array = snnrt_arrays_of(node);
    for (uint32_t left = node->array_count; left != 0; left--, array++) {
        if (array->role == role) {
            return array;
        }
    }
    return NULL;
}

uint32_t snnrt_output_bytes(const snnrt_node *node) {
    uint32_t elements = snnrt_elements(node);
    if (node->type == SNNRT_TYPE_BITS) {
        return (elements + 31u) / 32u * 4u;
    }
    return elements * (node->type == SNNRT_TYPE_INT16 ? 2u : 4u);
}

uint32_t snnrt_state_bytes(const snnrt_node *node) {
    switch (node->kind) {
#define SNNRT_STATE_CASE(KIND, kind, ...) \
    case SNNRT_KIND_##KIND: \
        return snnrt_##kind##_state_bytes(node);
        SNNRT_STATE_LIST(SNNRT_STATE_CASE)
#undef SNNRT_STATE_CASE
    default:
        return 0;
    }
}
