/* The arrays of one node: inside the data section, and no value that a kernel can't take. */
#include "snnrt_core.h"

#if SNNRT_WITH_MODEL_CHECK

/* There is no array (`reference` 0), or `bytes` bytes that lie inside the data section. */
static bool inside(const snnrt_check *check, uint32_t reference, uint32_t bytes) {
    const snnrt_file_header *header = snnrt_header_of(check->model);
    uint32_t offset = reference - header->data_offset;
    return reference == 0 || (reference % 16u == 0 && offset <= header->data_bytes &&
                              bytes <= header->data_bytes - offset);
}

/* Whether all of low ... low + span. */
static bool values_in(const snnrt_check *check, uint32_t reference, uint32_t count, int32_t low,
                      uint32_t span) {
    const uint32_t *values = (const uint32_t *)(const void *)(check->model + reference);
    for (; count != 0; count--) {
        if (*values++ - (uint32_t)low > span) {
            return false;
        }
    }
    return true;
}

#if SNNRT_WITH_FLOAT32
/* Infinity and NaN have an exponent of all ones. */
#define LARGEST_FLOAT_BITS 0x7F7FFFFF

static bool values_finite(const snnrt_check *check, uint32_t reference, uint32_t count) {
    const int32_t *words = (const int32_t *)(const void *)(check->model + reference);
    for (uint32_t i = 0; i < count; i++) {
        if ((words[i] & 0x7FFFFFFF) > LARGEST_FLOAT_BITS) {
            return false;
        }
    }
    return true;
}
#endif

static snnrt_status check_synapse(const snnrt_check *check) {
    const snnrt_synapse_parameters *p = &check->node->parameters.synapse;
    bool int8 = snnrt_is_int8(check->model);
    uint32_t outputs = check->node->channels;
    uint32_t rows = check->source->channels;
    uint64_t bytes;
#if SNNRT_WITH_CONV2D
    if (check->node->kind == SNNRT_KIND_CONV2D) {
        uint64_t taps = (uint64_t)((uint32_t)p->window.kernel_h * p->window.kernel_w) * (rows / p->window.groups);
        if (taps > UINT32_MAX) {
            return snnrt_fail(check, SNNRT_ERROR_ARRAY_REFERENCE, UINT32_MAX, SIZE_MAX);
        }
        rows = (uint32_t)taps;
    }
#endif
    bytes = (uint64_t)rows * outputs * (int8 ? 1u : 4u);
    if (bytes > UINT32_MAX || p->weights == 0 ||
        !inside(check, p->weights, (uint32_t)bytes) ||
        !inside(check, p->bias, outputs * 4u) ||
        !inside(check, p->scale, outputs * 4u)) {
        return snnrt_fail(check, SNNRT_ERROR_ARRAY_REFERENCE, rows, outputs);
    }
#if SNNRT_WITH_FLOAT32
    if (!int8 && (!values_finite(check, p->weights, (uint32_t)bytes / 4u) ||
                  (p->bias != 0 && !values_finite(check, p->bias, outputs)))) {
        return snnrt_fail(check, SNNRT_ERROR_ARRAY_VALUE, 0, 0);
    }
#endif
#if SNNRT_WITH_INT8
    if (int8) {
        uint64_t sum = (uint64_t)rows * (check->source->peak * 128u);
        int32_t room = SNNRT_ACCUMULATOR_MAX - (int32_t)sum;
        if (sum > SNNRT_ACCUMULATOR_MAX ||
            (p->bias != 0 && !values_in(check, p->bias, outputs, -room, 2u * (uint32_t)room))) {
            return snnrt_fail(check, SNNRT_ERROR_ACCUMULATOR, SNNRT_ACCUMULATOR_MAX, (size_t)sum);
        }
    }
#endif
    return SNNRT_OK;
}

static snnrt_status check_neuron(const snnrt_check *check) {
    const snnrt_neuron_parameters *p = &check->node->parameters.neuron;
    bool narrow = (p->flags & SNNRT_NEURON_STATE_INT16) != 0;
    for (uint32_t a = 0; a < SNNRT_NEURON_ARRAYS; a++) {
        uint32_t granularity = SNNRT_GRANULARITY(p, a);
        uint32_t reference = p->arrays[a];
        uint32_t count = 1;
        int32_t low = INT32_MIN;
        uint32_t span = UINT32_MAX;
        bool valid;
        if (granularity == SNNRT_PER_CHANNEL) {
            count = check->node->channels;
        } else if (granularity == SNNRT_PER_NEURON) {
            count = snnrt_elements(check->node);
        }
        if ((granularity == SNNRT_ABSENT) != (reference == 0) ||
            !inside(check, reference, count * 4u)) {
            return snnrt_fail(check, SNNRT_ERROR_ARRAY_REFERENCE, a, reference);
        }
        if (reference == 0 || a == SNNRT_NEURON_SCALE) {
            continue;
        }
#if SNNRT_WITH_FLOAT32
        if (!snnrt_is_int8(check->model)) {
            /* Positive floats are ordered as their bits are. */
            valid = a == SNNRT_NEURON_THRESHOLD
                        ? values_in(check, reference, count, 1, LARGEST_FLOAT_BITS - 1)
                        : values_finite(check, reference, count);
        } else
#endif
        {
            if (a == SNNRT_NEURON_THRESHOLD) {
                low = 1;
                span = INT32_MAX - 1;
            } else if (a <= SNNRT_NEURON_SYNAPSE) {
                low = 0;
                span = 32768;
            } else if (a >= SNNRT_NEURON_RESET_VALUE && narrow) {
                low = INT16_MIN;
                span = UINT16_MAX;
            }
            valid = values_in(check, reference, count, low, span);
        }
        if (!valid) {
            return snnrt_fail(check, SNNRT_ERROR_ARRAY_VALUE, a, 0);
        }
    }
    return SNNRT_OK;
}

static snnrt_status check_readout(const snnrt_check *check) {
    const snnrt_readout_parameters *p = &check->node->parameters.readout;
    bool int8 = snnrt_is_int8(check->model);
    uint32_t classes = check->node->channels;
    if ((int8 && p->multipliers == 0) || !inside(check, p->multipliers, classes * 4u) ||
        !inside(check, p->scale, classes * 4u)) {
        return snnrt_fail(check, SNNRT_ERROR_ARRAY_REFERENCE, classes, 0);
    }
    if (int8 && !values_in(check, p->multipliers, classes, 0, INT32_MAX)) {
        return snnrt_fail(check, SNNRT_ERROR_ARRAY_VALUE, 0, 0);
    }
    return SNNRT_OK;
}

snnrt_status snnrt_check_arrays(const snnrt_check *check) {
    switch (check->node->kind) {
    case SNNRT_KIND_DENSE:
    case SNNRT_KIND_CONV2D:
        return check_synapse(check);
    case SNNRT_KIND_NEURON:
        return check_neuron(check);
    case SNNRT_KIND_READOUT:
        return check_readout(check);
    default:
        return SNNRT_OK;
    }
}

#else
typedef int snnrt_check_arrays_left_out;
#endif
