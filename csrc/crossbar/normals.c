/* Normal numbers for what is drawn once, when a chip is programmed. */
#include "random.h"

/* Two normal numbers of two words: r = sqrt(-2 ln u), the angle from the lower bits of the second within an eighth of a
 * turn of an axis that its upper bits choose. Logarithm, sine and cosine are Cephes' polynomials. */
void snnrt_crossbar_normals(uint64_t key, uint32_t low, uint32_t second, uint32_t third, uint32_t fourth,
                            uint32_t count, float *normals) {
    for (uint32_t block = 0; block < count; block += SNNRT_CROSSBAR_NORMALS) {
        uint32_t word[4][SNNRT_CROSSBAR_LANES];
        float result[4][SNNRT_CROSSBAR_LANES];
        threefry(key, low + block / 4u, second, third, fourth, word);
        for (uint32_t pair = 0; pair < 2u; pair++) {
            const uint32_t *one = word[2u * pair], *other = word[2u * pair + 1u];
            for (uint32_t i = 0; i < LANES; i++) {
                union {
                    float f;
                    int32_t i;
                } m;
                int32_t exponent, above;
                float x, z, y, r, t, sine, cosine;
                m.f = (float)(int32_t)((one[i] >> 8) + 1u); /* u = m / 2^24, in (0, 1] */
                exponent = (m.i >> 23) - 127;
                m.i = (m.i & 0x007FFFFF) | 0x3F800000;
                above = m.f > 1.41421356f ? 1 : 0;
                x = (above ? 0.5f * m.f : m.f) - 1.0f;
                exponent += above - 24;
                z = x * x;
                y = 7.0376836292e-2f;
                y = y * x - 1.1514610310e-1f;
                y = y * x + 1.1676998740e-1f;
                y = y * x - 1.2420140846e-1f;
                y = y * x + 1.4249322787e-1f;
                y = y * x - 1.6668057665e-1f;
                y = y * x + 2.0000714765e-1f;
                y = y * x - 2.4999993993e-1f;
                y = y * x + 3.3333331174e-1f;
                y = y * x * z;
                y += -2.12194440e-4f * (float)exponent;
                y -= 0.5f * z;
                y = x + y;
                y += 0.693359375f * (float)exponent;
                y *= -2.0f;
                r = square_root(y > 0.0f ? y : 0.0f);
                t = (float)(int32_t)((other[i] >> 6) & 0x00FFFFFFu) * 5.9604644775390625e-8f - 0.5f;
                t *= 1.57079632679f; /* within an eighth of a turn */
                z = t * t;
                sine = ((-1.9515295891e-4f * z + 8.3321608736e-3f) * z - 1.6666654611e-1f) * z * t + t;
                cosine = ((2.443315711809948e-5f * z - 1.388731625493765e-3f) * z + 4.166664568298827e-2f) *
                             z * z -
                         0.5f * z + 1.0f;
                cosine = (other[i] & 0x80000000u) != 0 ? -cosine : cosine;
                result[2u * pair][i] = r * ((other[i] & 0x40000000u) != 0 ? sine : cosine);
                result[2u * pair + 1u][i] = r * ((other[i] & 0x40000000u) != 0 ? cosine : sine);
            }
        }
        for (uint32_t k = 0; k < 4u; k++) {
            for (uint32_t i = 0; i < LANES; i++) {
                normals[block + k * LANES + i] = result[k][i];
            }
        }
    }
}
