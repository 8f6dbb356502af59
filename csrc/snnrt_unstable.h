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

/* Called after each node of each step, with the node's output and a neuron's state. The output is NULL for the exit, and
 * for a convolution of which only rows are there at a time (docs/ir.md, "Rows"). */
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

/* Raw sensor values as an integer model reads them; `snnrt export` computes what these calls are given, in NAME_encode_u8
 * and NAME_encode_q15 of a model's header. Not there without SNNRT_WITH_ENCODING. In all, `count` values, the channel
 * ahead (value k belongs to channel k mod channel_count, from 1), become elements of `input`. */

/* How one channel becomes values of a constant input. */
typedef struct snnrt_affine {
    int32_t multiplier;
    int32_t offset;
    int16_t low, high; /* of Q15: nothing below or above counts */
} snnrt_affine;

/* Bytes: floor((multiplier * value + offset) / 2^16), limited to -peak ... peak; peak 0: no value leaves the range, which
 * saves the comparison. */
void snnrt_encode_u8(const uint8_t *values, int16_t *input, uint32_t count, const snnrt_affine *channels,
                     uint32_t channel_count, int32_t peak);

/* Bytes by tables of 256, one a channel: the fastest where values are limited, or with many channels. */
void snnrt_encode_u8_by_table(const uint8_t *values, int16_t *input, uint32_t count, const int16_t *tables,
                              uint32_t channel_count);

/* Q15 values: floor((floor(multiplier * v / 2^16) + offset) / 2^16) of v = value within low ... high, less low, less 2^15;
 * `limited` 0: low is -2^15 and high 2^15 - 1 in every channel. */
void snnrt_encode_q15(const int16_t *values, int16_t *input, uint32_t count, const snnrt_affine *channels,
                      uint32_t channel_count, uint32_t limited);

/* Spikes of one timestep, `one` each, for models that read spikes. By rate: where a draw, 15 bits of a mixed counter that
 * begins with `state`, is below the value's chance: chances[value] of 2^15, or floor((multiplier * value + 2^15) / 2^16). */
void snnrt_encode_rate_u8(const uint8_t *values, int16_t *input, uint32_t count, const uint16_t *chances,
                          uint32_t state, int16_t one);
void snnrt_encode_rate_q15(const int16_t *values, int16_t *input, uint32_t count, uint32_t multiplier,
                           uint32_t state, int16_t one);

/* By latency: where a value is within low ... high. */
void snnrt_encode_latency_u8(const uint8_t *values, int16_t *input, uint32_t count, int32_t low, int32_t high,
                             int16_t one);
void snnrt_encode_latency_q15(const int16_t *values, int16_t *input, uint32_t count, int32_t low,
                              int32_t high, int16_t one);

/* Which changes spike. */
typedef struct snnrt_change {
    int32_t threshold; /* at least so far from the last */
    int16_t one;
    uint8_t
        polarity; /* 0: rising; 1: falling as -one; 2: falling in channels of their own, behind those of a pixel */
    uint8_t keeps; /* 0: the last is that of the timestep before; 1: that which spiked last */
} snnrt_change;

/* By change against `last`, which holds as many values and lies with the caller from one timestep to the next; with
 * polarity 2 there are twice as many elements of `input`. */
void snnrt_encode_change_u8(const uint8_t *values, uint8_t *last, int16_t *input, uint32_t count,
                            uint32_t channel_count, const snnrt_change *change);
void snnrt_encode_change_q15(const int16_t *values, int16_t *last, int16_t *input, uint32_t count,
                             uint32_t channel_count, const snnrt_change *change);

#ifdef __cplusplus
}
#endif

#endif
