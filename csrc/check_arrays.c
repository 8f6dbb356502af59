/* The arrays of one node: inside the data section, and no value that a kernel can't take. */
#include "snnrt_core.h"

typedef struct snnrt_range {
    int64_t low, high;
} snnrt_range;

static const snnrt_range any_int32 = {INT32_MIN, INT32_MAX};

/* `reference` is 0 and `required` false, or `bytes` bytes lie inside the data section. */
static bool inside(const uint8_t *model, uint32_t reference, uint64_t bytes, bool required) {
    const snnrt_file_header *header = snnrt_header_of(model);
    if (reference == 0) {
        return !required;
    }
    return reference % 16u == 0 && reference >= header->data_offset &&
           reference + bytes <= (uint64_t)header->data_offset + header->data_bytes;
}

static bool values_in(const uint8_t *model, uint32_t reference, uint64_t count, snnrt_range range) {
    const int32_t *values = (const int32_t *)(const void *)(model + reference);
    for (uint64_t i = 0; i < count; i++) {
        if (values[i] < range.low || values[i] > range.high) {
            return false;
        }
    }
    return true;
}

#if SNNRT_WITH_FLOAT32
/* Infinity and NaN have an exponent of all ones. */
static bool values_finite(const uint8_t *model, uint32_t reference, uint64_t count) {
    const uint32_t *words = (const uint32_t *)(const void *)(model + reference);
    for (uint64_t i = 0; i < count; i++) {
        if ((words[i] & 0x7F800000u) == 0x7F800000u) {
            return false;
        }
    }
    return true;
}
#endif

static snnrt_status check_synapse(const uint8_t *model, uint32_t index, snnrt_fault *fault) {
    const snnrt_node *node = snnrt_node_of(model, index);
    const snnrt_node *source = snnrt_node_of(model, node->inputs[0] & ~SNNRT_DELAYED);
    const snnrt_synapse_parameters *p = &node->parameters.synapse;
    bool int8 = snnrt_is_int8(model);
    uint64_t rows = node->kind == SNNRT_KIND_DENSE
                        ? source->channels
                        : (uint64_t)p->kernel_h * p->kernel_w * (source->channels / p->groups);
    uint64_t outputs = node->channels;
    uint64_t weights;
    /* Each factor is below 2^48 and 2^24: the product is checked before it is formed. */
    if (rows > UINT32_MAX) {
        return snnrt_fail(fault, SNNRT_ERROR_ARRAY_REFERENCE, index, UINT32_MAX, (int64_t)rows);
    }
    weights = rows * outputs;
    if (!inside(model, p->weights, int8 ? weights : weights * 4u, true) ||
        !inside(model, p->bias, outputs * 4u, false) ||
        !inside(model, p->scale, outputs * 4u, false)) {
        return snnrt_fail(fault, SNNRT_ERROR_ARRAY_REFERENCE, index, (int64_t)weights, 0);
    }
#if SNNRT_WITH_FLOAT32
    if (!int8 && (!values_finite(model, p->weights, weights) ||
                  (p->bias != 0 && !values_finite(model, p->bias, outputs)))) {
        return snnrt_fail(fault, SNNRT_ERROR_ARRAY_VALUE, index, 0, 0);
    }
#endif
    if (int8) {
        int64_t sum = (int64_t)rows * 128 * source->peak;
        snnrt_range range;
        range.high = SNNRT_ACCUMULATOR_MAX - sum;
        range.low = -range.high;
        if (range.high < 0 || (p->bias != 0 && !values_in(model, p->bias, outputs, range))) {
            return snnrt_fail(fault, SNNRT_ERROR_ACCUMULATOR, index, SNNRT_ACCUMULATOR_MAX, sum);
        }
    }
    return SNNRT_OK;
}

static snnrt_range neuron_range(uint32_t parameter, bool narrow) {
    static const snnrt_range q15 = {0, 32768};
    snnrt_range range = any_int32;
    switch (parameter) {
    case SNNRT_MEMBRANE:
    case SNNRT_SYNAPSE:
        return q15;
    case SNNRT_THRESHOLD:
        range.low = 1;
        return range;
    case SNNRT_RESET_TO:
    case SNNRT_LOWER_BOUND:
    case SNNRT_INITIAL:
        if (narrow) {
            range.low = -32768;
            range.high = 32767;
        }
        return range;
    default:
        return range;
    }
}

static snnrt_status check_neuron(const uint8_t *model, uint32_t index, snnrt_fault *fault) {
    const snnrt_node *node = snnrt_node_of(model, index);
    const snnrt_neuron_parameters *p = &node->parameters.neuron;
    bool int8 = snnrt_is_int8(model);
    bool narrow = (p->flags & SNNRT_NEURON_STATE_INT16) != 0;
    for (uint32_t a = 0; a < SNNRT_NEURON_PARAMETERS; a++) {
        uint32_t granularity = SNNRT_GRANULARITY(p, a);
        uint64_t count = granularity == SNNRT_SCALAR        ? 1u
                         : granularity == SNNRT_PER_CHANNEL ? node->channels
                                                            : snnrt_elements(node);
        if ((granularity == SNNRT_ABSENT) != (p->arrays[a] == 0) ||
            !inside(model, p->arrays[a], count * 4u, false)) {
            return snnrt_fail(fault, SNNRT_ERROR_ARRAY_REFERENCE, index, (int64_t)a, p->arrays[a]);
        }
        if (granularity == SNNRT_ABSENT || a == SNNRT_SCALE) {
            continue;
        }
        if (int8) {
            if (!values_in(model, p->arrays[a], count, neuron_range(a, narrow))) {
                return snnrt_fail(fault, SNNRT_ERROR_ARRAY_VALUE, index, (int64_t)a, 0);
            }
        }
#if SNNRT_WITH_FLOAT32
        if (!int8 && !values_finite(model, p->arrays[a], count)) {
            return snnrt_fail(fault, SNNRT_ERROR_ARRAY_VALUE, index, (int64_t)a, 0);
        }
#endif
    }
    return SNNRT_OK;
}

static snnrt_status check_readout(const uint8_t *model, uint32_t index, snnrt_fault *fault) {
    static const snnrt_range multiplier = {0, INT32_MAX};
    const snnrt_node *node = snnrt_node_of(model, index);
    const snnrt_readout_parameters *p = &node->parameters.readout;
    bool int8 = snnrt_is_int8(model);
    uint64_t bytes = (uint64_t)node->channels * 4u;
    if (!inside(model, p->multipliers, bytes, int8) || !inside(model, p->scale, bytes, false)) {
        return snnrt_fail(fault, SNNRT_ERROR_ARRAY_REFERENCE, index, (int64_t)bytes, 0);
    }
    if (int8 && !values_in(model, p->multipliers, node->channels, multiplier)) {
        return snnrt_fail(fault, SNNRT_ERROR_ARRAY_VALUE, index, 0, 0);
    }
    return SNNRT_OK;
}

snnrt_status snnrt_check_arrays(const uint8_t *model, uint32_t index, snnrt_fault *fault) {
    switch (snnrt_node_of(model, index)->kind) {
    case SNNRT_KIND_DENSE:
    case SNNRT_KIND_CONV2D:
        return check_synapse(model, index, fault);
    case SNNRT_KIND_NEURON:
        return check_neuron(model, index, fault);
    case SNNRT_KIND_READOUT:
        return check_readout(model, index, fault);
    default:
        return SNNRT_OK;
    }
}
