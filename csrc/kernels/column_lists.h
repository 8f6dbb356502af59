/* What a row of windows reads, listed column after column of the input. Internal. */
#ifndef SNNRT_COLUMN_LISTS_H
#define SNNRT_COLUMN_LISTS_H

#include "row_sums.h"
#include "taps.h"

/* Of a window's columns: `count` elements from `first` on, of each kernel line from `line` on. */
typedef struct snnrt_piece {
    uint32_t line, lines, first, count;
} snnrt_piece;

/* A column's lines: where the first begins, of the input's first column, and offset of its weights; both from line to
 * line. */
typedef struct snnrt_lines {
    uint32_t lines, count; /* elements of each */
    uint32_t element, next_element;
    uint32_t offset, next_offset;
} snnrt_lines;

/* 16-bit places of a plane of counts. */
#define SNNRT_PLANE_PLACES (SNNRT_LISTED_MAX / SNNRT_PLANES & ~1u)

/* Elements that are listed at least, where there is not room for all of a line. */
#define SNNRT_CHUNK 16u
/* What is read is thought to leave so many times the room that it may take. */
#define SNNRT_ZEROS 8u

typedef enum snnrt_list_result { SNNRT_LISTED, SNNRT_NO_ROOM, SNNRT_NO_COUNTS } snnrt_list_result;

/* The lists hold the columns first ... next. */
typedef struct snnrt_listing {
    const snnrt_synapse_step *step;
    uint32_t depth; /* elements that a group reads of a pixel */
    uint32_t group;
    bool counts; /* as long as no value says otherwise */
    uint32_t row, tap; /* offsets from row to row, and from column to column */
    uint32_t tap_weights;
    uintptr_t weights; /* of the piece */
    uint32_t each_shift; /* of how often an element may be listed */
    uint32_t room, least; /* elements of a piece's column; so few that they fit whatever they are */
    snnrt_piece piece;
    snnrt_lines lines; /* that the piece has inside the input */
    uint32_t columns_max, first, next;
    snnrt_row_sum rows;
    snnrt_mark mark[SNNRT_COLUMNS_MAX + 1u];
    uint32_t listed[SNNRT_LISTED_MAX / 2u];
#if SNNRT_WITH_COUNTERS
    uint32_t window_rows;
    uint64_t rows_read, active;
    bool in_pieces;
#endif
} snnrt_listing;

/* Lists column `at` of the input as the column `next`, or says why not: there is no room, or its counts are more than
 * SNNRT_COUNTS_MAX together; or there are negative values among counts. */
SNNRT_INTERNAL snnrt_list_result snnrt_list_column(snnrt_listing *l, uint32_t at);

#endif
