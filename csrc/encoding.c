/* Raw sensor values as a constant input of an integer model: a product, a sum and a shift a value, or a table. */
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
    const int32_t within = value > c->high ? c->high : value < c->low ? c->low : value;
    return ((int32_t)(((int64_t)c->multiplier * (within - c->low - 32768)) >> 16) + c->offset) >> 16;
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

/* Two channels next to each other of `pixels`, `stride` apart, with what they are multiplied by in registers. */
static void encoding_u8_pair(const uint8_t *values, int16_t *input, uint32_t pixels, uint32_t stride,
                             const snnrt_affine *c) {
    const uint32_t m = (uint32_t)c[0].multiplier, n = (uint32_t)c[1].multiplier;
    const uint32_t b = (uint32_t)c[0].offset, d = (uint32_t)c[1].offset;
    for (; pixels >= 2u; pixels -= 2u) {
        const uint8_t *next = values + stride;
        encoding_store(input, encoding_halves(values[0] * m + b, values[1] * n + d));
        encoding_store(input + stride, encoding_halves(next[0] * m + b, next[1] * n + d));
        values = next + stride;
        input += 2u * stride;
    }
    if (pixels != 0) {
        encoding_store(input, encoding_halves(values[0] * m + b, values[1] * n + d));
    }
}

/* Any number of channels, two at a time; gives how many were done, whole pixels. */
static uint32_t encoding_u8_many(const uint8_t *values, int16_t *input, uint32_t count,
                                 const snnrt_affine *channels, uint32_t channel_count) {
    const uint32_t pixels = count / channel_count, done = pixels * channel_count;
    for (uint32_t c = 0; c + 1u < channel_count; c += 2u) {
        encoding_u8_pair(values + c, input + c, pixels, channel_count, channels + c);
    }
    if ((channel_count & 1u) != 0) {
        for (uint32_t k = channel_count - 1u; k < done; k += channel_count) {
            input[k] = (int16_t)encoding_u8(values[k], &channels[channel_count - 1u]);
        }
    }
    return done;
}

/* Two 16-bit values of one word under two channels: the upper halves of the sums. */
static void encoding_q15_pair(int16x2_t word, int16_t *input, const snnrt_affine *first,
                              const snnrt_affine *second) {
    encoding_store(input, encoding_halves((uint32_t)__smlawb(first->multiplier, word, first->offset),
                                          (uint32_t)__smlawt(second->multiplier, word, second->offset)));
}

static int16x2_t encoding_word(const int16_t *values) {
    int16x2_t word;
    __builtin_memcpy(&word, values, sizeof word);
    return word;
}

/* One channel of 16-bit values, eight at a time. */
static uint32_t encoding_q15_alone(const int16_t *values, int16_t *input, uint32_t count,
                                   const snnrt_affine *channel) {
    const snnrt_affine c = *channel;
    const int16_t *end = values + (count & ~7u);
    while (values != end) {
        encoding_q15_pair(encoding_word(values), input, &c, &c);
        encoding_q15_pair(encoding_word(values + 2), input + 2, &c, &c);
        encoding_q15_pair(encoding_word(values + 4), input + 4, &c, &c);
        encoding_q15_pair(encoding_word(values + 6), input + 6, &c, &c);
        values += 8;
        input += 8;
    }
    return count & ~7u;
}

/* Halves less so much that those at `low` become -2^15, and all above `high` what `high` becomes. */
typedef struct encoding_limits {
    int16x2_t up, down, rest;
} encoding_limits;

/* In the lower half for the first channel, in the upper half for the second. */
static encoding_limits encoding_limits_of(const snnrt_affine *first, const snnrt_affine *second) {
    /* up to 2^15 - 1, where halves saturate, then down to -2^15: by 65535 - (high - low), in two steps of 15 bits */
    const uint32_t down = 65535u - (uint32_t)(first->high - first->low);
    const uint32_t down_2 = 65535u - (uint32_t)(second->high - second->low);
    const uint32_t most = down < 32767u ? down : 32767u, most_2 = down_2 < 32767u ? down_2 : 32767u;
    encoding_limits limits = {
        (int16x2_t)((uint32_t)(32767 - second->high) << 16 | (uint32_t)(32767 - first->high)),
        (int16x2_t)(most_2 << 16 | most),
        (int16x2_t)((down_2 - most_2) << 16 | (down - most)),
    };
    return limits;
}

static int16x2_t encoding_limited(int16x2_t word, encoding_limits limits) {
    return __qsub16(__qsub16(__qadd16(word, limits.up), limits.down), limits.rest);
}

/* Four values of two whole words; both addresses are multiples of 4. */
static void encoding_q15_four(const int16_t *values, int16_t *input, const snnrt_affine *c,
                              encoding_limits limits) {
    int16x2_t first, second;
    uint32_t low, high;
    __asm__("ldrd %0, %1, %2" : "=r"(first), "=r"(second) : "m"(*(const int16_t(*)[4])values));
    first = encoding_limited(first, limits);
    second = encoding_limited(second, limits);
    low = encoding_halves((uint32_t)__smlawb(c->multiplier, first, c->offset),
                          (uint32_t)__smlawt(c->multiplier, first, c->offset));
    high = encoding_halves((uint32_t)__smlawb(c->multiplier, second, c->offset),
                           (uint32_t)__smlawt(c->multiplier, second, c->offset));
    __asm__("strd %1, %2, %0" : "=m"(*(int16_t(*)[4])input) : "r"(low), "r"(high));
}

/* The same with limits, where both addresses are multiples of 4; else nothing is done. */
static uint32_t encoding_q15_alone_limited(const int16_t *values, int16_t *input, uint32_t count,
                                           const snnrt_affine *channel) {
    const snnrt_affine c = *channel;
    const encoding_limits limits = encoding_limits_of(channel, channel);
    const uint32_t done = (((uintptr_t)values | (uintptr_t)input) & 3u) == 0 ? count & ~15u : 0u;
    for (const int16_t *end = values + done; values != end; values += 16, input += 16) {
        encoding_q15_four(values, input, &c, limits);
        encoding_q15_four(values + 4, input + 4, &c, limits);
        encoding_q15_four(values + 8, input + 8, &c, limits);
        encoding_q15_four(values + 12, input + 12, &c, limits);
    }
    return done;
}

/* Two channels, as of complex numbers: eight values at a time. */
static uint32_t encoding_q15_two(const int16_t *values, int16_t *input, uint32_t count,
                                 const snnrt_affine *channels) {
    const snnrt_affine c = channels[0], d = channels[1];
    for (const int16_t *end = values + (count & ~7u); values != end; values += 8, input += 8) {
        encoding_q15_pair(encoding_word(values), input, &c, &d);
        encoding_q15_pair(encoding_word(values + 2), input + 2, &c, &d);
        encoding_q15_pair(encoding_word(values + 4), input + 4, &c, &d);
        encoding_q15_pair(encoding_word(values + 6), input + 6, &c, &d);
    }
    return count & ~7u;
}

/* Three, as of an accelerometer: two pixels at a time. */
static uint32_t encoding_q15_three(const int16_t *values, int16_t *input, uint32_t count,
                                   const snnrt_affine *channels) {
    const snnrt_affine c = channels[0], d = channels[1], e = channels[2];
    const uint32_t done = count / 6u * 6u;
    for (const int16_t *end = values + done; values != end; values += 6, input += 6) {
        encoding_q15_pair(encoding_word(values), input, &c, &d);
        encoding_q15_pair(encoding_word(values + 2), input + 2, &e, &c);
        encoding_q15_pair(encoding_word(values + 4), input + 4, &d, &e);
    }
    return done;
}

/* Two channels next to each other of `pixels`, `stride` apart. */
static void encoding_q15_pairs(const int16_t *values, int16_t *input, uint32_t pixels, uint32_t stride,
                               const snnrt_affine *channels, uint32_t limited) {
    const snnrt_affine c = channels[0], d = channels[1];
    const encoding_limits limits = encoding_limits_of(&c, &d);
    const int16_t *end = values + pixels * stride, *twos = values + (pixels & ~1u) * stride;
    while (limited == 0 && values != twos) {
        encoding_q15_pair(encoding_word(values), input, &c, &d);
        encoding_q15_pair(encoding_word(values + stride), input + stride, &c, &d);
        values += 2u * stride;
        input += 2u * stride;
    }
    while (limited != 0 && values != twos) {
        encoding_q15_pair(encoding_limited(encoding_word(values), limits), input, &c, &d);
        encoding_q15_pair(encoding_limited(encoding_word(values + stride), limits), input + stride, &c, &d);
        values += 2u * stride;
        input += 2u * stride;
    }
    if (values != end) {
        const int16x2_t word = encoding_word(values);
        encoding_q15_pair(limited == 0 ? word : encoding_limited(word, limits), input, &c, &d);
    }
}

/* Values of one channel, `stride` apart, four a turn as far as they go. */
static void encoding_q15_apart(const int16_t *values, int16_t *input, uint32_t count, uint32_t stride,
                               const snnrt_affine *channel, uint32_t limited) {
    const int32_t m = channel->multiplier, b = channel->offset;
    const encoding_limits limits = encoding_limits_of(channel, channel);
    const int16_t *end = values + count * stride, *fours = values + (count & ~3u) * stride;
    while (limited == 0 && values != fours) {
        input[0] = (int16_t)(__smlawb(m, values[0], b) >> 16);
        input[stride] = (int16_t)(__smlawb(m, values[stride], b) >> 16);
        input[2u * stride] = (int16_t)(__smlawb(m, values[2u * stride], b) >> 16);
        input[3u * stride] = (int16_t)(__smlawb(m, values[3u * stride], b) >> 16);
        values += 4u * stride;
        input += 4u * stride;
    }
    for (; values != end; values += stride, input += stride) {
        const int16x2_t value = limited == 0 ? *values : encoding_limited(*values, limits);
        *input = (int16_t)(__smlawb(m, value, b) >> 16);
    }
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
    } else if (peak == 0) {
        done = encoding_u8_many(values, input, count, channels, channel_count);
    }
#endif
    for (uint32_t k = done, c = 0; k < count; k++) {
        input[k] = encoding_clipped(encoding_u8(values[k], &channels[c]), peak);
        c = c + 1u == channel_count ? 0u : c + 1u;
    }
}

#if SNNRT_WITH_ARM_DSP
/* Four values `stride` apart, with offsets in registers: the compiler would keep an address each and add to all. */
static void encoding_four_by_table(const uint8_t **values, int16_t **input, uint32_t stride,
                                   const int16_t *table) {
    uint32_t a, b, c, d;
    __asm__ volatile("ldrb %0, [%4]\n\t"
                     "ldrb %1, [%4, %6]\n\t"
                     "ldrb %2, [%4, %7]\n\t"
                     "ldrb %3, [%4, %8]\n\t"
                     "ldrh %0, [%9, %0, lsl #1]\n\t"
                     "ldrh %1, [%9, %1, lsl #1]\n\t"
                     "ldrh %2, [%9, %2, lsl #1]\n\t"
                     "ldrh %3, [%9, %3, lsl #1]\n\t"
                     "strh %0, [%5]\n\t"
                     "strh %1, [%5, %6, lsl #1]\n\t"
                     "strh %2, [%5, %7, lsl #1]\n\t"
                     "strh %3, [%5, %8, lsl #1]\n\t"
                     "add %4, %4, %7, lsl #1\n\t"
                     "add %5, %5, %7, lsl #2"
                     : "=&r"(a), "=&r"(b), "=&r"(c), "=&r"(d), "+r"(*values), "+r"(*input)
                     : "r"(stride), "r"(2u * stride), "r"(3u * stride), "r"(table)
                     : "memory");
}

/* Eight a turn; gives how many were done. */
static uint32_t encoding_apart_by_table(const uint8_t *values, int16_t *input, uint32_t count,
                                        uint32_t stride, const int16_t *table) {
    const uint8_t *end = values + (count & ~7u) * stride;
    while (values != end) {
        encoding_four_by_table(&values, &input, stride, table);
        encoding_four_by_table(&values, &input, stride, table);
    }
    return count & ~7u;
}
#endif

/* Values `stride` apart. */
static void encoding_by_table(const uint8_t *values, int16_t *input, uint32_t count, uint32_t stride,
                              const int16_t *table) {
#if SNNRT_WITH_ARM_DSP
    const uint32_t done = encoding_apart_by_table(values, input, count, stride, table);
    values += done * stride;
    input += done * stride;
    count -= done;
#endif
    for (; count != 0; count--) {
        *input = table[*values];
        values += stride;
        input += stride;
    }
}

void snnrt_encode_u8_by_table(const uint8_t *values, int16_t *input, uint32_t count, const int16_t *tables,
                              uint32_t channel_count) {
    if (channel_count == 1u) {
        for (; count >= 8u; count -= 8u, values += 8, input += 8) {
            input[0] = tables[values[0]];
            input[1] = tables[values[1]];
            input[2] = tables[values[2]];
            input[3] = tables[values[3]];
            input[4] = tables[values[4]];
            input[5] = tables[values[5]];
            input[6] = tables[values[6]];
            input[7] = tables[values[7]];
        }
        encoding_by_table(values, input, count, 1u, tables);
        return;
    }
    for (uint32_t c = 0; c < channel_count && c < count; c++) {
        encoding_by_table(values + c, input + c, (count - c + channel_count - 1u) / channel_count,
                          channel_count, tables + 256u * c);
    }
}

void snnrt_encode_q15(const int16_t *values, int16_t *input, uint32_t count, const snnrt_affine *channels,
                      uint32_t channel_count, uint32_t limited) {
    uint32_t done = 0;
#if SNNRT_WITH_ARM_DSP
    if (channel_count == 1u) {
        done = limited == 0 ? encoding_q15_alone(values, input, count, channels)
                            : encoding_q15_alone_limited(values, input, count, channels);
    } else if (limited == 0 && channel_count == 2u) {
        done = encoding_q15_two(values, input, count, channels);
    } else if (limited == 0 && channel_count == 3u) {
        done = encoding_q15_three(values, input, count, channels);
    } else {
        const uint32_t pixels = count / channel_count, paired = channel_count & ~1u;
        done = pixels * channel_count;
        for (uint32_t c = 0; c < paired; c += 2u) {
            encoding_q15_pairs(values + c, input + c, pixels, channel_count, channels + c, limited);
        }
        if (paired != channel_count) {
            encoding_q15_apart(values + paired, input + paired, pixels, channel_count, channels + paired,
                               limited);
        }
    }
#else
    (void)limited;
#endif
    for (uint32_t k = done, c = 0; k < count; k++) {
        input[k] = (int16_t)encoding_q15(values[k], &channels[c]);
        c = c + 1u == channel_count ? 0u : c + 1u;
    }
}

#else
typedef int snnrt_encoding_left_out;
#endif
