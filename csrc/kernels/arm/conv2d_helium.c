/* Int8 convolutions with the vectors of Cortex-M55 (Helium), in place of ../conv2d_i8.c: what a window reads is looked at
 * while the sums of a block of its outputs stay in registers, and nothing is listed. */
#include "../synapse.h"
#include "../taps.h"
#include "direct_windows.h"

#if SNNRT_WITH_DIRECT_WINDOWS
#include <arm_mve.h>

/* Outputs whose sums are in registers, and where they go. */
typedef struct snnrt_direct_block {
    const snnrt_int32 *from;
    snnrt_int32 *to;
    uint32_t outputs;
    uint32_t total; /* of the magnitudes that sums of 16 bits may hold */
    int16_t lanes[32];
} snnrt_direct_block;

/* 4, 2 or 1 vectors. */
typedef struct snnrt_direct_sums {
    int16x8_t a, b, c, d;
} snnrt_direct_sums;

/* Elements that are not 0, the first one's bit at the top. */
typedef struct snnrt_direct_events {
    uint32_t word;
    const snnrt_int16 *value; /* of the first, where they are counts */
    const int8_t *weights; /* row of the first */
    uint32_t outputs;
    uint32_t left; /* outputs of a block of one vector */
} snnrt_direct_events;

static const snnrt_int32 direct_zeros[32] = {0};

static inline const snnrt_int32 *direct_bias(const snnrt_direct_windows *w, uint32_t output) {
    return w->bias == NULL ? direct_zeros : w->bias + output;
}

/* Adds the sums of 16 bits in `lanes`. */
SNNRT_NOINLINE static void direct_add_lanes(snnrt_direct_block *block) {
    const snnrt_int32 *from = block->from;
    const int16_t *lanes = block->lanes;
    snnrt_int32 *to = block->to;
    int32x4_t sum, before;
    block->from = to;
    block->total = 0;
    __asm__ volatile(
        "dlstp.32 lr, %[outputs]\n"
        "1:\n\t"
        "vldrh.s32 %q[sum], [%[lanes]], #8\n\t"
        "vldrw.u32 %q[before], [%[from]], #16\n\t"
        "vadd.i32 %q[sum], %q[sum], %q[before]\n\t"
        "vstrw.32 %q[sum], [%[to]], #16\n\t"
        "letp lr, 1b"
        : [lanes] "+l"(lanes), [from] "+r"(from), [to] "+r"(to), [sum] "=&w"(sum), [before] "=&w"(before)
        : [outputs] "r"(block->outputs)
        : "lr", "memory");
}

SNNRT_INLINE static inline void direct_store(snnrt_direct_block *block, const uint32_t vectors,
                                             snnrt_direct_sums *s) {
    vstrhq_s16(block->lanes, s->a);
    if (vectors > 1u) {
        vstrhq_s16(block->lanes + 8, s->b);
    }
    if (vectors > 2u) {
        vstrhq_s16(block->lanes + 16, s->c);
        vstrhq_s16(block->lanes + 24, s->d);
    }
    direct_add_lanes(block);
    s->a = s->b = s->c = s->d = vdupq_n_s16(0);
}

#define SNNRT_EVENTS(begin, find, add, ...) \
    __asm__ volatile(begin "1:\n\t" \
                           "clz %[at], %[word]\n\t" \
                           "lsr %[row], %[top], %[at]\n\t" \
                           "eors %[word], %[word], %[row]\n\t" find \
                           "mla %[row], %[at], %[outputs], %[weights]\n\t" add "bne 1b" \
                     : [word] "+&l"(word), [at] "=&r"(at), [row] "=&l"(row), [one] "=&r"(one), [x] "=&w"(x), \
                       __VA_ARGS__ \
                     : [top] "r"(top), [outputs] "r"(e->outputs), [weights] "r"(e->weights), \
                       [value] "r"(e->value), [left] "r"(e->left) \
                     : "cc", "p0", "memory")
/* Two bits an element, as it has bytes. */
#define SNNRT_FIND_COUNT \
    "ldrsh %[one], [%[value], %[at]]\n\t" \
    "lsr %[at], %[at], #1\n\t"
#define SNNRT_ADD_SPIKE(then, offset, sum) \
    "vldrb" then ".s16 %q[x], [%[row], #" offset "]\n\t" \
    "vadd.i16 %q[" sum "], %q[" sum "], %q[x]\n\t"
#define SNNRT_ADD_COUNT(then, offset, sum) \
    "vldrb" then ".s16 %q[x], [%[row], #" offset "]\n\t" \
    "vmla.s16 %q[" sum "], %q[x], %[one]\n\t"

/* For 4 vectors, for 2, or for one whose lanes are not all there. */
#define SNNRT_EVENTS_OF(name, first_bits, find, add) \
    SNNRT_INLINE static inline void name(const snnrt_direct_events *e, const uint32_t vectors, \
                                         snnrt_direct_sums *s) { \
        const uint32_t top = first_bits; \
        uint32_t word = e->word, at, row, one; \
        int16x8_t x; \
        if (vectors == 4u) { \
            SNNRT_EVENTS("", find, \
                         add("", "0", "a") add("", "8", "b") add("", "16", "c") add("", "24", "d"), \
                         [a] "+w"(s->a), [b] "+w"(s->b), [c] "+w"(s->c), [d] "+w"(s->d)); \
        } else if (vectors == 2u) { \
            SNNRT_EVENTS("", find, add("", "0", "a") add("", "8", "b"), [a] "+w"(s->a), [b] "+w"(s->b)); \
        } else { \
            SNNRT_EVENTS("vctp.16 %[left]\n\t", find, "vpst\n\t" add("t", "0", "a"), [a] "+w"(s->a)); \
        } \
    }
SNNRT_EVENTS_OF(direct_add_spikes, 0x80000000u, "", SNNRT_ADD_SPIKE)
SNNRT_EVENTS_OF(direct_add_counts, 0xC0000000u, SNNRT_FIND_COUNT, SNNRT_ADD_COUNT)

/* The spikes among `count` bits of `input` from `element` on. */
SNNRT_INLINE static inline void direct_scan_bits(const void *input, uint32_t element, uint32_t count,
                                                 snnrt_direct_events *e, const uint32_t vectors,
                                                 snnrt_direct_sums *s) {
    const snnrt_uint32 *words = (const snnrt_uint32 *)input + (element >> 5);
    const uint32_t begin = element & 31u;
    uint32_t word = *words++ >> begin << begin, left = begin + count;
    e->weights -= begin * e->outputs;
    for (;;) {
        if (left < 32u) {
            word &= (1u << left) - 1u;
        }
        __asm__("rbit %0, %1" : "=r"(e->word) : "r"(word));
        if (e->word != 0) {
            direct_add_spikes(e, vectors, s);
        }
        if (left <= 32u) {
            return;
        }
        left -= 32u;
        e->weights += 32u * e->outputs;
        word = *words++;
    }
}

/* The counts of `count` elements from e->value on; returns the sum of their magnitudes, or more. */
SNNRT_INLINE static inline uint32_t direct_scan_counts(uint32_t count, snnrt_direct_events *e,
                                                       const uint32_t vectors, snnrt_direct_sums *s) {
    uint32_t total = 0;
    for (;;) {
        uint16x8_t eight;
        __asm__ volatile("vctp.16 %[count]\n\t"
                         "vpst\n\t"
                         "vldrht.u16 %q[eight], [%[value]]\n\t"
                         "vcmp.i16 ne, %q[eight], zr\n\t"
                         "vmrs %[word], p0\n\t"
                         "rbit %[word], %[word]"
                         : [word] "=r"(e->word), [eight] "=&w"(eight)
                         : [count] "r"(count), [value] "r"(e->value)
                         : "p0", "memory");
        if (e->word != 0) {
            total = vaddvaq_u16(total, eight);
            direct_add_counts(e, vectors, s);
        }
        if (count <= 8u) {
            return total;
        }
        count -= 8u;
        e->value += 8;
        e->weights += 8u * e->outputs;
    }
}

/* Each chunk of a run. */
SNNRT_INLINE static inline void direct_add_run(const snnrt_direct_windows *w, uint32_t element,
                                               const int8_t *row, const bool bits,
                                               snnrt_direct_events *events, const uint32_t vectors,
                                               snnrt_direct_sums *sums, snnrt_direct_block *block) {
    uint32_t left = w->count;
    for (;;) {
        const uint32_t count = left < w->chunk ? left : w->chunk;
        if (block->total + w->most > SNNRT_DIRECT_WEIGHTS_MAX) {
            direct_store(block, vectors, sums);
        }
        events->weights = row;
        if (bits) {
            direct_scan_bits(w->input, element, count, events, vectors, sums);
            block->total += w->most;
        } else {
            events->value = (const snnrt_int16 *)w->input + element;
            block->total += direct_scan_counts(count, events, vectors, sums);
        }
        if (left <= w->chunk) {
            return;
        }
        left -= w->chunk;
        element += w->chunk;
        row += w->chunk * w->outputs;
    }
}

/* A block of each window's outputs, from `output` on. */
SNNRT_INLINE static inline void direct_sum(const snnrt_direct_windows *w, uint32_t output,
                                           const uint32_t vectors, const bool bits) {
    const uint32_t left = w->outputs - output;
    snnrt_direct_events events;
    snnrt_direct_sums sums;
    snnrt_direct_block block;
    uint32_t window_element = w->element;
    snnrt_int32 *to = w->to + output;
    block.outputs = left < 8u * vectors ? left : 8u * vectors;
    events.outputs = w->outputs;
    events.value = NULL;
    events.left = block.outputs;
    sums.a = sums.b = sums.c = sums.d = vdupq_n_s16(0);
    for (uint32_t windows = w->windows; windows != 0; windows--) {
        uint32_t line_element = window_element;
        const int8_t *line_row = w->weights + output;
        block.from = direct_bias(w, output);
        block.to = to;
        block.total = 0;
        for (uint32_t line = w->lines; line != 0; line--) {
            uint32_t element = line_element;
            const int8_t *row = line_row;
            for (uint32_t run = w->runs; run != 0; run--) {
                direct_add_run(w, element, row, bits, &events, vectors, &sums, &block);
                element += w->run_elements;
                row += w->run_weights;
            }
            line_element += w->line_elements;
            line_row += w->line_weights;
        }
        direct_store(&block, vectors, &sums);
        window_element += w->window_elements;
        to += w->window_outputs;
    }
}

#define SNNRT_ADD_VALUE(then, offset, sum) \
    "vldrb" then ".s32 %q[x], [%[row], #" offset "]\n\t" \
    "vmla.s32 %q[" sum "], %q[x], %[one]\n\t"
#define SNNRT_VALUES(begin, add, ...) \
    __asm__ volatile(begin "dls lr, %[count]\n" \
                           "1:\n\t" \
                           "ldrsh %[one], [%[value]], #2\n\t" \
                           "cbz %[one], 2f\n\t" add "2:\n\t" \
                           "add %[row], %[row], %[outputs]\n\t" \
                           "le lr, 1b" \
                     : [row] "+&l"(row), [value] "+&r"(value), [one] "=&l"(one), [x] "=&w"(x), __VA_ARGS__ \
                     : [count] "r"(w->count), [outputs] "r"(w->outputs), [left] "r"(left) \
                     : "lr", "p0", "memory")

/* The same of any values, in sums of 32 bits. */
SNNRT_INLINE static inline void direct_sum_values(const snnrt_direct_windows *w, uint32_t output,
                                                  const uint32_t vectors) {
    const uint32_t left = w->outputs - output;
    const snnrt_int32 *const from = direct_bias(w, output);
    const snnrt_int16 *window_value = (const snnrt_int16 *)w->input + w->element;
    snnrt_int32 *to = w->to + output;
    for (uint32_t windows = w->windows; windows != 0; windows--) {
        const snnrt_int16 *line_value = window_value;
        const int8_t *line_row = w->weights + output;
        int32x4_t a, b, c, d;
        if (vectors == 1u) {
            a = b = c = d = vldrwq_z_s32(from, vctp32q(left));
        } else {
            a = c = vldrwq_s32(from);
            b = d = vldrwq_s32(from + 4);
        }
        if (vectors == 4u) {
            c = vldrwq_s32(from + 8);
            d = vldrwq_s32(from + 12);
        }
        for (uint32_t line = w->lines; line != 0; line--) {
            const snnrt_int16 *run_value = line_value;
            const int8_t *run_row = line_row;
            for (uint32_t run = w->runs; run != 0; run--) {
                const snnrt_int16 *value = run_value;
                const int8_t *row = run_row;
                uint32_t one;
                int32x4_t x;
                if (vectors == 4u) {
                    SNNRT_VALUES("",
                                 SNNRT_ADD_VALUE("", "0", "a") SNNRT_ADD_VALUE("", "4", "b")
                                     SNNRT_ADD_VALUE("", "8", "c") SNNRT_ADD_VALUE("", "12", "d"),
                                 [a] "+w"(a), [b] "+w"(b), [c] "+w"(c), [d] "+w"(d));
                } else if (vectors == 2u) {
                    SNNRT_VALUES("", SNNRT_ADD_VALUE("", "0", "a") SNNRT_ADD_VALUE("", "4", "b"), [a] "+w"(a),
                                 [b] "+w"(b));
                } else {
                    SNNRT_VALUES("vctp.32 %[left]\n\t",
                                 "vpst\n\t" SNNRT_ADD_VALUE("t", "0", "a"), [a] "+w"(a));
                }
                run_value += w->run_elements;
                run_row += w->run_weights;
            }
            line_value += w->line_elements;
            line_row += w->line_weights;
        }
        if (vectors == 1u) {
            vstrwq_p_s32(to, a, vctp32q(left));
        } else {
            vstrwq_s32(to, a);
            vstrwq_s32(to + 4, b);
        }
        if (vectors == 4u) {
            vstrwq_s32(to + 8, c);
            vstrwq_s32(to + 12, d);
        }
        window_value += w->window_elements;
        to += w->window_outputs;
    }
}

typedef void snnrt_direct_sum(const snnrt_direct_windows *w, uint32_t output);

#define SNNRT_DIRECT_SUM(name, call) \
    SNNRT_NOINLINE static void name(const snnrt_direct_windows *w, uint32_t output) { call; }
SNNRT_DIRECT_SUM(direct_bits_to_32, direct_sum(w, output, 4, true))
SNNRT_DIRECT_SUM(direct_bits_to_8, direct_sum(w, output, 1, true))
SNNRT_DIRECT_SUM(direct_counts_to_32, direct_sum(w, output, 4, false))
SNNRT_DIRECT_SUM(direct_counts_to_8, direct_sum(w, output, 1, false))
SNNRT_DIRECT_SUM(direct_values_to_16, direct_sum_values(w, output, 4))
SNNRT_DIRECT_SUM(direct_values_to_4, direct_sum_values(w, output, 1))
#if SNNRT_WITH_FAST_LOOPS
SNNRT_DIRECT_SUM(direct_bits_to_16, direct_sum(w, output, 2, true))
SNNRT_DIRECT_SUM(direct_counts_to_16, direct_sum(w, output, 2, false))
SNNRT_DIRECT_SUM(direct_values_to_8, direct_sum_values(w, output, 2))
#endif

/* Sums of `large`, half and a quarter as many outputs; small builds have none of half. */
typedef struct snnrt_direct_kernel {
    uint32_t large;
    snnrt_direct_sum *sums[3];
} snnrt_direct_kernel;

#if SNNRT_WITH_FAST_LOOPS
#define SNNRT_DIRECT_KERNEL(large, all, half, quarter) \
    { \
        large, { all, half, quarter } \
    }
#else
#define SNNRT_DIRECT_KERNEL(large, all, half, quarter) \
    { \
        large, { all, NULL, quarter } \
    }
#endif
static const snnrt_direct_kernel direct_bits =
    SNNRT_DIRECT_KERNEL(32, direct_bits_to_32, direct_bits_to_16, direct_bits_to_8);
static const snnrt_direct_kernel direct_counts =
    SNNRT_DIRECT_KERNEL(32, direct_counts_to_32, direct_counts_to_16, direct_counts_to_8);
static const snnrt_direct_kernel direct_values =
    SNNRT_DIRECT_KERNEL(16, direct_values_to_16, direct_values_to_8, direct_values_to_4);

/* All outputs. A block that is not full ends where the outputs do: it sums some of them once more. */
static void direct_sum_blocks(const snnrt_direct_windows *w, const snnrt_direct_kernel *kernel) {
    const uint32_t outputs = w->outputs;
    uint32_t output = 0;
    do {
        uint32_t large = kernel->large, place = 0;
        while (place < 2u && (large > outputs || large / 2u >= outputs - output)) {
            large /= 2u;
            place++;
        }
        if (kernel->sums[place] == NULL) {
            large /= 2u;
            place++;
        }
        if (place < 2u && output + large > outputs) {
            output = outputs - large;
        }
        kernel->sums[place](w, output);
        output += large;
    } while (output < outputs);
}

#if SNNRT_WITH_COUNTERS
static void direct_count(const snnrt_synapse_step *step, const snnrt_direct_windows *w) {
    for (uint32_t window = 0; window < w->windows; window++) {
        uint32_t rows = 0;
        for (uint32_t line = 0; line < w->lines; line++) {
            for (uint32_t run = 0; run < w->runs; run++) {
                uint32_t element = w->element + window * w->window_elements + line * w->line_elements +
                                   run * w->run_elements;
                for (uint32_t left = w->count; left != 0; left--, element++) {
                    rows += step->input_dtype == SNNRT_TYPE_BITS
                                ? snnrt_bit((const snnrt_uint32 *)step->input, element)
                                : (uint32_t)(((const snnrt_int16 *)step->input)[element] != 0);
                }
            }
        }
        snnrt_count_window(step, rows, w->outputs);
    }
}
#endif

bool snnrt_conv2d_i8(const snnrt_synapse_step *step) {
    const snnrt_window *conv = step->window;
    const uint32_t depth = step->in_channels / conv->groups, outputs = step->out_channels / conv->groups;
    const uint32_t tap_weights = depth * outputs;
    const bool bits = step->input_dtype == SNNRT_TYPE_BITS;
    const uint32_t peak = bits || step->input_peak == 0 ? 1u : step->input_peak;
    const snnrt_direct_kernel *kernel = bits                             ? &direct_bits
                                        : peak <= SNNRT_DIRECT_COUNT_MAX ? &direct_counts
                                                                         : &direct_values;
    /* Neighbouring taps read neighbouring pixels. */
    const bool neighbours = conv->groups == 1 && conv->dilation_x == 1;
    const bool depthwise = snnrt_is_direct_depthwise(step);
    const int32_t reach = (int32_t)((conv->kernel_w - 1u) * conv->dilation_x);
    snnrt_direct_windows w;
    w.input = step->input;
    w.outputs = outputs;
    w.window_elements = conv->stride_x * step->in_channels;
    w.window_outputs = step->out_channels;
    w.line_elements = conv->dilation_y * step->in_width * step->in_channels;
    w.line_weights = conv->kernel_w * tap_weights;
    w.run_elements = neighbours ? w.line_elements : conv->dilation_x * step->in_channels;
    w.run_weights = neighbours ? w.line_weights : tap_weights;
    w.group_weights = conv->kernel_h * w.line_weights;
    w.to = (snnrt_int32 *)step->output;
    for (uint32_t oy = step->first_row; oy < step->out_height; oy++) {
        const int32_t top = (int32_t)(oy * conv->stride_y) - conv->pad_top;
        const snnrt_taps y = snnrt_taps_inside(top, conv->kernel_h, conv->dilation_y, step->in_height);
        const uint32_t line = (uint32_t)(top + (int32_t)(y.first * conv->dilation_y)) * step->in_width;
        int32_t left = -(int32_t)conv->pad_left;
        uint32_t rest = step->out_width;
        do {
            const snnrt_taps x = snnrt_taps_inside(left, conv->kernel_w, conv->dilation_x, step->in_width);
            const uint32_t taps = x.first < x.end ? x.end - x.first : 0;
            w.windows = 1;
            if (taps == conv->kernel_w) {
                /* All of them inside, as in the windows behind up to the input's edge. */
                const uint32_t more =
                    (uint32_t)((int32_t)step->in_width - 1 - reach - left) / conv->stride_x + 1u;
                w.windows = more < rest ? more : rest;
            }
            w.lines = taps != 0 && y.first < y.end ? y.end - y.first : 0;
            w.runs = taps;
            if (neighbours) {
                w.runs = w.lines;
                w.lines = 1;
            }
            w.count = neighbours ? taps * depth : depth;
            /* Of whole words, or vectors. */
            w.chunk = bits ? SNNRT_DIRECT_WEIGHTS_MAX & ~31u : SNNRT_DIRECT_WEIGHTS_MAX / peak & ~7u;
            w.most = (w.count < w.chunk ? w.count : w.chunk) * peak;
            w.element = (line + (uint32_t)(left + (int32_t)(x.first * conv->dilation_x))) * step->in_channels;
            w.weights = (const int8_t *)step->weights + (y.first * conv->kernel_w + x.first) * tap_weights;
            w.bias = (const snnrt_int32 *)step->bias;
#if SNNRT_WITH_DIRECT_DEPTHWISE
            if (depthwise) {
                w.most = (uint32_t)conv->kernel_h * conv->kernel_w * peak;
                snnrt_direct_depthwise(&w, conv->groups, bits);
            }
#endif
            for (uint32_t group = conv->groups; group != 0; group--) {
                if (!depthwise) {
                    direct_sum_blocks(&w, kernel);
                }
#if SNNRT_WITH_COUNTERS
                direct_count(step, &w);
#endif
                w.element += depth;
                w.weights += w.group_weights;
                w.bias = w.bias == NULL ? NULL : w.bias + outputs;
                w.to += outputs;
            }
            w.to += (w.windows - 1u) * step->out_channels;
            left += (int32_t)(w.windows * conv->stride_x);
            rest -= w.windows;
        } while (rest != 0);
    }
    return true;
}
#else
typedef int snnrt_conv2d_helium_left_out;
#endif
