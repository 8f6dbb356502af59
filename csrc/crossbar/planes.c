/* Inputs sorted into the passes in which they are applied. */
#include "windows.h"

static uint64_t *add_plane(snnrt_crossbar_work *work, uint64_t *inputs, double worth) {
    snnrt_crossbar_plane *plane = &work->planes[work->plane_count++];
    plane->worth = worth;
    plane->inputs = inputs;
    return inputs;
}

void snnrt_crossbar_take_values(snnrt_crossbar_work *work, const int16_t *values) {
    const uint32_t count = (uint32_t)work->elements;
    uint32_t bits_of[2];
    work->plane_count = 0;
    if (work->kernels->find(values, count, work->all.inputs)) {
        (void)add_plane(work, work->all.inputs, 1.0);
        return;
    }
    work->kernels->magnitudes(values, count, bits_of);
    for (uint32_t sign = 0; sign < 2u; sign++) {
        for (uint32_t bit = 0; bit < work->layer->bits; bit++) {
            if ((bits_of[sign] >> bit & 1u) != 0) {
                uint64_t *map = work->maps + work->plane_count * snnrt_crossbar_words(count);
                const double worth = (double)(1u << bit) * (sign == 0 ? 1.0 : -1.0);
                work->kernels->plane(values, count, bit, sign != 0, add_plane(work, map, worth));
            }
        }
    }
}

void snnrt_crossbar_take_bits(snnrt_crossbar_work *work, const snnrt_uint32 *words) {
    const uint32_t halves = (uint32_t)((work->elements + 31u) / 32u);
    const uint32_t left = (uint32_t)(work->elements % 32u);
    uint64_t *bits = work->all.inputs;
    for (uint32_t h = 0; h < halves; h++) {
        uint64_t half = words[h];
        if (h + 1u == halves && left != 0) {
            half &= ((uint64_t)1 << left) - 1u;
        }
        bits[h / 2u] = h % 2u == 0 ? half : bits[h / 2u] | half << 32;
    }
    work->plane_count = 0;
    (void)add_plane(work, work->all.inputs, 1.0);
}

/* The rows of a dense layer whose inputs are in another order than its rows. */
static void reorder(snnrt_crossbar_work *work, snnrt_crossbar_plane *plane) {
    const snnrt_crossbar_layer *layer = work->layer;
    for (size_t w = 0; w < snnrt_crossbar_words(layer->fan_in); w++) {
        plane->room[w] = 0;
    }
    for (uint32_t first = 0; first < layer->fan_in; first += 32u) {
        uint32_t half = (uint32_t)(plane->inputs[first / SNNRT_CROSSBAR_WORD] >> first % SNNRT_CROSSBAR_WORD);
        while (half != 0) {
            const uint32_t row = layer->order[first + snnrt_lowest_bit(half)];
            plane->room[row / SNNRT_CROSSBAR_WORD] |= (uint64_t)1 << row % SNNRT_CROSSBAR_WORD;
            half &= half - 1u;
        }
    }
    plane->rows = plane->room;
}

void snnrt_crossbar_drive_all(snnrt_crossbar_work *work) {
    if (work->layer->order == NULL) {
        for (uint32_t index = 0; index < work->plane_count; index++) {
            work->planes[index].rows = work->planes[index].inputs;
        }
        return;
    }
    for (uint32_t index = 0; index < work->plane_count; index++) {
        reorder(work, &work->planes[index]);
    }
}
