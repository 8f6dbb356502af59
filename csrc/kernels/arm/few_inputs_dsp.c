/* Sums of a window's few inputs with the two products at once of Cortex-M4, M7 and M33: weights are laid out in pairs of
 * 16 bits, those of two outputs side by side. */
#include "../few_inputs.h"

#if SNNRT_WITH_INT8 && SNNRT_WITH_CONV2D && SNNRT_WITH_CONV_LISTS && SNNRT_WITH_FAST_LOOPS && \
    SNNRT_WITH_ARM_DSP && !SNNRT_WITH_ARM_MVE

bool snnrt_few_begin(snnrt_few_sums *sums) {
    const uint32_t pairs = (sums->inputs + 1u) / 2u, outputs = sums->outputs;
    uint32_t *word = sums->laid_out;
    if (outputs % 2u != 0 || outputs > SNNRT_FEW_WORDS || outputs * pairs > SNNRT_FEW_WORDS) {
        return false;
    }
    for (uint32_t o = 0; o < outputs; o += 2u) {
        for (uint32_t p = 0; p < pairs; p++) {
            for (uint32_t k = 0; k < 2u; k++) {
                const int8_t *row = sums->weights + (size_t)2u * p * outputs + o + k;
                const int32_t second = 2u * p + 1u < sums->inputs ? row[outputs] : 0;
                *word++ = (uint16_t)row[0] | (uint32_t)second << 16;
            }
        }
    }
    return true;
}

#define SNNRT_ADD_TWO(sum, weights, values) \
    __asm__("smlad %0, %1, %2, %0" : "+r"(sum) : "r"(weights), "r"(values))

/* Two outputs, whose weights begin at `word`; gives where those of the next begin. `pairs` is constant in a call where
 * the values shall stay in registers. */
SNNRT_INLINE static inline const snnrt_uint32 *add_few(const snnrt_uint32 *word, const snnrt_uint32 *values,
                                                       const uint32_t pairs, snnrt_int32 *sums) {
    int32_t a = sums[0], b = sums[1];
    for (uint32_t p = 0; p < pairs; p++) {
        SNNRT_ADD_TWO(a, word[0], values[p]);
        SNNRT_ADD_TWO(b, word[1], values[p]);
        word += 2;
    }
    sums[0] = a;
    sums[1] = b;
    return word;
}

/* 3 × 3 of one channel. */
SNNRT_NOINLINE static void add_five_pairs(const snnrt_few_sums *sums, snnrt_int32 *output) {
    const snnrt_uint32 *word = sums->laid_out;
    const snnrt_int32 *bias = sums->bias;
    const uint32_t a = sums->pairs[0], b = sums->pairs[1], c = sums->pairs[2], d = sums->pairs[3],
                   e = sums->pairs[4];
    snnrt_int32 *const end = output + sums->outputs;
    do {
        int32_t first = 0, second = 0;
        if (bias != NULL) {
            first = *bias++;
            second = *bias++;
        }
        SNNRT_ADD_TWO(first, word[0], a);
        SNNRT_ADD_TWO(second, word[1], a);
        SNNRT_ADD_TWO(first, word[2], b);
        SNNRT_ADD_TWO(second, word[3], b);
        SNNRT_ADD_TWO(first, word[4], c);
        SNNRT_ADD_TWO(second, word[5], c);
        SNNRT_ADD_TWO(first, word[6], d);
        SNNRT_ADD_TWO(second, word[7], d);
        SNNRT_ADD_TWO(first, word[8], e);
        SNNRT_ADD_TWO(second, word[9], e);
        word += 10;
        output[0] = first;
        output[1] = second;
        output += 2;
    } while (output != end);
}

void snnrt_few_add(const snnrt_few_sums *sums, snnrt_int32 *output) {
    const uint32_t pairs = (sums->inputs + 1u) / 2u;
    const snnrt_uint32 *word = sums->laid_out;
    if (SNNRT_WITH_FAST_LOOPS && pairs == 5u) {
        add_five_pairs(sums, output);
        return;
    }
    for (uint32_t o = 0; o < sums->outputs; o += 2u) {
        output[o] = sums->bias == NULL ? 0 : sums->bias[o];
        output[o + 1u] = sums->bias == NULL ? 0 : sums->bias[o + 1u];
        word = add_few(word, sums->pairs, pairs, output + o);
    }
}
#else
typedef int snnrt_few_inputs_dsp_left_out;
#endif
