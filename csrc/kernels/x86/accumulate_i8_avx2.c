/* Sums of int8 weights with AVX2. */
#if defined(__x86_64__) && defined(__GNUC__)
#include "gather.h"

/* Bytes of two rows interleaved, multiplied by their two values and added to int16 pairs (VPMADDUBSW),
 * which reach int32 before they can overflow: values of 0 ... 127 whose sum is 255 at most, times 128, fit. */
#define AVX2_VALUE_MAX 127u
#define AVX2_GROUP_MAX 255u

SNNRT_AVX2 static inline void avx2_add_int16(snnrt_int32 *accumulator, __m256i sums) {
    __m256i *out = (__m256i *)(void *)accumulator;
    __m256i low = _mm256_cvtepi16_epi32(_mm256_castsi256_si128(sums));
    __m256i high = _mm256_cvtepi16_epi32(_mm256_extracti128_si256(sums, 1));
    _mm256_storeu_si256(out, _mm256_add_epi32(_mm256_loadu_si256(out), low));
    _mm256_storeu_si256(out + 1, _mm256_add_epi32(_mm256_loadu_si256(out + 1), high));
}

/* Sums of interleaved rows, in the order of unpacking, to 32 accumulators. */
SNNRT_AVX2 static inline void avx2_finish_pairs(snnrt_int32 *accumulator, __m256i low, __m256i high) {
    avx2_add_int16(accumulator, _mm256_permute2x128_si256(low, high, 0x20));
    avx2_add_int16(accumulator + 16, _mm256_permute2x128_si256(low, high, 0x31));
}

/* Rows first .. end (an even number) of outputs o .. o + 32 * blocks; blocks is 1 or 2. */
SNNRT_AVX2 static inline void avx2_add_pairs(snnrt_int32 *accumulator, const snnrt_rows *rows,
                                             const uint16_t *pairs, uint32_t first, uint32_t end, uint32_t o,
                                             const uint32_t blocks) {
    __m256i low[2], high[2];
    for (uint32_t b = 0; b < blocks; b++) {
        low[b] = _mm256_setzero_si256();
        high[b] = _mm256_setzero_si256();
    }
    for (uint32_t e = first; e < end; e += 2u) {
        const int8_t *row_a = rows->weights + rows->offset[e] + o;
        const int8_t *row_b = rows->weights + rows->offset[e + 1u] + o;
        __m256i values = _mm256_set1_epi16((int16_t)pairs[e / 2u]);
        for (uint32_t b = 0; b < blocks; b++) {
            __m256i x = _mm256_loadu_si256((const __m256i *)(const void *)(row_a + 32u * b));
            __m256i y = _mm256_loadu_si256((const __m256i *)(const void *)(row_b + 32u * b));
            __m256i xy_low = _mm256_maddubs_epi16(values, _mm256_unpacklo_epi8(x, y));
            __m256i xy_high = _mm256_maddubs_epi16(values, _mm256_unpackhi_epi8(x, y));
            low[b] = _mm256_add_epi16(low[b], xy_low);
            high[b] = _mm256_add_epi16(high[b], xy_high);
        }
    }
    for (uint32_t b = 0; b < blocks; b++) {
        avx2_finish_pairs(accumulator + o + 32u * b, low[b], high[b]);
    }
}

/* Values 0 ... peak, peak at most AVX2_VALUE_MAX. */
SNNRT_AVX2 static void avx2_add_narrow(const snnrt_accumulation *sum, snnrt_rows *rows) {
    snnrt_int32 *accumulator = (snnrt_int32 *)sum->accumulator;
    uint16_t pairs[SNNRT_ROWS_MAX / 2u + 8u];
    /* An even number of rows of this peak can't overflow. */
    uint32_t group = AVX2_GROUP_MAX / sum->peak & ~1u;
    uint32_t count = snnrt_pad_rows(rows, 2);
    uint32_t o = 0;
    for (uint32_t e = 0; e < count; e += 16u) {
        __m256i v = _mm256_loadu_si256((const __m256i *)(const void *)(rows->value + e));
        __m256i bytes = _mm256_permute4x64_epi64(_mm256_packus_epi16(v, v), 0x08);
        _mm_storeu_si128((__m128i *)(void *)(pairs + e / 2u), _mm256_castsi256_si128(bytes));
    }
    for (; o + 32u <= sum->outputs;) {
        uint32_t blocks = o + 64u <= sum->outputs ? 2u : 1u;
        for (uint32_t first = 0; first < count; first += group) {
            uint32_t end = first + group < count ? first + group : count;
            if (blocks == 2u) {
                avx2_add_pairs(accumulator, rows, pairs, first, end, o, 2u);
            } else {
                avx2_add_pairs(accumulator, rows, pairs, first, end, o, 1u);
            }
        }
        o += 32u * blocks;
    }
    snnrt_add_rows_tail(sum, rows, o);
}

SNNRT_AVX2 void snnrt_accumulate_i8_avx2(const snnrt_accumulation *sum) {
    snnrt_walk walk = {0, 0};
    snnrt_rows rows;
    snnrt_start_sum(sum);
    while (snnrt_take_rows(sum, &walk, &rows)) {
        if (sum->outputs < 32u || sum->peak > AVX2_VALUE_MAX || snnrt_any_negative(&rows)) {
            snnrt_add_rows_wide(sum, &rows);
        } else {
            avx2_add_narrow(sum, &rows);
        }
    }
}
#else
typedef int snnrt_accumulate_i8_avx2_left_out;
#endif
