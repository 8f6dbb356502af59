/* Sums of listed rows in C; arm/ has them for instructions that add in lanes. Counts: bytes plus 128, which fit no sign,
 * as pairs of 16 bits, two products for four outputs. */
#include "row_sums.h"

#if SNNRT_WITH_INT8 && SNNRT_WITH_CONV2D && SNNRT_WITH_CONV_LISTS && !SNNRT_WITH_ARM_MVE && \
    !SNNRT_WITH_COUNT_PLANES

/* Words whose pairs fit the registers beside what a loop needs. */
#if (defined(__thumb__) && !defined(__thumb2__)) || !SNNRT_WITH_FAST_LOOPS
#define SNNRT_PAIR_WORDS 2u
#else
#define SNNRT_PAIR_WORDS 4u
#endif

/* Four outputs: sums of whole words, and of those at odd places. */
typedef struct snnrt_lane_sums {
    uint32_t all, odd;
} snnrt_lane_sums;

static inline void add_count(snnrt_lane_sums *sums, uint32_t word, uint32_t lanes, uint32_t value) {
    word ^= 0x80808080u;
    sums->all += word * value;
    sums->odd += (word >> 8 & lanes) * value;
}

/* `offset`: of the 128 that was added to each weight. */
static inline void finish_counts(const snnrt_int32 *from, snnrt_int32 *to, snnrt_lane_sums sums,
                                 int32_t offset) {
    const uint32_t even = sums.all - (sums.odd << 8);
    const int32_t a = from[0], b = from[1], c = from[2], d = from[3];
    to[0] = a - offset + (int32_t)(even & 0xFFFFu);
    to[1] = b - offset + (int32_t)(sums.odd & 0xFFFFu);
    to[2] = c - offset + (int32_t)(even >> 16);
    to[3] = d - offset + (int32_t)(sums.odd >> 16);
}

#if SNNRT_WITH_FAST_LOOPS && defined(__GNUC__) && defined(__thumb__) && !defined(__thumb2__)
#define SNNRT_SPIKES_IN_HIGH_REGISTERS 1
/* Spikes, for two words of outputs. Most sums are in high registers, where compilers would move them to and fro. */
typedef struct snnrt_spike_sums {
    const snnrt_uint32 *listed, *end;
    const int8_t *weights;
    uint32_t signs, lanes;
    snnrt_lane_sums p, q;
} snnrt_spike_sums;

static inline void add_spikes(snnrt_spike_sums *sums) {
    register snnrt_spike_sums *r0 __asm__("r0") = sums;
    __asm__ volatile(".syntax unified\n\t"
                     "ldr r1, [r0]\n\t"
                     "ldr r2, [r0, #4]\n\t"
                     "mov r8, r2\n\t"
                     "ldr r2, [r0, #8]\n\t"
                     "mov r9, r2\n\t"
                     "ldr r5, [r0, #12]\n\t"
                     "ldr r6, [r0, #16]\n\t"
                     "movs r4, #0\n\t"
                     "mov r10, r4\n\t"
                     "mov r11, r4\n\t"
                     "mov r12, r4\n"
                     "1:\n\t"
                     "ldmia r1!, {r2}\n\t"
                     "lsls r2, r2, #16\n\t"
                     "lsrs r2, r2, #16\n\t"
                     "add r2, r9\n\t"
                     "ldmia r2, {r2, r3}\n\t"
                     "eors r2, r5\n\t"
                     "eors r3, r5\n\t"
                     "adds r4, r4, r2\n\t"
                     "add r11, r3\n\t"
                     "lsrs r2, r2, #8\n\t"
                     "lsrs r3, r3, #8\n\t"
                     "ands r2, r6\n\t"
                     "ands r3, r6\n\t"
                     "add r10, r2\n\t"
                     "add r12, r3\n\t"
                     "cmp r1, r8\n\t"
                     "bne 1b\n\t"
                     "mov r1, r10\n\t"
                     "mov r2, r11\n\t"
                     "mov r3, r12\n\t"
                     "str r4, [r0, #20]\n\t"
                     "str r1, [r0, #24]\n\t"
                     "str r2, [r0, #28]\n\t"
                     "str r3, [r0, #32]"
                     :
                     : "r"(r0)
                     : "r1", "r2", "r3", "r4", "r5", "r6", "r8", "r9", "r10", "r11", "r12", "cc", "memory");
}
#else
#define SNNRT_SPIKES_IN_HIGH_REGISTERS 0
#endif

/* `words` is constant in each call, and whether all counts are `ones`. */
SNNRT_INLINE static inline void sum_counts_to(const snnrt_row_sum *rows, uint32_t output,
                                              const uint32_t words, const bool ones) {
    const snnrt_uint32 *listed = (const snnrt_uint32 *)rows->first->place[0];
    const snnrt_uint32 *const end = (const snnrt_uint32 *)rows->end->place[0];
    const snnrt_int32 *from;
    snnrt_int32 *to;
    int32_t offset;
    const int8_t *weights = snnrt_counted_from(rows, output);
    /* No array, which some compilers keep in memory. */
    uint32_t lanes = 0x00FF00FFu;
    snnrt_lane_sums p = {0, 0}, q = {0, 0}, r = {0, 0}, s = {0, 0};
    SNNRT_IN_REGISTER(weights);
    SNNRT_IN_REGISTER(lanes);
#if SNNRT_SPIKES_IN_HIGH_REGISTERS
    if (ones) {
        snnrt_spike_sums sums;
        sums.listed = listed;
        sums.end = end;
        sums.weights = weights;
        sums.signs = 0x80808080u;
        sums.lanes = lanes;
        add_spikes(&sums);
        p = sums.p;
        q = sums.q;
    } else
#endif
        do {
            const uint32_t value = ones ? 1u : *listed >> 16;
            uint32_t place = *listed & 0xFFFFu;
            const snnrt_uint32 *row;
            listed++;
#if SNNRT_OFFSET_SHIFT != 0
            /* Or the shift becomes an instruction. */
            SNNRT_IN_REGISTER(place);
#endif
            row = (const snnrt_uint32 *)(const void *)(weights + (place << SNNRT_OFFSET_SHIFT));
            add_count(&p, row[0], lanes, value);
            if (words > 1u) {
                add_count(&q, row[1], lanes, value);
            }
            if (words > 2u) {
                add_count(&r, row[2], lanes, value);
                add_count(&s, row[3], lanes, value);
            }
        } while (listed != end);
    offset = 128 * (int32_t)(rows->end->total - rows->first->total);
    from = rows->from + output;
    to = rows->to + output;
    finish_counts(from, to, p, offset);
    if (words > 1u) {
        finish_counts(from + 4, to + 4, q, offset);
    }
    if (words > 2u) {
        finish_counts(from + 8, to + 8, r, offset);
        finish_counts(from + 12, to + 12, s, offset);
    }
}

SNNRT_NOINLINE static void sum_counts_to_block(const snnrt_row_sum *rows, uint32_t output) {
    sum_counts_to(rows, output, SNNRT_PAIR_WORDS, false);
}

SNNRT_NOINLINE static void sum_counts_to_4(const snnrt_row_sum *rows, uint32_t output) {
    sum_counts_to(rows, output, 1, false);
}

#if SNNRT_WITH_FAST_LOOPS
SNNRT_NOINLINE static void sum_spikes_to_block(const snnrt_row_sum *rows, uint32_t output) {
    sum_counts_to(rows, output, SNNRT_PAIR_WORDS, true);
}
#if SNNRT_PAIR_WORDS > 2u
SNNRT_NOINLINE static void sum_counts_to_8(const snnrt_row_sum *rows, uint32_t output) {
    sum_counts_to(rows, output, 2, false);
}
#endif
#endif

SNNRT_INLINE static inline void sum_values_to(const snnrt_row_sum *rows, uint32_t output,
                                              const uint32_t outputs) {
    const snnrt_int32 *from = rows->from + output;
    snnrt_int32 *to = rows->to + output;
    const snnrt_uint32 *listed = (const snnrt_uint32 *)rows->first->place[0];
    const snnrt_uint32 *const end = (const snnrt_uint32 *)rows->end->place[0];
    const int8_t *weights = snnrt_counted_from(rows, output);
    int32_t sum[4];
    for (uint32_t k = 0; k < outputs; k++) {
        sum[k] = from[k];
    }
    do {
        const int8_t *row = snnrt_listed_row(weights, *listed);
        const int32_t value = snnrt_listed_value(*listed++);
        for (uint32_t k = 0; k < outputs; k++) {
            sum[k] += row[k] * value;
        }
    } while (listed != end);
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
#if SNNRT_WITH_FAST_LOOPS
        if (rows->spikes) {
            sum_spikes_to_block(rows, output);
            continue;
        }
#endif
        sum_counts_to_block(rows, output);
    }
#if SNNRT_WITH_FAST_LOOPS && SNNRT_PAIR_WORDS > 2u
    for (; output + 8u <= rows->outputs; output += 8u) {
        sum_counts_to_8(rows, output);
    }
#endif
    for (; output < rows->outputs; output += 4u) {
        sum_counts_to_4(rows, output);
    }
}
#else
typedef int snnrt_row_sums_left_out;
#endif
