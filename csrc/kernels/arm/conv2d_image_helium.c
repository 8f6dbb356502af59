/* Int8 convolutions of few channels whose values are no counts, as a first layer on an image is, with the vectors of
 * Cortex-M55 (Helium): three neighbouring windows and eight outputs at a time, whose sums stay in registers. Windows of
 * zeros are left out. */
#include "../synapse.h"
#include "../taps.h"
#include "direct_windows.h"

#if SNNRT_WITH_DIRECT_IMAGES
#include <arm_mve.h>

/* More are better looked at one by one. */
#define SNNRT_PIXEL_CHANNELS_MAX 4u
/* Values laid out at a time: 2 bytes of stack each. */
#define SNNRT_PIXELS_MAX 256u
#define SNNRT_IMAGE_WINDOWS 3u
#define SNNRT_IMAGE_OUTPUTS 8u

/* Windows of a row, whose lines are laid out with zeros around the input. */
typedef struct snnrt_image_row {
    const snnrt_int16 *pixels;
    const int8_t *weights; /* of the first line */
    const snnrt_int32 *bias;
    snnrt_int32 *to;
    uint32_t outputs;
    uint32_t windows, distance; /* how many, and values from one to the next */
    uint32_t lines, pitch; /* values from one to the next */
    uint32_t count; /* values of a window's line */
    uint32_t active; /* threes that are not all zeros */
} snnrt_image_row;

/* One value of each window with the weights of all outputs. */
#define SNNRT_IMAGE_TAP(a, b, c) \
    "vldrb.s32 %q[x], [%[row]]\n\t" \
    "vldrb.s32 %q[y], [%[row], #4]\n\t" \
    "add %[row], %[row], %[outputs]\n\t" \
    "ldrsh %[" c "], [%[in]], #2\n\t" \
    "vmla.s32 %q[a0], %q[x], %[" a "]\n\t" \
    "vmla.s32 %q[a1], %q[y], %[" a "]\n\t" \
    "vmla.s32 %q[b0], %q[x], %[" b "]\n\t" \
    "vmla.s32 %q[b1], %q[y], %[" b "]\n\t" \
    "vmla.s32 %q[c0], %q[x], %[" c "]\n\t" \
    "vmla.s32 %q[c1], %q[y], %[" c "]\n\t"
#define SNNRT_IMAGE_SUMS \
    [a0] "+w"(a0), [a1] "+w"(a1), [b0] "+w"(b0), [b1] "+w"(b1), [c0] "+w"(c0), [c1] "+w"(c1), [x] "=&w"(x), \
        [y] "=&w"(y), [row] "+&l"(row), [in] "+&r"(in)

/* Eight outputs from `output` on. `shared`: lines of three values, which neighbouring windows read next to each other. */
SNNRT_INLINE static inline void direct_sum_image(const snnrt_image_row *r, uint32_t output,
                                                 const bool shared) {
    const snnrt_int32 *const bias = r->bias == NULL ? NULL : r->bias + output;
    snnrt_int32 *to = r->to + output;
    const snnrt_int16 *first = r->pixels;
    const uint32_t outputs = r->outputs, distance = SNNRT_IMAGE_WINDOWS * r->distance;
    uint32_t active = r->active;
    for (uint32_t left = r->windows - SNNRT_IMAGE_WINDOWS;;) {
        int32x4_t a0 = bias == NULL ? vdupq_n_s32(0) : vldrwq_s32(bias);
        int32x4_t a1 = bias == NULL ? a0 : vldrwq_s32(bias + 4);
        int32x4_t b0 = a0, b1 = a1, c0 = a0, c1 = a1, x, y;
        if ((active & 1u) != 0) {
            const int8_t *row = r->weights + output;
            const snnrt_int16 *in = first;
            if (shared) {
                uint32_t lines = r->lines, one, two, three;
                __asm__ volatile("1:\n\t"
                                 "ldrsh %[one], [%[in]], #2\n\t"
                                 "ldrsh %[two], [%[in]], #2\n\t" SNNRT_IMAGE_TAP("one", "two", "three")
                                     SNNRT_IMAGE_TAP("two", "three", "one")
                                         SNNRT_IMAGE_TAP("three", "one",
                                                         "two") "subs %[lines], %[lines], #1\n\t"
                                                                "add %[in], %[in], %[next]\n\t"
                                                                "bne 1b"
                                 : SNNRT_IMAGE_SUMS, [lines] "+&r"(lines), [one] "=&r"(one), [two] "=&r"(two),
                                   [three] "=&r"(three)
                                 : [outputs] "r"(r->outputs), [next] "r"(2u * (r->pitch - 5u))
                                 : "cc", "memory");
            } else {
                for (uint32_t line = r->lines; line != 0; line--) {
                    uint32_t one;
                    __asm__ volatile(
                        "dls lr, %[count]\n"
                        "1:\n\t"
                        "vldrb.s32 %q[x], [%[row]]\n\t"
                        "vldrb.s32 %q[y], [%[row], #4]\n\t"
                        "add %[row], %[row], %[outputs]\n\t"
                        "ldrsh %[one], [%[in], %[distance]]\n\t"
                        "vmla.s32 %q[b0], %q[x], %[one]\n\t"
                        "vmla.s32 %q[b1], %q[y], %[one]\n\t"
                        "ldrsh %[one], [%[in], %[distance], lsl #1]\n\t"
                        "vmla.s32 %q[c0], %q[x], %[one]\n\t"
                        "vmla.s32 %q[c1], %q[y], %[one]\n\t"
                        "ldrsh %[one], [%[in]], #2\n\t"
                        "vmla.s32 %q[a0], %q[x], %[one]\n\t"
                        "vmla.s32 %q[a1], %q[y], %[one]\n\t"
                        "le lr, 1b"
                        : SNNRT_IMAGE_SUMS, [one] "=&r"(one)
                        : [outputs] "r"(r->outputs), [distance] "r"(2u * r->distance), [count] "r"(r->count)
                        : "lr", "cc", "memory");
                    in += r->pitch - r->count;
                }
            }
        }
        vstrwq_s32(to, a0);
        vstrwq_s32(to + 4, a1);
        to += outputs;
        vstrwq_s32(to, b0);
        vstrwq_s32(to + 4, b1);
        to += outputs;
        vstrwq_s32(to, c0);
        vstrwq_s32(to + 4, c1);
        to += outputs;
        first += distance;
        active >>= 1;
        if (left == 0) {
            return;
        }
        if (left < SNNRT_IMAGE_WINDOWS) {
            /* The last three end where the windows do. */
            to -= (SNNRT_IMAGE_WINDOWS - left) * outputs;
            first -= (SNNRT_IMAGE_WINDOWS - left) * r->distance;
            left = SNNRT_IMAGE_WINDOWS;
        }
        left -= SNNRT_IMAGE_WINDOWS;
    }
}

SNNRT_NOINLINE static void sum_image_shared(const snnrt_image_row *r, uint32_t output) {
    direct_sum_image(r, output, true);
}
SNNRT_NOINLINE static void sum_image_apart(const snnrt_image_row *r, uint32_t output) {
    direct_sum_image(r, output, false);
}

/* `count` values with zeros in front and behind, `pitch` in all, and what any line has that is not 0. */
static void lay_out_pixels(const snnrt_int16 *value, uint32_t before, uint32_t count, snnrt_int16 *pixels,
                           snnrt_int16 *any, uint32_t pitch) {
    int16x8_t x, y;
    snnrt_int16 *clear = pixels;
    __asm__ volatile("dlstp.16 lr, %[pitch]\n"
                     "1:\n\t"
                     "vstrh.16 %q[x], [%[clear]], #16\n\t"
                     "letp lr, 1b"
                     : [clear] "+&r"(clear)
                     : [pitch] "r"(pitch), [x] "w"(vdupq_n_s16(0))
                     : "lr", "memory");
    if (count == 0) {
        return;
    }
    pixels += before;
    any += before;
    __asm__ volatile(
        "dlstp.16 lr, %[count]\n"
        "1:\n\t"
        "vldrh.u16 %q[x], [%[value]], #16\n\t"
        "vldrh.u16 %q[y], [%[any]]\n\t"
        "vstrh.16 %q[x], [%[pixels]], #16\n\t"
        "vorr %q[y], %q[y], %q[x]\n\t"
        "vstrh.16 %q[y], [%[any]], #16\n\t"
        "letp lr, 1b"
        : [value] "+&r"(value), [any] "+&r"(any), [pixels] "+&r"(pixels), [x] "=&w"(x), [y] "=&w"(y)
        : [count] "r"(count)
        : "lr", "memory");
}

/* Which threes of windows read anything, from bit 0. */
static uint32_t find_active(const snnrt_int16 *any, const snnrt_image_row *r) {
    const uint32_t span = r->count + (SNNRT_IMAGE_WINDOWS - 1u) * r->distance;
    uint32_t active = 0, bit = 1;
    for (uint32_t window = 0; window < r->windows; window += SNNRT_IMAGE_WINDOWS, bit <<= 1) {
        const uint32_t last = r->windows - SNNRT_IMAGE_WINDOWS;
        const snnrt_int16 *value = any + (window < last ? window : last) * r->distance;
        uint32_t most = 0;
        int16x8_t x;
        __asm__ volatile("dlstp.16 lr, %[span]\n"
                         "1:\n\t"
                         "vldrh.u16 %q[x], [%[value]], #16\n\t"
                         "vmaxav.s16 %[most], %q[x]\n\t"
                         "letp lr, 1b"
                         : [value] "+&r"(value), [most] "+&r"(most), [x] "=&w"(x)
                         : [span] "r"(span)
                         : "lr", "memory");
        active |= most != 0 ? bit : 0u;
    }
    return active;
}

/* The windows of a row from `window` on; apart, as what is laid out is most of the stack. */
SNNRT_NOINLINE static void sum_image_windows(const snnrt_synapse_step *step, snnrt_image_row *r, uint32_t row,
                                             uint32_t window) {
    const snnrt_window *conv = step->window;
    const uint32_t depth = step->in_channels;
    const int32_t top = (int32_t)(row * conv->stride_y) - conv->pad_top;
    const int32_t left = (int32_t)(window * conv->stride_x) - conv->pad_left;
    const snnrt_taps y = snnrt_taps_inside(top, conv->kernel_h, conv->dilation_y, step->in_height);
    const uint32_t columns = (r->windows - 1u) * conv->stride_x + conv->kernel_w;
    const snnrt_taps x = snnrt_taps_inside(left, columns, 1, step->in_width);
    snnrt_int16 pixels[SNNRT_PIXELS_MAX];
    snnrt_int16 *const any = pixels + (r->pitch * conv->kernel_h);
    r->pixels = pixels;
    r->lines = y.first < y.end ? y.end - y.first : 0;
    r->weights = (const int8_t *)step->weights + y.first * conv->kernel_w * depth * r->outputs;
    r->to = (snnrt_int32 *)step->output + ((row - step->first_row) * step->out_width + window) * r->outputs;
    for (uint32_t k = 0; k < r->pitch; k += 8u) {
        vstrhq_s16(any + k, vdupq_n_s16(0));
    }
    for (uint32_t line = 0; line < r->lines; line++) {
        const uint32_t at = (uint32_t)(top + (int32_t)((y.first + line) * conv->dilation_y));
        const uint32_t count = x.first < x.end ? x.end - x.first : 0;
        lay_out_pixels((const snnrt_int16 *)step->input +
                           (at * step->in_width + (uint32_t)(left + (int32_t)x.first)) * depth,
                       x.first * depth, count * depth, pixels + line * r->pitch, any, r->pitch);
    }
    r->active = find_active(any, r);
    for (uint32_t output = 0; output < r->outputs; output += SNNRT_IMAGE_OUTPUTS) {
        const uint32_t last = r->outputs - SNNRT_IMAGE_OUTPUTS, from = output < last ? output : last;
        if (r->count == 3u && r->distance == 1u) {
            sum_image_shared(r, from);
        } else {
            sum_image_apart(r, from);
        }
    }
}

#if SNNRT_WITH_COUNTERS
/* The inputs of each window that are not 0. */
static void count_image(const snnrt_synapse_step *step) {
    const snnrt_window *conv = step->window;
    for (uint32_t oy = step->first_row; oy < step->out_height; oy++) {
        const int32_t top = (int32_t)(oy * conv->stride_y) - conv->pad_top;
        const snnrt_taps y = snnrt_taps_inside(top, conv->kernel_h, conv->dilation_y, step->in_height);
        for (uint32_t ox = 0; ox < step->out_width; ox++) {
            const int32_t left = (int32_t)(ox * conv->stride_x) - conv->pad_left;
            const snnrt_taps x = snnrt_taps_inside(left, conv->kernel_w, 1, step->in_width);
            uint32_t rows = 0;
            for (uint32_t ky = y.first; ky < y.end && x.first < x.end; ky++) {
                const uint32_t line = (uint32_t)(top + (int32_t)(ky * conv->dilation_y));
                const snnrt_int16 *value =
                    (const snnrt_int16 *)step->input +
                    (line * step->in_width + (uint32_t)(left + (int32_t)x.first)) * step->in_channels;
                for (uint32_t k = (x.end - x.first) * step->in_channels; k != 0; k--) {
                    rows += *value++ != 0;
                }
            }
            snnrt_count_window(step, rows, step->out_channels);
        }
    }
}
#endif

bool snnrt_direct_image(const snnrt_synapse_step *step) {
    const snnrt_window *conv = step->window;
    const uint32_t depth = step->in_channels, room = SNNRT_PIXELS_MAX / (conv->kernel_h + 1u) & ~7u;
    uint32_t at_once, chunks;
    snnrt_image_row r;
    if (conv->groups != 1 || conv->dilation_x != 1 || depth > SNNRT_PIXEL_CHANNELS_MAX ||
        step->out_channels < SNNRT_IMAGE_OUTPUTS || step->out_width < SNNRT_IMAGE_WINDOWS ||
        (2u * conv->stride_x + conv->kernel_w) * depth > room) {
        return false;
    }
    at_once = (room / depth - conv->kernel_w) / conv->stride_x + 1u;
    at_once = at_once < 32u * SNNRT_IMAGE_WINDOWS ? at_once : 32u * SNNRT_IMAGE_WINDOWS;
    chunks = (step->out_width + at_once - 1u) / at_once;
    r.outputs = step->out_channels;
    r.bias = (const snnrt_int32 *)step->bias;
    r.distance = conv->stride_x * depth;
    r.count = conv->kernel_w * depth;
    /* Of nearly as many each, three at least. */
    r.windows = (step->out_width + chunks - 1u) / chunks;
    r.windows = r.windows < SNNRT_IMAGE_WINDOWS ? SNNRT_IMAGE_WINDOWS : r.windows;
    r.pitch = (((r.windows - 1u) * conv->stride_x + conv->kernel_w) * depth + 7u) & ~7u;
    for (uint32_t row = step->first_row; row < step->out_height; row++) {
        for (uint32_t window = 0; window < step->out_width; window += r.windows) {
            const uint32_t last = step->out_width - r.windows;
            sum_image_windows(step, &r, row, window < last ? window : last);
        }
    }
#if SNNRT_WITH_COUNTERS
    count_image(step);
#endif
    return true;
}
#else
typedef int snnrt_conv2d_image_helium_left_out;
#endif
