/* Sums of spikes with AVX-512: a word of bits says which of 32 counts become one more. */
#if defined(__x86_64__) && defined(__GNUC__)
#include "x86.h"

/* `rows` and `columns` of a window, constant in the call that matters. */
SNNRT_INLINE SNNRT_AVX512 static inline void avx512_pool_spikes(const snnrt_pool_step *step,
                                                                const uint32_t rows, const uint32_t columns) {
    const snnrt_window *pool = step->window;
    const uint32_t words = step->channels / 32u, row_words = step->in_width * words;
    const __m512i one = _mm512_set1_epi16(1);
    snnrt_int16 *output = (snnrt_int16 *)step->output;
    for (uint32_t oy = 0; oy < step->out_height; oy++) {
        const snnrt_uint32 *row = (const snnrt_uint32 *)step->input + (size_t)oy * pool->stride_y * row_words;
        for (uint32_t ox = 0; ox < step->out_width; ox++, row += pool->stride_x * words) {
            for (uint32_t place = 0; place < words; place++, output += 32) {
                const snnrt_uint32 *line = row + place;
                __m512i counts = _mm512_setzero_si512();
                for (uint32_t y = 0; y < rows; y++, line += row_words) {
                    const snnrt_uint32 *word = line;
                    for (uint32_t x = 0; x < columns; x++, word += words) {
                        counts = _mm512_mask_add_epi16(counts, *word, counts, one);
                    }
                }
                _mm512_storeu_si512(output, counts);
            }
        }
    }
}

SNNRT_AVX512 bool snnrt_pool_spikes_avx512vnni(const snnrt_pool_step *step) {
    const snnrt_window *pool = step->window;
    if (step->channels % 32u != 0 || step->output_dtype != SNNRT_TYPE_INT16 ||
        (pool->pad_top | pool->pad_bottom | pool->pad_left | pool->pad_right) != 0) {
        return snnrt_pool_spikes_avx2(step);
    }
    if (pool->kernel_h == 2u && pool->kernel_w == 2u) {
        avx512_pool_spikes(step, 2, 2);
    } else {
        avx512_pool_spikes(step, pool->kernel_h, pool->kernel_w);
    }
    return true;
}
#else
typedef int snnrt_pool_spikes_avx512vnni_left_out;
#endif
