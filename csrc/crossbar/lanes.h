/* Vectors that kernels are written with: of the instruction set that the including file names, else of one element. One
 * rounding an operation, so that all give the same bits. Internal. */
#ifndef SNNRT_CROSSBAR_LANES_H
#define SNNRT_CROSSBAR_LANES_H

#include "read.h"

#if defined(SNNRT_CROSSBAR_AVX512) || defined(SNNRT_CROSSBAR_AVX2)
#include <immintrin.h>
#endif

#define LANES ((uint32_t)SNNRT_CROSSBAR_LANES)

/* WIDTH words or floats, HALF doubles. Loads and stores need no alignment. */
#if defined(SNNRT_CROSSBAR_AVX512) || defined(SNNRT_CROSSBAR_AVX2)
#if defined(SNNRT_CROSSBAR_AVX512)
#define WIDTH 16u
#define WIDE_CALL(name, type) _mm512_##name##_##type
typedef __m512 floats;
typedef __m512d doubles;
typedef __m512i looked;
#else
#define WIDTH 8u
#define WIDE_CALL(name, type) _mm256_##name##_##type
typedef __m256 floats;
typedef __m256d doubles;
typedef __m256i looked;
#endif
#define HALF (WIDTH / 2u)
typedef uint32_t words __attribute__((vector_size(4 * WIDTH)));
typedef int32_t integers __attribute__((vector_size(4 * WIDTH)));
typedef uint32_t words_anywhere __attribute__((vector_size(4 * WIDTH), aligned(4), may_alias));
static inline words load_words(const void *from) { return *(const words_anywhere *)from; }
static inline void store_words(void *to, words x) { *(words_anywhere *)to = x; }
static inline floats load_floats(const float *from) { return WIDE_CALL(loadu, ps)(from); }
static inline void store_floats(float *to, floats x) { WIDE_CALL(storeu, ps)(to, x); }
static inline doubles load_doubles(const double *from) { return WIDE_CALL(loadu, pd)(from); }
static inline void store_doubles(double *to, doubles x) { WIDE_CALL(storeu, pd)(to, x); }
static inline floats float_bits(words x) { return (floats)x; }
static inline words word_bits(floats x) { return (words)x; }
static inline floats floats_of(words x) { return WIDE_CALL(cvtepi32, ps)((looked)x); }
static inline words shifted_as_signed(words x, int bits) { return (words)((integers)x >> bits); }
static inline doubles smaller(doubles x, doubles y) { return WIDE_CALL(min, pd)(x, y); }
static inline doubles larger(doubles x, doubles y) { return WIDE_CALL(max, pd)(x, y); }
#if defined(SNNRT_CROSSBAR_AVX512)
static inline doubles rounded(doubles x) { return _mm512_roundscale_pd(x, 8); }
static inline doubles doubles_of_integers(const int32_t *from) {
    return _mm512_cvtepi32_pd(_mm256_loadu_si256((const __m256i *)(const void *)from));
}
static inline doubles doubles_of_floats(const float *from) { return _mm512_cvtps_pd(_mm256_loadu_ps(from)); }
static inline void store_integers(int32_t *to, doubles x) {
    _mm256_storeu_si256((__m256i *)(void *)to, _mm512_cvtpd_epi32(x));
}
static inline void store_as_floats(float *to, doubles x) { _mm256_storeu_ps(to, _mm512_cvtpd_ps(x)); }
static inline doubles all_doubles(double x) { return _mm512_set1_pd(x); }
static inline floats all_floats(float x) { return _mm512_set1_ps(x); }
#else
static inline doubles rounded(doubles x) { return _mm256_round_pd(x, 8); }
static inline doubles doubles_of_integers(const int32_t *from) {
    return _mm256_cvtepi32_pd(_mm_loadu_si128((const __m128i *)(const void *)from));
}
static inline doubles doubles_of_floats(const float *from) { return _mm256_cvtps_pd(_mm_loadu_ps(from)); }
static inline void store_integers(int32_t *to, doubles x) {
    _mm_storeu_si128((__m128i *)(void *)to, _mm256_cvtpd_epi32(x));
}
static inline void store_as_floats(float *to, doubles x) { _mm_storeu_ps(to, _mm256_cvtpd_ps(x)); }
static inline doubles all_doubles(double x) { return _mm256_set1_pd(x); }
static inline floats all_floats(float x) { return _mm256_set1_ps(x); }
#endif
#else
#define WIDTH 1u
#define HALF 1u
typedef uint32_t words, looked;
typedef float floats;
typedef double doubles;
static inline words load_words(const void *from) { return *(const snnrt_uint32 *)from; }
static inline void store_words(void *to, words x) { *(snnrt_uint32 *)to = x; }
static inline floats load_floats(const float *from) { return *from; }
static inline void store_floats(float *to, floats x) { *to = x; }
static inline doubles load_doubles(const double *from) { return *from; }
static inline void store_doubles(double *to, doubles x) { *to = x; }
typedef union float_or_word {
    float f;
    uint32_t u;
} float_or_word;
static inline floats float_bits(words x) {
    float_or_word both;
    both.u = x;
    return both.f;
}
static inline words word_bits(floats x) {
    float_or_word both;
    both.f = x;
    return both.u;
}
static inline floats floats_of(words x) { return (float)(int32_t)x; }
static inline words shifted_as_signed(words x, int bits) { return (uint32_t)((int32_t)x >> bits); }
static inline doubles smaller(doubles x, doubles y) { return x < y ? x : y; }
static inline doubles larger(doubles x, doubles y) { return x > y ? x : y; }
/* Adding the double puts the integer part where halves round to even; for |x| < 2^51. */
static inline doubles rounded(doubles x) {
    const double shift = 6755399441055744.0;
    return (x + shift) - shift;
}
static inline doubles doubles_of_integers(const int32_t *from) { return (double)*from; }
static inline doubles doubles_of_floats(const float *from) { return (double)*from; }
static inline void store_integers(int32_t *to, doubles x) { *to = (int32_t)x; }
static inline void store_as_floats(float *to, doubles x) { *to = (float)x; }
static inline doubles all_doubles(double x) { return x; }
static inline floats all_floats(float x) { return x; }
#endif

#endif
