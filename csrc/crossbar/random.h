/* Roots, and random words of counters. Internal. */
#ifndef SNNRT_CROSSBAR_RANDOM_H
#define SNNRT_CROSSBAR_RANDOM_H

#include "lanes.h"

/* 1 / sqrt(x), x >= 0, from a guess by the exponent and `steps` of Newton: to 2^-17 with two, 2^-22 with three; finite for 0.
 * The same bits everywhere, and no libm. */
SNNRT_INLINE static inline floats inverse_root(floats x, const uint32_t steps) {
    const floats half = x * 0.5f;
    floats r = float_bits(0x5F375A86u - (word_bits(x) >> 1));
    for (uint32_t step = 0; step < steps; step++) {
        r *= 1.5f - half * r * r;
    }
    return r;
}

SNNRT_INLINE static inline floats square_root(floats x) { return x * inverse_root(x, 3u); }

#define TURNED(x, bits) ((x) << (bits) | (x) >> (32 - (bits)))
#define MIX(a, b, c, d, first, second) \
    do { \
        a += b; \
        b = TURNED(b, first) ^ a; \
        c += d; \
        d = TURNED(d, second) ^ c; \
    } while (0)

/* Threefry4x32-13 (Salmon et al., SC 2011) of the counters (low + lane, second, third, fourth) and the key (k0, k1, 0, 0): sums,
 * rotations and exclusive ors only. */
SNNRT_INLINE static inline void threefry(uint64_t key, uint32_t low, uint32_t second, uint32_t third,
                                         uint32_t fourth, uint32_t word[4][SNNRT_CROSSBAR_LANES]) {
    const uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32), k4 = 0x1BD11BDAu ^ k0 ^ k1;
    for (uint32_t i = 0; i < LANES; i++) {
        word[0][i] = low + i;
    }
    for (uint32_t i = 0; i < LANES; i += WIDTH) {
        words a = load_words(word[0] + i) + k0, b = a - a + (second + k1), c = a - a + third,
              d = a - a + fourth;
        MIX(a, b, c, d, 10, 26);
        MIX(a, d, c, b, 11, 21);
        MIX(a, b, c, d, 13, 27);
        MIX(a, d, c, b, 23, 5);
        a += k1;
        d += k4 + 1u;
        MIX(a, b, c, d, 6, 20);
        MIX(a, d, c, b, 17, 11);
        MIX(a, b, c, d, 25, 10);
        MIX(a, d, c, b, 18, 20);
        c += k4;
        d += k0 + 2u;
        MIX(a, b, c, d, 10, 26);
        MIX(a, d, c, b, 11, 21);
        MIX(a, b, c, d, 13, 27);
        MIX(a, d, c, b, 23, 5);
        b += k4;
        c += k0;
        d += k1 + 3u;
        MIX(a, b, c, d, 6, 20);
        store_words(word[0] + i, a);
        store_words(word[1] + i, b);
        store_words(word[2] + i, c);
        store_words(word[3] + i, d);
    }
}

#endif
