/* Runs each integer kernel many times and prints, a line a case: its name, ticks of the counter, operations. */
#include "board.h"
#include "snnrt_kernels.h"

#define NEURONS 256u
#define STEPS 8u
#define INPUTS 512u
#define OUTPUTS 128u
#define ACTIVE 10u /* one input in so many */
#define CHANNELS 16u
#define SIZE 8u
#define FILTERS 32u

static uint32_t seed = 1;
static int32_t current[STEPS][NEURONS], state[NEURONS], synapse_state[NEURONS];
static int32_t arrays[SNNRT_NEURON_ARRAYS][NEURONS];
static uint32_t spikes[NEURONS / 32u];
static int8_t weights[INPUTS * OUTPUTS] __attribute__((aligned(16)));
static int32_t bias[OUTPUTS], sums[OUTPUTS];
static uint32_t bits[INPUTS / 32u], image[CHANNELS * SIZE * SIZE / 32u];
static int16_t values[INPUTS], pooled[CHANNELS * SIZE * SIZE / 4u];
static int32_t filtered[SIZE * SIZE * FILTERS];
static uint64_t scratch[1u << 12];

static uint32_t below(uint32_t limit) {
    seed = seed * 1664525u + 1013904223u;
    return (uint32_t)(((uint64_t)seed * limit) >> 32);
}

static void report(const char *name, uint32_t ticks, uint32_t operations) {
    board_print(name);
    board_print(" ");
    board_print_number(ticks);
    board_print(" ");
    board_print_number(operations);
    board_print("\n");
}

#define SET(parameter, granularity) ((uint32_t)(granularity) << 2 * (parameter))
#define SCALARS (SET(SNNRT_NEURON_MEMBRANE, SNNRT_PER_LAYER) | SET(SNNRT_NEURON_THRESHOLD, SNNRT_PER_LAYER))
#define SUBTRACT ((uint32_t)SNNRT_RESET_SUBTRACT << 5)

static void count_neurons(const char *name, uint32_t flags, uint32_t granularity, uint32_t channels) {
    snnrt_neuron_step step;
    uint32_t ticks;
    step.flags = flags;
    step.max_spikes = 1;
    step.granularity = granularity;
    for (uint32_t a = 0; a < SNNRT_NEURON_ARRAYS; a++) {
        step.arrays[a] = SNNRT_GRANULARITY(&step, a) == SNNRT_ABSENT ? NULL : arrays[a];
    }
    for (uint32_t i = 0; i < NEURONS; i++) {
        state[i] = synapse_state[i] = 0;
        arrays[SNNRT_NEURON_MEMBRANE][i] = 31130;
        arrays[SNNRT_NEURON_SYNAPSE][i] = 16384;
        arrays[SNNRT_NEURON_BIAS][i] = 5;
        arrays[SNNRT_NEURON_THRESHOLD][i] = 1000;
        for (uint32_t t = 0; t < STEPS; t++) {
            /* about one neuron in ten fires */
            current[t][i] = (int32_t)below(401) - 80;
        }
    }
    step.state = state;
    step.synapse_state = synapse_state;
    step.output = spikes;
    step.neurons = NEURONS;
    step.channels = channels;
    board_start_counter();
    for (uint32_t t = 0; t < STEPS; t++) {
        step.current = current[t];
        (void)snnrt_neuron_i32(&step);
    }
    ticks = board_ticks();
    report(name, ticks, STEPS * NEURONS);
}

static void prepare(snnrt_synapse_step *step, const snnrt_window *window) {
    step->window = window;
    step->weights = weights;
    step->bias = bias;
    step->counts = NULL;
    step->scratch = NULL;
    step->scratch_bytes = 0;
    step->numbers = SNNRT_ARITHMETIC_INTEGER;
    step->in_height = step->in_width = step->out_height = step->out_width = 1;
    step->first_row = 0;
#if SNNRT_WITH_DIRECT_LISTS
    step->lines = NULL;
#endif
}

static void count_dense(const char *name, uint32_t outputs, bool packed) {
    snnrt_synapse_step step;
    uint32_t events = 0, ticks;
    prepare(&step, NULL);
    step.input = packed ? (const void *)bits : (const void *)values;
    step.output = sums;
    step.input_dtype = packed ? SNNRT_TYPE_BITS : SNNRT_TYPE_INT16;
    step.input_peak = packed ? 1 : 4;
    step.in_channels = INPUTS;
    step.out_channels = outputs;
    for (uint32_t i = 0; i < INPUTS; i++) {
        events += values[i] != 0;
    }
    board_start_counter();
    snnrt_dense(&step);
    ticks = board_ticks();
    report(name, ticks, events * outputs);
}

/* The accumulation alone, of 100 events at once. */
static void count_sums(const char *name, uint32_t outputs, bool packed) {
    static uint32_t position[116];
    static int16_t value[116];
    snnrt_events events;
    snnrt_slice slice = {0, 100, 0};
    snnrt_accumulation sum;
    uint32_t ticks;
    for (uint32_t e = 0; e < 100u; e++) {
        position[e] = 5u * e;
        value[e] = (int16_t)(packed ? 1u : 1u + below(4));
    }
    events.position = position;
    events.value.i16 = value;
    events.count = events.capacity = 100;
    sum.accumulator = sums;
    sum.start = bias;
    sum.weights = weights;
    sum.outputs = outputs;
    sum.peak = 4;
    sum.spikes = packed;
    sum.events = &events;
    sum.slices = &slice;
    sum.slice_count = 1;
    board_start_counter();
    snnrt_accumulate_i8(&sum);
    ticks = board_ticks();
    report(name, ticks, 100u * outputs);
}

/* 3 × 3, padded: an input reaches 9 windows, at the edges fewer. */
static void count_conv(const char *name, bool with_scratch) {
    const snnrt_window window = {3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0};
    snnrt_synapse_step step;
    uint32_t reached = 0, ticks;
    prepare(&step, &window);
    step.input = image;
    step.output = filtered;
    step.input_dtype = SNNRT_TYPE_BITS;
    step.input_peak = 1;
    step.in_channels = CHANNELS;
    step.out_channels = FILTERS;
    step.in_height = step.in_width = step.out_height = step.out_width = SIZE;
    if (with_scratch) {
        step.scratch = scratch;
        step.scratch_bytes = sizeof scratch;
    }
    for (uint32_t y = 0; y < SIZE; y++) {
        for (uint32_t x = 0; x < SIZE; x++) {
            uint32_t windows = (y % (SIZE - 1u) == 0 ? 2u : 3u) * (x % (SIZE - 1u) == 0 ? 2u : 3u);
            for (uint32_t c = 0; c < CHANNELS; c++) {
                reached += windows * snnrt_bit(image, (y * SIZE + x) * CHANNELS + c);
            }
        }
    }
    board_start_counter();
    snnrt_conv2d(&step);
    ticks = board_ticks();
    report(name, ticks, reached * FILTERS);
}

static void count_pool(void) {
    const snnrt_window window = {2, 2, 2, 2, 0, 0, 0, 0, 0, 0, 0, 0};
    snnrt_pool_step step = {0};
    uint32_t ticks;
    step.window = &window;
    step.input = image;
    step.output = pooled;
    step.input_dtype = SNNRT_TYPE_BITS;
    step.output_dtype = SNNRT_TYPE_INT16;
    step.channels = CHANNELS;
    step.in_height = step.in_width = SIZE;
    step.out_height = step.out_width = SIZE / 2u;
    board_start_counter();
    snnrt_pool2d(&step);
    ticks = board_ticks();
    report("pool", ticks, CHANNELS * SIZE * SIZE);
}

int main(void);
int main(void) {
    const uint32_t by_channel = SET(SNNRT_NEURON_MEMBRANE, SNNRT_PER_LAYER) |
                                SET(SNNRT_NEURON_THRESHOLD, SNNRT_PER_CHANNEL) |
                                SET(SNNRT_NEURON_BIAS, SNNRT_PER_CHANNEL);
    for (uint32_t i = 0; i < sizeof weights; i++) {
        weights[i] = (int8_t)(below(255) - 127u);
    }
    for (uint32_t i = 0; i < INPUTS; i++) {
        if (below(ACTIVE) == 0) {
            bits[i / 32u] |= 1u << (i % 32u);
            values[i] = (int16_t)(1u + below(4));
        }
    }
    for (uint32_t i = 0; i < CHANNELS * SIZE * SIZE; i++) {
        image[i / 32u] |= (uint32_t)(below(ACTIVE) == 0) << (i % 32u);
    }
    count_neurons("neuron_scalars", SUBTRACT, SCALARS, NEURONS);
    count_neurons("neuron_channels_64", SUBTRACT, by_channel, 64);
    count_neurons("neuron_channels_8", SUBTRACT, by_channel, 8);
    count_neurons("neuron_synapse", SUBTRACT, SCALARS | SET(SNNRT_NEURON_SYNAPSE, SNNRT_PER_LAYER), NEURONS);
    count_neurons("neuron_reset_next", SUBTRACT | SNNRT_NEURON_RESET_NEXT, SCALARS, NEURONS);
    count_neurons("neuron_leaks_differ", SUBTRACT,
                  SCALARS ^ SET(SNNRT_NEURON_MEMBRANE, SNNRT_PER_LAYER ^ SNNRT_PER_NEURON), NEURONS);
    count_sums("spikes_128", 128, true);
    count_sums("spikes_64", 64, true);
    count_sums("spikes_10", 10, true);
    count_sums("values_128", 128, false);
    count_sums("values_10", 10, false);
    count_dense("dense_spikes_128", 128, true);
    count_dense("dense_spikes_10", 10, true);
    count_dense("dense_values_128", 128, false);
    count_conv("conv_scratch", true);
    count_conv("conv", false);
    count_pool();
    return 0;
}
