/* One window: its passes, tiles, noise and converters. */
#include "windows.h"

#define ALIGNED(bytes) (((bytes) + 63u) & ~(size_t)63u)

const snnrt_crossbar_kernels *snnrt_crossbar_kernel_set(uint32_t index) {
#if defined(__x86_64__) && defined(__GNUC__)
    if (index == 1u) {
        return &snnrt_crossbar_avx2;
    }
    if (index == 2u) {
        return &snnrt_crossbar_avx512;
    }
#endif
    (void)index;
    return &snnrt_crossbar_portable;
}

static void *take(uint8_t *room, size_t *used, size_t bytes) {
    void *part = room == NULL ? NULL : room + *used;
    *used += ALIGNED(bytes);
    return part;
}

/* The rooms of a layer, from `room` on (NULL: to count); how many bytes they take. */
static size_t lay_out(snnrt_crossbar_work *work, uint8_t *room, size_t elements) {
    const snnrt_crossbar_layer *layer = work->layer;
    const size_t columns = (size_t)layer->slices * layer->lanes;
    const size_t padded = (columns + SNNRT_CROSSBAR_NORMALS - 1u) & ~(size_t)(SNNRT_CROSSBAR_NORMALS - 1u);
    const size_t fan_in = layer->fan_in, passes = 2u * (size_t)layer->bits;
    const size_t lists = layer->mode == SNNRT_CROSSBAR_CONVERTED ? passes * fan_in : 0;
    const size_t linear = layer->mode == SNNRT_CROSSBAR_CONVERTED ? 0 : fan_in;
    size_t used = 0;
    work->driven = (uint32_t *)take(room, &used, lists * sizeof(uint32_t));
    work->counts = (uint32_t *)take(room, &used, passes * layer->row_tiles * sizeof(uint32_t));
    work->rows = (uint32_t *)take(room, &used, linear * sizeof(uint32_t));
    work->inputs = (int32_t *)take(room, &used, linear * sizeof(int32_t));
    work->squares = (int32_t *)take(room, &used, linear * sizeof(int32_t));
    work->sums = (int32_t *)take(room, &used, padded * sizeof(int32_t));
    work->variances = (int32_t *)take(room, &used, padded * sizeof(int32_t));
    work->wide = (int64_t *)take(room, &used, padded * sizeof(int64_t));
    work->normals = (float *)take(room, &used, padded * sizeof(float));
    work->results = (double *)take(room, &used, padded * sizeof(double));
    work->positions = (uint32_t *)take(room, &used, (elements + SNNRT_EVENTS_PADDING) * sizeof(uint32_t));
    work->values = (int16_t *)take(room, &used, (elements + SNNRT_EVENTS_PADDING) * sizeof(int16_t));
    work->starts = (uint32_t *)take(room, &used, (elements + 1u) * sizeof(uint32_t));
    return used;
}

size_t snnrt_crossbar_room(const snnrt_crossbar_layer *layer, size_t elements) {
    snnrt_crossbar_work work;
    work.layer = layer;
    return lay_out(&work, NULL, elements);
}

void snnrt_crossbar_prepare(snnrt_crossbar_work *work, const snnrt_crossbar_layer *layer,
                            const snnrt_crossbar_kernels *kernels, snnrt_crossbar_events *events, void *room,
                            size_t elements) {
    work->layer = layer;
    work->kernels = kernels;
    work->events = events;
    work->columns = layer->slices * layer->lanes;
    work->passes = 2u * layer->bits;
    work->window = work->step = work->input = 0;
    (void)lay_out(work, (uint8_t *)room, elements);
}

/* Adds what the passes drove to the events; the readings' variance, where each has 1. */
static double count(snnrt_crossbar_work *work, uint32_t group, uint32_t *driven_rows) {
    const snnrt_crossbar_layer *layer = work->layer;
    snnrt_crossbar_events *events = work->events;
    uint64_t *activations = events->row_activations + (size_t)group * layer->row_tiles;
    uint64_t *reads = events->reads + (size_t)group * layer->row_tiles;
    const uint32_t *counts = work->counts;
    double variance = 0.0;
    uint32_t live = 0;
    for (uint32_t pass = 0; pass < work->passes; pass++) {
        const uint32_t bit = pass < layer->bits ? pass : pass - layer->bits;
        const double worth = (double)(1u << bit) * (double)(1u << bit);
        uint32_t rows = 0;
        for (uint32_t tile = 0; tile < layer->row_tiles; tile++, counts++) {
            if (*counts != 0) {
                activations[tile] += *counts;
                reads[tile] += 1u;
                rows += *counts;
                variance += worth;
            }
        }
        live += rows;
        events->passes[group] += rows != 0;
    }
    events->windows++;
    events->silent_windows += live == 0;
    *driven_rows = live;
    return variance;
}

static void draw(snnrt_crossbar_work *work, uint32_t group, uint32_t reading, uint32_t columns) {
    const uint32_t padded =
        (columns + SNNRT_CROSSBAR_NORMALS - 1u) & ~(uint32_t)(SNNRT_CROSSBAR_NORMALS - 1u);
    work->kernels->normals(work->layer->keys[group], reading * (padded / 4u), work->window, work->step,
                           work->input, padded, work->normals);
}

/* Tiles and slices in one product; noise, if any, is one draw an output with the variance of all readings. */
static void read_linear(snnrt_crossbar_work *work, uint32_t group, double readings) {
    const snnrt_crossbar_layer *layer = work->layer;
    const snnrt_crossbar_kernels *kernels = work->kernels;
    const size_t place = (size_t)group * layer->fan_in * layer->lanes;
    const uint32_t lanes = layer->lanes;
    const int32_t *matrix = layer->matrix + place;
    double *results = work->results;
    if (layer->wide != 0) {
        kernels->multiply_wide(matrix, lanes, work->rows, work->inputs, work->live, work->wide);
        for (uint32_t o = 0; o < lanes; o++) {
            results[o] = (double)work->wide[o] * layer->scale;
        }
    } else {
        if (work->ones) {
            kernels->add(matrix, lanes, work->rows, work->live, work->sums);
        } else {
            kernels->multiply(matrix, lanes, work->rows, work->inputs, work->live, work->sums);
        }
        for (uint32_t o = 0; o < lanes; o++) {
            results[o] = (double)work->sums[o] * layer->scale;
        }
    }
    if (layer->noisy != 0) {
        double variance = layer->read_variance * readings;
        double squares = 0.0;
        for (uint32_t i = 0; i < work->live; i++) {
            squares += (double)work->squares[i];
        }
        variance += layer->row_variance * squares;
        draw(work, group, 0, lanes);
        if (layer->variance == NULL) {
            kernels->spread(work->normals, lanes, variance, 0.0, NULL);
        } else {
            kernels->multiply_wide(layer->variance + place, lanes, work->rows, work->squares, work->live,
                                   work->wide);
            kernels->spread_wide(work->normals, lanes, variance, layer->variance_step, work->wide);
        }
        for (uint32_t o = 0; o < lanes; o++) {
            results[o] += (double)work->normals[o];
        }
    }
}

/* Each driven tile of each pass by itself. */
static void read_converted(snnrt_crossbar_work *work, uint32_t group) {
    const snnrt_crossbar_layer *layer = work->layer;
    const snnrt_crossbar_kernels *kernels = work->kernels;
    const uint32_t columns = work->columns;
    const int32_t *matrix = layer->matrix + (size_t)group * layer->fan_in * columns;
    snnrt_crossbar_conversion v;
    v.currents = work->sums;
    v.noise = layer->noisy != 0 ? work->normals : NULL;
    v.offset = v.bow = v.correction = NULL;
    v.sums = work->results;
    v.codes = (double)layer->codes;
    v.lanes = layer->lanes;
    v.slices = layer->slices;
    for (uint32_t o = 0; o < layer->lanes; o++) {
        work->results[o] = 0.0;
    }
    for (uint32_t pass = 0; pass < work->passes; pass++) {
        const uint32_t bit = pass < layer->bits ? pass : pass - layer->bits;
        const double size = (double)(1u << bit);
        v.pass = pass < layer->bits ? size : -size;
        for (uint32_t tile = 0; tile < layer->row_tiles; tile++) {
            const uint32_t rows = work->counts[pass * layer->row_tiles + tile];
            const uint32_t *driven =
                work->driven + (size_t)pass * layer->fan_in + (size_t)tile * layer->tile_rows;
            const size_t column = ((size_t)group * layer->row_tiles + tile) * columns;
            if (rows == 0) {
                continue;
            }
            kernels->add(matrix, columns, driven, rows, work->sums);
            if (layer->noisy != 0) {
                if (layer->variance != NULL) {
                    kernels->add(layer->variance + (size_t)group * layer->fan_in * columns, columns, driven,
                                 rows, work->variances);
                }
                draw(work, group, pass * layer->row_tiles + tile, columns);
                kernels->spread(work->normals, columns, layer->read_variance + layer->row_variance * rows,
                                layer->variance_step, layer->variance == NULL ? NULL : work->variances);
            }
            v.gain = layer->gain + column;
            v.worth = layer->worth + column;
            if (layer->offset != NULL) {
                v.offset = layer->offset + column;
                v.bow = layer->bow + column;
                v.correction = layer->correction + column;
            }
            kernels->convert(&v);
        }
    }
}

uint32_t snnrt_crossbar_end(snnrt_crossbar_work *work, uint32_t group, const int32_t *bias, int32_t *results) {
    const snnrt_crossbar_layer *layer = work->layer;
    uint32_t rows;
    const double readings = count(work, group, &rows);
    if (results == NULL) {
        return rows;
    }
    if (rows == 0) {
        for (uint32_t o = 0; o < layer->outputs; o++) {
            results[o] = bias == NULL ? 0 : bias[o];
        }
        return 0;
    }
    if (layer->mode == SNNRT_CROSSBAR_CONVERTED) {
        read_converted(work, group);
    } else {
        read_linear(work, group, readings);
    }
    if (layer->output_offset != NULL) {
        for (uint32_t o = 0; o < layer->outputs; o++) {
            work->results[o] += layer->output_offset[(size_t)group * layer->lanes + o];
        }
    }
    work->kernels->finish(work->results, bias, layer->outputs, results);
    work->window++;
    return rows;
}
