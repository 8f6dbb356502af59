/* Steps of integer neurons, mechanism by mechanism as docs/ir.md has them, and potentials at their thresholds. */
#include "kernel_checks.h"

#if SNNRT_WITH_KERNEL_TABLE
#define NEURONS_MAX 640u
#else
#define NEURONS_MAX 96u
#endif

static int32_t arrays[SNNRT_NEURON_ARRAYS][NEURONS_MAX];
static int32_t current[NEURONS_MAX], synapse[NEURONS_MAX], synapse_expected[NEURONS_MAX];
static int32_t output[NEURONS_MAX], output_expected[NEURONS_MAX];
#if SNNRT_WITH_KERNEL_TABLE
static uint8_t resting[NEURONS_MAX / 32u + 1u];
#endif
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

/* All that fired. */
static uint64_t spikes_expected(const snnrt_neuron_step *step) {
    const bool multiple = (step->flags & SNNRT_NEURON_MULTIPLE) != 0;
    uint64_t spikes = 0;
    for (uint32_t i = 0; i < step->neurons; i++) {
        spikes += SNNRT_GRANULARITY(step, SNNRT_NEURON_THRESHOLD) == SNNRT_ABSENT ? 0u
                  : multiple ? (uint32_t)((const snnrt_int16 *)output_expected)[i]
                             : snnrt_bit((const snnrt_uint32 *)output_expected, i);
    }
    return spikes;
}

void check_neuron(uint32_t number) {
    static const uint32_t sizes[] = {1, 2, 5, 31, 32, 33, 35, 64, 70, 95, 96};
    const bool plain = !SNNRT_WITH_NEURON_VARIANTS || below(2) == 0;
    const bool simple = plain && below(2) == 0; /* without a bias, reset to one value */
    const bool is_narrow = below(3) == 0;
    const uint32_t calm = below(3); /* currents that fit int16: 1 most, 2 all */
    const bool fixed = SNNRT_WITH_KERNEL_TABLE && below(4) == 0; /* the same currents in each step */
    const bool silent = !plain && below(6) == 0;
    const bool multiple = !plain && !silent && below(5) == 0;
    const bool next = !silent && !multiple && below(simple ? 4 : 3) == 0;
    const int32_t low = is_narrow ? -32768 : INT32_MIN, high = is_narrow ? 32767 : INT32_MAX;
    uint64_t counted;
    snnrt_neuron_step step;
    /* Many, whole blocks and not. */
    step.neurons = number % 3u == 0 ? NEURONS_MAX - 20u * (number / 3u % 2u) : sizes[below(COUNT(sizes))];
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
        if (below(3) == 0 && !silent && !multiple) {
            /* Currents in a loop of their own, before neurons that are plain but for them. */
            step.granularity &= ~(3u << 2 * SNNRT_NEURON_MEMBRANE | 3u << 2 * SNNRT_NEURON_SYNAPSE |
                                  3u << 2 * SNNRT_NEURON_LOWER_BOUND);
            step.granularity |= 1u << 2 * SNNRT_NEURON_MEMBRANE | 1u << 2 * SNNRT_NEURON_SYNAPSE;
        }
    }
    step.current = current;
    step.state = is_narrow ? (void *)narrow : (void *)wide;
    step.synapse_state = synapse;
#if SNNRT_WITH_KERNEL_TABLE
    step.resting = fixed ? resting : NULL;
#endif
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
#if SNNRT_WITH_KERNEL_TABLE
    for (uint32_t block = 0; block < sizeof resting; block++) {
        resting[block] = 0;
    }
#endif
    for (uint32_t t = 0; t < 3; t++) {
        for (uint32_t i = 0; i < NEURONS_MAX && fixed && t != 0; i++) {
            output_expected[i] = 0;
        }
        for (uint32_t i = 0; i < NEURONS_MAX && (!fixed || t == 0); i++) {
            current[i] = calm == 2u || (calm == 1u && below(50) != 0) ? between(-9000, 9000)
                                                                      : drawn(INT32_MIN, INT32_MAX);
            if (number % 5u == 0 && i / 32u % 3u != 0) {
                /* Whole blocks at rest, or with a current alone. */
                current[i] = i / 32u % 3u == 1u ? 0 : current[i];
                membrane[i] = wide[i] = narrow[i] = 0;
            }
            output_expected[i] = 0;
        }
        for (uint32_t i = 0; i < step.neurons; i++) {
            expect_neuron(&step, i);
        }
        counted = KERNEL(neuron_i32)(&step);
        if (SNNRT_WITH_COUNTERS && counted != spikes_expected(&step)) {
            fail("spikes of neuron_i32", number);
        }
#if SNNRT_COUNTS_CAPPED
        if (capped != capped_expected) {
            fail("capped updates of neuron_i32", number);
        }
#endif
        for (uint32_t i = 0; i < NEURONS_MAX; i++) {
            const int32_t v = is_narrow ? narrow[i] : wide[i];
            if (v != membrane[i] || synapse[i] != synapse_expected[i] || output[i] != output_expected[i]) {
                fail("neuron_i32", number);
            }
        }
    }
}

/* Where v * alpha lies half way between two multiples of 2^15, and one beside it: with a leak for all (shifts too), and
 * with one a neuron; 16-bit and 32-bit membranes. */
void check_ties(uint32_t number) {
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
#if SNNRT_WITH_KERNEL_TABLE
    step.resting = NULL;
#endif
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
