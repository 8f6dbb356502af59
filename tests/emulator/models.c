/* Runs 0.snnrt, 1.snnrt, ... over the inputs in 0.input, ... as tests/csrc/run_models.c does, on a board or on the
 * host (host_board.c), and writes the results to 0.output, ...
 *
 * Each model runs once by snnrt_network_run, and once step by step with scratch memory from an arena that is not clean. An
 * output holds for each way and input: class, timesteps, score (u32), the accumulators (32 bit), the counts of every
 * node (6 u64), and a hash of every neuron's state and output at every step. It is empty for a model that the board
 * has no room for. */
#include "board.h"
#include "board_memory.h"
#include "snnrt.h"

/* Under AddressSanitizer what lies behind `count` bytes of an array is nobody's. */
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#define ROOM_OF(array, count) \
    (__asan_unpoison_memory_region(array, sizeof(array)), \
     __asan_poison_memory_region((const uint8_t *)(array) + (count), sizeof(array) - (count)))
#else
#define ROOM_OF(array, count) ((void)0)
#endif

#define MODEL_MOST (2u << 20)
#define INPUT_MOST (256u << 10)
#define ARENA_MOST (512u << 10)
#define NODES_MOST 256u

static uint64_t model[MODEL_MOST / 8], inputs[INPUT_MOST / 8], arena[ARENA_MOST / 8], scratch[ARENA_MOST / 8];
static snnrt_counts counts[NODES_MOST];
static snnrt_network network;
static snnrt_model_info info;
static uint64_t hash;

static void fail(const char *what) {
    board_print(what);
    board_print("\n");
    board_exit(1);
}

static void add_to_hash(const void *bytes, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        hash = (hash ^ ((const uint8_t *)bytes)[i]) * 0x100000001B3u;
    }
}

/* Sizes from the record (docs/ir.md): the index at 40 in words, the kind at 0, the type at 1, edges at 3, three
 * dimensions at 8, and behind the edges a neuron's state offset and flags. */
static void watch(void *user, const snnrt_network *running, uint32_t node, const void *output,
                  const void *state) {
    const uint8_t *file = (const uint8_t *)model;
    const uint8_t *record = file + (size_t)(file[40 + 2 * node] | file[41 + 2 * node] << 8) * 4;
    uint32_t dimensions[3], flags, elements;
    (void)user;
    (void)running;
    if (record[0] != 8) {
        return;
    }
    memcpy(dimensions, record + 8, sizeof dimensions);
    memcpy(&flags, record + 28 + 4 * record[3], sizeof flags);
    elements = dimensions[0] * dimensions[1] * dimensions[2];
    add_to_hash(state, elements * ((flags & 0x100u) != 0 ? 2 : 4));
    add_to_hash(output, record[1] == 0 ? (elements + 31) / 32 * 4 : elements * (record[1] == 1 ? 2 : 4));
}

static void check(snnrt_status status) {
    if (status != SNNRT_OK) {
        fail(snnrt_status_text(status));
    }
}

static void name_file(char *name, uint32_t place, const char *ending) {
    char digits[10];
    uint32_t count = 0;
    do {
        digits[count++] = (char)('0' + place % 10u);
        place /= 10u;
    } while (place != 0);
    while (count != 0) {
        *name++ = digits[--count];
    }
    do {
        *name++ = *ending;
    } while (*ending++ != 0);
}

static int32_t open_numbered(uint32_t place, const char *ending, const char *mode) {
    char name[32];
    name_file(name, place, ending);
    return board_open(name, mode);
}

static uint32_t load(uint32_t place, const char *ending, void *bytes, uint32_t room) {
    int32_t file = open_numbered(place, ending, "rb");
    uint32_t count;
    if (file < 0) {
        return 0;
    }
    count = board_read(file, bytes, room);
    board_close(file);
    return count;
}

static void step_through(const uint8_t *given, snnrt_result *result) {
    bool spikes = info.input_encoding == SNNRT_INPUT_SPIKES;
    uint32_t t = 0;
    check(snnrt_network_reset(&network));
    do {
        const uint8_t *frame = spikes ? given + (size_t)t * info.input_bytes : t == 0 ? given : NULL;
        check(snnrt_network_step(&network, frame, result));
        t++;
    } while (!result->done);
}

static void run_inputs(uint32_t model_bytes, uint32_t input_bytes, bool stepped, int32_t output) {
    uint32_t frames = info.input_encoding == SNNRT_INPUT_SPIKES ? info.timesteps : 1;
    uint32_t stride = info.input_bytes * frames;
    check(snnrt_network_init(&network, model, model_bytes, arena, info.arena_bytes, NULL));
    check(snnrt_network_set_trace(&network, watch, NULL));
    if (stepped && info.scratch_bytes <= sizeof scratch) {
        check(snnrt_network_use_scratch(&network, scratch, info.scratch_bytes));
    }
    for (uint32_t first = 0; first + stride <= input_bytes; first += stride) {
        const uint8_t *given = (const uint8_t *)inputs + first;
        snnrt_result result;
        uint32_t words[3];
        memset(arena, stepped ? 0xA5 : 0, info.arena_bytes);
        hash = 0xCBF29CE484222325u;
#if SNNRT_WITH_COUNTERS
        check(snnrt_network_count_events(&network, counts, info.node_count));
#endif
        if (stepped) {
            step_through(given, &result);
        } else {
            check(snnrt_network_run(&network, given, &result));
        }
        words[0] = result.class_index;
        words[1] = result.timesteps;
        words[2] = result.score_q16;
        board_write(output, words, sizeof words);
        board_write(output, snnrt_network_accumulators(&network), info.classes * 4u);
        board_write(output, counts, info.node_count * (uint32_t)sizeof *counts);
        board_write(output, &hash, sizeof hash);
    }
}

int main(void);
int main(void) {
    uint32_t place = 0;
    uint32_t skipped = 0;
    for (;; place++) {
        uint32_t model_bytes, input_bytes;
        int32_t output;
        ROOM_OF(model, sizeof model);
        ROOM_OF(inputs, sizeof inputs);
        model_bytes = load(place, ".snnrt", model, sizeof model);
        input_bytes = load(place, ".input", inputs, sizeof inputs);
        if (model_bytes == 0) {
            break;
        }
        if (model_bytes == sizeof model || input_bytes == sizeof inputs) {
            skipped++;
            board_close(open_numbered(place, ".output", "wb"));
            continue;
        }
        check(snnrt_model_check(model, model_bytes, &info, NULL));
        if (info.arena_bytes > sizeof arena || info.node_count > NODES_MOST) {
            fail("a model needs more room");
        }
        output = open_numbered(place, ".output", "wb");
        ROOM_OF(model, model_bytes);
        ROOM_OF(inputs, input_bytes);
        ROOM_OF(arena, info.arena_bytes);
        ROOM_OF(scratch, info.scratch_bytes < sizeof scratch ? info.scratch_bytes : sizeof scratch);
        run_inputs(model_bytes, input_bytes, false, output);
        run_inputs(model_bytes, input_bytes, true, output);
        board_close(output);
    }
    board_print_number(place - skipped);
    board_print(" models\n");
    return 0;
}
