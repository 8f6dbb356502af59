#include <string.h>

#include "snnrt_host.h"

typedef struct recorder {
    const snnrt_host_batch *batch;
    uint32_t input;
    uint32_t step;
} recorder;

static void record(void *user, const snnrt_network *network, uint32_t node, const void *output,
                   const void *state) {
    recorder *at = (recorder *)user;
    (void)network;
    for (uint32_t r = 0; r < at->batch->recording_count; r++) {
        const snnrt_host_recording *wanted = &at->batch->recordings[r];
        if (wanted->node == node && at->step < at->batch->timesteps) {
            size_t row = (size_t)at->input * at->batch->timesteps + at->step;
            memcpy(wanted->target + row * wanted->bytes, wanted->state ? state : output, wanted->bytes);
        }
    }
    if (node + 1u == at->batch->nodes) {
        at->step++;
    }
}

static bool stopped(const snnrt_host_batch *batch) { return batch->stop != NULL && *batch->stop != 0; }

/* snnrt_network_run, with a look at `stop` between timesteps; result->done stays false where it ended the run. */
static snnrt_status run(snnrt_network *network, const snnrt_host_batch *batch, const uint8_t *frame,
                        snnrt_result *result) {
    snnrt_status status = snnrt_network_reset(network);
    uint32_t step = 0;
    result->done = false;
    while (status == SNNRT_OK && !result->done && !stopped(batch)) {
        if (batch->place != NULL) {
            batch->place->timestep = step++;
        }
        /* a rule that never ends a run need not be asked before its last step */
        bool asked =
            network->exit_rule != SNNRT_EXIT_NEVER || network->timestep + 1u >= network->maximum_timesteps;
        status = snnrt_network_step(network, frame, asked ? result : NULL);
        frame += batch->timestep_bytes;
    }
    return status;
}

snnrt_status snnrt_host_run_batch(snnrt_network *network, const snnrt_host_batch *batch) {
    recorder at = {batch, 0, 0};
    snnrt_status status = snnrt_network_set_trace(network, batch->recording_count == 0 ? NULL : record, &at);
    for (uint32_t i = 0; i < batch->inputs && status == SNNRT_OK && !stopped(batch); i++) {
        snnrt_result result;
        at.input = i;
        if (batch->place != NULL) {
            batch->place->input = batch->first_input + i;
        }
        at.step = 0;
        status = snnrt_network_count_events(network,
                                            batch->counts == NULL ? NULL
                                                                  : batch->counts + (size_t)i * batch->nodes,
                                            batch->nodes);
        if (status == SNNRT_OK) {
            status = run(network, batch, batch->input + (size_t)i * batch->input_bytes, &result);
        }
        if (status == SNNRT_OK && result.done) {
            batch->classes[i] = result.class_index;
            batch->steps[i] = result.timesteps;
            batch->scores_q16[i] = result.score_q16;
            memcpy(batch->accumulators + (size_t)i * batch->accumulator_bytes,
                   snnrt_network_accumulators(network), batch->accumulator_bytes);
        }
    }
    (void)snnrt_network_set_trace(network, NULL, NULL);
    (void)snnrt_network_count_events(network, NULL, 0);
    return status;
}
