/* One tap's products with the vectors of Cortex-M55 (Helium): in place of ../tap_sums.c. */
#include "../tap_sums.h"

#if SNNRT_WITH_TAP_SUMS && SNNRT_WITH_ARM_MVE
#include <arm_mve.h>

SNNRT_NOINLINE static void helium_add_tap_to_16(const snnrt_tap_sum *tap, uint32_t output) {
    const int8_t *const row = tap->weights + output;
    const snnrt_uint32 *listed = tap->listed, *const end = tap->end;
    uint8_t *const first = (uint8_t *)tap->output + 4u * output;
    const int32x4_t a = vldrbq_s32(row), b = vldrbq_s32(row + 4), c = vldrbq_s32(row + 8),
                    d = vldrbq_s32(row + 12);
    do {
        const uint32_t one = *listed++;
        const int32_t value = (int32_t)one >> 16;
        snnrt_int32 *const to = (snnrt_int32 *)(void *)(first + (one & 0xFFFFu));
        vstrwq_s32(to, vmlaq_n_s32(vldrwq_s32(to), a, value));
        vstrwq_s32(to + 4, vmlaq_n_s32(vldrwq_s32(to + 4), b, value));
        vstrwq_s32(to + 8, vmlaq_n_s32(vldrwq_s32(to + 8), c, value));
        vstrwq_s32(to + 12, vmlaq_n_s32(vldrwq_s32(to + 12), d, value));
    } while (listed != end);
}

/* 4 outputs or the fewer that are left. */
SNNRT_NOINLINE static void helium_add_tap_to_4(const snnrt_tap_sum *tap, uint32_t output) {
    const mve_pred16_t there = vctp32q(tap->outputs - output);
    const int32x4_t a = vldrbq_z_s32(tap->weights + output, there);
    const snnrt_uint32 *listed = tap->listed, *const end = tap->end;
    uint8_t *const first = (uint8_t *)tap->output + 4u * output;
    do {
        const uint32_t one = *listed++;
        snnrt_int32 *const to = (snnrt_int32 *)(void *)(first + (one & 0xFFFFu));
        vstrwq_p_s32(to, vmlaq_n_s32(vldrwq_z_s32(to, there), a, (int32_t)one >> 16), there);
    } while (listed != end);
}

void snnrt_add_tap(const snnrt_tap_sum *tap) {
    uint32_t output = 0;
    for (; output + 16u <= tap->outputs; output += 16u) {
        helium_add_tap_to_16(tap, output);
    }
    for (; output < tap->outputs; output += 4u) {
        helium_add_tap_to_4(tap, output);
    }
}
#else
typedef int snnrt_tap_sums_helium_left_out;
#endif
