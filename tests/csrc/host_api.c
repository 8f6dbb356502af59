/* What hosts have on top of the core: sets of kernels, executions of a checked model, batches. Prints "N checks"; exits
 * with 1 after a failure.
 *
 *     host_api CONSTANT.snnrt CONSTANT.input SPIKES.snnrt SPIKES.input
 *
 * As core_api's. */
#include "api_checks.h"

static void check_kernel_sets(const model *m) {
    void *arena = arena_for(m);
    snnrt_network network;
    uint32_t sets = snnrt_host_kernel_sets();
    CHECK(snnrt_network_init(&network, m->bytes, m->size, arena, m->info.arena_bytes, NULL) == SNNRT_OK);
    CHECK(sets >= 1 && strcmp(snnrt_host_kernel_name(0), "portable") == 0);
    CHECK(snnrt_host_kernel_name(sets) == NULL);
    CHECK(snnrt_host_kernel_runs(0) && !snnrt_host_kernel_runs(sets));
    CHECK(snnrt_host_kernel_runs(snnrt_host_best_kernels()));
    CHECK(snnrt_host_use_kernels(&network, sets) == SNNRT_ERROR_ARGUMENT);
    CHECK(snnrt_host_use_kernels(NULL, 0) == SNNRT_ERROR_ARGUMENT);
    CHECK(snnrt_host_use_kernels(&network, 0) == SNNRT_OK);
    free(arena);
}

/* Another execution of a checked model is what snnrt_network_init makes, in its own arena. */
static void check_start(const model *m) {
    void *arena = arena_for(m), *other = arena_for(m);
    snnrt_network network, started;
    size_t bytes = m->info.arena_bytes;
    CHECK(snnrt_network_init(&network, m->bytes, m->size, arena, bytes, NULL) == SNNRT_OK);
    CHECK(snnrt_host_start(NULL, m->bytes, other, bytes) == SNNRT_ERROR_NULL);
    CHECK(snnrt_host_start(&started, NULL, other, bytes) == SNNRT_ERROR_NULL);
    CHECK(snnrt_host_start(&started, m->bytes, NULL, bytes) == SNNRT_ERROR_NULL);
    CHECK(snnrt_host_start(&started, m->bytes, (uint8_t *)other + 4, bytes) == SNNRT_ERROR_ARENA_MISALIGNED);
    CHECK(snnrt_host_start(&started, m->bytes, other, bytes - 8) == SNNRT_ERROR_ARENA_TOO_SMALL);
    CHECK(snnrt_network_reset(&started) == SNNRT_ERROR_NOT_INITIALISED);
    CHECK(snnrt_host_start(&started, m->bytes, other, bytes) == SNNRT_OK);
    CHECK(started.arena == (uint8_t *)other);
    started.arena = network.arena;
    CHECK(memcmp(&started, &network, sizeof network) == 0);
    free(other);
    free(arena);
}

/* Inputs one after the other, each recorded and counted; a failure stops the batch, as does the flag. */
static void check_batch(const model *m) {
    void *arena = arena_for(m);
    uint32_t nodes = m->info.node_count, classes[2], steps[2], scores[2], sums[6];
    snnrt_counts *counts = malloc(2 * nodes * sizeof *counts);
    uint8_t *inputs = malloc(2 * m->input_size);
    uint8_t *membranes = calloc(2 * m->info.timesteps, 5 * 4);
    snnrt_host_recording recording = {2, true, 5 * 4, membranes};
    snnrt_host_batch batch;
    uint8_t stop = 1;
    snnrt_network network, unused;
    snnrt_result result;
    memcpy(inputs, m->input, m->input_size);
    memset(inputs + m->input_size, 0, m->input_size);
    memset(&batch, 0, sizeof batch);
    batch.input = inputs;
    batch.input_bytes = m->input_size;
    batch.inputs = 2;
    batch.nodes = nodes;
    batch.timesteps = m->info.timesteps;
    batch.classes = classes;
    batch.steps = steps;
    batch.scores_q16 = scores;
    batch.accumulators = (uint8_t *)sums;
    batch.accumulator_bytes = 12;
    batch.counts = counts;
    batch.recordings = &recording;
    batch.recording_count = 1;
    CHECK(snnrt_network_init(&network, m->bytes, m->size, arena, m->info.arena_bytes, NULL) == SNNRT_OK);
    CHECK(snnrt_host_run_batch(&network, &batch) == SNNRT_OK);
    CHECK(snnrt_network_run(&network, m->input, &result) == SNNRT_OK);
    CHECK(classes[0] == result.class_index && steps[0] == result.timesteps && scores[0] == result.score_q16);
    CHECK(memcmp(sums, snnrt_network_accumulators(&network), 12) == 0);
    CHECK(counts[2].neuron_updates == (uint64_t)5 * steps[0]);
    batch.stop = &stop;
    steps[0] = 77;
    CHECK(snnrt_host_run_batch(&network, &batch) == SNNRT_OK && steps[0] == 77);
    stop = 0;
    CHECK(snnrt_host_run_batch(&network, &batch) == SNNRT_OK && steps[0] == result.timesteps);
    batch.nodes = nodes + 1;
    CHECK(snnrt_host_run_batch(&network, &batch) == SNNRT_ERROR_ARGUMENT);
    batch.nodes = nodes;
    batch.counts = NULL;
    batch.recording_count = 0;
    batch.input = inputs + 1;
    CHECK(snnrt_host_run_batch(&network, &batch) == SNNRT_ERROR_INPUT_MISALIGNED);
    memset(&unused, 0, sizeof unused);
    CHECK(snnrt_host_run_batch(&unused, &batch) == SNNRT_ERROR_NOT_INITIALISED);
    free(membranes);
    free(inputs);
    free(counts);
    free(arena);
}

int main(int argument_count, char **arguments) {
    model constant, spikes;
    if (argument_count != 5) {
        return 2;
    }
    constant = load(arguments[1], arguments[2]);
    spikes = load(arguments[3], arguments[4]);
    check_kernel_sets(&constant);
    check_start(&constant);
    check_start(&spikes);
    check_batch(&constant);
    free(constant.bytes);
    free(constant.input);
    free(spikes.bytes);
    free(spikes.input);
    return report_checks();
}
