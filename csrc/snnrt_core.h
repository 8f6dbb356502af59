/* What the files of the core share. Internal. */
#ifndef SNNRT_CORE_H
#define SNNRT_CORE_H

#include "snnrt_kernels.h"

/* Right shifts of negative numbers must be arithmetic. */
typedef char snnrt_shift_is_arithmetic[(-1 >> 1) == -1 ? 1 : -1];

/* CRC-32 (IEEE 802.3) of `bytes`, going on from `crc` (0 at the start). */
uint32_t snnrt_crc32(uint32_t crc, const uint8_t *bytes, size_t count);

/* Bytes of a node's output. */
uint64_t snnrt_output_bytes(const snnrt_node *node);

/* Index of the node itself, or of what a chain of flattens stands for. */
uint32_t snnrt_alias_root(const uint8_t *model, uint32_t index);

/* Whether the model's numbers are int8; known at build time where only one of them is built. */
static inline bool snnrt_is_int8(const uint8_t *model) {
#if SNNRT_WITH_INT8 && SNNRT_WITH_FLOAT32
    return snnrt_header_of(model)->numbers == SNNRT_NUMBERS_INT8;
#else
    (void)model;
    return SNNRT_WITH_INT8 != 0;
#endif
}

/* Parts of snnrt_model_check; each may rely on the ones before. */
snnrt_status snnrt_check_node(const uint8_t *model, uint32_t index, snnrt_fault *fault);
snnrt_status snnrt_check_arrays(const uint8_t *model, uint32_t index, snnrt_fault *fault);
snnrt_status snnrt_check_plan(const uint8_t *model, snnrt_fault *fault);

typedef struct snnrt_logits {
    const void *accumulators;
    const int32_t *multipliers; /* INT8 only */
    uint32_t shift;
    uint32_t numbers;
    uint32_t classes;
    uint32_t timesteps; /* steps accumulated, at least 1 */
    bool mean;
} snnrt_logits;

/* Fills class_index and score_q16; returns whether the rule says to stop. */
bool snnrt_exit_evaluate(const snnrt_logits *logits, uint32_t rule, uint32_t threshold_q,
                         snnrt_result *result);

static inline snnrt_status snnrt_fail(snnrt_fault *fault, snnrt_status status, uint32_t node,
                                      int64_t expected, int64_t found) {
    if (fault != NULL) {
        fault->node = node;
        fault->expected = expected;
        fault->found = found;
    }
    return status;
}

#endif
