/* Bits added to int16 with AVX-512, 32 at a time, as masks. */
#if defined(__x86_64__) && defined(__GNUC__)
#include "x86.h"

SNNRT_AVX512 void snnrt_add_bits_i16_avx512vnni(const snnrt_bits_sum *sum) {
    const __m512i one = _mm512_set1_epi16(1);
    uint32_t run_words = sum->count / 32u;
    snnrt_int16 *output = sum->output;
    if ((sum->first | sum->count | sum->row_bits | sum->window_bits) % 32u != 0) {
        snnrt_add_bits_i16(sum);
        return;
    }
    for (uint32_t window = 0; window < sum->windows; window++) {
        for (uint32_t place = 0; place < sum->count; place += 32u, output += 32) {
            const snnrt_uint32 *corner = sum->words + (sum->first + window * sum->window_bits + place) / 32u;
            __m512i total = _mm512_loadu_si512(output);
            for (uint32_t row = 0; row < sum->rows; row++, corner += sum->row_bits / 32u) {
                const snnrt_uint32 *word = corner;
                for (uint32_t run = 0; run < sum->runs; run++, word += run_words) {
                    total = _mm512_mask_add_epi16(total, (__mmask32)*word, total, one);
                }
            }
            _mm512_storeu_si512(output, total);
        }
    }
}
#else
typedef int snnrt_add_bits_i16_avx512vnni_left_out;
#endif
