/* Convolution by quads: four channels against four interleaved rows (VPDPBUSD). */
#if defined(__x86_64__) && defined(__GNUC__)
#include "conv_units.h"

#define AVX512_UNIT 4u

/* Up to 32 elements from element `first` on. */
SNNRT_AVX512 static inline __m512i avx512_load_elements(const snnrt_synapse_step *step, size_t first,
                                                        __mmask32 mask) {
    const snnrt_uint32 *words = (const snnrt_uint32 *)step->input + first / 32u;
    uint32_t shift = (uint32_t)(first % 32u), bits;
    if (step->input_dtype != SNNRT_TYPE_BITS) {
        return _mm512_maskz_loadu_epi16(mask, (const snnrt_int16 *)step->input + first);
    }
    bits = words[0] >> shift;
    if (shift != 0 && mask >> (32u - shift) != 0) {
        bits |= words[1] << (32u - shift);
    }
    return _mm512_maskz_set1_epi16(mask & bits, 1);
}

SNNRT_NOINLINE SNNRT_AVX512 static bool avx512_find_units(const snnrt_unit_plan *plan) {
    const snnrt_synapse_step *step = plan->step;
    const uint32_t depth = step->in_channels, room = plan->room, bytes = plan->unit_bytes;
    const uint32_t pixels = step->in_height * step->in_width;
    const __m512i steps =
        _mm512_mullo_epi32(_mm512_setr_epi64(0, 1, 2, 3, 4, 5, 6, 7), _mm512_set1_epi64(bytes));
    snnrt_unit_entry *found = plan->found;
    snnrt_uint32 *const count = plan->count, *const active = plan->active;
    __m512i all = _mm512_setzero_si512();
    for (uint32_t pixel = 0; pixel < pixels; pixel++, found += room) {
        uint32_t filled = 0, elements = 0;
        for (uint32_t c = 0; c < depth; c += 32u) {
            uint32_t left = depth - c;
            __mmask32 mask = left >= 32u ? ~(__mmask32)0 : ((__mmask32)1 << left) - 1u;
            __m512i some = avx512_load_elements(step, (size_t)pixel * depth + c, mask), entries;
            __mmask8 hit;
            __m256i quads;
            if (_mm512_test_epi32_mask(some, some) == 0) {
                continue;
            }
            quads = _mm512_cvtepi16_epi8(some);
            hit = _mm256_test_epi32_mask(quads, quads);
            entries = _mm512_slli_epi64(_mm512_cvtepu32_epi64(quads), 32);
            all = _mm512_or_si512(all, some);
            entries =
                _mm512_or_si512(entries, _mm512_add_epi64(steps, _mm512_set1_epi64(c / AVX512_UNIT * bytes)));
            entries = _mm512_maskz_compress_epi64(hit, entries);
            if (room == 1u) {
                _mm512_mask_storeu_epi64(found, 1u, entries);
            } else {
                _mm512_storeu_si512(found + filled, entries);
            }
            filled += (uint32_t)__builtin_popcount((unsigned)hit);
            elements += (uint32_t)__builtin_popcount((unsigned)_mm512_test_epi16_mask(some, some));
        }
        count[pixel] = filled;
        active[pixel] = elements;
    }
    return _mm512_test_epi16_mask(all, _mm512_set1_epi16((int16_t)0xFF00)) == 0;
}

/* Bytes k of four rows side by side: output k's quad. */
SNNRT_AVX512 static inline void avx512_interleave_rows(const __m512i *row, __m512i *quads) {
    __m512i ab_low = _mm512_unpacklo_epi8(row[0], row[1]), ab_high = _mm512_unpackhi_epi8(row[0], row[1]);
    __m512i cd_low = _mm512_unpacklo_epi8(row[2], row[3]), cd_high = _mm512_unpackhi_epi8(row[2], row[3]);
    __m512i a = _mm512_unpacklo_epi16(ab_low, cd_low), b = _mm512_unpackhi_epi16(ab_low, cd_low);
    __m512i c = _mm512_unpacklo_epi16(ab_high, cd_high), d = _mm512_unpackhi_epi16(ab_high, cd_high);
    /* Each has four outputs of every sixteen: now the 128-bit lanes. */
    __m512i front = _mm512_shuffle_i32x4(a, b, 0x44), back = _mm512_shuffle_i32x4(a, b, 0xEE);
    __m512i front_cd = _mm512_shuffle_i32x4(c, d, 0x44), back_cd = _mm512_shuffle_i32x4(c, d, 0xEE);
    quads[0] = _mm512_shuffle_i32x4(front, front_cd, 0x88);
    quads[1] = _mm512_shuffle_i32x4(front, front_cd, 0xDD);
    quads[2] = _mm512_shuffle_i32x4(back, back_cd, 0x88);
    quads[3] = _mm512_shuffle_i32x4(back, back_cd, 0xDD);
}

SNNRT_NOINLINE SNNRT_AVX512 static void avx512_interleave(const snnrt_unit_plan *plan) {
    const snnrt_synapse_step *step = plan->step;
    const snnrt_window *conv = step->window;
    const uint32_t outputs = step->out_channels, depth = step->in_channels, vectors = plan->vectors;
    const size_t kernel_row = (size_t)conv->kernel_w * depth * outputs;
    int8_t *to = plan->weights;
    for (uint32_t o = 0; o < outputs; o += SNNRT_BLOCK_OUTPUTS) {
        const __mmask64 mask = snnrt_outputs_mask(outputs - o);
        for (uint32_t kx = 0; kx < conv->kernel_w; kx++) {
            const int8_t *pixel = (const int8_t *)step->weights + (size_t)kx * depth * outputs + o;
            for (uint32_t ky = 0; ky < conv->kernel_h; ky++, pixel += kernel_row) {
                for (uint32_t c = 0; c < depth; c += AVX512_UNIT) {
                    __m512i row[4], quads[4];
                    for (uint32_t k = 0; k < 4u; k++) {
                        __mmask64 here = c + k < depth ? mask : 0;
                        row[k] = _mm512_maskz_loadu_epi8(here, pixel + (size_t)(c + k) * outputs);
                    }
                    avx512_interleave_rows(row, quads);
                    for (uint32_t k = 0; k < 4u; k++) {
                        if (k < vectors) {
                            _mm512_store_si512(to + 64u * k, quads[k]);
                        }
                    }
                    to += 64u * vectors;
                }
            }
        }
    }
}

/* `vectors` and `whole` are constant in each call. Two sets of sums: a product waits five cycles for the one
 * before. */
SNNRT_INLINE SNNRT_AVX512 static inline void avx512_sum_windows(const snnrt_unit_plan *plan,
                                                                snnrt_int32 *output, uint32_t block,
                                                                const uint32_t vectors, const bool whole) {
    const snnrt_synapse_step *step = plan->step;
    const snnrt_unit_entry *const list = plan->list;
    const snnrt_uint32 *const start = plan->start;
    const uint32_t outputs = step->out_channels, windows = step->out_width;
    const uint32_t stride = step->window->stride_x, width = step->window->kernel_w;
    const size_t column_bytes = (size_t)plan->column * vectors * 64u;
    const int8_t *weights = plan->weights + block * width * column_bytes;
    __m512i bias[4], zero = _mm512_setzero_si512();
    __mmask16 mask[4];
    for (uint32_t k = 0; k < vectors; k++) {
        uint32_t o = SNNRT_BLOCK_OUTPUTS * block + SNNRT_VECTOR_OUTPUTS * k;
        mask[k] = (__mmask16)(whole ? 0xFFFFu
                                    : snnrt_outputs_mask(outputs - SNNRT_BLOCK_OUTPUTS * block) >> (16u * k));
        bias[k] = step->bias == NULL ? zero
                                     : _mm512_maskz_loadu_epi32(mask[k], (const snnrt_int32 *)step->bias + o);
    }
    /* Not known to be 0, or the compiler copies it in every turn of the inner loop. */
    SNNRT_NOT_KNOWN(zero, "+v");
    output += SNNRT_BLOCK_OUTPUTS * block;
    for (uint32_t ox = 0; ox < windows; ox++, output += outputs) {
        const snnrt_unit_entry *quad = list + start[ox * stride], *end = list + start[ox * stride + width];
        const uintptr_t base = (uintptr_t)weights - ox * stride * column_bytes;
        __m512i first[4], second[4];
        for (uint32_t k = 0; k < vectors; k++) {
            first[k] = bias[k];
            second[k] = zero;
        }
        for (; end - quad >= 2; quad += 2) {
            const int8_t *a = snnrt_one_register((const int8_t *)(base + quad[0].place));
            const int8_t *b = snnrt_one_register((const int8_t *)(base + quad[1].place));
            __m512i x = _mm512_set1_epi32((int32_t)quad[0].values);
            __m512i y = _mm512_set1_epi32((int32_t)quad[1].values);
            for (uint32_t k = 0; k < vectors; k++) {
                first[k] = _mm512_dpbusd_epi32(first[k], x, _mm512_load_si512(a + 64u * k));
                second[k] = _mm512_dpbusd_epi32(second[k], y, _mm512_load_si512(b + 64u * k));
            }
        }
        if (quad != end) {
            const int8_t *a = (const int8_t *)(base + quad[0].place);
            __m512i x = _mm512_set1_epi32((int32_t)quad[0].values);
            for (uint32_t k = 0; k < vectors; k++) {
                first[k] = _mm512_dpbusd_epi32(first[k], x, _mm512_load_si512(a + 64u * k));
            }
        }
        for (uint32_t k = 0; k < vectors; k++) {
            __m512i sum = _mm512_add_epi32(first[k], second[k]);
            if (whole) {
                _mm512_storeu_si512(output + 16u * k, sum);
            } else {
                _mm512_mask_storeu_epi32(output + 16u * k, mask[k], sum);
            }
        }
    }
}

SNNRT_NOINLINE SNNRT_AVX512 static void avx512_sum_whole(const snnrt_unit_plan *plan, snnrt_int32 *output,
                                                         uint32_t block) {
    avx512_sum_windows(plan, output, block, 4, true);
}

SNNRT_AVX512 static void avx512_sum_block(const snnrt_unit_plan *plan, snnrt_int32 *output, uint32_t block) {
    if (plan->step->out_channels - SNNRT_BLOCK_OUTPUTS * block >= SNNRT_BLOCK_OUTPUTS) {
        avx512_sum_whole(plan, output, block);
    } else if (plan->vectors == 1u) {
        avx512_sum_windows(plan, output, block, 1, false);
    } else if (plan->vectors == 2u) {
        avx512_sum_windows(plan, output, block, 2, false);
    } else if (plan->vectors == 3u) {
        avx512_sum_windows(plan, output, block, 3, false);
    } else {
        avx512_sum_windows(plan, output, block, 4, false);
    }
}
static const snnrt_unit_form avx512_form = {
    AVX512_UNIT, 4u, 255u, 1u, avx512_find_units, avx512_interleave, avx512_sum_block};

SNNRT_AVX512 bool snnrt_conv2d_i8_avx512vnni(const snnrt_synapse_step *step) {
    return snnrt_conv2d_rows_avx512vnni(step) || snnrt_conv2d_spread_avx512vnni(step) ||
           snnrt_convolve_units(step, &avx512_form);
}
#else
typedef int snnrt_conv2d_i8_avx512vnni_left_out;
#endif
