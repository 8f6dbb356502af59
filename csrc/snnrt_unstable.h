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

#ifdef __cplusplus
}
#endif

#endif
