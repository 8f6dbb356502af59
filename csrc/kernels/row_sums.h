/* Sums of weight rows, as the convolutions of microcontrollers are made of: the rows of events are listed by column of the
 * input, and a block of outputs stays in registers over the lists of a window's columns. Internal. */
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
#define SNNRT_COLUMNS_MAX 7u
#define SNNRT_LISTED_MAX 512u

/* Larger values are no counts. */
#define SNNRT_COUNT_MAX 31u
/* No sum of so many weights passes 16 bits, signed or with 128 added to each weight. */
#define SNNRT_COUNTS_MAX 255u
/* Bytes from the first row of a list to another. */
#define SNNRT_OFFSET_MAX 65535u

/* What is listed: bytes to a row, 16 bits each, in planes; else such in the low half of 32 bits, and its value in the
 * high half. */
typedef struct snnrt_column {
    const void *begin[SNNRT_PLANES];
    const void *end[SNNRT_PLANES]; /* values: of the first plane */
    uint32_t at; /* which column of the input it is */
    uint32_t total; /* of the values, where they are counts */
    uint32_t listed;
#if SNNRT_WITH_COUNT_PLANES
    uint32_t planes; /* up to the last that lists anything, 1 at least */
#endif
} snnrt_column;

/* A column and the address from which its rows are counted. */
typedef struct snnrt_column_rows {
    const snnrt_column *column;
    const int8_t *weights;
} snnrt_column_rows;

/* to[0 .. outputs) = from + sum of the rows, times their values; `from` may be `to`. Each column lists at least one. */
typedef struct snnrt_row_sum {
    uint32_t outputs;
    bool words; /* rows begin at multiples of 4 bytes */
    const snnrt_int32 *from;
    snnrt_int32 *to;
    uint32_t total; /* of the counts */
    uint32_t planes; /* those of all columns */
    uint32_t columns;
    snnrt_column_rows column[SNNRT_COLUMNS_MAX];
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

#endif
