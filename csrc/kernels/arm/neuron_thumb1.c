/* Words of plain neurons with the instructions of Cortex-M0, M0+ and M23. */
#include "neuron_words.h"

#if SNNRT_WITH_NEURON_WORDS && !defined(__thumb2__)

/* r0 is at the currents, r1 at the thresholds, r2 at the membranes; r3 is the membrane, r4 its current, r5 is free, r6 the
 * decay, r7 the neuron's bit; r8 to r11 are the words' address, the word, whether equal is not enough, and the reset value.
 * The last bit that a shift of the product drops, the carry, is its rounding. */
#define SNNRT_DECAY_WIDE \
    "ldm r0!, {r4}\n\t" \
    "ldr r3, [r2]\n\t" \
    "asrs r5, r3, #15\n\t" \
    "lsls r3, r3, #17\n\t" \
    "lsrs r3, r3, #17\n\t" \
    "muls r5, r6, r5\n\t" \
    "muls r3, r6, r3\n\t" \
    "asrs r3, r3, #15\n\t" \
    "adcs r3, r5\n\t" \
    "adds r3, r3, r4\n\t" \
    "bvs 4f\n"
/* A decay of 2^-n: of what is shifted out the last bit rounds. */
#define SNNRT_SHIFT_WIDE \
    "ldm r0!, {r4}\n\t" \
    "ldr r3, [r2]\n\t" \
    "asrs r3, r6\n\t" \
    "adcs r3, r4\n\t" \
    "bvs 4f\n"
#define SNNRT_KEEP_WIDE "stm r2!, {r3}\n\t"
/* Where a sum overflowed its terms had the same sign. */
#define SNNRT_CLAMP_WIDE \
    "asrs r3, r4, #31\n\t" \
    "movs r5, #1\n\t" \
    "lsls r5, r5, #31\n\t"

/* A sum that does not fit 16 bits has the sign of its current, whether it overflowed or not. */
#define SNNRT_DECAY_NARROW \
    "ldm r0!, {r4}\n\t" \
    "ldrh r3, [r2]\n\t" \
    "sxth r3, r3\n\t" \
    "muls r3, r6, r3\n\t" \
    "asrs r3, r3, #15\n\t" \
    "adcs r3, r4\n\t" \
    "sxth r5, r3\n\t" \
    "cmp r5, r3\n\t" \
    "bne 4f\n"
#define SNNRT_KEEP_NARROW \
    "strh r3, [r2]\n\t" \
    "adds r2, r2, #2\n\t"
#define SNNRT_CLAMP_NARROW \
    "asrs r3, r4, #31\n\t" \
    "movs r5, #1\n\t" \
    "lsls r5, r5, #15\n\t"

#define SNNRT_TAKE_OFF "subs r3, r3, r5\n\t"
#define SNNRT_SET_BACK "mov r3, r11\n\t"

/* Neurons with one way to be reset. Most do not fire. */
#define SNNRT_THUMB1_LOOP(decay, keep, clamp, after) \
    "1:\n\t" decay "5:\n\t" \
    "ldm r1!, {r5}\n\t" \
    "cmp r3, r5\n\t" \
    "bge 6f\n" \
    "7:\n\t" keep "lsls r7, r7, #1\n\t" \
    "bne 1b\n\t" \
    "mov r3, r8\n\t" \
    "ldr r4, [r3, #8]\n\t" \
    "mov r5, r9\n\t" \
    "stm r4!, {r5}\n\t" \
    "str r4, [r3, #8]\n\t" \
    "movs r5, #0\n\t" \
    "mov r9, r5\n\t" \
    "movs r7, #1\n\t" \
    "ldr r4, [r3, #4]\n\t" \
    "cmp r1, r4\n\t" \
    "bne 3f\n\t" \
    "ldr r1, [r3]\n" \
    "3:\n\t" \
    "ldr r4, [r3, #12]\n\t" \
    "cmp r0, r4\n\t" \
    "bne 1b\n\t" \
    "b 8f\n" \
    "4:\n\t" clamp "subs r5, r5, #1\n\t" \
    "eors r3, r5\n\t" \
    "b 5b\n" \
    "6:\n\t" \
    "bgt 9f\n\t" \
    "mov r4, r10\n\t" \
    "cmp r4, #0\n\t" \
    "bne 7b\n" \
    "9:\n\t" \
    "mov r4, r9\n\t" \
    "orrs r4, r7\n\t" \
    "mov r9, r4\n\t" after "b 7b\n"

/* Registers that a function keeps are saved here: compilers have some of them for frames of their own. */
#define SNNRT_THUMB1_WORDS(decay, keep, clamp) \
    __asm__ volatile( \
        ".syntax unified\n\t" \
        "push {r4-r7}\n\t" \
        "mov r4, r8\n\t" \
        "mov r5, r9\n\t" \
        "mov r6, r10\n\t" \
        "mov r7, r11\n\t" \
        "push {r4-r7}\n\t" \
        "mov r8, r0\n\t" \
        "movs r4, #0\n\t" \
        "mov r9, r4\n\t" \
        "adds r0, r0, #16\n\t" \
        "ldm r0!, {r3-r7}\n\t" \
        "mov r11, r3\n\t" \
        "mov r10, r4\n\t" \
        "mov r1, r6\n\t" \
        "mov r2, r7\n\t" \
        "ldr r6, [r0]\n\t" \
        "ldr r7, [r0, #4]\n\t" \
        "ldr r3, [r0, #8]\n\t" \
        "movs r0, r5\n\t" \
        "cmp r3, #1\n\t" \
        "beq 11f\n\t" \
        "bhi 12f\n" SNNRT_THUMB1_LOOP( \
            decay, keep, \
            clamp, ) "12:\n\t" \
                     "b 13f\n" \
                     "11:\n" SNNRT_THUMB1_LOOP( \
                         decay, keep, clamp, \
                         SNNRT_TAKE_OFF) "13:\n" SNNRT_THUMB1_LOOP(decay, keep, clamp, \
                                                                   SNNRT_SET_BACK) "8:\n\t" \
                                                                                   "mov r3, r8\n\t" \
                                                                                   "str r0, [r3, #24]\n\t" \
                                                                                   "str r1, [r3, #28]\n\t" \
                                                                                   "str r2, [r3, #32]\n\t" \
                                                                                   "pop {r4-r7}\n\t" \
                                                                                   "mov r8, r4\n\t" \
                                                                                   "mov r9, r5\n\t" \
                                                                                   "mov r10, r6\n\t" \
                                                                                   "mov r11, r7\n\t" \
                                                                                   "pop {r4-r7}" \
        : "+r"(argument) \
        : \
        : "r1", "r2", "r3", "cc", "memory")

bool snnrt_fits_neuron_words(const snnrt_neuron_step *step, int32_t decay, uint32_t period) {
    (void)step, (void)decay, (void)period;
    return true;
}

/* n of a decay of 2^-n, 1 to 15; else 0. */
static uint32_t halvings_of(int32_t decay) {
    uint32_t halvings = 15;
    if (decay <= 0 || (decay & (decay - 1)) != 0) {
        return 0;
    }
    for (; decay != 1; decay >>= 1) {
        halvings--;
    }
    return halvings;
}

SNNRT_NOINLINE void snnrt_update_words(snnrt_neuron_words *words, uint32_t flags) {
    const int32_t decay = words->decay;
    const bool narrow = (flags & SNNRT_NEURON_STATE_INT16) != 0;
    const uint32_t halvings = narrow ? 0 : halvings_of(decay);
    if (halvings != 0) {
        words->decay = (int32_t)halvings;
    }
    {
        register snnrt_neuron_words *argument __asm__("r0") = words;
        if (narrow) {
            SNNRT_THUMB1_WORDS(SNNRT_DECAY_NARROW, SNNRT_KEEP_NARROW, SNNRT_CLAMP_NARROW);
        } else if (halvings != 0) {
            SNNRT_THUMB1_WORDS(SNNRT_SHIFT_WIDE, SNNRT_KEEP_WIDE, SNNRT_CLAMP_WIDE);
        } else {
            SNNRT_THUMB1_WORDS(SNNRT_DECAY_WIDE, SNNRT_KEEP_WIDE, SNNRT_CLAMP_WIDE);
        }
    }
    words->decay = decay;
}
#else
typedef int snnrt_neuron_thumb1_left_out;
#endif
