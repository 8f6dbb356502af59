/* AVX2 and AVX-512 in plain C, by SIMDe (Debian's libsimde-dev), in place of the compiler's header: with it the kernels
 * for x86 run on a processor that lacks those instructions. What SIMDe 0.7.4 has not, or computes otherwise, stands here, lane by lane. */
#ifndef SNNRT_TEST_IMMINTRIN_H
#define SNNRT_TEST_IMMINTRIN_H

#define SIMDE_ENABLE_NATIVE_ALIASES
#include <simde/x86/avx2.h>
#include <simde/x86/avx512.h>
#include <string.h>

typedef simde__mmask8 __mmask8;
typedef simde__mmask16 __mmask16;
typedef simde__mmask32 __mmask32;
typedef simde__mmask64 __mmask64;

#define EMULATED static inline __attribute__((unused))

EMULATED __m512i _mm512_cvtepi16_epi32(__m256i from) {
    int16_t in[16];
    int32_t out[16];
    memcpy(in, &from, sizeof in);
    for (int k = 0; k < 16; k++) {
        out[k] = in[k];
    }
    return _mm512_loadu_si512(out);
}

EMULATED __m256i _mm512_cvtepi32_epi16(__m512i from) {
    int32_t in[16];
    int16_t out[16];
    __m256i to;
    memcpy(in, &from, sizeof in);
    for (int k = 0; k < 16; k++) {
        out[k] = (int16_t)(uint32_t)in[k];
    }
    memcpy(&to, out, sizeof to);
    return to;
}

EMULATED __m512i _mm512_cvtepu32_epi64(__m256i from) {
    uint32_t in[8];
    uint64_t out[8];
    memcpy(in, &from, sizeof in);
    for (int k = 0; k < 8; k++) {
        out[k] = in[k];
    }
    return _mm512_loadu_si512(out);
}

EMULATED __mmask32 _mm512_cmpgt_epi16_mask(__m512i a, __m512i b) {
    int16_t left[32], right[32];
    uint32_t mask = 0;
    memcpy(left, &a, sizeof left);
    memcpy(right, &b, sizeof right);
    for (int k = 0; k < 32; k++) {
        mask |= (uint32_t)(left[k] > right[k]) << k;
    }
    return mask;
}

EMULATED __mmask16 _mm512_cmplt_epi32_mask(__m512i a, __m512i b) { return _mm512_cmpgt_epi32_mask(b, a); }

EMULATED __mmask16 _mm256_test_epi16_mask(__m256i a, __m256i b) {
    int16_t lanes[16];
    uint32_t mask = 0;
    const __m256i both = _mm256_and_si256(a, b);
    memcpy(lanes, &both, sizeof lanes);
    for (int k = 0; k < 16; k++) {
        mask |= (uint32_t)(lanes[k] != 0) << k;
    }
    return (__mmask16)mask;
}

/* SIMDe's says 1 where one half alone is 0. */
#undef _mm256_testz_si256
EMULATED int _mm256_testz_si256(__m256i a, __m256i b) {
    uint64_t lanes[4];
    const __m256i both = _mm256_and_si256(a, b);
    memcpy(lanes, &both, sizeof lanes);
    return (lanes[0] | lanes[1] | lanes[2] | lanes[3]) == 0;
}

/* Only lanes of the mask are read or written: what lies behind them may not be memory. */
EMULATED __m512i emulated_load(uint64_t mask, const void *from, size_t size) {
    uint8_t lanes[64] = {0};
    for (size_t k = 0; k < 64u / size; k++) {
        if ((mask >> k & 1u) != 0) {
            memcpy(lanes + k * size, (const uint8_t *)from + k * size, size);
        }
    }
    return _mm512_loadu_si512(lanes);
}

EMULATED void emulated_store(void *to, uint64_t mask, const void *lanes, size_t size) {
    for (size_t k = 0; k < 64u / size; k++) {
        if ((mask >> k & 1u) != 0) {
            memcpy((uint8_t *)to + k * size, (const uint8_t *)lanes + k * size, size);
        }
    }
}

#define _mm512_maskz_loadu_epi8(mask, from) emulated_load((mask), (from), 1)
#define _mm512_maskz_loadu_epi16(mask, from) emulated_load((mask), (from), 2)
#define _mm512_maskz_loadu_epi32(mask, from) emulated_load((mask), (from), 4)
#define _mm512_maskz_loadu_ps(mask, from) _mm512_castsi512_ps(emulated_load((mask), (from), 4))

EMULATED void _mm512_mask_storeu_epi32(void *to, __mmask16 mask, __m512i from) {
    emulated_store(to, mask, &from, 4);
}

EMULATED void _mm512_mask_storeu_epi64(void *to, __mmask8 mask, __m512i from) {
    emulated_store(to, mask, &from, 8);
}

EMULATED void _mm512_mask_storeu_ps(void *to, __mmask16 mask, __m512 from) {
    emulated_store(to, mask, &from, 4);
}

#endif
