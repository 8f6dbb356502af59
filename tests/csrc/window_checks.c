/* Kernels of a host that work on windows, and those of float32, each set in turn, against plain sums or the portable
 * kernel: int8 convolutions, spikes added to counts, float32 sums, scans, poolings and neurons. Prints of each set how many cases
 * of each were the same, of the convolutions how many its own kernel took; ends with 1 at the first that was not. */
#define _POSIX_C_SOURCE 200112L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/snnrt_host.h"
#include "snnrt_kernels.h"

#define ELEMENTS_MAX 60000u
#define WEIGHTS_MAX 400000u
#define OUTPUTS_MAX 400000u
#define CONVOLUTIONS 160u
#define COUNTS 300u
#define FLOATS 200u
#define SCANS 300u
#define POOLS 200u
#define NEURONS 600u
#define NEURONS_MAX 200u

static snnrt_network network;
static uint32_t seed = 1;

static uint32_t below(uint32_t limit) {
    seed = seed * 1664525u + 1013904223u;
    return (uint32_t)(((uint64_t)seed * limit) >> 32);
}

static int32_t between(int32_t low, int32_t high) {
    return low + (int32_t)below((uint32_t)(high - low) + 1u);
}

static void fail(const char *what, uint32_t number) {
    fprintf(stderr, "%s: case %u differs\n", what, (unsigned)number);
    exit(1);
}

static int16_t values[ELEMENTS_MAX + 64u];
static uint32_t packed[ELEMENTS_MAX / 32u + 64u];
static int8_t weights[WEIGHTS_MAX + 64u];
static int32_t bias[256], found[OUTPUTS_MAX], expected[OUTPUTS_MAX];

/* Largest sums: a window of as many channels as its shape allows, all of them on, all weights at one end. */
static void draw_shape(snnrt_synapse_step *step, snnrt_window *window, uint32_t number) {
    static const uint32_t depths[] = {1, 2, 3, 4, 7, 8, 16, 31, 32, 33, 64};
    static const uint32_t widths[] = {1, 3, 15, 16, 17, 32, 33, 48, 63, 64, 65, 100};
    const bool largest = number < 24u;
    memset(window, 0, sizeof *window);
    window->kernel_h = (uint16_t)(largest ? 3u : 1u + below(4));
    window->kernel_w = (uint16_t)(largest ? 3u : 1u + below(4));
    window->stride_y = (uint16_t)(largest ? 1u : 1u + below(2));
    window->stride_x = (uint16_t)(largest ? 1u : 1u + below(2));
    window->dilation_y = (uint16_t)(below(4) == 0 ? 2u : 1u);
    window->dilation_x = (uint16_t)(below(10) == 0 && !largest ? 2u : 1u);
    window->pad_top = (uint16_t)below(window->kernel_h);
    window->pad_left = (uint16_t)below(window->kernel_w);
    window->groups = 1;
    step->in_channels = largest ? 32u + 32u * (number % 3u) : depths[below(sizeof depths / sizeof *depths)];
    step->in_height = 8u + below(5);
    step->in_width = 8u + below(6);
    step->out_channels = widths[below(sizeof widths / sizeof *widths)];
    step->out_height =
        (step->in_height + window->pad_top - window->dilation_y * (window->kernel_h - 1u) - 1u) /
            window->stride_y +
        1u;
    step->out_width =
        (step->in_width + window->pad_left - window->dilation_x * (window->kernel_w - 1u) - 1u) /
            window->stride_x +
        1u;
}

static void draw_values(snnrt_synapse_step *step, uint32_t number) {
    const uint32_t elements = step->in_channels * step->in_height * step->in_width;
    static const int32_t peaks[] = {1, 1, 2, 5, 31, 32, 127, 128, 255};
    const int32_t peak = number < 24u ? peaks[number / 3u] : peaks[below(9)];
    const uint32_t density = number < 24u ? 1u : 1u + below(9);
    const bool bits = peak == 1 && below(3) != 0, negative = number >= 24u && !bits && below(6) == 0;
    memset(packed, 0, sizeof packed);
    for (uint32_t i = 0; i < elements; i++) {
        bool on = below(density) == 0;
        values[i] = (int16_t)(!on                         ? 0
                              : number < 24u || peak == 1 ? peak
                                                          : between(negative ? -peak : 0, peak));
        packed[i / 32u] |= (uint32_t)on << (i % 32u);
    }
    step->input = bits ? (const void *)packed : (const void *)values;
    step->input_dtype = bits ? SNNRT_TYPE_BITS : SNNRT_TYPE_INT16;
    step->input_peak = (uint32_t)peak;
}

/* Sums of docs/ir.md, and what a window reads that is not 0. */
static void expect_convolution(const snnrt_synapse_step *step, snnrt_counts *counts) {
    const snnrt_window *w = step->window;
    for (uint32_t window = 0; window < step->out_height * step->out_width; window++) {
        int32_t top = (int32_t)(window / step->out_width * w->stride_y) - w->pad_top;
        int32_t left = (int32_t)(window % step->out_width * w->stride_x) - w->pad_left;
        int32_t *out = expected + (size_t)window * step->out_channels;
        uint64_t rows = 0;
        for (uint32_t o = 0; o < step->out_channels; o++) {
            out[o] = step->bias == NULL ? 0 : bias[o];
        }
        for (uint32_t tap = 0; tap < (uint32_t)w->kernel_h * w->kernel_w; tap++) {
            int32_t y = top + (int32_t)(tap / w->kernel_w * w->dilation_y);
            int32_t x = left + (int32_t)(tap % w->kernel_w * w->dilation_x);
            if (y < 0 || x < 0 || y >= (int32_t)step->in_height || x >= (int32_t)step->in_width) {
                continue;
            }
            for (uint32_t c = 0; c < step->in_channels; c++) {
                uint32_t place = ((uint32_t)y * step->in_width + (uint32_t)x) * step->in_channels + c;
                const int8_t *row = weights + ((size_t)tap * step->in_channels + c) * step->out_channels;
                rows += values[place] != 0;
                for (uint32_t o = 0; o < step->out_channels; o++) {
                    out[o] += row[o] * values[place];
                }
            }
        }
        counts->row_activations += rows;
        counts->synaptic_operations += rows * step->out_channels;
        counts->active_windows += rows != 0;
    }
}

/* Steps with the weights that the first of them left; in one of them an input is no byte. */
static void check_kept(snnrt_synapse_step *step, uint32_t number) {
    const uint32_t elements = step->in_channels * step->in_height * step->in_width;
    const size_t all = (size_t)step->out_height * step->out_width * step->out_channels;
    const size_t wide = snnrt_conv2d_kept_bytes(step, below(4) != 0);
    snnrt_kept kept;
    memset(&kept, 0, sizeof kept);
    if (posix_memalign((void **)&kept.weights, 64, wide) != 0) {
        fail("no room", number);
    }
    kept.bytes = wide;
    step->kept = &kept;
    for (uint32_t turn = 0; turn < 4u; turn++) {
        snnrt_counts counted, wanted;
        int16_t *const value = &values[below(elements)];
        const int16_t before = *value;
        memset(&counted, 0, sizeof counted);
        memset(&wanted, 0, sizeof wanted);
        step->counts = &counted;
        if (turn == 2u && step->input_dtype != SNNRT_TYPE_BITS) {
            *value = (int16_t) - (int32_t)step->input_peak;
        }
        memset(found, 0x55, sizeof found);
        expect_convolution(step, &wanted);
        snnrt_conv2d(step);
        if (memcmp(found, expected, all * sizeof *expected) != 0 ||
            memcmp(&counted, &wanted, sizeof counted) != 0) {
            fail("conv2d_i8 with weights that are kept", number);
        }
        *value = before;
    }
    free(kept.weights);
}

static uint32_t check_convolution(uint32_t number) {
    snnrt_window window;
    snnrt_synapse_step step;
    snnrt_counts counted, wanted;
    uint32_t size, all;
    bool taken;
    memset(&step, 0, sizeof step);
    memset(&counted, 0, sizeof counted);
    memset(&wanted, 0, sizeof wanted);
    draw_shape(&step, &window, number);
    draw_values(&step, number);
    step.kernels = network.kernels;
    step.window = &window;
    size = (uint32_t)window.kernel_h * window.kernel_w * step.in_channels * step.out_channels;
    all = step.out_height * step.out_width * step.out_channels;
    if (size > WEIGHTS_MAX || all > OUTPUTS_MAX) {
        fail("a case that is too large", number);
    }
    for (uint32_t i = 0; i < size; i++) {
        weights[i] = (int8_t)(number < 24u ? number % 2u == 0 ? 127 : -127 : between(-127, 127));
    }
    for (uint32_t o = 0; o < step.out_channels; o++) {
        bias[o] = between(-(1 << 28), 1 << 28);
    }
    step.weights = weights;
    step.bias = below(2) == 0 ? NULL : bias;
    step.output = found;
    step.counts = &counted;
    step.numbers = SNNRT_ARITHMETIC_INTEGER;
    step.scratch_bytes = snnrt_conv2d_scratch_bytes(&step);
    step.scratch = malloc(step.scratch_bytes);
    expect_convolution(&step, &wanted);
    memset(found, 0x55, sizeof found);
    taken = network.kernels->conv2d_i8 != NULL && network.kernels->conv2d_i8(&step);
    for (uint32_t turn = 0; turn < 2; turn++) {
        if (turn == 0 && !taken) {
            continue;
        }
        if (turn == 1) {
            memset(found, 0x55, sizeof found);
            memset(&counted, 0, sizeof counted);
            snnrt_conv2d(&step);
        }
        if (memcmp(found, expected, all * sizeof *found) != 0 || found[all] != 0x55555555) {
            fail("conv2d_i8", number);
        }
        if (counted.row_activations != wanted.row_activations ||
            counted.active_windows != wanted.active_windows ||
            counted.synaptic_operations != wanted.synaptic_operations) {
            fail("conv2d_i8's counts", number);
        }
    }
    check_kept(&step, number);
    free(step.scratch);
    return taken;
}

static void check_add_bits(uint32_t number) {
    static int16_t output[4096], sums[4096];
    snnrt_bits_sum sum;
    const uint32_t unit = below(3) == 0 ? 1u : 32u;
    sum.count = unit * (1u + below(unit == 1u ? 40 : 3));
    sum.runs = 1u + below(3);
    sum.rows = 1u + below(3);
    sum.windows = 1u + below(5);
    sum.window_bits = sum.count * (1u + below(2));
    sum.row_bits = sum.count * (10u + below(4));
    sum.first = unit * below(6);
    sum.words = packed;
    sum.output = output;
    for (uint32_t w = 0; w < 256u; w++) {
        packed[w] = below(4) == 0 ? 0xFFFFFFFFu : (uint32_t)rand() * 2654435761u;
    }
    for (uint32_t i = 0; i < 4096u; i++) {
        output[i] = sums[i] = (int16_t)between(-32000, 32000);
    }
    for (uint32_t place = 0; place < sum.windows * sum.count; place++) {
        for (uint32_t tap = 0; tap < sum.rows * sum.runs; tap++) {
            uint32_t bit = sum.first + place / sum.count * sum.window_bits + tap / sum.runs * sum.row_bits +
                           tap % sum.runs * sum.count + place % sum.count;
            sums[place] = (int16_t)(sums[place] + (int16_t)((packed[bit / 32u] >> (bit % 32u)) & 1u));
        }
    }
    network.kernels->add_bits_i16(&sum);
    if (memcmp(output, sums, sizeof output) != 0) {
        fail("add_bits_i16", number);
    }
}

/* Products rounded, then added, in order: weights whose sums differ where an order or a rounding does. */
static void check_float_sums(uint32_t number) {
    static float rows[64u * 160u], total[160u + 1u], sums[160u], start[160u], event[64u + 16u];
    static uint32_t position[64u + 16u];
    const uint32_t outputs = 1u + below(150), count = below(60), first = below(2);
    const bool spikes = number % 3u == 0;
    snnrt_slice slices[2];
    snnrt_events events;
    snnrt_accumulation sum;
    for (uint32_t i = 0; i < 64u * outputs; i++) {
        rows[i] = (float)between(-1000000, 1000000) * (below(2) == 0 ? 1e-3f : 1e4f);
    }
    slices[0].shift = below(50);
    slices[1].shift = 0u - below(1000);
    for (uint32_t e = 0; e < count; e++) {
        position[e] = e - slices[count < 2u || e >= count / 2u].shift;
        event[e] = spikes || below(2) == 0 ? 1.0f : (float)between(-999, 999) / 7.0f;
    }
    for (uint32_t o = 0; o < outputs; o++) {
        start[o] = (float)between(-1000, 1000) / 3.0f;
        sums[o] = first == 0 ? 0.0f : start[o];
        for (uint32_t e = 0; e < count; e++) {
            volatile float product = rows[e * outputs + o] * event[e];
            sums[o] = sums[o] + product;
        }
    }
    total[outputs] = 7.0f;
    slices[0].first = 0;
    slices[0].count = count / 2u;
    slices[1].first = count / 2u;
    slices[1].count = count - count / 2u;
    events.position = position;
    events.value.f32 = event;
    events.count = events.capacity = count;
    memset(&sum, 0, sizeof sum);
    sum.accumulator = total;
    sum.start = first == 0 ? NULL : start;
    sum.weights = rows;
    sum.outputs = outputs;
    sum.spikes = spikes;
    sum.events = &events;
    sum.slices = count < 2u ? slices + 1 : slices;
    sum.slice_count = count == 0 ? 0u : count < 2u ? 1u : 2u;
    network.kernels->accumulate_f32(&sum);
    if (memcmp(total, sums, outputs * sizeof *sums) != 0 || total[outputs] != 7.0f) {
        fail("accumulate_f32", number);
    }
}

/* Values, zeros of both signs among them, where there is room for all or for few, by this set's and the portable kernel. */
static void check_float_scan(uint32_t number) {
    static uint32_t positions[2][320u + 16u];
    static float input[320u], taken[2][320u + 16u];
    const uint32_t first = below(20), count = below(280), density = 1u + below(9), from = below(1000);
    uint32_t seen[2];
    snnrt_events events[2];
    for (uint32_t i = 0; i < 320u; i++) {
        input[i] = below(density) != 0 ? below(3) == 0 ? -0.0f : 0.0f : (float)between(-9, 9) * 1e-42f;
    }
    events[0].count = below(9);
    events[0].capacity = events[0].count + (below(2) == 0 ? 300u : below(90));
    events[1] = events[0];
    for (uint32_t turn = 0; turn < 2u; turn++) {
        events[turn].position = positions[turn];
        events[turn].value.f32 = taken[turn];
    }
    seen[0] = snnrt_scan_f32(input, first, count, from, &events[0]);
    seen[1] = network.kernels->scan_f32(input, first, count, from, &events[1]);
    if (seen[0] != seen[1] || events[0].count != events[1].count) {
        fail("scan_f32's end", number);
    }
    for (uint32_t e = 0; e < events[0].count; e++) {
        if (positions[0][e] != positions[1][e] || taken[0][e] != taken[1][e]) {
            fail("scan_f32", number);
        }
    }
}

/* Spikes summed or averaged in both numbers, padded or not, in this set's form and window by window. */
static void check_pooling(uint32_t number) {
    static const uint32_t widths[] = {1, 16, 31, 32, 32, 33, 64, 48, 96};
    snnrt_kernels by_windows = snnrt_kernels_portable;
    static uint32_t plain[8192 + 1u], fast[8192 + 1u];
    snnrt_window window;
    snnrt_pool_step step;
    memset(&window, 0, sizeof window);
    memset(&step, 0, sizeof step);
    window.kernel_h = (uint16_t)(below(3) == 0 ? 1u + below(17) : 2u);
    window.kernel_w = (uint16_t)(below(3) == 0 ? 1u + below(17) : 2u);
    window.stride_y = (uint16_t)(1u + below(3));
    window.stride_x = (uint16_t)(1u + below(3));
    if (below(4) == 0) {
        window.pad_top = window.pad_bottom = (uint16_t)below(window.kernel_h);
        window.pad_left = window.pad_right = (uint16_t)below(window.kernel_w);
    }
    step.window = &window;
    step.channels = widths[below(9)];
    step.in_height = window.kernel_h + below(5);
    step.in_width = window.kernel_w + below(5);
    step.out_height = (step.in_height + 2u * window.pad_top - window.kernel_h) / window.stride_y + 1u;
    step.out_width = (step.in_width + 2u * window.pad_left - window.kernel_w) / window.stride_x + 1u;
    if (step.out_height * step.out_width * step.channels > 8192u) {
        return;
    }
    step.input = packed;
    step.input_dtype = SNNRT_TYPE_BITS;
    step.output_dtype = below(2) == 0 ? SNNRT_TYPE_FLOAT32 : SNNRT_TYPE_INT16;
    step.average = step.output_dtype == SNNRT_TYPE_FLOAT32 && below(2) == 0;
    for (uint32_t w = 0; w < sizeof packed / sizeof *packed; w++) {
        packed[w] = number == 0 ? 0xFFFFFFFFu : (uint32_t)rand() * 2654435761u;
    }
    memset(plain, 0x5A, sizeof plain);
    memset(fast, 0x5A, sizeof fast);
    step.output = plain;
    by_windows.pool_spikes = NULL;
    step.kernels = &by_windows;
    snnrt_pool2d(&step);
    step.output = fast;
    step.kernels = network.kernels;
    snnrt_pool2d(&step);
    if (memcmp(plain, fast, sizeof plain) != 0) {
        fail("pool2d", number);
    }
}

static float real(void) { return (float)between(-2000, 2000) * 0.00113f; }

typedef struct float_neurons {
    float state[NEURONS_MAX + 1u], synapse[NEURONS_MAX + 1u], output[NEURONS_MAX + 1u];
} float_neurons;

/* Some steps of neurons with any plain mechanisms, many of them at rest, by this set's and by the portable kernel. */
static void check_float_neurons(uint32_t number) {
    static const uint32_t widths[] = {1, 3, 8, 16, 24, 32, 33, 64, 96};
    static float parameters[SNNRT_NEURON_LOWER_BOUND + 1][NEURONS_MAX], current[NEURONS_MAX];
    static float_neurons plain, fast;
    snnrt_neuron_step step;
    const uint32_t rest = below(3);
    memset(&step, 0, sizeof step);
    memset(&plain, 0, sizeof plain);
    step.neurons = 1u + below(NEURONS_MAX);
    step.channels = widths[below(9)];
    step.max_spikes = 1;
    step.flags = below(4) << 2 | below(2) * SNNRT_NEURON_STRICT | below(3) << 5;
    step.flags |= below(2) == 0 ? below(4) : 0u;
    for (uint32_t role = 0; role <= SNNRT_NEURON_LOWER_BOUND; role++) {
        const bool needed = role == SNNRT_NEURON_MEMBRANE || role == SNNRT_NEURON_RESET_VALUE ||
                            (role == SNNRT_NEURON_THRESHOLD && (number % 8u != 0 || step.flags >> 5 != 0));
        const bool rare = role != SNNRT_NEURON_BIAS && number % 2u == 0;
        const uint32_t granularity = needed || (!rare && below(3) == 0) ? 1u + below(3) : 0u;
        step.granularity |= granularity << 2u * role;
        step.arrays[role] = parameters[role];
        for (uint32_t k = 0; k < NEURONS_MAX; k++) {
            parameters[role][k] = role == SNNRT_NEURON_MEMBRANE || role == SNNRT_NEURON_SYNAPSE
                                      ? (float)(1u + below(1000)) * 0.00099f
                                  : role == SNNRT_NEURON_THRESHOLD   ? (float)(1u + below(900)) * 0.0011f
                                  : role == SNNRT_NEURON_LOWER_BOUND ? -(float)below(900) * 0.0011f
                                                                     : real();
        }
    }
    if (SNNRT_GRANULARITY(&step, SNNRT_NEURON_THRESHOLD) != SNNRT_ABSENT) {
        step.flags |= below(4) == 0 ? SNNRT_NEURON_RESET_NEXT : 0u;
    } else {
        step.flags &= 15u;
    }
    for (uint32_t k = 0; k < NEURONS_MAX; k++) {
        plain.state[k] = rest != 0 && k / 32u % 2u == rest - 1u ? 0.0f : real();
    }
    fast = plain;
    for (uint32_t t = 0; t < 3u; t++) {
        uint64_t spikes;
        for (uint32_t k = 0; k < NEURONS_MAX; k++) {
            current[k] = rest != 0 && k / 32u % 2u == rest - 1u ? 0.0f : below(9) == 0 ? -0.0f : real();
        }
        step.current = current;
        step.state = plain.state;
        step.synapse_state = plain.synapse;
        step.output = plain.output;
        spikes = snnrt_neuron_f32(&step);
        step.state = fast.state;
        step.synapse_state = fast.synapse;
        step.output = fast.output;
        if (network.kernels->neuron_f32(&step) != spikes || memcmp(&plain, &fast, sizeof plain) != 0) {
            fail("neuron_f32", number);
        }
    }
}

/* The number that random arguments follow from may be given. */
int main(int argument_count, char **arguments) {
    const uint32_t given = argument_count > 1 ? (uint32_t)strtoul(arguments[1], NULL, 10) : 1u;
    for (uint32_t set = 0; set < snnrt_host_kernel_sets(); set++) {
        uint32_t taken = 0, whole = 0;
        if (snnrt_host_use_kernels(&network, set) != SNNRT_OK) {
            continue;
        }
        seed = given;
        srand(given);
        for (uint32_t number = 0; number < CONVOLUTIONS; number++) {
            uint32_t one = check_convolution(number);
            taken += one;
            whole += number < 24u ? one : 0u;
        }
        for (uint32_t number = 0; number < COUNTS; number++) {
            check_add_bits(number);
        }
        for (uint32_t number = 0; number < FLOATS; number++) {
            check_float_sums(number);
        }
        for (uint32_t number = 0; number < SCANS; number++) {
            check_float_scan(number);
        }
        for (uint32_t number = 0; number < POOLS; number++) {
            check_pooling(number);
        }
        for (uint32_t number = 0; number < NEURONS; number++) {
            check_float_neurons(number);
        }
        printf("%s %u %u %u %u %u %u %u %u\n", snnrt_host_kernel_name(set), CONVOLUTIONS, (unsigned)taken,
               (unsigned)whole, COUNTS, FLOATS, SCANS, POOLS, NEURONS);
    }
    return 0;
}
