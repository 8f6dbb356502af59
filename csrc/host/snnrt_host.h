/* What the host has beyond the core: kernels chosen by the processor, batches, and recording. Hosted C99. */
#ifndef SNNRT_HOST_H
#define SNNRT_HOST_H

#include "../snnrt_unstable.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How many kernel sets this build has; 0 is the portable one. */
uint32_t snnrt_host_kernel_sets(void);

/* The name of kernel set `index`, NULL past the last. */
const char *snnrt_host_kernel_name(uint32_t index);

/* Whether this processor can run kernel set `index`. */
bool snnrt_host_kernel_runs(uint32_t index);

/* The fastest kernel set that this processor can run. */
uint32_t snnrt_host_best_kernels(void);

/* Uses kernel set `index` from now on; every set gives the same bits.
 * SNNRT_ERROR_ARGUMENT: there is no such set, or this processor can't run it. */
snnrt_status snnrt_host_use_kernels(snnrt_network *network, uint32_t index);

/* Readies `network` as snnrt_network_init does, for a model that snnrt_model_check has passed and that has not changed
 * since: another execution of it, at the cost of a reset. Each network needs an arena of its own; the model may
 * be shared, also by threads. SNNRT_ERROR_NULL, SNNRT_ERROR_ARENA_MISALIGNED and SNNRT_ERROR_ARENA_TOO_SMALL as
 * snnrt_network_init; `network` is then left unusable. */
snnrt_status snnrt_host_start(snnrt_network *network, const void *model, void *arena, size_t arena_bytes);

/* Bytes with which snnrt_host_keep has something to keep, for a model that snnrt_model_check has passed; 0: nothing. */
size_t snnrt_host_kept_bytes(const void *model);

/* Optional memory (a multiple of 64) of this network alone, for snnrt_host_kept_bytes or more; NULL takes it away. There
 * convolutions keep their weights as they read them, and neurons with a constant current which of them rest for good and
 * when they fire. Results are the same; an inference that was begun begins anew. SNNRT_ERROR_ARENA_MISALIGNED, SNNRT_ERROR_ARENA_TOO_SMALL. */
snnrt_status snnrt_host_keep(snnrt_network *network, void *memory, size_t bytes);

/* What an integer model reads: of each value in float32 the units of its input, clipped to `peak` (1 ... 32767) and rounded
 * to the nearest, ties to even. */
void snnrt_host_quantise(const float *values, size_t count, float scale, int32_t peak, int16_t *stored);

/* What the accumulators of an integer model's readout mean, of each input one a class: times the class's scale, over
 * the input's timesteps (NULL: a sum), in double and rounded once. */
void snnrt_host_real_logits(const int32_t *accumulators, size_t inputs, size_t classes, const double *scales,
                            const uint32_t *steps, float *logits);

/* Values of one node to keep: each step's `bytes` bytes go to target + (input * timesteps + step) * bytes.
 * `state`: the neuron's membrane instead of its output. */
typedef struct snnrt_host_recording {
    uint32_t node;
    bool state;
    size_t bytes;
    uint8_t *target;
} snnrt_host_recording;

/* Where a batch is, written before each timestep. */
typedef struct snnrt_host_place {
    uint32_t input;
    uint32_t timestep;
} snnrt_host_place;

/* A batch: arrays of `inputs` entries, allocated by the caller. */
typedef struct snnrt_host_batch {
    const uint8_t *input; /* the first input */
    size_t input_bytes; /* from one input to the next */
    size_t timestep_bytes; /* from one timestep of an input to the next; 0: a constant input */
    uint32_t inputs;
    uint32_t nodes;
    uint32_t timesteps; /* steps that a recording holds an input */
    uint32_t *classes;
    uint32_t *steps;
    uint32_t *scores_q16;
    uint8_t *accumulators; /* inputs x classes x 4 bytes */
    size_t accumulator_bytes; /* classes x 4 */
    snnrt_counts *counts; /* inputs x nodes, or NULL */
    const snnrt_host_recording *recordings;
    uint32_t recording_count;
    snnrt_host_place *place; /* or NULL */
    uint32_t first_input; /* number of the first input in `place` */
    const volatile uint8_t *stop; /* another thread ends the batch by writing not 0; NULL: none does */
} snnrt_host_batch;

/* snnrt_network_run for each input in turn. Stops at the first failure and returns its status. Where `stop` becomes not
 * 0 it returns SNNRT_OK before the next timestep, with the rest of the inputs not run. */
snnrt_status snnrt_host_run_batch(snnrt_network *network, const snnrt_host_batch *batch);

#ifdef __cplusplus
}
#endif

#endif
