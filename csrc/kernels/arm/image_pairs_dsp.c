/* Int8 convolutions of few channels whose values are no counts, with the instructions of Cortex-M4, M7 and M33 that add two
 * products: in place of ../conv2d_taps.c. What a window reads lies side by side, column by column, and is taken two taps at
 * a time; windows of zeros are passed over. */
#include "../tap_sums.h"

#if SNNRT_WITH_IMAGE_PAIRS

/* Outputs whose sums stay in registers. */
#define SNNRT_PAIR_OUTPUTS 8u
/* Words of the outputs that are summed for a row of windows: biases, then pairs of weights. */
#define SNNRT_PAIR_WORDS_MAX 320u
/* Inputs of a row of windows that are laid out at the same time: values, and columns, a bit each. */
#define SNNRT_PAIR_VALUES_MAX 256u
#define SNNRT_PAIR_COLUMNS_MAX 32u

typedef struct snnrt_image_pairs {
    const snnrt_synapse_step *step;
    uint32_t column; /* values of a column: channels of each kernel line */
    uint32_t taps, pairs;
    uint32_t columns; /* that fit */
    uint32_t first, outputs; /* whose weights are laid out */
    snnrt_int32 *output; /* of the first window of a row */
    int32_t top;
    uint32_t full; /* columns of which any value is not 0 */
    uint32_t words[SNNRT_PAIR_WORDS_MAX];
    uint32_t values[SNNRT_PAIR_VALUES_MAX / 2u + 1u];
} snnrt_image_pairs;

/* Of a block of outputs, a bias each, then the weights of a pair of taps; 0 where there is none. */
static void lay_out_pairs(snnrt_image_pairs *p) {
    const snnrt_synapse_step *step = p->step;
    const snnrt_window *conv = step->window;
    const snnrt_int32 *const bias = (const snnrt_int32 *)step->bias;
    uint32_t *word = p->words;
    for (uint32_t block = 0; block < p->outputs; block += SNNRT_PAIR_OUTPUTS) {
        const uint32_t first = p->first + block, left = p->outputs - block;
        const uint32_t count = left < SNNRT_PAIR_OUTPUTS ? left : SNNRT_PAIR_OUTPUTS;
        snnrt_int16 *weight;
        for (uint32_t k = 0; k < SNNRT_PAIR_OUTPUTS * (1u + p->pairs); k++) {
            word[k] = 0;
        }
        for (uint32_t o = 0; o < count && bias != NULL; o++) {
            word[o] = (uint32_t)bias[first + o];
        }
        word += SNNRT_PAIR_OUTPUTS;
        weight = (snnrt_int16 *)(void *)word;
        for (uint32_t tap = 0; tap < p->taps; tap++) {
            const uint32_t kx = tap / p->column, line = tap % p->column;
            const uint32_t ky = line / step->in_channels, c = line % step->in_channels;
            const int8_t *row = (const int8_t *)step->weights +
                                ((ky * conv->kernel_w + kx) * step->in_channels + c) * step->out_channels +
                                first;
            for (uint32_t o = 0; o < count; o++) {
                weight[2u * o] = row[o];
            }
            weight += tap % 2u == 0 ? 1u : 2u * SNNRT_PAIR_OUTPUTS - 1u;
        }
        word += SNNRT_PAIR_OUTPUTS * p->pairs;
    }
}

/* A channel of a line: `channels` from value to value, into columns of `column`; whose bits are `first` to `last`. Those that
 * are not 0. */
SNNRT_NOINLINE static uint32_t lay_out_line(const snnrt_int16 *from, uint32_t channels, snnrt_int16 *to,
                                            uint32_t column, uint32_t first, uint32_t last) {
    uint32_t full = 0;
    for (;;) {
        const int32_t value = *from;
        from += channels;
        *to = (int16_t)value;
        to += column;
        if (value != 0) {
            full |= first;
        }
        if (first == last) {
            return full;
        }
        first <<= 1;
    }
}

/* The columns from `left` of the input on. */
static void lay_out_columns(snnrt_image_pairs *p, int32_t left, uint32_t columns) {
    const snnrt_synapse_step *step = p->step;
    const snnrt_window *conv = step->window;
    const snnrt_taps y = snnrt_taps_inside(p->top, conv->kernel_h, conv->dilation_y, step->in_height);
    const snnrt_taps x = snnrt_taps_inside(left, columns, 1, step->in_width);
    const uint32_t channels = step->in_channels, column = p->column;
    uint32_t full = 0;
    for (uint32_t k = 0; k < (columns * column + 1u) / 2u; k++) {
        p->values[k] = 0;
    }
    for (uint32_t ky = y.first; ky < y.end && x.first < x.end; ky++) {
        const uint32_t line = (uint32_t)(p->top + (int32_t)(ky * conv->dilation_y)) * step->in_width +
                              (uint32_t)(left + (int32_t)x.first);
        for (uint32_t c = 0; c < channels; c++) {
            const snnrt_int16 *from = (const snnrt_int16 *)step->input + line * channels + c;
            snnrt_int16 *to = (snnrt_int16 *)(void *)p->values + x.first * column + ky * channels + c;
            full |= lay_out_line(from, channels, to, column, 1u << x.first, 1u << (x.end - 1u));
        }
    }
    p->full = full;
}

#if defined(__clang__)
/* It keeps a register of those that the loop in assembler needs. */
typedef struct snnrt_values_word {
    uint32_t word;
} __attribute__((packed, may_alias)) snnrt_values_word;

#define SNNRT_ADD_PAIR(sum, pair, value) __asm__("smlad %0, %1, %2, %0" : "+r"(sum) : "r"(pair), "r"(value))
#else
#define SNNRT_TWO_SUMS(first, second) \
    "ldrd %[one], %[two], [%[weight]], #8\n\t" \
    "smlad %[" first "], %[one], %[value], %[" first "]\n\t" \
    "smlad %[" second "], %[two], %[value], %[" second "]\n\t"
#endif

/* A window's block of outputs; `weight` is the first of its biases. */
SNNRT_NOINLINE static void add_pairs_to_8(const snnrt_uint32 *weight, const snnrt_int16 *values,
                                          uint32_t pairs, snnrt_int32 *to) {
    uint32_t a = weight[0], b = weight[1], c = weight[2], d = weight[3];
    uint32_t e = weight[4], f = weight[5], g = weight[6], h = weight[7];
    const snnrt_uint32 *const end = weight + SNNRT_PAIR_OUTPUTS * (1u + pairs);
    uint32_t value;
    weight += SNNRT_PAIR_OUTPUTS;
    /* Values may lie at any address. */
#if defined(__clang__)
    do {
        value = ((const snnrt_values_word *)(const void *)values)->word;
        values += 2;
        SNNRT_ADD_PAIR(a, weight[0], value);
        SNNRT_ADD_PAIR(b, weight[1], value);
        SNNRT_ADD_PAIR(c, weight[2], value);
        SNNRT_ADD_PAIR(d, weight[3], value);
        SNNRT_ADD_PAIR(e, weight[4], value);
        SNNRT_ADD_PAIR(f, weight[5], value);
        SNNRT_ADD_PAIR(g, weight[6], value);
        SNNRT_ADD_PAIR(h, weight[7], value);
        weight += SNNRT_PAIR_OUTPUTS;
    } while (weight != end);
#else
    uint32_t one, two;
    __asm__ volatile("1:\n\t"
                     "ldr %[value], [%[values]], #4\n\t" SNNRT_TWO_SUMS("a", "b") SNNRT_TWO_SUMS("c", "d")
                         SNNRT_TWO_SUMS("e", "f") SNNRT_TWO_SUMS("g", "h") "ldr %[one], %[end]\n\t"
                                                                           "cmp %[weight], %[one]\n\t"
                                                                           "bne 1b"
                     : [a] "+&r"(a), [b] "+&r"(b), [c] "+&r"(c), [d] "+&r"(d), [e] "+&r"(e), [f] "+&r"(f),
                       [g] "+&r"(g), [h] "+&r"(h), [weight] "+&r"(weight), [values] "+&r"(values),
                       [one] "=&r"(one), [two] "=&r"(two), [value] "=&r"(value)
                     : [end] "m"(end)
                     : "cc", "memory");
#endif
    to[0] = (int32_t)a;
    to[1] = (int32_t)b;
    to[2] = (int32_t)c;
    to[3] = (int32_t)d;
    to[4] = (int32_t)e;
    to[5] = (int32_t)f;
    to[6] = (int32_t)g;
    to[7] = (int32_t)h;
}

static inline void copy_8(const snnrt_uint32 *from, snnrt_int32 *to) {
    const uint32_t a = from[0], b = from[1], c = from[2], d = from[3];
    const uint32_t e = from[4], f = from[5], g = from[6], h = from[7];
    to[0] = (int32_t)a;
    to[1] = (int32_t)b;
    to[2] = (int32_t)c;
    to[3] = (int32_t)d;
    to[4] = (int32_t)e;
    to[5] = (int32_t)f;
    to[6] = (int32_t)g;
    to[7] = (int32_t)h;
}

/* A window; of zeros, its biases. */
SNNRT_NOINLINE static void sum_pairs(const snnrt_image_pairs *p, const snnrt_int16 *values, bool zeros,
                                     snnrt_int32 *to) {
    const snnrt_uint32 *word = p->words;
    uint32_t left = p->outputs;
    for (;;) {
        snnrt_int32 last[SNNRT_PAIR_OUTPUTS], *const sums = left < SNNRT_PAIR_OUTPUTS ? last : to;
        if (zeros) {
            copy_8(word, sums);
        } else {
            add_pairs_to_8(word, values, p->pairs, sums);
        }
        if (left <= SNNRT_PAIR_OUTPUTS) {
            for (uint32_t o = 0; o < left && sums == last; o++) {
                to[o] = last[o];
            }
            return;
        }
        to += SNNRT_PAIR_OUTPUTS;
        left -= SNNRT_PAIR_OUTPUTS;
        word += SNNRT_PAIR_OUTPUTS * (1u + p->pairs);
    }
}

/* A row of windows, as many at a time as there are columns for. */
static void sum_image_row(snnrt_image_pairs *p) {
    const snnrt_synapse_step *step = p->step;
    const snnrt_window *conv = step->window;
    const uint32_t at_once = (p->columns - conv->kernel_w) / conv->stride_x + 1u;
    const uint32_t distance = conv->stride_x * p->column;
    const uint32_t window_columns = 0xFFFFFFFFu >> (32u - conv->kernel_w);
    snnrt_int32 *output = p->output;
    uint32_t here;
    for (uint32_t ox = 0; ox < step->out_width; ox += here) {
        const snnrt_int16 *values = (const snnrt_int16 *)(const void *)p->values;
        uint32_t shift = 0;
        here = step->out_width - ox < at_once ? step->out_width - ox : at_once;
        lay_out_columns(p, (int32_t)(ox * conv->stride_x) - conv->pad_left,
                        (here - 1u) * conv->stride_x + conv->kernel_w);
        for (uint32_t left = here; left != 0; left--) {
            sum_pairs(p, values, (p->full >> shift & window_columns) == 0, output);
            values += distance;
            output += step->out_channels;
            shift += conv->stride_x;
        }
    }
}

bool snnrt_conv2d_image(const snnrt_synapse_step *step) {
    const snnrt_window *conv = step->window;
    uint32_t block, most;
    snnrt_image_pairs p;
    p.step = step;
    p.column = conv->kernel_h * step->in_channels;
    p.taps = conv->kernel_w * p.column;
    p.pairs = (p.taps + 1u) / 2u;
    block = SNNRT_PAIR_OUTPUTS * (1u + p.pairs);
    if (conv->groups != 1 || step->input_dtype == SNNRT_TYPE_BITS ||
        step->in_channels > SNNRT_IMAGE_CHANNELS_MAX || conv->dilation_x != 1 ||
        conv->kernel_w > SNNRT_PAIR_COLUMNS_MAX || block > SNNRT_PAIR_WORDS_MAX) {
        return false;
    }
    most = SNNRT_PAIR_VALUES_MAX / p.column;
    p.columns = most < SNNRT_PAIR_COLUMNS_MAX ? most : SNNRT_PAIR_COLUMNS_MAX;
    /* Of an odd window what lies behind it is read, and multiplied with 0. */
    p.values[SNNRT_PAIR_VALUES_MAX / 2u] = 0;
    most = SNNRT_PAIR_WORDS_MAX / block * SNNRT_PAIR_OUTPUTS;
    for (p.first = 0; p.first < step->out_channels; p.first += p.outputs) {
        p.outputs = step->out_channels - p.first < most ? step->out_channels - p.first : most;
        lay_out_pairs(&p);
        p.output = (snnrt_int32 *)step->output + p.first;
        for (uint32_t oy = step->first_row; oy < step->out_height; oy++) {
            p.top = (int32_t)(oy * conv->stride_y) - conv->pad_top;
            sum_image_row(&p);
            p.output += step->out_width * step->out_channels;
        }
    }
#if SNNRT_WITH_COUNTERS
    if (step->counts != NULL) {
        snnrt_count_image(step);
    }
#endif
    return true;
}
#else
typedef int snnrt_image_pairs_dsp_left_out;
#endif
