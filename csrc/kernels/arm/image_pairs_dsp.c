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

/* A window's blocks of outputs; what moves on from block to block. */
typedef struct snnrt_pair_sum {
    const snnrt_uint32 *words; /* biases, then weights */
    snnrt_int32 *to;
    uint32_t blocks;
    const snnrt_int16 *values; /* which may lie at any address */
    uint32_t pairs;
} snnrt_pair_sum;

#define SNNRT_ADD_PAIR \
    "ldr r12, [lr], #4\n\t" \
    "ldm r0!, {r1-r3}\n\t" \
    "smlad r4, r1, r12, r4\n\t" \
    "smlad r5, r2, r12, r5\n\t" \
    "smlad r6, r3, r12, r6\n\t" \
    "ldm r0!, {r1-r3}\n\t" \
    "smlad r7, r1, r12, r7\n\t" \
    "smlad r8, r2, r12, r8\n\t" \
    "smlad r9, r3, r12, r9\n\t" \
    "ldm r0!, {r1-r2}\n\t" \
    "smlad r10, r1, r12, r10\n\t" \
    "smlad r11, r2, r12, r11\n\t"

/* In r4 to r11 the sums, in r0 their weights, in lr the values. On the stack `sum`, where the values end, which pair of four
 * is the first, and r7, which compilers keep for themselves. Four pairs at a time; the first ones of other numbers are
 * passed over. */
SNNRT_NOINLINE static void add_pairs(snnrt_pair_sum *sum) {
    register snnrt_pair_sum *r0 __asm__("r0") = sum;
    __asm__ volatile("ldrd r1, r2, [r0, %[values]]\n\t"
                     "add r1, r1, r2, lsl #2\n\t"
                     "and r2, r2, #3\n\t"
                     "push {r0, r1, r2, r7}\n"
                     "1:\n\t"
                     "ldr lr, [r0, %[values]]\n\t"
                     "ldr r0, [r0]\n\t"
                     "ldr r1, [sp, #8]\n\t"
                     "ldm r0!, {r4-r11}\n\t"
                     "tbb [pc, r1]\n"
                     "0:\n\t"
                     ".byte (2f - 0b) / 2, (5f - 0b) / 2, (4f - 0b) / 2, (3f - 0b) / 2\n"
                     "2:\n\t" SNNRT_ADD_PAIR "3:\n\t" SNNRT_ADD_PAIR "4:\n\t" SNNRT_ADD_PAIR
                     "5:\n\t" SNNRT_ADD_PAIR "ldr r1, [sp, #4]\n\t"
                     "cmp lr, r1\n\t"
                     "bne 2b\n\t"
                     "ldr r1, [sp]\n\t"
                     "ldrd r2, r3, [r1, %[to]]\n\t"
                     "stm r2!, {r4-r11}\n\t"
                     "subs r3, r3, #1\n\t"
                     "str r0, [r1]\n\t"
                     "strd r2, r3, [r1, %[to]]\n\t"
                     "mov r0, r1\n\t"
                     "bne 1b\n\t"
                     "pop {r0, r1, r2, r7}"
                     : "+r"(r0)
                     : [to] "i"(offsetof(snnrt_pair_sum, to)), [values] "i"(offsetof(snnrt_pair_sum, values))
                     : "r1", "r2", "r3", "r4", "r5", "r6", "r8", "r9", "r10", "r11", "r12", "lr", "cc",
                       "memory");
}

/* The biases of a block. */
static inline snnrt_int32 *copy_8(const snnrt_uint32 *from, snnrt_int32 *to) {
    __asm__ volatile("ldm %[from], {r2-r6, r8-r10}\n\t"
                     "stm %[to]!, {r2-r6, r8-r10}"
                     : [to] "+r"(to)
                     : [from] "r"(from)
                     : "r2", "r3", "r4", "r5", "r6", "r8", "r9", "r10", "memory");
    return to;
}

/* A window, of which blocks and whatever is `left` are summed; of zeros, its biases. */
SNNRT_INLINE static inline void sum_pairs(snnrt_pair_sum *sum, uint32_t left, uint32_t block, bool zeros) {
    if (zeros) {
        const snnrt_uint32 *word = sum->words;
        snnrt_int32 *to = sum->to;
        for (uint32_t k = sum->blocks; k != 0; k--, word += block) {
            to = copy_8(word, to);
        }
        sum->words = word;
        sum->to = to;
    } else if (sum->blocks != 0) {
        add_pairs(sum);
    }
    if (left != 0) {
        snnrt_int32 last[SNNRT_PAIR_OUTPUTS], *const to = sum->to;
        sum->to = last;
        sum->blocks = 1;
        if (zeros) {
            copy_8(sum->words, last);
        } else {
            add_pairs(sum);
        }
        for (uint32_t o = 0; o < left; o++) {
            to[o] = last[o];
        }
    }
}

/* A row of windows, as many at a time as there are columns for. */
static void sum_image_row(snnrt_image_pairs *p) {
    const snnrt_synapse_step *step = p->step;
    const snnrt_window *conv = step->window;
    const uint32_t at_once = (p->columns - conv->kernel_w) / conv->stride_x + 1u;
    const uint32_t distance = conv->stride_x * p->column, stride = conv->stride_x;
    const uint32_t window_columns = 0xFFFFFFFFu >> (32u - conv->kernel_w), out_channels = step->out_channels;
    const uint32_t blocks = p->outputs / SNNRT_PAIR_OUTPUTS, last = p->outputs % SNNRT_PAIR_OUTPUTS;
    const uint32_t block = SNNRT_PAIR_OUTPUTS * (1u + p->pairs);
    snnrt_int32 *output = p->output;
    uint32_t here;
    for (uint32_t ox = 0; ox < step->out_width; ox += here) {
        const snnrt_int16 *values = (const snnrt_int16 *)(const void *)p->values;
        uint32_t full;
        here = step->out_width - ox < at_once ? step->out_width - ox : at_once;
        lay_out_columns(p, (int32_t)(ox * stride) - conv->pad_left, (here - 1u) * stride + conv->kernel_w);
        full = p->full;
        for (uint32_t left = here; left != 0; left--) {
            snnrt_pair_sum sum;
            sum.words = p->words;
            sum.to = output;
            sum.blocks = blocks;
            sum.values = values;
            sum.pairs = p->pairs;
            sum_pairs(&sum, last, block, (full & window_columns) == 0);
            values += distance;
            output += out_channels;
            /* Of 32 and more columns there is no second window. */
            full >>= stride & 31u;
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
