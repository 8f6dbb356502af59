/* Convolution by pairs: two channels against two interleaved rows (VPMADDUBSW), added in int16 and widened before
 * they can overflow; or, for larger or negative inputs, against rows of int16 and added in int32 (VPMADDWD). */
#if defined(__x86_64__) && defined(__GNUC__)
#include "conv_units.h"

#define AVX2_UNIT 2u

/* Up to sixteen elements from element `first` on, the others 0. */
SNNRT_NOINLINE SNNRT_AVX2 static void avx2_load_elements(const snnrt_synapse_step *step, size_t first,
                                                         uint32_t left, snnrt_int16 *to) {
    memset(to, 0, 16u * sizeof *to);
    for (uint32_t k = 0; k < 16u && k < left; k++) {
        to[k] = step->input_dtype == SNNRT_TYPE_BITS
                    ? (int16_t)snnrt_bit((const snnrt_uint32 *)step->input, (uint32_t)first + k)
                    : ((const snnrt_int16 *)step->input)[first + k];
    }
}

/* Which halves of four entries go to the front: of those whose bits are set. */
static const uint8_t avx2_front[16][8] = {
    {0, 1, 0, 1, 0, 1, 0, 1}, {0, 1, 0, 1, 0, 1, 0, 1}, {2, 3, 0, 1, 0, 1, 0, 1}, {0, 1, 2, 3, 0, 1, 0, 1},
    {4, 5, 0, 1, 0, 1, 0, 1}, {0, 1, 4, 5, 0, 1, 0, 1}, {2, 3, 4, 5, 0, 1, 0, 1}, {0, 1, 2, 3, 4, 5, 0, 1},
    {6, 7, 0, 1, 0, 1, 0, 1}, {0, 1, 6, 7, 0, 1, 0, 1}, {2, 3, 6, 7, 0, 1, 0, 1}, {0, 1, 2, 3, 6, 7, 0, 1},
    {4, 5, 6, 7, 0, 1, 0, 1}, {0, 1, 4, 5, 6, 7, 0, 1}, {2, 3, 4, 5, 6, 7, 0, 1}, {0, 1, 2, 3, 4, 5, 6, 7},
};

/* Appends those of four pairs that are not 0. */
SNNRT_AVX2 static inline snnrt_unit_entry *avx2_append_pairs(snnrt_unit_entry *next, __m128i pairs,
                                                             __m256i places, uint32_t hits) {
    const __m256i values = _mm256_slli_epi64(_mm256_cvtepu32_epi64(pairs), 32);
    const __m128i front = _mm_loadl_epi64((const __m128i *)(const void *)avx2_front[hits]);
    const __m256i entries =
        _mm256_permutevar8x32_epi32(_mm256_or_si256(values, places), _mm256_cvtepu8_epi32(front));
    _mm256_storeu_si256((__m256i *)(void *)next, entries);
    return next + __builtin_popcount((unsigned)hits);
}

/* `wide`, constant in each call: pairs of int16 as they are, else of bytes. */
SNNRT_INLINE SNNRT_AVX2 static inline bool avx2_find_pairs(const snnrt_unit_plan *plan, const bool wide) {
    const snnrt_synapse_step *step = plan->step;
    const uint32_t depth = step->in_channels, bytes = plan->unit_bytes;
    const uint32_t pixels = step->in_height * step->in_width, room = plan->room;
    const bool bits = step->input_dtype == SNNRT_TYPE_BITS;
    /* Bytes 0 and 2 of each pair of int16, twice. */
    const __m256i twice = _mm256_setr_epi8(0, 2, 0, 2, 4, 6, 4, 6, 8, 10, 8, 10, 12, 14, 12, 14, 0, 2, 0, 2,
                                           4, 6, 4, 6, 8, 10, 8, 10, 12, 14, 12, 14);
    const __m256i steps = _mm256_setr_epi64x(0, bytes, 2 * (int64_t)bytes, 3 * (int64_t)bytes);
    snnrt_unit_entry *found = plan->found;
    snnrt_uint32 *const count = plan->count, *const active = plan->active;
    __m256i all = _mm256_setzero_si256();
    for (uint32_t pixel = 0; pixel < pixels; pixel++, found += room) {
        uint32_t elements = 0, place = 0;
        snnrt_unit_entry *next = found;
        for (uint32_t c = 0; c < depth; c += 16u) {
            uint32_t hits;
            const size_t first = (size_t)pixel * depth + c;
            const snnrt_int16 *from = (const snnrt_int16 *)step->input + first;
            __m256i some, none, pairs;
            int16_t part[16];
            if (bits || depth - c < 16u) {
                avx2_load_elements(step, first, depth - c, part);
                from = part;
            }
            some = _mm256_loadu_si256((const __m256i *)(const void *)from);
            if (_mm256_testz_si256(some, some) != 0) {
                place += 8u * bytes;
                continue;
            }
            none = _mm256_cmpeq_epi16(some, _mm256_setzero_si256());
            pairs = wide ? some : _mm256_shuffle_epi8(some, twice);
            elements += 16u - (uint32_t)__builtin_popcount((unsigned)_mm256_movemask_epi8(none)) / 2u;
            all = _mm256_or_si256(all, some);
            none = _mm256_cmpeq_epi32(pairs, _mm256_setzero_si256());
            hits = ~(uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(none)) & 0xFFu;
            if (room == 1u) {
                found->place = 0;
                found->values = (uint32_t)_mm256_cvtsi256_si32(pairs);
                next += hits & 1u;
            } else {
                const __m256i places = _mm256_add_epi64(steps, _mm256_set1_epi64x(place));
                next = avx2_append_pairs(next, _mm256_castsi256_si128(pairs), places, hits & 15u);
                next = avx2_append_pairs(next, _mm256_extracti128_si256(pairs, 1),
                                         _mm256_add_epi64(places, _mm256_set1_epi64x(4 * (int64_t)bytes)),
                                         hits >> 4);
            }
            place += 8u * bytes;
        }
        count[pixel] = (uint32_t)(next - found);
        active[pixel] = elements;
    }
    return wide || _mm256_testz_si256(all, _mm256_set1_epi16((int16_t)0xFF00)) != 0;
}

SNNRT_NOINLINE SNNRT_AVX2 static bool avx2_find_units(const snnrt_unit_plan *plan) {
    return avx2_find_pairs(plan, false);
}

SNNRT_NOINLINE SNNRT_AVX2 static bool avx2_find_wide(const snnrt_unit_plan *plan) {
    return avx2_find_pairs(plan, true);
}

/* Bytes of two rows side by side for sixteen outputs, or as int16. */
SNNRT_AVX2 static inline int8_t *avx2_store_pairs(int8_t *to, __m128i a, __m128i b, const bool wide) {
    __m128i low = _mm_unpacklo_epi8(a, b), high = _mm_unpackhi_epi8(a, b);
    if (wide) {
        _mm256_store_si256((__m256i *)(void *)to, _mm256_cvtepi8_epi16(low));
        _mm256_store_si256((__m256i *)(void *)(to + 32), _mm256_cvtepi8_epi16(high));
        return to + 64;
    }
    _mm_store_si128((__m128i *)(void *)to, low);
    _mm_store_si128((__m128i *)(void *)(to + 16), high);
    return to + 32;
}

SNNRT_INLINE SNNRT_AVX2 static inline void avx2_interleave_pairs(const snnrt_unit_plan *plan,
                                                                 const bool wide) {
    const snnrt_synapse_step *step = plan->step;
    const snnrt_window *conv = step->window;
    const uint32_t outputs = step->out_channels, depth = step->in_channels;
    const size_t kernel_row = (size_t)conv->kernel_w * depth * outputs;
    int8_t *to = plan->weights;
    for (uint32_t block = 0; block < outputs; block += SNNRT_BLOCK_OUTPUTS) {
        for (uint32_t kx = 0; kx < conv->kernel_w; kx++) {
            const int8_t *row = (const int8_t *)step->weights + (size_t)kx * depth * outputs;
            for (uint32_t ky = 0; ky < conv->kernel_h; ky++, row += kernel_row - (size_t)depth * outputs) {
                for (uint32_t c = 0; c < depth; c += AVX2_UNIT) {
                    const int8_t *other = c + 1u < depth ? row + outputs : NULL;
                    for (uint32_t k = 0; k < plan->vectors; k++) {
                        uint32_t o = block + SNNRT_VECTOR_OUTPUTS * k;
                        uint32_t left = o < outputs ? outputs - o : 0u;
                        __m128i a = _mm_setzero_si128(), b = _mm_setzero_si128();
                        if (left >= SNNRT_VECTOR_OUTPUTS) {
                            a = _mm_loadu_si128((const __m128i *)(const void *)(row + o));
                            b = other == NULL ? b
                                              : _mm_loadu_si128((const __m128i *)(const void *)(other + o));
                        } else if (left != 0) {
                            memcpy(&a, row + o, left);
                            if (other != NULL) {
                                memcpy(&b, other + o, left);
                            }
                        }
                        to = avx2_store_pairs(to, a, b, wide);
                    }
                    row += other == NULL ? outputs : 2u * (size_t)outputs;
                }
            }
        }
    }
}

SNNRT_NOINLINE SNNRT_AVX2 static void avx2_interleave(const snnrt_unit_plan *plan) {
    avx2_interleave_pairs(plan, false);
}

SNNRT_NOINLINE SNNRT_AVX2 static void avx2_interleave_wide(const snnrt_unit_plan *plan) {
    avx2_interleave_pairs(plan, true);
}

/* to[0 .. 16) = from[0 .. 16) + sums. */
SNNRT_AVX2 static inline void avx2_widen(snnrt_int32 *to, const snnrt_int32 *from, __m256i sums) {
    __m256i low = _mm256_cvtepi16_epi32(_mm256_castsi256_si128(sums));
    __m256i high = _mm256_cvtepi16_epi32(_mm256_extracti128_si256(sums, 1));
    const __m256i *in = (const __m256i *)(const void *)from;
    __m256i *out = (__m256i *)(void *)to;
    _mm256_storeu_si256(out, _mm256_add_epi32(_mm256_loadu_si256(in), low));
    _mm256_storeu_si256(out + 1, _mm256_add_epi32(_mm256_loadu_si256(in + 1), high));
}

/* `vectors` and `whole` are constant in each call. */
SNNRT_INLINE SNNRT_AVX2 static inline void avx2_sum_windows(const snnrt_unit_plan *plan, snnrt_int32 *output,
                                                            uint32_t block, const uint32_t vectors,
                                                            const bool whole) {
    const snnrt_synapse_step *step = plan->step;
    const snnrt_unit_entry *const list = plan->list;
    const snnrt_uint32 *const start = plan->start;
    const uint32_t outputs = step->out_channels, windows = step->out_width;
    const uint32_t stride = step->window->stride_x, width = step->window->kernel_w;
    const size_t column_bytes = (size_t)plan->column * vectors * 32u;
    const int8_t *weights = plan->weights + block * width * column_bytes;
    /* A pair adds 2 x peak x 128 at most. */
    const ptrdiff_t group = (ptrdiff_t)(127u / (step->input_peak == 0 ? 1u : step->input_peak));
    const uint32_t left = outputs - SNNRT_BLOCK_OUTPUTS * block;
    int32_t bias[SNNRT_BLOCK_OUTPUTS] = {0}, part[SNNRT_BLOCK_OUTPUTS];
    __m256i zero = _mm256_setzero_si256();
    if (step->bias != NULL) {
        memcpy(bias, (const snnrt_int32 *)step->bias + SNNRT_BLOCK_OUTPUTS * block,
               (whole ? SNNRT_BLOCK_OUTPUTS : left) * sizeof *bias);
    }
    /* Not known to be 0, or the compiler copies it in every turn of the inner loop. */
    SNNRT_NOT_KNOWN(zero, "+x");
    output += SNNRT_BLOCK_OUTPUTS * block;
    for (uint32_t ox = 0; ox < windows; ox++, output += outputs) {
        const snnrt_unit_entry *pair = list + start[ox * stride], *end = list + start[ox * stride + width];
        const uintptr_t base = (uintptr_t)weights - ox * stride * column_bytes;
        const snnrt_int32 *from = bias;
        snnrt_int32 *to = whole ? output : part;
        do {
            const snnrt_unit_entry *stop = end - pair > group ? pair + group : end;
            __m256i sums[4];
            for (uint32_t k = 0; k < vectors; k++) {
                sums[k] = zero;
            }
            for (; pair != stop; pair++) {
                const int8_t *row = snnrt_one_register((const int8_t *)(base + pair->place));
                __m256i values = _mm256_set1_epi32((int32_t)pair->values);
                for (uint32_t k = 0; k < vectors; k++) {
                    __m256i rows = _mm256_load_si256((const __m256i *)(const void *)(row + 32u * k));
                    sums[k] = _mm256_add_epi16(sums[k], _mm256_maddubs_epi16(values, rows));
                }
            }
            for (uint32_t k = 0; k < vectors; k++) {
                avx2_widen(to + SNNRT_VECTOR_OUTPUTS * k, from + SNNRT_VECTOR_OUTPUTS * k, sums[k]);
            }
            from = to;
        } while (pair != end);
        if (!whole) {
            memcpy(output, part, left * sizeof *part);
        }
    }
}

SNNRT_NOINLINE SNNRT_AVX2 static void avx2_sum_whole(const snnrt_unit_plan *plan, snnrt_int32 *output,
                                                     uint32_t block) {
    avx2_sum_windows(plan, output, block, 4, true);
}

SNNRT_AVX2 static void avx2_sum_block(const snnrt_unit_plan *plan, snnrt_int32 *output, uint32_t block) {
    if (plan->step->out_channels - SNNRT_BLOCK_OUTPUTS * block >= SNNRT_BLOCK_OUTPUTS) {
        avx2_sum_whole(plan, output, block);
    } else if (plan->vectors == 1u) {
        avx2_sum_windows(plan, output, block, 1, false);
    } else if (plan->vectors == 2u) {
        avx2_sum_windows(plan, output, block, 2, false);
    } else if (plan->vectors == 3u) {
        avx2_sum_windows(plan, output, block, 3, false);
    } else {
        avx2_sum_windows(plan, output, block, 4, false);
    }
}

/* The same with weights of int16: `vectors` of sixteen outputs, constant in each call. */
SNNRT_INLINE SNNRT_AVX2 static inline void avx2_sum_windows_wide(const snnrt_unit_plan *plan,
                                                                 snnrt_int32 *output, uint32_t block,
                                                                 const uint32_t vectors) {
    const snnrt_synapse_step *step = plan->step;
    const snnrt_unit_entry *const list = plan->list;
    const snnrt_uint32 *const start = plan->start;
    const uint32_t outputs = step->out_channels, windows = step->out_width;
    const uint32_t stride = step->window->stride_x, width = step->window->kernel_w;
    const size_t column_bytes = (size_t)plan->column * vectors * 64u;
    const int8_t *weights = plan->weights + block * width * column_bytes;
    const uint32_t left = outputs - SNNRT_BLOCK_OUTPUTS * block;
    const uint32_t filled = left < SNNRT_BLOCK_OUTPUTS ? left : SNNRT_BLOCK_OUTPUTS;
    int32_t bias[SNNRT_BLOCK_OUTPUTS] = {0}, part[SNNRT_BLOCK_OUTPUTS];
    if (step->bias != NULL) {
        memcpy(bias, (const snnrt_int32 *)step->bias + SNNRT_BLOCK_OUTPUTS * block, filled * sizeof *bias);
    }
    output += SNNRT_BLOCK_OUTPUTS * block;
    for (uint32_t ox = 0; ox < windows; ox++, output += outputs) {
        const snnrt_unit_entry *pair = list + start[ox * stride], *end = list + start[ox * stride + width];
        const uintptr_t base = (uintptr_t)weights - ox * stride * column_bytes;
        __m256i *to = (__m256i *)(void *)(filled == 16u * vectors ? output : (snnrt_int32 *)part);
        __m256i sums[8];
        for (uint32_t k = 0; k < 2u * vectors; k++) {
            sums[k] = _mm256_loadu_si256((const __m256i *)(const void *)(bias + 8u * k));
        }
        for (; pair != end; pair++) {
            const int8_t *row = snnrt_one_register((const int8_t *)(base + pair->place));
            __m256i values = _mm256_set1_epi32((int32_t)pair->values);
            for (uint32_t k = 0; k < 2u * vectors; k++) {
                __m256i rows = _mm256_load_si256((const __m256i *)(const void *)(row + 32u * k));
                sums[k] = _mm256_add_epi32(sums[k], _mm256_madd_epi16(values, rows));
            }
        }
        for (uint32_t k = 0; k < 2u * vectors; k++) {
            _mm256_storeu_si256(to + k, sums[k]);
        }
        if (filled != 16u * vectors) {
            memcpy(output, part, filled * sizeof *part);
        }
    }
}

SNNRT_NOINLINE SNNRT_AVX2 static void avx2_sum_block_wide(const snnrt_unit_plan *plan, snnrt_int32 *output,
                                                          uint32_t block) {
    if (plan->vectors == 1u) {
        avx2_sum_windows_wide(plan, output, block, 1);
    } else if (plan->vectors == 2u) {
        avx2_sum_windows_wide(plan, output, block, 2);
    } else if (plan->vectors == 3u) {
        avx2_sum_windows_wide(plan, output, block, 3);
    } else {
        avx2_sum_windows_wide(plan, output, block, 4);
    }
}

/* With a peak of 31 at least four pairs fit an int16 sum. */
static const snnrt_unit_form avx2_form = {AVX2_UNIT,     2u, 31u, 0x10001u, avx2_find_units, avx2_interleave,
                                          avx2_sum_block};
static const snnrt_unit_form avx2_wide_form = {AVX2_UNIT,          4u,
                                               SNNRT_VALUE_MAX,    1u,
                                               avx2_find_wide,     avx2_interleave_wide,
                                               avx2_sum_block_wide};

SNNRT_AVX2 bool snnrt_conv2d_i8_avx2(const snnrt_synapse_step *step) {
    return snnrt_conv2d_rows_avx2(step) || snnrt_conv2d_spread_avx2(step) ||
           snnrt_convolve_units(step, &avx2_form) || snnrt_convolve_units(step, &avx2_wide_form);
}
#else
typedef int snnrt_conv2d_i8_avx2_left_out;
#endif
