/* One window on its way through a layer's tiles. Internal. */
#ifndef SNNRT_CROSSBAR_WINDOWS_H
#define SNNRT_CROSSBAR_WINDOWS_H

#include "../snnrt_kernels.h"
#include "read.h"

#define SNNRT_CROSSBAR_PLANES 32u /* a bit and sign each */

/* One bit of the inputs, of one sign: a pass. */
typedef struct snnrt_crossbar_plane {
    uint32_t pass; /* bit; of negative inputs the layer's bits + bit */
    double worth; /* 2^bit with its sign */
    uint32_t *positions; /* the inputs that have it, ascending */
    uint32_t *starts; /* of each unit of inputs, and one more */
    uint32_t count;
} snnrt_crossbar_plane;

/* Rooms and figures of a layer being read, and the window at hand. */
typedef struct snnrt_crossbar_work {
    const snnrt_crossbar_layer *layer;
    const snnrt_crossbar_kernels *kernels;
    snnrt_crossbar_events *events;
    uint32_t columns; /* of a row: slices x lanes */
    snnrt_crossbar_plane planes[SNNRT_CROSSBAR_PLANES];
    uint32_t plane_count;
    snnrt_crossbar_plane all; /* inputs that are not 0 */
    /* which rows each plane drives: one list of ascending rows, or where the layer's order is its own a list a tile, as long
     * as a tile has rows; and how many in each tile */
    uint32_t *driven;
    uint32_t *filled;
    uint32_t *counts;
    bool plain; /* the one plane's positions are its rows */
    int32_t *sums;
    int32_t *variances;
    double *spreads;
    float *normals;
    double *results;
    /* all events of an input, and rooms for the planes' */
    uint32_t *positions;
    int16_t *values;
    uint32_t *plane_positions;
    uint32_t *plane_starts;
    size_t elements;
    /* noise: the counters above a conversion's */
    uint32_t window, step, input;
} snnrt_crossbar_work;

/* Lays the rooms out in `room`. */
void snnrt_crossbar_prepare(snnrt_crossbar_work *work, const snnrt_crossbar_layer *layer,
                            const snnrt_crossbar_kernels *kernels, snnrt_crossbar_events *events, void *room,
                            size_t elements);

/* Sorts work->positions and values, `count` events of an input, into planes. */
void snnrt_crossbar_find_planes(snnrt_crossbar_work *work, uint32_t count);

/* Begins a window: no row is driven. */
static inline void snnrt_crossbar_begin(snnrt_crossbar_work *work) {
    const uint32_t count = work->layer->order == NULL ? 0 : work->plane_count * work->layer->row_tiles;
    for (uint32_t i = 0; i < work->plane_count; i++) {
        work->filled[i] = 0;
    }
    for (uint32_t i = 0; i < count; i++) {
        work->counts[i] = 0;
    }
}

/* Drives the rows of plane `index` that its events first .. end are: order[position - shift]. */
static inline void snnrt_crossbar_drive(snnrt_crossbar_work *work, uint32_t index, uint32_t first,
                                        uint32_t end, uint32_t shift) {
    const snnrt_crossbar_layer *layer = work->layer;
    const uint32_t *positions = work->planes[index].positions;
    uint32_t *driven = work->driven + (size_t)index * layer->fan_in;
    if (first == end) {
        return;
    }
    if (layer->order == NULL) {
        uint32_t *list = driven + work->filled[index];
        work->filled[index] += end - first;
        for (uint32_t e = first; e < end; e++) {
            *list++ = positions[e] - shift;
        }
    } else {
        uint32_t *counts = work->counts + (size_t)index * layer->row_tiles;
        for (uint32_t e = first; e < end; e++) {
            const uint32_t row = layer->order[positions[e] - shift];
            const uint32_t tile = layer->tiles[positions[e] - shift];
            driven[tile * layer->tile_rows + counts[tile]++] = row;
        }
        work->filled[index] += end - first;
    }
}

/* Drives all events of the input. */
static inline void snnrt_crossbar_drive_all(snnrt_crossbar_work *work) {
    work->plain = work->layer->order == NULL && work->plane_count == 1u;
    if (work->plain) {
        work->filled[0] = work->planes[0].count;
        return;
    }
    for (uint32_t index = 0; index < work->plane_count; index++) {
        snnrt_crossbar_drive(work, index, 0, work->planes[index].count, 0);
    }
}

/* Counts a window without a driven row; its results are the bias. */
static inline void snnrt_crossbar_silent(snnrt_crossbar_work *work, const int32_t *bias, int32_t *results) {
    work->events->windows++;
    work->events->silent_windows++;
    for (uint32_t o = 0; results != NULL && o < work->layer->outputs; o++) {
        results[o] = bias == NULL ? 0 : bias[o];
    }
}

/* Counts the window and, unless `results` is NULL, reads it: results[0 .. outputs) with the bias, which may be NULL.
 * Returns whether a row was driven. */
bool snnrt_crossbar_end(snnrt_crossbar_work *work, uint32_t group, const int32_t *bias, int32_t *results);

/* The kernels of set `index`. */
const snnrt_crossbar_kernels *snnrt_crossbar_kernel_set(uint32_t index);

#endif
