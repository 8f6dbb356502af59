/* The events of a sum, laid side by side, and what both instruction sets do with them. Internal. */
#ifndef SNNRT_X86_GATHER_H
#define SNNRT_X86_GATHER_H

#include "x86.h"

#define SNNRT_ROWS_MAX 512u

typedef struct snnrt_rows {
    const int8_t *weights;
    uint32_t count;
    uint32_t offset[SNNRT_ROWS_MAX + 16]; /* of each row from `weights`; a file is smaller than 2^31 bytes */
    int16_t value[SNNRT_ROWS_MAX + 16];
} snnrt_rows;

/* Where a walk over the slices is. */
typedef struct snnrt_walk {
    uint32_t slice, event;
} snnrt_walk;

/* Appends `count` events, eight at a time: up to seven more are read (SNNRT_EVENTS_PADDING) and overwritten. */
SNNRT_INLINE SNNRT_AVX2 static inline void snnrt_take_events(const snnrt_accumulation *sum, snnrt_rows *rows,
                                                             uint32_t first, uint32_t count, uint32_t shift) {
    const snnrt_uint32 *position = sum->events->position + first;
    const snnrt_int16 *value = sum->events->value.i16 + first;
    snnrt_uint32 *offset = rows->offset + rows->count;
    snnrt_int16 *out = rows->value + rows->count;
    __m256i shifts = _mm256_set1_epi32((int32_t)shift);
    __m256i outputs = _mm256_set1_epi32((int32_t)sum->outputs);
    for (uint32_t k = 0; k < count; k += 8u) {
        __m256i eight = _mm256_loadu_si256((const __m256i *)(const void *)(position + k));
        eight = _mm256_mullo_epi32(_mm256_add_epi32(eight, shifts), outputs);
        _mm256_storeu_si256((__m256i *)(void *)(offset + k), eight);
        _mm_storeu_si128((__m128i *)(void *)(out + k),
                         _mm_loadu_si128((const __m128i *)(const void *)(value + k)));
    }
    rows->count += count;
}

/* Takes the next events, SNNRT_ROWS_MAX at most; false where there are none left. */
SNNRT_INLINE SNNRT_AVX2 static inline bool snnrt_take_rows(const snnrt_accumulation *sum, snnrt_walk *walk,
                                                           snnrt_rows *rows) {
    rows->weights = (const int8_t *)sum->weights;
    rows->count = 0;
    while (walk->slice < sum->slice_count && rows->count < SNNRT_ROWS_MAX) {
        const snnrt_slice *slice = &sum->slices[walk->slice];
        uint32_t left = slice->count - walk->event;
        uint32_t here = left < SNNRT_ROWS_MAX - rows->count ? left : SNNRT_ROWS_MAX - rows->count;
        snnrt_take_events(sum, rows, slice->first + walk->event, here, slice->shift);
        walk->event += here;
        if (walk->event == slice->count) {
            walk->slice++;
            walk->event = 0;
        }
    }
    return rows->count != 0;
}

/* Fills up with rows at value 0 to a multiple of `multiple`, a power of 2 up to 16; returns the count. */
SNNRT_INLINE SNNRT_AVX2 static inline uint32_t snnrt_pad_rows(snnrt_rows *rows, uint32_t multiple) {
    uint32_t count = (rows->count + multiple - 1u) & ~(multiple - 1u);
    for (uint32_t k = rows->count; k < count; k++) {
        rows->offset[k] = rows->offset[rows->count - 1u];
        rows->value[k] = 0;
    }
    return count;
}

SNNRT_INLINE SNNRT_AVX2 static inline bool snnrt_any_negative(const snnrt_rows *rows) {
    int16_t all = 0;
    for (uint32_t k = 0; k < rows->count; k++) {
        all = (int16_t)(all | rows->value[k]);
    }
    return all < 0;
}

SNNRT_INLINE SNNRT_AVX2 static inline void snnrt_start_sum(const snnrt_accumulation *sum) {
    snnrt_int32 *to = (snnrt_int32 *)sum->accumulator;
    const snnrt_int32 *from = (const snnrt_int32 *)sum->start;
    uint32_t o = 0;
    if (sum->start == sum->accumulator) {
        return;
    }
    /* A call of memset or memcpy costs more than these few vectors. */
    for (; o + 8u <= sum->outputs; o += 8u) {
        __m256i start = from == NULL ? _mm256_setzero_si256()
                                     : _mm256_loadu_si256((const __m256i *)(const void *)(from + o));
        _mm256_storeu_si256((__m256i *)(void *)(to + o), start);
    }
    for (; o < sum->outputs; o++) {
        to[o] = from == NULL ? 0 : from[o];
    }
}

/* Eight outputs from `o` on of all rows, by pairs of rows (VPMADDWD); `count` is even. */
SNNRT_INLINE SNNRT_AVX2 static inline __m256i snnrt_sum_eight(const snnrt_rows *rows, uint32_t count,
                                                              uint32_t o) {
    __m256i total = _mm256_setzero_si256();
    for (uint32_t e = 0; e < count; e += 2u) {
        __m128i a = _mm_loadl_epi64((const __m128i *)(const void *)(rows->weights + rows->offset[e] + o));
        __m128i b =
            _mm_loadl_epi64((const __m128i *)(const void *)(rows->weights + rows->offset[e + 1u] + o));
        int32_t pair;
        memcpy(&pair, rows->value + e, sizeof pair);
        total = _mm256_add_epi32(total, _mm256_madd_epi16(_mm256_cvtepi8_epi16(_mm_unpacklo_epi8(a, b)),
                                                          _mm256_set1_epi32(pair)));
    }
    return total;
}

/* Outputs first .. outputs of the rows: by eights, the last of which may begin before `first`; fewer than eight in all
 * one after another. */
SNNRT_INLINE SNNRT_AVX2 static inline void snnrt_add_rows_tail(const snnrt_accumulation *sum,
                                                               snnrt_rows *rows, uint32_t first) {
    snnrt_int32 *accumulator = (snnrt_int32 *)sum->accumulator;
    const uint32_t outputs = sum->outputs;
    uint32_t count;
    if (outputs >= 8u && first < outputs) {
        count = snnrt_pad_rows(rows, 2);
        for (; first < outputs; first += 8u) {
            const uint32_t o = first + 8u <= outputs ? first : outputs - 8u;
            int32_t part[8];
            _mm256_storeu_si256((__m256i *)(void *)part, snnrt_sum_eight(rows, count, o));
            for (uint32_t k = first - o; k < 8u; k++) {
                accumulator[o + k] += part[k];
            }
        }
        return;
    }
    for (uint32_t e = 0; e < rows->count && first < outputs; e++) {
        int32_t value = rows->value[e];
        for (uint32_t o = first; o < outputs; o++) {
            accumulator[o] += rows->weights[rows->offset[e] + o] * value;
        }
    }
}

/* Any int16 values: pairs of rows widened to int16, multiplied and added in int32 (VPMADDWD). */
SNNRT_INLINE SNNRT_AVX2 static inline void snnrt_add_rows_wide(const snnrt_accumulation *sum,
                                                               snnrt_rows *rows) {
    snnrt_int32 *accumulator = (snnrt_int32 *)sum->accumulator;
    uint32_t o = 0;
    uint32_t count = snnrt_pad_rows(rows, 2);
    for (; o + 16u <= sum->outputs; o += 16u) {
        __m256i *out = (__m256i *)(void *)(accumulator + o);
        __m256i low = _mm256_setzero_si256();
        __m256i high = _mm256_setzero_si256();
        for (uint32_t e = 0; e < count; e += 2u) {
            const int8_t *row_a = rows->weights + rows->offset[e] + o;
            const int8_t *row_b = rows->weights + rows->offset[e + 1u] + o;
            __m256i a = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(const void *)row_a));
            __m256i b = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(const void *)row_b));
            int32_t pair;
            __m256i values;
            memcpy(&pair, rows->value + e, sizeof pair);
            values = _mm256_set1_epi32(pair);
            low = _mm256_add_epi32(low, _mm256_madd_epi16(_mm256_unpacklo_epi16(a, b), values));
            high = _mm256_add_epi32(high, _mm256_madd_epi16(_mm256_unpackhi_epi16(a, b), values));
        }
        _mm256_storeu_si256(out, _mm256_add_epi32(_mm256_loadu_si256(out),
                                                  _mm256_permute2x128_si256(low, high, 0x20)));
        _mm256_storeu_si256(out + 1, _mm256_add_epi32(_mm256_loadu_si256(out + 1),
                                                      _mm256_permute2x128_si256(low, high, 0x31)));
    }
    snnrt_add_rows_tail(sum, rows, o);
}

#endif
