/* Spikes and counts of int8 layers with the vectors of Cortex-M55 (Helium): what a window reads is looked at while the sums
 * of a block of its outputs stay in registers, 16 bits each, and no list is made. */
#include "direct_windows.h"

#if SNNRT_WITH_DIRECT_WINDOWS
#include <arm_mve.h>

/* The runs of a line; in this order the loops below read it. */
typedef struct snnrt_direct_runs {
    uint32_t element;
    const int8_t *row;
    uint32_t run_bits, run_weights; /* from one to the next */
    const void *value;
    uint32_t run_bytes;
    const void *words;
    uint32_t count;
    uint32_t left; /* the one that is looked at included */
} snnrt_direct_runs;

/* Where a loop is: in a word of a run. */
typedef struct snnrt_direct_place {
    uint32_t left; /* elements up to the run's end; 0: the next run begins */
    uint32_t total; /* what sums of 16 bits may hold */
    uint32_t word, one;
    const void *words;
    const int8_t *weights;
    const void *value;
} snnrt_direct_place;

/* Runs up to the last, or to a word that sums may not hold. A word's elements that are not 0 are found from the first on,
 * and the row of each is added. Written out, as GCC keeps too little of this in registers. */
#define SNNRT_RUNS(begin, next_word, next_run, hold, find, add, ...) \
    __asm__ volatile( \
        begin "cmp %[left], #0\n\t" \
              "beq 6f\n" \
              "1:\n\t" \
              "rsbs %[at], %[left], #32\n\t" \
              "ble 2f\n\t" \
              "lsl %[word], %[word], %[at]\n\t" \
              "lsr %[word], %[word], %[at]\n" \
              "2:\n\t" \
              "cbz %[word], 5f\n\t" hold "cmp %[total], #255\n\t" \
              "bhi 7f\n\t" \
              "rbit %[word], %[word]\n" \
              "4:\n\t" \
              "clz %[at], %[word]\n\t" \
              "lsr %[row], %[top], %[at]\n\t" \
              "eors %[word], %[word], %[row]\n\t" find "mla %[row], %[at], %[outputs], %[weights]\n\t" add \
              "bne 4b\n" \
              "5:\n\t" \
              "subs %[left], %[left], #32\n\t" \
              "ble 6f\n\t" \
              "add %[weights], %[weights], %[outputs], lsl #5\n\t" next_word "b 1b\n" \
              "6:\n\t" \
              "ldr %[at], [%[state], #32]\n\t" \
              "subs %[at], %[at], #1\n\t" \
              "str %[at], [%[state], #32]\n\t" \
              "beq 7f\n\t" \
              "ldrd %[at], %[row], [%[state]]\n\t" \
              "ldrd %[left], %[weights], [%[state], #8]\n\t" \
              "add %[at], %[at], %[left]\n\t" \
              "add %[row], %[row], %[weights]\n\t" \
              "strd %[at], %[row], [%[state]]\n\t" \
              "ldrd %[words], %[left], [%[state], #24]\n\t" \
              "lsrs %[word], %[at], #5\n\t" \
              "and %[at], %[at], #31\n\t" \
              "add %[left], %[left], %[at]\n\t" \
              "mls %[weights], %[at], %[outputs], %[row]\n\t" next_run "lsr %[word], %[word], %[at]\n\t" \
              "lsl %[word], %[word], %[at]\n\t" \
              "b 1b\n" \
              "7:" \
        : [words] "+&r"(p.words), [weights] "+&r"(p.weights), [left] "+&r"(p.left), [word] "+&l"(p.word), \
          [total] "+&r"(p.total), [at] "=&r"(at), [row] "=&l"(row), [x] "=&w"(x), __VA_ARGS__ \
        : [top] "r"(0x80000000u), [outputs] "r"(w->outputs), [state] "r"(&runs) \
        : "cc", "p0", "memory")
#define SNNRT_NEXT_SPIKES "ldr %[word], [%[words]], #4\n\t"
#define SNNRT_RUN_OF_SPIKES \
    "add %[words], %[words], %[word], lsl #2\n\t" \
    "ldr %[word], [%[words]], #4\n\t"
/* All of a word, or up to the run's end. */
#define SNNRT_HOLD_SPIKES \
    "cmp %[left], #32\n\t" \
    "ite hs\n\t" \
    "addhs %[total], %[total], #32\n\t" \
    "addlo %[total], %[total], %[left]\n\t"
#define SNNRT_NEXT_COUNTS \
    "add %[value], %[value], #64\n\t" \
    "ldrd %[word], %[one], [%[words]], #8\n\t"
#define SNNRT_RUN_OF_COUNTS \
    "add %[words], %[words], %[word], lsl #3\n\t" \
    "ldrd %[value], %[one], [%[state], #16]\n\t" \
    "add %[value], %[value], %[one]\n\t" \
    "str %[value], [%[state], #16]\n\t" \
    "sub %[value], %[value], %[at], lsl #1\n\t" \
    "ldrd %[word], %[one], [%[words]], #8\n\t"
#define SNNRT_HOLD_COUNTS "add %[total], %[total], %[one]\n\t"
#define SNNRT_FIND_COUNT "ldrsh %[one], [%[value], %[at], lsl #1]\n\t"
#define SNNRT_ADD_SPIKE(then, offset, sum) \
    "vldrb" then ".s16 %q[x], [%[row], #" offset "]\n\t" \
    "vadd.i16 %q[" sum "], %q[" sum "], %q[x]\n\t"
#define SNNRT_ADD_COUNT(then, offset, sum) \
    "vldrb" then ".s16 %q[x], [%[row], #" offset "]\n\t" \
    "vmla.s16 %q[" sum "], %q[x], %[one]\n\t"
#define SNNRT_SPIKE_RUNS(begin, add, ...) \
    SNNRT_RUNS(begin, SNNRT_NEXT_SPIKES, SNNRT_RUN_OF_SPIKES, SNNRT_HOLD_SPIKES, "", add, __VA_ARGS__)
#define SNNRT_COUNT_RUNS(begin, add, ...) \
    SNNRT_RUNS(begin, SNNRT_NEXT_COUNTS, SNNRT_RUN_OF_COUNTS, SNNRT_HOLD_COUNTS, SNNRT_FIND_COUNT, \
               add, [value] "+&r"(p.value), [one] "+&r"(p.one), __VA_ARGS__)
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

/* `outputs` of each window from `output` on, in sums `declare`d: `add` adds the runs' rows to them, `store` what they hold
 * to `from`. */
#define SNNRT_DIRECT_SUM(name, declare, add, store) \
    SNNRT_NOINLINE static void name(const snnrt_direct_windows *w, uint32_t output) { \
        const bool spikes = w->words == NULL; \
        const uint32_t shift = spikes ? 0u : 1u, outputs = w->outputs - output; \
        snnrt_int32 *window_to = w->to + output; \
        uint32_t window_element = w->element; \
        snnrt_direct_runs runs; \
        declare; \
        (void)outputs, (void)c, (void)d; \
        runs.words = spikes ? w->input : w->words; \
        runs.count = w->count; \
        runs.run_bits = w->run_bits; \
        runs.run_weights = w->run_weights; \
        runs.run_bytes = w->run_elements << shift; \
        for (uint32_t windows = w->windows; windows != 0; windows--) { \
            const snnrt_int32 *from = w->bias == NULL ? NULL : w->bias + output; \
            snnrt_int32 *to = window_to; \
            uint32_t lines = w->lines; \
            snnrt_direct_place p; \
            p.total = p.left = p.word = p.one = 0; \
            p.words = p.value = p.weights = NULL; \
            a = b = c = d = vdupq_n_s16(0); \
            /* As if the first were the next one. */ \
            runs.element = window_element - runs.run_bits; \
            runs.row = w->weights + output - runs.run_weights; \
            runs.value = (const uint8_t *)w->input + (window_element << shift) - runs.run_bytes; \
            runs.left = lines == 0 ? 1u : w->runs + 1u; \
            for (;;) { \
                uint32_t at, row; \
                int16x8_t x; \
                if (spikes) { \
                    add(SNNRT_SPIKE_RUNS, SNNRT_ADD_SPIKE); \
                } else { \
                    add(SNNRT_COUNT_RUNS, SNNRT_ADD_COUNT); \
                } \
                if (runs.left == 0 && lines > 1u) { \
                    /* From the last run of a line to the first of the next. */ \
                    runs.element += w->line_bits - w->runs * runs.run_bits; \
                    runs.row += w->line_weights - w->runs * runs.run_weights; \
                    runs.value = (const uint8_t *)runs.value + (w->line_elements << shift) - \
                                 w->runs * runs.run_bytes; \
                    runs.left = w->runs + 1u; \
                    p.left = 0; \
                    lines--; \
                    continue; \
                } \
                store; \
                if (runs.left == 0) { \
                    break; \
                } \
                from = to = window_to; \
                p.total = 0; \
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
#define SNNRT_PART(lanes) \
    SNNRT_SUMS; \
    uint32_t there = vctp16q(lanes)
#define SNNRT_TAKE_PART \
    "ldr %[at], %[there]\n\t" \
    "vmsr p0, %[at]\n\t"

#define SNNRT_ADD_32(runs, add) \
    runs("", add("", "0", "a") add("", "8", "b") add("", "16", "c") add("", "24", "d"), [a] "+w"(a), \
         [b] "+w"(b), [c] "+w"(c), [d] "+w"(d))
#define SNNRT_ADD_16(runs, add) runs("", add("", "0", "a") add("", "8", "b"), [a] "+w"(a), [b] "+w"(b))
#define SNNRT_ADD_9_TO_16(runs, add) \
    runs(SNNRT_TAKE_PART, \
         add("", "0", "a") "vpst\n\t" add("t", "8", "b"), [there] "+m"(there), [a] "+w"(a), [b] "+w"(b))
#define SNNRT_ADD_8(runs, add) \
    runs(SNNRT_TAKE_PART, "vpst\n\t" add("t", "0", "a"), [there] "+m"(there), [a] "+w"(a))
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

SNNRT_DIRECT_SUM(direct_sum_to_32, SNNRT_SUMS, SNNRT_ADD_32, SNNRT_STORE(SNNRT_FOUR))
SNNRT_DIRECT_SUM(direct_sum_to_8, SNNRT_PART(outputs), SNNRT_ADD_8, SNNRT_STORE_8)
#if SNNRT_WITH_FAST_LOOPS
SNNRT_DIRECT_SUM(direct_sum_to_16, SNNRT_SUMS, SNNRT_ADD_16, SNNRT_STORE(SNNRT_TWO))
SNNRT_DIRECT_SUM(direct_sum_to_part, SNNRT_PART(outputs - 8u), SNNRT_ADD_9_TO_16, SNNRT_STORE_9_TO_16)
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

bool snnrt_find_counts(const snnrt_int16 *value, uint32_t count, snnrt_direct_word *words) {
    const uint16x8_t places = {1, 2, 4, 8, 16, 32, 64, 128};
    uint16x8_t x;
    for (; count != 0; words++) {
        const uint32_t here = count < 32u ? count : 32u;
        uint32_t bits = 0, total = 0;
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
        /* Fewer than four vectors have not come around. */
        words->bits = bits >> ((32u - here) & ~7u);
        words->total = total;
        if (total > SNNRT_DIRECT_WEIGHTS_MAX) {
            return false;
        }
        count -= here;
    }
    return true;
}
#else
typedef int snnrt_direct_sums_left_out;
#endif
