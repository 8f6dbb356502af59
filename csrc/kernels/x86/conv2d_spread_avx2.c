/* Convolution of 3 × 3 by spreading with AVX2: of the nine windows of a pixel the sums of three stay in registers. */
#if defined(__x86_64__) && defined(__GNUC__)
#include "spread_pairs.h"

/* `vectors` of sixteen outputs, constant in each call. */
SNNRT_INLINE SNNRT_AVX2 static inline void avx2_spread_entries(const snnrt_spread_plan *plan,
                                                               const uint8_t *values, uint32_t count,
                                                               uint32_t block, uint8_t *sums,
                                                               const uint32_t vectors) {
    const uint32_t half = SNNRT_SPREAD_TAPS * vectors * 16u, row = SNNRT_SPREAD_KERNEL * vectors;
    const size_t pitch = plan->pitch;
    const int8_t *weights = plan->weights + (size_t)block * plan->depth * half;
    const snnrt_spread_entry *entry = plan->entries, *const end = entry + count;
    for (; entry != end; entry++) {
        const uint8_t *from = values + entry->values;
        const int8_t *group = weights + (size_t)entry->group * SNNRT_SPREAD_GROUP * half;
        uint8_t *to = sums + entry->sums;
        for (uint32_t y = 0; y < SNNRT_SPREAD_KERNEL; y++, to += pitch, group += 32u * row) {
            __m256i sum[SNNRT_SPREAD_KERNEL * 4u];
            for (uint32_t k = 0; k < row; k++) {
                sum[k] = _mm256_load_si256((const __m256i *)(const void *)(to + 32u * k));
            }
            for (uint32_t pairs = entry->pairs; pairs != 0; pairs &= pairs - 1u) {
                const uint32_t place = (uint32_t)__builtin_ctz(pairs);
                const int8_t *pair = snnrt_one_register(group + (size_t)place * half);
                int16_t two;
                __m256i x;
                memcpy(&two, from + place, sizeof two);
                x = _mm256_set1_epi16(two);
                for (uint32_t k = 0; k < row; k++) {
                    const __m256i rows = _mm256_load_si256((const __m256i *)(const void *)(pair + 32u * k));
                    sum[k] = _mm256_add_epi16(sum[k], _mm256_maddubs_epi16(x, rows));
                }
            }
            for (uint32_t k = 0; k < row; k++) {
                _mm256_store_si256((__m256i *)(void *)(to + 32u * k), sum[k]);
            }
        }
    }
}

SNNRT_NOINLINE SNNRT_AVX2 static void avx2_spread_sums(const snnrt_spread_plan *plan, const uint8_t *values,
                                                       uint32_t count, uint32_t block, uint8_t *sums) {
    if (plan->block == 64u) {
        avx2_spread_entries(plan, values, count, block, sums, 4);
    } else {
        avx2_spread_entries(plan, values, count, block, sums, 2);
    }
}

static const snnrt_unit_form avx2_spread_form = {2u, 2u, SNNRT_SPREAD_PEAK_MAX, 0x10001u, NULL, NULL, NULL};

SNNRT_AVX2 bool snnrt_conv2d_spread_avx2(const snnrt_synapse_step *step) {
    return snnrt_spread_all(step, &avx2_spread_form, avx2_spread_sums);
}
#else
typedef int snnrt_conv2d_spread_avx2_left_out;
#endif
