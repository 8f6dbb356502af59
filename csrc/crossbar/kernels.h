/* The kernels of a read, plain C that compilers make vectors of. Included once by each kernel set. Internal. */
#ifndef SNNRT_CROSSBAR_KERNELS_H
#define SNNRT_CROSSBAR_KERNELS_H

#include "read.h"

#if defined(__GNUC__) && !defined(__clang__)
/* Else comparisons are no vectors. */
#pragma GCC optimize("no-trapping-math")
#endif

#define LANES ((uint32_t)SNNRT_CROSSBAR_LANES)

#if defined(__AVX512F__)
#define WIDTH 16u
#elif defined(__AVX2__)
#define WIDTH 8u
#else
#define WIDTH 4u
#endif
/* Registers that a block of columns keeps its sums in. */
#define HELD (64u / WIDTH < 8u ? 64u / WIDTH : 8u)

#if defined(__GNUC__)
typedef int32_t row_lanes __attribute__((vector_size(4 * WIDTH), aligned(4), may_alias));
#else
typedef int32_t row_lanes;
#undef WIDTH
#define WIDTH 1u
#endif

/* Adding the double puts the integer part where halves round to even; for |x| < 2^51. */
static inline double rounded(double x) {
    const double shift = 6755399441055744.0;
    return (x + shift) - shift;
}

static inline double clipped(double x, double limit) {
    x = x > limit ? limit : x;
    return x < -limit ? -limit : x;
}

/* `held` registers of columns: constant in each call. */
SNNRT_INLINE static inline void add_block(const int32_t *matrix, uint32_t columns, const uint32_t *rows,
                                          uint32_t count, int32_t *sums, const uint32_t held) {
    row_lanes sum[8];
    for (uint32_t k = 0; k < held; k++) {
        sum[k] = (row_lanes){0};
    }
    for (uint32_t i = 0; i < count; i++) {
        const int32_t *row = matrix + (size_t)rows[i] * columns;
        for (uint32_t k = 0; k < held; k++) {
            sum[k] += *(const row_lanes *)(const void *)(row + k * WIDTH);
        }
    }
    for (uint32_t k = 0; k < held; k++) {
        *(row_lanes *)(void *)(sums + k * WIDTH) = sum[k];
    }
}

static void add(const int32_t *matrix, uint32_t columns, const uint32_t *rows, uint32_t count,
                int32_t *sums) {
    uint32_t c = 0;
    for (; c + HELD * WIDTH <= columns; c += HELD * WIDTH) {
        add_block(matrix + c, columns, rows, count, sums + c, HELD);
    }
    for (; c < columns; c += WIDTH) {
        add_block(matrix + c, columns, rows, count, sums + c, 1);
    }
}

static void total(const int32_t *restrict sums, uint32_t columns, double worth, double *restrict totals) {
    for (uint32_t c = 0; c < columns; c++) {
        totals[c] += (double)sums[c] * worth;
    }
}

/* sqrt(x), x >= 0, to 2^-22: three steps of Newton from a guess by the exponent. The same bits everywhere, and no libm. */
static inline float square_root(float x) {
    union {
        float f;
        uint32_t u;
    } guess;
    const float half = 0.5f * x;
    float r;
    guess.f = x;
    guess.u = 0x5F375A86u - (guess.u >> 1);
    r = guess.f;
    r *= 1.5f - half * r * r;
    r *= 1.5f - half * r * r;
    r *= 1.5f - half * r * r;
    return x * r;
}

static void spread(float *restrict normals, uint32_t columns, double variance, double step,
                   const int32_t *restrict variances) {
    const float base = (float)variance, unit = (float)step;
    if (variances == NULL) {
        const float sigma = square_root(base);
        for (uint32_t c = 0; c < columns; c++) {
            normals[c] *= sigma;
        }
        return;
    }
    for (uint32_t c = 0; c < columns; c++) {
        normals[c] *= square_root(base + unit * (float)variances[c]);
    }
}

static void spread_totals(float *restrict normals, uint32_t columns, double variance, double step,
                          const double *restrict variances) {
    for (uint32_t c = 0; c < columns; c++) {
        normals[c] *= square_root((float)(variance + step * variances[c]));
    }
}

/* `noisy` and `imperfect` are constant in each call. */
SNNRT_INLINE static inline void convert_as(const snnrt_crossbar_conversion *v, const bool noisy,
                                           const bool imperfect) {
    const double codes = v->codes, pass = v->pass, share = 1.0 / codes;
    const uint32_t lanes = v->lanes;
    for (uint32_t s = 0; s < v->slices; s++) {
        const size_t at = (size_t)s * lanes;
        const int32_t *restrict currents = v->currents + at;
        const float *restrict noise = noisy ? v->noise + at : NULL;
        const double *restrict gain = v->gain + at;
        const double *restrict worth = v->worth + at;
        const double *restrict offset = imperfect ? v->offset + at : NULL;
        const double *restrict bow = imperfect ? v->bow + at : NULL;
        const double *restrict correction = imperfect ? v->correction + at : NULL;
        double *restrict sums = v->sums;
        for (uint32_t c = 0; c < lanes; c++) {
            double y = (double)currents[c];
            if (noisy) {
                y += (double)noise[c];
            }
            y *= gain[c];
            if (imperfect) {
                double t, size;
                y += offset[c];
                t = clipped(y, codes) * share;
                size = t < 0.0 ? -t : t;
                y += bow[c] * t * (1.0 - size);
            }
            y = rounded(clipped(y, codes));
            if (imperfect) {
                y -= correction[c];
            }
            sums[c] += y * worth[c] * pass;
        }
    }
}

static void convert(const snnrt_crossbar_conversion *v) {
    if (v->noise != NULL) {
        if (v->offset != NULL) {
            convert_as(v, true, true);
        } else {
            convert_as(v, true, false);
        }
    } else if (v->offset != NULL) {
        convert_as(v, false, true);
    } else {
        convert_as(v, false, false);
    }
}

static void finish_results(const double *sums, const int32_t *bias, uint32_t outputs, int32_t *results) {
    const double low = -2147483648.0, high = 2147483647.0;
    for (uint32_t o = 0; o < outputs; o++) {
        double y = sums[o];
        y = y > high ? high : y;
        y = rounded(y < low ? low : y);
        if (bias != NULL) {
            y += (double)bias[o];
            y = y > high ? high : y;
            y = y < low ? low : y;
        }
        results[o] = (int32_t)y;
    }
}

#define TURNED(x, bits) ((x) << (bits) | (x) >> (32 - (bits)))
#define MIX(a, b, c, d, first, second) \
    do { \
        a += b; \
        b = TURNED(b, first) ^ a; \
        c += d; \
        d = TURNED(d, second) ^ c; \
    } while (0)

/* Threefry4x32-13 (Salmon et al., SC 2011) of the counter (a, b, c, d) and the key (k0, k1, 0, 0): sums, rotations and
 * exclusive ors only, in place. */
SNNRT_INLINE static inline void threefry(uint32_t *word0, uint32_t *word1, uint32_t *word2, uint32_t *word3,
                                         const uint32_t k0, const uint32_t k1) {
    const uint32_t k4 = 0x1BD11BDAu ^ k0 ^ k1;
    uint32_t a = *word0 + k0, b = *word1 + k1, c = *word2, d = *word3;
    MIX(a, b, c, d, 10, 26);
    MIX(a, d, c, b, 11, 21);
    MIX(a, b, c, d, 13, 27);
    MIX(a, d, c, b, 23, 5);
    a += k1;
    d += k4 + 1u;
    MIX(a, b, c, d, 6, 20);
    MIX(a, d, c, b, 17, 11);
    MIX(a, b, c, d, 25, 10);
    MIX(a, d, c, b, 18, 20);
    c += k4;
    d += k0 + 2u;
    MIX(a, b, c, d, 10, 26);
    MIX(a, d, c, b, 11, 21);
    MIX(a, b, c, d, 13, 27);
    MIX(a, d, c, b, 23, 5);
    b += k4;
    c += k0;
    d += k1 + 3u;
    MIX(a, b, c, d, 6, 20);
    *word0 = a;
    *word1 = b;
    *word2 = c;
    *word3 = d;
}

/* Two normal numbers of two words: r = sqrt(-2 ln u), the angle from the lower bits of the second within an eighth of a
 * turn of an axis that its upper bits choose. Logarithm, sine and cosine are Cephes' polynomials. */
static void normals(uint64_t key, uint32_t low, uint32_t second, uint32_t third, uint32_t fourth,
                    uint32_t count, float *out) {
    for (uint32_t block = 0; block < count; block += SNNRT_CROSSBAR_NORMALS) {
        uint32_t word[4][SNNRT_CROSSBAR_LANES];
        float result[4][SNNRT_CROSSBAR_LANES];
        for (uint32_t i = 0; i < LANES; i++) {
            word[0][i] = low + block / 4u + i;
            word[1][i] = second;
            word[2][i] = third;
            word[3][i] = fourth;
        }
        for (uint32_t i = 0; i < LANES; i++) {
            threefry(&word[0][i], &word[1][i], &word[2][i], &word[3][i], (uint32_t)key,
                     (uint32_t)(key >> 32));
        }
        for (uint32_t pair = 0; pair < 2u; pair++) {
            const uint32_t *one = word[2u * pair], *other = word[2u * pair + 1u];
            for (uint32_t i = 0; i < LANES; i++) {
                union {
                    float f;
                    int32_t i;
                } m;
                int32_t exponent, above;
                float x, z, y, r, t, sine, cosine;
                m.f = (float)(int32_t)((one[i] >> 8) + 1u); /* u = m / 2^24, in (0, 1] */
                exponent = (m.i >> 23) - 127;
                m.i = (m.i & 0x007FFFFF) | 0x3F800000;
                above = m.f > 1.41421356f ? 1 : 0;
                x = (above ? 0.5f * m.f : m.f) - 1.0f;
                exponent += above - 24;
                z = x * x;
                y = 7.0376836292e-2f;
                y = y * x - 1.1514610310e-1f;
                y = y * x + 1.1676998740e-1f;
                y = y * x - 1.2420140846e-1f;
                y = y * x + 1.4249322787e-1f;
                y = y * x - 1.6668057665e-1f;
                y = y * x + 2.0000714765e-1f;
                y = y * x - 2.4999993993e-1f;
                y = y * x + 3.3333331174e-1f;
                y = y * x * z;
                y += -2.12194440e-4f * (float)exponent;
                y -= 0.5f * z;
                y = x + y;
                y += 0.693359375f * (float)exponent;
                y *= -2.0f;
                r = square_root(y > 0.0f ? y : 0.0f);
                t = (float)(int32_t)((other[i] >> 6) & 0x00FFFFFFu) * 5.9604644775390625e-8f - 0.5f;
                t *= 1.57079632679f; /* within an eighth of a turn */
                z = t * t;
                sine = ((-1.9515295891e-4f * z + 8.3321608736e-3f) * z - 1.6666654611e-1f) * z * t + t;
                cosine = ((2.443315711809948e-5f * z - 1.388731625493765e-3f) * z + 4.166664568298827e-2f) *
                             z * z -
                         0.5f * z + 1.0f;
                cosine = (other[i] & 0x80000000u) != 0 ? -cosine : cosine;
                result[2u * pair][i] = r * ((other[i] & 0x40000000u) != 0 ? sine : cosine);
                result[2u * pair + 1u][i] = r * ((other[i] & 0x40000000u) != 0 ? cosine : sine);
            }
        }
        for (uint32_t k = 0; k < 4u; k++) {
            for (uint32_t i = 0; i < LANES; i++) {
                out[block + k * LANES + i] = result[k][i];
            }
        }
    }
}

#define SNNRT_CROSSBAR_KERNELS \
    { add, total, spread, spread_totals, convert, finish_results, normals }

#endif
