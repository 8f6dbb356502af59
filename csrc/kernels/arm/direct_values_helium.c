/* Windows of any values with the vectors of Cortex-M55 (Helium), in sums of 32 bits. */
#include "direct_windows.h"

#if SNNRT_WITH_DIRECT_WINDOWS
#include <arm_mve.h>

static const snnrt_int32 direct_zeros[16] = {0};

#define SNNRT_ADD_VALUE(then, offset, sum) \
    "vldrb" then ".s32 %q[x], [%[row], #" offset "]\n\t" \
    "vmla.s32 %q[" sum "], %q[x], %[one]\n\t"
#define SNNRT_VALUES(begin, add, ...) \
    __asm__ volatile(begin "dls lr, %[count]\n" \
                           "1:\n\t" \
                           "ldrsh %[one], [%[value]], #2\n\t" \
                           "cbz %[one], 2f\n\t" add "2:\n\t" \
                           "add %[row], %[row], %[outputs]\n\t" \
                           "le lr, 1b" \
                     : [row] "+&l"(row), [value] "+&r"(value), [one] "=&l"(one), [x] "=&w"(x), __VA_ARGS__ \
                     : [count] "r"(w->count), [outputs] "r"(w->outputs), [left] "r"(left) \
                     : "lr", "p0", "memory")

SNNRT_INLINE static inline void direct_sum_values(const snnrt_direct_windows *w, uint32_t output,
                                                  const uint32_t vectors) {
    const uint32_t left = w->outputs - output;
    const snnrt_int32 *const from = w->bias == NULL ? direct_zeros : w->bias + output;
    const snnrt_int16 *window_value = (const snnrt_int16 *)w->input + w->element;
    snnrt_int32 *to = w->to + output;
    for (uint32_t windows = w->windows; windows != 0; windows--) {
        const snnrt_int16 *line_value = window_value;
        const int8_t *line_row = w->weights + output;
        int32x4_t a, b, c, d;
        if (vectors == 1u) {
            a = b = c = d = vldrwq_z_s32(from, vctp32q(left));
        } else {
            a = c = vldrwq_s32(from);
            b = d = vldrwq_s32(from + 4);
        }
        if (vectors == 4u) {
            c = vldrwq_s32(from + 8);
            d = vldrwq_s32(from + 12);
        }
        for (uint32_t line = w->lines; line != 0; line--) {
            const snnrt_int16 *run_value = line_value;
            const int8_t *run_row = line_row;
            for (uint32_t run = w->runs; run != 0; run--) {
                const snnrt_int16 *value = run_value;
                const int8_t *row = run_row;
                uint32_t one;
                int32x4_t x;
                if (vectors == 4u) {
                    SNNRT_VALUES("",
                                 SNNRT_ADD_VALUE("", "0", "a") SNNRT_ADD_VALUE("", "4", "b")
                                     SNNRT_ADD_VALUE("", "8", "c") SNNRT_ADD_VALUE("", "12", "d"),
                                 [a] "+w"(a), [b] "+w"(b), [c] "+w"(c), [d] "+w"(d));
                } else if (vectors == 2u) {
                    SNNRT_VALUES("", SNNRT_ADD_VALUE("", "0", "a") SNNRT_ADD_VALUE("", "4", "b"), [a] "+w"(a),
                                 [b] "+w"(b));
                } else {
                    SNNRT_VALUES("vctp.32 %[left]\n\t",
                                 "vpst\n\t" SNNRT_ADD_VALUE("t", "0", "a"), [a] "+w"(a));
                }
                run_value += w->run_elements;
                run_row += w->run_weights;
            }
            line_value += w->line_elements;
            line_row += w->line_weights;
        }
        if (vectors == 1u) {
            vstrwq_p_s32(to, a, vctp32q(left));
        } else {
            vstrwq_s32(to, a);
            vstrwq_s32(to + 4, b);
        }
        if (vectors == 4u) {
            vstrwq_s32(to + 8, c);
            vstrwq_s32(to + 12, d);
        }
        window_value += w->window_elements;
        to += w->window_outputs;
    }
}

#define SNNRT_DIRECT_SUM_VALUES(name, vectors) \
    SNNRT_NOINLINE static void name(const snnrt_direct_windows *w, uint32_t output) { \
        direct_sum_values(w, output, vectors); \
    }
SNNRT_DIRECT_SUM_VALUES(direct_values_to_16, 4)
SNNRT_DIRECT_SUM_VALUES(direct_values_to_4, 1)
#if SNNRT_WITH_FAST_LOOPS
SNNRT_DIRECT_SUM_VALUES(direct_values_to_8, 2)
#define SNNRT_VALUES_TO_8 direct_values_to_8
#else
#define SNNRT_VALUES_TO_8 NULL
#endif

void snnrt_direct_values(const snnrt_direct_windows *w) {
    static const snnrt_direct_kernel kernel = {16,
                                               {direct_values_to_16, SNNRT_VALUES_TO_8, direct_values_to_4},
                                               NULL};
    snnrt_direct_blocks(w, &kernel);
}
#else
typedef int snnrt_direct_values_left_out;
#endif
