/* What a read computes; each kernel set compiles it with its own instructions. Internal. */
#ifndef SNNRT_CROSSBAR_READ_H
#define SNNRT_CROSSBAR_READ_H

#include "../snnrt_compiler.h"

#include "snnrt_crossbar.h"

/* Rows and inputs are bits of 64-bit words. */
#define SNNRT_CROSSBAR_WORD 64u

/* Random numbers of a window: xoshiro128+ (Blackman and Vigna, ACM Trans. Math. Softw. 47, 2021) in lanes. */
typedef struct snnrt_crossbar_stream {
    uint32_t state[4][SNNRT_CROSSBAR_LANES];
} snnrt_crossbar_stream;

/* A draw's normal numbers: two vectors of lanes. */
#define SNNRT_CROSSBAR_DRAW (2u * (uint32_t)SNNRT_CROSSBAR_LANES)

#define SNNRT_CROSSBAR_PLANES 32u /* a bit and sign each */

/* A pass in which a tile is read. */
typedef struct snnrt_crossbar_pass {
    const uint64_t *rows;
    double worth; /* a power of two with its sign */
    double read_variance; /* of every column */
} snnrt_crossbar_pass;

/* A tile's readings of a window, with a conversion of all its columns each. */
typedef struct snnrt_crossbar_reading {
    const snnrt_crossbar_pass *passes;
    uint32_t pass_count;
    const int32_t *matrix, *variance; /* variance, normals: NULL where there are none */
    uint32_t first, end; /* the tile's rows */
    uint32_t columns, lanes;
    const float *normals; /* of each pass */
    uint32_t normals_stride;
    double variance_step;
    const double *gain, *offset, *bow, *correction, *worth; /* the tile's */
    double codes;
    double *results;
    bool begins; /* the results have no sums yet */
} snnrt_crossbar_reading;

typedef struct snnrt_crossbar_kernels {
    /* Which values are not 0, as bits, the last word filled up with 0; whether all others are 1. */
    bool (*find)(const int16_t *values, uint32_t count, uint64_t *bits);
    /* All bits of the magnitudes of positive values and of negative ones. */
    void (*magnitudes)(const int16_t *values, uint32_t count, uint32_t bits[2]);
    /* Which values of a sign have bit `bit` in their magnitude. */
    void (*plane)(const int16_t *values, uint32_t count, uint32_t bit, bool negative, uint64_t *bits);
    /* How many of `rows` rows are driven in each tile of so many; returns their sum. */
    uint32_t (*count)(const uint64_t *driven, uint32_t rows, uint32_t tile_rows, uint32_t *counts);
    /* totals[0 .. columns) += worth * the sum of the matrix' driven rows; `begins`: they have no sums yet */
    void (*add)(const int32_t *matrix, uint32_t columns, const uint64_t *driven, uint32_t rows, double worth,
                double *totals, bool begins);
    void (*read)(const snnrt_crossbar_reading *reading);
    /* results = round(sums) + bias, half to even, saturated */
    void (*finish)(const double *sums, const int32_t *bias, uint32_t outputs, int32_t *results);
    void (*seed)(snnrt_crossbar_stream *stream, uint64_t key, uint32_t window, uint32_t step, uint32_t input);
    /* Standard normal numbers, count a multiple of SNNRT_CROSSBAR_DRAW. */
    void (*draw)(snnrt_crossbar_stream *stream, uint32_t count, float *normals);
    /* totals += normals * sqrt(variance + step * variances), columns a multiple of the lanes; the normals are used up */
    void (*disturb)(float *normals, uint32_t columns, double variance, double step, const double *variances,
                    double *totals);
} snnrt_crossbar_kernels;

extern const snnrt_crossbar_kernels snnrt_crossbar_portable;
#if defined(__x86_64__) && defined(__GNUC__)
extern const snnrt_crossbar_kernels snnrt_crossbar_avx2, snnrt_crossbar_avx512;
#endif

#endif
