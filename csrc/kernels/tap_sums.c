/* Sums of a window's taps in C; arm/ has them for Thumb. */
#include "tap_sums.h"

#if SNNRT_WITH_TAP_SUMS

static const int32_t no_biases[SNNRT_TAP_OUTPUTS] = {0};

/* Four outputs more where `eight`, which is constant in each call. */
SNNRT_INLINE static inline void add_taps_to_block(const snnrt_tap_sum *sum, uint32_t output,
                                                  const bool eight) {
    const snnrt_int32 *const start =
        sum->start == NULL ? no_biases : (const snnrt_int32 *)sum->start + output;
    const snnrt_tap *tap = sum->first, *const end = sum->end;
    const uintptr_t weights = sum->weights + output;
    snnrt_int32 *const to = sum->output + output;
    int32_t a = start[0], b = start[1], c = start[2], d = start[3];
    int32_t e = eight ? start[4] : 0, f = eight ? start[5] : 0, g = eight ? start[6] : 0,
            h = eight ? start[7] : 0;
    do {
        const int8_t *const row = (const int8_t *)(weights + tap->row);
        const int32_t value = tap->value;
        a += row[0] * value;
        b += row[1] * value;
        c += row[2] * value;
        d += row[3] * value;
        if (eight) {
            e += row[4] * value;
            f += row[5] * value;
            g += row[6] * value;
            h += row[7] * value;
        }
    } while (++tap != end);
    to[0] = a;
    to[1] = b;
    to[2] = c;
    to[3] = d;
    if (eight) {
        to[4] = e;
        to[5] = f;
        to[6] = g;
        to[7] = h;
    }
}

SNNRT_NOINLINE static void add_taps_to_4(const snnrt_tap_sum *sum, uint32_t output) {
    add_taps_to_block(sum, output, false);
}

SNNRT_NOINLINE static void add_taps_to_1(const snnrt_tap_sum *sum, uint32_t output) {
    int32_t total = sum->start == NULL ? 0 : ((const snnrt_int32 *)sum->start)[output];
    for (const snnrt_tap *tap = sum->first; tap != sum->end; tap++) {
        total += *(const int8_t *)(sum->weights + tap->row + output) * tap->value;
    }
    sum->output[output] = total;
}

#if SNNRT_LONG_PRODUCTS
/* As many as 16 registers hold. */
SNNRT_NOINLINE static void add_taps_to_8(const snnrt_tap_sum *sum, uint32_t output) {
    add_taps_to_block(sum, output, true);
}
#endif

void snnrt_add_taps(const snnrt_tap_sum *sum) {
    uint32_t output = 0;
#if SNNRT_LONG_PRODUCTS
    for (; output + 8u <= sum->outputs; output += 8u) {
        add_taps_to_8(sum, output);
    }
#endif
    for (; output + 4u <= sum->outputs; output += 4u) {
        add_taps_to_4(sum, output);
    }
    for (; output < sum->outputs; output++) {
        add_taps_to_1(sum, output);
    }
}
#else
typedef int snnrt_tap_sums_left_out;
#endif
