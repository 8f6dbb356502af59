/* Runs the linked model on the host's inputs; prints, a line a node, the ticks that its steps took over all inputs,
 * then those of everything else: reset, dispatch, exit rule. */
#include "board.h"
#include "snnrt.h"

extern const uint8_t board_model_start[], board_model_end[];

static uint64_t arena[MODEL_ARENA_BYTES / 8];
static uint64_t input[(MODEL_INPUT_BYTES + 7) / 8];
static uint32_t ticks[MODEL_NODES + 1];
static snnrt_network network;

static void note(void *user, const snnrt_network *running, uint32_t node, const void *output,
                 const void *state) {
    ticks[node] += board_ticks();
    (void)user, (void)running, (void)output, (void)state;
    board_start_counter();
}

static void check(snnrt_status status) {
    if (status != SNNRT_OK) {
        board_print("status ");
        board_print_number((uint32_t)status);
        board_exit(2);
    }
}

int main(void);
int main(void) {
    int32_t inputs = board_open("inputs", "rb");
    snnrt_result result;
    check(snnrt_network_init(&network, board_model_start, (size_t)(board_model_end - board_model_start),
                             arena, sizeof arena, NULL));
    check(snnrt_network_set_trace(&network, note, NULL));
    while (board_read(inputs, input, MODEL_INPUT_BYTES) == MODEL_INPUT_BYTES) {
        board_start_counter();
        check(snnrt_network_reset(&network));
        do {
            ticks[MODEL_NODES] += board_ticks();
            board_start_counter();
            check(snnrt_network_step(&network, input, &result));
        } while (!result.done);
        ticks[MODEL_NODES] += board_ticks();
    }
    for (uint32_t node = 0; node <= MODEL_NODES; node++) {
        board_print_number(ticks[node]);
        board_print("\n");
    }
    return 0;
}
