/* The noise of reads. Included once by each kernel set. Internal. */
#ifndef SNNRT_CROSSBAR_NOISE_H
#define SNNRT_CROSSBAR_NOISE_H

#include "random.h"

static void seed(snnrt_crossbar_stream *stream, uint64_t key, uint32_t window, uint32_t step,
                 uint32_t input) {
    threefry(key, 0, window, step, input, stream->state);
}

/* a where the mask is set, else b. */
SNNRT_INLINE static inline floats chosen(words mask, floats a, floats b) {
    return float_bits((word_bits(a) & mask) | (word_bits(b) & ~mask));
}

/* Box and Muller: r = sqrt(-2 ln u), u the upper 24 bits of one word; an angle within an eighth of a turn of an axis, which
 * the upper two bits of the other word choose. The polynomials are of least error: 4e-6 of ln, 6e-7 of the sine, 1.3e-5
 * of the cosine. r^2 is never below 0. */
static void draw(snnrt_crossbar_stream *stream, uint32_t count, float *normals) {
    for (uint32_t part = 0; part < LANES; part += WIDTH) {
        words a = load_words(stream->state[0] + part), b = load_words(stream->state[1] + part);
        words c = load_words(stream->state[2] + part), d = load_words(stream->state[3] + part);
        for (uint32_t done = part; done < count; done += SNNRT_CROSSBAR_DRAW) {
            words word[2], m, exponent, mask;
            floats x, y, z, t, r, sine, cosine;
            for (uint32_t k = 0; k < 2u; k++) {
                const words shifted = b << 9;
                word[k] = a + d;
                c ^= a;
                d ^= b;
                b ^= c;
                a ^= d;
                c ^= shifted;
                d = TURNED(d, 11);
            }
            /* u = m / 2^24, in (0, 1]; m = 2^exponent (1 + x), x about 0 */
            m = word_bits(floats_of((word[0] >> 8) + 1u)) - 0x3F3504F3u; /* 1 / sqrt(2) */
            exponent = shifted_as_signed(m, 23) - 24u;
            x = float_bits((m & 0x007FFFFFu) + 0x3F3504F3u) - 1.0f;
            y = x * 2.822929413e-1f - 4.414888231e-1f;
            y = y * x + 5.091544608e-1f;
            y = y * x - 6.652399504e-1f;
            y = y * x + 9.997513072e-1f;
            y = y * x - 2.0f;
            y = y * x + floats_of(exponent) * -1.386294361f;
            r = y * inverse_root(y, 2u);
            t = float_bits((word[1] << 2) >> 9 | 0x3F800000u) - 1.5f; /* of a quarter turn, -0.5 ... 0.5 */
            z = t * t;
            sine = ((z * 7.766551194e-2f - 6.457116447e-1f) * z + 1.570788489f) * (t * r);
            cosine = ((z * 2.464993783e-1f - 1.233148605f) * z + 1.0f) * r;
            cosine = float_bits(word_bits(cosine) ^ (word[1] & 0x80000000u));
            mask = shifted_as_signed(word[1] << 1, 31);
            store_floats(normals + done, chosen(mask, sine, cosine));
            store_floats(normals + done + LANES, chosen(mask, cosine, sine));
        }
        store_words(stream->state[0] + part, a);
        store_words(stream->state[1] + part, b);
        store_words(stream->state[2] + part, c);
        store_words(stream->state[3] + part, d);
    }
}

static void disturb(float *normals, uint32_t columns, double variance, double step, const double *variances,
                    double *totals) {
    for (uint32_t c = 0; c < columns; c += WIDTH) {
        float spreads[WIDTH];
        for (uint32_t i = 0; i < WIDTH; i += HALF) {
            store_as_floats(spreads + i, load_doubles(variances + c + i) * step + variance);
        }
        store_floats(normals + c, load_floats(normals + c) * square_root(load_floats(spreads)));
        for (uint32_t i = 0; i < WIDTH; i += HALF) {
            store_doubles(totals + c + i, load_doubles(totals + c + i) + doubles_of_floats(normals + c + i));
        }
    }
}

#endif
