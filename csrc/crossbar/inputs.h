/* Inputs as bits. Included once by each kernel set. Internal. */
#ifndef SNNRT_CROSSBAR_INPUTS_H
#define SNNRT_CROSSBAR_INPUTS_H

#include "../snnrt_kernels.h"
#include "lanes.h"

static inline uint32_t lowest_bit(uint64_t word) {
#if defined(__GNUC__)
    return (uint32_t)__builtin_ctzll(word);
#else
    return (uint32_t)word != 0 ? snnrt_lowest_bit((uint32_t)word)
                               : 32u + snnrt_lowest_bit((uint32_t)(word >> 32));
#endif
}

static inline uint32_t ones(uint64_t word) {
#if defined(SNNRT_CROSSBAR_AVX512) || defined(SNNRT_CROSSBAR_AVX2)
    return (uint32_t)__builtin_popcountll(word);
#else
    return snnrt_popcount((uint32_t)word) + snnrt_popcount((uint32_t)(word >> 32));
#endif
}

/* The bits of word `index` that lie in first .. end; it has one. */
static inline uint64_t bits_inside(uint32_t index, uint32_t first, uint32_t end) {
    const uint32_t begin = index * SNNRT_CROSSBAR_WORD;
    uint64_t bits = ~(uint64_t)0;
    if (begin < first) {
        bits <<= first - begin;
    }
    if (end - begin < SNNRT_CROSSBAR_WORD) {
        bits &= ~(~(uint64_t)0 << (end - begin));
    }
    return bits;
}

#if defined(SNNRT_CROSSBAR_AVX512)
#define LOOK 32u
static inline looked look(const int16_t *values) { return _mm512_loadu_si512(values); }
static inline uint64_t look_for(looked values, looked bits) { return _mm512_test_epi16_mask(values, bits); }
static inline looked all_of(uint32_t bits) { return _mm512_set1_epi16((int16_t)bits); }
static inline looked either(looked a, looked b) { return _mm512_or_si512(a, b); }
static inline looked magnitude_of(looked values, bool negative) {
    const looked zero = _mm512_setzero_si512();
    const __mmask32 below = _mm512_movepi16_mask(values);
    return negative ? _mm512_maskz_sub_epi16(below, zero, values)
                    : _mm512_maskz_mov_epi16((__mmask32)~below, values);
}
#elif defined(SNNRT_CROSSBAR_AVX2)
#define LOOK 16u
static inline looked look(const int16_t *values) {
    return _mm256_loadu_si256((const __m256i *)(const void *)values);
}
static inline uint64_t look_for(looked values, looked bits) {
    const __m256i zero = _mm256_setzero_si256();
    const __m256i absent = _mm256_cmpeq_epi16(_mm256_and_si256(values, bits), zero);
    const __m256i packed = _mm256_permute4x64_epi64(_mm256_packs_epi16(absent, zero), 0x08);
    return (uint32_t)~_mm256_movemask_epi8(packed) & 0xFFFFu;
}
static inline looked all_of(uint32_t bits) { return _mm256_set1_epi16((int16_t)bits); }
static inline looked either(looked a, looked b) { return _mm256_or_si256(a, b); }
static inline looked magnitude_of(looked values, bool negative) {
    const __m256i zero = _mm256_setzero_si256(), below = _mm256_cmpgt_epi16(zero, values);
    return negative ? _mm256_and_si256(below, _mm256_sub_epi16(zero, values))
                    : _mm256_andnot_si256(below, values);
}
#else
#define LOOK 1u
static inline looked look(const int16_t *values) { return (uint16_t)*values; }
static inline uint64_t look_for(looked values, looked bits) { return (values & bits) != 0; }
static inline looked all_of(uint32_t bits) { return bits & 0xFFFFu; }
static inline looked either(looked a, looked b) { return a | b; }
static inline looked magnitude_of(looked value, bool negative) {
    return (value >> 15 != 0) != negative ? 0 : negative ? 0x10000u - value : value;
}
#endif

/* The looked at values of `values` from `at` on; `tail` has those behind the last whole look. */
SNNRT_INLINE static inline looked look_at(const int16_t *values, uint32_t count, uint32_t at,
                                          const int16_t *tail) {
    return look(count - at >= LOOK ? values + at : tail);
}

/* The values behind the last whole look, filled up with zeros. */
SNNRT_INLINE static inline void take_tail(const int16_t *values, uint32_t count, int16_t tail[LOOK]) {
    const uint32_t behind = count % LOOK;
    tail[0] = 0;
    for (uint32_t i = 0; behind != 0 && i < LOOK; i++) {
        tail[i] = i < behind ? values[count - behind + i] : (int16_t)0;
    }
}

static bool find(const int16_t *values, uint32_t count, uint64_t *bits) {
    int16_t tail[LOOK];
    looked seen = all_of(0);
    take_tail(values, count, tail);
    for (uint32_t at = 0; at < count;) {
        uint64_t word = 0;
        for (uint32_t bit = 0; bit < SNNRT_CROSSBAR_WORD && at < count; bit += LOOK, at += LOOK) {
            const looked some = look_at(values, count, at, tail);
            seen = either(seen, some);
            word |= look_for(some, all_of(0xFFFFu)) << bit;
        }
        *bits++ = word;
    }
    return look_for(seen, all_of(0xFFFEu)) == 0;
}

static void magnitudes(const int16_t *values, uint32_t count, uint32_t bits[2]) {
    int16_t tail[LOOK];
    looked seen[2];
    seen[0] = seen[1] = all_of(0);
    take_tail(values, count, tail);
    for (uint32_t at = 0; at < count; at += LOOK) {
        const looked some = look_at(values, count, at, tail);
        seen[0] = either(seen[0], magnitude_of(some, false));
        seen[1] = either(seen[1], magnitude_of(some, true));
    }
    bits[0] = bits[1] = 0;
    for (uint32_t bit = 0; bit < 16u; bit++) {
        bits[0] |= look_for(seen[0], all_of(1u << bit)) != 0 ? 1u << bit : 0;
        bits[1] |= look_for(seen[1], all_of(1u << bit)) != 0 ? 1u << bit : 0;
    }
}

static void plane(const int16_t *values, uint32_t count, uint32_t bit, bool negative, uint64_t *bits) {
    const looked wanted = all_of(1u << bit);
    int16_t tail[LOOK];
    take_tail(values, count, tail);
    for (uint32_t at = 0; at < count;) {
        uint64_t word = 0;
        for (uint32_t place = 0; place < SNNRT_CROSSBAR_WORD && at < count; place += LOOK, at += LOOK) {
            word |= look_for(magnitude_of(look_at(values, count, at, tail), negative), wanted) << place;
        }
        *bits++ = word;
    }
}

static uint32_t count_driven(const uint64_t *driven, uint32_t rows, uint32_t tile_rows, uint32_t *counts) {
    uint32_t all = 0;
    if (tile_rows == SNNRT_CROSSBAR_WORD) {
        for (uint32_t w = 0; w * SNNRT_CROSSBAR_WORD < rows; w++) {
            counts[w] = ones(driven[w]);
            all += counts[w];
        }
        return all;
    }
    for (uint32_t first = 0, end; first < rows; first = end) {
        uint32_t found = 0;
        end = rows - first < tile_rows ? rows : first + tile_rows;
        for (uint32_t w = first / SNNRT_CROSSBAR_WORD; w * SNNRT_CROSSBAR_WORD < end; w++) {
            found += ones(driven[w] & bits_inside(w, first, end));
        }
        *counts++ = found;
        all += found;
    }
    return all;
}

#endif
