/* Kernels for x86 with AVX-512 and VNNI. */
#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#include <string.h>

#include "../../snnrt_float.h"
#include "../../snnrt_kernels.h"

#include "begin_avx512vnni.h"

#define SIGN_BITS(a) ((uint32_t)_mm512_cmplt_epi32_mask((__m512i)(a), _mm512_setzero_si512()))

/* Non-zero int16 values, 16 at a look, pressed together without a branch. */
static uint32_t scan_i16(const void *input, uint32_t first, uint32_t count, uint32_t position,
                         snnrt_events *events) {
    const int16_t *values = (const int16_t *)input + first;
    const __m512i steps = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    uint32_t filled = events->count;
    uint32_t done = 0;
    for (; done + 16u <= count && filled + 16u <= events->capacity; done += 16u) {
        __m256i sixteen = _mm256_loadu_si256((const __m256i *)(const void *)(values + done));
        __mmask16 mask = _mm256_test_epi16_mask(sixteen, sixteen);
        __m512i at = _mm512_add_epi32(steps, _mm512_set1_epi32((int32_t)(position + done)));
        __m512i wide = _mm512_maskz_compress_epi32(mask, _mm512_cvtepi16_epi32(sixteen));
        _mm512_storeu_si512(events->position + filled, _mm512_maskz_compress_epi32(mask, at));
        _mm256_storeu_si256((__m256i *)(void *)(events->value.i16 + filled), _mm512_cvtepi32_epi16(wide));
        filled += (uint32_t)__builtin_popcount((unsigned)mask);
    }
    events->count = filled;
    return done + snnrt_scan_i16(input, first + done, count - done, position + done, events);
}

/* Bits added to int16, 32 at a time, as masks. */
static void add_bits_i16(const snnrt_bits_sum *sum) {
    const __m512i one = _mm512_set1_epi16(1);
    uint32_t run_words = sum->count / 32u;
    int16_t *output = sum->output;
    if ((sum->first | sum->count | sum->row_bits | sum->window_bits) % 32u != 0) {
        snnrt_add_bits_i16(sum);
        return;
    }
    for (uint32_t window = 0; window < sum->windows; window++) {
        for (uint32_t place = 0; place < sum->count; place += 32u, output += 32) {
            const uint32_t *corner = sum->words + (sum->first + window * sum->window_bits + place) / 32u;
            __m512i total = _mm512_loadu_si512(output);
            for (uint32_t row = 0; row < sum->rows; row++, corner += sum->row_bits / 32u) {
                const uint32_t *word = corner;
                for (uint32_t run = 0; run < sum->runs; run++, word += run_words) {
                    total = _mm512_mask_add_epi16(total, (__mmask32)*word, total, one);
                }
            }
            _mm512_storeu_si512(output, total);
        }
    }
}

#include "gather.h"

#define VALUE_MAX 255u

/* Four rows' bytes interleaved, multiplied by their four values and added (VPDPBUSD). */
static inline void add_quad(__m512i *sums, const int8_t *const *row, uint32_t values, __mmask64 mask) {
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
static inline void finish_sums(const snnrt_accumulation *sum, const void *start, const __m512i *sums,
                               uint32_t o) {
    int32_t *accumulator = (int32_t *)sum->accumulator + o;
    const int32_t *from = start == NULL ? NULL : (const int32_t *)start + o;
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

static inline __mmask64 outputs_mask(uint32_t left) {
    return left >= 64u ? ~(__mmask64)0 : ((__mmask64)1 << left) - 1u;
}

/* Rows of values 0 ... VALUE_MAX, added to the accumulator. */
static void add_narrow(const snnrt_accumulation *sum, snnrt_rows *rows) {
    uint32_t count = pad_rows(rows, 4);
    for (uint32_t o = 0; o < sum->outputs; o += 64u) {
        __mmask64 mask = outputs_mask(sum->outputs - o);
        __m512i sums[4] = {_mm512_setzero_si512(), _mm512_setzero_si512(), _mm512_setzero_si512(),
                           _mm512_setzero_si512()};
        for (uint32_t e = 0; e < count; e += 4u) {
            const int8_t *row[4];
            __m128i four = _mm_loadl_epi64((const __m128i *)(const void *)(rows->value + e));
            uint32_t values = (uint32_t)_mm_cvtsi128_si32(_mm_packus_epi16(four, four));
            for (uint32_t k = 0; k < 4; k++) {
                row[k] = rows->weights + o + rows->offset[e + k];
            }
            add_quad(sums, row, values, mask);
        }
        finish_sums(sum, sum->accumulator, sums, o);
    }
}

static void accumulate_i8(const snnrt_accumulation *sum) {
    snnrt_walk walk = {0, 0};
    snnrt_rows rows;
    begin_sum(sum);
    while (take_rows(sum, &walk, &rows)) {
        if (sum->peak > VALUE_MAX || any_negative(&rows)) {
            add_wide(sum, &rows);
        } else {
            add_narrow(sum, &rows);
        }
    }
}

static void accumulate_f32(const snnrt_accumulation *sum) {
    float *accumulator = (float *)sum->accumulator;
    const float *weights = (const float *)sum->weights;
    begin_sum(sum);
    for (uint32_t o = 0; o < sum->outputs; o += 64u) {
        __m512 total[4];
        __mmask16 mask[4];
        for (uint32_t k = 0; k < 4; k++) {
            uint32_t first = o + 16u * k;
            uint32_t width = first < sum->outputs ? sum->outputs - first : 0u;
            mask[k] = (__mmask16)(width >= 16u ? 0xFFFFu : (1u << width) - 1u);
            total[k] = _mm512_maskz_loadu_ps(mask[k], accumulator + first);
        }
        for (uint32_t s = 0; s < sum->slice_count; s++) {
            const snnrt_slice *slice = &sum->slices[s];
            for (uint32_t e = slice->first; e < slice->first + slice->count; e++) {
                uint32_t index = sum->events->position[e] + slice->shift;
                const float *row = weights + (size_t)index * sum->outputs + o;
                __m512 value = _mm512_set1_ps(sum->events->value.f32[e]);
                for (uint32_t k = 0; k < 4; k++) {
                    __m512 weight = _mm512_maskz_loadu_ps(mask[k], row + 16u * k);
                    total[k] = _mm512_add_ps(total[k], _mm512_mul_ps(weight, value));
                }
            }
        }
        for (uint32_t k = 0; k < 4; k++) {
            _mm512_mask_storeu_ps(accumulator + o + 16u * k, mask[k], total[k]);
        }
    }
}

#include "conv_quads.h"

#include "../neuron_i32_body.h"

#define LANES 16u
#define MINIMUM(a, b) ((lanes)_mm512_min_epi32((__m512i)(a), (__m512i)(b)))
#define MAXIMUM(a, b) ((lanes)_mm512_max_epi32((__m512i)(a), (__m512i)(b)))
#define fired_lanes __mmask16
#define GREATER(a, b) _mm512_cmpgt_epi32_mask((__m512i)(a), (__m512i)(b))
#define SELECT(fired, a, b) ((lanes)_mm512_mask_mov_epi32((__m512i)(b), fired, (__m512i)(a)))
#define FIRED_BITS(fired) ((uint32_t)(fired))
#include "neuron_plain.h"

#include "end.h"

const snnrt_kernels snnrt_kernels_avx512vnni = {
    "avx512vnni",
    snnrt_scan_bits_i16,
    scan_i16,
    accumulate_i8,
    conv2d_i8,
    add_bits_i16,
    neuron_i32,
    snnrt_scan_bits_f32,
    snnrt_scan_f32,
    accumulate_f32,
    snnrt_neuron_f32,
};
#else
typedef int snnrt_avx512vnni_left_out;
#endif
