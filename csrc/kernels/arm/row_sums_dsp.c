/* Sums of listed rows with the lanes of Cortex-M4, M7 and M33: in place of ../row_sums.c. Counts are planes: two additions
 * for four outputs a row, whose sums double from plane to plane. */
#include "../row_sums.h"

#include <stddef.h>

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

/* Eight outputs, or four of which those before `first` have been added. */
SNNRT_INLINE static inline void add_planes(const snnrt_row_sum *rows, uint32_t output, uint32_t first,
                                           const bool eight) {
    const int8_t *const weights = snnrt_counted_from(rows, output);
    const uint32_t shift = rows->shift;
    uint32_t even = 0, odd = 0, more_even = 0, more_odd = 0;
    for (uint32_t plane = SNNRT_PLANES; plane-- != 0;) {
        const snnrt_uint16 *offset = (const snnrt_uint16 *)rows->first->place[plane];
        const snnrt_uint16 *const end = (const snnrt_uint16 *)rows->end->place[plane];
        SNNRT_DOUBLE(even);
        SNNRT_DOUBLE(odd);
        if (eight) {
            SNNRT_DOUBLE(more_even);
            SNNRT_DOUBLE(more_odd);
        }
        while (offset != end) {
            const int8_t *const row = weights + ((uint32_t)*offset++ << shift);
            uint32_t word = dsp_weights_at(row);
            SNNRT_ADD_EVEN(even, word);
            SNNRT_ADD_ODD(odd, word);
            if (eight) {
                word = dsp_weights_at(row + 4);
                SNNRT_ADD_EVEN(more_even, word);
                SNNRT_ADD_ODD(more_odd, word);
            }
        }
    }
    dsp_finish_pairs(rows, output, first, even, odd);
    if (eight) {
        dsp_finish_pairs(rows, output + 4u, 0, more_even, more_odd);
    }
}

SNNRT_NOINLINE static void add_planes_to_4(const snnrt_row_sum *rows, uint32_t output, uint32_t first) {
    add_planes(rows, output, first, false);
}

#if SNNRT_WITH_FAST_LOOPS
typedef struct snnrt_row_block {
    int8_t weights[8];
} SNNRT_MAY_ALIAS snnrt_row_block;

typedef struct snnrt_plane_list {
    const void *begin, *end;
} snnrt_plane_list;

/* Rows that are summed for blocks of sixteen outputs; what moves on from block to block. */
typedef struct snnrt_plane_sum {
    snnrt_plane_list plane[SNNRT_PLANES];
    const snnrt_plane_list *top; /* no plane above it lists any */
    const snnrt_int32 *from;
    snnrt_int32 *to;
    uintptr_t weights;
    uint32_t blocks;
} snnrt_plane_sum;

#define SNNRT_ADD_WORD(word, even, odd) \
    "sxtab16 " even ", " even ", " word "\n\t" \
    "sxtab16 " odd ", " odd ", " word ", ror #8\n\t"
#define SNNRT_ADD_ROW \
    "ldrh r0, [r12], #2\n\t" \
    "add r0, lr, r0, lsl #2\n\t" \
    "ldm r0, {r0-r3}\n\t" SNNRT_ADD_WORD("r0", "r4", "r5") SNNRT_ADD_WORD("r1", "r6", "r7") \
        SNNRT_ADD_WORD("r2", "r8", "r9") SNNRT_ADD_WORD("r3", "r10", "r11")
#define SNNRT_DOUBLE_TWO(even, odd) \
    "sadd16 " even ", " even ", " even "\n\t" \
    "sadd16 " odd ", " odd ", " odd "\n\t"
#define SNNRT_FINISH_FOUR(even, odd) \
    "ldm r12!, {r0-r3}\n\t" \
    "sxtah r0, r0, " even "\n\t" \
    "sxtah r1, r1, " odd "\n\t" \
    "add r2, r2, " even ", asr #16\n\t" \
    "add r3, r3, " odd ", asr #16\n\t" \
    "stm lr!, {r0-r3}\n\t"

/* In r4 to r11 the sums, in r12 what is listed, in lr the weights. On the stack `sum`, where the list ends, the plane, and
 * r7, which compilers keep for themselves. Four rows at a time; the first ones of other numbers are passed over. */
SNNRT_NOINLINE static void add_planes_to_16(snnrt_plane_sum *sum) {
    register snnrt_plane_sum *r0 __asm__("r0") = sum;
    __asm__ volatile(
        "push {r0, r1, r2, r7}\n"
        "1:\n\t"
        "ldr r1, [r0, %[top]]\n\t"
        "ldr lr, [r0, %[weights]]\n\t"
        "str r1, [sp, #8]\n\t"
        "mov r4, #0\n\t"
        "mov r5, #0\n\t"
        "mov r6, #0\n\t"
        "mov r7, #0\n\t"
        "mov r8, #0\n\t"
        "mov r9, #0\n\t"
        "mov r10, #0\n\t"
        "mov r11, #0\n"
        "2:\n\t"
        "ldr r0, [sp, #8]\n\t"
        "ldrd r12, r1, [r0], #-8\n\t"
        "strd r1, r0, [sp, #4]\n\t"
        "subs r1, r1, r12\n\t"
        "beq 7f\n\t"
        "ubfx r1, r1, #1, #2\n\t"
        "tbb [pc, r1]\n"
        "0:\n\t"
        ".byte (3f - 0b) / 2, (6f - 0b) / 2, (5f - 0b) / 2, (4f - 0b) / 2\n"
        "3:\n\t" SNNRT_ADD_ROW "4:\n\t" SNNRT_ADD_ROW "5:\n\t" SNNRT_ADD_ROW "6:\n\t" SNNRT_ADD_ROW
        "ldr r0, [sp, #4]\n\t"
        "cmp r12, r0\n\t"
        "bne 3b\n"
        "7:\n\t"
        "ldr r0, [sp, #8]\n\t"
        "ldr r1, [sp]\n\t"
        "cmp r0, r1\n\t"
        "blo 8f\n\t" SNNRT_DOUBLE_TWO("r4", "r5") SNNRT_DOUBLE_TWO("r6", "r7") SNNRT_DOUBLE_TWO("r8", "r9")
            SNNRT_DOUBLE_TWO("r10",
                             "r11") "b 2b\n"
                                    "8:\n\t"
                                    "ldrd r12, lr, [r1, %[from]]\n\t" SNNRT_FINISH_FOUR("r4", "r5")
                                        SNNRT_FINISH_FOUR("r6", "r7") SNNRT_FINISH_FOUR("r8", "r9")
                                            SNNRT_FINISH_FOUR("r10",
                                                              "r11") "ldr r0, [sp]\n\t"
                                                                     "strd r12, lr, [r0, %[from]]\n\t"
                                                                     "ldrd r1, r2, [r0, %[weights]]\n\t"
                                                                     "add r1, r1, #16\n\t"
                                                                     "subs r2, r2, #1\n\t"
                                                                     "strd r1, r2, [r0, %[weights]]\n\t"
                                                                     "bne 1b\n\t"
                                                                     "pop {r0, r1, r2, r7}"
        : "+r"(r0)
        : [top] "i"(offsetof(snnrt_plane_sum, top)), [from] "i"(offsetof(snnrt_plane_sum, from)),
          [weights] "i"(offsetof(snnrt_plane_sum, weights))
        : "r1", "r2", "r3", "r4", "r5", "r6", "r8", "r9", "r10", "r11", "r12", "lr", "cc", "memory");
}

SNNRT_NOINLINE static void add_planes_to_8(const snnrt_row_sum *rows, uint32_t output) {
    add_planes(rows, output, 0, true);
}

/* The outputs that were added. */
static uint32_t add_planes_to_blocks(const snnrt_row_sum *rows) {
    const snnrt_mark *const first = rows->first, *const end = rows->end;
    snnrt_plane_sum sum;
    for (uint32_t p = 0; p < SNNRT_PLANES; p++) {
        sum.plane[p].begin = first->place[p];
        sum.plane[p].end = end->place[p];
    }
    sum.top = &sum.plane[SNNRT_PLANES - 1u];
    while (sum.top->begin == sum.top->end) {
        sum.top--;
    }
    sum.from = rows->from;
    sum.to = rows->to;
    sum.weights = rows->weights;
    sum.blocks = rows->outputs / 16u;
    add_planes_to_16(&sum);
    return rows->outputs & ~15u;
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
    const snnrt_uint32 *next = (const snnrt_uint32 *)rows->first->place[0];
    const snnrt_uint32 *const end = (const snnrt_uint32 *)rows->end->place[0];
    const int8_t *weights = snnrt_counted_from(rows, output);
    SNNRT_IN_REGISTER(weights);
    do {
        const uint32_t listed = *next++;
        const uint32_t word = dsp_weights_at(snnrt_listed_row(weights, listed));
        const uint32_t even = dsp_even_bytes(word), odd = dsp_odd_bytes(word);
        SNNRT_ADD_LOW(a, even, listed);
        SNNRT_ADD_LOW(b, odd, listed);
        SNNRT_ADD_HIGH(c, even, listed);
        SNNRT_ADD_HIGH(d, odd, listed);
    } while (next != end);
    to[0] = a;
    to[1] = b;
    to[2] = c;
    to[3] = d;
}

SNNRT_NOINLINE static void dsp_add_values_to_1(const snnrt_row_sum *rows, uint32_t output) {
    const snnrt_uint32 *next = (const snnrt_uint32 *)rows->first->place[0];
    const snnrt_uint32 *const end = (const snnrt_uint32 *)rows->end->place[0];
    const int8_t *weights = snnrt_counted_from(rows, output);
    int32_t sum = rows->from[output];
    SNNRT_IN_REGISTER(weights);
    do {
        const uint32_t listed = *next++;
        sum += *snnrt_listed_row(weights, listed) * snnrt_listed_value(listed);
    } while (next != end);
    rows->to[output] = sum;
}

#if SNNRT_WITH_FAST_LOOPS
/* Rows of whole words. */
SNNRT_NOINLINE static void dsp_add_values_to_8(const snnrt_row_sum *rows, uint32_t output) {
    const snnrt_int32 *from = rows->from + output;
    int32_t a = from[0], b = from[1], c = from[2], d = from[3];
    int32_t e = from[4], f = from[5], g = from[6], h = from[7];
    const snnrt_uint32 *next = (const snnrt_uint32 *)rows->first->place[0];
    const snnrt_uint32 *const end = (const snnrt_uint32 *)rows->end->place[0];
    const int8_t *weights = snnrt_counted_from(rows, output);
    snnrt_int32 *to;
    SNNRT_IN_REGISTER(weights);
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
        const int8_t *const weights = snnrt_counted_from(rows, output);
        int32_t sum = 0;
        for (uint32_t plane = SNNRT_PLANES; plane-- != 0;) {
            const snnrt_uint16 *offset = (const snnrt_uint16 *)rows->first->place[plane];
            sum *= 2;
            for (; offset != (const snnrt_uint16 *)rows->end->place[plane]; offset++) {
                sum += weights[*offset];
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
    if (rows->words && rows->outputs >= 16u) {
        output = add_planes_to_blocks(rows);
    }
    for (; output + 8u <= rows->outputs; output += 8u) {
        add_planes_to_8(rows, output);
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
