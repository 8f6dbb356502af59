/* The exit rule in integers: docs/ir.md, "Exit". */
#include "snnrt_core.h"
#include "snnrt_float.h"

#if SNNRT_WITH_EXIT_SCORES

#define DISTANCE_MAX 0xFFFFFu
#define LOG2_E_Q16 94548u
#define LN_2_Q24 11629080

/* round(2^30 * 2^(-i/64)) */
static const uint32_t exponential[65] = {
    1073741824u, 1062175491u, 1050733751u, 1039415261u, 1028218693u, 1017142735u,
    1006186087u, 995347464u, 984625594u, 974019220u, 963527098u, 953147997u,
    942880699u, 932724001u, 922676710u, 912737649u, 902905651u, 893179563u,
    883558244u, 874040567u, 864625413u, 855311680u, 846098274u, 836984114u,
    827968132u, 819049271u, 810226483u, 801498734u, 792865000u, 784324269u,
    775875538u, 767517817u, 759250125u, 751071493u, 742980960u, 734977579u,
    727060411u, 719228525u, 711481005u, 703816941u, 696235434u, 688735596u,
    681316545u, 673977412u, 666717336u, 659535466u, 652430958u, 645402981u,
    638450708u, 631573326u, 624770026u, 618040012u, 611382493u, 604796689u,
    598281827u, 591837143u, 585461881u, 579155293u, 572916640u, 566745190u,
    560640218u, 554601009u, 548626854u, 542717053u, 536870912u,
};

/* round(2^24 * ln(1 + i/64)) */
static const uint32_t logarithm[65] = {
    0u, 260117u, 516263u, 768556u, 1017112u, 1262040u,
    1503443u, 1741421u, 1976071u, 2207485u, 2435750u, 2660951u,
    2883169u, 3102482u, 3318965u, 3532691u, 3743728u, 3952143u,
    4158001u, 4361364u, 4562291u, 4760840u, 4957067u, 5151025u,
    5342767u, 5532342u, 5719799u, 5905184u, 6088544u, 6269921u,
    6449358u, 6626896u, 6802576u, 6976434u, 7148510u, 7318838u,
    7487455u, 7654394u, 7819688u, 7983370u, 8145469u, 8306018u,
    8465045u, 8622579u, 8778647u, 8933277u, 9086495u, 9238326u,
    9388795u, 9537927u, 9685745u, 9832271u, 9977530u, 10121541u,
    10264327u, 10405907u, 10546303u, 10685534u, 10823619u, 10960577u,
    11096425u, 11231183u, 11364866u, 11497493u, 11629080u,
};

/* min(dividend / divisor, 2^21 - 1), rounded down; divisor < 2^43. Smaller than a full 64-bit division. */
static uint32_t quotient(uint64_t dividend, uint64_t divisor) {
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

/* exp(-distance) in Q30, distance in nats Q16. */
static uint32_t exponential_of(uint32_t distance) {
    uint64_t y = (uint64_t)distance * LOG2_E_Q16;
    uint32_t whole = (uint32_t)(y >> 32);
    uint32_t fraction = (uint32_t)y;
    uint32_t i = fraction >> 26;
    uint32_t rest = (fraction >> 10) & 0xFFFFu;
    uint32_t step = exponential[i] - exponential[i + 1u];
    return (exponential[i] - (uint32_t)(((uint64_t)step * rest) >> 16)) >> whole;
}

/* ln(sum / 2^30) in Q24, sum >= 2^30. */
static uint32_t logarithm_of(uint64_t sum) {
    uint32_t position = 63;
    uint32_t high, i, rest, step;
    while ((sum >> 63) == 0) {
        sum <<= 1;
        position--;
    }
    high = (uint32_t)(sum >> 32);
    i = (high >> 25) & 0x3Fu;
    rest = (high >> 9) & 0xFFFFu;
    step = logarithm[i + 1u] - logarithm[i];
    return (position - 30u) * LN_2_Q24 + logarithm[i] +
           (uint32_t)(((uint64_t)step * rest) >> 16);
}
#endif

#if SNNRT_WITH_INT8
static int64_t logit_q16(const snnrt_logits *logits, uint32_t k) {
    const int32_t *accumulators = (const int32_t *)logits->accumulators;
    return ((int64_t)accumulators[k] * logits->multipliers[k]) >> logits->shift;
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
    const float *accumulators = (const float *)logits->accumulators;
    float distance = accumulators[best] - accumulators[k];
    if (logits->mean) {
        distance = distance / (float)logits->timesteps;
    }
    distance = distance * 65536.0f;
    distance = distance + 0.5f;
    /* Also where the distance is no number. */
    return distance < (float)DISTANCE_MAX ? (uint32_t)distance : DISTANCE_MAX;
}
#endif

#if SNNRT_WITH_INT8 && SNNRT_WITH_FLOAT32
#define IS_INT8(logits) ((logits)->int8)
#else
#define IS_INT8(logits) ((void)(logits)->int8, SNNRT_WITH_INT8 != 0)
#endif

/* Whether class k has the larger logit. */
static bool beats(const snnrt_logits *logits, uint32_t k, uint32_t best) {
#if SNNRT_WITH_FLOAT32
    if (!IS_INT8(logits)) {
        const float *accumulators = (const float *)logits->accumulators;
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
    if (!IS_INT8(logits)) {
        distance = float_distance(logits, best, k);
    }
#endif
#if SNNRT_WITH_INT8
    if (IS_INT8(logits)) {
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
static bool score(const snnrt_logits *logits, uint32_t rule, uint32_t threshold_q,
                  snnrt_result *result) {
    uint64_t sum = 0;
    uint64_t weighted = 0;
    for (uint32_t k = 0; k < logits->classes; k++) {
        uint32_t distance = distance_of(logits, result->class_index, k);
        uint32_t weight = exponential_of(distance);
        sum += weight;
        weighted += (uint64_t)weight * distance;
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
