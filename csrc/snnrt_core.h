/* What the files of the core share. Internal. */
#ifndef SNNRT_CORE_H
#define SNNRT_CORE_H

#include "snnrt_kernels.h"

/* Right shifts of negative numbers must be arithmetic. */
typedef char snnrt_shift_is_arithmetic[(-1 >> 1) == -1 ? 1 : -1];
typedef char snnrt_int_has_32_bits[sizeof(int) >= 4 ? 1 : -1];
typedef char snnrt_pointers_have_32_bits[sizeof(void *) >= 4 ? 1 : -1];
typedef char snnrt_there_is_room_for_an_event[SNNRT_EVENTS_MAX >= 1 ? 1 : -1];

/* Values of snnrt_network.initialised. */
#define SNNRT_INITIALISED 0x534E4E52u
#define SNNRT_DAMAGED (SNNRT_INITIALISED + 1u)

/* SNNRT_OK where the network may be used, else what every call with it returns. */
SNNRT_INTERNAL snnrt_status snnrt_readiness(const snnrt_network *network);

/* CRC-32 (IEEE 802.3) of a model, its CRC field taken as zero: `crc`, 0 at first, goes on with the bytes
 * first .. end and is the sum of the bytes 0 .. end. */
SNNRT_INTERNAL uint32_t snnrt_model_crc32(const uint8_t *model, size_t first, size_t end, uint32_t crc);

/* a * b. Cores without a long multiplication have a function for 64 by 64 bits, of which twice this size would be linked. */
#if SNNRT_LONG_PRODUCTS
static inline uint64_t snnrt_product(uint32_t a, uint32_t b) { return (uint64_t)a * b; }
#else
SNNRT_INTERNAL uint64_t snnrt_product(uint32_t a, uint32_t b);
#endif

/* Where a node's value lies: an input's with the caller; a flatten says the same as its source. */
static inline const void *snnrt_value_of(const snnrt_network *network, const snnrt_node *node) {
    return node->output == SNNRT_NO_OFFSET ? network->input : network->arena + node->output;
}

#if SNNRT_WITH_CONV2D
/* Rows that a convolution computes at a time, with the neurons that read them; 0: all, before anything reads them. */
static inline uint32_t snnrt_rows_of(const snnrt_node *node) {
    return node->kind == SNNRT_KIND_CONV2D ? ((const snnrt_window *)snnrt_parameters_behind_edge(node))->rows
                                           : 0;
}

/* Where scratch has room for all rows of such a node: there, at once; elsewhere NULL. */
static inline void *snnrt_whole_output(const snnrt_network *network, const snnrt_node *node) {
#if SNNRT_WITH_KERNEL_TABLE
    return network->scratch_bytes >= snnrt_output_bytes(node) ? network->scratch : NULL;
#else
    (void)network, (void)node;
    return NULL;
#endif
}

/* Rows first ... end of a convolution that computes by rows, into its output; `lines` is as of snnrt_synapse_step. */
SNNRT_INTERNAL void snnrt_conv2d_rows(const snnrt_network *network, const snnrt_node *node, uint32_t index,
                                      uint32_t first, uint32_t end, snnrt_direct_lines *lines);
#if SNNRT_WITH_DIRECT_LISTS
/* Whether they want such. */
SNNRT_INTERNAL bool snnrt_conv2d_lists_rows(const snnrt_network *network, const snnrt_node *node,
                                            uint32_t index);
#endif
#endif

/* Zeros in a node's output, where it holds bits. */
static inline void snnrt_clear_bits(const snnrt_network *network, const snnrt_node *node) {
    snnrt_uint32 *output = (snnrt_uint32 *)(void *)(network->arena + node->output);
    for (uint32_t left = node->type == SNNRT_TYPE_BITS ? snnrt_output_bytes(node) / 4u : 0; left != 0;
         left--) {
        *output++ = 0;
    }
}

/* Whether a trace looks at values and states. */
#if SNNRT_WITH_TRACE
#define SNNRT_SHOWS(network) ((network)->trace != NULL)
#else
#define SNNRT_SHOWS(network) false
#endif

#if SNNRT_WITH_KERNEL_TABLE
/* This timestep's spikes where they were found ahead of it, in an inference's first, in kept memory; false where they were not:
 * then the membranes are as without. */
SNNRT_INTERNAL bool snnrt_take_ahead(const snnrt_network *network, const snnrt_node *node,
                                     const snnrt_neuron_step *step, snnrt_uint32 *memory, uint64_t *spikes);
#endif

#if SNNRT_WITH_CONV2D && SNNRT_WITH_KERNEL_TABLE
/* What a convolution left waiting: the step of the neurons behind it, true; or its outputs, false. */
SNNRT_INTERNAL bool snnrt_conv2d_waiting(const snnrt_network *network, const snnrt_node *node, uint32_t index,
                                         const snnrt_neuron_step *neurons, uint64_t *spikes);
#endif

/* A timestep of a node of that kind, and the most operations (sums, products with their sums, updates) that it takes. */
#define SNNRT_DECLARE_STEP(KIND, kind, ...) \
    SNNRT_INTERNAL void snnrt_##kind##_advance(const snnrt_network *network, const snnrt_node *node, \
                                               uint32_t index); \
    SNNRT_INTERNAL uint64_t snnrt_##kind##_operations(const snnrt_node *node, const snnrt_node *source);
SNNRT_STEP_LIST(SNNRT_DECLARE_STEP)
#undef SNNRT_DECLARE_STEP

/* Bytes of a kind's block of states, and what of them does not begin at 0. */
#define SNNRT_DECLARE_STATES(KIND, kind, ...) \
    SNNRT_INTERNAL uint32_t snnrt_##kind##_state_bytes(const snnrt_node *node); \
    SNNRT_INTERNAL void snnrt_##kind##_start(const snnrt_network *network, const snnrt_node *node);
SNNRT_STATE_LIST(SNNRT_DECLARE_STATES)
#undef SNNRT_DECLARE_STATES

/* Whether the build has a neuron's step; its record must be right. */
SNNRT_INTERNAL bool snnrt_neuron_present(const snnrt_node *node);

/* A step of dense or conv2d, filled in but for the window. */

#if SNNRT_WITH_CONV2D
/* What a convolution likes to have beside the arena. */
SNNRT_INTERNAL size_t snnrt_conv2d_scratch(const snnrt_node *node, const snnrt_node *source);
#endif

#if SNNRT_WITH_POOL2D
/* A pooling's step. */
SNNRT_INTERNAL void snnrt_run_pool(const snnrt_network *network, const snnrt_node *node, bool average);
SNNRT_INTERNAL uint64_t snnrt_pool_operations(const snnrt_node *node);
#endif

/* Adds input `edge` to the node's output; or writes it there. */
SNNRT_INTERNAL void snnrt_add_input(const snnrt_network *network, const snnrt_node *node, uint32_t edge,
                                    bool first);

typedef struct snnrt_logits {
    const void *accumulators;
    const int32_t *multipliers; /* integers only */
    uint32_t shift;
    uint32_t classes;
    uint32_t timesteps; /* steps accumulated, at least 1 */
    uint32_t integer;
    uint32_t mean;
#if SNNRT_WITH_FLOAT32
    float unit; /* nats Q16 a logit */
#endif
} snnrt_logits;

/* Whether the build has it. */
static inline bool snnrt_exit_rule_present(uint32_t rule) {
    return rule == SNNRT_EXIT_NEVER || (rule == SNNRT_EXIT_CONFIDENCE  ? SNNRT_WITH_EXIT_CONFIDENCE
                                        : rule > SNNRT_EXIT_CONFIDENCE ? SNNRT_WITH_EXIT_COMBINED
                                                                       : SNNRT_WITH_EXIT_SCORES);
}

/* Sums over the classes: of exp(-distance), Q26, and of that times the distance, Q42. */
typedef struct snnrt_exit_sums {
    uint64_t total;
    uint64_t weighted;
} snnrt_exit_sums;

/* The class with the largest logit, of equals the first. */
SNNRT_INTERNAL uint32_t snnrt_best_class(const snnrt_logits *logits);

/* What the rules compare: entropy, nats Q16; largest probability, Q16; distance of the second best, nats Q16. */
SNNRT_INTERNAL void snnrt_exit_sum(const snnrt_logits *logits, uint32_t best, snnrt_exit_sums *sums);
SNNRT_INTERNAL uint32_t snnrt_exit_entropy(const snnrt_exit_sums *sums);
SNNRT_INTERNAL uint32_t snnrt_exit_probability(const snnrt_exit_sums *sums);
SNNRT_INTERNAL uint32_t snnrt_exit_margin(const snnrt_logits *logits, uint32_t best);

#if SNNRT_WITH_EXIT_COMBINED
/* The terms of a model whose rule is COMBINED. */
SNNRT_INTERNAL const snnrt_exit_term *snnrt_exit_terms_of(const uint8_t *model);
#endif

/* Whether a rule, its threshold and so many classes go together; COMBINED never does: its terms do. */
SNNRT_INTERNAL bool snnrt_exit_rule_fits(uint32_t rule, uint32_t threshold_q, uint32_t classes);

/* Fills class_index and score_q16; returns whether the rule says to stop. */
SNNRT_INTERNAL bool snnrt_exit_evaluate(snnrt_network *network, const snnrt_logits *logits, uint32_t rule,
                                        uint32_t threshold_q, snnrt_result *result);

/* ln(count), Q16; count 1 ... 4096. */
SNNRT_INTERNAL uint32_t snnrt_natural_logarithm_q16(uint32_t count);

/* The model's exit rule. */
static inline const snnrt_exit_parameters *snnrt_exit_parameters_of(const uint8_t *model) {
    return (const snnrt_exit_parameters *)snnrt_parameters_behind_edge(
        snnrt_node_of(model, snnrt_header_of(model)->node_count - 1u));
}

/* The readout as the exit rule sees it, after network->timestep steps. */
SNNRT_INTERNAL void snnrt_logits_of(const snnrt_network *network, snnrt_logits *logits);

#if SNNRT_WITH_MONITOR
/* snnrt_network.monitor of a network that is not watched. */
#define SNNRT_MONITOR_OFF INT32_MIN

/* The model's table; NULL: it has no monitor. */
SNNRT_INTERNAL const snnrt_monitor_table *snnrt_monitor_table_of(const uint8_t *model);

/* Begins anew, or switches off where the exit in force is not the model's own. */
SNNRT_INTERNAL void snnrt_monitor_restart(snnrt_network *network);

/* Looks at the inference that this result ends; `score` as the record of health has it. */
SNNRT_INTERNAL void snnrt_monitor_add(snnrt_network *network, const snnrt_result *result, uint32_t score);
#endif

#if SNNRT_WITH_ADAPTATION
/* Whether settings and the exit in force go together. */
SNNRT_INTERNAL bool snnrt_adaptation_fits(const snnrt_network *network, const snnrt_adaptation *settings);

/* Takes the threshold into its bounds, and begins a window. */
SNNRT_INTERNAL void snnrt_adaptation_start(snnrt_network *network, snnrt_adaptation *settings);

/* Counts an inference that took so many timesteps, 1 ... T. */
SNNRT_INTERNAL void snnrt_adaptation_add(snnrt_network *network, uint32_t timesteps);
#endif

#if SNNRT_WITH_HEALTH
/* Starts the network's record, if it has one, again. */
SNNRT_INTERNAL void snnrt_health_restart(const snnrt_network *network);

/* Records the inference that this result ends; `score`: that of the rule, of `never` the entropy. */
SNNRT_INTERNAL void snnrt_health_add(const snnrt_network *network, const snnrt_result *result,
                                     uint32_t score);
#endif

#endif
