/* The exit rule in integers: docs/ir.md, "Exit". */
#include "snnrt_core.h"
#include "snnrt_float.h"

#if SNNRT_WITH_EXIT_SCORES

#define DISTANCE_MAX 0xFFFFFu
#define LOG2_E_Q16 94548u
#define LN_2_Q24 11629080

/* 2^(32 - i/8) and 2^(31 - i/64), some units aside, so that the products give the table of docs/ir.md. */
static const uint32_t eighths[9] = {
    4294967288u, 3938502370u, 3611622597u, 3311872525u, 3037000495u,
    2784941734u, 2553802830u, 2341847520u, 2147483645u,
};
static const uint32_t sixty_fourths[8] = {
    2147483652u, 2124350987u, 2101467506u, 2078830526u, 2056437391u, 2034285474u, 2012372178u, 1990694932u,
};

/* round(2^24 * ln(1 + i/8)), and what ln(1 + i/64) lies above the line between two of them. */
static const uint32_t logarithm[9] = {
    0u, 1976071u, 3743728u, 5342767u, 6802576u, 8145469u, 9388795u, 10546303u, 11629080u,
};
static const uint16_t above_line[64] = {
    0u,     13109u, 22246u, 27530u, 29077u, 26996u, 21390u, 12359u, 0u,     10457u, 17765u, 22009u, 23270u,
    21626u, 17152u, 9921u,  0u,     8536u,  14514u, 17997u, 19044u, 17713u, 14060u, 8138u,  0u,     7099u,
    12080u, 14989u, 15873u, 14774u, 11735u, 6797u,  0u,     5997u,  10211u, 12678u, 13433u, 12510u, 9943u,
    5763u,  0u,     5134u,  8745u,  10863u, 11515u, 10730u, 8532u,  4947u,  0u,     4444u,  7573u,  9411u,
    9981u,  9304u,  7401u,  4293u,  0u,     3884u,  6622u,  8233u,  8734u,  8145u,  6481u,  3761u,
};

/* round(2^30 * 2^(-i/64)), i = 0 ... 64. */
static uint32_t exponential_at(uint32_t i) {
    uint64_t product = snnrt_product(eighths[i >> 3], sixty_fourths[i & 7u]);
    return (uint32_t)((product + 0x2B000000u) >> 33);
}

/* round(2^24 * ln(1 + i/64)), i = 0 ... 64. */
static uint32_t logarithm_at(uint32_t i) {
    const uint32_t *line = &logarithm[i >> 3];
    return i == 64u ? line[0] : line[0] + (((line[1] - line[0]) * (i & 7u)) >> 3) + above_line[i];
}

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

/* Of a step from one value of a table to the next, what lies `rest` / 2^16 of the way. */
SNNRT_NOINLINE static uint32_t part_of(uint32_t step, uint32_t rest) {
    return (uint32_t)(snnrt_product(step, rest & 0xFFFFu) >> 16);
}

/* exp(-distance) in Q30, distance in nats Q16. */
static uint32_t exponential_of(uint32_t distance) {
    uint64_t y = snnrt_product(distance, LOG2_E_Q16);
    uint32_t whole = (uint32_t)(y >> 32);
    uint32_t fraction = (uint32_t)y;
    uint32_t i = fraction >> 26;
    uint32_t from = exponential_at(i);
    return (from - part_of(from - exponential_at(i + 1u), fraction >> 10)) >> whole;
}

/* ln(sum / 2^30) in Q24, sum >= 2^30. */
static uint32_t logarithm_of(uint64_t sum) {
    uint32_t position = 63;
    uint32_t high, i, from;
    while ((sum >> 63) == 0) {
        sum <<= 1;
        position--;
    }
    high = (uint32_t)(sum >> 32);
    i = (high >> 25) & 0x3Fu;
    from = logarithm_at(i);
    return (position - 30u) * LN_2_Q24 + from + part_of(logarithm_at(i + 1u) - from, high >> 9);
}
#endif

#if SNNRT_WITH_INT8
static int64_t logit_q16(const snnrt_logits *logits, uint32_t k) {
    const snnrt_int32 *accumulators = (const snnrt_int32 *)logits->accumulators;
    int32_t accumulator = accumulators[k];
    uint32_t multiplier = (uint32_t)logits->multipliers[k]; /* from 0 */
    /* As if both were unsigned; a negative one is 2^32 less. */
    uint64_t product = snnrt_product((uint32_t)accumulator, multiplier);
    if (accumulator < 0) {
        product -= (uint64_t)multiplier << 32;
    }
    return (int64_t)product >> logits->shift;
}
#endif

#if SNNRT_WITH_INT8 && SNNRT_WITH_EXIT_SCORES
static uint32_t integer_distance(const snnrt_logits *logits, uint32_t best, uint32_t k) {
    int64_t distance = logit_q16(logits, best) - logit_q16(logits, k);
    return quotient((uint64_t)distance, logits->mean ? logits->timesteps : 1u);
}
#endif

#if SNNRT_WITH_FLOAT32 && SNNRT_WITH_EXIT_SCORES
static uint32_t float_distance(const snnrt_logits *logits, uint32_t best, uint32_t k) {
    const snnrt_float32 *accumulators = (const snnrt_float32 *)logits->accumulators;
    float distance = snnrt_difference(accumulators[best], accumulators[k]);
    if (logits->mean) {
        distance = distance / (float)logits->timesteps;
    }
    distance = distance * 65536.0f;
    distance = distance + 0.5f;
    /* Also where the distance is no number. */
    return distance < (float)DISTANCE_MAX ? (uint32_t)(int32_t)distance : DISTANCE_MAX;
}
#endif

#if SNNRT_WITH_INT8 && SNNRT_WITH_FLOAT32
#define IS_INTEGER(logits) ((logits)->integer)
#else
#define IS_INTEGER(logits) ((void)(logits)->integer, SNNRT_WITH_INT8 != 0)
#endif

/* Whether class k has the larger logit. */
static bool beats(const snnrt_logits *logits, uint32_t k, uint32_t best) {
#if SNNRT_WITH_FLOAT32
    if (!IS_INTEGER(logits)) {
        const snnrt_float32 *accumulators = (const snnrt_float32 *)logits->accumulators;
        return accumulators[k] > accumulators[best];
    }
#endif
#if SNNRT_WITH_INT8
    return logit_q16(logits, k) > logit_q16(logits, best);
#endif
}

#if SNNRT_WITH_EXIT_SCORES
/* How far class k is behind the best, in nats Q16. */
static uint32_t distance_of(const snnrt_logits *logits, uint32_t best, uint32_t k) {
    uint32_t distance = 0;
    if (k == best) {
        return 0;
    }
#if SNNRT_WITH_FLOAT32
    if (!IS_INTEGER(logits)) {
        distance = float_distance(logits, best, k);
    }
#endif
#if SNNRT_WITH_INT8
    if (IS_INTEGER(logits)) {
        distance = integer_distance(logits, best, k);
    }
#endif
    return distance < DISTANCE_MAX ? distance : DISTANCE_MAX;
}
#endif

uint32_t snnrt_natural_logarithm_q16(uint32_t count) {
#if SNNRT_WITH_EXIT_SCORES
    return logarithm_of((uint64_t)count << 30) >> 8;
#else
    (void)count;
    return 0;
#endif
}

bool snnrt_exit_rule_fits(uint32_t rule, uint32_t threshold_q, uint32_t classes) {
    return rule <= SNNRT_EXIT_CONFIDENCE && (rule == SNNRT_EXIT_NEVER || classes >= 2) &&
           (rule != SNNRT_EXIT_CONFIDENCE || threshold_q <= 65536u);
}

#if SNNRT_WITH_EXIT_SCORES
static bool score(const snnrt_logits *logits, uint32_t rule, uint32_t threshold_q, snnrt_result *result) {
    uint64_t sum = 0;
    uint64_t weighted = 0;
    for (uint32_t k = 0; k < logits->classes; k++) {
        uint32_t distance = distance_of(logits, result->class_index, k);
        uint32_t weight = exponential_of(distance);
        sum += weight;
        weighted += snnrt_product(weight, distance);
    }
#if SNNRT_WITH_EXIT_CONFIDENCE
    if (rule == SNNRT_EXIT_CONFIDENCE) {
        weighted = (uint64_t)1 << 46;
        result->score_q16 = quotient(weighted, sum);
        return weighted > threshold_q * sum;
    }
#else
    (void)rule;
#endif
    result->score_q16 = quotient(weighted, sum);
    result->score_q16 += logarithm_of(sum) >> 8;
    return result->score_q16 < threshold_q;
}
#endif

bool snnrt_exit_evaluate(const snnrt_logits *logits, uint32_t rule, uint32_t threshold_q,
                         snnrt_result *result) {
    result->class_index = 0;
    result->score_q16 = 0;
    for (uint32_t k = 1; k < logits->classes; k++) {
        if (beats(logits, k, result->class_index)) {
            result->class_index = k;
        }
    }
#if SNNRT_WITH_EXIT_SCORES
    return rule != SNNRT_EXIT_NEVER && score(logits, rule, threshold_q, result);
#else
    (void)rule;
    (void)threshold_q;
    return false;
#endif
}
