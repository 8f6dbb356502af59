/* Sums of listed rows with the vectors of Cortex-M55 (Helium): in place of ../row_sums.c. */
#include "../row_sums.h"

#if SNNRT_WITH_INT8 && SNNRT_WITH_CONV2D && SNNRT_WITH_CONV_LISTS && SNNRT_WITH_ARM_MVE
#include <arm_mve.h>

/* 8 outputs, or the fewer that `rows` has from `output` on, whose sums are lanes of 16 bits. */
static inline void helium_finish_lanes(const snnrt_row_sum *rows, uint32_t output, int16x8_t sums) {
    int16_t lanes[8];
    vstrhq_s16(lanes, sums);
    for (uint32_t k = 0; k < 8u && output + k < rows->outputs; k += 4u) {
        mve_pred16_t there = vctp32q(rows->outputs - output - k);
        int32x4_t total = vaddq_s32(vldrwq_z_s32(rows->from + output + k, there), vldrhq_s32(lanes + k));
        vstrwq_p_s32(rows->to + output + k, total, there);
    }
}

/* Keeps an address in a register, where the compiler would add its parts anew for each row. */
#define SNNRT_KEPT(address) __asm__("" : "+r"(address))

/* 8 outputs, all of which are there. */
static inline void helium_finish_8(const snnrt_row_sum *rows, uint32_t output, int16x8_t sums) {
    const snnrt_int32 *from = rows->from + output;
    snnrt_int32 *to = rows->to + output;
    int16_t lanes[8];
    vstrhq_s16(lanes, sums);
    vstrwq_s32(to, vaddq_s32(vldrwq_s32(from), vldrhq_s32(lanes)));
    vstrwq_s32(to + 4, vaddq_s32(vldrwq_s32(from + 4), vldrhq_s32(lanes + 4)));
}

/* Counts: bytes widened to 16 bits and multiplied, for 32 outputs. */
SNNRT_NOINLINE static void helium_add_counts_to_32(const snnrt_row_sum *rows, uint32_t output) {
    int16x8_t a = vdupq_n_s16(0), b = a, c = a, d = a;
    for (uint32_t k = 0; k < rows->columns; k++) {
        const snnrt_uint32 *next = (const snnrt_uint32 *)rows->column[k].column->begin[0];
        const snnrt_uint32 *const end = (const snnrt_uint32 *)rows->column[k].column->end[0];
        const int8_t *base = rows->column[k].weights + output;
        SNNRT_KEPT(base);
        do {
            const uint32_t listed = *next++;
            const int8_t *weights = snnrt_listed_row(base, listed);
            const int16_t value = (int16_t)snnrt_listed_value(listed);
            a = vmlaq_n_s16(a, vldrbq_s16(weights), value);
            b = vmlaq_n_s16(b, vldrbq_s16(weights + 8), value);
            c = vmlaq_n_s16(c, vldrbq_s16(weights + 16), value);
            d = vmlaq_n_s16(d, vldrbq_s16(weights + 24), value);
        } while (next != end);
    }
    helium_finish_8(rows, output, a);
    helium_finish_8(rows, output + 8u, b);
    helium_finish_8(rows, output + 16u, c);
    helium_finish_8(rows, output + 24u, d);
}

/* The same for 8 outputs or the fewer that are left. */
SNNRT_NOINLINE static void helium_add_counts_to_8(const snnrt_row_sum *rows, uint32_t output) {
    const mve_pred16_t there = vctp16q(rows->outputs - output);
    int16x8_t a = vdupq_n_s16(0);
    for (uint32_t k = 0; k < rows->columns; k++) {
        const snnrt_uint32 *next = (const snnrt_uint32 *)rows->column[k].column->begin[0];
        const snnrt_uint32 *const end = (const snnrt_uint32 *)rows->column[k].column->end[0];
        const int8_t *const base = rows->column[k].weights + output;
        do {
            const uint32_t listed = *next++;
            a = vmlaq_n_s16(a, vldrbq_z_s16(snnrt_listed_row(base, listed), there),
                            (int16_t)snnrt_listed_value(listed));
        } while (next != end);
    }
    helium_finish_lanes(rows, output, a);
}

/* Any values: bytes widened to 32 bits, for 16 outputs. */
SNNRT_NOINLINE static void helium_add_values_to_16(const snnrt_row_sum *rows, uint32_t output) {
    const snnrt_int32 *from = rows->from + output;
    snnrt_int32 *to = rows->to + output;
    int32x4_t a = vldrwq_s32(from), b = vldrwq_s32(from + 4), c = vldrwq_s32(from + 8),
              d = vldrwq_s32(from + 12);
    for (uint32_t k = 0; k < rows->columns; k++) {
        const snnrt_uint32 *next = (const snnrt_uint32 *)rows->column[k].column->begin[0];
        const snnrt_uint32 *const end = (const snnrt_uint32 *)rows->column[k].column->end[0];
        const int8_t *base = rows->column[k].weights + output;
        SNNRT_KEPT(base);
        do {
            const uint32_t listed = *next++;
            const int8_t *weights = snnrt_listed_row(base, listed);
            const int32_t value = snnrt_listed_value(listed);
            a = vmlaq_n_s32(a, vldrbq_s32(weights), value);
            b = vmlaq_n_s32(b, vldrbq_s32(weights + 4), value);
            c = vmlaq_n_s32(c, vldrbq_s32(weights + 8), value);
            d = vmlaq_n_s32(d, vldrbq_s32(weights + 12), value);
        } while (next != end);
    }
    vstrwq_s32(to, a);
    vstrwq_s32(to + 4, b);
    vstrwq_s32(to + 8, c);
    vstrwq_s32(to + 12, d);
}

/* The same for 4 outputs or the fewer that are left. */
SNNRT_NOINLINE static void helium_add_values_to_4(const snnrt_row_sum *rows, uint32_t output) {
    const mve_pred16_t there = vctp32q(rows->outputs - output);
    int32x4_t a = vldrwq_z_s32(rows->from + output, there);
    for (uint32_t k = 0; k < rows->columns; k++) {
        const snnrt_uint32 *next = (const snnrt_uint32 *)rows->column[k].column->begin[0];
        const snnrt_uint32 *const end = (const snnrt_uint32 *)rows->column[k].column->end[0];
        const int8_t *const base = rows->column[k].weights + output;
        do {
            const uint32_t listed = *next++;
            a = vmlaq_n_s32(a, vldrbq_z_s32(snnrt_listed_row(base, listed), there),
                            snnrt_listed_value(listed));
        } while (next != end);
    }
    vstrwq_p_s32(rows->to + output, a, there);
}

void snnrt_add_count_rows(const snnrt_row_sum *rows) {
    uint32_t output = 0;
    for (; output + 32u <= rows->outputs; output += 32u) {
        helium_add_counts_to_32(rows, output);
    }
    for (; output < rows->outputs; output += 8u) {
        helium_add_counts_to_8(rows, output);
    }
}

void snnrt_add_value_rows(const snnrt_row_sum *rows) {
    uint32_t output = 0;
    for (; output + 16u <= rows->outputs; output += 16u) {
        helium_add_values_to_16(rows, output);
    }
    for (; output < rows->outputs; output += 4u) {
        helium_add_values_to_4(rows, output);
    }
}
#else
typedef int snnrt_row_sums_helium_left_out;
#endif
