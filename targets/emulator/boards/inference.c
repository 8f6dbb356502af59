/* Runs the linked model on the host's inputs, counts instructions, and sends back what came out.
 *
 * Reads   settings   u32: exit rule, threshold_q, most timesteps, inputs, frames an input has; with SNNRT_WITH_TRACE
 *                    then for each node the bytes of its output and of its state to record
 *         inputs     frames of MODEL_INPUT_BYTES, one after the other
 * Writes  records    u32: ticks of nothing, of the known loop and of snnrt_network_init, stack bytes of snnrt_network_init; then for each
 *                    input u32: class, timesteps, score_q16, ticks of snnrt_network_reset, stack bytes of its steps;
 *                    the accumulators; with SNNRT_WITH_MONITOR its level, or INT32_MIN; with SNNRT_WITH_COUNTERS the counts of every node (6 u64)
 *         steps      u32: ticks of each snnrt_network_step
 *         recording  the bytes that the settings ask for, node by node, step by step
 *
 * Exit codes: 0 done, 2 the core refused (with "NAME status S node N expected E found F"), 3 the board, 4 a fault. */
#include "board.h"
#include "snnrt.h"

#define LOOP_ROUNDS 1000u
#define STEPS_HELD 256u

extern const uint8_t board_model_start[], board_model_end[];

static uint64_t arena[MODEL_ARENA_BYTES / 8];
static uint64_t input[(MODEL_INPUT_BYTES + 7) / 8];
static snnrt_network network;
#if SNNRT_WITH_COUNTERS
static snnrt_counts counts[MODEL_NODES];
#endif
#if SNNRT_WITH_TRACE
static struct { uint32_t output, state; } recorded[MODEL_NODES];
static int32_t recording;
#endif

static struct { uint32_t rule, threshold_q, timesteps, inputs, frames; } settings;
static uint32_t step_ticks[STEPS_HELD];
static uint32_t steps_held;
static int32_t steps_file;

static void refuse(const char *call, snnrt_status status, const snnrt_fault *fault) {
    board_print(call);
    board_print(" status ");
    board_print_number((uint32_t)status);
    board_print(" node ");
    board_print_number(fault->node);
    board_print(" expected ");
    board_print_number((uint32_t)fault->expected);
    board_print(" found ");
    board_print_number((uint32_t)fault->found);
    board_print("\n");
    board_exit(2);
}

static void check(const char *call, snnrt_status status) {
    snnrt_fault none = {SNNRT_NO_NODE, 0, 0};
    if (status != SNNRT_OK) {
        refuse(call, status, &none);
    }
}

static int32_t open_file(const char *path, const char *mode) {
    int32_t file = board_open(path, mode);
    if (file < 0) {
        board_print(path);
        board_print(": cannot be opened\n");
        board_exit(3);
    }
    return file;
}

static void read_all(int32_t file, void *bytes, uint32_t count) {
    if (board_read(file, bytes, count) != count) {
        board_print("the inputs end early\n");
        board_exit(3);
    }
}

static void send_steps(void) {
    board_write(steps_file, step_ticks, steps_held * (uint32_t)sizeof step_ticks[0]);
    steps_held = 0;
}

#if SNNRT_WITH_TRACE
static void record(void *user, const snnrt_network *running, uint32_t node, const void *output,
                   const void *state) {
    (void)user;
    (void)running;
    board_write(recording, output, recorded[node].output);
    board_write(recording, state, recorded[node].state);
}
#endif

static void start(int32_t records) {
    snnrt_fault fault = {SNNRT_NO_NODE, 0, 0};
    snnrt_status status;
    uint32_t words[4];
    board_start_counter();
    words[0] = board_ticks();
    board_start_counter();
    board_known_loop(LOOP_ROUNDS);
    words[1] = board_ticks();
    board_paint_stack();
    board_start_counter();
    status = snnrt_network_init(&network, board_model_start, (size_t)(board_model_end - board_model_start),
                                arena, sizeof arena, &fault);
    words[2] = board_ticks();
    words[3] = board_stack_used();
    if (status != SNNRT_OK) {
        refuse("snnrt_network_init", status, &fault);
    }
    check("snnrt_network_set_exit",
          snnrt_network_set_exit(&network, settings.rule, settings.threshold_q, settings.timesteps));
#if SNNRT_WITH_COUNTERS
    check("snnrt_network_count_events", snnrt_network_count_events(&network, counts, MODEL_NODES));
#endif
#if SNNRT_WITH_TRACE
    check("snnrt_network_set_trace", snnrt_network_set_trace(&network, record, NULL));
#endif
    board_write(records, words, sizeof words);
}

static void run_input(int32_t inputs, int32_t records) {
    snnrt_result result;
    snnrt_status status;
    uint32_t words[5];
    uint32_t frames = 0;
    board_paint_stack();
    board_start_counter();
    status = snnrt_network_reset(&network);
    words[3] = board_ticks();
    check("snnrt_network_reset", status);
    do {
        if (frames < settings.frames) {
            read_all(inputs, input, MODEL_INPUT_BYTES);
            frames++;
        }
        board_start_counter();
        status = snnrt_network_step(&network, input, &result);
        step_ticks[steps_held] = board_ticks();
        check("snnrt_network_step", status);
        steps_held++;
        if (steps_held == STEPS_HELD) {
            send_steps();
        }
    } while (!result.done);
    words[4] = board_stack_used();
    for (; frames < settings.frames; frames++) {
        read_all(inputs, input, MODEL_INPUT_BYTES);
    }
    words[0] = result.class_index;
    words[1] = result.timesteps;
    words[2] = result.score_q16;
    board_write(records, words, sizeof words);
    board_write(records, snnrt_network_accumulators(&network), MODEL_CLASSES * 4u);
#if SNNRT_WITH_MONITOR
    {
        int32_t level = INT32_MIN;
        (void)snnrt_network_monitor(&network, &level, NULL);
        board_write(records, &level, sizeof level);
    }
#endif
#if SNNRT_WITH_COUNTERS
    board_write(records, counts, sizeof counts);
#endif
}

int main(void);
int main(void) {
    int32_t given = open_file("settings", "rb");
    int32_t inputs = open_file("inputs", "rb");
    int32_t records = open_file("records", "wb");
    steps_file = open_file("steps", "wb");
    read_all(given, &settings, sizeof settings);
#if SNNRT_WITH_TRACE
    read_all(given, recorded, sizeof recorded);
    recording = open_file("recording", "wb");
#endif
    start(records);
    for (uint32_t i = 0; i < settings.inputs; i++) {
        run_input(inputs, records);
    }
    send_steps();
    return 0;
}
