/* Sums of int8 weights with AVX-512 and VNNI. */
#if defined(__x86_64__) && defined(__GNUC__)
#include "gather.h"

#define AVX512_VALUE_MAX 255u

/* Four rows' bytes interleaved, multiplied by their four values and added (VPDPBUSD). */
SNNRT_AVX512 static inline void avx512_add_quad(__m512i *sums, const int8_t *const *row, uint32_t values,
                                                __mmask64 mask) {
    __m512i a = _mm512_maskz_loadu_epi8(mask, row[0]);
    __m512i b = _mm512_maskz_loadu_epi8(mask, row[1]);
    __m512i c = _mm512_maskz_loadu_epi8(mask, row[2]);
    __m512i d = _mm512_maskz_loadu_epi8(mask, row[3]);
    __m512i value = _mm512_set1_epi32((int32_t)values);
    __m512i ab_low = _mm512_unpacklo_epi8(a, b), ab_high = _mm512_unpackhi_epi8(a, b);
    __m512i cd_low = _mm512_unpacklo_epi8(c, d), cd_high = _mm512_unpackhi_epi8(c, d);
    sums[0] = _mm512_dpbusd_epi32(sums[0], value, _mm512_unpacklo_epi16(ab_low, cd_low));
    sums[1] = _mm512_dpbusd_epi32(sums[1], value, _mm512_unpackhi_epi16(ab_low, cd_low));
    sums[2] = _mm512_dpbusd_epi32(sums[2], value, _mm512_unpacklo_epi16(ab_high, cd_high));
    sums[3] = _mm512_dpbusd_epi32(sums[3], value, _mm512_unpackhi_epi16(ab_high, cd_high));
}

/* Adds the sums of outputs o ... to `start` (NULL: zero) in the accumulator. */
SNNRT_AVX512 static inline void avx512_finish_sums(const snnrt_accumulation *sum, const void *start,
                                                   const __m512i *sums, uint32_t o) {
    snnrt_int32 *accumulator = (snnrt_int32 *)sum->accumulator + o;
    const snnrt_int32 *from = start == NULL ? NULL : (const snnrt_int32 *)start + o;
    uint32_t left = sum->outputs - o;
    __m512i ab_low = _mm512_shuffle_i32x4(sums[0], sums[1], 0x44);
    __m512i ab_high = _mm512_shuffle_i32x4(sums[0], sums[1], 0xEE);
    __m512i cd_low = _mm512_shuffle_i32x4(sums[2], sums[3], 0x44);
    __m512i cd_high = _mm512_shuffle_i32x4(sums[2], sums[3], 0xEE);
    __m512i turned[4];
    turned[0] = _mm512_shuffle_i32x4(ab_low, cd_low, 0x88);
    turned[1] = _mm512_shuffle_i32x4(ab_low, cd_low, 0xDD);
    turned[2] = _mm512_shuffle_i32x4(ab_high, cd_high, 0x88);
    turned[3] = _mm512_shuffle_i32x4(ab_high, cd_high, 0xDD);
    for (uint32_t k = 0; k < 4 && 16u * k < left; k++) {
        uint32_t here = left - 16u * k;
        __mmask16 mask = (__mmask16)(here >= 16u ? 0xFFFFu : (1u << here) - 1u);
        if (from != NULL) {
            turned[k] = _mm512_add_epi32(turned[k], _mm512_maskz_loadu_epi32(mask, from + 16u * k));
        }
        _mm512_mask_storeu_epi32(accumulator + 16u * k, mask, turned[k]);
    }
}

/* Rows of values 0 ... AVX512_VALUE_MAX, added to the accumulator. */
SNNRT_AVX512 static void avx512_add_narrow(const snnrt_accumulation *sum, snnrt_rows *rows) {
    uint32_t count = snnrt_pad_rows(rows, 4);
    for (uint32_t o = 0; o < sum->outputs; o += 64u) {
        __mmask64 mask = snnrt_outputs_mask(sum->outputs - o);
        __m512i sums[4] = {_mm512_setzero_si512(), _mm512_setzero_si512(), _mm512_setzero_si512(),
                           _mm512_setzero_si512()};
        for (uint32_t e = 0; e < count; e += 4u) {
            const int8_t *row[4];
            __m128i four = _mm_loadl_epi64((const __m128i *)(const void *)(rows->value + e));
            uint32_t values = (uint32_t)_mm_cvtsi128_si32(_mm_packus_epi16(four, four));
            for (uint32_t k = 0; k < 4; k++) {
                row[k] = rows->weights + o + rows->offset[e + k];
            }
            avx512_add_quad(sums, row, values, mask);
        }
        avx512_finish_sums(sum, sum->accumulator, sums, o);
    }
}

SNNRT_AVX512 void snnrt_accumulate_i8_avx512vnni(const snnrt_accumulation *sum) {
    snnrt_walk walk = {0, 0};
    snnrt_rows rows;
    snnrt_start_sum(sum);
    while (snnrt_take_rows(sum, &walk, &rows)) {
        if (sum->peak > AVX512_VALUE_MAX || snnrt_any_negative(&rows)) {
            snnrt_add_rows_wide(sum, &rows);
        } else {
            avx512_add_narrow(sum, &rows);
        }
    }
}
#else
typedef int snnrt_accumulate_i8_avx512vnni_left_out;
#endif
