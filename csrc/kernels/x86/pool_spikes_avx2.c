/* Sums and averages of spikes with AVX2: the bits of a word are spread to lanes and counted, whatever the numbers. */
#if defined(__x86_64__) && defined(__GNUC__)
#include "x86.h"

/* Counts of one word's 32 channels over a window, a byte each: windows of at most 255 taps. */
SNNRT_INLINE SNNRT_AVX2 static inline __m256i pool_count_word(const snnrt_uint32 *corner, uint32_t rows,
                                                              uint32_t row_words, uint32_t pixels,
                                                              uint32_t pixel_words) {
    const __m256i spread = _mm256_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2,
                                            2, 2, 3, 3, 3, 3, 3, 3, 3, 3);
    const __m256i select = _mm256_set1_epi64x((int64_t)0x8040201008040201ull);
    __m256i total = _mm256_setzero_si256();
    for (; rows != 0; rows--, corner += row_words) {
        const snnrt_uint32 *word = corner;
        for (uint32_t pixel = 0; pixel < pixels; pixel++, word += pixel_words) {
            __m256i bits = _mm256_shuffle_epi8(_mm256_set1_epi32((int32_t)*word), spread);
            total = _mm256_sub_epi8(total, _mm256_cmpeq_epi8(_mm256_and_si256(bits, select), select));
        }
    }
    return total;
}

SNNRT_AVX2 static inline void pool_store_int16(snnrt_int16 *output, __m256i counts) {
    __m256i *out = (__m256i *)(void *)output;
    _mm256_storeu_si256(out, _mm256_cvtepu8_epi16(_mm256_castsi256_si128(counts)));
    _mm256_storeu_si256(out + 1, _mm256_cvtepu8_epi16(_mm256_extracti128_si256(counts, 1)));
}

/* A sum of ones is the count itself; divided as every other set divides. */
SNNRT_AVX2 static inline void pool_store_float(snnrt_float32 *output, __m256i counts, bool average,
                                               __m256 size) {
    __m128i half[2];
    half[0] = _mm256_castsi256_si128(counts);
    half[1] = _mm256_extracti128_si256(counts, 1);
    for (uint32_t k = 0; k < 4u; k++) {
        __m128i eight = (k & 1u) == 0 ? half[k / 2u] : _mm_srli_si128(half[k / 2u], 8);
        __m256 sum = _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(eight));
        _mm256_storeu_ps(output + 8u * k, average ? _mm256_div_ps(sum, size) : sum);
    }
}

SNNRT_AVX2 bool snnrt_pool_spikes_avx2(const snnrt_pool_step *step) {
    const snnrt_window *pool = step->window;
    const uint32_t taps = (uint32_t)pool->kernel_h * pool->kernel_w;
    const uint32_t pixel_words = step->channels / 32u, row_words = step->in_width * pixel_words;
    const __m256 size = _mm256_set1_ps((float)taps);
    const bool floats = step->output_dtype == SNNRT_TYPE_FLOAT32;
    size_t to = 0;
    if (step->channels % 32u != 0 || taps > 255u ||
        (pool->pad_top | pool->pad_bottom | pool->pad_left | pool->pad_right) != 0 ||
        (!floats && step->output_dtype != SNNRT_TYPE_INT16)) {
        return false;
    }
    for (uint32_t oy = 0; oy < step->out_height; oy++) {
        const snnrt_uint32 *row = (const snnrt_uint32 *)step->input + (size_t)oy * pool->stride_y * row_words;
        for (uint32_t ox = 0; ox < step->out_width; ox++, row += pool->stride_x * pixel_words) {
            for (uint32_t place = 0; place < pixel_words; place++, to += 32u) {
                __m256i counts = pool->kernel_h == 2u && pool->kernel_w == 2u
                                     ? pool_count_word(row + place, 2u, row_words, 2u, pixel_words)
                                     : pool_count_word(row + place, pool->kernel_h, row_words, pool->kernel_w,
                                                       pixel_words);
                if (floats) {
                    pool_store_float((snnrt_float32 *)step->output + to, counts, step->average, size);
                } else {
                    pool_store_int16((snnrt_int16 *)step->output + to, counts);
                }
            }
        }
    }
    return true;
}
#else
typedef int snnrt_pool_spikes_avx2_left_out;
#endif
