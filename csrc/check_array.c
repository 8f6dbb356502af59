/* The arrays of a node: in the order of the file, inside the data section, and no value that a kernel can't take. */
#include "snnrt_check.h"

#if SNNRT_WITH_MODEL_CHECK

/* Whether all of `count` 32-bit elements lie in low ... low + span. */
static bool words_fit(const uint32_t *values, uint32_t count, uint32_t low, uint32_t span) {
    uint32_t drop_sign = span == SNNRT_FINITE;
    for (; count != 0; count--) {
        if ((*values++ << drop_sign) - low > span) {
            return false;
        }
    }
    return true;
}

#if SNNRT_WITH_INT8
static bool weights_fit(const uint8_t *values, uint32_t count) {
    for (; count != 0; count--) {
        if (*values++ == 0x80u) {
            return false;
        }
    }
    return true;
}
#endif

snnrt_status snnrt_check_array(snnrt_check *c, uint32_t role, uint32_t element, uint32_t stored, uint32_t low,
                               uint32_t span) {
    const snnrt_array *array = c->array;
    const void *values;
    uint32_t count;
    bool fit;
    if (array == c->arrays_end || array->role != role) {
        return SNNRT_OK;
    }
    c->array++;
    c->present |= 1u << role;
    if (array->element != element || array->layout != SNNRT_LAYOUT_DENSE || array->granularity > SNNRT_PER_NEURON ||
        (stored >> array->granularity & 1u) == 0) {
        return SNNRT_ERROR_ARRAY_REFERENCE;
    }
    count = array->granularity == SNNRT_PER_TENSOR    ? c->tensor
            : array->granularity == SNNRT_PER_CHANNEL ? c->node->channels
            : array->granularity == SNNRT_PER_LAYER   ? 1u
                                                      : snnrt_elements(c->node);
    if (array->granularity != SNNRT_PER_LAYER) {
        uint32_t end = snnrt_header_of(c->model)->metadata_offset;
        uint32_t room = (end - array->value) / (element == SNNRT_ELEMENT_INT8 ? 1u : 4u);
        if (array->value % SNNRT_ARRAY_ALIGNMENT != 0 || array->value < c->data_end || array->value > end ||
            count > room) {
            return SNNRT_ERROR_ARRAY_REFERENCE;
        }
        c->data_end = array->value + count * (element == SNNRT_ELEMENT_INT8 ? 1u : 4u);
    }
    values = snnrt_elements_of(c->model, array);
#if SNNRT_WITH_INT8
    if (element == SNNRT_ELEMENT_INT8) {
        fit = weights_fit((const uint8_t *)values, count);
    } else
#endif
    {
        fit = words_fit((const uint32_t *)values, count, low, span);
    }
    return fit ? SNNRT_OK : SNNRT_ERROR_ARRAY_VALUE;
}

#else
typedef int snnrt_check_array_left_out;
#endif
