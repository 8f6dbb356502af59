/* Depthwise int8 convolutions with the vectors of Cortex-M55 (Helium): the channels of a pixel are the lanes. */
#include "direct_windows.h"

#if SNNRT_WITH_DIRECT_DEPTHWISE
#include <arm_mve.h>

/* One kernel line of `runs` taps, a byte of weights apart. */
#define SNNRT_TAPS(begin, tap, ...) \
    __asm__ volatile(begin "dls lr, %[runs]\n" \
                           "1:\n\t" tap "2:\n\t" \
                           "add %[in], %[in], %[bytes]\n\t" \
                           "add %[row], %[row], #1\n\t" \
                           "le lr, 1b" \
                     : [in] "+&l"(in), [row] "+&r"(row), [byte] "=&l"(byte), [sums] "+&w"(sums), \
                       [x] "=&w"(x), [weights] "=&w"(weights) \
                     : [runs] "r"(w->runs), [bytes] "r"(bytes), [left] "r"(left), __VA_ARGS__ \
                     : "lr", "p0", "cc", "memory")
#define SNNRT_VALUES_TAP(load, lanes) \
    "vpstt\n\t" load " %q[x], [%[in]]\n\t" \
    "vldrbt.s" lanes " %q[weights], [%[row], %q[offsets]]\n\t" \
    "vmul.i" lanes " %q[x], %q[x], %q[weights]\n\t" \
    "vadd.i" lanes " %q[sums], %q[sums], %q[x]\n\t"

/* What is read, and how it is summed. */
typedef enum snnrt_direct_form {
    SNNRT_DIRECT_BITS,
    SNNRT_DIRECT_COUNTS,
    SNNRT_DIRECT_VALUES
} snnrt_direct_form;

static void direct_store_four(const snnrt_int32 *bias, snnrt_int32 *to, int32x4_t sums, uint32_t left) {
    const mve_pred16_t there = vctp32q(left);
    vstrwq_p_s32(to, bias == NULL ? sums : vaddq_s32(sums, vldrwq_z_s32(bias, there)), there);
}

SNNRT_INLINE static inline void direct_store_eight(const snnrt_int32 *from, snnrt_int32 *to, int16x8_t sums) {
    if (from != NULL) {
        SNNRT_ADD_EIGHT(sums)
    } else {
        SNNRT_STORE_EIGHT(sums)
    }
}

/* Eight channels from `channel` on, of values four, or the fewer that are left. */
SNNRT_INLINE static inline void direct_sum_channels(const snnrt_direct_windows *w, uint32_t channel,
                                                    uint32_t left, const snnrt_direct_form form) {
    const uint16x8_t places = {1, 2, 4, 8, 16, 32, 64, 128};
    /* From one channel's weights to the next one's. */
    const uint32_t distance = w->group_weights;
    const int16x8_t offsets =
        form == SNNRT_DIRECT_VALUES
            ? vreinterpretq_s16_u32(vmulq_n_u32(vidupq_n_u32(0, 1), distance))
            : vreinterpretq_s16_u16(vmulq_n_u16(vidupq_n_u16(0, 1), (uint16_t)distance));
    const uint32_t bytes = form == SNNRT_DIRECT_BITS ? w->run_elements / 8u : 2u * w->run_elements;
    const snnrt_int32 *const bias = w->bias == NULL ? NULL : w->bias + channel;
    const int8_t *const first_row = w->weights + channel * distance;
    snnrt_int32 *to = w->to + channel;
    uint32_t window_element = w->element + channel;
    for (uint32_t windows = w->windows; windows != 0; windows--) {
        uint32_t element = window_element;
        const int8_t *line_row = first_row;
        int16x8_t sums = vdupq_n_s16(0);
        for (uint32_t line = w->lines; line != 0; line--) {
            const uint8_t *in =
                (const uint8_t *)w->input + (form == SNNRT_DIRECT_BITS ? element / 8u : 2u * element);
            const int8_t *row = line_row;
            uint32_t byte;
            int16x8_t x, weights;
            if (form == SNNRT_DIRECT_BITS) {
                SNNRT_TAPS("",
                           "ldrb %[byte], [%[in]]\n\t"
                           "cbz %[byte], 2f\n\t"
                           "vldrb.s16 %q[weights], [%[row], %q[offsets]]\n\t"
                           "vdup.16 %q[x], %[byte]\n\t"
                           "vand %q[x], %q[x], %q[places]\n\t"
                           "vpt.i16 ne, %q[x], zr\n\t"
                           "vaddt.i16 %q[sums], %q[sums], %q[weights]\n",
                           [offsets] "w"(offsets), [places] "w"(places));
            } else if (form == SNNRT_DIRECT_COUNTS) {
                SNNRT_TAPS("vctp.16 %[left]\n\t",
                           SNNRT_VALUES_TAP("vldrht.u16", "16"), [offsets] "w"(offsets));
            } else {
                SNNRT_TAPS("vctp.32 %[left]\n\t",
                           SNNRT_VALUES_TAP("vldrht.s32", "32"), [offsets] "w"(offsets));
            }
            element += w->line_elements;
            line_row += w->line_weights;
        }
        if (form == SNNRT_DIRECT_VALUES) {
            direct_store_four(bias, to, vreinterpretq_s32_s16(sums), left);
        } else if (left >= 8u) {
            direct_store_eight(bias, to, sums);
        } else {
            int16_t lanes[8];
            vstrhq_s16(lanes, sums);
            direct_store_four(bias, to, vldrhq_s32(lanes), left);
            if (left > 4u) {
                direct_store_four(bias == NULL ? NULL : bias + 4, to + 4, vldrhq_s32(lanes + 4), left - 4u);
            }
        }
        window_element += w->window_elements;
        to += w->window_outputs;
    }
}

SNNRT_NOINLINE static void direct_sum_bits(const snnrt_direct_windows *w, uint32_t channel, uint32_t left) {
    direct_sum_channels(w, channel, left, SNNRT_DIRECT_BITS);
}
SNNRT_NOINLINE static void direct_sum_counts(const snnrt_direct_windows *w, uint32_t channel, uint32_t left) {
    direct_sum_channels(w, channel, left, SNNRT_DIRECT_COUNTS);
}
SNNRT_NOINLINE static void direct_sum_wide(const snnrt_direct_windows *w, uint32_t channel, uint32_t left) {
    direct_sum_channels(w, channel, left, SNNRT_DIRECT_VALUES);
}

void snnrt_direct_depthwise(const snnrt_direct_windows *w, uint32_t channels, bool bits) {
    const bool narrow = w->most <= SNNRT_DIRECT_WEIGHTS_MAX;
    for (uint32_t channel = 0; channel < channels; channel += narrow ? 8u : 4u) {
        if (!narrow) {
            direct_sum_wide(w, channel, channels - channel);
        } else if (bits) {
            direct_sum_bits(w, channel, channels - channel);
        } else {
            direct_sum_counts(w, channel, channels - channel);
        }
    }
}
#else
typedef int snnrt_depthwise_helium_left_out;
#endif
