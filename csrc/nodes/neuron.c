#include "../snnrt_check.h"

bool snnrt_neuron_present(const snnrt_node *node) {
#if SNNRT_WITH_NEURON_VARIANTS
    const uint32_t flags = ((const snnrt_neuron_parameters *)snnrt_parameters_of(node))->flags;
    return SNNRT_WITH_LOIHI || (flags & SNNRT_NEURON_LOIHI) == 0;
#else
    const snnrt_neuron_parameters *p = (const snnrt_neuron_parameters *)snnrt_parameters_behind_edge(node);
    const snnrt_array *array = snnrt_arrays_behind_edge(node, sizeof *p);
    uint32_t granularity = 0;
    for (uint32_t left = node->array_count; left != 0; left--, array++) {
        granularity |= (uint32_t)array->granularity << 2u * array->role;
    }
    return snnrt_neuron_is_plain(p->flags, granularity);
#endif
}

#if SNNRT_WITH_MODEL_CHECK

#define SNNRT_HAS(role) (1u << SNNRT_NEURON_##role)

static bool neuron_flags_fit(const snnrt_check *c, const snnrt_neuron_parameters *p) {
    uint32_t flags = p->flags;
    bool multiple = (flags & SNNRT_NEURON_MULTIPLE) != 0;
    /* A build without variants has taken plain flags only. */
    if ((SNNRT_WITH_NEURON_VARIANTS && flags > SNNRT_NEURON_FLAGS_ALL) ||
        SNNRT_NEURON_RESET(flags) > SNNRT_RESET_VALUE ||
        p->max_spikes - 1u >= (multiple ? SNNRT_VALUE_MAX : 1u)) {
        return false;
    }
    return snnrt_is_integer(c->model) ? SNNRT_NEURON_INTEGRATION(flags) == SNNRT_INTEGRATION_DECAY
                                      : (flags & SNNRT_NEURON_FLAGS_INTEGER) == 0;
}

#if SNNRT_WITH_NEURON_VARIANTS
#define SNNRT_NEURON_RULE(own, needs, excludes) {own, needs, excludes},
static const uint32_t neuron_mechanism_rules[][3] = {SNNRT_NEURON_RULES(SNNRT_NEURON_RULE)};
#undef SNNRT_NEURON_RULE
#endif

/* Mechanisms that go together; after the arrays. */
static bool neuron_mechanisms_fit(const snnrt_check *c, uint32_t flags) {
    uint32_t present = c->present;
    uint32_t reset = SNNRT_NEURON_RESET(flags);
    if ((present & SNNRT_HAS(MEMBRANE)) == 0) {
        return false;
    }
#if SNNRT_WITH_FLOAT32
    if (SNNRT_NEURON_INTEGRATION(flags) == SNNRT_INTEGRATION_DECAY && (present & SNNRT_HAS(LEAK)) != 0) {
        return false;
    }
#endif
#if SNNRT_WITH_NEURON_VARIANTS
    if ((present & SNNRT_HAS(THRESHOLD)) == 0 && reset != SNNRT_RESET_NONE) {
        return false;
    }
    for (uint32_t i = 0; i < sizeof neuron_mechanism_rules / sizeof neuron_mechanism_rules[0]; i++) {
        const uint32_t *rule = neuron_mechanism_rules[i];
        const uint32_t all = flags << SNNRT_NEURON_ARRAYS | present;
        if ((all & rule[0]) != 0 && ((all & rule[1]) != rule[1] || (all & rule[2]) != 0)) {
            return false;
        }
    }
#endif
    return reset != SNNRT_RESET_VALUE || (present & SNNRT_HAS(RESET_VALUE)) != 0;
}

/* By role, in the order of the roles, in float32 and in integers. */
static const uint8_t neuron_rules[][SNNRT_NEURON_ARRAYS] = {
#if SNNRT_WITH_FLOAT32
    {
        SNNRT_NEURONS_OF(SNNRT_FLOAT_OWN_RANGE), /* membrane */
        SNNRT_NEURONS_OF(SNNRT_FLOAT_1_RANGE), /* synapse */
        SNNRT_NEURONS_OF(SNNRT_FLOAT_RANGE), /* gain */
        SNNRT_NEURONS_OF(SNNRT_FLOAT_RANGE), /* bias */
        SNNRT_NEURONS_OF(SNNRT_FLOAT_RANGE), /* leak */
        SNNRT_NEURONS_OF(SNNRT_FLOAT_ABOVE_0_RANGE), /* threshold */
        SNNRT_NEURONS_OF(SNNRT_FLOAT_RANGE), /* reset value */
        SNNRT_NEURONS_OF(SNNRT_FLOAT_RANGE), /* lower bound */
        SNNRT_NEURONS_OF(SNNRT_FLOAT_RANGE), /* initial */
        SNNRT_NEURONS_OF(SNNRT_FLOAT_0_RANGE), /* adaptation */
        SNNRT_NEURONS_OF(SNNRT_FLOAT_1_RANGE), /* adaptation decay */
        SNNRT_NEURONS_OF(SNNRT_COUNT_RANGE), /* refractory */
        0, /* scale */
        SNNRT_NEURONS_OF(SNNRT_FLOAT_1_RANGE), /* synapse rise */
    },
#endif
#if SNNRT_WITH_INT8
    {
        SNNRT_NEURONS_OF(SNNRT_Q15_RANGE), /* membrane */
        SNNRT_NEURONS_OF(SNNRT_Q15_RANGE), /* synapse */
        0, /* gain */
        SNNRT_NEURONS_OF(SNNRT_INT_RANGE), /* bias */
        0, /* leak */
        SNNRT_NEURONS_OF(SNNRT_POSITIVE_RANGE), /* threshold */
        SNNRT_NEURONS_OF(SNNRT_OWN_RANGE), /* reset value */
        SNNRT_NEURONS_OF(SNNRT_OWN_RANGE), /* lower bound */
        SNNRT_NEURONS_OF(SNNRT_OWN_RANGE), /* initial */
        SNNRT_NEURONS_OF(SNNRT_NATURAL_RANGE), /* adaptation */
        SNNRT_NEURONS_OF(SNNRT_Q15_RANGE), /* adaptation decay */
        SNNRT_NEURONS_OF(SNNRT_COUNT_RANGE), /* refractory */
        SNNRT_NEURONS_OF(SNNRT_FLOAT_ABOVE_0_RANGE), /* scale */
        SNNRT_NEURONS_OF(SNNRT_Q15_RANGE), /* synapse rise */
    },
#endif
};

/* The type of what it gives follows from its mechanisms. */
static bool neuron_type_fits(const snnrt_check *c, uint32_t flags) {
    const bool integer = snnrt_is_integer(c->model);
    uint32_t type = c->node->type;
    if ((flags & SNNRT_NEURON_MULTIPLE) != 0) {
        return type == (integer ? SNNRT_TYPE_INT16 : SNNRT_TYPE_FLOAT32);
    }
    if ((c->present & SNNRT_HAS(THRESHOLD)) != 0) {
        return type == SNNRT_TYPE_BITS;
    }
    return type == (integer ? SNNRT_TYPE_INT32 : SNNRT_TYPE_FLOAT32);
}

snnrt_status snnrt_neuron_check(snnrt_check *c) {
    const snnrt_neuron_parameters *p = (const snnrt_neuron_parameters *)snnrt_parameters_behind_edge(c->node);
    const bool integer = snnrt_is_integer(c->model);
    const bool loihi = SNNRT_WITH_LOIHI && (p->flags & SNNRT_NEURON_LOIHI) != 0;
    snnrt_status status;
    if (!neuron_flags_fit(c, p)) {
        return SNNRT_ERROR_NODE_PARAMETER;
    }
    c->low = 0;
    c->span = UINT32_MAX;
    if (!integer) {
        uint32_t integration = SNNRT_NEURON_INTEGRATION(p->flags);
        c->low = integration > SNNRT_INTEGRATION_EULER;
        c->span = integration == SNNRT_INTEGRATION_DECAY ? SNNRT_ONE_FLOAT : SNNRT_LARGEST_FLOAT - c->low;
    } else if (loihi) {
        c->low = 0u - 0x7FFFFFu;
        c->span = 2u * 0x7FFFFFu;
    } else if ((p->flags & SNNRT_NEURON_STATE_INT16) != 0) {
        c->low = (uint32_t)INT16_MIN;
        c->span = UINT16_MAX;
    }
#if SNNRT_WITH_NEURON_VARIANTS
    c->decay_span = loihi ? 4096u : (p->flags & SNNRT_NEURON_SHIFT_DECAY) != 0 ? 31u : 32768u;
#endif
    status = snnrt_check_arrays(c, SNNRT_RULES_OF(c, neuron_rules), SNNRT_NEURON_ARRAYS);
    if (status != SNNRT_OK) {
        return status;
    }
    if (!neuron_mechanisms_fit(c, p->flags)) {
        return SNNRT_ERROR_NODE_PARAMETER;
    }
    c->peak = p->max_spikes;
    if (!snnrt_neuron_present(c->node)) {
        c->found = SNNRT_KIND_NEURON;
        return SNNRT_ERROR_KERNEL_MISSING;
    }
    return neuron_type_fits(c, p->flags) ? SNNRT_OK : SNNRT_ERROR_NODE_DTYPE;
}
#endif

static uint32_t up_to_8(uint32_t bytes) { return (bytes + 7u) & ~7u; }

/* Where the synaptic currents lie in the block: behind the membranes. */
static uint32_t neuron_membrane_bytes(const snnrt_node *node, uint32_t flags) {
    return up_to_8(snnrt_elements(node) * ((flags & SNNRT_NEURON_STATE_INT16) != 0 ? 2u : 4u));
}

uint32_t snnrt_neuron_state_bytes(const snnrt_node *node) {
    const snnrt_neuron_parameters *p = (const snnrt_neuron_parameters *)snnrt_parameters_behind_edge(node);
    uint32_t bytes = neuron_membrane_bytes(node, p->flags);
#if SNNRT_WITH_NEURON_VARIANTS
    const snnrt_array *array = snnrt_arrays_of(node);
    for (uint32_t left = node->array_count; left != 0; left--, array++) {
        if (array->role == SNNRT_NEURON_SYNAPSE || array->role == SNNRT_NEURON_ADAPTATION ||
            array->role == SNNRT_NEURON_SYNAPSE_RISE) {
            bytes += up_to_8(snnrt_elements(node) * 4u);
        } else if (array->role == SNNRT_NEURON_REFRACTORY) {
            bytes += up_to_8(snnrt_elements(node) * 2u);
        }
    }
    if ((p->flags & SNNRT_NEURON_ONE_SPIKE) != 0) {
        bytes += up_to_8((snnrt_elements(node) + 31u) / 32u * 4u);
    }
    if ((p->flags & SNNRT_NEURON_TAKES_BACK) != 0) {
        bytes += up_to_8(snnrt_elements(node) * 2u);
    }
#endif
    return bytes;
}

/* Membranes that do not begin at zero. */
void snnrt_neuron_start(const snnrt_network *network, const snnrt_node *node) {
    const snnrt_neuron_parameters *p = (const snnrt_neuron_parameters *)snnrt_parameters_behind_edge(node);
    const snnrt_array *array = snnrt_find_array(node, SNNRT_NEURON_INITIAL);
    void *state = network->arena + p->state;
    const snnrt_int32 *initial;
    uint32_t neurons, values;
    if (array == NULL) {
        return;
    }
    initial = (const snnrt_int32 *)snnrt_elements_of(network->model, array);
    neurons = snnrt_elements(node);
    values = array->granularity == SNNRT_PER_LAYER     ? 1u
             : array->granularity == SNNRT_PER_CHANNEL ? node->channels
                                                       : neurons;
    for (uint32_t i = 0, k = 0; i < neurons; i++) {
        if ((p->flags & SNNRT_NEURON_STATE_INT16) != 0) {
            ((snnrt_int16 *)state)[i] = (int16_t)initial[k];
        } else {
            ((snnrt_int32 *)state)[i] = initial[k]; /* the bits of a float too */
        }
        if (++k == values) {
            k = 0;
        }
    }
}

uint64_t snnrt_neuron_operations(const snnrt_node *node, const snnrt_node *source) {
    (void)source;
    return snnrt_elements(node);
}

#if SNNRT_WITH_NEURON_VARIANTS
/* The states behind the membranes, where there are any. */
#define SNNRT_FURTHER_STATES \
    (3u << 2 * SNNRT_NEURON_SYNAPSE | 3u << 2 * SNNRT_NEURON_ADAPTATION | 3u << 2 * SNNRT_NEURON_REFRACTORY)

/* Whether no state lies behind the membranes. */
static inline bool has_membranes_only(const snnrt_neuron_step *step) {
    return (step->granularity & SNNRT_FURTHER_STATES) == 0 && step->flags <= SNNRT_NEURON_FLAGS_PLAIN;
}

SNNRT_NOINLINE static void place_states(const snnrt_node *node, snnrt_neuron_step *step) {
    uint8_t *state = (uint8_t *)step->state + neuron_membrane_bytes(node, step->flags);
    uint32_t words = up_to_8(snnrt_elements(node) * 4u);
    step->synapse_state = state;
    if (SNNRT_GRANULARITY(step, SNNRT_NEURON_SYNAPSE) != SNNRT_ABSENT) {
        state += words;
    }
    step->rise_state = state;
    if (SNNRT_GRANULARITY(step, SNNRT_NEURON_SYNAPSE_RISE) != SNNRT_ABSENT) {
        state += words;
    }
    step->adaptation_state = state;
    if (SNNRT_GRANULARITY(step, SNNRT_NEURON_ADAPTATION) != SNNRT_ABSENT) {
        state += words;
    }
    step->refractory_state = state;
    if (SNNRT_GRANULARITY(step, SNNRT_NEURON_REFRACTORY) != SNNRT_ABSENT) {
        state += up_to_8(snnrt_elements(node) * 2u);
    }
    step->fired_state = state;
    /* One spike only goes with nothing to take back. */
    step->net_state = state;
}
#endif

/* A step of all of a node's neurons. */
SNNRT_INLINE static inline void fill_neurons(const snnrt_network *network, const snnrt_node *node,
                                             snnrt_neuron_step *step) {
    const snnrt_neuron_parameters *p = (const snnrt_neuron_parameters *)snnrt_parameters_behind_edge(node);
    const snnrt_array *array = snnrt_arrays_behind_edge(node, sizeof *p);
    const snnrt_array *end = array + node->array_count;
    uint32_t granularity = 0;
    step->flags = p->flags;
    step->max_spikes = p->max_spikes;
    step->current = snnrt_value_of(network, snnrt_source_of(network->model, node, 0));
    step->state = network->arena + p->state;
    step->output = network->arena + node->output;
    step->neurons = snnrt_elements(node);
#if SNNRT_WITH_KERNEL_TABLE
    step->resting = NULL;
#endif
    step->channels = node->channels;
    /* The scale is the last, and read by nobody here. */
    end -= end[-1].role == SNNRT_NEURON_SCALE;
    do {
        step->arrays[array->role] = snnrt_elements_of(network->model, array);
        granularity |= (uint32_t)array->granularity << 2u * array->role;
    } while (++array != end);
    step->granularity = granularity;
#if SNNRT_WITH_NEURON_VARIANTS
    if (!has_membranes_only(step)) {
        place_states(node, step);
    }
#endif
}

SNNRT_INLINE static inline uint64_t update_neurons(const snnrt_network *network,
                                                   const snnrt_neuron_step *step) {
#if SNNRT_WITH_LOIHI && SNNRT_WITH_NEURON_VARIANTS && SNNRT_WITH_INT8
    if (!has_membranes_only(step) && (step->flags & SNNRT_NEURON_LOIHI) != 0) {
        return snnrt_neuron_loihi(step);
    }
#endif
#if SNNRT_WITH_INT8 && SNNRT_WITH_FLOAT32
    return snnrt_is_integer(network->model) ? SNNRT_KERNEL(network, neuron_i32)(step)
                                            : SNNRT_KERNEL(network, neuron_f32)(step);
#elif SNNRT_WITH_INT8
    return SNNRT_KERNEL(network, neuron_i32)(step);
#else
    return SNNRT_KERNEL(network, neuron_f32)(step);
#endif
}

SNNRT_INLINE static inline void count_neurons(const snnrt_network *network, const snnrt_node *node,
                                              uint32_t index, uint64_t spikes, uint64_t capped) {
#if SNNRT_WITH_COUNTERS
    if (network->counts != NULL) {
        network->counts[index].spikes += spikes;
        network->counts[index].neuron_updates += snnrt_elements(node);
        network->counts[index].capped_updates += capped;
    }
#else
    (void)network, (void)node, (void)index, (void)spikes, (void)capped;
#endif
}

#if SNNRT_WITH_CONV2D
/* Goes on to the neurons behind; those so far were whole words of bits. */
static void pass_neurons(snnrt_neuron_step *step, uint32_t output_type) {
    const uint32_t neurons = step->neurons;
    step->state =
        (uint8_t *)step->state + neurons * ((step->flags & SNNRT_NEURON_STATE_INT16) != 0 ? 2u : 4u);
    step->output = (uint8_t *)step->output + (output_type == SNNRT_TYPE_BITS    ? neurons / 8u
                                              : output_type == SNNRT_TYPE_INT16 ? neurons * 2u
                                                                                : neurons * 4u);
#if SNNRT_WITH_NEURON_VARIANTS
    if (!has_membranes_only(step)) {
        step->synapse_state = (uint8_t *)step->synapse_state + neurons * 4u;
        step->rise_state = (uint8_t *)step->rise_state + neurons * 4u;
        step->adaptation_state = (uint8_t *)step->adaptation_state + neurons * 4u;
        step->refractory_state = (uint8_t *)step->refractory_state + neurons * 2u;
        step->fired_state = (uint8_t *)step->fired_state + neurons / 8u;
        step->net_state = (uint8_t *)step->net_state + neurons * 2u;
    }
#endif
    for (uint32_t role = 0; role < SNNRT_NEURON_ARRAYS; role++) {
        if (SNNRT_GRANULARITY(step, role) == SNNRT_PER_NEURON) {
            step->arrays[role] = (const uint8_t *)step->arrays[role] + neurons * 4u;
        }
    }
}

/* Rows of currents, and at once what becomes of them. */
SNNRT_NOINLINE static void advance_by_rows(const snnrt_network *network, const snnrt_node *node,
                                           uint32_t index, snnrt_direct_lines *lines) {
    const snnrt_node *source = snnrt_source_of(network->model, node, 0);
    const uint32_t rows = snnrt_rows_of(source);
    const uint32_t source_index = snnrt_edges_of(node)->source;
    snnrt_neuron_step step;
    uint64_t spikes = 0, capped = 0;
    fill_neurons(network, node, &step);
#if SNNRT_COUNTS_CAPPED
    step.capped = &capped;
#endif
    for (uint32_t first = 0; first < node->height; first += rows) {
        const uint32_t left = node->height - first;
        const uint32_t count = left < rows ? left : rows;
        step.neurons = count * node->width * node->channels;
        snnrt_conv2d_rows(network, source, source_index, first, first + count, lines);
        spikes += update_neurons(network, &step);
        pass_neurons(&step, node->type);
    }
    count_neurons(network, node, index, spikes, capped);
}

#if SNNRT_WITH_DIRECT_LISTS
/* Apart, as the lists are most of the stack. */
SNNRT_NOINLINE static void advance_with_lists(const snnrt_network *network, const snnrt_node *node,
                                              uint32_t index) {
    snnrt_direct_lines lines;
    lines.next = 0;
    advance_by_rows(network, node, index, &lines);
}
#endif
#endif

void snnrt_neuron_advance(const snnrt_network *network, const snnrt_node *node, uint32_t index) {
    snnrt_neuron_step step;
    uint64_t spikes, capped = 0;
#if SNNRT_WITH_CONV2D
    const snnrt_node *source = snnrt_source_of(network->model, node, 0);
    const bool by_rows = snnrt_rows_of(source) != 0;
    if (by_rows && snnrt_whole_output(network, source) == NULL) {
#if SNNRT_WITH_DIRECT_LISTS
        if (snnrt_conv2d_lists_rows(network, source, snnrt_edges_of(node)->source)) {
            advance_with_lists(network, node, index);
            return;
        }
#endif
        advance_by_rows(network, node, index, NULL);
        return;
    }
#endif
    fill_neurons(network, node, &step);
#if SNNRT_WITH_CONV2D && SNNRT_WITH_KERNEL_TABLE
    if (by_rows) {
        const uint32_t source_index = snnrt_edges_of(node)->source;
        step.current = snnrt_whole_output(network, source);
        if (network->kept != NULL && network->kept[source_index].waits &&
            snnrt_conv2d_waiting(network, source, source_index, &step, &spikes)) {
            count_neurons(network, node, index, spikes, capped);
            return;
        }
    }
#endif
#if SNNRT_WITH_KERNEL_TABLE
    if (network->kept != NULL && network->kept[index].resting != NULL) {
        step.resting = network->kept[index].resting;
        for (uint32_t block = 0; block < step.neurons / 32u && network->timestep == 0; block++) {
            step.resting[block] = 0;
        }
    }
#if SNNRT_WITH_INT8
    if (step.resting != NULL && network->kept[index].ahead != NULL &&
        snnrt_take_ahead(network, node, &step, network->kept[index].ahead, &spikes)) {
        count_neurons(network, node, index, spikes, capped);
        return;
    }
#endif
#endif
#if SNNRT_COUNTS_CAPPED
    step.capped = &capped;
#endif
    spikes = update_neurons(network, &step);
    count_neurons(network, node, index, spikes, capped);
}
