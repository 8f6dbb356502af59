/* Integer kernels against the sums and steps of docs/ir.md written down plainly, on random arguments with extreme
 * values, which follow from the number in a file `seed`, where there is one. Prints how many cases of each were the same; ends
 * with 1 at the first that was not. */
#include "kernel_checks.h"

#if SNNRT_WITH_KERNEL_TABLE
#include "host/snnrt_host.h"

snnrt_network network;
#endif

static uint32_t seed = 1;

uint32_t below(uint32_t limit) {
    seed = seed * 1664525u + 1013904223u;
    return (uint32_t)(((uint64_t)seed * limit) >> 32);
}

int32_t between(int32_t low, int32_t high) { return low + (int32_t)below((uint32_t)(high - low) + 1u); }

void fail(const char *what, uint32_t number) {
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

int8_t weights[WEIGHTS_MAX + 3u] __attribute__((aligned(16)));
int32_t bias[OUTPUTS_MAX];
static int32_t accumulator[OUTPUTS_MAX + 1u], expected[OUTPUTS_MAX];
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
void make_weights(uint32_t kind) {
    for (uint32_t i = 0; i < WEIGHTS_MAX; i++) {
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
    say("limits", check_limits());
#endif
#if SNNRT_WITH_POOL2D
    for (cases = 0; cases < 200; cases++) {
        check_pool(cases);
    }
    say("pool", cases);
#endif
}

static void read_seed(void) {
    char digits[10];
    const int32_t file = board_open("seed", "rb");
    uint32_t count;
    if (file < 0) {
        return;
    }
    count = board_read(file, digits, sizeof digits);
    board_close(file);
    seed = 0;
    for (uint32_t i = 0; i < count && digits[i] >= '0' && digits[i] <= '9'; i++) {
        seed = 10u * seed + (uint32_t)(digits[i] - '0');
    }
}

int main(void);
int main(void) {
    read_seed();
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
