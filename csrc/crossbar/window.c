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
    const size_t planes = passes + 1u;
    size_t used = 0;
    work->driven = (uint32_t *)take(room, &used, passes * fan_in * sizeof(uint32_t));
    work->filled = (uint32_t *)take(room, &used, passes * sizeof(uint32_t));
    work->counts = (uint32_t *)take(room, &used, passes * layer->row_tiles * sizeof(uint32_t));
    work->sums = (int32_t *)take(room, &used, padded * sizeof(int32_t));
    work->variances = (int32_t *)take(room, &used, padded * sizeof(int32_t));
    work->spreads = (double *)take(room, &used, padded * sizeof(double));
    work->normals = (float *)take(room, &used, padded * sizeof(float));
    work->results = (double *)take(room, &used, padded * sizeof(double));
    work->positions = (uint32_t *)take(room, &used, (elements + SNNRT_EVENTS_PADDING) * sizeof(uint32_t));
    work->values = (int16_t *)take(room, &used, (elements + SNNRT_EVENTS_PADDING) * sizeof(int16_t));
    work->plane_positions = (uint32_t *)take(room, &used, (size_t)layer->bits * elements * sizeof(uint32_t));
    work->plane_starts = (uint32_t *)take(room, &used, planes * (elements + 1u) * sizeof(uint32_t));
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
    work->plane_count = 0;
    work->plain = false;
    work->elements = elements;
    work->window = work->step = work->input = 0;
    (void)lay_out(work, (uint8_t *)room, elements);
}

void snnrt_crossbar_find_planes(snnrt_crossbar_work *work, uint32_t count) {
    const snnrt_crossbar_layer *layer = work->layer;
    uint32_t bits_of[2] = {0, 0}, taken = 0, any = 0;
    uint32_t *room = work->plane_positions;
    work->all.positions = work->positions;
    work->all.starts = work->plane_starts;
    work->all.count = count;
    for (uint32_t e = 0; e < count; e++) {
        any |= (uint16_t)work->values[e];
    }
    if (any <= 1u) {
        /* spikes */
        work->plane_count = any;
        work->planes[0] = work->all;
        work->planes[0].pass = 0;
        work->planes[0].worth = 1.0;
        return;
    }
    for (uint32_t e = 0; e < count; e++) {
        const int32_t value = work->values[e];
        bits_of[value < 0] |= value < 0 ? 0u - (uint32_t)value : (uint32_t)value;
    }
    work->plane_count = 0;
    for (uint32_t sign = 0; sign < 2u; sign++) {
        for (uint32_t bit = 0; bits_of[sign] >> bit != 0; bit++) {
            snnrt_crossbar_plane *plane = &work->planes[work->plane_count];
            uint32_t found = 0;
            plane->pass = bit + sign * layer->bits;
            plane->worth = (double)(1u << bit) * (sign == 0 ? 1.0 : -1.0);
            plane->starts = work->plane_starts + (size_t)++work->plane_count * (work->elements + 1u);
            plane->positions = room + taken;
            for (uint32_t e = 0; e < count; e++) {
                const int32_t value = sign == 0 ? work->values[e] : -(int32_t)work->values[e];
                /* always written: there is room for what the next plane takes */
                if (taken + found < (uint32_t)(layer->bits * work->elements)) {
                    plane->positions[found] = work->positions[e];
                }
                found += value > 0 ? (uint32_t)value >> bit & 1u : 0u;
            }
            plane->count = found;
            taken += found;
        }
    }
}

/* How many of `rows`, ascending, lie below `bound`. */
static uint32_t below(const uint32_t *rows, uint32_t count, uint32_t bound) {
    uint32_t found = 0;
    for (uint32_t i = 0; i < count; i++) {
        found += rows[i] < bound;
    }
    return found;
}

/* Which rows of plane `index` tile `tile` drives, where the tiles before it drive `before`. */
static const uint32_t *rows_of(const snnrt_crossbar_work *work, uint32_t index, uint32_t tile,
                               uint32_t before) {
    const snnrt_crossbar_layer *layer = work->layer;
    if (work->plain) {
        return work->planes[0].positions + before;
    }
    return work->driven + (size_t)index * layer->fan_in +
           (layer->order == NULL ? before : (size_t)tile * layer->tile_rows);
}

/* How many rows each tile drives, where the planes' lists ascend: the lists are cut where tiles end. */
static void cut(snnrt_crossbar_work *work) {
    const snnrt_crossbar_layer *layer = work->layer;
    for (uint32_t index = 0; index < work->plane_count; index++) {
        uint32_t *counts = work->counts + (size_t)index * layer->row_tiles;
        const uint32_t *rows = rows_of(work, index, 0, 0);
        uint32_t left = work->filled[index], bound = 0;
        if (left == 0) {
            continue;
        }
        if (layer->row_tiles > 8u) {
            for (uint32_t tile = 0; tile < layer->row_tiles; tile++) {
                counts[tile] = 0;
            }
            for (uint32_t tile = 0; left != 0; tile++) {
                bound += layer->tile_rows;
                while (left != 0 && *rows < bound) {
                    counts[tile]++;
                    rows++;
                    left--;
                }
            }
            continue;
        }
        for (uint32_t tile = 0; tile < layer->row_tiles; tile++) {
            bound += layer->tile_rows;
            counts[tile] = tile + 1u == layer->row_tiles ? left : below(rows, left, bound);
            rows += counts[tile];
            left -= counts[tile];
        }
    }
}

/* Adds what the planes drove to the events; the readings' variance, where each has 1. */
static double count_window(snnrt_crossbar_work *work, uint32_t group) {
    const snnrt_crossbar_layer *layer = work->layer;
    snnrt_crossbar_events *events = work->events;
    uint64_t *activations = events->row_activations + (size_t)group * layer->row_tiles;
    uint64_t *reads = events->reads + (size_t)group * layer->row_tiles;
    double variance = 0.0;
    for (uint32_t index = 0; index < work->plane_count; index++) {
        const uint32_t *counts = work->counts + (size_t)index * layer->row_tiles;
        uint32_t readings = 0;
        if (work->filled[index] == 0) {
            continue;
        }
        for (uint32_t tile = 0; tile < layer->row_tiles; tile++) {
            activations[tile] += counts[tile];
            reads[tile] += counts[tile] != 0;
            readings += counts[tile] != 0;
        }
        variance += work->planes[index].worth * work->planes[index].worth * (double)readings;
        events->passes[group]++;
    }
    events->windows++;
    return variance;
}

static void draw(snnrt_crossbar_work *work, uint32_t group, uint32_t reading, uint32_t columns) {
    const uint32_t padded =
        (columns + SNNRT_CROSSBAR_NORMALS - 1u) & ~(uint32_t)(SNNRT_CROSSBAR_NORMALS - 1u);
    work->kernels->normals(work->layer->keys[group], reading * (padded / 4u), work->window, work->step,
                           work->input, padded, work->normals);
}

/* The sums of a matrix' rows that plane `index` drives, times `worth`, onto `totals`. */
static void add_plane(snnrt_crossbar_work *work, uint32_t index, const int32_t *matrix, double worth,
                      double *totals) {
    const snnrt_crossbar_layer *layer = work->layer;
    const uint32_t *counts = work->counts + (size_t)index * layer->row_tiles;
    if (layer->order == NULL) {
        work->kernels->add(matrix, layer->lanes, rows_of(work, index, 0, 0), work->filled[index], work->sums);
        work->kernels->total(work->sums, layer->lanes, worth, totals);
        return;
    }
    for (uint32_t tile = 0; tile < layer->row_tiles; tile++) {
        if (counts[tile] != 0) {
            work->kernels->add(matrix, layer->lanes, rows_of(work, index, tile, 0), counts[tile], work->sums);
            work->kernels->total(work->sums, layer->lanes, worth, totals);
        }
    }
}

/* Tiles and slices in one product; noise, if any, is one draw an output with the variance of all readings. All sums are
 * integers below 2^53: exact. */
static void read_linear(snnrt_crossbar_work *work, uint32_t group, double readings) {
    const snnrt_crossbar_layer *layer = work->layer;
    const size_t place = (size_t)group * layer->fan_in * layer->lanes;
    const uint32_t lanes = layer->lanes;
    double variance = layer->read_variance * readings;
    for (uint32_t o = 0; o < lanes; o++) {
        work->results[o] = 0.0;
        work->spreads[o] = 0.0;
    }
    for (uint32_t index = 0; index < work->plane_count; index++) {
        const double worth = work->planes[index].worth;
        if (work->filled[index] == 0) {
            continue;
        }
        add_plane(work, index, layer->matrix + place, worth * layer->scale, work->results);
        if (layer->variance != NULL) {
            add_plane(work, index, layer->variance + place, worth * worth, work->spreads);
        }
        variance += layer->row_variance * worth * worth * (double)work->filled[index];
    }
    if (layer->noisy != 0) {
        draw(work, group, 0, lanes);
        work->kernels->spread_totals(work->normals, lanes, variance, layer->variance_step, work->spreads);
        for (uint32_t o = 0; o < lanes; o++) {
            work->results[o] += (double)work->normals[o];
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
    for (uint32_t index = 0; index < work->plane_count; index++) {
        const snnrt_crossbar_plane *plane = &work->planes[index];
        uint32_t before = 0;
        if (work->filled[index] == 0) {
            continue;
        }
        v.pass = plane->worth;
        for (uint32_t tile = 0; tile < layer->row_tiles; tile++) {
            const uint32_t rows = work->counts[index * layer->row_tiles + tile];
            const uint32_t *driven = rows_of(work, index, tile, before);
            const size_t column = ((size_t)group * layer->row_tiles + tile) * columns;
            if (rows == 0) {
                continue;
            }
            before += rows;
            kernels->add(matrix, columns, driven, rows, work->sums);
            if (layer->noisy != 0) {
                if (layer->variance != NULL) {
                    kernels->add(layer->variance + (size_t)group * layer->fan_in * columns, columns, driven,
                                 rows, work->variances);
                }
                draw(work, group, plane->pass * layer->row_tiles + tile, columns);
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

bool snnrt_crossbar_end(snnrt_crossbar_work *work, uint32_t group, const int32_t *bias, int32_t *results) {
    const snnrt_crossbar_layer *layer = work->layer;
    uint32_t rows = 0;
    double readings;
    for (uint32_t index = 0; index < work->plane_count; index++) {
        rows |= work->filled[index];
    }
    if (rows == 0) {
        snnrt_crossbar_silent(work, bias, results);
        return false;
    }
    if (layer->order == NULL) {
        cut(work);
    }
    readings = count_window(work, group);
    if (results == NULL) {
        return true;
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
    if (layer->output_order != NULL) {
        for (uint32_t o = 0; o < layer->outputs; o++) {
            work->spreads[o] = work->results[layer->output_order[o]];
        }
    }
    work->kernels->finish(layer->output_order == NULL ? work->results : work->spreads, bias, layer->outputs,
                          results);
    work->window++;
    return true;
}
