/* snnrt: what may change from one version to the next: event counts, traces, scratch. Everything else is in snnrt.h,
 * whose words on failures and on threads hold here too. */
#ifndef SNNRT_UNSTABLE_H
#define SNNRT_UNSTABLE_H

#include "snnrt.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Events of one node since the last reset; see snnrt_network_count_events. */
typedef struct snnrt_counts {
    uint64_t spikes;
    uint64_t row_activations;
    uint64_t synaptic_operations;
    uint64_t active_windows;
    uint64_t neuron_updates;
    uint64_t capped_updates; /* of these, where max_spikes held back a neuron that fires several times */
} snnrt_counts;

/* Called after each node of each step, with the node's output (NULL for exit) and a neuron's state. */
typedef void (*snnrt_trace)(void *user, const struct snnrt_network *network, uint32_t node,
                            const void *output, const void *state);

/* Optional memory (a multiple of 8; NULL takes it away) that makes convolutions faster where there is room: each
 * input is then looked at once instead of once for every window. Results are the same. A node that needs more
 * than `scratch_bytes` works without. Its contents have no meaning between calls: networks that never run at
 * the same time may share it. */
snnrt_status snnrt_network_use_scratch(snnrt_network *network, void *scratch, size_t scratch_bytes);

/* Counts events of node i into counts[i] from now on; `count` must be the model's node count. NULL
 * stops counting. Without counters in the build: SNNRT_ERROR_KERNEL_MISSING. */
snnrt_status snnrt_network_count_events(snnrt_network *network, snnrt_counts *counts, uint32_t count);

/* Calls `trace` after each node; NULL stops. Without tracing in the build: SNNRT_ERROR_KERNEL_MISSING. */
snnrt_status snnrt_network_set_trace(snnrt_network *network, snnrt_trace trace, void *user);

/* How one channel of raw values becomes what an integer model reads; `snnrt export` computes them. */
typedef struct snnrt_affine {
    int32_t multiplier;
    int32_t offset;
} snnrt_affine;

/* Bytes as an integer model with a constant input reads them: floor((multiplier * value + offset) / 2^16). `count`
 * values, the channel ahead (value k belongs to channel k mod channel_count, from 1), become as many of `input`, limited to
 * -peak ... peak; peak 0: no value leaves the range, which saves the comparison. Not there without SNNRT_WITH_ENCODING. */
void snnrt_encode_u8(const uint8_t *values, int16_t *input, uint32_t count, const snnrt_affine *channels,
                     uint32_t channel_count, int32_t peak);

/* The same of Q15 values: floor((floor(multiplier * value / 2^16) + offset) / 2^15). */
void snnrt_encode_q15(const int16_t *values, int16_t *input, uint32_t count, const snnrt_affine *channels,
                      uint32_t channel_count, int32_t peak);

#ifdef __cplusplus
}
#endif

#endif
