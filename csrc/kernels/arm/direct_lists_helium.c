/* Int8 convolutions on counts or spikes with the vectors of Cortex-M55 (Helium), whose windows share their inputs: what a line
 * of the input has that is not 0 is listed once, and a window adds the rows of its part of the lists. */
#include "../synapse.h"
#include "../taps.h"
#include "direct_windows.h"

#if SNNRT_WITH_DIRECT_LISTS
#include <arm_mve.h>

#define LISTED_EIGHT 8u
#define LISTED_TOTAL 16u /* bits of a count; above them the sum of the values */
#define LISTED_NONE UINT32_MAX /* in place of the first start: the line is not listed */

/* A line that a row of windows reads. */
typedef struct listed_line {
    const snnrt_uint32 *slot;
    uint32_t weights; /* from the first line's */
} listed_line;

typedef struct listed_row {
    const snnrt_synapse_step *step;
    listed_line lines[SNNRT_LISTED_LINES_MAX];
    const listed_line *end;
    snnrt_int32 *to;
} listed_row;

bool snnrt_is_direct_listed(const snnrt_synapse_step *step) {
    const snnrt_window *conv = step->window;
    return (step->input_dtype == SNNRT_TYPE_BITS || step->input_peak <= SNNRT_DIRECT_COUNT_MAX) &&
           conv->groups == 1 && conv->dilation_x == 1 && conv->dilation_y == 1 &&
           (uint32_t)conv->kernel_h * conv->kernel_w >=
               SNNRT_LISTED_SHARED_MIN * conv->stride_y * conv->stride_x &&
           step->out_channels % LISTED_EIGHT == 0 && conv->kernel_h <= SNNRT_LISTED_LINES_MAX &&
           (step->in_width + step->in_channels) * conv->kernel_h < SNNRT_LISTED_WORDS &&
           step->in_width * step->in_channels * step->out_channels <= UINT16_MAX;
}

/* Whether windows hold little enough of a line for sums of 16 bits. */
static bool holds_line(const snnrt_uint32 *slot, uint32_t width, uint32_t kernel) {
    for (uint32_t end = 1; end <= width; end++) {
        const uint32_t begin = end < kernel ? 0u : end - kernel;
        if ((slot[end] - slot[begin]) >> LISTED_TOTAL > SNNRT_DIRECT_WEIGHTS_MAX) {
            return false;
        }
    }
    return true;
}

/* Entries of a chunk's elements whose bits are set: `by` for each element before, `offset`, and what `find` and `add` make of
 * it. */
#define LISTED_ENTRIES(find, add) \
    "mov lr, #0x80000000\n\t" \
    "rbit %[bits], %[bits]\n" \
    "2:\n\t" \
    "clz %[place], %[bits]\n\t" \
    "lsr %[made], lr, %[place]\n\t" \
    "eors %[bits], %[made]\n\t" \
    "mla %[made], %[place], %[by], %[offset]\n\t" find add "str %[made], [%[entry]], #4\n\t" \
    "bne 2b\n"

/* A line of the input: where each pixel's entries begin, in bytes, and above that the sum of what is before; then the entries.
 * LISTED_NONE in place of the first where they have no room, or a window may hold too much of the line. `packed` is
 * constant in each call. */
SNNRT_INLINE static inline void direct_list_line(const snnrt_synapse_step *step, uint32_t line,
                                                 snnrt_uint32 *slot, uint32_t slot_words, const bool packed) {
    const uint16x8_t places = {1, 2, 4, 8, 16, 32, 64, 128};
    const uint32_t channels = step->in_channels, by_value = step->out_channels << LISTED_TOTAL;
    const snnrt_uint32 *const end = slot + slot_words;
    snnrt_uint32 *start = slot, *const last = slot + step->in_width;
    snnrt_uint32 *entry = last + 1;
    uint32_t element = line * step->in_width * channels, total = 0;
    const snnrt_int16 *value = (const snnrt_int16 *)step->input + (packed ? 0u : element);
    uint32_t offset = packed ? 1u : 0u;
    *start = (uint32_t)((uintptr_t)entry - (uintptr_t)slot);
    do {
        uint32_t left = channels;
        do {
            const uint32_t here = left < 32u ? left : 32u;
            const snnrt_uint32 *const begin = entry;
            uint32_t bits = 0, place, made;
            if (entry + here > end) {
                *slot = LISTED_NONE;
                return;
            }
            if (packed) {
                bits = snnrt_bits_from((const snnrt_uint32 *)step->input, element, here);
                bits &= UINT32_MAX >> (32u - here);
                element += here;
                if (bits != 0) {
                    __asm__ volatile(
                        LISTED_ENTRIES("", "")
                        : [bits] "+&l"(bits), [entry] "+&r"(entry), [place] "=&r"(place), [made] "=&l"(made)
                        : [by] "r"(by_value), [offset] "r"(offset)
                        : "lr", "cc", "memory");
                    total += (uint32_t)(entry - begin);
                }
            } else {
                const snnrt_int16 *from = value;
                uint16x8_t x;
                /* Fewer than four vectors of places have not come around. */
                __asm__ volatile(
                    "dlstp.16 lr, %[here]\n"
                    "1:\n\t"
                    "vldrh.u16 %q[x], [%[from]], #16\n\t"
                    "vaddva.u16 %[total], %q[x]\n\t"
                    "vpt.i16 ne, %q[x], zr\n\t"
                    "vaddvat.u16 %[bits], %q[places]\n\t"
                    "ror %[bits], %[bits], #8\n\t"
                    "letp lr, 1b\n\t"
                    "lsrs %[bits], %[shift]\n\t"
                    "beq 3f\n\t" LISTED_ENTRIES("ldrh %[place], [%[value], %[place], lsl #1]\n\t",
                                                "add %[made], %[place]\n\t") "3:"
                    : [from] "+&l"(from), [total] "+&Te"(total), [bits] "+&Te"(bits), [entry] "+&r"(entry),
                      [place] "=&r"(place), [made] "=&l"(made), [x] "=&w"(x)
                    : [here] "r"(here), [places] "w"(places), [shift] "l"((32u - here) & ~7u),
                      [by] "r"(by_value), [offset] "r"(offset), [value] "r"(value)
                    : "lr", "p0", "cc", "memory");
                value += here;
            }
            offset += here * by_value;
            left -= here;
        } while (left != 0);
        *++start = total << LISTED_TOTAL | (uint32_t)((uintptr_t)entry - (uintptr_t)slot);
    } while (start != last);
    /* One value below 0 is 65,505 or more. */
    if (total > INT16_MAX ||
        (total > SNNRT_DIRECT_WEIGHTS_MAX && !holds_line(slot, step->in_width, step->window->kernel_w))) {
        *slot = LISTED_NONE;
    }
}

SNNRT_NOINLINE static void direct_list_counts(const snnrt_synapse_step *step, uint32_t line,
                                              snnrt_uint32 *slot, uint32_t slot_words) {
    direct_list_line(step, line, slot, slot_words, false);
}
SNNRT_NOINLINE static void direct_list_spikes(const snnrt_synapse_step *step, uint32_t line,
                                              snnrt_uint32 *slot, uint32_t slot_words) {
    direct_list_line(step, line, slot, slot_words, true);
}

#define LISTED_ADD(offset, sum) \
    "vldrb.s16 q0, [r2, #" offset "]\n\t" \
    "vmla.s16 %q[" sum "], q0, r3\n\t"
#define LISTED_LOOP(add, ...) \
    __asm__ volatile("wls lr, %[count], 2f\n" \
                     "1:\n\t" \
                     "ldr r3, [%[entry]], #4\n\t" \
                     "add r2, %[weights], r3, lsr #16\n\t" add "le lr, 1b\n" \
                     "2:" \
                     : [entry] "+&r"(entry), __VA_ARGS__ \
                     : [count] "r"((diff & 0xFFFFu) >> 2), [weights] "r"(weights) \
                     : "r2", "r3", "lr", "q0", "memory")
#define LISTED_LOOP_32 \
    LISTED_LOOP(LISTED_ADD("0", "a") LISTED_ADD("8", "b") LISTED_ADD("16", "c") LISTED_ADD("24", "d"), \
                [a] "+w"(a), [b] "+w"(b), [c] "+w"(c), [d] "+w"(d))
#define LISTED_LOOP_16 LISTED_LOOP(LISTED_ADD("0", "a") LISTED_ADD("8", "b"), [a] "+w"(a), [b] "+w"(b))
#define LISTED_LOOP_8 LISTED_LOOP(LISTED_ADD("0", "a"), [a] "+w"(a))
#define LISTED_STORE(each) \
    if (from != NULL) { \
        each(SNNRT_ADD_EIGHT) \
    } else { \
        each(SNNRT_STORE_EIGHT) \
    }
#define LISTED_ONE(each) each(a)
#define LISTED_TWO(each) each(a) each(b)
#define LISTED_FOUR(each) each(a) each(b) each(c) each(d)

/* What the stores leave alone. */
#define LISTED_REGISTER_a register int16x8_t a __asm__("q4");
#define LISTED_REGISTER_b register int16x8_t b __asm__("q5");
#define LISTED_REGISTER_c register int16x8_t c __asm__("q6");
#define LISTED_REGISTER_d register int16x8_t d __asm__("q7");
#define LISTED_REGISTER(sum) LISTED_REGISTER_##sum
#define LISTED_CLEAR(sum) __asm__ volatile("vmov.i16 %q0, #0" : "=w"(sum));

/* All windows of a row, outputs from `output` on. Sums are stored before 16 bits may not hold them. */
#define LISTED_SUM(name, loop, vectors) \
    SNNRT_NOINLINE static void name(const listed_row *row, uint32_t output) { \
        const snnrt_synapse_step *const step = row->step; \
        const int32_t kernel = step->window->kernel_w, stride = step->window->stride_x; \
        const int32_t width = (int32_t)step->in_width; \
        const uint32_t pixel_weights = step->in_channels * step->out_channels; \
        const snnrt_int32 *const bias = \
            step->bias == NULL ? NULL : (const snnrt_int32 *)step->bias + output; \
        snnrt_int32 *window_to = row->to + output; \
        int32_t left = -(int32_t)step->window->pad_left; \
        vectors(LISTED_REGISTER) for (uint32_t windows = step->out_width; windows != 0; windows--) { \
            const int32_t before = 4 * (left < 0 ? 0 : left); \
            const int32_t behind = 4 * (left + kernel < width ? left + kernel : width); \
            const listed_line *line = row->lines, *const end = before < behind ? row->end : line; \
            const snnrt_int32 *from = bias; \
            snnrt_int32 *to = window_to; \
            uint32_t held = 0; \
            /* Of pixel 0, which may lie outside of the window. */ \
            const uintptr_t first = \
                (uintptr_t)step->weights + output - (uintptr_t)(intptr_t)left * pixel_weights; \
            vectors(LISTED_CLEAR) for (; line != end; line++) { \
                const uint8_t *const slot = (const uint8_t *)line->slot; \
                const uintptr_t weights = first + line->weights; \
                const uint32_t start = *(const snnrt_uint32 *)(const void *)(slot + before); \
                const uint32_t diff = *(const snnrt_uint32 *)(const void *)(slot + behind) - start; \
                const uint8_t *entry = slot + (start & 0xFFFFu); \
                held += diff >> LISTED_TOTAL; \
                if (held > SNNRT_DIRECT_WEIGHTS_MAX) { \
                    LISTED_STORE(vectors) \
                    from = to = window_to; \
                    vectors(LISTED_CLEAR) held = diff >> LISTED_TOTAL; \
                } \
                loop; \
            } \
            LISTED_STORE(vectors) \
            left += stride; \
            window_to += step->out_channels; \
        } \
    }
LISTED_SUM(listed_to_32, LISTED_LOOP_32, LISTED_FOUR)
LISTED_SUM(listed_to_16, LISTED_LOOP_16, LISTED_TWO)
LISTED_SUM(listed_to_8, LISTED_LOOP_8, LISTED_ONE)

#if SNNRT_WITH_COUNTERS
static void listed_count(const listed_row *row) {
    const snnrt_window *const conv = row->step->window;
    for (uint32_t window = 0; window < row->step->out_width; window++) {
        const int32_t left = (int32_t)(window * conv->stride_x) - conv->pad_left;
        const snnrt_taps x = snnrt_taps_inside(left, conv->kernel_w, 1, row->step->in_width);
        uint32_t rows = 0;
        for (const listed_line *line = row->lines; line != row->end && x.first < x.end; line++) {
            rows +=
                ((line->slot[left + (int32_t)x.end] - line->slot[left + (int32_t)x.first]) & 0xFFFFu) / 4u;
        }
        snnrt_count_window(row->step, rows, row->step->out_channels);
    }
}
#endif

/* False, and no sums made, where lines of a row are not listed. */
static bool sum_listed_row(listed_row *row, snnrt_direct_lines *lines, uint32_t oy) {
    const snnrt_synapse_step *const step = row->step;
    const snnrt_window *conv = step->window;
    const uint32_t slot_words = SNNRT_LISTED_WORDS / conv->kernel_h;
    const uint32_t line_weights = conv->kernel_w * step->in_channels * step->out_channels;
    const int32_t top = (int32_t)(oy * conv->stride_y) - conv->pad_top;
    const snnrt_taps y = snnrt_taps_inside(top, conv->kernel_h, 1, step->in_height);
    listed_line *to = row->lines;
    for (uint32_t k = y.first; k < y.end; k++, to++) {
        const uint32_t line = (uint32_t)(top + (int32_t)k);
        snnrt_uint32 *const slot = lines->words + line % conv->kernel_h * slot_words;
        if (line >= lines->next) {
            if (step->input_dtype == SNNRT_TYPE_BITS) {
                direct_list_spikes(step, line, slot, slot_words);
            } else {
                direct_list_counts(step, line, slot, slot_words);
            }
            lines->next = line + 1u;
        }
        if (*slot == LISTED_NONE) {
            return false;
        }
        to->slot = slot;
        to->weights = k * line_weights;
    }
    row->end = to;
    for (uint32_t output = 0; output < step->out_channels;) {
        const uint32_t left = step->out_channels - output;
        if (left >= 32u) {
            listed_to_32(row, output);
            output += 32u;
        } else if (left >= 16u) {
            listed_to_16(row, output);
            output += 16u;
        } else {
            listed_to_8(row, output);
            output += 8u;
        }
    }
#if SNNRT_WITH_COUNTERS
    listed_count(row);
#endif
    return true;
}

void snnrt_direct_listed(const snnrt_synapse_step *step, snnrt_direct_lines *lines) {
    listed_row row;
    row.step = step;
    row.to = (snnrt_int32 *)step->output;
    for (uint32_t oy = step->first_row; oy < step->out_height; oy++) {
        if (!sum_listed_row(&row, lines, oy)) {
            snnrt_synapse_step one = *step;
            one.first_row = oy;
            one.out_height = oy + 1u;
            one.output = row.to;
            snnrt_direct_rows(&one);
        }
        row.to += step->out_width * step->out_channels;
    }
}
#else
typedef int snnrt_direct_lists_left_out;
#endif
