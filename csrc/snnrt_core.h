/* What the files of the core share. Internal. */
#ifndef SNNRT_CORE_H
#define SNNRT_CORE_H

#include "snnrt_kernels.h"

/* Right shifts of negative numbers must be arithmetic. */
typedef char snnrt_shift_is_arithmetic[(-1 >> 1) == -1 ? 1 : -1];

/* Values of snnrt_network.initialised. */
#define SNNRT_INITIALISED 0x534E4E52u
#define SNNRT_DAMAGED 0x44474D44u

/* SNNRT_OK where the network may be used, else what every call with it returns. */
snnrt_status snnrt_readiness(const snnrt_network *network);

/* CRC-32 (IEEE 802.3) of a model, its CRC field taken as zero: `crc`, 0 at first, goes on with the bytes
 * first .. end and is the sum of the bytes 0 .. end. */
uint32_t snnrt_model_crc32(const uint8_t *model, size_t first, size_t end, uint32_t crc);

/* Bytes of a node's output; its dimensions must be checked. */
uint32_t snnrt_output_bytes(const snnrt_node *node);

/* Bytes of a neuron's membranes. */
static inline uint32_t snnrt_state_bytes(const snnrt_node *node) {
    bool narrow = (node->parameters.neuron.flags & SNNRT_NEURON_STATE_INT16) != 0;
    return snnrt_elements(node) * (narrow ? 2u : 4u);
}

/* Index of the node itself, or of what a flatten stands for. */
uint32_t snnrt_alias_root(const uint8_t *model, uint32_t index);

static inline const snnrt_node *snnrt_readout_of(const uint8_t *model) {
    return snnrt_node_of(model, snnrt_header_of(model)->node_count - 2u);
}

/* Whether the model's numbers are int8; known at build time where only one of them is built. */
static inline bool snnrt_is_int8(const uint8_t *model) {
#if SNNRT_WITH_INT8 && SNNRT_WITH_FLOAT32
    return snnrt_header_of(model)->numbers == SNNRT_ARITHMETIC_INTEGER;
#else
    (void)model;
    return SNNRT_WITH_INT8 != 0;
#endif
}

/* A check at work on one node. */
typedef struct snnrt_check {
    const uint8_t *model;
    const snnrt_node *node;
    const snnrt_node *source; /* of the first input; the node itself where it has none */
    snnrt_fault *fault;
    uint32_t index;
    uint32_t count;
} snnrt_check;

/* Fills the fault, if there is room for one, and gives back `status`. */
snnrt_status snnrt_fail(const snnrt_check *check, snnrt_status status, size_t expected,
                        size_t found);

/* The whole check; snnrt_model_check also describes the model. */
snnrt_status snnrt_check_model(const void *model, size_t model_bytes, snnrt_fault *fault);

/* Whether the build has the kernels of a node; its kind need not be checked yet. */
bool snnrt_kernel_present(const snnrt_node *node);

/* The parts of the check: each may rely on the ones before, for all nodes. */
snnrt_status snnrt_check_node(snnrt_check *check);
snnrt_status snnrt_check_arrays(const snnrt_check *check);
snnrt_status snnrt_check_plan(snnrt_check *check);

typedef struct snnrt_logits {
    const void *accumulators;
    const int32_t *multipliers; /* INT8 only */
    uint32_t shift;
    uint32_t classes;
    uint32_t timesteps; /* steps accumulated, at least 1 */
    bool int8;
    bool mean;
} snnrt_logits;

/* Whether the build has it. */
static inline bool snnrt_exit_rule_present(uint32_t rule) {
    return rule == SNNRT_EXIT_NEVER ||
           (rule == SNNRT_EXIT_CONFIDENCE ? SNNRT_WITH_EXIT_CONFIDENCE : SNNRT_WITH_EXIT_SCORES);
}

/* Whether a rule, its threshold and so many classes go together. */
bool snnrt_exit_rule_fits(uint32_t rule, uint32_t threshold_q, uint32_t classes);

/* Fills class_index and score_q16; returns whether the rule says to stop. */
bool snnrt_exit_evaluate(const snnrt_logits *logits, uint32_t rule, uint32_t threshold_q,
                         snnrt_result *result);

/* ln(count), Q16; count 1 ... 4096. */
uint32_t snnrt_natural_logarithm_q16(uint32_t count);

/* The readout as the exit rule sees it, after network->timestep steps. */
void snnrt_logits_of(const snnrt_network *network, snnrt_logits *logits);

#if SNNRT_WITH_HEALTH
/* Starts the network's record, if it has one, again. */
void snnrt_health_restart(const snnrt_network *network);

/* Records the inference that this result ends. */
void snnrt_health_add(const snnrt_network *network, const snnrt_result *result);
#endif

#endif
