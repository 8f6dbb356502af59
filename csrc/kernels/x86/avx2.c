/* Kernels for x86 with AVX2. */
#if defined(__x86_64__) && defined(__GNUC__)
#include <string.h>

#include "../../snnrt_float.h"
#include "../../snnrt_kernels.h"

#include "begin_avx2.h"

#define SNNRT_SCAN_NAME scan_i16
static snnrt_scan_kernel scan_i16;
#include "scan_i16.h"

/* Two rows at a time: bytes interleaved, multiplied by their two values and added to int16 pairs
 * (VPMADDUBSW), which reach int32 before they can overflow: sums of values up to 255 times 128 fit. */
#define VALUE_MAX 127
#define GROUP_MAX 255

/* Events [first, end) whose values are 0 ... VALUE_MAX and sum to GROUP_MAX at most. */
static uint32_t group_end(const snnrt_events *events, uint32_t first) {
    int32_t sum = 0;
    uint32_t end = first;
    while (end < events->count) {
        int32_t value = events->value.i16[end];
        sum += value;
        if (value < 0 || value > VALUE_MAX || sum > GROUP_MAX) {
            break;
        }
        end++;
    }
    return end;
}

static void add_int16(int32_t *accumulator, __m256i sums) {
    __m256i *out = (__m256i *)(void *)accumulator;
    __m256i low = _mm256_cvtepi16_epi32(_mm256_castsi256_si128(sums));
    __m256i high = _mm256_cvtepi16_epi32(_mm256_extracti128_si256(sums, 1));
    _mm256_storeu_si256(out, _mm256_add_epi32(_mm256_loadu_si256(out), low));
    _mm256_storeu_si256(out + 1, _mm256_add_epi32(_mm256_loadu_si256(out + 1), high));
}

static void add_group(int32_t *accumulator, const int8_t *weights, uint32_t outputs,
                      const snnrt_events *events, uint32_t first, uint32_t end) {
    uint32_t o = 0;
    for (; o + 32u <= outputs; o += 32u) {
        __m256i sum_low = _mm256_setzero_si256();
        __m256i sum_high = _mm256_setzero_si256();
        uint32_t e = first;
        for (; e < end; e += 2u) {
            /* An odd last event is paired with itself at value 0. */
            uint32_t pair = e + 1u < end ? e + 1u : e;
            int32_t second = e + 1u < end ? events->value.i16[pair] : 0;
            const int8_t *row_a = weights + (size_t)events->row[e] * outputs + o;
            const int8_t *row_b = weights + (size_t)events->row[pair] * outputs + o;
            __m256i a = _mm256_loadu_si256((const __m256i *)(const void *)row_a);
            __m256i b = _mm256_loadu_si256((const __m256i *)(const void *)row_b);
            __m256i values = _mm256_set1_epi16((int16_t)(events->value.i16[e] | second << 8));
            __m256i low = _mm256_unpacklo_epi8(a, b);
            __m256i high = _mm256_unpackhi_epi8(a, b);
            sum_low = _mm256_add_epi16(sum_low, _mm256_maddubs_epi16(values, low));
            sum_high = _mm256_add_epi16(sum_high, _mm256_maddubs_epi16(values, high));
        }
        add_int16(accumulator + o, _mm256_permute2x128_si256(sum_low, sum_high, 0x20));
        add_int16(accumulator + o + 16, _mm256_permute2x128_si256(sum_low, sum_high, 0x31));
    }
    for (uint32_t e = first; e < end && o < outputs; e++) {
        const int8_t *row = weights + (size_t)events->row[e] * outputs;
        int32_t value = events->value.i16[e];
        for (uint32_t k = o; k < outputs; k++) {
            accumulator[k] += row[k] * value;
        }
    }
}

static void add_one(int32_t *accumulator, const int8_t *row, uint32_t outputs, int32_t value) {
    for (uint32_t o = 0; o < outputs; o++) {
        accumulator[o] += row[o] * value;
    }
}

static void accumulate_i8(int32_t *accumulator, const int8_t *weights, uint32_t outputs,
                          const snnrt_events *events) {
    uint32_t e = 0;
    while (e < events->count) {
        uint32_t end = group_end(events, e);
        if (end == e) {
            add_one(accumulator, weights + (size_t)events->row[e] * outputs, outputs,
                    events->value.i16[e]);
            end++;
        } else {
            add_group(accumulator, weights, outputs, events, e, end);
        }
        e = end;
    }
}

static void accumulate_f32(float *accumulator, const float *weights, uint32_t outputs,
                           const snnrt_events *events) {
    uint32_t o = 0;
    for (; o + 32u <= outputs; o += 32u) {
        __m256 sum[4];
        for (uint32_t k = 0; k < 4; k++) {
            sum[k] = _mm256_loadu_ps(accumulator + o + 8u * k);
        }
        for (uint32_t e = 0; e < events->count; e++) {
            const float *row = weights + (size_t)events->row[e] * outputs + o;
            __m256 value = _mm256_set1_ps(events->value.f32[e]);
            for (uint32_t k = 0; k < 4; k++) {
                __m256 product = _mm256_mul_ps(_mm256_loadu_ps(row + 8u * k), value);
                sum[k] = _mm256_add_ps(sum[k], product);
            }
        }
        for (uint32_t k = 0; k < 4; k++) {
            _mm256_storeu_ps(accumulator + o + 8u * k, sum[k]);
        }
    }
    for (uint32_t e = 0; e < events->count && o < outputs; e++) {
        const float *row = weights + (size_t)events->row[e] * outputs;
        float value = events->value.f32[e];
        for (uint32_t k = o; k < outputs; k++) {
            accumulator[k] += row[k] * value;
        }
    }
}

#define SNNRT_NEURON_NAME neuron_i32
static snnrt_neuron_kernel neuron_i32;
#include "../neuron_i32_body.h"

#include "end.h"

const snnrt_kernels snnrt_kernels_avx2 = {
    "avx2",
    snnrt_scan_bits_i16,
    scan_i16,
    accumulate_i8,
    neuron_i32,
    snnrt_scan_bits_f32,
    snnrt_scan_f32,
    accumulate_f32,
    snnrt_neuron_f32,
};
#else
typedef int snnrt_avx2_left_out;
#endif
