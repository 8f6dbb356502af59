/* Sums of listed rows with the lanes of Cortex-M4, M7 and M33: in place of ../row_sums.c. Counts are planes: two additions
 * for four outputs a row, whose sums double from plane to plane. */
#include "../row_sums.h"

#if SNNRT_WITH_INT8 && SNNRT_WITH_CONV2D && SNNRT_WITH_CONV_LISTS && SNNRT_WITH_COUNT_PLANES

/* Any address will do. */
typedef struct snnrt_weights_word {
    uint32_t word;
} __attribute__((packed, may_alias)) snnrt_weights_word;

static inline uint32_t dsp_weights_at(const int8_t *row) {
    return ((const snnrt_weights_word *)(const void *)row)->word;
}

/* Bytes 0 and 2 of a word as a pair of 16 bits; 1 and 3. */
static inline uint32_t dsp_even_bytes(uint32_t word) {
    uint32_t pair;
    __asm__("sxtb16 %0, %1" : "=r"(pair) : "r"(word));
    return pair;
}

static inline uint32_t dsp_odd_bytes(uint32_t word) {
    uint32_t pair;
    __asm__("sxtb16 %0, %1, ror #8" : "=r"(pair) : "r"(word));
    return pair;
}

#define SNNRT_ADD_EVEN(sums, word) __asm__("sxtab16 %0, %0, %1" : "+r"(sums) : "r"(word))
#define SNNRT_ADD_ODD(sums, word) __asm__("sxtab16 %0, %0, %1, ror #8" : "+r"(sums) : "r"(word))
#define SNNRT_DOUBLE(sums) __asm__("sadd16 %0, %0, %0" : "+r"(sums))

/* Keeps an address in a register, where the compiler would add its parts anew for each row. */
#define SNNRT_HELD(address) __asm__("" : "+r"(address))

/* Outputs of a block from `first` on. */
static inline void dsp_finish_pairs(const snnrt_row_sum *rows, uint32_t output, const uint32_t first,
                                    uint32_t even, uint32_t odd) {
    const snnrt_int32 *from = rows->from + output;
    snnrt_int32 *to = rows->to + output;
    const int32_t a = from[0] + (int16_t)even, b = from[1] + (int16_t)odd;
    const int32_t c = from[2] + ((int32_t)even >> 16), d = from[3] + ((int32_t)odd >> 16);
    if (first == 0) {
        to[0] = a;
    }
    if (first < 2u) {
        to[1] = b;
    }
    if (first < 3u) {
        to[2] = c;
    }
    to[3] = d;
}

/* Four outputs, of which those before `first` have been added. */
SNNRT_NOINLINE static void add_planes_to_4(const snnrt_row_sum *rows, uint32_t output, uint32_t first) {
    uint32_t even = 0, odd = 0;
    for (uint32_t plane = rows->planes; plane-- != 0;) {
        SNNRT_DOUBLE(even);
        SNNRT_DOUBLE(odd);
        for (uint32_t c = 0; c < rows->columns; c++) {
            const snnrt_uint16 *offset = (const snnrt_uint16 *)rows->column[c].column->begin[plane];
            const snnrt_uint16 *const end = (const snnrt_uint16 *)rows->column[c].column->end[plane];
            const int8_t *weights = rows->column[c].weights + output;
            SNNRT_HELD(weights);
            while (offset != end) {
                const uint32_t word = dsp_weights_at(weights + *offset++);
                SNNRT_ADD_EVEN(even, word);
                SNNRT_ADD_ODD(odd, word);
            }
        }
    }
    dsp_finish_pairs(rows, output, first, even, odd);
}

#if SNNRT_WITH_FAST_LOOPS
typedef struct snnrt_row_block {
    int8_t weights[16];
} SNNRT_MAY_ALIAS snnrt_row_block;

/* Two words of a row, in one instruction. */
#define SNNRT_TWO_WORDS(a, b, row, at) \
    __asm__("ldrd %0, %1, [%2, #" #at "]" \
            : "=r"(a), "=&r"(b) \
            : "r"(row), "m"(*(const snnrt_row_block *)(const void *)(row)))

/* Four outputs. */
#define SNNRT_FINISH(even, odd) \
    __asm__ volatile("ldrd %0, %1, [%2], #8\n\t" \
                     "sxtah %0, %0, %4\n\t" \
                     "sxtah %1, %1, %5\n\t" \
                     "strd %0, %1, [%3], #8\n\t" \
                     "ldrd %0, %1, [%2], #8\n\t" \
                     "add %0, %0, %4, asr #16\n\t" \
                     "add %1, %1, %5, asr #16\n\t" \
                     "strd %0, %1, [%3], #8" \
                     : "=&r"(a), "=&r"(b), "+&r"(from), "+&r"(to) \
                     : "r"(even), "r"(odd) \
                     : "memory")

SNNRT_NOINLINE static void add_planes_to_16(const snnrt_row_sum *rows, uint32_t output) {
    const snnrt_column_rows *const last = rows->column + rows->columns;
    uint32_t e0 = 0, e1 = 0, e2 = 0, e3 = 0, o0 = 0, o1 = 0, o2 = 0, o3 = 0;
    uint32_t plane = rows->planes - 1u;
    for (;;) {
        for (const snnrt_column_rows *c = rows->column; c != last; c++) {
            const snnrt_uint16 *offset = (const snnrt_uint16 *)c->column->begin[plane];
            const snnrt_uint16 *const end = (const snnrt_uint16 *)c->column->end[plane];
            const int8_t *weights = c->weights + output;
            SNNRT_HELD(weights);
            while (offset != end) {
                const int8_t *row = weights + *offset++;
                uint32_t a, b;
                SNNRT_TWO_WORDS(a, b, row, 0);
                SNNRT_ADD_EVEN(e0, a);
                SNNRT_ADD_ODD(o0, a);
                SNNRT_ADD_EVEN(e1, b);
                SNNRT_ADD_ODD(o1, b);
                SNNRT_TWO_WORDS(a, b, row, 8);
                SNNRT_ADD_EVEN(e2, a);
                SNNRT_ADD_ODD(o2, a);
                SNNRT_ADD_EVEN(e3, b);
                SNNRT_ADD_ODD(o3, b);
            }
        }
        if (plane-- == 0) {
            break;
        }
        SNNRT_DOUBLE(e0);
        SNNRT_DOUBLE(o0);
        SNNRT_DOUBLE(e1);
        SNNRT_DOUBLE(o1);
        SNNRT_DOUBLE(e2);
        SNNRT_DOUBLE(o2);
        SNNRT_DOUBLE(e3);
        SNNRT_DOUBLE(o3);
    }
    {
        const snnrt_int32 *from = rows->from + output;
        snnrt_int32 *to = rows->to + output;
        int32_t a, b;
        SNNRT_FINISH(e0, o0);
        SNNRT_FINISH(e1, o1);
        SNNRT_FINISH(e2, o2);
        SNNRT_FINISH(e3, o3);
    }
}
#endif

/* sum += a half of a pair times the value in the high half of what is listed. */
#define SNNRT_ADD_LOW(sum, pair, listed) __asm__("smlabt %0, %1, %2, %0" : "+r"(sum) : "r"(pair), "r"(listed))
#define SNNRT_ADD_HIGH(sum, pair, listed) \
    __asm__("smlatt %0, %1, %2, %0" : "+r"(sum) : "r"(pair), "r"(listed))

/* Any values: products of 16 bits. */
SNNRT_NOINLINE static void dsp_add_values_to_4(const snnrt_row_sum *rows, uint32_t output) {
    const snnrt_int32 *from = rows->from + output;
    snnrt_int32 *to = rows->to + output;
    int32_t a = from[0], b = from[1], c = from[2], d = from[3];
    for (uint32_t k = 0; k < rows->columns; k++) {
        const snnrt_uint32 *next = (const snnrt_uint32 *)rows->column[k].column->begin[0];
        const snnrt_uint32 *const end = (const snnrt_uint32 *)rows->column[k].column->end[0];
        const int8_t *weights = rows->column[k].weights + output;
        SNNRT_HELD(weights);
        do {
            const uint32_t listed = *next++;
            const uint32_t word = dsp_weights_at(snnrt_listed_row(weights, listed));
            const uint32_t even = dsp_even_bytes(word), odd = dsp_odd_bytes(word);
            SNNRT_ADD_LOW(a, even, listed);
            SNNRT_ADD_LOW(b, odd, listed);
            SNNRT_ADD_HIGH(c, even, listed);
            SNNRT_ADD_HIGH(d, odd, listed);
        } while (next != end);
    }
    to[0] = a;
    to[1] = b;
    to[2] = c;
    to[3] = d;
}

SNNRT_NOINLINE static void dsp_add_values_to_1(const snnrt_row_sum *rows, uint32_t output) {
    int32_t sum = rows->from[output];
    for (uint32_t k = 0; k < rows->columns; k++) {
        const snnrt_uint32 *next = (const snnrt_uint32 *)rows->column[k].column->begin[0];
        const snnrt_uint32 *const end = (const snnrt_uint32 *)rows->column[k].column->end[0];
        const int8_t *weights = rows->column[k].weights + output;
        SNNRT_HELD(weights);
        do {
            const uint32_t listed = *next++;
            sum += *snnrt_listed_row(weights, listed) * snnrt_listed_value(listed);
        } while (next != end);
    }
    rows->to[output] = sum;
}

#if SNNRT_WITH_FAST_LOOPS
/* Rows of whole words. */
SNNRT_NOINLINE static void dsp_add_values_to_8(const snnrt_row_sum *rows, uint32_t output) {
    const snnrt_int32 *from = rows->from + output;
    int32_t a = from[0], b = from[1], c = from[2], d = from[3];
    int32_t e = from[4], f = from[5], g = from[6], h = from[7];
    const snnrt_column_rows *const last = rows->column + rows->columns;
    snnrt_int32 *to;
    for (const snnrt_column_rows *k = rows->column; k != last; k++) {
        const snnrt_uint32 *next = (const snnrt_uint32 *)k->column->begin[0];
        const snnrt_uint32 *const end = (const snnrt_uint32 *)k->column->end[0];
        const int8_t *weights = k->weights + output;
        SNNRT_HELD(weights);
        do {
            const uint32_t listed = *next++;
            const int8_t *row = snnrt_listed_row(weights, listed);
            uint32_t word, other, pair;
            __asm__("ldrd %0, %1, [%2]"
                    : "=r"(word), "=&r"(other)
                    : "r"(row), "m"(*(const snnrt_row_block *)(const void *)row));
            pair = dsp_even_bytes(word);
            SNNRT_ADD_LOW(a, pair, listed);
            SNNRT_ADD_HIGH(c, pair, listed);
            pair = dsp_odd_bytes(word);
            SNNRT_ADD_LOW(b, pair, listed);
            SNNRT_ADD_HIGH(d, pair, listed);
            pair = dsp_even_bytes(other);
            SNNRT_ADD_LOW(e, pair, listed);
            SNNRT_ADD_HIGH(g, pair, listed);
            pair = dsp_odd_bytes(other);
            SNNRT_ADD_LOW(f, pair, listed);
            SNNRT_ADD_HIGH(h, pair, listed);
        } while (next != end);
    }
    to = rows->to + output;
    to[0] = a;
    to[1] = b;
    to[2] = c;
    to[3] = d;
    to[4] = e;
    to[5] = f;
    to[6] = g;
    to[7] = h;
}
#endif

void snnrt_add_value_rows(const snnrt_row_sum *rows) {
    uint32_t output = 0;
#if SNNRT_WITH_FAST_LOOPS
    for (; rows->words && output + 8u <= rows->outputs; output += 8u) {
        dsp_add_values_to_8(rows, output);
    }
#endif
    for (; output + 4u <= rows->outputs; output += 4u) {
        dsp_add_values_to_4(rows, output);
    }
    for (; output < rows->outputs; output++) {
        dsp_add_values_to_1(rows, output);
    }
}

/* Fewer than four outputs. */
static void add_planes_to_few(const snnrt_row_sum *rows) {
    for (uint32_t output = 0; output < rows->outputs; output++) {
        int32_t sum = 0;
        for (uint32_t plane = rows->planes; plane-- != 0;) {
            sum *= 2;
            for (uint32_t c = 0; c < rows->columns; c++) {
                const snnrt_uint16 *offset = (const snnrt_uint16 *)rows->column[c].column->begin[plane];
                for (; offset != (const snnrt_uint16 *)rows->column[c].column->end[plane]; offset++) {
                    sum += rows->column[c].weights[output + *offset];
                }
            }
        }
        rows->to[output] = rows->from[output] + sum;
    }
}

void snnrt_add_count_rows(const snnrt_row_sum *rows) {
    uint32_t output = 0;
    if (rows->outputs < 4u) {
        add_planes_to_few(rows);
        return;
    }
#if SNNRT_WITH_FAST_LOOPS
    for (; rows->words && output + 16u <= rows->outputs; output += 16u) {
        add_planes_to_16(rows, output);
    }
#endif
    for (; output + 4u <= rows->outputs; output += 4u) {
        add_planes_to_4(rows, output, 0);
    }
    if (output != rows->outputs) {
        /* The last four, of which some are done. */
        add_planes_to_4(rows, rows->outputs - 4u, output + 4u - rows->outputs);
    }
}
#else
typedef int snnrt_row_sums_dsp_left_out;
#endif
