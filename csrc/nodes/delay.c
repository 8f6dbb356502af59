/* Its states: the next slot, a 32-bit word, and from byte 8 on a ring of as many outputs as the longest delay. */
#include "../snnrt_check.h"

#if SNNRT_WITH_DELAY

static const snnrt_delay_parameters *delay_of(const snnrt_node *node) {
    return (const snnrt_delay_parameters *)snnrt_parameters_of(node);
}

#if SNNRT_WITH_MODEL_CHECK
static const uint8_t delay_rules[SNNRT_DELAY_ARRAYS] = {SNNRT_NEURONS_OF(SNNRT_OWN_RANGE)};

snnrt_status snnrt_delay_check(snnrt_check *c) {
    const snnrt_node *node = c->node;
    const snnrt_array *array = snnrt_arrays_of(node);
    uint32_t longest = delay_of(node)->longest, left;
    const snnrt_int32 *steps;
    snnrt_status status;
    if (longest - 1u >= SNNRT_VALUE_MAX || (uint64_t)longest * snnrt_output_bytes(node) > INT32_MAX) {
        return SNNRT_ERROR_NODE_PARAMETER;
    }
    c->low = 0;
    c->span = longest;
    status = snnrt_check_arrays(c, delay_rules, SNNRT_DELAY_ARRAYS);
    if (status != SNNRT_OK || c->present == 0) {
        return status != SNNRT_OK ? status : SNNRT_ERROR_ARRAY_REFERENCE;
    }
    left = array->granularity == SNNRT_PER_LAYER     ? 1u
           : array->granularity == SNNRT_PER_CHANNEL ? node->channels
                                                     : snnrt_elements(node);
    steps = (const snnrt_int32 *)snnrt_elements_of(c->model, array);
    while (left != 0 && (uint32_t)*steps != longest) {
        steps++;
        left--;
    }
    if (left == 0) {
        return SNNRT_ERROR_NODE_PARAMETER;
    }
    return SNNRT_OK;
}
#endif

uint32_t snnrt_delay_state_bytes(const snnrt_node *node) {
    return 8u + delay_of(node)->longest * snnrt_output_bytes(node);
}

/* Zeros. */
void snnrt_delay_start(const snnrt_network *network, const snnrt_node *node) {
    (void)network;
    (void)node;
}

uint64_t snnrt_delay_operations(const snnrt_node *node, const snnrt_node *source) {
    (void)source;
    return 2u * (uint64_t)snnrt_elements(node);
}

/* How many elements from `first` on wait as long. */
static uint32_t delay_run(const snnrt_node *node, const snnrt_array *array, const snnrt_int32 *steps,
                          uint32_t first) {
    uint32_t elements = snnrt_elements(node), end = first + 1u;
    if (array->granularity == SNNRT_PER_LAYER) {
        return elements - first;
    }
    if (array->granularity == SNNRT_PER_CHANNEL) {
        uint32_t channel = first % node->channels, last = channel + 1u;
        while (last < node->channels && steps[last] == steps[channel]) {
            last++;
        }
        return last - channel;
    }
    while (end < elements && steps[end] == steps[first]) {
        end++;
    }
    return end - first;
}

void snnrt_delay_advance(const snnrt_network *network, const snnrt_node *node, uint32_t index) {
    const snnrt_array *array = snnrt_arrays_of(node);
    const snnrt_int32 *steps = (const snnrt_int32 *)snnrt_elements_of(network->model, array);
    const void *input = snnrt_value_of(network, snnrt_source_of(network->model, node, 0));
    uint8_t *state = network->arena + delay_of(node)->state;
    uint32_t bytes = snnrt_output_bytes(node), longest = delay_of(node)->longest;
    uint32_t slot = *(const snnrt_uint32 *)(const void *)state, run;
    (void)index;
    snnrt_clear_bits(network, node);
    for (uint32_t i = 0; i < snnrt_elements(node); i += run) {
        uint32_t k = array->granularity == SNNRT_PER_LAYER     ? 0
                     : array->granularity == SNNRT_PER_CHANNEL ? i % node->channels
                                                               : i;
        uint32_t waited = (uint32_t)steps[k];
        uint32_t place = slot >= waited ? slot - waited : slot + longest - waited;
        const void *from = waited == 0 ? input : (const void *)(state + 8u + place * bytes);
        run = delay_run(node, array, steps, i);
        snnrt_copy_elements(node->type, network->arena + node->output, i, from, i, run);
    }
    /* The oldest has been read. Every output is a whole number of 16-bit pieces. */
    snnrt_copy_elements(SNNRT_TYPE_INT16, state + 8u + slot * bytes, 0, input, 0, bytes / 2u);
    *(snnrt_uint32 *)(void *)state = slot + 1u == longest ? 0 : slot + 1u;
}

#else
typedef int snnrt_delay_node_left_out;
#endif
