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
    const size_t padded = (columns + SNNRT_CROSSBAR_DRAW - 1u) / SNNRT_CROSSBAR_DRAW * SNNRT_CROSSBAR_DRAW;
    const size_t map = snnrt_crossbar_words(elements) * sizeof(uint64_t);
    const size_t rows = snnrt_crossbar_words(layer->fan_in) * sizeof(uint64_t);
    const uint32_t passes = 2u * layer->bits;
    size_t used = 0;
    work->all.inputs = (uint64_t *)take(room, &used, map);
    work->all.room = (uint64_t *)take(room, &used, rows);
    work->all.counts = NULL;
    work->maps = (uint64_t *)take(room, &used, passes * map);
    for (uint32_t index = 0; index < passes; index++) {
        work->planes[index].room = (uint64_t *)take(room, &used, rows);
        work->planes[index].counts = (uint32_t *)take(room, &used, layer->row_tiles * sizeof(uint32_t));
    }
    work->normals = (float *)take(room, &used, passes * padded * sizeof(float));
    work->results = (double *)take(room, &used, padded * sizeof(double));
    work->spreads = (double *)take(room, &used, padded * sizeof(double));
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
    work->elements = elements;
    work->window = work->step = work->input = 0;
    (void)lay_out(work, (uint8_t *)room, elements);
    /* the word behind the last is read with it */
    work->all.inputs[snnrt_crossbar_words(elements) - 1u] = 0;
    for (uint32_t index = 0; index < 2u * layer->bits; index++) {
        work->maps[(index + 1u) * snnrt_crossbar_words(elements) - 1u] = 0;
    }
}

/* Adds what the planes drive to the events; the readings' variance, where each has 1. */
static double count_window(snnrt_crossbar_work *work, uint32_t group) {
    const snnrt_crossbar_layer *layer = work->layer;
    snnrt_crossbar_events *events = work->events;
    uint64_t *activations = events->row_activations + (size_t)group * layer->row_tiles;
    uint64_t *reads = events->reads + (size_t)group * layer->row_tiles;
    double variance = 0.0;
    for (uint32_t index = 0; index < work->plane_count; index++) {
        const snnrt_crossbar_plane *plane = &work->planes[index];
        uint32_t readings = 0;
        if (plane->count == 0) {
            continue;
        }
        for (uint32_t tile = 0; tile < layer->row_tiles; tile++) {
            const uint32_t driven = plane->counts[tile] != 0;
            activations[tile] += plane->counts[tile];
            reads[tile] += driven;
            readings += driven;
        }
        variance += plane->worth * plane->worth * (double)readings;
        events->passes[group]++;
    }
    events->windows++;
    return variance;
}

/* Tiles and slices in one product; noise, if any, is one draw an output with the variance of all readings. All sums are
 * integers below 2^53: exact. */
static void read_linear(snnrt_crossbar_work *work, uint32_t group, double readings) {
    const snnrt_crossbar_layer *layer = work->layer;
    const snnrt_crossbar_kernels *kernels = work->kernels;
    const size_t place = (size_t)group * layer->fan_in * layer->lanes;
    const uint32_t lanes = layer->lanes,
                   drawn = (lanes + SNNRT_CROSSBAR_DRAW - 1u) & ~(SNNRT_CROSSBAR_DRAW - 1u);
    double variance = layer->read_variance * readings;
    bool begins = true;
    for (uint32_t o = 0; layer->noisy != 0 && layer->variance == NULL && o < lanes; o++) {
        work->spreads[o] = 0.0;
    }
    for (uint32_t index = 0; index < work->plane_count; index++) {
        const snnrt_crossbar_plane *plane = &work->planes[index];
        if (plane->count == 0) {
            continue;
        }
        kernels->add(layer->matrix + place, lanes, plane->rows, layer->fan_in, plane->worth * layer->scale,
                     work->results, begins);
        if (layer->variance != NULL) {
            kernels->add(layer->variance + place, lanes, plane->rows, layer->fan_in,
                         plane->worth * plane->worth, work->spreads, begins);
        }
        begins = false;
        variance += layer->row_variance * plane->worth * plane->worth * (double)plane->count;
    }
    if (layer->noisy != 0) {
        kernels->draw(&work->stream, drawn, work->normals);
        kernels->disturb(work->normals, lanes, variance, layer->variance_step, work->spreads, work->results);
    }
}

/* Each driven tile of each pass by itself. A tile's passes follow each other, while its matrix is at hand. */
static void read_converted(snnrt_crossbar_work *work, uint32_t group) {
    const snnrt_crossbar_layer *layer = work->layer;
    const uint32_t columns = work->columns;
    const uint32_t drawn = (columns + SNNRT_CROSSBAR_DRAW - 1u) & ~(SNNRT_CROSSBAR_DRAW - 1u);
    const size_t place = (size_t)group * layer->fan_in * columns;
    snnrt_crossbar_pass passes[SNNRT_CROSSBAR_PLANES];
    snnrt_crossbar_reading v;
    v.passes = passes;
    v.matrix = layer->matrix + place;
    v.variance = layer->variance == NULL ? NULL : layer->variance + place;
    v.columns = columns;
    v.lanes = layer->lanes;
    v.normals = layer->noisy != 0 ? work->normals : NULL;
    v.normals_stride = drawn;
    v.variance_step = layer->variance_step;
    v.offset = v.bow = v.correction = NULL;
    v.codes = (double)layer->codes;
    v.results = work->results;
    v.begins = true;
    for (uint32_t tile = 0; tile < layer->row_tiles; tile++) {
        const size_t column = ((size_t)group * layer->row_tiles + tile) * columns;
        v.first = tile * layer->tile_rows;
        v.end = tile + 1u == layer->row_tiles ? layer->fan_in : v.first + layer->tile_rows;
        v.gain = layer->gain + column;
        v.worth = layer->worth + column;
        if (layer->offset != NULL) {
            v.offset = layer->offset + column;
            v.bow = layer->bow + column;
            v.correction = layer->correction + column;
        }
        v.pass_count = 0;
        for (uint32_t index = 0; index < work->plane_count; index++) {
            const snnrt_crossbar_plane *plane = &work->planes[index];
            snnrt_crossbar_pass *pass = &passes[v.pass_count];
            if (plane->counts[tile] != 0) {
                pass->rows = plane->rows;
                pass->worth = plane->worth;
                pass->read_variance =
                    layer->read_variance + layer->row_variance * (double)plane->counts[tile];
                v.pass_count++;
            }
        }
        if (v.pass_count != 0) {
            if (layer->noisy != 0) {
                work->kernels->draw(&work->stream, v.pass_count * drawn, work->normals);
            }
            work->kernels->read(&v);
            v.begins = false;
        }
    }
}

void snnrt_crossbar_silent(snnrt_crossbar_work *work, const int32_t *bias, int32_t *results) {
    work->events->windows++;
    work->events->silent_windows++;
    for (uint32_t o = 0; results != NULL && o < work->layer->outputs; o++) {
        results[o] = bias == NULL ? 0 : bias[o];
    }
}

bool snnrt_crossbar_end(snnrt_crossbar_work *work, uint32_t group, const int32_t *bias, int32_t *results) {
    const snnrt_crossbar_layer *layer = work->layer;
    uint32_t rows = 0;
    double readings;
    for (uint32_t index = 0; index < work->plane_count; index++) {
        snnrt_crossbar_plane *plane = &work->planes[index];
        plane->count = work->kernels->count(plane->rows, layer->fan_in, layer->tile_rows, plane->counts);
        rows |= plane->count;
    }
    if (rows == 0) {
        snnrt_crossbar_silent(work, bias, results);
        return false;
    }
    readings = count_window(work, group);
    if (results == NULL) {
        return true;
    }
    if (layer->noisy != 0) {
        work->kernels->seed(&work->stream, layer->keys[group], work->window, work->step, work->input);
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
