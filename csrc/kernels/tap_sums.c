/* One tap's products in C; arm/ has them for instructions that multiply halves of a word, and for vectors. */
#include "tap_sums.h"

#if SNNRT_WITH_TAP_SUMS && !SNNRT_WITH_ARM_MVE

/* Four outputs more where `eight`, which is constant in each call. */
SNNRT_INLINE static inline void add_tap_to_block(const snnrt_tap_sum *tap, uint32_t output,
                                                 const bool eight) {
    const int8_t *const row = tap->weights + output;
    const snnrt_uint32 *listed = tap->listed, *const end = tap->end;
    uint8_t *const first = (uint8_t *)tap->output + 4u * output;
    const int32_t a = row[0], b = row[1], c = row[2], d = row[3];
    const int32_t e = eight ? row[4] : 0, f = eight ? row[5] : 0, g = eight ? row[6] : 0,
                  h = eight ? row[7] : 0;
    do {
        const uint32_t one = *listed++;
        const int32_t value = (int32_t)one >> 16;
        snnrt_int32 *const to = (snnrt_int32 *)(void *)(first + (one & 0xFFFFu));
        to[0] += a * value;
        to[1] += b * value;
        to[2] += c * value;
        to[3] += d * value;
        if (eight) {
            to[4] += e * value;
            to[5] += f * value;
            to[6] += g * value;
            to[7] += h * value;
        }
    } while (listed != end);
}

SNNRT_NOINLINE static void add_tap_to_4(const snnrt_tap_sum *tap, uint32_t output) {
    add_tap_to_block(tap, output, false);
}

SNNRT_NOINLINE static void add_tap_to_1(const snnrt_tap_sum *tap, uint32_t output) {
    const int32_t weight = tap->weights[output];
    for (const snnrt_uint32 *listed = tap->listed; listed != tap->end; listed++) {
        *(snnrt_int32 *)(void *)((uint8_t *)tap->output + 4u * output + (*listed & 0xFFFFu)) +=
            weight * ((int32_t)*listed >> 16);
    }
}

#if SNNRT_LONG_PRODUCTS
/* As many as 16 registers hold. */
SNNRT_NOINLINE static void add_tap_to_8(const snnrt_tap_sum *tap, uint32_t output) {
    add_tap_to_block(tap, output, true);
}
#endif

void snnrt_add_tap(const snnrt_tap_sum *tap) {
    uint32_t output = 0;
#if SNNRT_LONG_PRODUCTS
    for (; output + 8u <= tap->outputs; output += 8u) {
        add_tap_to_8(tap, output);
    }
#endif
    for (; output + 4u <= tap->outputs; output += 4u) {
        add_tap_to_4(tap, output);
    }
    for (; output < tap->outputs; output++) {
        add_tap_to_1(tap, output);
    }
}
#else
typedef int snnrt_tap_sums_left_out;
#endif
