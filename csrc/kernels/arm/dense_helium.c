/* Dense int8 layers with the vectors of Cortex-M55 (Helium), without lists: those on counts, and on spikes where outputs are
 * few, as one window; those on values most of which are there. */
#include "../synapse.h"
#include "direct_windows.h"

#if SNNRT_WITH_DIRECT_DENSE
#include <arm_mve.h>

/* With more a list, made once, is cheaper than inputs found anew for each block of outputs. */
#define SNNRT_DIRECT_OUTPUTS 64u
/* That is so of values where fewer than a fourth of all are there. */
#define SNNRT_DIRECT_SHARE 4u
/* Outputs whose sums are in registers. */
#define SNNRT_DENSE_LARGE 28u
#define SNNRT_DENSE_SMALL 16u

#if SNNRT_WITH_COUNTERS
static uint32_t direct_inputs(const snnrt_synapse_step *step, uint32_t inputs) {
    uint32_t rows = 0;
    for (uint32_t k = 0; k < inputs; k++) {
        rows += step->input_dtype == SNNRT_TYPE_BITS ? snnrt_bit((const snnrt_uint32 *)step->input, k)
                                                     : (uint32_t)(((const snnrt_int16 *)step->input)[k] != 0);
    }
    return rows;
}
#endif

static uint32_t direct_nonzero(const snnrt_int16 *value, uint32_t inputs) {
    const uint16x8_t ones = vdupq_n_u16(1);
    uint32_t found = 0;
    uint16x8_t x;
    __asm__ volatile("dlstp.16 lr, %[inputs]\n"
                     "1:\n\t"
                     "vldrh.u16 %q[x], [%[value]], #16\n\t"
                     "vpt.i16 ne, %q[x], zr\n\t"
                     "vaddvat.u16 %[found], %q[ones]\n\t"
                     "letp lr, 1b"
                     : [value] "+&l"(value), [found] "+&Te"(found), [x] "=&w"(x)
                     : [inputs] "r"(inputs), [ones] "w"(ones)
                     : "lr", "p0", "cc", "memory");
    return found;
}

#define SNNRT_DENSE_PRODUCTS(offset, sum) \
    "vldrb.s32 %q[x], [%[row], #" offset "]\n\t" \
    "vmla.s32 %q[" sum "], %q[x], %[one]\n\t"
#define SNNRT_DENSE_VALUES(add, ...) \
    __asm__ volatile("dls lr, %[inputs]\n" \
                     "1:\n\t" \
                     "ldrsh %[one], [%[value]], #2\n\t" \
                     "cbz %[one], 2f\n\t" add "2:\n\t" \
                     "add %[row], %[row], %[outputs]\n\t" \
                     "le lr, 1b" \
                     : [row] "+&l"(row), [value] "+&r"(value), [one] "=&l"(one), [x] "=&w"(x), __VA_ARGS__ \
                     : [inputs] "r"(w->count), [outputs] "r"(w->outputs) \
                     : "lr", "memory")

/* 28 outputs from `output` on, or 16. */
SNNRT_NOINLINE static void direct_dense_block(const snnrt_direct_windows *w, uint32_t output, bool large) {
    const int8_t *row = w->weights + output;
    const snnrt_int16 *value = (const snnrt_int16 *)w->input;
    const snnrt_int32 *const from = w->bias == NULL ? NULL : w->bias + output;
    snnrt_int32 *const to = w->to + output;
    int32x4_t a = vdupq_n_s32(0), b = a, c = a, d = a, e = a, f = a, g = a, x;
    uint32_t one;
    if (from != NULL) {
        a = vldrwq_s32(from);
        b = vldrwq_s32(from + 4);
        c = vldrwq_s32(from + 8);
        d = vldrwq_s32(from + 12);
    }
    if (from != NULL && large) {
        e = vldrwq_s32(from + 16);
        f = vldrwq_s32(from + 20);
        g = vldrwq_s32(from + 24);
    }
    if (large) {
        SNNRT_DENSE_VALUES(
            SNNRT_DENSE_PRODUCTS("0", "a") SNNRT_DENSE_PRODUCTS("4", "b") SNNRT_DENSE_PRODUCTS("8", "c")
                SNNRT_DENSE_PRODUCTS("12", "d") SNNRT_DENSE_PRODUCTS("16", "e")
                    SNNRT_DENSE_PRODUCTS("20", "f") SNNRT_DENSE_PRODUCTS("24", "g"),
            [a] "+w"(a), [b] "+w"(b), [c] "+w"(c), [d] "+w"(d), [e] "+w"(e), [f] "+w"(f), [g] "+w"(g));
    } else {
        SNNRT_DENSE_VALUES(SNNRT_DENSE_PRODUCTS("0", "a") SNNRT_DENSE_PRODUCTS("4", "b")
                               SNNRT_DENSE_PRODUCTS("8", "c") SNNRT_DENSE_PRODUCTS("12", "d"),
                           [a] "+w"(a), [b] "+w"(b), [c] "+w"(c), [d] "+w"(d));
    }
    vstrwq_s32(to, a);
    vstrwq_s32(to + 4, b);
    vstrwq_s32(to + 8, c);
    vstrwq_s32(to + 12, d);
    if (large) {
        vstrwq_s32(to + 16, e);
        vstrwq_s32(to + 20, f);
        vstrwq_s32(to + 24, g);
    }
}

/* The last block ends where the outputs do. */
static void direct_dense_values(const snnrt_direct_windows *w) {
    const uint32_t outputs = w->outputs;
    for (uint32_t output = 0; output < outputs;) {
        const bool large = outputs >= SNNRT_DENSE_LARGE && outputs - output > SNNRT_DENSE_SMALL;
        const uint32_t block = large ? SNNRT_DENSE_LARGE : SNNRT_DENSE_SMALL;
        output = output + block > outputs ? outputs - block : output;
        direct_dense_block(w, output, large);
        output += block;
    }
}

#if SNNRT_WITH_DIRECT_WINDOWS
/* As many counts at a time as there is room for. */
SNNRT_NOINLINE static void direct_dense_counts(snnrt_direct_windows *w, uint32_t inputs) {
    snnrt_direct_word words[SNNRT_DIRECT_WORDS];
    snnrt_found_counts found = {NULL, 0, 0, words, 0};
    const snnrt_int16 *value = (const snnrt_int16 *)w->input;
    w->words = words;
    while (inputs != 0) {
        w->count = inputs < 32u * SNNRT_DIRECT_WORDS ? inputs : 32u * SNNRT_DIRECT_WORDS;
        w->input = value;
        found.value = value;
        found.count = w->count;
        found.line_words = (w->count + 31u) / 32u;
        if (snnrt_find_counts(&found)) {
            snnrt_direct_sums(w);
        } else {
            snnrt_direct_values(w);
        }
        w->bias = w->to;
        w->weights += w->count * w->outputs;
        value += w->count;
        inputs -= w->count;
    }
    w->words = NULL;
}
#endif

bool snnrt_direct_dense(const snnrt_synapse_step *step) {
    const uint32_t inputs = step->in_channels * step->in_height * step->in_width;
    const bool bits = step->input_dtype == SNNRT_TYPE_BITS;
    const bool counts = SNNRT_WITH_DIRECT_WINDOWS && step->input_peak <= SNNRT_DIRECT_COUNT_MAX;
    snnrt_direct_windows w = {0};
    w.input = step->input;
    w.weights = (const int8_t *)step->weights;
    w.bias = (const snnrt_int32 *)step->bias;
    w.to = (snnrt_int32 *)step->output;
    w.outputs = step->out_channels;
    w.windows = w.lines = w.runs = 1;
    w.count = inputs;
    if (bits ? !SNNRT_WITH_DIRECT_WINDOWS || w.outputs > SNNRT_DIRECT_OUTPUTS
             : !counts && w.outputs < SNNRT_DENSE_SMALL) {
        return false;
    }
#if SNNRT_WITH_DIRECT_WINDOWS
    if (bits) {
        snnrt_direct_sums(&w);
    } else if (counts) {
        direct_dense_counts(&w, inputs);
    }
#endif
    if (!bits && !counts) {
        if (w.outputs >= SNNRT_DIRECT_OUTPUTS &&
            direct_nonzero((const snnrt_int16 *)step->input, inputs) < inputs / SNNRT_DIRECT_SHARE) {
            return false;
        }
        direct_dense_values(&w);
    }
#if SNNRT_WITH_COUNTERS
    snnrt_count_window(step, direct_inputs(step, inputs), w.outputs);
#endif
    return true;
}
#else
typedef int snnrt_dense_helium_left_out;
#endif
