/* Sums of listed rows in C; arm/ has them for instructions that add in lanes. Counts: bytes plus 128, which fit no sign,
 * as pairs of 16 bits, two products for four outputs. */
#include "row_sums.h"

#if SNNRT_WITH_INT8 && SNNRT_WITH_CONV2D && SNNRT_WITH_CONV_LISTS && !SNNRT_WITH_ARM_MVE && \
    !SNNRT_WITH_COUNT_PLANES

/* Words whose pairs fit the registers beside what a loop needs. */
#if defined(__thumb__) || !SNNRT_WITH_FAST_LOOPS
#define SNNRT_PAIR_WORDS 2u
#else
#define SNNRT_PAIR_WORDS 4u
#endif

/* Four outputs: those at even and at odd places. */
typedef struct snnrt_lane_sums {
    uint32_t even, odd;
} snnrt_lane_sums;

static inline void add_count(snnrt_lane_sums *sums, uint32_t word, uint32_t lanes, uint32_t value) {
    word ^= 0x80808080u;
    sums->even += (word & lanes) * value;
    sums->odd += ((word >> 8) & lanes) * value;
}

/* Keeps it in a register, where the compiler would make it anew for each row. */
#if defined(__GNUC__)
#define SNNRT_IN_REGISTER(value) __asm__("" : "+r"(value))
#else
#define SNNRT_IN_REGISTER(value) (void)(value)
#endif

static inline void finish_counts(const snnrt_row_sum *rows, uint32_t output, snnrt_lane_sums sums) {
    const int32_t offset = 128 * (int32_t)rows->total;
    const snnrt_int32 *from = rows->from + output;
    snnrt_int32 *to = rows->to + output;
    to[0] = from[0] + (int32_t)(sums.even & 0xFFFFu) - offset;
    to[1] = from[1] + (int32_t)(sums.odd & 0xFFFFu) - offset;
    to[2] = from[2] + (int32_t)(sums.even >> 16) - offset;
    to[3] = from[3] + (int32_t)(sums.odd >> 16) - offset;
}

/* `words` is constant in each call. */
SNNRT_INLINE static inline void sum_counts_to(const snnrt_row_sum *rows, uint32_t output,
                                              const uint32_t words) {
    /* No array, which some compilers keep in memory. */
    uint32_t lanes = 0x00FF00FFu;
    snnrt_lane_sums p = {0, 0}, q = {0, 0}, r = {0, 0}, s = {0, 0};
    for (uint32_t c = 0; c < rows->columns; c++) {
        const snnrt_column *column = rows->column[c].column;
        const snnrt_uint32 *listed = (const snnrt_uint32 *)column->begin[0];
        const snnrt_uint32 *const end = (const snnrt_uint32 *)column->end[0];
        const int8_t *weights = rows->column[c].weights + output;
        SNNRT_IN_REGISTER(weights);
        SNNRT_IN_REGISTER(lanes);
        do {
            const snnrt_uint32 *row = (const snnrt_uint32 *)(const void *)snnrt_listed_row(weights, *listed);
            const uint32_t value = *listed++ >> 16;
            add_count(&p, row[0], lanes, value);
            if (words > 1u) {
                add_count(&q, row[1], lanes, value);
            }
            if (words > 2u) {
                add_count(&r, row[2], lanes, value);
                add_count(&s, row[3], lanes, value);
            }
        } while (listed != end);
    }
    finish_counts(rows, output, p);
    if (words > 1u) {
        finish_counts(rows, output + 4u, q);
    }
    if (words > 2u) {
        finish_counts(rows, output + 8u, r);
        finish_counts(rows, output + 12u, s);
    }
}

SNNRT_NOINLINE static void sum_counts_to_block(const snnrt_row_sum *rows, uint32_t output) {
    sum_counts_to(rows, output, SNNRT_PAIR_WORDS);
}

SNNRT_NOINLINE static void sum_counts_to_4(const snnrt_row_sum *rows, uint32_t output) {
    sum_counts_to(rows, output, 1);
}

SNNRT_INLINE static inline void sum_values_to(const snnrt_row_sum *rows, uint32_t output,
                                              const uint32_t outputs) {
    const snnrt_int32 *from = rows->from + output;
    snnrt_int32 *to = rows->to + output;
    int32_t sum[4];
    for (uint32_t k = 0; k < outputs; k++) {
        sum[k] = from[k];
    }
    for (uint32_t c = 0; c < rows->columns; c++) {
        const snnrt_column *column = rows->column[c].column;
        const snnrt_uint32 *listed = (const snnrt_uint32 *)column->begin[0];
        const snnrt_uint32 *const end = (const snnrt_uint32 *)column->end[0];
        const int8_t *weights = rows->column[c].weights + output;
        do {
            const int8_t *row = snnrt_listed_row(weights, *listed);
            const int32_t value = snnrt_listed_value(*listed++);
            for (uint32_t k = 0; k < outputs; k++) {
                sum[k] += row[k] * value;
            }
        } while (listed != end);
    }
    for (uint32_t k = 0; k < outputs; k++) {
        to[k] = sum[k];
    }
}

SNNRT_NOINLINE static void sum_values_to_4(const snnrt_row_sum *rows, uint32_t output) {
    sum_values_to(rows, output, 4);
}

SNNRT_NOINLINE static void sum_values_to_1(const snnrt_row_sum *rows, uint32_t output) {
    sum_values_to(rows, output, 1);
}

void snnrt_add_value_rows(const snnrt_row_sum *rows) {
    uint32_t output = 0;
    for (; output + 4u <= rows->outputs; output += 4u) {
        sum_values_to_4(rows, output);
    }
    for (; output < rows->outputs; output++) {
        sum_values_to_1(rows, output);
    }
}

void snnrt_add_count_rows(const snnrt_row_sum *rows) {
    uint32_t output = 0;
    if (!rows->words) {
        snnrt_add_value_rows(rows);
        return;
    }
    for (; output + 4u * SNNRT_PAIR_WORDS <= rows->outputs; output += 4u * SNNRT_PAIR_WORDS) {
        sum_counts_to_block(rows, output);
    }
    for (; output < rows->outputs; output += 4u) {
        sum_counts_to_4(rows, output);
    }
}
#else
typedef int snnrt_row_sums_left_out;
#endif
