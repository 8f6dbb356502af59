/* One window on its way through a layer's tiles. Internal. */
#ifndef SNNRT_CROSSBAR_WINDOWS_H
#define SNNRT_CROSSBAR_WINDOWS_H

#include "../snnrt_kernels.h"
#include "read.h"

/* Rooms and figures of a layer being read, and the window at hand. */
typedef struct snnrt_crossbar_work {
    const snnrt_crossbar_layer *layer;
    const snnrt_crossbar_kernels *kernels;
    snnrt_crossbar_events *events;
    uint32_t columns; /* of a row: slices x lanes */
    uint32_t passes; /* one a bit and sign */
    /* the driven rows of each pass and tile, and how many; a list is as long as a tile has rows */
    uint32_t *driven;
    uint32_t *counts;
    /* linear: the window's rows with their inputs, and the sums over bits of 4^bit of these */
    uint32_t *rows;
    int32_t *inputs;
    int32_t *squares;
    uint32_t live;
    bool ones; /* every input is 1 */
    int32_t *sums;
    int32_t *variances;
    int64_t *wide;
    float *normals;
    double *results;
    /* all events of an input */
    uint32_t *positions;
    int16_t *values;
    uint32_t *starts;
    /* noise: the counters above a conversion's */
    uint32_t window, step, input;
} snnrt_crossbar_work;

/* Lays the rooms out in `room`; `units` + 1 entries for starts. */
void snnrt_crossbar_prepare(snnrt_crossbar_work *work, const snnrt_crossbar_layer *layer,
                            const snnrt_crossbar_kernels *kernels, snnrt_crossbar_events *events, void *room,
                            size_t elements);

/* Begins a window: no row is driven. */
static inline void snnrt_crossbar_begin(snnrt_crossbar_work *work) {
    const uint32_t count = work->passes * work->layer->row_tiles;
    for (uint32_t i = 0; i < count; i++) {
        work->counts[i] = 0;
    }
    work->live = 0;
    work->ones = true;
}

/* Drives the chip's row `row` with the input `value`, which is not 0. */
static inline void snnrt_crossbar_drive(snnrt_crossbar_work *work, uint32_t row, int32_t value) {
    const snnrt_crossbar_layer *layer = work->layer;
    const uint32_t tile = layer->tiles[row];
    uint32_t size = value < 0 ? 0u - (uint32_t)value : (uint32_t)value;
    uint32_t at = value < 0 ? layer->bits * layer->row_tiles : 0u;
    uint32_t place = value < 0 ? layer->bits * layer->fan_in : 0u;
    if (layer->mode == SNNRT_CROSSBAR_CONVERTED) {
        for (; size != 0; size >>= 1, at += layer->row_tiles, place += layer->fan_in) {
            if ((size & 1u) != 0) {
                work->driven[place + tile * layer->tile_rows + work->counts[at + tile]++] = row;
            }
        }
        work->live = 1;
    } else {
        uint32_t square = 0, worth = 1;
        work->rows[work->live] = row;
        work->inputs[work->live] = value;
        work->ones &= value == 1;
        for (; size != 0; size >>= 1, at += layer->row_tiles, worth <<= 2) {
            if ((size & 1u) != 0) {
                work->counts[at + tile]++;
                square += worth;
            }
        }
        work->squares[work->live++] = (int32_t)square;
    }
}

/* Counts the window and, unless `results` is NULL, reads it: results[0 .. outputs) with the bias, which may be NULL.
 * Returns the number of driven rows. */
uint32_t snnrt_crossbar_end(snnrt_crossbar_work *work, uint32_t group, const int32_t *bias, int32_t *results);

/* The kernels of set `index`. */
const snnrt_crossbar_kernels *snnrt_crossbar_kernel_set(uint32_t index);

#endif
