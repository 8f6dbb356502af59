/* Kernels for x86 with AVX-512 and VNNI. */
#if defined(__x86_64__) && defined(__GNUC__)
#include <string.h>

#include "../../snnrt_float.h"
#include "../../snnrt_kernels.h"

#include "begin_avx512vnni.h"

#define SNNRT_SCAN_NAME scan_i16
static snnrt_scan_kernel scan_i16;
#include "scan_i16.h"

static __m512i load_row(const int8_t *weights, uint32_t row, uint32_t outputs, uint32_t o,
                        __mmask64 mask) {
    return _mm512_maskz_loadu_epi8(mask, weights + (size_t)row * outputs + o);
}

/* Adds 16 sums, four in each 128-bit lane, to accumulator[4 * place + 16 * lane ...]. */
static void add_lanes(int32_t *accumulator, __m512i sums, uint32_t place, uint32_t outputs) {
    int32_t lanes[16];
    _mm512_storeu_si512(lanes, sums);
    for (uint32_t lane = 0; lane < 4; lane++) {
        uint32_t first = lane * 16u + place * 4u;
        if (first + 4u <= outputs) {
            __m128i *out = (__m128i *)(void *)(accumulator + first);
            __m128i four = _mm_loadu_si128((const __m128i *)(const void *)(lanes + lane * 4u));
            _mm_storeu_si128(out, _mm_add_epi32(_mm_loadu_si128(out), four));
        } else {
            for (uint32_t k = first; k < outputs; k++) {
                accumulator[k] += lanes[lane * 4u + (k - first)];
            }
        }
    }
}

/* Four rows at a time: bytes interleaved, multiplied by their four values and added (VPDPBUSD). The
 * values must be 0 ... 255; rows past the last event are the last one's, at value 0. */
static void add_quads(int32_t *accumulator, const int8_t *weights, uint32_t outputs,
                      const uint32_t *rows, const uint32_t *values, uint32_t quads) {
    for (uint32_t o = 0; o < outputs; o += 64u) {
        uint32_t width = outputs - o < 64u ? outputs - o : 64u;
        __mmask64 mask = width == 64u ? ~(__mmask64)0 : (((__mmask64)1 << width) - 1u);
        __m512i sum0 = _mm512_setzero_si512();
        __m512i sum1 = sum0, sum2 = sum0, sum3 = sum0;
        for (uint32_t q = 0; q < quads; q++) {
            const uint32_t *row = rows + 4u * q;
            __m512i a = load_row(weights, row[0], outputs, o, mask);
            __m512i b = load_row(weights, row[1], outputs, o, mask);
            __m512i c = load_row(weights, row[2], outputs, o, mask);
            __m512i d = load_row(weights, row[3], outputs, o, mask);
            __m512i value = _mm512_set1_epi32((int32_t)values[q]);
            __m512i ab_low = _mm512_unpacklo_epi8(a, b), ab_high = _mm512_unpackhi_epi8(a, b);
            __m512i cd_low = _mm512_unpacklo_epi8(c, d), cd_high = _mm512_unpackhi_epi8(c, d);
            sum0 = _mm512_dpbusd_epi32(sum0, value, _mm512_unpacklo_epi16(ab_low, cd_low));
            sum1 = _mm512_dpbusd_epi32(sum1, value, _mm512_unpackhi_epi16(ab_low, cd_low));
            sum2 = _mm512_dpbusd_epi32(sum2, value, _mm512_unpacklo_epi16(ab_high, cd_high));
            sum3 = _mm512_dpbusd_epi32(sum3, value, _mm512_unpackhi_epi16(ab_high, cd_high));
        }
        add_lanes(accumulator + o, sum0, 0, width);
        add_lanes(accumulator + o, sum1, 1, width);
        add_lanes(accumulator + o, sum2, 2, width);
        add_lanes(accumulator + o, sum3, 3, width);
    }
}

static void add_one(int32_t *accumulator, const int8_t *row, uint32_t outputs, int32_t value) {
    for (uint32_t o = 0; o < outputs; o++) {
        accumulator[o] += row[o] * value;
    }
}

static void accumulate_i8(int32_t *accumulator, const int8_t *weights, uint32_t outputs,
                          const snnrt_events *events) {
    uint32_t rows[SNNRT_EVENTS_MAX + 4];
    uint32_t values[SNNRT_EVENTS_MAX / 4 + 1];
    uint32_t kept = 0;
    for (uint32_t e = 0; e < events->count; e++) {
        int32_t value = events->value.i16[e];
        if (value < 0 || value > 255) {
            add_one(accumulator, weights + (size_t)events->row[e] * outputs, outputs, value);
            continue;
        }
        if (kept % 4u == 0) {
            values[kept / 4u] = 0;
        }
        rows[kept] = events->row[e];
        values[kept / 4u] |= (uint32_t)value << (8u * (kept % 4u));
        kept++;
    }
    if (kept == 0) {
        return;
    }
    for (uint32_t k = kept; k % 4u != 0; k++) {
        rows[k] = rows[kept - 1u];
    }
    add_quads(accumulator, weights, outputs, rows, values, (kept + 3u) / 4u);
}

static void accumulate_f32(float *accumulator, const float *weights, uint32_t outputs,
                           const snnrt_events *events) {
    for (uint32_t o = 0; o < outputs; o += 64u) {
        __m512 sum[4];
        __mmask16 mask[4];
        for (uint32_t k = 0; k < 4; k++) {
            uint32_t first = o + 16u * k;
            uint32_t width = first < outputs ? outputs - first : 0u;
            mask[k] = (__mmask16)(width >= 16u ? 0xFFFFu : (1u << width) - 1u);
            sum[k] = _mm512_maskz_loadu_ps(mask[k], accumulator + first);
        }
        for (uint32_t e = 0; e < events->count; e++) {
            const float *row = weights + (size_t)events->row[e] * outputs + o;
            __m512 value = _mm512_set1_ps(events->value.f32[e]);
            for (uint32_t k = 0; k < 4; k++) {
                __m512 weight = _mm512_maskz_loadu_ps(mask[k], row + 16u * k);
                sum[k] = _mm512_add_ps(sum[k], _mm512_mul_ps(weight, value));
            }
        }
        for (uint32_t k = 0; k < 4; k++) {
            _mm512_mask_storeu_ps(accumulator + o + 16u * k, mask[k], sum[k]);
        }
    }
}

#define SNNRT_NEURON_NAME neuron_i32
static snnrt_neuron_kernel neuron_i32;
#include "../neuron_i32_body.h"

#include "end.h"

const snnrt_kernels snnrt_kernels_avx512vnni = {
    "avx512vnni",
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
typedef int snnrt_avx512vnni_left_out;
#endif
