/* Every promise of snnrt.h about arguments, failures and states. Prints "N checks"; exits with 1 after a failure.
 *
 *     core_api CONSTANT.snnrt CONSTANT.input SPIKES.snnrt SPIKES.input
 *
 * CONSTANT: a constant input, at least 3 timesteps, 3 classes. SPIKES: spikes over time. One input each. */
#include "api_checks.h"

static void check_model_check(const model *m) {
    snnrt_fault fault = {7, 8, 9};
    snnrt_model_info info;
    uint8_t *room = malloc(m->size + 16);
    memset(&info, 0xEE, sizeof info);
    CHECK(snnrt_model_check(NULL, m->size, &info, &fault) == SNNRT_ERROR_NULL);
    CHECK(fault.node == SNNRT_NO_NODE);
    CHECK(snnrt_model_check(NULL, m->size, NULL, NULL) == SNNRT_ERROR_NULL);
    for (size_t shift = 1; shift < 8; shift++) {
        memcpy(room + shift, m->bytes, m->size);
        CHECK(snnrt_model_check(room + shift, m->size, &info, &fault) == SNNRT_ERROR_MODEL_MISALIGNED);
        CHECK(fault.found == (int64_t)shift);
    }
    memcpy(room + 8, m->bytes, m->size);
    CHECK(snnrt_model_check(room + 8, m->size, NULL, NULL) == SNNRT_OK);
    CHECK(snnrt_model_check(m->bytes, 0, NULL, &fault) == SNNRT_ERROR_TRUNCATED);
    CHECK(fault.expected == 40 && fault.found == 0);
    CHECK(snnrt_model_check(m->bytes, m->size - 1, NULL, &fault) == SNNRT_ERROR_TRUNCATED);
    CHECK(fault.expected == (int64_t)m->size && fault.found == (int64_t)m->size - 1);
    CHECK(((uint8_t *)&info)[0] == 0xEE);
    room[8] ^= 1;
    CHECK(snnrt_model_check(room + 8, m->size, NULL, &fault) == SNNRT_ERROR_NOT_A_MODEL);
    room[8] ^= 1;
    room[8 + 8] = 3;
    CHECK(snnrt_model_check(room + 8, m->size, NULL, &fault) == SNNRT_ERROR_VERSION);
    CHECK(fault.expected == SNNRT_FORMAT_MAJOR && fault.found == 3);
    room[8 + 8] = 2;
    room[8 + m->size - 1] ^= 1;
    CHECK(snnrt_model_check(room + 8, m->size, NULL, &fault) == SNNRT_ERROR_CRC);
    CHECK(fault.expected != fault.found);
    CHECK(snnrt_model_check(m->bytes, m->size, &info, &fault) == SNNRT_OK);
    CHECK(info.file_bytes == m->size && info.arena_bytes % 8 == 0 && info.node_count >= 3);
    CHECK(info.timesteps >= 1 && info.classes == 3);
    free(room);
}

static void check_init(const model *m) {
    snnrt_network network, unused;
    snnrt_result result;
    snnrt_fault fault = {7, 8, 9};
    size_t arena_bytes = m->info.arena_bytes;
    uint8_t *arena = malloc(arena_bytes + 8);
    uint8_t *small = malloc(arena_bytes - 1);
    CHECK(snnrt_network_init(NULL, m->bytes, m->size, arena, arena_bytes, &fault) == SNNRT_ERROR_NULL);
    CHECK(fault.node == SNNRT_NO_NODE);
    CHECK(snnrt_network_init(NULL, m->bytes, m->size, arena, arena_bytes, NULL) == SNNRT_ERROR_NULL);
    CHECK(snnrt_network_init(&network, NULL, m->size, arena, arena_bytes, &fault) == SNNRT_ERROR_NULL);
    CHECK(snnrt_network_init(&network, m->bytes, m->size, NULL, arena_bytes, &fault) == SNNRT_ERROR_NULL);
    CHECK(snnrt_network_init(&network, m->bytes, m->size - 1, arena, arena_bytes, NULL) ==
          SNNRT_ERROR_TRUNCATED);
    for (size_t shift = 1; shift < 8; shift++) {
        CHECK(snnrt_network_init(&network, m->bytes, m->size, arena + shift, arena_bytes, &fault) ==
              SNNRT_ERROR_ARENA_MISALIGNED);
        CHECK(fault.found == (int64_t)shift);
    }
    memset(small, 0x5A, arena_bytes - 1);
    CHECK(snnrt_network_init(&network, m->bytes, m->size, small, arena_bytes - 1, &fault) ==
          SNNRT_ERROR_ARENA_TOO_SMALL);
    CHECK(fault.expected == (int64_t)arena_bytes && fault.found == (int64_t)arena_bytes - 1);
    CHECK(snnrt_network_init(&network, m->bytes, m->size, small, 0, NULL) == SNNRT_ERROR_ARENA_TOO_SMALL);
    for (size_t i = 0; i < arena_bytes - 1; i++) {
        if (small[i] != 0x5A) {
            CHECK(!"the arena is unchanged after a failure");
            break;
        }
    }
    CHECK(snnrt_network_reset(&network) == SNNRT_ERROR_NOT_INITIALISED);
    CHECK(snnrt_network_init(&network, m->bytes, m->size, arena, arena_bytes, NULL) == SNNRT_OK);
    CHECK(snnrt_network_run(&network, m->input, &result) == SNNRT_OK);
    CHECK(snnrt_network_init(&network, m->bytes, m->size, arena, arena_bytes + 8, &fault) == SNNRT_OK);
    /* What was running is unusable after a failed init. */
    CHECK(snnrt_network_init(&network, m->bytes, m->size, small, arena_bytes - 1, NULL) != SNNRT_OK);
    CHECK(snnrt_network_run(&network, m->input, &result) == SNNRT_ERROR_NOT_INITIALISED);

    memset(&unused, 0, sizeof unused);
    CHECK(snnrt_network_reset(&unused) == SNNRT_ERROR_NOT_INITIALISED);
    CHECK(snnrt_network_step(&unused, m->input, &result) == SNNRT_ERROR_NOT_INITIALISED);
    CHECK(snnrt_network_run(&unused, m->input, &result) == SNNRT_ERROR_NOT_INITIALISED);
    CHECK(snnrt_network_set_exit(&unused, SNNRT_EXIT_NEVER, 0, 1) == SNNRT_ERROR_NOT_INITIALISED);
    CHECK(snnrt_network_use_scratch(&unused, NULL, 0) == SNNRT_ERROR_NOT_INITIALISED);
    CHECK(snnrt_network_count_events(&unused, NULL, 0) == SNNRT_ERROR_NOT_INITIALISED);
    CHECK(snnrt_network_set_trace(&unused, NULL, NULL) == SNNRT_ERROR_NOT_INITIALISED);
    CHECK(snnrt_network_accumulators(&unused) == NULL);
    CHECK(snnrt_network_reset(NULL) == SNNRT_ERROR_NOT_INITIALISED);
    CHECK(snnrt_network_step(NULL, m->input, &result) == SNNRT_ERROR_NOT_INITIALISED);
    CHECK(snnrt_network_run(NULL, m->input, &result) == SNNRT_ERROR_NOT_INITIALISED);
    CHECK(snnrt_network_set_exit(NULL, SNNRT_EXIT_NEVER, 0, 1) == SNNRT_ERROR_NOT_INITIALISED);
    CHECK(snnrt_network_use_scratch(NULL, NULL, 0) == SNNRT_ERROR_NOT_INITIALISED);
    CHECK(snnrt_network_count_events(NULL, NULL, 0) == SNNRT_ERROR_NOT_INITIALISED);
    CHECK(snnrt_network_set_trace(NULL, NULL, NULL) == SNNRT_ERROR_NOT_INITIALISED);
    CHECK(snnrt_network_accumulators(NULL) == NULL);
    free(small);
    free(arena);
}

static void check_input(const model *constant, const model *spikes) {
    const model *both[2] = {constant, spikes};
    for (int i = 0; i < 2; i++) {
        const model *m = both[i];
        size_t element = m->info.arithmetic == SNNRT_ARITHMETIC_INTEGER ? 2 : 4;
        void *arena = arena_for(m);
        uint8_t *room = malloc(m->input_size + 8);
        snnrt_network network;
        snnrt_result result, other;
        CHECK(snnrt_network_init(&network, m->bytes, m->size, arena, m->info.arena_bytes, NULL) == SNNRT_OK);
        CHECK(snnrt_network_run(&network, NULL, &result) == SNNRT_ERROR_NULL);
        CHECK(snnrt_network_run(&network, m->input, NULL) == SNNRT_ERROR_NULL);
        CHECK(snnrt_network_step(&network, NULL, &result) == SNNRT_ERROR_NULL);
        CHECK(snnrt_network_step(&network, m->input, NULL) == SNNRT_OK);
        for (size_t shift = 1; shift < element; shift++) {
            memcpy(room + shift, m->input, m->input_size);
            CHECK(snnrt_network_run(&network, room + shift, &result) == SNNRT_ERROR_INPUT_MISALIGNED);
            CHECK(snnrt_network_step(&network, room + shift, &result) == SNNRT_ERROR_INPUT_MISALIGNED);
        }
        memcpy(room + element, m->input, m->input_size);
        CHECK(snnrt_network_run(&network, m->input, &result) == SNNRT_OK);
        CHECK(snnrt_network_run(&network, room + element, &other) == SNNRT_OK);
        CHECK(memcmp(&result.class_index, &other.class_index, sizeof(uint32_t)) == 0);
        CHECK(result.timesteps == other.timesteps && result.score_q16 == other.score_q16);
        CHECK(result.done && other.done);
        free(room);
        free(arena);
    }
}

/* The accumulators after `steps` steps from a reset. */
static void after_steps(snnrt_network *network, const model *m, uint32_t steps, int32_t *sums) {
    snnrt_result result;
    CHECK(snnrt_network_reset(network) == SNNRT_OK);
    for (uint32_t t = 0; t < steps; t++) {
        CHECK(snnrt_network_step(network, m->input, &result) == SNNRT_OK);
        CHECK(result.timesteps == t + 1);
    }
    memcpy(sums, snnrt_network_accumulators(network), m->info.classes * 4);
}

static void check_steps(const model *m) {
    void *arena = arena_for(m);
    snnrt_network network;
    snnrt_result by_run, by_step, later;
    int32_t sums[3], again[3], changed[3];
    uint8_t *input = malloc(m->input_size);
    memcpy(input, m->input, m->input_size);
    CHECK(snnrt_network_init(&network, m->bytes, m->size, arena, m->info.arena_bytes, NULL) == SNNRT_OK);
    CHECK(snnrt_network_run(&network, m->input, &by_run) == SNNRT_OK);
    memcpy(sums, snnrt_network_accumulators(&network), sizeof sums);

    /* Step by step is the same, and a constant input is not needed again. */
    CHECK(snnrt_network_reset(&network) == SNNRT_OK);
    CHECK(snnrt_network_step(&network, input, &by_step) == SNNRT_OK);
    while (!by_step.done) {
        CHECK(snnrt_network_step(&network, NULL, &by_step) == SNNRT_OK);
    }
    CHECK(by_step.timesteps == by_run.timesteps && by_step.class_index == by_run.class_index &&
          by_step.score_q16 == by_run.score_q16);
    CHECK(memcmp(sums, snnrt_network_accumulators(&network), sizeof sums) == 0);

    /* Past the exit, and past T, a network goes on accumulating. */
    for (uint32_t t = by_step.timesteps; t < m->info.timesteps + 5; t++) {
        CHECK(snnrt_network_step(&network, NULL, &later) == SNNRT_OK);
        CHECK(later.timesteps == t + 1);
        CHECK(t + 1 < m->info.timesteps || later.done);
    }
    memcpy(changed, snnrt_network_accumulators(&network), sizeof changed);
    CHECK(memcmp(sums, changed, sizeof sums) != 0);

    /* A reset forgets everything. */
    after_steps(&network, m, by_run.timesteps, again);
    CHECK(memcmp(sums, again, sizeof sums) == 0);
    CHECK(snnrt_network_reset(&network) == SNNRT_OK);
    CHECK(snnrt_network_reset(&network) == SNNRT_OK);
    CHECK(snnrt_network_step(&network, NULL, NULL) == SNNRT_ERROR_NULL);

    /* A failed step changes nothing. */
    after_steps(&network, m, 2, sums);
    CHECK(snnrt_network_reset(&network) == SNNRT_OK);
    CHECK(snnrt_network_step(&network, (const uint8_t *)m->input + 1, &later) ==
          SNNRT_ERROR_INPUT_MISALIGNED);
    CHECK(snnrt_network_step(&network, m->input, &later) == SNNRT_OK && later.timesteps == 1);
    /* What is ignored may point anywhere. */
    CHECK(snnrt_network_step(&network, (const uint8_t *)m->input + 1, &later) == SNNRT_OK &&
          later.timesteps == 2);
    CHECK(memcmp(sums, snnrt_network_accumulators(&network), sizeof sums) == 0);
    free(input);
    free(arena);
}

static void check_spike_steps(const model *m) {
    void *arena = arena_for(m);
    snnrt_network network;
    snnrt_result result;
    uint8_t *frame = malloc(m->info.input_bytes);
    int32_t sums[3];
    CHECK(snnrt_network_init(&network, m->bytes, m->size, arena, m->info.arena_bytes, NULL) == SNNRT_OK);
    CHECK(snnrt_network_set_exit(&network, SNNRT_EXIT_NEVER, 0, m->info.timesteps) == SNNRT_OK);
    CHECK(snnrt_network_run(&network, m->input, &result) == SNNRT_OK);
    CHECK(result.timesteps == m->info.timesteps && result.score_q16 == 0);
    memcpy(sums, snnrt_network_accumulators(&network), sizeof sums);
    CHECK(snnrt_network_reset(&network) == SNNRT_OK);
    /* Spikes are read during the call only: the same memory takes one frame after the other. */
    for (uint32_t t = 0; t < m->info.timesteps; t++) {
        memcpy(frame, m->input + (size_t)t * m->info.input_bytes, m->info.input_bytes);
        CHECK(snnrt_network_step(&network, frame, &result) == SNNRT_OK);
        memset(frame, 0x55, m->info.input_bytes);
    }
    CHECK(memcmp(sums, snnrt_network_accumulators(&network), sizeof sums) == 0);
    CHECK(snnrt_network_step(&network, NULL, &result) == SNNRT_ERROR_NULL);
    free(frame);
    free(arena);
}

static void check_exit(const model *m) {
    void *arena = arena_for(m);
    snnrt_network network;
    snnrt_result result;
    CHECK(snnrt_network_init(&network, m->bytes, m->size, arena, m->info.arena_bytes, NULL) == SNNRT_OK);
    CHECK(snnrt_network_set_exit(&network, 7, 0, 1) == SNNRT_ERROR_ARGUMENT);
    CHECK(snnrt_network_set_exit(&network, UINT32_MAX, 0, 1) == SNNRT_ERROR_ARGUMENT);
    CHECK(snnrt_network_set_exit(&network, SNNRT_EXIT_NEVER, 0, 0) == SNNRT_ERROR_ARGUMENT);
    CHECK(snnrt_network_set_exit(&network, SNNRT_EXIT_NEVER, 0, 65536) == SNNRT_ERROR_ARGUMENT);
    CHECK(snnrt_network_set_exit(&network, SNNRT_EXIT_CONFIDENCE, 65537, 1) == SNNRT_ERROR_ARGUMENT);
    /* The rule stayed as it was through all of these. */
    CHECK(snnrt_network_set_exit(&network, SNNRT_EXIT_NEVER, 0, 2) == SNNRT_OK);
    CHECK(snnrt_network_set_exit(&network, SNNRT_EXIT_ENTROPY, 0, 0) == SNNRT_ERROR_ARGUMENT);
    CHECK(snnrt_network_run(&network, m->input, &result) == SNNRT_OK);
    CHECK(result.timesteps == 2 && result.done && result.score_q16 == 0);
    CHECK(snnrt_network_set_exit(&network, SNNRT_EXIT_NEVER, 0, 65535) == SNNRT_OK);
    CHECK(snnrt_network_run(&network, m->input, &result) == SNNRT_OK);
    CHECK(result.timesteps == 65535);
    CHECK(snnrt_network_set_exit(&network, SNNRT_EXIT_ENTROPY, UINT32_MAX, 9) == SNNRT_OK);
    CHECK(snnrt_network_run(&network, m->input, &result) == SNNRT_OK);
    CHECK(result.timesteps == 1);
    CHECK(snnrt_network_set_exit(&network, SNNRT_EXIT_ENTROPY, 0, 9) == SNNRT_OK);
    CHECK(snnrt_network_run(&network, m->input, &result) == SNNRT_OK);
    CHECK(result.timesteps == 9);
    CHECK(snnrt_network_set_exit(&network, SNNRT_EXIT_CONFIDENCE, 65536, 9) == SNNRT_OK);
    CHECK(snnrt_network_run(&network, m->input, &result) == SNNRT_OK);
    CHECK(result.timesteps == 9 && result.score_q16 <= 65536);
    CHECK(snnrt_network_set_exit(&network, SNNRT_EXIT_CONFIDENCE, 0, 9) == SNNRT_OK);
    CHECK(snnrt_network_run(&network, m->input, &result) == SNNRT_OK);
    CHECK(result.timesteps == 1);
    /* Until the next init. */
    CHECK(snnrt_network_init(&network, m->bytes, m->size, arena, m->info.arena_bytes, NULL) == SNNRT_OK);
    CHECK(snnrt_network_run(&network, m->input, &result) == SNNRT_OK);
    CHECK(result.timesteps > 1);
    free(arena);
}

static void check_counts(const model *m) {
    void *arena = arena_for(m);
    snnrt_counts *counts = malloc(m->info.node_count * sizeof *counts);
    snnrt_network network;
    snnrt_result result;
    uint64_t updates;
    memset(counts, 0xFF, m->info.node_count * sizeof *counts);
    CHECK(snnrt_network_init(&network, m->bytes, m->size, arena, m->info.arena_bytes, NULL) == SNNRT_OK);
    CHECK(snnrt_network_count_events(&network, counts, m->info.node_count - 1) == SNNRT_ERROR_ARGUMENT);
    CHECK(snnrt_network_count_events(&network, counts, m->info.node_count + 1) == SNNRT_ERROR_ARGUMENT);
    CHECK(snnrt_network_count_events(&network, counts, m->info.node_count) == SNNRT_OK);
    CHECK(counts[0].spikes == 0 && counts[2].neuron_updates == 0);
    CHECK(snnrt_network_step(&network, m->input, &result) == SNNRT_OK);
    updates = counts[2].neuron_updates;
    CHECK(updates != 0 && counts[1].row_activations != 0 && counts[1].synaptic_operations != 0);
    CHECK(snnrt_network_step(&network, m->input, &result) == SNNRT_OK);
    CHECK(counts[2].neuron_updates == 2 * updates);
    CHECK(snnrt_network_reset(&network) == SNNRT_OK);
    CHECK(counts[2].neuron_updates == 0 && counts[1].active_windows == 0);
    CHECK(snnrt_network_count_events(&network, NULL, 0) == SNNRT_OK);
    CHECK(snnrt_network_step(&network, m->input, &result) == SNNRT_OK);
    CHECK(counts[2].neuron_updates == 0);
    free(counts);
    free(arena);
}

static void count_calls(void *user, const snnrt_network *network, uint32_t node, const void *output,
                        const void *state) {
    (void)network, (void)node, (void)output, (void)state;
    ++*(uint32_t *)user;
}

static void check_trace(const model *m) {
    void *arena = arena_for(m);
    snnrt_network network;
    uint32_t calls = 0;
    CHECK(snnrt_network_init(&network, m->bytes, m->size, arena, m->info.arena_bytes, NULL) == SNNRT_OK);
    CHECK(snnrt_network_set_trace(&network, count_calls, &calls) == SNNRT_OK);
    CHECK(snnrt_network_step(&network, m->input, NULL) == SNNRT_OK);
    CHECK(calls == m->info.node_count);
    CHECK(snnrt_network_step(&network, m->input, NULL) == SNNRT_OK);
    CHECK(calls == 2 * m->info.node_count);
    CHECK(snnrt_network_set_trace(&network, NULL, NULL) == SNNRT_OK);
    CHECK(snnrt_network_step(&network, m->input, NULL) == SNNRT_OK);
    CHECK(calls == 2 * m->info.node_count);
    free(arena);
}

static void check_scratch(const model *m) {
    void *arena = arena_for(m);
    size_t most = m->info.scratch_bytes;
    snnrt_network network;
    snnrt_result without, with;
    int32_t sums[3];
    CHECK(most != 0);
    CHECK(snnrt_network_init(&network, m->bytes, m->size, arena, m->info.arena_bytes, NULL) == SNNRT_OK);
    CHECK(snnrt_network_run(&network, m->input, &without) == SNNRT_OK);
    memcpy(sums, snnrt_network_accumulators(&network), sizeof sums);
    for (size_t bytes = 0; bytes <= most + 8; bytes += 8) {
        uint8_t *scratch = malloc(bytes);
        memset(scratch, 0xA5, bytes);
        CHECK(snnrt_network_use_scratch(&network, scratch, bytes) == SNNRT_OK);
        CHECK(snnrt_network_run(&network, m->input, &with) == SNNRT_OK);
        CHECK(with.timesteps == without.timesteps && with.class_index == without.class_index);
        CHECK(memcmp(sums, snnrt_network_accumulators(&network), sizeof sums) == 0);
        if (bytes > 8) {
            CHECK(snnrt_network_use_scratch(&network, scratch + 4, bytes - 4) ==
                  SNNRT_ERROR_ARENA_MISALIGNED);
        }
        CHECK(snnrt_network_use_scratch(&network, NULL, 0) == SNNRT_OK);
        free(scratch);
    }
    CHECK(snnrt_network_use_scratch(&network, NULL, most) == SNNRT_OK);
    CHECK(snnrt_network_run(&network, m->input, &with) == SNNRT_OK);
    free(arena);
}

static void check_two_at_once(const model *constant, const model *spikes) {
    void *arenas[3] = {arena_for(constant), arena_for(spikes), arena_for(constant)};
    const model *models[3] = {constant, spikes, constant};
    snnrt_network networks[3];
    int32_t alone[3][3];
    for (int i = 0; i < 3; i++) {
        CHECK(snnrt_network_init(&networks[i], models[i]->bytes, models[i]->size, arenas[i],
                                 models[i]->info.arena_bytes, NULL) == SNNRT_OK);
        after_steps(&networks[i], models[i], 3, alone[i]);
        CHECK(snnrt_network_reset(&networks[i]) == SNNRT_OK);
    }
    for (uint32_t t = 0; t < 3; t++) {
        for (int i = 0; i < 3; i++) {
            CHECK(snnrt_network_step(&networks[i], models[i]->input, NULL) == SNNRT_OK);
        }
    }
    for (int i = 0; i < 3; i++) {
        CHECK(memcmp(alone[i], snnrt_network_accumulators(&networks[i]), sizeof alone[i]) == 0);
        free(arenas[i]);
    }
}

static void check_words(void) {
    for (int code = 0; code < SNNRT_STATUS_END; code++) {
        const char *words = snnrt_status_text((snnrt_status)code);
        CHECK(words != NULL && strlen(words) >= 2 && strcmp(words, "unknown status") != 0);
        for (int other = 0; other < code; other++) {
            CHECK(strcmp(words, snnrt_status_text((snnrt_status)other)) != 0);
        }
    }
    CHECK(strcmp(snnrt_status_text(SNNRT_STATUS_END), "unknown status") == 0);
}

int main(int argument_count, char **arguments) {
    model constant, spikes;
    if (argument_count != 5) {
        return 2;
    }
    constant = load(arguments[1], arguments[2]);
    spikes = load(arguments[3], arguments[4]);
    check_model_check(&constant);
    check_init(&constant);
    check_init(&spikes);
    check_input(&constant, &spikes);
    check_steps(&constant);
    check_spike_steps(&spikes);
    check_exit(&constant);
    check_counts(&constant);
    check_trace(&constant);
    check_scratch(&spikes);
    check_two_at_once(&constant, &spikes);
    check_words();
    free(constant.bytes);
    free(constant.input);
    free(spikes.bytes);
    free(spikes.input);
    return report_checks();
}
