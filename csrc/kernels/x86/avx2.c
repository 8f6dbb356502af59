/* Kernels for x86 with AVX2. */
#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#include <string.h>

#include "../../snnrt_float.h"
#include "../../snnrt_kernels.h"

#include "begin_avx2.h"

#define SNNRT_SCAN_NAME scan_i16
static snnrt_scan_kernel scan_i16;
#include "scan_i16.h"

#include "add_bits_i16.h"

#include "gather.h"

/* Bytes of two rows interleaved, multiplied by their two values and added to int16 pairs (VPMADDUBSW),
 * which reach int32 before they can overflow: values of 0 ... 127 whose sum is 255 at most, times 128, fit. */
#define VALUE_MAX 127u
#define GROUP_MAX 255u

static inline void add_int16(int32_t *accumulator, __m256i sums) {
    __m256i *out = (__m256i *)(void *)accumulator;
    __m256i low = _mm256_cvtepi16_epi32(_mm256_castsi256_si128(sums));
    __m256i high = _mm256_cvtepi16_epi32(_mm256_extracti128_si256(sums, 1));
    _mm256_storeu_si256(out, _mm256_add_epi32(_mm256_loadu_si256(out), low));
    _mm256_storeu_si256(out + 1, _mm256_add_epi32(_mm256_loadu_si256(out + 1), high));
}

/* Sums of interleaved rows, in the order of unpacking, to 32 accumulators. */
static inline void finish_pairs(int32_t *accumulator, __m256i low, __m256i high) {
    add_int16(accumulator, _mm256_permute2x128_si256(low, high, 0x20));
    add_int16(accumulator + 16, _mm256_permute2x128_si256(low, high, 0x31));
}

/* Rows first .. end (an even number) of outputs o .. o + 32 * blocks; blocks is 1 or 2. */
static inline void add_pairs(int32_t *accumulator, const snnrt_rows *rows, const uint16_t *pairs,
                             uint32_t first, uint32_t end, uint32_t o, const uint32_t blocks) {
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
        finish_pairs(accumulator + o + 32u * b, low[b], high[b]);
    }
}

/* Values 0 ... peak, peak at most VALUE_MAX. */
static void add_narrow(const snnrt_accumulation *sum, snnrt_rows *rows) {
    int32_t *accumulator = (int32_t *)sum->accumulator;
    uint16_t pairs[ROWS_MAX / 2u + 8u];
    /* An even number of rows of this peak can't overflow. */
    uint32_t group = GROUP_MAX / sum->peak & ~1u;
    uint32_t count = pad_rows(rows, 2);
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
                add_pairs(accumulator, rows, pairs, first, end, o, 2u);
            } else {
                add_pairs(accumulator, rows, pairs, first, end, o, 1u);
            }
        }
        o += 32u * blocks;
    }
    add_tail(sum, rows, o);
}

static void accumulate_i8(const snnrt_accumulation *sum) {
    snnrt_walk walk = {0, 0};
    snnrt_rows rows;
    begin_sum(sum);
    while (take_rows(sum, &walk, &rows)) {
        if (sum->outputs < 32u || sum->peak > VALUE_MAX || any_negative(&rows)) {
            add_wide(sum, &rows);
        } else {
            add_narrow(sum, &rows);
        }
    }
}

static void accumulate_f32(const snnrt_accumulation *sum) {
    float *accumulator = (float *)sum->accumulator;
    const float *weights = (const float *)sum->weights;
    uint32_t o = 0;
    begin_sum(sum);
    for (; o + 32u <= sum->outputs; o += 32u) {
        __m256 total[4];
        for (uint32_t k = 0; k < 4; k++) {
            total[k] = _mm256_loadu_ps(accumulator + o + 8u * k);
        }
        for (uint32_t s = 0; s < sum->slice_count; s++) {
            const snnrt_slice *slice = &sum->slices[s];
            for (uint32_t e = slice->first; e < slice->first + slice->count; e++) {
                uint32_t index = sum->events->position[e] + slice->shift;
                const float *row = weights + (size_t)index * sum->outputs + o;
                __m256 value = _mm256_set1_ps(sum->events->value.f32[e]);
                for (uint32_t k = 0; k < 4; k++) {
                    __m256 product = _mm256_mul_ps(_mm256_loadu_ps(row + 8u * k), value);
                    total[k] = _mm256_add_ps(total[k], product);
                }
            }
        }
        for (uint32_t k = 0; k < 4; k++) {
            _mm256_storeu_ps(accumulator + o + 8u * k, total[k]);
        }
    }
    for (uint32_t s = 0; s < sum->slice_count && o < sum->outputs; s++) {
        const snnrt_slice *slice = &sum->slices[s];
        for (uint32_t e = slice->first; e < slice->first + slice->count; e++) {
            uint32_t index = sum->events->position[e] + slice->shift;
            const float *row = weights + (size_t)index * sum->outputs;
            float value = sum->events->value.f32[e];
            for (uint32_t k = o; k < sum->outputs; k++) {
                accumulator[k] += row[k] * value;
            }
        }
    }
}

#include "conv_pairs.h"

#include "../neuron_i32_body.h"

#define LANES 8u
#define MINIMUM(a, b) ((lanes)_mm256_min_epi32((__m256i)(a), (__m256i)(b)))
#define MAXIMUM(a, b) ((lanes)_mm256_max_epi32((__m256i)(a), (__m256i)(b)))
#define SIGN_BITS(a) ((uint32_t)_mm256_movemask_ps((__m256)(__m256i)(a)))
#define fired_lanes lanes
#define GREATER(a, b) ((lanes)((a) > (b)))
#define SELECT(fired, a, b) (((a) & (fired)) | ((b) & ~(fired)))
#define FIRED_BITS(fired) SIGN_BITS(fired)
#include "neuron_plain.h"

#include "end.h"

const snnrt_kernels snnrt_kernels_avx2 = {
    "avx2",
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
typedef int snnrt_avx2_left_out;
#endif
