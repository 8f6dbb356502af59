/* Integer kernels against the sums and steps of docs/ir.md written down plainly, on random arguments with extreme
 * values. Prints how many cases of each were the same; ends with 1 at the first that was not. */
#include "board.h"
#include "snnrt_kernels.h"

#if SNNRT_WITH_KERNEL_TABLE
#include "host/snnrt_host.h"

/* Every set that this processor runs, in turn. */
static snnrt_network network;
#define KERNEL(kernel) network.kernels->kernel
#else
#define KERNEL(kernel) snnrt_##kernel
#endif

#define ROWS 1000u
#define OUTPUTS_MAX 130u
#define NEURONS_MAX 96u
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static uint32_t seed = 1;

static uint32_t below(uint32_t limit) {
    seed = seed * 1664525u + 1013904223u;
    return (uint32_t)(((uint64_t)seed * limit) >> 32);
}

static int32_t between(int32_t low, int32_t high) {
    return low + (int32_t)below((uint32_t)(high - low) + 1u);
}

static void fail(const char *what, uint32_t number) {
    board_print(what);
    board_print(": case ");
    board_print_number(number);
    board_print(" differs\n");
    board_exit(1);
}

static void say(const char *what, uint32_t cases) {
    board_print(what);
    board_print(" ");
    board_print_number(cases);
    board_print("\n");
}

static int8_t weights[ROWS * OUTPUTS_MAX + 3u] __attribute__((aligned(16)));
static int32_t bias[OUTPUTS_MAX], accumulator[OUTPUTS_MAX + 1u], expected[OUTPUTS_MAX];
static uint32_t position[ROWS + 16u];
static int16_t value[ROWS + 16u];

/* Up to `slice_count` slices of `count` events in all, in ascending rows, each with a shift of its own; values of 1
 * where `peak` is 0. How many slices it took. */
static uint32_t make_events(snnrt_slice *slices, uint32_t slice_count, uint32_t count, int32_t peak) {
    uint32_t used = 0, row = 0;
    for (uint32_t s = 0; s < slice_count && used < count; s++) {
        uint32_t here = s + 1u == slice_count ? count - used : 1u + below(count - used);
        slices[s].first = used;
        slices[s].count = here;
        slices[s].shift = below(2) == 0 ? below(row + 1u) : 0u - below(1000);
        for (uint32_t e = used; e < used + here; e++) {
            row += below(2u * (ROWS - row) / (count - e) + 1u) % (ROWS - row - (count - e) + 1u);
            position[e] = row++ - slices[s].shift;
            value[e] = 1;
            if (peak != 0) {
                int32_t end = below(2) == 0 ? peak : -peak - (peak == 32767);
                value[e] = (int16_t)(below(4) == 0 ? end : between(-peak, peak));
            }
        }
        used += here;
        if (used == count) {
            return s + 1u;
        }
    }
    return 0;
}

/* All at the same end of int8, where sums are largest, or all over it. */
static void make_weights(uint32_t kind) {
    for (uint32_t i = 0; i < ROWS * OUTPUTS_MAX; i++) {
        weights[i] = (int8_t)(kind == 0 ? -128 : kind == 1 ? 127 : between(-128, 127));
    }
}

static void check_accumulation(uint32_t number) {
    static const uint32_t widths[] = {1,  2,  3,  4,  5,  7,  8,  10, 12,  15,  16,  17,
                                      20, 31, 32, 33, 36, 48, 63, 64, 100, 127, 128, 130};
    static const uint32_t counts[] = {0, 1, 2, 3, 17, 32, 100, 254, 255, 256, 257, 510, 511, 600, 1000};
    static const int32_t peaks[] = {0, 0, 1, 4, 255, 8000, 32767};
    uint32_t outputs = widths[below(COUNT(widths))];
    uint32_t count = counts[below(COUNT(counts))];
    int32_t peak = peaks[below(COUNT(peaks))];
    uint32_t start = below(3);
    snnrt_slice slices[4];
    snnrt_events events;
    snnrt_accumulation sum;
    if (number < 2u) {
        /* As many spikes of the largest weights as there are: sums that need more than 16 bits. */
        make_weights(number);
        outputs = 100;
        count = ROWS;
        peak = 0;
    } else if (number % 8u == 2u) {
        make_weights(below(5));
    }
    if (count > (1u << 23) / (uint32_t)(peak + 1)) {
        count = (1u << 23) / (uint32_t)(peak + 1);
    }
    events.position = position;
    events.value.i16 = value;
    events.count = count;
    events.capacity = ROWS;
    sum.slice_count = make_events(slices, 1u + below(4), count, peak);
    for (uint32_t o = 0; o < outputs; o++) {
        bias[o] = between(-(1 << 29), 1 << 29);
        accumulator[o] = start == 2 ? bias[o] : 0x55555555;
        expected[o] = start == 0 ? 0 : bias[o];
    }
    accumulator[outputs] = 0x12345678;
    for (uint32_t s = 0; s < sum.slice_count; s++) {
        for (uint32_t e = slices[s].first; e < slices[s].first + slices[s].count; e++) {
            for (uint32_t o = 0; o < outputs; o++) {
                expected[o] += weights[(position[e] + slices[s].shift) * outputs + o] * value[e];
            }
        }
    }
    sum.accumulator = accumulator;
    sum.start = start == 0 ? NULL : start == 1 ? bias : accumulator;
    sum.weights = weights;
    sum.outputs = outputs;
    sum.peak = peak == 0 ? 1u : (uint32_t)peak;
    sum.spikes = peak == 0;
    sum.events = &events;
    sum.slices = slices;
    KERNEL(accumulate_i8)(&sum);
    for (uint32_t o = 0; o < outputs; o++) {
        if (accumulator[o] != expected[o]) {
            fail("accumulate_i8", number);
        }
    }
    if (accumulator[outputs] != 0x12345678) {
        fail("accumulate_i8 past its outputs", number);
    }
}

static int32_t arrays[SNNRT_NEURON_ARRAYS][NEURONS_MAX];
static int32_t current[NEURONS_MAX], synapse[NEURONS_MAX], synapse_expected[NEURONS_MAX];
static int32_t output[NEURONS_MAX], output_expected[NEURONS_MAX];
#if SNNRT_COUNTS_CAPPED
static uint64_t capped, capped_expected;
#endif
static int32_t wide[NEURONS_MAX], membrane[NEURONS_MAX];
static int16_t narrow[NEURONS_MAX];

static int32_t saturate(int64_t x) {
    return x < INT32_MIN ? INT32_MIN : x > INT32_MAX ? INT32_MAX : (int32_t)x;
}
static int32_t decayed(int32_t s, int32_t a) { return (int32_t)(((int64_t)s * a + 16384) >> 15); }
static int32_t clamp(int32_t x, bool is_narrow) {
    return !is_narrow ? x : x < -32768 ? -32768 : x > 32767 ? 32767 : x;
}

/* Mostly small, sometimes near an end. */
static int32_t drawn(int32_t low, int32_t high) {
    int32_t small = between(-3000, 3000);
    switch (below(8)) {
    case 0:
        return low;
    case 1:
        return high;
    case 2:
        return (int32_t)((uint32_t)low + below(((uint32_t)high - (uint32_t)low) | 1u));
    default:
        return small < low ? low + (small & 255) : small > high ? high - (small & 255) : small;
    }
}

static int32_t of(const snnrt_neuron_step *step, uint32_t parameter, uint32_t i) {
    uint32_t granularity = SNNRT_GRANULARITY(step, parameter);
    return granularity == SNNRT_ABSENT
               ? 0
               : arrays[parameter][granularity == SNNRT_PER_LAYER     ? 0u
                                   : granularity == SNNRT_PER_CHANNEL ? i % step->channels
                                                                      : i];
}

/* docs/ir.md, for neuron i of `step`; membranes in `membrane`. */
static void expect_neuron(const snnrt_neuron_step *step, uint32_t i) {
    const bool is_narrow = (step->flags & SNNRT_NEURON_STATE_INT16) != 0;
    const int32_t theta = of(step, SNNRT_NEURON_THRESHOLD, i);
    const int32_t strict = (step->flags & SNNRT_NEURON_STRICT) != 0;
    const uint32_t reset = SNNRT_NEURON_RESET(step->flags);
    int32_t x = current[i], c = synapse_expected[i], v = membrane[i], n = 0, u;
    if (SNNRT_GRANULARITY(step, SNNRT_NEURON_SYNAPSE) != SNNRT_ABSENT) {
        int32_t a = of(step, SNNRT_NEURON_SYNAPSE, i), old = c;
        switch (SNNRT_NEURON_SYNAPSE_ORDER(step->flags)) {
        case SNNRT_SYNAPSE_DECAY_THEN_ADD:
            x = c = saturate((int64_t)decayed(c, a) + x);
            break;
        case SNNRT_SYNAPSE_ADD_THEN_DECAY:
            x = c = decayed(saturate((int64_t)c + x), a);
            break;
        case SNNRT_SYNAPSE_USE_THEN_DECAY:
            x = saturate((int64_t)c + x);
            c = decayed(x, a);
            break;
        default:
            c = saturate((int64_t)decayed(c, a) + x);
            x = old;
            break;
        }
        synapse_expected[i] = c;
    }
    u = saturate((int64_t)decayed(v, of(step, SNNRT_NEURON_MEMBRANE, i)) + x);
    u = saturate((int64_t)u + of(step, SNNRT_NEURON_BIAS, i));
    if ((step->flags & SNNRT_NEURON_RESET_NEXT) != 0 && (int64_t)v >= (int64_t)theta + strict) {
        u = reset == SNNRT_RESET_SUBTRACT ? saturate((int64_t)u - theta)
            : reset == SNNRT_RESET_VALUE  ? of(step, SNNRT_NEURON_RESET_VALUE, i)
                                          : u;
    }
    u = clamp(u, is_narrow);
    if (theta == 0) {
        output_expected[i] = 0;
    } else if ((step->flags & SNNRT_NEURON_MULTIPLE) != 0) {
        n = u > 0 ? u / theta : 0;
#if SNNRT_COUNTS_CAPPED
        capped_expected += n > (int32_t)step->max_spikes;
#endif
        n = n > (int32_t)step->max_spikes ? (int32_t)step->max_spikes : n;
        ((snnrt_int16 *)output_expected)[i] = (int16_t)n;
    } else {
        n = (int64_t)u >= (int64_t)theta + strict;
        output_expected[i / 32u] |= (int32_t)((uint32_t)n << (i % 32u));
    }
    if (n > 0 && (step->flags & SNNRT_NEURON_RESET_NEXT) == 0) {
        u = reset == SNNRT_RESET_SUBTRACT ? saturate((int64_t)u - (int64_t)n * theta)
            : reset == SNNRT_RESET_VALUE  ? of(step, SNNRT_NEURON_RESET_VALUE, i)
                                          : u;
    }
    u = clamp(u, is_narrow);
    if (SNNRT_GRANULARITY(step, SNNRT_NEURON_LOWER_BOUND) != SNNRT_ABSENT &&
        u < of(step, SNNRT_NEURON_LOWER_BOUND, i)) {
        u = of(step, SNNRT_NEURON_LOWER_BOUND, i);
    }
    membrane[i] = u;
    if (theta == 0) {
        output_expected[i] = u;
    }
}

static void check_neuron(uint32_t number) {
    static const uint32_t sizes[] = {1, 2, 5, 31, 32, 33, 35, 64, 70, 95, 96};
    const bool plain = !SNNRT_WITH_NEURON_VARIANTS || below(2) == 0;
    const bool simple = plain && below(2) == 0; /* without a bias, reset to one value */
    const bool is_narrow = below(3) == 0;
    const bool silent = !plain && below(6) == 0;
    const bool multiple = !plain && !silent && below(5) == 0;
    const bool next = !simple && !silent && !multiple && below(3) == 0;
    const int32_t low = is_narrow ? -32768 : INT32_MIN, high = is_narrow ? 32767 : INT32_MAX;
    snnrt_neuron_step step;
    step.neurons = sizes[below(COUNT(sizes))];
    do {
        step.channels = 1u + below(step.neurons);
    } while (step.neurons % step.channels != 0);
    step.max_spikes = 1;
    step.flags = is_narrow ? SNNRT_NEURON_STATE_INT16 : 0u;
    if (!silent) {
        step.flags |= below(3) << 5 | (below(2) != 0 ? SNNRT_NEURON_STRICT : 0u) |
                      (next ? SNNRT_NEURON_RESET_NEXT : 0u);
    }
    if (multiple) {
        step.flags = (step.flags & ~SNNRT_NEURON_STRICT) | SNNRT_NEURON_MULTIPLE;
        step.max_spikes = 1u + below(20);
    }
#if SNNRT_COUNTS_CAPPED
    capped = capped_expected = 0;
    step.capped = &capped;
#endif
    step.granularity = (plain ? 1u : 1u + below(3)) << 2 * SNNRT_NEURON_MEMBRANE;
    step.granularity |= (simple ? 0u : below(4)) << 2 * SNNRT_NEURON_BIAS;
    step.granularity |= (silent ? 0u : 1u + below(3)) << 2 * SNNRT_NEURON_THRESHOLD;
    step.granularity |=
        (SNNRT_NEURON_RESET(step.flags) == SNNRT_RESET_VALUE ? 1u + below(simple ? 1 : 3) : 0u)
        << 2 * SNNRT_NEURON_RESET_VALUE;
    if (!plain) {
        step.flags |= below(4) << 2;
        step.granularity |= (below(2) * (1u + below(3))) << 2 * SNNRT_NEURON_SYNAPSE;
        step.granularity |= (below(2) * (1u + below(3))) << 2 * SNNRT_NEURON_LOWER_BOUND;
    }
    step.current = current;
    step.state = is_narrow ? (void *)narrow : (void *)wide;
    step.synapse_state = synapse;
    step.output = output;
    for (uint32_t a = 0; a < SNNRT_NEURON_ROLES; a++) {
        step.arrays[a] = SNNRT_GRANULARITY(&step, a) == SNNRT_ABSENT ? NULL : arrays[a];
    }
    for (uint32_t i = 0; i < NEURONS_MAX; i++) {
        arrays[SNNRT_NEURON_MEMBRANE][i] = below(3) == 0 ? 1 << below(16) : between(0, 32768);
        arrays[SNNRT_NEURON_SYNAPSE][i] = between(0, 32768);
        arrays[SNNRT_NEURON_BIAS][i] = drawn(INT32_MIN, INT32_MAX);
        arrays[SNNRT_NEURON_THRESHOLD][i] = drawn(1, INT32_MAX);
        arrays[SNNRT_NEURON_RESET_VALUE][i] = drawn(low, high);
        arrays[SNNRT_NEURON_LOWER_BOUND][i] = drawn(low, high);
        membrane[i] = wide[i] = drawn(low, high);
        narrow[i] = (int16_t)membrane[i];
        synapse[i] = synapse_expected[i] = drawn(INT32_MIN, INT32_MAX);
        output[i] = output_expected[i] = 0;
    }
    for (uint32_t t = 0; t < 3; t++) {
        for (uint32_t i = 0; i < NEURONS_MAX; i++) {
            current[i] = drawn(INT32_MIN, INT32_MAX);
            output_expected[i] = 0;
        }
        for (uint32_t i = 0; i < step.neurons; i++) {
            expect_neuron(&step, i);
        }
        (void)KERNEL(neuron_i32)(&step);
#if SNNRT_COUNTS_CAPPED
        if (capped != capped_expected) {
            fail("capped updates of neuron_i32", number);
        }
#endif
        for (uint32_t i = 0; i < NEURONS_MAX; i++) {
            int32_t v = i >= step.neurons ? membrane[i] : is_narrow ? narrow[i] : wide[i];
            if (v != membrane[i] || synapse[i] != synapse_expected[i] || output[i] != output_expected[i]) {
                fail("neuron_i32", number);
            }
        }
    }
}

/* Where v * alpha lies half way between two multiples of 2^15, and one beside it: with a leak for all (shifts too), and
 * with one a neuron; 16-bit and 32-bit membranes. */
static void check_ties(uint32_t number) {
    const bool shared = below(2) == 0;
    const bool is_narrow = SNNRT_WITH_NEURON_VARIANTS && number % 2u == 0;
    const uint32_t power = below(shared ? 15 : 14);
    snnrt_neuron_step step;
    step.neurons = 70;
    step.channels = 70;
    step.max_spikes = 1;
    step.flags = (is_narrow ? SNNRT_NEURON_STATE_INT16 : 0u) | (uint32_t)SNNRT_RESET_SUBTRACT << 5;
    step.granularity = (uint32_t)(shared                       ? SNNRT_PER_LAYER
                                  : SNNRT_WITH_NEURON_VARIANTS ? SNNRT_PER_NEURON
                                                               : SNNRT_PER_LAYER)
                       << 2 * SNNRT_NEURON_MEMBRANE;
    step.granularity |= (uint32_t)SNNRT_PER_LAYER << 2 * SNNRT_NEURON_THRESHOLD;
    step.current = current;
    step.state = is_narrow ? (void *)narrow : (void *)wide;
    step.synapse_state = synapse;
    step.output = output;
    for (uint32_t a = 0; a < SNNRT_NEURON_ROLES; a++) {
        step.arrays[a] = SNNRT_GRANULARITY(&step, a) == SNNRT_ABSENT ? NULL : arrays[a];
    }
    for (uint32_t i = 0; i < NEURONS_MAX; i++) {
        const uint32_t odd = shared && number % 3u != 0 ? 1u : 2u * below(1u << (14 - power)) + 1u;
        const int32_t end = is_narrow ? 32767 >> (15 - power) : 1 << (16 + power);
        arrays[SNNRT_NEURON_MEMBRANE][i] = (int32_t)(odd << power);
        arrays[SNNRT_NEURON_THRESHOLD][i] = INT32_MAX;
        membrane[i] = (2 * between(-end, end - 1) + 1) * (1 << (14 - power)) + (int32_t)below(3) - 1;
        if (is_narrow) {
            membrane[i] = clamp(membrane[i], true);
        }
        wide[i] = membrane[i];
        narrow[i] = (int16_t)membrane[i];
        synapse[i] = synapse_expected[i] = output[i] = output_expected[i] = current[i] = 0;
    }
    for (uint32_t i = 0; i < step.neurons; i++) {
        expect_neuron(&step, i);
    }
    (void)KERNEL(neuron_i32)(&step);
    for (uint32_t i = 0; i < step.neurons; i++) {
        if ((is_narrow ? narrow[i] : wide[i]) != membrane[i]) {
            fail("neuron_i32 at a tie", number);
        }
    }
}

static void check_scan(uint32_t number) {
    static uint32_t bits[16];
    static int16_t values[512];
    uint32_t room_position[48], first = below(300), count = 1u + below(200), from = below(1000), seen;
    int16_t room_value[48];
    uint32_t found = 0, capacity = 1u + below(32), filled = below(capacity), density = 1u + below(12);
    bool packed = below(2) == 0;
    snnrt_events events;
    for (uint32_t w = 0; w < 16; w++) {
        bits[w] = 0;
    }
    for (uint32_t i = 0; i < 512; i++) {
        bool on = below(density) == 0;
        bits[i / 32u] |= (uint32_t)on << (i % 32u);
        values[i] = (int16_t)(on ? packed ? 1 : between(-32768, 32767) | 1 : 0);
    }
    events.position = room_position;
    events.value.i16 = room_value;
    events.count = filled;
    events.capacity = capacity;
    seen = packed ? KERNEL(scan_bits_i16)(bits, first, count, from, &events)
                  : KERNEL(scan_i16)(values, first, count, from, &events);
    for (uint32_t i = 0; i < count; i++) {
        if (values[first + i] != 0) {
            uint32_t place = filled + found;
            if (place == capacity) {
                count = i;
                break;
            }
            if (place >= events.count || room_position[place] != from + i ||
                room_value[place] != values[first + i]) {
                fail("scan", number);
            }
            found++;
        }
    }
    if (seen != count || events.count != filled + found) {
        fail("scan's end", number);
    }
}

#if SNNRT_WITH_CONV2D
#define CONV_INPUTS 4000u
#define CONV_OUTPUTS 6000u

static int16_t pixels[CONV_INPUTS + 64u];
static uint32_t spikes[CONV_INPUTS / 32u + 2u];
static int32_t filtered[CONV_OUTPUTS + 1u];

/* docs/ir.md, for output `o` of the window at (oy, ox). */
static int32_t convolved(const snnrt_synapse_step *step, uint32_t oy, uint32_t ox, uint32_t o,
                         uint32_t *rows) {
    const snnrt_window *w = step->window;
    const uint32_t outputs = step->out_channels / w->groups, group = o / outputs;
    const uint32_t depth = step->in_channels / w->groups;
    const int8_t *filters = (const int8_t *)step->weights;
    int32_t sum = step->bias == NULL ? 0 : bias[o];
    *rows = 0;
    for (uint32_t tap = 0; tap < (uint32_t)w->kernel_h * w->kernel_w; tap++) {
        const int32_t y = (int32_t)(oy * w->stride_y + tap / w->kernel_w * w->dilation_y) - w->pad_top;
        const int32_t x = (int32_t)(ox * w->stride_x + tap % w->kernel_w * w->dilation_x) - w->pad_left;
        if (y < 0 || x < 0 || y >= (int32_t)step->in_height || x >= (int32_t)step->in_width) {
            continue;
        }
        for (uint32_t c = 0; c < depth; c++) {
            const uint32_t place =
                ((uint32_t)y * step->in_width + (uint32_t)x) * step->in_channels + group * depth + c;
            const uint32_t row = (group * w->kernel_h * w->kernel_w + tap) * depth + c;
            sum += filters[row * outputs + o % outputs] * pixels[place];
            *rows += pixels[place] != 0;
        }
    }
    return sum;
}

/* Shapes of every kind, and the first cases as many of the largest values as fit. */
static void draw_convolution(snnrt_synapse_step *step, snnrt_window *w, uint32_t number) {
    static const uint32_t depths[] = {1, 1, 2, 3, 4, 7, 8, 16, 16, 33, 64, 130};
    static const uint32_t filters[] = {1, 2, 3, 4, 5, 8, 10, 15, 16, 17, 24, 32, 36, 40};
    const bool largest = number < 12u;
    const bool wide_lines = number % 10u == 7u; /* wider than what is looked at together */
    const uint32_t groups = !wide_lines && below(4) == 0 ? 2u : 1u;
    do {
        w->kernel_h = (uint16_t)(largest ? 3u : 1u + below(below(6) == 0 ? 9 : 4));
        w->kernel_w = (uint16_t)(largest ? 3u : 1u + below(below(6) == 0 ? 9 : 4));
        w->stride_y = (uint16_t)(1u + below(3) / 2u);
        w->stride_x = (uint16_t)(1u + below(3));
        w->dilation_y = (uint16_t)(below(5) == 0 ? 2u : 1u);
        w->dilation_x = (uint16_t)(below(5) == 0 ? 2u : 1u);
        w->pad_top = w->pad_bottom = (uint16_t)below(w->kernel_h + 1u);
        w->pad_left = w->pad_right = (uint16_t)below(w->kernel_w + 1u);
        w->groups = (uint16_t)(largest ? 1u : groups);
        step->in_channels = (largest ? 16u : depths[below(COUNT(depths))]) * w->groups;
        step->out_channels = filters[below(COUNT(filters))] * w->groups;
        step->in_height = 1u + below(7);
        step->in_width = 1u + below(9);
        if (wide_lines && !largest) {
            step->in_channels = 1u + below(4);
            step->in_height = 1u + below(3);
            step->in_width = 50u + below(100);
        }
        step->out_height = step->out_width = 0;
        if (step->in_height + 2u * w->pad_top > (w->kernel_h - 1u) * w->dilation_y &&
            step->in_width + 2u * w->pad_left > (w->kernel_w - 1u) * w->dilation_x) {
            step->out_height =
                (step->in_height + 2u * w->pad_top - (w->kernel_h - 1u) * w->dilation_y - 1u) / w->stride_y +
                1u;
            step->out_width =
                (step->in_width + 2u * w->pad_left - (w->kernel_w - 1u) * w->dilation_x - 1u) / w->stride_x +
                1u;
        }
    } while (step->out_height * step->out_width == 0 ||
             step->out_height * step->out_width * step->out_channels > CONV_OUTPUTS ||
             step->in_height * step->in_width * step->in_channels > CONV_INPUTS ||
             (uint32_t)w->kernel_h * w->kernel_w * step->in_channels / w->groups * step->out_channels >
                 sizeof weights - 4u);
}

static void check_convolution(uint32_t number) {
    static const int32_t peaks[] = {1, 1, 1, 2, 4, 4, 7, 8, 9, 16, 25, 31, 32, 255, 32767};
    int32_t peak = number < 12u ? peaks[number] : number % 20u == 7u ? 255 : peaks[below(COUNT(peaks))];
    const uint32_t density = number < 12u ? 1u : 1u + below(9);
    const bool packed = peak == 1 && below(3) != 0;
    const bool negative = !packed && number >= 12u && below(3) == 0;
    uint32_t unaligned = below(4), rows = 0, active = 0, place = 0;
    snnrt_window window = {0};
    snnrt_synapse_step step = {0};
#if SNNRT_WITH_COUNTERS
    snnrt_counts counts = {0};
    step.counts = &counts;
#endif
    draw_convolution(&step, &window, number);
    if ((uint32_t)window.kernel_h * window.kernel_w * step.in_channels > 500u && peak > 255) {
        /* Sums fit 32 bits, as the model's check demands. */
        peak = 255;
    }
    if (number < 12u) {
        make_weights(number % 2u);
    } else if (number % 4u == 0) {
        make_weights(below(5));
    }
    if (number % 10u == 9u) {
        /* A dense layer is a window of one tap. */
        step.in_channels = 1u + below(700);
        step.out_channels = 1u + below(40);
        step.in_height = step.in_width = step.out_height = step.out_width = 1;
        window = (snnrt_window){1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 0};
        peak = peak > 255 ? 255 : peak;
    }
    step.window = &window;
    step.weights = weights + (number % 10u == 9u || below(2) == 0 ? 0u : unaligned);
    step.bias = below(3) == 0 ? NULL : bias;
    step.numbers = SNNRT_ARITHMETIC_INTEGER;
    step.input = packed ? (const void *)spikes : (const void *)pixels;
    step.input_dtype = packed ? SNNRT_TYPE_BITS : SNNRT_TYPE_INT16;
    step.input_peak = (uint32_t)peak;
    step.output = filtered;
    for (uint32_t i = 0; i < COUNT(spikes); i++) {
        spikes[i] = below(2) == 0 ? 0u : 0xFFFFFFFFu;
    }
    for (uint32_t i = 0; i < step.in_height * step.in_width * step.in_channels; i++) {
        const bool on = below(density) == 0;
        pixels[i] = (int16_t)(!on ? 0 : number < 12u ? peak : between(negative ? -peak : 1, peak));
        spikes[i / 32u] = (spikes[i / 32u] & ~(1u << i % 32u)) | (uint32_t)(pixels[i] != 0) << i % 32u;
    }
    for (uint32_t o = 0; o < step.out_channels; o++) {
        bias[o] = between(-(1 << 24), 1 << 24);
    }
    for (uint32_t i = 0; i <= CONV_OUTPUTS; i++) {
        filtered[i] = 0x12345678;
    }
#if SNNRT_WITH_KERNEL_TABLE
    step.kernels = network.kernels;
#endif
    if (number % 10u == 9u) {
        snnrt_dense(&step);
    } else {
        snnrt_conv2d(&step);
    }
    for (uint32_t i = 0; i < step.out_height * step.out_width; i++) {
        for (uint32_t o = 0; o < step.out_channels; o++) {
            uint32_t read;
            if (filtered[place++] != convolved(&step, i / step.out_width, i % step.out_width, o, &read)) {
                fail("conv2d or dense", number);
            }
            if (o % (step.out_channels / window.groups) == 0) {
                rows += read;
                active += read != 0;
            }
        }
    }
    if (filtered[place] != 0x12345678) {
        fail("conv2d past its outputs", number);
    }
#if SNNRT_WITH_COUNTERS
    if (counts.row_activations != rows || counts.active_windows != active ||
        counts.synaptic_operations != (uint64_t)rows * (step.out_channels / window.groups)) {
        fail("events of conv2d", number);
    }
#endif
}
#endif

#if SNNRT_WITH_POOL2D
static void check_pool(uint32_t number) {
    static const uint32_t widths[] = {1, 3, 4, 8, 12, 16, 20, 31, 32, 33, 36, 64, 100};
    static int16_t sums[1024 + 1];
    static uint32_t fired[256];
    snnrt_window window = {0};
    snnrt_pool_step step = {0};
    uint32_t place = 0, density = 1u + below(4);
    do {
        window.kernel_h = (uint16_t)(below(4) == 0 ? 1u + below(3) : 2u);
        window.kernel_w = (uint16_t)(below(4) == 0 ? 1u + below(3) : 2u);
        window.stride_y = (uint16_t)(1u + below(3));
        window.stride_x = (uint16_t)(1u + below(3));
        step.channels = widths[below(COUNT(widths))];
        step.in_height = window.kernel_h + below(5);
        step.in_width = window.kernel_w + below(6);
        step.out_height = (step.in_height - window.kernel_h) / window.stride_y + 1u;
        step.out_width = (step.in_width - window.kernel_w) / window.stride_x + 1u;
    } while (step.out_height * step.out_width * step.channels > 1024u ||
             step.in_height * step.in_width * step.channels > 32u * COUNT(fired));
    for (uint32_t i = 0; i < 32u * COUNT(fired); i++) {
        const uint32_t bit = (uint32_t)(below(density) == 0) << i % 32u;
        fired[i / 32u] = i % 32u == 0 ? bit : fired[i / 32u] | bit;
    }
    for (uint32_t i = 0; i <= 1024u; i++) {
        sums[i] = 0x1234;
    }
#if SNNRT_WITH_KERNEL_TABLE
    step.kernels = network.kernels;
#endif
    step.window = &window;
    step.input = fired;
    step.input_dtype = SNNRT_TYPE_BITS;
    step.output = sums;
    step.output_dtype = SNNRT_TYPE_INT16;
    snnrt_pool2d(&step);
    for (uint32_t i = 0; i < step.out_height * step.out_width; i++) {
        for (uint32_t c = 0; c < step.channels; c++) {
            uint32_t sum = 0;
            for (uint32_t tap = 0; tap < (uint32_t)window.kernel_h * window.kernel_w; tap++) {
                const uint32_t y = i / step.out_width * window.stride_y + tap / window.kernel_w;
                const uint32_t x = i % step.out_width * window.stride_x + tap % window.kernel_w;
                sum += snnrt_bit(fired, (y * step.in_width + x) * step.channels + c);
            }
            if (sums[place++] != (int16_t)sum) {
                fail("pool2d", number);
            }
        }
    }
    if (sums[place] != 0x1234) {
        fail("pool2d past its outputs", number);
    }
}
#endif

static void check_all(void) {
    uint32_t cases;
    for (cases = 0; cases < 150; cases++) {
        check_accumulation(cases);
    }
    say("accumulate", cases);
    for (cases = 0; cases < 600; cases++) {
        check_neuron(cases);
    }
    say("neuron", cases);
    for (cases = 0; cases < 200; cases++) {
        check_ties(cases);
    }
    say("ties", cases);
    for (cases = 0; cases < 400; cases++) {
        check_scan(cases);
    }
    say("scan", cases);
#if SNNRT_WITH_CONV2D
    for (cases = 0; cases < 250; cases++) {
        check_convolution(cases);
    }
    say("conv", cases);
#endif
#if SNNRT_WITH_POOL2D
    for (cases = 0; cases < 200; cases++) {
        check_pool(cases);
    }
    say("pool", cases);
#endif
}

int main(void);
int main(void) {
#if SNNRT_WITH_KERNEL_TABLE
    for (uint32_t set = 0; set < snnrt_host_kernel_sets(); set++) {
        if (snnrt_host_use_kernels(&network, set) == SNNRT_OK) {
            board_print(snnrt_host_kernel_name(set));
            board_print(" ");
            check_all();
        }
    }
#else
    check_all();
#endif
    return 0;
}
