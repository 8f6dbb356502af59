/* Sums of a window's taps for Thumb without the instructions of Cortex-M4: biases and weights are laid out as words, which
 * load several at a time. Thumb-2 multiplies two weights at once, whose sums lie in the two words of a 64-bit one. */
#include "../tap_sums.h"

#if SNNRT_WITH_TAP_WORDS

#if defined(__thumb2__)
/* Two weights in a word: (low + (high << 23)) * (value << 9) is low * value << 9 in the low word, which begins at 2^31 so
 * that it never passes 32 bits, and high * value in the high one. */
#define SNNRT_HIGH_SHIFT 23u
#define SNNRT_VALUE_SHIFT 9u
#define SNNRT_ROW_WORDS 4u
/* Of a block: what the 64-bit sums begin with; biases of the low words, less their 2^31. */
#define SNNRT_START_WORDS 12u
/* No sum of products of a weight passes 22 bits. */
#define SNNRT_TAPS_FIT(taps, peak) ((taps) * (peak) < 1u << 15)
#else
#define SNNRT_VALUE_SHIFT 0u
#define SNNRT_ROW_WORDS 8u
#define SNNRT_START_WORDS 8u
#define SNNRT_TAPS_FIT(taps, peak) true
#endif

static uint32_t weight_of(const snnrt_synapse_step *step, uint32_t row, uint32_t output) {
    return output < step->out_channels
               ? (uint32_t)((const int8_t *)step->weights)[row * step->out_channels + output]
               : 0u;
}

static uint32_t bias_of(const snnrt_synapse_step *step, uint32_t output) {
    return step->bias != NULL && output < step->out_channels
               ? (uint32_t)((const snnrt_int32 *)step->bias)[output]
               : 0u;
}

void snnrt_lay_out_taps(const snnrt_synapse_step *step, uint32_t first, snnrt_tap_layout *layout) {
    const uint32_t taps = (uint32_t)step->window->kernel_h * step->window->kernel_w * step->in_channels;
    const uint32_t left = (step->out_channels - first + SNNRT_TAP_OUTPUTS - 1u) / SNNRT_TAP_OUTPUTS;
    const uint32_t most = SNNRT_TAP_WORDS_MAX / (SNNRT_START_WORDS + SNNRT_ROW_WORDS * taps);
    const uint32_t blocks = left < most ? left : most;
    const uint32_t end = first + blocks * SNNRT_TAP_OUTPUTS;
    snnrt_uint32 *word = layout->words;
    layout->blocks = SNNRT_TAPS_FIT(taps, step->input_peak) ? blocks : 0;
    if (layout->blocks == 0) {
        return;
    }
    layout->start_words = blocks * SNNRT_START_WORDS;
    layout->row_bytes = blocks * SNNRT_ROW_WORDS * 4u;
    layout->shift = SNNRT_VALUE_SHIFT;
#if defined(__thumb2__)
    for (uint32_t block = first; block < end; block += SNNRT_TAP_OUTPUTS) {
        for (uint32_t o = 0; o < SNNRT_TAP_OUTPUTS; o += 2u) {
            *word++ = 0x80000000u;
            *word++ = bias_of(step, block + o + 1u);
        }
        for (uint32_t o = 0; o < SNNRT_TAP_OUTPUTS; o += 2u) {
            *word++ = bias_of(step, block + o) - (0x80000000u >> SNNRT_VALUE_SHIFT);
        }
    }
    for (uint32_t row = 0; row < taps; row++) {
        for (uint32_t output = first; output < end; output += 2u) {
            *word++ = weight_of(step, row, output) + (weight_of(step, row, output + 1u) << SNNRT_HIGH_SHIFT);
        }
    }
#else
    for (uint32_t output = first; output < end; output++) {
        *word++ = bias_of(step, output);
    }
    for (uint32_t row = 0; row < taps; row++) {
        for (uint32_t output = first; output < end; output++) {
            *word++ = weight_of(step, row, output);
        }
    }
#endif
}

/* Registers that a function keeps are saved here: compilers have some of them for frames of their own. */
SNNRT_NOINLINE void snnrt_add_tap_words(const snnrt_tap_sum *sum) {
    register const snnrt_tap_sum *argument __asm__("r0") = sum;
#if defined(__thumb2__)
    __asm__ volatile("push {r4-r11}\n\t"
                     "ldm r0, {r4-r9}\n\t"
                     "mov r3, r6\n\t"
                     "push {r4, r5, r7, r8, r9}\n" /* first, end, output, start, blocks */
                     "1:\n\t"
                     "ldr r12, [sp, #12]\n\t"
                     "ldr r0, [sp]\n\t"
                     "ldm r12!, {r4-r11}\n\t"
                     "str r12, [sp, #12]\n"
                     "2:\n\t"
                     "ldrd r1, r2, [r0], #8\n\t"
                     "add r2, r2, r3\n\t"
                     "ldrd r12, lr, [r2]\n\t"
                     "smlal r4, r5, r1, r12\n\t"
                     "smlal r6, r7, r1, lr\n\t"
                     "ldrd r12, lr, [r2, #8]\n\t"
                     "smlal r8, r9, r1, r12\n\t"
                     "smlal r10, r11, r1, lr\n\t"
                     "ldr r12, [sp, #4]\n\t"
                     "cmp r0, r12\n\t"
                     "bne 2b\n\t"
                     "ldr r12, [sp, #12]\n\t"
                     "ldm r12!, {r0-r2, lr}\n\t"
                     "str r12, [sp, #12]\n\t"
                     "add r4, r0, r4, lsr #9\n\t"
                     "add r6, r1, r6, lsr #9\n\t"
                     "add r8, r2, r8, lsr #9\n\t"
                     "add r10, lr, r10, lsr #9\n\t"
                     "ldr r0, [sp, #8]\n\t"
                     "stm r0!, {r4-r11}\n\t"
                     "str r0, [sp, #8]\n\t"
                     "add r3, r3, #16\n\t"
                     "ldr r0, [sp, #16]\n\t"
                     "subs r0, r0, #1\n\t"
                     "str r0, [sp, #16]\n\t"
                     "bne 1b\n\t"
                     "add sp, sp, #20\n\t"
                     "pop {r4-r11}"
                     : "+r"(argument)
                     :
                     : "r1", "r2", "r3", "r12", "lr", "cc", "memory");
#else
    /* Sums in r6, r7 and where only additions reach: r8 to lr. */
    __asm__ volatile(".syntax unified\n\t"
                     "push {r4-r7}\n\t"
                     "mov r4, r8\n\t"
                     "mov r5, r9\n\t"
                     "mov r6, r10\n\t"
                     "mov r7, r11\n\t"
                     "push {r4-r7}\n\t"
                     "ldm r0!, {r1-r6}\n\t"
                     "push {r1-r6}\n" /* first, end, weights, output, start, blocks */
                     "1:\n\t"
                     "ldr r0, [sp, #16]\n\t"
                     "ldm r0!, {r1-r7}\n\t"
                     "mov r8, r1\n\t"
                     "mov r9, r2\n\t"
                     "mov r10, r3\n\t"
                     "mov r11, r4\n\t"
                     "mov r12, r5\n\t"
                     "mov lr, r6\n\t"
                     "movs r6, r7\n\t"
                     "ldm r0!, {r7}\n\t"
                     "str r0, [sp, #16]\n\t"
                     "ldr r0, [sp]\n"
                     "2:\n\t"
                     "ldm r0!, {r1, r2}\n\t"
                     "ldr r3, [sp, #8]\n\t"
                     "adds r2, r2, r3\n\t"
                     "ldm r2!, {r3-r5}\n\t"
                     "muls r3, r1, r3\n\t"
                     "muls r4, r1, r4\n\t"
                     "muls r5, r1, r5\n\t"
                     "add r8, r3\n\t"
                     "add r9, r4\n\t"
                     "add r10, r5\n\t"
                     "ldm r2!, {r3-r5}\n\t"
                     "muls r3, r1, r3\n\t"
                     "muls r4, r1, r4\n\t"
                     "muls r5, r1, r5\n\t"
                     "add r11, r3\n\t"
                     "add r12, r4\n\t"
                     "add lr, r5\n\t"
                     "ldm r2!, {r3, r4}\n\t"
                     "muls r3, r1, r3\n\t"
                     "muls r4, r1, r4\n\t"
                     "adds r6, r6, r3\n\t"
                     "adds r7, r7, r4\n\t"
                     "ldr r3, [sp, #4]\n\t"
                     "cmp r0, r3\n\t"
                     "bne 2b\n\t"
                     "ldr r0, [sp, #12]\n\t"
                     "mov r1, r8\n\t"
                     "mov r2, r9\n\t"
                     "mov r3, r10\n\t"
                     "mov r4, r11\n\t"
                     "mov r5, r12\n\t"
                     "stm r0!, {r1-r5}\n\t"
                     "mov r1, lr\n\t"
                     "stm r0!, {r1, r6, r7}\n\t"
                     "str r0, [sp, #12]\n\t"
                     "ldr r0, [sp, #8]\n\t"
                     "adds r0, r0, #32\n\t"
                     "str r0, [sp, #8]\n\t"
                     "ldr r0, [sp, #20]\n\t"
                     "subs r0, r0, #1\n\t"
                     "str r0, [sp, #20]\n\t"
                     "bne 1b\n\t"
                     "add sp, sp, #24\n\t"
                     "pop {r4-r7}\n\t"
                     "mov r8, r4\n\t"
                     "mov r9, r5\n\t"
                     "mov r10, r6\n\t"
                     "mov r11, r7\n\t"
                     "pop {r4-r7}"
                     : "+r"(argument)
                     :
                     : "r1", "r2", "r3", "r12", "lr", "cc", "memory");
#endif
}
#else
typedef int snnrt_tap_words_left_out;
#endif
