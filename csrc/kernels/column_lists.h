/* What a row of windows reads, listed by column of the input. Internal. */
#ifndef SNNRT_COLUMN_LISTS_H
#define SNNRT_COLUMN_LISTS_H

#include "row_sums.h"
#include "taps.h"

#define SNNRT_NO_COLUMN UINT32_MAX

/* Of a window's columns: `count` elements from `first` on, of each kernel line from `line` on. */
typedef struct snnrt_piece {
    uint32_t line, lines, first, count;
} snnrt_piece;

/* A column's lines: where the first begins, of the input's first column, and bytes to its weights; both from line to
 * line. */
typedef struct snnrt_lines {
    uint32_t lines, count; /* elements of each */
    uint32_t element, next_element;
    uint32_t offset, next_offset;
} snnrt_lines;

typedef struct snnrt_listing {
    const snnrt_synapse_step *step;
    uint32_t depth; /* elements that a group reads of a pixel */
    uint32_t group;
    uint32_t slots; /* columns that stay listed */
    uint32_t slot; /* of the window's first column */
    bool counts; /* as long as no value says otherwise */
    snnrt_piece piece;
    snnrt_lines lines; /* that the piece has inside the input */
    snnrt_taps y; /* kernel lines of the window inside the input */
    int32_t top, left;
    uint64_t rows_read, active;
    snnrt_row_sum rows;
    snnrt_column column[SNNRT_COLUMNS_MAX];
    uint32_t listed[SNNRT_LISTED_MAX / 2u];
} snnrt_listing;

/* Lists column `at` of the input, or nothing of the piece; false where there are negative values among counts. */
SNNRT_INTERNAL bool snnrt_list_column(snnrt_listing *l, snnrt_column *column, uint32_t at);

#endif
