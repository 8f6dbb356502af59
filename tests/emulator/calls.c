/* Calls of the public functions, good and bad, on a board or on the host: prints what each gave.
 *
 * Reads constant.snnrt and spikes.snnrt (int8) with several inputs each, constant.input and spikes.input, and the
 * malformed models 0.bad, 1.bad, ...; writes the health record to health.bin. */
#include "board.h"
#include "board_memory.h"
#include "snnrt.h"

#define ROOM 65536u
#define CLASSES 3u

typedef struct model {
    uint64_t bytes[ROOM / 8];
    uint64_t input[ROOM / 8];
    uint64_t arena[ROOM / 8];
    uint32_t model_bytes;
    uint32_t inputs;
    uint32_t stride;
    snnrt_model_info info;
    snnrt_network network;
} model;

static model constant, spikes, other;
static uint64_t room[ROOM / 8 + 1];
static const snnrt_network no_network;

static void print_signed(int64_t number) {
    if (number < 0) {
        board_print("-");
        number = -number;
    }
    board_print_number((uint32_t)number);
}

static void say(const char *what, snnrt_status status) {
    board_print(what);
    board_print(": ");
    board_print_number((uint32_t)status);
    board_print(" ");
    board_print(snnrt_status_text(status));
    board_print("\n");
}

static void say_fault(const char *what, snnrt_status status, const snnrt_fault *fault) {
    board_print("node ");
    print_signed((int32_t)fault->node);
    board_print(" expected ");
    print_signed(fault->expected);
    board_print(" found ");
    print_signed(fault->found);
    board_print(" ");
    say(what, status);
}

static void say_result(const char *what, const snnrt_network *network, const snnrt_result *result) {
    const uint32_t *sums = (const uint32_t *)snnrt_network_accumulators(network);
    board_print(what);
    board_print(": class ");
    board_print_number(result->class_index);
    board_print(" after ");
    board_print_number(result->timesteps);
    board_print(", score ");
    board_print_number(result->score_q16);
    for (uint32_t i = 0; sums != NULL && i < CLASSES; i++) {
        board_print(" ");
        board_print_hexadecimal(sums[i]);
    }
    board_print("\n");
}

static uint32_t load(const char *path, void *bytes) {
    int32_t file = board_open(path, "rb");
    uint32_t count = file < 0 ? 0 : board_read(file, bytes, ROOM);
    if (file >= 0) {
        board_close(file);
    }
    return count;
}

static snnrt_status initialise(model *m) {
    return snnrt_network_init(&m->network, m->bytes, m->model_bytes, m->arena, m->info.arena_bytes, NULL);
}

static void load_model(model *m, const char *model_path, const char *input_path) {
    uint32_t input_bytes;
    m->model_bytes = load(model_path, m->bytes);
    input_bytes = load(input_path, m->input);
    say(model_path, snnrt_model_check(m->bytes, m->model_bytes, &m->info, NULL));
    m->inputs = 0;
    if (snnrt_model_check(m->bytes, m->model_bytes, &m->info, NULL) != SNNRT_OK) {
        return;
    }
    m->stride = m->info.input_bytes * (m->info.input_encoding == SNNRT_INPUT_SPIKES ? m->info.timesteps : 1);
    m->inputs = input_bytes / m->stride;
}

static const uint8_t *input_of(const model *m, uint32_t place) {
    return (const uint8_t *)m->input + (size_t)place * m->stride;
}

static void check_one(const char *what, const void *bytes, size_t count) {
    snnrt_fault fault = {0, 0, 0};
    snnrt_status status = snnrt_model_check(bytes, count, NULL, &fault);
    say_fault(what, status, &fault);
}

static void refuse_models(const model *m) {
    uint8_t *copy = (uint8_t *)room;
    check_one("no model", NULL, m->model_bytes);
    check_one("empty", m->bytes, 0);
    check_one("truncated", m->bytes, m->model_bytes - 1);
    check_one("too long", m->bytes, m->model_bytes + 1);
    for (uint32_t shift = 1; shift < 8; shift++) {
        memmove(copy + shift, m->bytes, m->model_bytes);
        check_one("unaligned", copy + shift, m->model_bytes);
    }
    memcpy(copy, m->bytes, m->model_bytes);
    copy[8]++;
    check_one("newer major version", copy, m->model_bytes);
    copy[8]--;
    copy[10]++;
    check_one("newer minor version", copy, m->model_bytes);
    copy[10]--;
    copy[m->model_bytes - 1] ^= 1;
    check_one("damaged", copy, m->model_bytes);
    for (uint32_t place = 0;; place++) {
        char name[] = "000.bad";
        uint32_t count;
        name[0] = (char)('0' + place / 100);
        name[1] = (char)('0' + place / 10 % 10);
        name[2] = (char)('0' + place % 10);
        count = load(name, room);
        if (count == 0) {
            break;
        }
        check_one(name, room, count);
    }
}

static void refuse_arenas(model *m) {
    snnrt_fault fault = {0, 0, 0};
    uint32_t bytes = m->info.arena_bytes;
    snnrt_status status = snnrt_network_init(&m->network, m->bytes, m->model_bytes, room, bytes - 1, &fault);
    say_fault("arena of N-1 bytes", status, &fault);
    say("step after that", snnrt_network_step(&m->network, input_of(m, 0), NULL));
    status = snnrt_network_init(&m->network, m->bytes, m->model_bytes, (uint8_t *)room + 4, bytes, &fault);
    say_fault("unaligned arena", status, &fault);
    status = snnrt_network_init(&m->network, m->bytes, m->model_bytes, NULL, bytes, &fault);
    say_fault("no arena", status, &fault);
    status = snnrt_network_init(NULL, m->bytes, m->model_bytes, room, bytes, &fault);
    say_fault("no network", status, &fault);
    say("arena of N bytes", snnrt_network_init(&m->network, m->bytes, m->model_bytes, room, bytes, &fault));
}

static void call_too_early(model *m) {
    snnrt_network network = no_network;
    snnrt_result result = {0, 0, 0, false};
    bool complete;
    static snnrt_health health;
    say("reset before init", snnrt_network_reset(&network));
    say("step before init", snnrt_network_step(&network, input_of(m, 0), &result));
    say("run before init", snnrt_network_run(&network, input_of(m, 0), &result));
    say("exit before init", snnrt_network_set_exit(&network, SNNRT_EXIT_NEVER, 0, 1));
    say("scratch before init", snnrt_network_use_scratch(&network, NULL, 0));
    say("hook before init", snnrt_network_set_input_hook(&network, NULL, NULL));
    say("verify before init", snnrt_network_verify(&network, 0, &complete));
    say("health before init", snnrt_network_record_health(&network, &health));
    say("counts before init", snnrt_network_count_events(&network, NULL, 0));
    say("trace before init", snnrt_network_set_trace(&network, NULL, NULL));
    say("accumulators before init",
        snnrt_network_accumulators(&network) == NULL ? SNNRT_OK : SNNRT_ERROR_NULL);
    say("step of nothing", snnrt_network_step(NULL, input_of(m, 0), &result));
}

static void refuse_arguments(model *m) {
    snnrt_result result = {0, 0, 0, false};
    static snnrt_counts counts[64];
    say("init", initialise(m));
    say("step without input", snnrt_network_step(&m->network, NULL, &result));
    say("unaligned input", snnrt_network_step(&m->network, (const uint8_t *)m->input + 1, &result));
    say("run without result", snnrt_network_run(&m->network, m->input, NULL));
    say("no such rule", snnrt_network_set_exit(&m->network, 7, 0, 1));
    say("no timesteps", snnrt_network_set_exit(&m->network, SNNRT_EXIT_NEVER, 0, 0));
    say("too many timesteps", snnrt_network_set_exit(&m->network, SNNRT_EXIT_NEVER, 0, 65536));
    say("unaligned scratch", snnrt_network_use_scratch(&m->network, (uint8_t *)room + 4, 64));
    say("counts of other nodes", snnrt_network_count_events(&m->network, counts, m->info.node_count + 1));
    say("step", snnrt_network_step(&m->network, input_of(m, 0), &result));
    say_result("after all that", &m->network, &result);
}

static void run_all(const char *what, model *m) {
    say("init", initialise(m));
    for (uint32_t i = 0; i < m->inputs; i++) {
        snnrt_result result = {0, 0, 0, false};
        say(what, snnrt_network_run(&m->network, input_of(m, i), &result));
        say_result(what, &m->network, &result);
    }
}

static void record_health(model *m) {
    static snnrt_health health;
    int32_t file = board_open("health.bin", "wb");
    bool complete = false;
    say("init", initialise(m));
    say("health", snnrt_network_record_health(&m->network, &health));
    for (uint32_t i = 0; i < m->inputs; i++) {
        snnrt_result result = {0, 0, 0, false};
        (void)snnrt_network_run(&m->network, input_of(m, i), &result);
    }
    for (uint32_t rounds = 0; !complete && rounds < 10000; rounds++) {
        if (snnrt_network_verify(&m->network, 100, &complete) != SNNRT_OK) {
            board_print("verify failed\n");
        }
    }
    say("verify in parts", complete ? SNNRT_OK : SNNRT_ERROR_CRC);
    board_write(file, &health, sizeof health);
    board_close(file);
}

static void flip_bits(model *m) {
    static const uint32_t places[] = {8, 17, 40, 70, 200, 300};
    uint8_t *bytes = (uint8_t *)m->bytes;
    for (uint32_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        snnrt_result result = {0, 0, 0, false};
        bool complete;
        uint32_t place = i == 5 ? m->model_bytes - 1 : places[i];
        say("init", initialise(m));
        say("verify", snnrt_network_verify(&m->network, 0, &complete));
        bytes[place] ^= (uint8_t)(1u << i);
        say("verify after a flipped bit", snnrt_network_verify(&m->network, 0, &complete));
        say("step after that", snnrt_network_step(&m->network, input_of(m, 0), &result));
        say("run after that", snnrt_network_run(&m->network, input_of(m, 0), &result));
        bytes[place] ^= (uint8_t)(1u << i);
        say("run until init", snnrt_network_run(&m->network, input_of(m, 0), &result));
    }
}

typedef struct sensor {
    const model *from;
    uint32_t asked;
    uint32_t most;
} sensor;

static const void *give(void *user, uint32_t timestep) {
    sensor *at = (sensor *)user;
    at->asked++;
    if (timestep >= at->most) {
        return NULL;
    }
    return input_of(at->from, 0) + (size_t)timestep * at->from->info.input_bytes;
}

static void pull_inputs(const char *what, model *m) {
    sensor at = {m, 0, 0xFFFFFFFFu};
    snnrt_result result = {0, 0, 0, false};
    say("init", initialise(m));
    say(what, snnrt_network_set_input_hook(&m->network, give, &at));
    say("run with the hook", snnrt_network_run(&m->network, NULL, &result));
    say_result("run with the hook", &m->network, &result);
    board_print_number(at.asked);
    board_print(" times asked\n");
    at.most = 0;
    say("a hook without input", snnrt_network_run(&m->network, NULL, &result));
    say("without the hook", snnrt_network_set_input_hook(&m->network, NULL, NULL));
    say("run without it", snnrt_network_run(&m->network, NULL, &result));
}

/* One step of the `t`-th from a reset; a constant input is given once. */
static void step_one(model *m, const model *from, uint32_t place, uint32_t t, snnrt_result *result) {
    const uint8_t *frame = input_of(from, place);
    bool over_time = from->info.input_encoding == SNNRT_INPUT_SPIKES;
    if (over_time) {
        frame += (size_t)t * from->info.input_bytes;
    }
    say("step", snnrt_network_step(&m->network, t == 0 || over_time ? frame : NULL, result));
}

/* Two models and two instances of one, a step of each in turn. */
static void interleave(void) {
    snnrt_result results[3] = {{0, 0, 0, false}};
    memcpy(&other, &constant, sizeof other);
    (void)initialise(&constant);
    (void)initialise(&spikes);
    say("a second instance", snnrt_network_init(&other.network, constant.bytes, constant.model_bytes,
                                                other.arena, constant.info.arena_bytes, NULL));
    for (uint32_t t = 0; t < 3; t++) {
        step_one(&constant, &constant, 0, t, &results[0]);
        step_one(&spikes, &spikes, 1, t, &results[1]);
        step_one(&other, &constant, 1, t, &results[2]);
    }
    say_result("interleaved: constant 0", &constant.network, &results[0]);
    say_result("interleaved: spikes 1", &spikes.network, &results[1]);
    say_result("interleaved: constant 1", &other.network, &results[2]);
    (void)snnrt_network_reset(&constant.network);
    (void)snnrt_network_reset(&spikes.network);
    for (uint32_t t = 0; t < 3; t++) {
        step_one(&constant, &constant, 0, t, &results[0]);
    }
    for (uint32_t t = 0; t < 3; t++) {
        step_one(&spikes, &spikes, 1, t, &results[1]);
    }
    say_result("alone: constant 0", &constant.network, &results[0]);
    say_result("alone: spikes 1", &spikes.network, &results[1]);
    (void)snnrt_network_reset(&constant.network);
    for (uint32_t t = 0; t < 3; t++) {
        step_one(&constant, &constant, 1, t, &results[2]);
    }
    say_result("alone: constant 1", &constant.network, &results[2]);
}

#define TICKS 12u
static volatile uint32_t ticks_done;
static snnrt_result tick_results[TICKS];
static uint32_t tick_sums[TICKS][CLASSES];
static volatile snnrt_status tick_status;

/* What a timer's interrupt does: one timestep of the stream, and on from input to input. */
static void on_tick(void) {
    uint32_t t = ticks_done % 3u;
    uint32_t place = ticks_done / 3u;
    snnrt_status status = SNNRT_OK;
    if (ticks_done == TICKS) {
        return;
    }
    if (t == 0) {
        status = snnrt_network_reset(&spikes.network);
    }
    if (status == SNNRT_OK) {
        status = snnrt_network_step(&spikes.network,
                                    input_of(&spikes, place) + (size_t)t * spikes.info.input_bytes,
                                    &tick_results[ticks_done]);
    }
    memcpy(tick_sums[ticks_done], snnrt_network_accumulators(&spikes.network), sizeof tick_sums[0]);
    if (status != SNNRT_OK) {
        tick_status = status;
    }
    ticks_done = ticks_done + 1;
}

/* The main loop verifies another network and runs it, while the timer steps the stream. */
static void step_from_interrupt(uint32_t period) {
    uint32_t wrong = 0, expected_class = 0;
    snnrt_result result = {0, 0, 0, false};
    (void)initialise(&spikes);
    (void)initialise(&constant);
    (void)snnrt_network_run(&constant.network, input_of(&constant, 0), &result);
    expected_class = result.class_index;
    ticks_done = 0;
    tick_status = SNNRT_OK;
    board_start_timer(period, on_tick);
    while (ticks_done < TICKS) {
        bool complete;
        if (snnrt_network_verify(&constant.network, 64, &complete) != SNNRT_OK ||
            snnrt_network_run(&constant.network, input_of(&constant, 0), &result) != SNNRT_OK ||
            result.class_index != expected_class) {
            wrong++;
        }
        board_wait();
    }
    board_stop_timer();
    board_print_number(wrong);
    say(" wrong in the main loop; interrupts", tick_status);
    for (uint32_t i = 0; i < TICKS; i++) {
        if (i % 3u == 0) {
            (void)snnrt_network_reset(&spikes.network);
        }
        step_one(&spikes, &spikes, i / 3u, i % 3u, &result);
        if (memcmp(tick_sums[i], snnrt_network_accumulators(&spikes.network), sizeof tick_sums[i]) != 0 ||
            result.class_index != tick_results[i].class_index || result.done != tick_results[i].done ||
            result.score_q16 != tick_results[i].score_q16 || result.timesteps != tick_results[i].timesteps) {
            board_print("a step from the interrupt differs\n");
        }
        say_result("tick", &spikes.network, &tick_results[i]);
    }
}

int main(void);
int main(void) {
    load_model(&constant, "constant.snnrt", "constant.input");
    load_model(&spikes, "spikes.snnrt", "spikes.input");
    refuse_models(&constant);
    refuse_arenas(&constant);
    call_too_early(&constant);
    refuse_arguments(&constant);
    run_all("constant", &constant);
    record_health(&constant);
    flip_bits(&constant);
    pull_inputs("constant by hook", &constant);
    if (spikes.inputs == 0) {
        say("spikes", initialise(&spikes));
        return 0;
    }
    refuse_arguments(&spikes);
    run_all("spikes", &spikes);
    pull_inputs("spikes by hook", &spikes);
    interleave();
    step_from_interrupt(2000);
    step_from_interrupt(200000);
    return 0;
}
