/* Sums of weight rows, as the convolutions of microcontrollers are made of: the rows of events are listed column after
 * column of the input, and a block of outputs stays in registers over the list of a window. Internal. */
#ifndef SNNRT_ROW_SUMS_H
#define SNNRT_ROW_SUMS_H

#include "../snnrt_kernels.h"

/* Counts as planes: the rows of each bit are added, and the sums doubled from plane to plane. Additions in lanes are
 * cheaper than products there. */
#define SNNRT_WITH_COUNT_PLANES (SNNRT_WITH_ARM_DSP && !SNNRT_WITH_ARM_MVE)
#if SNNRT_WITH_COUNT_PLANES
#define SNNRT_PLANES 3u
#else
#define SNNRT_PLANES 1u
#endif

/* Columns that are listed at the same time, and room for what they list: 2 bytes of stack each. */
#define SNNRT_COLUMNS_MAX 16u
#define SNNRT_LISTED_MAX 512u

/* Larger values are no counts. */
#define SNNRT_COUNT_MAX 31u
/* No sum of so many weights passes 16 bits, signed or with 128 added to each weight. */
#define SNNRT_COUNTS_MAX 255u
/* From the first row of a list to another; where rows are whole words and an address takes a shift along, of words. */
#define SNNRT_OFFSET_MAX 65535u
#if defined(__thumb2__)
#define SNNRT_OFFSET_SHIFT 2
#else
#define SNNRT_OFFSET_SHIFT 0
#endif

/* Keeps a value in a register from here on, where the compiler would make it or what depends on it anew, or too early. */
#if defined(__GNUC__)
#define SNNRT_IN_REGISTER(value) __asm__("" : "+r"(value))
#else
#define SNNRT_IN_REGISTER(value) (void)(value)
#endif

/* What is listed before a column: of each plane the offsets of rows, 16 bits each; else such in the low half of 32 bits,
 * and its value in the high half. */
typedef struct snnrt_mark {
    const void *place[SNNRT_PLANES]; /* values: of the first plane */
    uint32_t total; /* of counts their sum, else how many are listed */
#if SNNRT_WITH_COUNTERS
    uint32_t listed;
#endif
} snnrt_mark;

/* to[0 .. outputs) = from + sum of the rows, times their values; `from` may be `to`. At least one is listed. */
typedef struct snnrt_row_sum {
    uint32_t outputs;
    uint32_t shift; /* of the offsets of counts */
    bool words; /* rows begin at multiples of 4 bytes */
    bool spikes; /* every count is 1 */
    const snnrt_int32 *from;
    snnrt_int32 *to;
    uintptr_t weights; /* from which rows are counted, which may lie before all of them */
    const snnrt_mark *first, *end;
} snnrt_row_sum;

/* Of counts, no more than SNNRT_COUNTS_MAX together: as planes where there are such, else as values. */
SNNRT_INTERNAL void snnrt_add_count_rows(const snnrt_row_sum *rows);

/* Of any values; as values. */
SNNRT_INTERNAL void snnrt_add_value_rows(const snnrt_row_sum *rows);

/* A value's row, and its value. */
static inline const int8_t *snnrt_listed_row(const int8_t *weights, uint32_t listed) {
    return weights + (listed & 0xFFFFu);
}
static inline int32_t snnrt_listed_value(uint32_t listed) { return (int32_t)listed >> 16; }

/* From where the rows of some outputs are counted. */
static inline const int8_t *snnrt_counted_from(const snnrt_row_sum *rows, uint32_t output) {
    return (const int8_t *)(rows->weights + output);
}

#endif
