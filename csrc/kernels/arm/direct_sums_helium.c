/* Spikes and counts of int8 layers with the vectors of Cortex-M55 (Helium): what a window reads is looked at while the sums
 * of a block of its outputs stay in registers, 16 bits each, and no list is made. */
#include "direct_windows.h"

#if SNNRT_WITH_DIRECT_WINDOWS
#include <arm_mve.h>

/* The runs of a line, and where a loop that has not ended is. The loops below read it by these offsets. */
typedef struct snnrt_direct_runs {
    uint32_t element;
    const int8_t *row;
    uint32_t run_bits, run_weights; /* from one to the next */
    const void *value; /* 16 */
    uint32_t run_bytes;
    const void *words; /* 24 */
    uint32_t count;
    uint32_t runs; /* 32: the one that is looked at included */
    uint32_t outputs;
    uint32_t left; /* 40: elements up to the run's end; 0: the next run begins */
    uint32_t total; /* what sums of 16 bits may hold */
    uint32_t word[5]; /* 48: registers, in a word that they may not hold */
    uint32_t there; /* 68: of the last vector */
} snnrt_direct_runs;

/* Runs up to the last, or to a word that sums may not hold. A word's elements that are not 0 are found from the first on,
 * and the row of each is added. Written out in fixed registers, as GCC keeps too little of this in such, and without
 * optimisation refuses so many operands: r1 word, r2 row, r3 element, r4 a value or a word's total, r5 values, r6 weights,
 * r8 words, r9 elements left, r10 total, r12 outputs, lr the first element's bit. */
#define SNNRT_RUNS(begin, next_word, next_run, hold, find, add, ...) \
    __asm__ volatile(begin "ldrd r9, r10, [%[state], #40]\n\t" \
                           "ldr r12, [%[state], #36]\n\t" \
                           "mov lr, #0x80000000\n\t" \
                           "cmp r9, #0\n\t" \
                           "beq 6f\n\t" \
                           "ldrd r1, r4, [%[state], #48]\n\t" \
                           "ldrd r5, r6, [%[state], #56]\n\t" \
                           "ldr r8, [%[state], #64]\n" \
                           "1:\n\t" \
                           "rsbs r3, r9, #32\n\t" \
                           "ble 2f\n\t" \
                           "lsls r1, r3\n\t" \
                           "lsrs r1, r3\n" \
                           "2:\n\t" \
                           "cbz r1, 5f\n\t" hold "cmp r10, #255\n\t" \
                           "bhi 7f\n\t" \
                           "rbit r1, r1\n" \
                           "4:\n\t" \
                           "clz r3, r1\n\t" \
                           "lsr r2, lr, r3\n\t" \
                           "eors r1, r2\n\t" find "mla r2, r3, r12, r6\n\t" add "bne 4b\n" \
                           "5:\n\t" \
                           "subs r9, #32\n\t" \
                           "ble 6f\n\t" \
                           "add r6, r6, r12, lsl #5\n\t" next_word "b 1b\n" \
                           "6:\n\t" \
                           "ldr r3, [%[state], #32]\n\t" \
                           "subs r3, #1\n\t" \
                           "str r3, [%[state], #32]\n\t" \
                           "beq 8f\n\t" \
                           "ldrd r3, r2, [%[state]]\n\t" \
                           "ldrd r9, r6, [%[state], #8]\n\t" \
                           "add r3, r9\n\t" \
                           "add r2, r6\n\t" \
                           "strd r3, r2, [%[state]]\n\t" \
                           "ldrd r8, r9, [%[state], #24]\n\t" \
                           "lsrs r1, r3, #5\n\t" \
                           "and r3, r3, #31\n\t" \
                           "add r9, r3\n\t" \
                           "mls r6, r3, r12, r2\n\t" next_run "lsrs r1, r3\n\t" \
                           "lsls r1, r3\n\t" \
                           "b 1b\n" \
                           "7:\n\t" \
                           "strd r1, r4, [%[state], #48]\n\t" \
                           "strd r5, r6, [%[state], #56]\n\t" \
                           "str r8, [%[state], #64]\n" \
                           "8:\n\t" \
                           "strd r9, r10, [%[state], #40]" \
                     : __VA_ARGS__ \
                     : [state] "r"(&runs) \
                     : "r1", "r2", "r3", "r4", "r5", "r6", "r8", "r9", "r10", "r12", "lr", "q0", "p0", "cc", \
                       "memory")
#define SNNRT_NEXT_SPIKES "ldr r1, [r8], #4\n\t"
#define SNNRT_RUN_OF_SPIKES \
    "add r8, r8, r1, lsl #2\n\t" \
    "ldr r1, [r8], #4\n\t"
/* All of a word, or up to the run's end. */
#define SNNRT_HOLD_SPIKES \
    "cmp r9, #32\n\t" \
    "ite hs\n\t" \
    "addhs r10, r10, #32\n\t" \
    "addlo r10, r10, r9\n\t"
#define SNNRT_NEXT_COUNTS \
    "adds r5, #64\n\t" \
    "ldrd r1, r4, [r8], #8\n\t"
#define SNNRT_RUN_OF_COUNTS \
    "add r8, r8, r1, lsl #3\n\t" \
    "ldrd r5, r4, [%[state], #16]\n\t" \
    "add r5, r4\n\t" \
    "str r5, [%[state], #16]\n\t" \
    "sub r5, r5, r3, lsl #1\n\t" \
    "ldrd r1, r4, [r8], #8\n\t"
#define SNNRT_HOLD_COUNTS "add r10, r4\n\t"
#define SNNRT_FIND_COUNT "ldrsh r4, [r5, r3, lsl #1]\n\t"
#define SNNRT_ADD_SPIKE(then, offset, sum) \
    "vldrb" then ".s16 q0, [r2, #" offset "]\n\t" \
    "vadd.i16 %q[" sum "], %q[" sum "], q0\n\t"
#define SNNRT_ADD_COUNT(then, offset, sum) \
    "vldrb" then ".s16 q0, [r2, #" offset "]\n\t" \
    "vmla.s16 %q[" sum "], q0, r4\n\t"
#define SNNRT_SPIKE_RUNS(begin, add, ...) \
    SNNRT_RUNS(begin, SNNRT_NEXT_SPIKES, SNNRT_RUN_OF_SPIKES, SNNRT_HOLD_SPIKES, "", add, __VA_ARGS__)
#define SNNRT_COUNT_RUNS(begin, add, ...) \
    SNNRT_RUNS(begin, SNNRT_NEXT_COUNTS, SNNRT_RUN_OF_COUNTS, SNNRT_HOLD_COUNTS, SNNRT_FIND_COUNT, add, \
               __VA_ARGS__)

/* The `count` lanes of a vector that are there. */
SNNRT_INLINE static inline void direct_store_part(const snnrt_int32 *from, snnrt_int32 *to, int16x8_t sums,
                                                  uint32_t count) {
    int16_t room[8];
    vstrhq_s16(room, sums);
    for (uint32_t k = 0; k < 8u && k < count; k += 4u) {
        const mve_pred16_t there = vctp32q(count - k);
        const int32x4_t sum = vldrhq_s32(room + k);
        vstrwq_p_s32(to + k, from == NULL ? sum : vaddq_s32(sum, vldrwq_z_s32(from + k, there)), there);
    }
}

/* `outputs` of each window from `output` on, the last `lanes` of them in a vector of their own: `add` adds the runs' rows to them, `store` what they hold
 * to `from`. */
#define SNNRT_DIRECT_SUM(name, lanes, add, store) \
    SNNRT_NOINLINE static void name(const snnrt_direct_windows *w, uint32_t output) { \
        const bool spikes = w->words == NULL; \
        const uint32_t shift = spikes ? 0u : 1u, outputs = w->outputs - output; \
        snnrt_int32 *window_to = w->to + output; \
        uint32_t window_element = w->element; \
        snnrt_direct_runs runs; \
        SNNRT_SUMS; \
        runs.there = vctp16q(lanes); \
        (void)c, (void)d; \
        runs.words = spikes ? w->input : w->words; \
        runs.count = w->count; \
        runs.outputs = w->outputs; \
        runs.run_bits = w->run_bits; \
        runs.run_weights = w->run_weights; \
        runs.run_bytes = w->run_elements << shift; \
        for (uint32_t windows = w->windows; windows != 0; windows--) { \
            const snnrt_int32 *from = w->bias == NULL ? NULL : w->bias + output; \
            snnrt_int32 *to = window_to; \
            uint32_t lines = w->lines; \
            a = b = c = d = vdupq_n_s16(0); \
            /* As if the first were the next one. */ \
            runs.element = window_element - runs.run_bits; \
            runs.row = w->weights + output - runs.run_weights; \
            runs.value = (const uint8_t *)w->input + (window_element << shift) - runs.run_bytes; \
            runs.runs = lines == 0 ? 1u : w->runs + 1u; \
            runs.left = runs.total = 0; \
            for (;;) { \
                if (spikes) { \
                    add(SNNRT_SPIKE_RUNS, SNNRT_ADD_SPIKE); \
                } else { \
                    add(SNNRT_COUNT_RUNS, SNNRT_ADD_COUNT); \
                } \
                if (runs.runs == 0 && lines > 1u) { \
                    /* From the last run of a line to the first of the next. */ \
                    runs.element += w->line_bits - w->runs * runs.run_bits; \
                    runs.row += w->line_weights - w->runs * runs.run_weights; \
                    runs.value = (const uint8_t *)runs.value + (w->line_elements << shift) - \
                                 w->runs * runs.run_bytes; \
                    runs.runs = w->runs + 1u; \
                    runs.left = 0; \
                    lines--; \
                    continue; \
                } \
                store; \
                if (runs.runs == 0) { \
                    break; \
                } \
                from = to = window_to; \
                runs.total = 0; \
                a = b = c = d = vdupq_n_s16(0); \
            } \
            window_element += w->window_elements; \
            window_to += w->window_outputs; \
        } \
    }
/* What the stores leave alone. */
#define SNNRT_SUMS \
    register int16x8_t a __asm__("q4"); \
    register int16x8_t b __asm__("q5"); \
    register int16x8_t c __asm__("q6"); \
    register int16x8_t d __asm__("q7")
/* Lanes of the last vector that are not there stay 0. */
#define SNNRT_TAKE_PART \
    "ldr r3, [%[state], #68]\n\t" \
    "vmsr p0, r3\n\t"

#define SNNRT_ADD_32(runs, add) \
    runs("", add("", "0", "a") add("", "8", "b") add("", "16", "c") add("", "24", "d"), [a] "+w"(a), \
         [b] "+w"(b), [c] "+w"(c), [d] "+w"(d))
#define SNNRT_ADD_16(runs, add) runs("", add("", "0", "a") add("", "8", "b"), [a] "+w"(a), [b] "+w"(b))
#define SNNRT_ADD_9_TO_16(runs, add) \
    runs(SNNRT_TAKE_PART, add("", "0", "a") "vpst\n\t" add("t", "8", "b"), [a] "+w"(a), [b] "+w"(b))
#define SNNRT_ADD_8(runs, add) runs(SNNRT_TAKE_PART, "vpst\n\t" add("t", "0", "a"), [a] "+w"(a))
#define SNNRT_STORE(eights) \
    if (from != NULL) { \
        eights(SNNRT_ADD_EIGHT) \
    } else { \
        eights(SNNRT_STORE_EIGHT) \
    }
#define SNNRT_TWO(each) each(a) each(b)
#define SNNRT_FOUR(each) each(a) each(b) each(c) each(d)
#define SNNRT_STORE_8 direct_store_part(from, to, a, outputs)
#define SNNRT_STORE_9_TO_16 \
    direct_store_part(from, to, a, 8u); \
    direct_store_part(from == NULL ? NULL : from + 8, to + 8, b, outputs - 8u)

SNNRT_DIRECT_SUM(direct_sum_to_32, outputs, SNNRT_ADD_32, SNNRT_STORE(SNNRT_FOUR))
SNNRT_DIRECT_SUM(direct_sum_to_8, outputs, SNNRT_ADD_8, SNNRT_STORE_8)
#if SNNRT_WITH_FAST_LOOPS
SNNRT_DIRECT_SUM(direct_sum_to_16, outputs, SNNRT_ADD_16, SNNRT_STORE(SNNRT_TWO))
SNNRT_DIRECT_SUM(direct_sum_to_part, outputs - 8u, SNNRT_ADD_9_TO_16, SNNRT_STORE_9_TO_16)
#endif

void snnrt_direct_sums(const snnrt_direct_windows *w) {
#if SNNRT_WITH_FAST_LOOPS
    static const snnrt_direct_kernel kernel = {32,
                                               {direct_sum_to_32, direct_sum_to_16, direct_sum_to_8},
                                               direct_sum_to_part};
#else
    static const snnrt_direct_kernel kernel = {32, {direct_sum_to_32, NULL, direct_sum_to_8}, NULL};
#endif
    snnrt_direct_blocks(w, &kernel);
}

bool snnrt_find_counts(const snnrt_found_counts *found) {
    const uint16x8_t places = {1, 2, 4, 8, 16, 32, 64, 128};
    const snnrt_int16 *value = found->value;
    snnrt_direct_word *const end = found->words + found->line_words;
    uint32_t before = found->before, count = found->count;
    uint16x8_t x;
    for (snnrt_direct_word *word = found->words; word != end; word++) {
        uint32_t here = before < 32u ? 32u - before : 0u, bits = 0, total = 0;
        here = here < count ? here : count;
        if (here != 0) {
            __asm__ volatile("dlstp.16 lr, %[here]\n"
                             "1:\n\t"
                             "vldrh.u16 %q[x], [%[value]], #16\n\t"
                             "vaddva.u16 %[total], %q[x]\n\t"
                             "vpt.i16 ne, %q[x], zr\n\t"
                             "vaddvat.u16 %[bits], %q[places]\n\t"
                             "ror %[bits], %[bits], #8\n\t"
                             "letp lr, 1b"
                             : [value] "+&l"(value), [total] "+&Te"(total), [bits] "+&Te"(bits), [x] "=&w"(x)
                             : [here] "r"(here), [places] "w"(places)
                             : "lr", "p0", "cc", "memory");
            /* Fewer than four vectors have not come around; the last may have gone past `here`. */
            bits = bits >> ((32u - here) & ~7u) << before;
            value = found->value + (found->count - count + here);
            count -= here;
        }
        before = before < 32u ? 0u : before - 32u;
        word->bits = bits;
        word->total = total;
        if (total > SNNRT_DIRECT_WEIGHTS_MAX) {
            return false;
        }
    }
    return true;
}
#else
typedef int snnrt_direct_sums_left_out;
#endif
