/* Bits added to int16 with AVX2, 32 at a time. */
#if defined(__x86_64__) && defined(__GNUC__)
#include "x86.h"

SNNRT_AVX2 void snnrt_add_bits_i16_avx2(const snnrt_bits_sum *sum) {
    const __m256i select =
        _mm256_setr_epi16(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, -32768);
    const __m256i lower = _mm256_set1_epi16(0x0100);
    const __m256i upper = _mm256_set1_epi16(0x0302);
    uint32_t run_words = sum->count / 32u;
    snnrt_int16 *output = sum->output;
    if ((sum->first | sum->count | sum->row_bits | sum->window_bits) % 32u != 0) {
        snnrt_add_bits_i16(sum);
        return;
    }
    for (uint32_t window = 0; window < sum->windows; window++) {
        for (uint32_t place = 0; place < sum->count; place += 32u, output += 32) {
            const snnrt_uint32 *corner = sum->words + (sum->first + window * sum->window_bits + place) / 32u;
            __m256i *out = (__m256i *)(void *)output;
            __m256i low = _mm256_loadu_si256(out);
            __m256i high = _mm256_loadu_si256(out + 1);
            for (uint32_t row = 0; row < sum->rows; row++, corner += sum->row_bits / 32u) {
                const snnrt_uint32 *word = corner;
                for (uint32_t run = 0; run < sum->runs; run++, word += run_words) {
                    __m256i bits = _mm256_set1_epi32((int32_t)*word);
                    __m256i first = _mm256_and_si256(_mm256_shuffle_epi8(bits, lower), select);
                    __m256i second = _mm256_and_si256(_mm256_shuffle_epi8(bits, upper), select);
                    low = _mm256_sub_epi16(low, _mm256_cmpeq_epi16(first, select));
                    high = _mm256_sub_epi16(high, _mm256_cmpeq_epi16(second, select));
                }
            }
            _mm256_storeu_si256(out, low);
            _mm256_storeu_si256(out + 1, high);
        }
    }
}
#else
typedef int snnrt_add_bits_i16_avx2_left_out;
#endif
