/* Convolution of 3 × 3 by spreading with AVX-512: the sums of all nine windows of a pixel stay in registers. */
#if defined(__x86_64__) && defined(__GNUC__)
#include "spread_pairs.h"

/* `vectors` of 32 outputs, constant in each call. */
SNNRT_INLINE SNNRT_AVX512 static inline void avx512_spread_entries(const snnrt_spread_plan *plan,
                                                                   const uint8_t *values, uint32_t count,
                                                                   uint32_t block, uint8_t *sums,
                                                                   const uint32_t vectors) {
    const uint32_t half = SNNRT_SPREAD_TAPS * vectors * 32u, row = SNNRT_SPREAD_KERNEL * vectors;
    const size_t pitch = plan->pitch;
    const int8_t *weights = plan->weights + (size_t)block * plan->depth * half;
    const snnrt_spread_entry *entry = plan->entries, *const end = entry + count;
    for (; entry != end; entry++) {
        const uint8_t *from = values + entry->values;
        const int8_t *group = weights + (size_t)entry->group * SNNRT_SPREAD_GROUP * half;
        uint8_t *to = sums + entry->sums;
        __m512i sum[SNNRT_SPREAD_KERNEL][SNNRT_SPREAD_KERNEL * 2u];
        uint32_t pairs = entry->pairs;
        for (uint32_t y = 0; y < SNNRT_SPREAD_KERNEL; y++) {
            for (uint32_t k = 0; k < row; k++) {
                sum[y][k] = _mm512_setzero_si512();
            }
        }
        for (; pairs != 0; pairs &= pairs - 1u) {
            const uint32_t place = (uint32_t)__builtin_ctz(pairs);
            const int8_t *pair = snnrt_one_register(group + (size_t)place * half);
            int16_t two;
            __m512i x;
            memcpy(&two, from + place, sizeof two);
            x = _mm512_set1_epi16(two);
            for (uint32_t y = 0; y < SNNRT_SPREAD_KERNEL; y++) {
                for (uint32_t k = 0; k < row; k++) {
                    const __m512i rows = _mm512_load_si512(pair + 64u * (y * row + k));
                    sum[y][k] = _mm512_add_epi16(sum[y][k], _mm512_maddubs_epi16(x, rows));
                    SNNRT_NOT_KNOWN(sum[y][k], "+v");
                }
            }
        }
        for (uint32_t y = 0; y < SNNRT_SPREAD_KERNEL; y++, to += pitch) {
            for (uint32_t k = 0; k < row; k++) {
                _mm512_store_si512(to + 64u * k,
                                   _mm512_add_epi16(_mm512_load_si512(to + 64u * k), sum[y][k]));
            }
        }
    }
}

SNNRT_NOINLINE SNNRT_AVX512 static void avx512_spread_sums(const snnrt_spread_plan *plan,
                                                           const uint8_t *values, uint32_t count,
                                                           uint32_t block, uint8_t *sums) {
    if (plan->block == 64u) {
        avx512_spread_entries(plan, values, count, block, sums, 2);
    } else {
        avx512_spread_entries(plan, values, count, block, sums, 1);
    }
}

static const snnrt_unit_form avx512_spread_form = {2u, 2u, SNNRT_SPREAD_PEAK_MAX, 0x10001u, NULL, NULL, NULL};

SNNRT_AVX512 bool snnrt_conv2d_spread_avx512vnni(const snnrt_synapse_step *step) {
    return snnrt_spread_all(step, &avx512_spread_form, avx512_spread_sums);
}
#else
typedef int snnrt_conv2d_spread_avx512vnni_left_out;
#endif
