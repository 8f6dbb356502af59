/* Raw sensor values as an integer model reads them: a product, a sum and a shift a value. */
#include "snnrt_core.h"

#if SNNRT_WITH_ENCODING
#if SNNRT_WITH_ARM_DSP
#include <arm_acle.h>
#endif

/* Two's complement: sums that 32 bits hold come out right whatever the parts do. */
static int32_t encoding_u8(uint32_t value, const snnrt_affine *c) {
    return (int32_t)(value * (uint32_t)c->multiplier + (uint32_t)c->offset) >> 16;
}

static int32_t encoding_q15(int32_t value, const snnrt_affine *c) {
    return ((int32_t)(((int64_t)c->multiplier * value) >> 16) + c->offset) >> 15;
}

static int16_t encoding_clipped(int32_t units, int32_t peak) {
    return (int16_t)(peak != 0 && units > peak ? peak : peak != 0 && units < -peak ? -peak : units);
}

#if SNNRT_WITH_ARM_DSP
/* The upper halves of two sums as they lie in memory, `first` ahead. */
static uint32_t encoding_halves(uint32_t first, uint32_t second) {
    uint32_t pair;
    __asm__("pkhtb %0, %1, %2, asr #16" : "=r"(pair) : "r"(second), "r"(first));
    return pair;
}

static void encoding_store(int16_t *to, uint32_t pair) {
    /* a word that may lie at any even address */
    __builtin_memcpy(to, &pair, sizeof pair);
}

/* One channel, eight values at a time; gives how many were done. */
static uint32_t encoding_u8_alone(const uint8_t *values, int16_t *input, uint32_t count,
                                  const snnrt_affine *c) {
    const uint32_t m = (uint32_t)c->multiplier, b = (uint32_t)c->offset;
    const uint8_t *end = values + (count & ~7u);
    while (values != end) {
        encoding_store(input, encoding_halves(values[0] * m + b, values[1] * m + b));
        encoding_store(input + 2, encoding_halves(values[2] * m + b, values[3] * m + b));
        encoding_store(input + 4, encoding_halves(values[4] * m + b, values[5] * m + b));
        encoding_store(input + 6, encoding_halves(values[6] * m + b, values[7] * m + b));
        values += 8;
        input += 8;
    }
    return count & ~7u;
}

/* Three channels, two pixels at a time. */
static uint32_t encoding_u8_colour(const uint8_t *values, int16_t *input, uint32_t count,
                                   const snnrt_affine *c) {
    const uint32_t m0 = (uint32_t)c[0].multiplier, m1 = (uint32_t)c[1].multiplier,
                   m2 = (uint32_t)c[2].multiplier;
    const uint32_t b0 = (uint32_t)c[0].offset, b1 = (uint32_t)c[1].offset, b2 = (uint32_t)c[2].offset;
    const uint32_t done = count / 6u * 6u;
    const uint8_t *end = values + done;
    while (values != end) {
        encoding_store(input, encoding_halves(values[0] * m0 + b0, values[1] * m1 + b1));
        encoding_store(input + 2, encoding_halves(values[2] * m2 + b2, values[3] * m0 + b0));
        encoding_store(input + 4, encoding_halves(values[4] * m1 + b1, values[5] * m2 + b2));
        values += 6;
        input += 6;
    }
    return done;
}

/* Two 16-bit values of one word: of the sums, bits 30 to 15. */
static void encoding_q15_pair(const int16_t *values, int16_t *input, int32_t m, int32_t b) {
    int32_t word;
    uint32_t pair;
    __builtin_memcpy(&word, values, sizeof word);
    __asm__("pkhtb %0, %1, %2, asr #15"
            : "=r"(pair)
            : "r"((uint32_t)__smlawt(m, word, b) << 1), "r"(__smlawb(m, word, b)));
    encoding_store(input, pair);
}

/* One channel of 16-bit values, eight at a time. */
static uint32_t encoding_q15_alone(const int16_t *values, int16_t *input, uint32_t count,
                                   const snnrt_affine *c) {
    const int32_t m = c->multiplier, b = c->offset;
    const int16_t *end = values + (count & ~7u);
    while (values != end) {
        encoding_q15_pair(values, input, m, b);
        encoding_q15_pair(values + 2, input + 2, m, b);
        encoding_q15_pair(values + 4, input + 4, m, b);
        encoding_q15_pair(values + 6, input + 6, m, b);
        values += 8;
        input += 8;
    }
    return count & ~7u;
}
#endif

void snnrt_encode_u8(const uint8_t *values, int16_t *input, uint32_t count, const snnrt_affine *channels,
                     uint32_t channel_count, int32_t peak) {
    uint32_t done = 0;
#if SNNRT_WITH_ARM_DSP
    if (peak == 0 && channel_count == 1u) {
        done = encoding_u8_alone(values, input, count, channels);
    } else if (peak == 0 && channel_count == 3u) {
        done = encoding_u8_colour(values, input, count, channels);
    }
#endif
    for (uint32_t k = done, c = 0; k < count; k++) {
        input[k] = encoding_clipped(encoding_u8(values[k], &channels[c]), peak);
        c = c + 1u == channel_count ? 0u : c + 1u;
    }
}

void snnrt_encode_q15(const int16_t *values, int16_t *input, uint32_t count, const snnrt_affine *channels,
                      uint32_t channel_count, int32_t peak) {
    uint32_t done = 0;
#if SNNRT_WITH_ARM_DSP
    if (peak == 0 && channel_count == 1u) {
        done = encoding_q15_alone(values, input, count, channels);
    }
#endif
    for (uint32_t k = done, c = 0; k < count; k++) {
        input[k] = encoding_clipped(encoding_q15(values[k], &channels[c]), peak);
        c = c + 1u == channel_count ? 0u : c + 1u;
    }
}

#else
typedef int snnrt_encoding_left_out;
#endif
