/* One window on its way through a layer's tiles. Internal. */
#ifndef SNNRT_CROSSBAR_WINDOWS_H
#define SNNRT_CROSSBAR_WINDOWS_H

#include "../snnrt_kernels.h"
#include "read.h"

/* Words of a map of so many bits; runs of bits are read and written with the word behind their last. */
static inline size_t snnrt_crossbar_words(size_t bits) {
    return (bits + SNNRT_CROSSBAR_WORD - 1u) / SNNRT_CROSSBAR_WORD + 1u;
}

/* One bit of the inputs, of one sign: a pass. */
typedef struct snnrt_crossbar_plane {
    double worth; /* 2^bit with its sign */
    uint64_t *inputs; /* which have it */
    const uint64_t *rows; /* which rows of the window it drives */
    uint64_t *room; /* for such rows */
    uint32_t *counts; /* how many in each tile, */
    uint32_t count; /* and in all */
} snnrt_crossbar_plane;

/* Rooms and figures of a layer being read, and the window at hand. */
typedef struct snnrt_crossbar_work {
    const snnrt_crossbar_layer *layer;
    const snnrt_crossbar_kernels *kernels;
    snnrt_crossbar_events *events;
    size_t elements;
    uint32_t columns; /* of a row: slices x lanes */
    uint32_t plane_count;
    snnrt_crossbar_plane planes[SNNRT_CROSSBAR_PLANES];
    snnrt_crossbar_plane all; /* inputs that are not 0 */
    uint64_t *maps; /* rooms for the planes' inputs, where there are several */
    float *normals;
    double *results;
    double *spreads;
    snnrt_crossbar_stream stream;
    /* noise: what it depends on */
    uint32_t window, step, input;
} snnrt_crossbar_work;

/* Lays the rooms out in `room`. */
void snnrt_crossbar_prepare(snnrt_crossbar_work *work, const snnrt_crossbar_layer *layer,
                            const snnrt_crossbar_kernels *kernels, snnrt_crossbar_events *events, void *room,
                            size_t elements);

/* Sorts an input, integers or bits, into planes. */
void snnrt_crossbar_take_values(snnrt_crossbar_work *work, const int16_t *values);
void snnrt_crossbar_take_bits(snnrt_crossbar_work *work, const snnrt_uint32 *words);

/* Drives all of the input, which is as long as a window. */
void snnrt_crossbar_drive_all(snnrt_crossbar_work *work);

/* Counts the window whose rows the planes have and, unless `results` is NULL, reads it: results[0 .. outputs) with the bias,
 * which may be NULL. Returns whether a row was driven. */
bool snnrt_crossbar_end(snnrt_crossbar_work *work, uint32_t group, const int32_t *bias, int32_t *results);

/* The same of a window without a driven row: its results are the bias. */
void snnrt_crossbar_silent(snnrt_crossbar_work *work, const int32_t *bias, int32_t *results);

/* The kernels of set `index`. */
const snnrt_crossbar_kernels *snnrt_crossbar_kernel_set(uint32_t index);

#endif
