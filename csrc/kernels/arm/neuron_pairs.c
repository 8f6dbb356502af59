/* Words of plain neurons with the instructions of Thumb-2, two neurons at a time; those of Cortex-M4, M7 and M33 round
 * products and saturate too. */
#include "neuron_words.h"

#if SNNRT_WITH_NEURON_WORDS && defined(__thumb2__)

/* Membranes of 32 bits: from a decay of a half on the factor is 2^32 less than meant, and the membrane is added. */
#define SNNRT_LOAD_WIDE \
    "ldrd %[a], %[b], [%[x]], #8\n\t" \
    "ldrd %[u], %[w], [%[state]]\n\t"
#define SNNRT_LEAVE_WIDE "strd %[u], %[w], [%[state]], #8\n\t"

#if SNNRT_WITH_ARM_DSP
#define SNNRT_TAKE_WIDE \
    SNNRT_LOAD_WIDE \
    "smmlar %[u], %[u], %[factor], %[u]\n\t" \
    "smmlar %[w], %[w], %[factor], %[w]\n\t" \
    "qadd %[u], %[u], %[a]\n\t" \
    "qadd %[w], %[w], %[b]\n\t"
#define SNNRT_TAKE_SMALL \
    SNNRT_LOAD_WIDE \
    "smmulr %[u], %[u], %[factor]\n\t" \
    "smmulr %[w], %[w], %[factor]\n\t" \
    "qadd %[u], %[u], %[a]\n\t" \
    "qadd %[w], %[w], %[b]\n\t"

/* Of 16 bits: each in the high half of a word, times twice the decay. */
#define SNNRT_FACTOR_NARROW(decay) ((decay) << 1)
#define SNNRT_TAKE_NARROW \
    "ldrd %[a], %[b], [%[x]], #8\n\t" \
    "ldr %[w], [%[state]]\n\t" \
    "lsl %[u], %[w], #16\n\t" \
    "bfc %[w], #0, #16\n\t" \
    "smmulr %[u], %[u], %[factor]\n\t" \
    "smmulr %[w], %[w], %[factor]\n\t" \
    "qadd %[u], %[u], %[a]\n\t" \
    "qadd %[w], %[w], %[b]\n\t" \
    "ssat %[u], #16, %[u]\n\t" \
    "ssat %[w], #16, %[w]\n\t"
#define SNNRT_LEAVE_NARROW \
    "pkhbt %[u], %[u], %[w], lsl #16\n\t" \
    "str %[u], [%[state]], #4\n\t"
#define SNNRT_AFTER_WIDE
#define SNNRT_PAIR_HALF
#else
#define SNNRT_ADD_WIDE \
    "adds %[u], %[u], %[a]\n\t" \
    "bvs 4f\n" \
    "5:\n\t" \
    "adds %[w], %[w], %[b]\n\t" \
    "bvs 6f\n" \
    "7:\n\t"

/* The low word of the sum that the product is added to is its rounding. */
#define SNNRT_TAKE_WIDE \
    SNNRT_LOAD_WIDE \
    "mov %[half], #0x80000000\n\t" \
    "smlal %[half], %[u], %[u], %[factor]\n\t" \
    "mov %[half], #0x80000000\n\t" \
    "smlal %[half], %[w], %[w], %[factor]\n\t" SNNRT_ADD_WIDE

/* The top bit of the low word is carried. */
#define SNNRT_TAKE_SMALL \
    SNNRT_LOAD_WIDE \
    "smull %[half], %[u], %[u], %[factor]\n\t" \
    "adds %[half], %[half], %[half]\n\t" \
    "adc %[u], %[u], #0\n\t" \
    "smull %[half], %[w], %[w], %[factor]\n\t" \
    "adds %[half], %[half], %[half]\n\t" \
    "adc %[w], %[w], #0\n\t" SNNRT_ADD_WIDE

/* A current of 17 bits does to a membrane of 16 what a larger one does. */
#define SNNRT_FACTOR_NARROW(decay) (decay)
#define SNNRT_TAKE_NARROW \
    "ldrd %[a], %[b], [%[x]], #8\n\t" \
    "ldrsh %[u], [%[state]]\n\t" \
    "ldrsh %[w], [%[state], #2]\n\t" \
    "mla %[u], %[u], %[factor], %[half]\n\t" \
    "mla %[w], %[w], %[factor], %[half]\n\t" \
    "ssat %[a], #17, %[a]\n\t" \
    "ssat %[b], #17, %[b]\n\t" \
    "add %[u], %[a], %[u], asr #15\n\t" \
    "add %[w], %[b], %[w], asr #15\n\t" \
    "ssat %[u], #16, %[u]\n\t" \
    "ssat %[w], #16, %[w]\n\t"
#define SNNRT_LEAVE_NARROW \
    "bfi %[u], %[w], #16, #16\n\t" \
    "str %[u], [%[state]], #4\n\t"
/* Where a sum overflowed its terms had the same sign. */
#define SNNRT_SATURATE(u, a) \
    "mvn " u ", #0x80000000\n\t" \
    "eor " u ", " u ", " a ", asr #31\n\t"
#define SNNRT_AFTER_WIDE \
    "\n\tb 8f\n" \
    "4:\n\t" SNNRT_SATURATE("%[u]", "%[a]") "b 5b\n" \
                                            "6:\n\t" SNNRT_SATURATE("%[w]", "%[b]") "b 7b\n" \
                                                                                    "8:"
#define SNNRT_PAIR_HALF , [half] "+&r"(half)
#endif
#define SNNRT_AFTER_NARROW

#define SNNRT_SUBTRACT(u, level) "sub " u ", " u ", " level "\n\t"
#define SNNRT_REPLACE(u, level) "ldr " u ", [%[p], #16]\n\t"
#define SNNRT_KEEP(u, level)

/* `silent` is the condition on which a neuron does not fire; most do not. */
#define SNNRT_PAIRS(take, silent, after, leave, behind) \
    __asm__ volatile( \
        "1:\n\t" take "ldrd %[a], %[b], [%[level]], #8\n\t" \
        "cmp %[u], %[a]\n\t" \
        "b" silent \
        " 2f\n\t" after("%[u]", "%[a]") "orr %[word], %[word], %[bit]\n" \
                                        "2:\n\t" \
                                        "cmp %[w], %[b]\n\t" \
                                        "b" silent \
                                        " 3f\n\t" after("%[w]", \
                                                        "%[b]") "orr %[word], %[word], %[bit], lsl #1\n" \
                                                                "3:\n\t" leave "lsls %[bit], %[bit], #2\n\t" \
                                                                "bne 1b\n\t" \
                                                                "ldr %[a], [%[p], #8]\n\t" \
                                                                "str %[word], [%[a]], #4\n\t" \
                                                                "str %[a], [%[p], #8]\n\t" \
                                                                "ldrd %[a], %[b], [%[p]]\n\t" \
                                                                "cmp %[level], %[b]\n\t" \
                                                                "it eq\n\t" \
                                                                "moveq %[level], %[a]\n\t" \
                                                                "mov %[word], #0\n\t" \
                                                                "mov %[bit], #1\n\t" \
                                                                "ldr %[a], [%[p], #12]\n\t" \
                                                                "cmp %[x], %[a]\n\t" \
                                                                "bne 1b" behind \
        : [x] "+&r"(x), [level] "+&r"(level), [state] "+&r"(state), [word] "+&r"(word), [bit] "+&r"(bit), \
          [a] "=&r"(a), [b] "=&r"(b), [u] "=&r"(u), [w] "=&r"(w)SNNRT_PAIR_HALF \
        : [factor] "r"(factor), [p] "r"(p) \
        : "cc", "memory")

/* A loop for each comparison and reset. */
#define SNNRT_PAIRS_BY_RESET(take, silent, leave, behind) \
    if (p->reset == SNNRT_RESET_SUBTRACT) { \
        SNNRT_PAIRS(take, silent, SNNRT_SUBTRACT, leave, behind); \
    } else if (p->reset == SNNRT_RESET_VALUE) { \
        SNNRT_PAIRS(take, silent, SNNRT_REPLACE, leave, behind); \
    } else { \
        SNNRT_PAIRS(take, silent, SNNRT_KEEP, leave, behind); \
    }
#define SNNRT_PAIRS_OF(take, leave, behind) \
    if (p->strict != 0) { \
        SNNRT_PAIRS_BY_RESET(take, "le", leave, behind) \
    } else { \
        SNNRT_PAIRS_BY_RESET(take, "lt", leave, behind) \
    }

/* An odd number of thresholds that repeats would part a pair. */
bool snnrt_fits_neuron_words(const snnrt_neuron_step *step, int32_t decay, uint32_t period) {
    (void)decay;
    return step->neurons > 1u && ((period & 1u) == 0 || period == step->neurons);
}

void snnrt_update_words(snnrt_neuron_words *p, uint32_t flags) {
    const bool narrow = (flags & SNNRT_NEURON_STATE_INT16) != 0;
    const int32_t factor = narrow ? SNNRT_FACTOR_NARROW(p->decay) : (int32_t)((uint32_t)p->decay << 17);
    const snnrt_int32 *x = p->current, *level = p->level;
    snnrt_int32 *state = (snnrt_int32 *)p->state;
    uint32_t word = 0, bit = p->bit;
    int32_t a, b, u, w;
#if !SNNRT_WITH_ARM_DSP
    uint32_t half = 0x4000;
#endif
    if (narrow) {
        SNNRT_PAIRS_OF(SNNRT_TAKE_NARROW, SNNRT_LEAVE_NARROW, SNNRT_AFTER_NARROW)
    } else if (p->decay >> 14 != 0) {
        SNNRT_PAIRS_OF(SNNRT_TAKE_WIDE, SNNRT_LEAVE_WIDE, SNNRT_AFTER_WIDE)
    } else {
        SNNRT_PAIRS_OF(SNNRT_TAKE_SMALL, SNNRT_LEAVE_WIDE, SNNRT_AFTER_WIDE)
    }
    p->current = x;
    p->level = level;
    p->state = state;
}
#else
typedef int snnrt_neuron_pairs_left_out;
#endif
