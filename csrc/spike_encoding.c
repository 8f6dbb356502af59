/* Raw sensor values as spikes of one timestep: by rate, by latency, by change. */
#include "snnrt_core.h"

#if SNNRT_WITH_ENCODING
#if SNNRT_WITH_ARM_DSP
#include <arm_acle.h>
#endif

/* The finaliser of MurmurHash3 (A. Appleby): each bit hangs on every one. */
static uint32_t encoding_mixed(uint32_t z) {
    z = (z ^ (z >> 16)) * 0x85EBCA6Bu;
    z = (z ^ (z >> 13)) * 0xC2B2AE35u;
    return z ^ (z >> 16);
}

#define ENCODING_STEP 0x9E3779B9u

/* `one` where a draw is below a chance, both of 15 bits or a little more. */
static int16_t encoding_drawn(uint32_t draw, uint32_t chance, int16_t one) {
    return (int16_t)(((int32_t)(draw - chance) >> 31) & one);
}

#if SNNRT_WITH_ARM_DSP
/* Two draws of one word against chances of 16 bits. */
static void encoding_drawn_pair(uint32_t word, uint32_t first, uint32_t second, uint32_t ones,
                                int16_t *input) {
    uint32_t chances;
    __asm__("pkhbt %0, %1, %2, lsl #16" : "=r"(chances) : "r"(first), "r"(second));
    (void)__usub16(word & 0x7FFF7FFFu, chances);
    word = __sel(0u, ones);
    __builtin_memcpy(input, &word, sizeof word);
}
#endif

void snnrt_encode_rate_u8(const uint8_t *values, int16_t *input, uint32_t count, const uint16_t *chances,
                          uint32_t state, int16_t one) {
#if SNNRT_WITH_ARM_DSP
    const uint32_t ones = (uint32_t)one << 16 | ((uint32_t)one & 0xFFFFu);
#endif
    for (; count >= 2u; count -= 2u, values += 2, input += 2) {
        const uint32_t word = encoding_mixed(state);
        state += ENCODING_STEP;
#if SNNRT_WITH_ARM_DSP
        encoding_drawn_pair(word, chances[values[0]], chances[values[1]], ones, input);
#else
        input[0] = encoding_drawn(word & 0x7FFFu, chances[values[0]], one);
        input[1] = encoding_drawn(word >> 16 & 0x7FFFu, chances[values[1]], one);
#endif
    }
    if (count != 0) {
        input[0] = encoding_drawn(encoding_mixed(state) & 0x7FFFu, chances[values[0]], one);
    }
}

static uint32_t encoding_chance(int32_t value, uint32_t multiplier) {
    return value < 0 ? 0u : (uint32_t)(((uint64_t)multiplier * (uint32_t)value + 0x8000u) >> 16);
}

void snnrt_encode_rate_q15(const int16_t *values, int16_t *input, uint32_t count, uint32_t multiplier,
                           uint32_t state, int16_t one) {
#if SNNRT_WITH_ARM_DSP
    const uint32_t ones = (uint32_t)one << 16 | ((uint32_t)one & 0xFFFFu);
    for (; multiplier < 1u << 30 && count >= 2u; count -= 2u, values += 2, input += 2) {
        const int32_t twice = (int32_t)(multiplier << 1);
        int16x2_t pair;
        uint32_t first, second;
        __builtin_memcpy(&pair, values, sizeof pair);
        /* (2mv / 2^16 + 1) / 2: rounded as by a half; below 0 it is no chance, above 16 bits it is sure */
        __asm__("usat %0, #16, %1, asr #1" : "=r"(first) : "r"(__smlawb(twice, pair, 1)));
        __asm__("usat %0, #16, %1, asr #1" : "=r"(second) : "r"(__smlawt(twice, pair, 1)));
        encoding_drawn_pair(encoding_mixed(state), first, second, ones, input);
        state += ENCODING_STEP;
    }
#endif
    for (; count >= 2u; count -= 2u, values += 2, input += 2) {
        const uint32_t word = encoding_mixed(state);
        state += ENCODING_STEP;
        input[0] = encoding_drawn(word & 0x7FFFu, encoding_chance(values[0], multiplier), one);
        input[1] = encoding_drawn(word >> 16 & 0x7FFFu, encoding_chance(values[1], multiplier), one);
    }
    if (count != 0) {
        input[0] =
            encoding_drawn(encoding_mixed(state) & 0x7FFFu, encoding_chance(values[0], multiplier), one);
    }
}

#if SNNRT_WITH_ARM_DSP
static uint32_t encoding_bytes(uint32_t byte) { return byte * 0x01010101u; }

static uint32_t encoding_load(const uint8_t *values) {
    uint32_t word;
    __builtin_memcpy(&word, values, sizeof word);
    return word;
}

/* Four bytes with their signs as 16-bit values. */
static void encoding_spread(uint32_t bytes, int16_t *input) {
    uint32_t even, odd, pair;
    __asm__("sxtb16 %0, %1" : "=r"(even) : "r"(bytes));
    __asm__("sxtb16 %0, %1, ror #8" : "=r"(odd) : "r"(bytes));
    __asm__("pkhbt %0, %1, %2, lsl #16" : "=r"(pair) : "r"(even), "r"(odd));
    __builtin_memcpy(input, &pair, sizeof pair);
    __asm__("pkhtb %0, %1, %2, asr #16" : "=r"(pair) : "r"(odd), "r"(even));
    __builtin_memcpy(input + 2, &pair, sizeof pair);
}

/* Bytes of `chosen` where one of a is not below that of b, of `otherwise` elsewhere. */
static uint32_t encoding_where_not_below(uint32_t a, uint32_t b, uint32_t chosen, uint32_t otherwise) {
    (void)__usub8(a, b);
    return __sel(chosen, otherwise);
}

/* Spikes that bytes hold. */
static int encoding_fits_byte(int16_t one) { return one >= -127 && one <= 127; }

static void encoding_latency_four(const uint8_t *values, int16_t *input, uint32_t least, uint32_t most,
                                  uint32_t ones) {
    /* what is beyond either end is not 0 */
    const uint32_t word = encoding_load(values);
    const uint32_t beyond = __uqsub8(word, most) | __uqsub8(least, word);
    encoding_spread(encoding_where_not_below(0u, beyond, ones, 0u), input);
}
static uint32_t encoding_twice(int32_t half) { return (uint32_t)half << 16 | ((uint32_t)half & 0xFFFFu); }

static uint32_t encoding_load_pair(const int16_t *values) {
    uint32_t word;
    __builtin_memcpy(&word, values, sizeof word);
    return word;
}

/* Halves of `chosen` where one of a is not below that of b, with their signs, of `otherwise` elsewhere. */
static uint32_t encoding_where_halves_reach(uint32_t a, uint32_t b, uint32_t chosen, uint32_t otherwise) {
    (void)__ssub16((int16x2_t)a, (int16x2_t)b);
    return __sel(chosen, otherwise);
}

static void encoding_latency_pair(const int16_t *values, int16_t *input, uint32_t least, uint32_t most,
                                  uint32_t spikes) {
    const uint32_t word = encoding_load_pair(values);
    const uint32_t late = encoding_where_halves_reach(word, least, spikes, 0u);
    const uint32_t pair = encoding_where_halves_reach(most, word, late, 0u);
    __builtin_memcpy(input, &pair, sizeof pair);
}
#endif

void snnrt_encode_latency_u8(const uint8_t *values, int16_t *input, uint32_t count, int32_t low, int32_t high,
                             int16_t one) {
    const uint32_t span = (uint32_t)(high - low);
    const int none = high < low;
#if SNNRT_WITH_ARM_DSP
    if (!none && encoding_fits_byte(one)) {
        const uint32_t least = encoding_bytes((uint32_t)low), most = encoding_bytes((uint32_t)high);
        const uint32_t ones = encoding_bytes((uint8_t)one);
        for (; count >= 8u; count -= 8u, values += 8, input += 8) {
            encoding_latency_four(values, input, least, most, ones);
            encoding_latency_four(values + 4, input + 4, least, most, ones);
        }
    }
#endif
    for (; count != 0; count--) {
        *input++ = (int16_t)(!none && (uint32_t)(*values++ - low) <= span ? one : 0);
    }
}

void snnrt_encode_latency_q15(const int16_t *values, int16_t *input, uint32_t count, int32_t low,
                              int32_t high, int16_t one) {
    const uint32_t span = (uint32_t)(high - low);
    const int16_t spike = high < low ? 0 : one;
#if SNNRT_WITH_ARM_DSP
    const uint32_t least = encoding_twice(low), most = encoding_twice(high), spikes = encoding_twice(spike);
    for (; count >= 8u; count -= 8u, values += 8, input += 8) {
        encoding_latency_pair(values, input, least, most, spikes);
        encoding_latency_pair(values + 2, input + 2, least, most, spikes);
        encoding_latency_pair(values + 4, input + 4, least, most, spikes);
        encoding_latency_pair(values + 6, input + 6, least, most, spikes);
    }
#endif
    for (; count >= 4u; count -= 4u, values += 4, input += 4) {
        input[0] = (uint32_t)(values[0] - low) <= span ? spike : 0;
        input[1] = (uint32_t)(values[1] - low) <= span ? spike : 0;
        input[2] = (uint32_t)(values[2] - low) <= span ? spike : 0;
        input[3] = (uint32_t)(values[3] - low) <= span ? spike : 0;
    }
    for (; count != 0; count--) {
        *input++ = (uint32_t)(*values++ - low) <= span ? spike : 0;
    }
}

/* What one value tells, and what is the last from now on. */
static int32_t encoding_change(int32_t value, int32_t last, const snnrt_change *how, int32_t *now) {
    const int32_t moved = value - last;
    const int32_t told = moved >= how->threshold ? 1 : moved <= -how->threshold ? -1 : 0;
    *now = how->keeps != 0 && told == 0 ? last : value;
    return told;
}

/* Writes it, a falling one where it belongs: `apart` channels behind, or here. */
static void encoding_told(int32_t told, int16_t *input, uint32_t apart, const snnrt_change *how) {
    input[0] = (int16_t)(told > 0 ? how->one : told < 0 && how->polarity == 1u ? -how->one : 0);
    if (apart != 0) {
        input[apart] = (int16_t)(told < 0 ? how->one : 0);
    }
}

#if SNNRT_WITH_ARM_DSP
/* What changes become: bytes of rising and of falling ones, and those to `falls`, where there is such a place. */
typedef struct encoding_changes {
    uint32_t least, rising, falling, keeps;
} encoding_changes;

/* Four at a time; gives how many were done. */
static uint32_t encoding_changes_u8(const uint8_t *values, uint8_t *last, int16_t *input, int16_t *falls,
                                    uint32_t count, encoding_changes how) {
    const uint32_t done = count & ~3u;
    for (const uint8_t *end = values + done; values != end; values += 4, last += 4, input += 4) {
        const uint32_t word = encoding_load(values), before = encoding_load(last);
        const uint32_t up = __uqsub8(word, before), down = __uqsub8(before, word);
        const uint32_t fell = encoding_where_not_below(down, how.least, how.falling, 0u);
        uint32_t now = word;
        if (how.keeps != 0) {
            now = encoding_where_not_below(up | down, how.least, word, before);
        }
        __builtin_memcpy(last, &now, sizeof now);
        encoding_spread(encoding_where_not_below(up, how.least, how.rising, falls == NULL ? fell : 0u),
                        input);
        if (falls != NULL) {
            encoding_spread(fell, falls);
            falls += 4;
        }
    }
    return done;
}

/* The same of 16-bit values, two at a time, whose halves stand in `how`; falling ones have no place of their own. */
static void encoding_changes_pair(const int16_t *values, int16_t *last, int16_t *input,
                                  const encoding_changes *how) {
    const uint32_t word = encoding_load_pair(values), before = encoding_load_pair(last);
    /* what saturates is not below any threshold */
    const uint32_t up = (uint32_t)__qsub16((int16x2_t)word, (int16x2_t)before);
    const uint32_t down = (uint32_t)__qsub16((int16x2_t)before, (int16x2_t)word);
    uint32_t told = encoding_where_halves_reach(down, how->least, how->falling, 0u), now = word;
    told = encoding_where_halves_reach(up, how->least, how->rising, told);
    if (how->keeps != 0) {
        now = encoding_where_halves_reach(down, how->least, word, before);
        now = encoding_where_halves_reach(up, how->least, word, now);
    }
    __builtin_memcpy(last, &now, sizeof now);
    __builtin_memcpy(input, &told, sizeof told);
}

static uint32_t encoding_changes_q15(const int16_t *values, int16_t *last, int16_t *input, uint32_t count,
                                     const snnrt_change *change) {
    const encoding_changes how = {
        encoding_twice(change->threshold),
        encoding_twice(change->one),
        encoding_twice(change->polarity == 0 ? 0 : -change->one),
        change->keeps,
    };
    const uint32_t done = change->threshold <= INT16_MAX ? count & ~3u : 0u;
    for (const int16_t *end = values + done; values != end; values += 4, last += 4, input += 4) {
        encoding_changes_pair(values, last, input, &how);
        encoding_changes_pair(values + 2, last + 2, input + 2, &how);
    }
    return done;
}
#endif

void snnrt_encode_change_u8(const uint8_t *values, uint8_t *last, int16_t *input, uint32_t count,
                            uint32_t channel_count, const snnrt_change *change) {
    /* the values of a pixel, or all where falling changes have no channels of their own */
    const uint32_t apart = change->polarity == 2u ? channel_count : 0u, part = apart != 0 ? apart : count;
    for (uint32_t first = 0; first < count; first += part, input += part + apart) {
        uint32_t k = 0;
        int32_t now;
#if SNNRT_WITH_ARM_DSP
        if (encoding_fits_byte(change->one) && change->threshold <= 255) {
            const encoding_changes how = {
                encoding_bytes((uint32_t)change->threshold),
                encoding_bytes((uint8_t)change->one),
                encoding_bytes((uint8_t)(change->polarity == 0    ? 0
                                         : change->polarity == 1u ? -change->one
                                                                  : change->one)),
                change->keeps,
            };
            k = encoding_changes_u8(values + first, last + first, input, apart != 0 ? input + apart : NULL,
                                    part, how);
        }
#endif
        for (; k < part; k++) {
            encoding_told(encoding_change(values[first + k], last[first + k], change, &now), input + k, apart,
                          change);
            last[first + k] = (uint8_t)now;
        }
    }
}

void snnrt_encode_change_q15(const int16_t *values, int16_t *last, int16_t *input, uint32_t count,
                             uint32_t channel_count, const snnrt_change *change) {
    const uint32_t apart = change->polarity == 2u ? channel_count : 0u, part = apart != 0 ? apart : count;
    uint32_t done = 0;
#if SNNRT_WITH_ARM_DSP
    if (apart == 0) {
        done = encoding_changes_q15(values, last, input, count, change);
    }
#endif
    for (uint32_t first = 0; first < count; first += part, input += part + apart) {
        for (uint32_t k = first + done; k < first + part; k++) {
            int32_t now;
            encoding_told(encoding_change(values[k], last[k], change, &now), input + (k - first), apart,
                          change);
            last[k] = (int16_t)now;
        }
    }
}

#else
typedef int snnrt_spike_encoding_left_out;
#endif
