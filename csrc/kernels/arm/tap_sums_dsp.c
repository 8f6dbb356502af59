/* One tap's products with the instructions of Cortex-M4, M7 and M33 that multiply halves of a word: in place of
 * ../tap_sums.c. */
#include "../tap_sums.h"

#if SNNRT_WITH_TAP_SUMS && SNNRT_WITH_ARM_DSP && !SNNRT_WITH_ARM_MVE

/* Any address will do. */
typedef struct snnrt_tap_word {
    uint32_t word;
} __attribute__((packed, may_alias)) snnrt_tap_word;

/* Two outputs, whose weights are the halves `half` of two registers. */
#define SNNRT_TWO_OUTPUTS(even, odd, half, at) \
    "ldrd %[a], %[b], [%[to], #" at "]\n\t" \
    "smla" half "t %[a], %[" even "], %[one], %[a]\n\t" \
    "smla" half "t %[b], %[" odd "], %[one], %[b]\n\t" \
    "strd %[a], %[b], [%[to], #" at "]\n\t"

/* Eight outputs; the weights of the even ones lie in pairs, and those of the odd ones. */
SNNRT_NOINLINE static void dsp_add_tap_to_8(const snnrt_tap_sum *tap, uint32_t output) {
    const int8_t *const row = tap->weights + output;
    const snnrt_uint32 *listed = tap->listed, *const end = tap->end;
    uint8_t *const first = (uint8_t *)tap->output + 4u * output;
    uint32_t low = ((const snnrt_tap_word *)(const void *)row)->word;
    uint32_t high = ((const snnrt_tap_word *)(const void *)(row + 4))->word;
    uint32_t low_odd, high_odd, one, to, a, b;
    __asm__ volatile("sxtb16 %[o], %[e], ror #8\n\t"
                     "sxtb16 %[e], %[e]\n\t"
                     "sxtb16 %[p], %[f], ror #8\n\t"
                     "sxtb16 %[f], %[f]\n"
                     "1:\n\t"
                     "ldr %[one], [%[listed]], #4\n\t"
                     "uxtah %[to], %[first], %[one]\n\t" SNNRT_TWO_OUTPUTS("e", "o", "b", "0")
                         SNNRT_TWO_OUTPUTS("e", "o", "t", "8") SNNRT_TWO_OUTPUTS("f", "p", "b", "16")
                             SNNRT_TWO_OUTPUTS("f", "p", "t", "24") "cmp %[listed], %[end]\n\t"
                                                                    "bne 1b"
                     : [listed] "+&r"(listed), [e] "+&r"(low), [f] "+&r"(high), [o] "=&r"(low_odd),
                       [p] "=&r"(high_odd), [one] "=&r"(one), [to] "=&r"(to), [a] "=&r"(a), [b] "=&r"(b)
                     : [first] "r"(first), [end] "r"(end)
                     : "cc", "memory");
}

/* `count` outputs, constant in each call. */
SNNRT_INLINE static inline void dsp_add_tap_to(const snnrt_tap_sum *tap, uint32_t output,
                                               const uint32_t count) {
    const int8_t *const row = tap->weights + output;
    const snnrt_uint32 *listed = tap->listed, *const end = tap->end;
    uint8_t *const first = (uint8_t *)tap->output + 4u * output;
    do {
        const uint32_t one = *listed++;
        snnrt_int32 *const to = (snnrt_int32 *)(void *)(first + (one & 0xFFFFu));
        for (uint32_t k = 0; k < count; k++) {
            to[k] += row[k] * ((int32_t)one >> 16);
        }
    } while (listed != end);
}

SNNRT_NOINLINE static void dsp_add_tap_to_4(const snnrt_tap_sum *tap, uint32_t output) {
    dsp_add_tap_to(tap, output, 4);
}

SNNRT_NOINLINE static void dsp_add_tap_to_1(const snnrt_tap_sum *tap, uint32_t output) {
    dsp_add_tap_to(tap, output, 1);
}

void snnrt_add_tap(const snnrt_tap_sum *tap) {
    uint32_t output = 0;
    for (; output + 8u <= tap->outputs; output += 8u) {
        dsp_add_tap_to_8(tap, output);
    }
    for (; output + 4u <= tap->outputs; output += 4u) {
        dsp_add_tap_to_4(tap, output);
    }
    for (; output < tap->outputs; output++) {
        dsp_add_tap_to_1(tap, output);
    }
}
#else
typedef int snnrt_tap_sums_dsp_left_out;
#endif
