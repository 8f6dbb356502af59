/* What exit rules look at, in integers: docs/ir.md, "Exit". */
#include "snnrt_core.h"
#include "snnrt_float.h"

#if SNNRT_WITH_INT8
/* Of class k, nats in Q16. */
static inline SNNRT_INLINE int64_t logit_q16(const snnrt_logits *logits, uint32_t k) {
    int32_t accumulator = ((const snnrt_int32 *)logits->accumulators)[k];
#if SNNRT_LONG_PRODUCTS
    /* A shift below 32, by words: compilers allow for more. */
    int64_t product = (int64_t)accumulator * logits->multipliers[k];
    int32_t high = (int32_t)(product >> 32);
    uint32_t low = (uint32_t)product >> logits->shift | (uint32_t)high << 1 << (31u - logits->shift);
    return (int64_t)((uint64_t)(uint32_t)(high >> logits->shift) << 32 | low);
#else
    uint32_t multiplier = (uint32_t)logits->multipliers[k]; /* from 0 */
    /* As if both were unsigned; a negative one is 2^32 less. */
    uint64_t product = snnrt_product((uint32_t)accumulator, multiplier);
    if (accumulator < 0) {
        product -= (uint64_t)multiplier << 32;
    }
    return (int64_t)product >> logits->shift;
#endif
}

static uint32_t best_integer(const snnrt_logits *logits) {
    uint32_t best = 0;
    int64_t highest = logit_q16(logits, 0);
    for (uint32_t k = 1; k < logits->classes; k++) {
        int64_t logit = logit_q16(logits, k);
        if (logit > highest) {
            highest = logit;
            best = k;
        }
    }
    return best;
}
#endif

#if SNNRT_WITH_FLOAT32
static uint32_t best_float(const snnrt_logits *logits) {
    const snnrt_float32 *accumulators = (const snnrt_float32 *)logits->accumulators;
    uint32_t best = 0;
    for (uint32_t k = 1; k < logits->classes; k++) {
        if (accumulators[k] > accumulators[best]) {
            best = k;
        }
    }
    return best;
}
#endif

#if SNNRT_WITH_INT8 && SNNRT_WITH_FLOAT32
#define IS_INTEGER(logits) ((logits)->integer)
#else
#define IS_INTEGER(logits) ((void)(logits)->integer, SNNRT_WITH_INT8 != 0)
#endif

uint32_t snnrt_best_class(const snnrt_logits *logits) {
#if SNNRT_WITH_FLOAT32
    if (!IS_INTEGER(logits)) {
        return best_float(logits);
    }
#endif
#if SNNRT_WITH_INT8
    return best_integer(logits);
#endif
}

#if SNNRT_WITH_EXIT_SCORES

#define DISTANCE_MAX 0xFFFFFu
#define LOG2_E_Q11 2955u
#define LN_2_Q16 45426u

/* round(2^26 * 2^(-i/32)), and how far the next lies below: both in one load. */
static const uint32_t exponentials[32][2] = {
    {67108864u, 1438005u}, {65670859u, 1407191u}, {64263668u, 1377038u}, {62886630u, 1347530u},
    {61539100u, 1318656u}, {60220444u, 1290400u}, {58930044u, 1262750u}, {57667294u, 1235691u},
    {56431603u, 1209213u}, {55222390u, 1183302u}, {54039088u, 1157946u}, {52881142u, 1133134u},
    {51748008u, 1108853u}, {50639155u, 1085093u}, {49554062u, 1061841u}, {48492221u, 1039088u},
    {47453133u, 1016823u}, {46436310u, 995034u},  {45441276u, 973713u},  {44467563u, 952848u},
    {43514715u, 932431u},  {42582284u, 912450u},  {41669834u, 892899u},  {40776935u, 873766u},
    {39903169u, 855042u},  {39048127u, 836721u},  {38211406u, 818792u},  {37392614u, 801246u},
    {36591368u, 784078u},  {35807290u, 767276u},  {35040014u, 750836u},  {34289178u, 734746u},
};

/* round(2^16 * ln(1 + i/64)) */
static const uint16_t logarithms[65] = {
    0u,     1016u,  2017u,  3002u,  3973u,  4930u,  5873u,  6802u,  7719u,  8623u,  9515u,  10394u, 11262u,
    12119u, 12965u, 13800u, 14624u, 15438u, 16242u, 17037u, 17821u, 18597u, 19364u, 20121u, 20870u, 21611u,
    22343u, 23067u, 23783u, 24492u, 25193u, 25886u, 26573u, 27252u, 27924u, 28589u, 29248u, 29900u, 30546u,
    31185u, 31818u, 32445u, 33067u, 33682u, 34292u, 34896u, 35494u, 36087u, 36675u, 37258u, 37835u, 38407u,
    38975u, 39537u, 40095u, 40648u, 41196u, 41740u, 42280u, 42815u, 43345u, 43872u, 44394u, 44912u, 45426u,
};

#if SNNRT_WITH_INT8 || !SNNRT_LONG_PRODUCTS
/* min(dividend / divisor, 2^21 - 1), rounded down; divisor < 2^43. Smaller than a full 64-bit division. */
SNNRT_NOINLINE static uint32_t quotient(uint64_t dividend, uint64_t divisor) {
    uint32_t result = 0;
    divisor <<= 21;
    for (uint32_t bit = 0; bit < 21; bit++) {
        divisor >>= 1;
        result <<= 1;
        if (dividend >= divisor) {
            dividend -= divisor;
            result |= 1u;
        }
    }
    return result;
}
#endif

/* As quotient, of words whose quotient is below 2^21: an instruction where there is one. */
static inline uint32_t word_quotient(uint32_t dividend, uint32_t divisor) {
#if SNNRT_LONG_PRODUCTS
    return dividend / divisor;
#else
    return quotient(dividend, divisor);
#endif
}

/* exp(-distance) in Q26, distance in nats Q16. */
static inline SNNRT_INLINE uint32_t exponential_of(uint32_t distance) {
    uint32_t y = distance * LOG2_E_Q11;
    const uint32_t *at = exponentials[y >> 22 & 31u];
    return (at[0] - (at[1] * (y >> 11 & 0x7FFu) >> 11)) >> (y >> 27);
}

/* The place of the highest bit of a sum from 2^26 on. */
static uint32_t highest_bit(uint64_t sum) {
    uint32_t position = 26;
    for (uint32_t above = (uint32_t)(sum >> 27); above != 0; above >>= 1) {
        position++;
    }
    return position;
}

/* A sum with its highest bit, which is at `position`, moved to 31; what is below 0 then is cut off. */
static inline uint32_t mantissa_of(uint64_t sum, uint32_t position) {
    return (uint32_t)(sum << 25 >> (position - 6u));
}

/* ln(sum / 2^26) in Q16, of its mantissa. */
static uint32_t logarithm_of(uint32_t high, uint32_t position) {
    const uint16_t *at = &logarithms[high >> 25 & 63u];
    uint32_t rest = high >> 9 & 0xFFFFu;
    return (position - 26u) * LN_2_Q16 + at[0] + ((uint32_t)(at[1] - at[0]) * rest >> 16);
}

static inline SNNRT_INLINE void add_class(snnrt_exit_sums *sums, uint32_t distance) {
    uint32_t weight = exponential_of(distance);
    sums->total += weight;
    sums->weighted += snnrt_product(weight, distance);
}

#if SNNRT_WITH_INT8
static inline uint32_t bounded(uint32_t distance) {
    return distance < DISTANCE_MAX ? distance : DISTANCE_MAX;
}

/* How far a class is behind the best: nats Q16. `steps`: what a mean is divided by. */
static inline SNNRT_INLINE uint32_t integer_distance(uint64_t distance, bool is_mean, uint32_t steps) {
    if (is_mean) {
        return bounded(distance >> 32 != 0 ? quotient(distance, steps)
                                           : word_quotient((uint32_t)distance, steps));
    }
    /* Not as a condition, of which compilers make two ways through all that follows. */
    return ((uint32_t)distance | (0u - (uint32_t)(distance >> 20 != 0))) & DISTANCE_MAX;
}

static inline SNNRT_INLINE void sum_integers(const snnrt_logits *given, uint32_t best, bool is_mean,
                                             snnrt_exit_sums *sums) {
    const snnrt_logits logits = *given;
    snnrt_exit_sums found = {0, 0};
    int64_t highest = logit_q16(&logits, best);
    for (uint32_t k = 0; k < logits.classes; k++) {
        add_class(&found,
                  integer_distance((uint64_t)(highest - logit_q16(&logits, k)), is_mean, logits.timesteps));
    }
    *sums = found;
}
#endif

#if SNNRT_WITH_FLOAT32
static inline uint32_t float_distance(const snnrt_logits *logits, uint32_t best, uint32_t k) {
    const snnrt_float32 *accumulators = (const snnrt_float32 *)logits->accumulators;
    float distance = snnrt_difference(accumulators[best], accumulators[k]);
    if (k == best) {
        return 0;
    }
    if (logits->mean) {
        distance = distance / (float)logits->timesteps;
    }
    distance = distance * logits->unit;
    distance = distance + 0.5f;
    /* Also where the distance is no number. */
    return distance < (float)DISTANCE_MAX ? (uint32_t)(int32_t)distance : DISTANCE_MAX;
}

static inline void sum_floats(const snnrt_logits *logits, uint32_t best, snnrt_exit_sums *sums) {
    snnrt_exit_sums found = {0, 0};
    for (uint32_t k = 0; k < logits->classes; k++) {
        add_class(&found, float_distance(logits, best, k));
    }
    *sums = found;
}
#endif

void snnrt_exit_sum(const snnrt_logits *logits, uint32_t best, snnrt_exit_sums *sums) {
#if SNNRT_WITH_FLOAT32
    if (!IS_INTEGER(logits)) {
        sum_floats(logits, best, sums);
        return;
    }
#endif
#if SNNRT_WITH_INT8
    /* Two loops where there is room, which do not ask. */
    if (SNNRT_LONG_PRODUCTS && !logits->mean) {
        sum_integers(logits, best, false, sums);
    } else if (SNNRT_LONG_PRODUCTS) {
        sum_integers(logits, best, true, sums);
    } else {
        sum_integers(logits, best, logits->mean != 0, sums);
    }
#endif
}

#if SNNRT_WITH_EXIT_COMBINED
uint32_t snnrt_exit_margin(const snnrt_logits *given, uint32_t best) {
    const snnrt_logits logits = *given;
    uint32_t margin = DISTANCE_MAX;
#if SNNRT_WITH_INT8
    int64_t highest = IS_INTEGER(&logits) ? logit_q16(&logits, best) : 0;
#endif
    for (uint32_t k = 0; k < logits.classes; k++) {
        uint32_t distance = DISTANCE_MAX;
#if SNNRT_WITH_FLOAT32
        if (!IS_INTEGER(&logits)) {
            distance = float_distance(&logits, best, k);
        }
#endif
#if SNNRT_WITH_INT8
        if (IS_INTEGER(&logits)) {
            distance = integer_distance((uint64_t)(highest - logit_q16(&logits, k)), logits.mean != 0,
                                        logits.timesteps);
        }
#endif
        margin = k != best && distance < margin ? distance : margin;
    }
    return margin;
}
#endif

uint32_t snnrt_exit_entropy(const snnrt_exit_sums *sums) {
    uint32_t position = highest_bit(sums->total);
    uint32_t high = mantissa_of(sums->total, position);
    uint32_t cut = position - 11u; /* from 15 to 28: by words, as compilers allow for more */
    uint32_t weighted = (uint32_t)sums->weighted >> cut | (uint32_t)(sums->weighted >> 32) << (32u - cut);
    return logarithm_of(high, position) + (word_quotient(weighted, high >> 18) << 2);
}

#if SNNRT_WITH_EXIT_CONFIDENCE
uint32_t snnrt_exit_probability(const snnrt_exit_sums *sums) {
    uint32_t position = highest_bit(sums->total);
    return word_quotient(1u << (57u - position), mantissa_of(sums->total, position) >> 16);
}
#endif
#endif

uint32_t snnrt_natural_logarithm_q16(uint32_t count) {
#if SNNRT_WITH_EXIT_SCORES
    uint64_t sum = (uint64_t)count << 26;
    uint32_t position = highest_bit(sum);
    return logarithm_of(mantissa_of(sum, position), position);
#else
    (void)count;
    return 0;
#endif
}
