/* The arrays of a node: in the order of the file, inside the data section, and no value that a kernel can't take. */
#include "snnrt_check.h"

#if SNNRT_WITH_MODEL_CHECK

/* As a span, of floats: whatever the sign, up to the largest. */
#define FINITE_SPAN (SNNRT_LARGEST_FLOAT << 1)

/* How far values may lie above the lowest one, in the order of the ranges; weights and a node's own have none here. */
static const uint32_t span_of_range[] = {
    0,
    0,
    UINT32_MAX,
    32768u,
    SNNRT_VALUE_MAX,
    INT32_MAX,
    INT32_MAX - 1u,
    0,
    FINITE_SPAN,
    SNNRT_LARGEST_FLOAT - 1u,
#if SNNRT_WITH_FLOAT32
    SNNRT_ONE_FLOAT,
    SNNRT_LARGEST_FLOAT,
#endif
};

bool snnrt_words_fit(const snnrt_check *c, const void *words, uint32_t count, uint32_t range) {
    const uint32_t *values = (const uint32_t *)words;
    uint32_t low = range == SNNRT_POSITIVE_RANGE || range == SNNRT_FLOAT_ABOVE_0_RANGE;
    uint32_t drop_sign = range == SNNRT_FLOAT_RANGE, span;
    if (range == SNNRT_OWN_RANGE || (SNNRT_WITH_FLOAT32 && range == SNNRT_FLOAT_OWN_RANGE)) {
        low = c->low;
        span = c->span;
    } else {
        span = span_of_range[range];
    }
#if SNNRT_WITH_NEURON_VARIANTS
    if (range == SNNRT_Q15_RANGE) {
        span = c->decay_span;
    }
#endif
    for (; count != 0; count--) {
        if ((*values++ << drop_sign) - low > span) {
            return false;
        }
    }
    return true;
}

#if SNNRT_WITH_INT8
static bool weights_fit(const int8_t *values, uint32_t count) {
    for (; count != 0; count--) {
        if (*values++ == INT8_MIN) {
            return false;
        }
    }
    return true;
}
#endif

snnrt_status snnrt_check_arrays(snnrt_check *c, const uint8_t *rules, uint32_t roles) {
    const snnrt_array *array = snnrt_arrays_of(c->node);
    uint32_t counts[4];
    counts[SNNRT_PER_TENSOR] = c->tensor;
    counts[SNNRT_PER_LAYER] = 1;
    counts[SNNRT_PER_CHANNEL] = c->node->channels;
    counts[SNNRT_PER_NEURON] = snnrt_elements(c->node);
    c->present = 0;
    for (uint32_t left = c->node->array_count; left != 0; left--, array++) {
        uint32_t role = array->role, per = array->granularity;
        uint32_t end = snnrt_header_of(c->model)->metadata_offset;
        uint32_t rule, range, element, bytes;
        const void *values;
        bool fit;
        c->found = role;
        if (role >= roles || c->present >> role != 0) {
            return SNNRT_ERROR_ARRAY_REFERENCE;
        }
        c->present |= 1u << role;
        rule = rules[role];
        range = rule & 15u;
        element = range == SNNRT_WEIGHT_RANGE  ? (uint32_t)SNNRT_ELEMENT_INT8
                  : range >= SNNRT_FLOAT_RANGE ? (uint32_t)SNNRT_ELEMENT_FLOAT32
                                               : (uint32_t)SNNRT_ELEMENT_INT32;
        if (per > SNNRT_PER_NEURON || (rule >> 4 >> per & 1u) == 0 || array->element != element ||
            array->layout != SNNRT_LAYOUT_DENSE) {
            return SNNRT_ERROR_ARRAY_REFERENCE;
        }
        bytes = counts[per];
        if (range != SNNRT_WEIGHT_RANGE) {
            bytes *= 4u;
        }
#if SNNRT_WITH_MONITOR || SNNRT_WITH_EXIT_COMBINED
        /* The only array whose size is always the same. */
        if (role == SNNRT_EXIT_MONITOR && c->node->kind == SNNRT_KIND_EXIT) {
            bytes = sizeof(snnrt_monitor_table);
        }
#endif
        if (per != SNNRT_PER_LAYER) {
            if (array->value % SNNRT_ARRAY_ALIGNMENT != 0 || array->value < c->data_end ||
                array->value > end || bytes > end - array->value) {
                return SNNRT_ERROR_ARRAY_REFERENCE;
            }
            c->data_end = array->value + bytes;
        }
        values = snnrt_elements_of(c->model, array);
#if SNNRT_WITH_INT8
        if (element == SNNRT_ELEMENT_INT8) {
            fit = weights_fit((const int8_t *)values, bytes);
        } else
#endif
        {
            fit = snnrt_words_fit(c, values, bytes / 4u, range);
        }
        if (!fit) {
            return SNNRT_ERROR_ARRAY_VALUE;
        }
    }
    return SNNRT_OK;
}
#undef FINITE_SPAN

#else
typedef int snnrt_check_arrays_left_out;
#endif
