/* What a read computes; each kernel set compiles it with its own instructions. Internal. */
#ifndef SNNRT_CROSSBAR_READ_H
#define SNNRT_CROSSBAR_READ_H

#include "../snnrt_compiler.h"

#include "snnrt_crossbar.h"

/* One conversion of all columns of a tile. */
typedef struct snnrt_crossbar_conversion {
    const int32_t *currents;
    const float *noise; /* NULL: none */
    const double *gain, *offset, *bow, *correction, *worth;
    double *sums;
    double codes;
    double pass; /* what the pass is worth: a power of two with its sign */
    uint32_t lanes, slices;
} snnrt_crossbar_conversion;

typedef struct snnrt_crossbar_kernels {
    /* sums[0 .. columns) = the sum of the matrix' rows (columns long) that `rows` names */
    void (*add)(const int32_t *matrix, uint32_t columns, const uint32_t *rows, uint32_t count, int32_t *sums);
    /* totals += worth * sums */
    void (*total)(const int32_t *sums, uint32_t columns, double worth, double *totals);
    /* noise[0 .. columns) = normals * sqrt(variance + step * variances) */
    void (*spread)(float *normals, uint32_t columns, double variance, double step, const int32_t *variances);
    void (*spread_totals)(float *normals, uint32_t columns, double variance, double step,
                          const double *variances);
    void (*convert)(const snnrt_crossbar_conversion *conversion);
    /* results = round(sums) + bias, half to even, saturated */
    void (*finish)(const double *sums, const int32_t *bias, uint32_t outputs, int32_t *results);
    void (*normals)(uint64_t key, uint32_t low, uint32_t second, uint32_t third, uint32_t fourth,
                    uint32_t count, float *normals);
} snnrt_crossbar_kernels;

extern const snnrt_crossbar_kernels snnrt_crossbar_portable;
#if defined(__x86_64__) && defined(__GNUC__)
extern const snnrt_crossbar_kernels snnrt_crossbar_avx2, snnrt_crossbar_avx512;
#endif

#endif
