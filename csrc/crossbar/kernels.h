/* The kernels of a read, plain C that compilers make vectors of. Included once by each kernel set. Internal. */
#ifndef SNNRT_CROSSBAR_KERNELS_H
#define SNNRT_CROSSBAR_KERNELS_H

#include "inputs.h"
#include "noise.h"

/* Columns whose sums are held in registers at once: a multiple of the lanes. */
#define BLOCK (8u * WIDTH < LANES ? LANES : 8u * WIDTH)

/* x and, unless the sum begins with it, what is there. */
SNNRT_INLINE static inline doubles sum_onto(const double *sum, doubles x, bool begins) {
    if (begins) {
        return x;
    }
    return load_doubles(sum) + x;
}

static inline doubles clipped(doubles x, doubles limit) { return larger(smaller(x, limit), -limit); }

/* sums[0 .. held * WIDTH) = the sum of the driven rows of first .. end. `held` is constant in each call. */
SNNRT_INLINE static inline void add_rows(const int32_t *matrix, uint32_t columns, const uint64_t *driven,
                                         uint32_t first, uint32_t end, int32_t *sums, const uint32_t held) {
    const words zero = {0};
    words sum[BLOCK / WIDTH];
    for (uint32_t k = 0; k < held; k++) {
        sum[k] = zero;
    }
    for (uint32_t w = first / SNNRT_CROSSBAR_WORD; w * SNNRT_CROSSBAR_WORD < end; w++) {
        const int32_t *rows = matrix + (size_t)w * SNNRT_CROSSBAR_WORD * columns;
        uint64_t word = driven[w] & bits_inside(w, first, end);
        while (word != 0) {
            const int32_t *row = rows + (size_t)lowest_bit(word) * columns;
            word &= word - 1u;
            for (uint32_t k = 0; k < held; k++) {
                sum[k] += load_words(row + k * WIDTH); /* modulo 2^32: as signed ones */
            }
        }
    }
    for (uint32_t k = 0; k < held; k++) {
        store_words(sums + k * WIDTH, sum[k]);
    }
}

/* The sums of up to BLOCK columns, of `left`: returns of how many. */
SNNRT_INLINE static inline uint32_t add_block(const int32_t *matrix, uint32_t columns, const uint64_t *driven,
                                              uint32_t first, uint32_t end, uint32_t left, int32_t *sums) {
    if (left >= BLOCK) {
        add_rows(matrix, columns, driven, first, end, sums, BLOCK / WIDTH);
        return BLOCK;
    }
    if (BLOCK > 4u * LANES && left >= 4u * LANES) {
        add_rows(matrix, columns, driven, first, end, sums, 4u * LANES / WIDTH);
        return 4u * LANES;
    }
    if (BLOCK > 2u * LANES && left >= 2u * LANES) {
        add_rows(matrix, columns, driven, first, end, sums, 2u * LANES / WIDTH);
        return 2u * LANES;
    }
    add_rows(matrix, columns, driven, first, end, sums, LANES / WIDTH);
    return LANES;
}

static void add(const int32_t *matrix, uint32_t columns, const uint64_t *driven, uint32_t rows, double worth,
                double *totals, bool begins) {
    int32_t sums[BLOCK];
    uint32_t done;
    for (uint32_t c = 0; c < columns; c += done) {
        done = add_block(matrix + c, columns, driven, 0, rows, columns - c, sums);
        for (uint32_t k = 0; k < done; k += HALF) {
            double *total = totals + c + k;
            const doubles sum = doubles_of_integers(sums + k) * worth;
            store_doubles(total, sum_onto(total, sum, begins));
        }
    }
}

/* Adds a pass' codes of as many columns as lanes, from `c` on, to `codes`, times what the pass is worth. `noisy`, `varied`
 * and `imperfect` are constant in each call. */
SNNRT_INLINE static inline void convert_lanes(const snnrt_crossbar_reading *v, uint32_t pass, uint32_t c,
                                              const int32_t *currents, const int32_t *variances,
                                              const doubles *gain, float sigma, doubles *codes,
                                              const bool noisy, const bool varied, const bool imperfect) {
    const doubles most = all_doubles(v->codes), share = all_doubles(1.0 / v->codes);
    const double worth = v->passes[pass].worth;
    float noise[SNNRT_CROSSBAR_LANES];
    for (uint32_t i = 0; noisy && i < LANES; i += WIDTH) {
        floats spread = all_floats(sigma);
        if (varied) {
            spread = floats_of(load_words(variances + i)) * (float)v->variance_step;
            spread = square_root(spread + (float)v->passes[pass].read_variance);
        }
        store_floats(noise + i, load_floats(v->normals + pass * v->normals_stride + c + i) * spread);
    }
    for (uint32_t i = 0; i < LANES; i += HALF) {
        doubles y = doubles_of_integers(currents + i);
        if (noisy) {
            y += doubles_of_floats(noise + i);
        }
        y *= gain[i / HALF];
        if (imperfect) {
            doubles t;
            y += load_doubles(v->offset + c + i);
            t = clipped(y, most) * share;
            y += load_doubles(v->bow + c + i) * t * (1.0 - larger(t, -t));
        }
        y = rounded(clipped(y, most));
        if (imperfect) {
            y -= load_doubles(v->correction + c + i);
        }
        codes[i / HALF] += y * worth;
    }
}

SNNRT_INLINE static inline void read_as(const snnrt_crossbar_reading *reading, const bool noisy,
                                        const bool varied, const bool imperfect) {
    /* a copy: what is written could lie anywhere but there */
    const snnrt_crossbar_reading copy = *reading, *const v = &copy;
    int32_t sums[SNNRT_CROSSBAR_PLANES][BLOCK], variances[BLOCK];
    float sigma[SNNRT_CROSSBAR_PLANES + WIDTH];
    uint32_t done, output = 0;
    for (uint32_t p = 0; noisy && !varied && p < v->pass_count; p++) {
        store_floats(sigma + p, square_root(all_floats((float)v->passes[p].read_variance)));
    }
    for (uint32_t c = 0; c < v->columns; c += done) {
        const uint32_t left = v->columns - c;
        done = 0;
        for (uint32_t p = 0; p < v->pass_count; p++) {
            done = add_block(v->matrix + c, v->columns, v->passes[p].rows, v->first, v->end, left, sums[p]);
        }
        for (uint32_t k = 0; k < done; k += LANES) {
            double *results = v->results + output;
            doubles gain[LANES / HALF], codes[LANES / HALF];
            for (uint32_t i = 0; i < LANES; i += HALF) {
                gain[i / HALF] = load_doubles(v->gain + c + k + i);
                codes[i / HALF] = all_doubles(0.0);
            }
            for (uint32_t p = 0; p < v->pass_count; p++) {
                if (varied) {
                    add_rows(v->variance + c + k, v->columns, v->passes[p].rows, v->first, v->end, variances,
                             LANES / WIDTH);
                }
                convert_lanes(v, p, c + k, sums[p] + k, variances, gain, noisy && !varied ? sigma[p] : 0.0f,
                              codes, noisy, varied, imperfect);
            }
            for (uint32_t i = 0; i < LANES; i += HALF) {
                const doubles sum = codes[i / HALF] * load_doubles(v->worth + c + k + i);
                store_doubles(results + i, sum_onto(results + i, sum, v->begins && c + k < v->lanes));
            }
            output = output + LANES == v->lanes ? 0 : output + LANES;
        }
    }
}

static void read_passes(const snnrt_crossbar_reading *v) {
    if (v->offset != NULL) {
        if (v->normals == NULL) {
            read_as(v, false, false, true);
        } else if (v->variance == NULL) {
            read_as(v, true, false, true);
        } else {
            read_as(v, true, true, true);
        }
    } else if (v->normals == NULL) {
        read_as(v, false, false, false);
    } else if (v->variance == NULL) {
        read_as(v, true, false, false);
    } else {
        read_as(v, true, true, false);
    }
}

static void finish_results(const double *sums, const int32_t *bias, uint32_t outputs, int32_t *results) {
    const doubles low = all_doubles(-2147483648.0), high = all_doubles(2147483647.0);
    const uint32_t whole = outputs - outputs % HALF;
    uint32_t o = 0;
    for (; o < whole; o += HALF) {
        doubles y = rounded(larger(smaller(load_doubles(sums + o), high), low));
        if (bias != NULL) {
            y = larger(smaller(y + doubles_of_integers(bias + o), high), low);
        }
        store_integers(results + o, y);
    }
    for (; o < outputs; o++) {
        /* each by itself in a whole vector: the sums are padded, what is added and written is not */
        int32_t added[HALF] = {0}, result[HALF];
        added[0] = bias == NULL ? 0 : bias[o];
        store_integers(result, larger(smaller(rounded(larger(smaller(all_doubles(sums[o]), high), low)) +
                                                  doubles_of_integers(added),
                                              high),
                                      low));
        results[o] = result[0];
    }
}

#define SNNRT_CROSSBAR_KERNELS \
    { find, magnitudes, plane, count_driven, add, read_passes, finish_results, seed, draw, disturb }

#endif
