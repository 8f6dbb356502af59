/* The integer neuron step for the plain case (a membrane, at most a bias, one spike, reset at once) in vectors.
 * The including file sets the instruction set and defines LANES, MINIMUM, MAXIMUM, SIGN_BITS, and for the lanes that
 * fired fired_lanes, GREATER, SELECT and FIRED_BITS; it includes neuron_i32_body.h for all other cases. */

typedef int32_t lanes __attribute__((vector_size(LANES * 4), aligned(4), may_alias));
typedef int16_t narrow_lanes __attribute__((vector_size(LANES * 2), aligned(2), may_alias));
typedef uint32_t unsigned_lanes __attribute__((vector_size(LANES * 4)));

/* A parameter's values for block after block: at values + first, + channel, or the same copies. */
typedef struct parameter_walk {
    const int32_t *values;
    size_t by_neuron, by_channel; /* all ones or 0 */
    int32_t copies[SNNRT_BLOCK];
} parameter_walk;

static bool begin_walk(parameter_walk *walk, const snnrt_neuron_step *step, uint32_t parameter) {
    const int32_t *values = (const int32_t *)step->arrays[parameter];
    uint32_t granularity = SNNRT_GRANULARITY(step, parameter);
    walk->values = granularity <= SNNRT_PER_LAYER ? walk->copies : values;
    walk->by_neuron = granularity == SNNRT_PER_NEURON ? SIZE_MAX : 0u;
    walk->by_channel = granularity == SNNRT_PER_CHANNEL ? SIZE_MAX : 0u;
    for (uint32_t k = 0; k < SNNRT_BLOCK; k++) {
        walk->copies[k] = granularity == SNNRT_PER_LAYER ? values[0] : 0;
    }
    return granularity != SNNRT_PER_CHANNEL || step->channels % SNNRT_BLOCK == 0;
}

static inline const int32_t *block_of(const parameter_walk *walk, uint32_t first, uint32_t channel) {
    return walk->values + (first & walk->by_neuron) + (channel & walk->by_channel);
}

/* Saturates only where some lane overflowed: hardly ever. */
static inline lanes saturating_add_lanes(lanes a, lanes b) {
    lanes sum = (lanes)((unsigned_lanes)a + (unsigned_lanes)b);
    lanes overflow = ~(a ^ b) & (a ^ sum);
    if (SIGN_BITS(overflow) != 0) {
        lanes limit = (a >> 31) ^ 0x7FFFFFFF;
        overflow >>= 31;
        sum = (sum & ~overflow) | (limit & overflow);
    }
    return sum;
}

typedef struct plain_walks {
    parameter_walk decay, bias, threshold, reset_to;
} plain_walks;

static inline lanes load_lanes(const int32_t *from) { return *(const lanes *)(const void *)from; }

/* How a membrane decays: a product in Q15; a shift, where α is 2^-shift; or not at all. */
enum { BY_PRODUCT = 0, BY_SHIFT = 1, NOT_AT_ALL = 2 };

typedef struct plain_step {
    plain_walks walks;
    uint32_t flags;
    uint32_t decay_kind;
    int shift;
} plain_step;

static inline lanes decay_lanes(lanes v, const int32_t *decay, uint32_t kind, int shift, bool narrow) {
    if (kind == NOT_AT_ALL) {
        return v;
    }
    if (kind == BY_SHIFT) {
        /* Shifts by a vector: one operation, where a shift by a scalar takes two. */
        lanes by = (lanes){0} + shift;
        const int32_t half = 1 << (shift - 1);
        if (narrow) {
            return (v + ((lanes){0} + half)) >> by;
        }
        /* Half of 2^shift added without leaving int32. */
        return (v >> by) + ((v >> (by - 1)) & 1);
    }
    if (narrow) {
        return (v * load_lanes(decay) + 0x4000) >> 15;
    }
    return (v >> 15) * load_lanes(decay) + (((v & 0x7FFF) * load_lanes(decay) + 0x4000) >> 15);
}

/* Whole blocks; what is const here is constant in each call, so that each gets a loop of its own. */
__attribute__((always_inline)) static inline uint64_t
update_blocks(const snnrt_neuron_step *step, const plain_step *plain, uint32_t end, const bool narrow,
              const uint32_t kind, const bool biased, const uint32_t reset) {
    const plain_walks *walks = &plain->walks;
    /* u >= θ is u > θ - 1: thresholds are 1 at least. */
    const lanes below = (lanes){0} + ((plain->flags & SNNRT_NEURON_STRICT) != 0 ? 0 : 1);
    const lanes limit = (lanes){0} + 0x40000000;
    uint64_t spikes = 0;
    uint32_t channel = 0;
    for (uint32_t first = 0; first < end; first += SNNRT_BLOCK) {
        const int32_t *x = (const int32_t *)step->current + first;
        const int32_t *decay = block_of(&walks->decay, first, channel);
        const int32_t *bias = biased ? block_of(&walks->bias, first, channel) : x;
        const int32_t *threshold = block_of(&walks->threshold, first, channel);
        const int32_t *reset_to = block_of(&walks->reset_to, first, channel);
        uint32_t word = 0;
        for (uint32_t k = 0; k < SNNRT_BLOCK; k += LANES) {
            lanes level = load_lanes(threshold + k), current = load_lanes(x + k);
            void *state = narrow ? (void *)((int16_t *)step->state + first + k)
                                 : (void *)((int32_t *)step->state + first + k);
            lanes v = narrow ? __builtin_convertvector(*(narrow_lanes *)state, lanes) : *(lanes *)state;
            lanes u = decay_lanes(v, decay + k, kind, plain->shift, narrow);
            fired_lanes fired;
            lanes after;
            if (narrow && !biased) {
                /* |v| is at most 2^15: with a current of 2^30 nothing overflows, and a larger one is
                 * clamped to the same int16. */
                u += MAXIMUM(MINIMUM(current, limit), -limit);
            } else {
                u = saturating_add_lanes(u, current);
            }
            if (biased) {
                u = saturating_add_lanes(u, load_lanes(bias + k));
            }
            if (narrow) {
                u = MAXIMUM(MINIMUM(u, (lanes){0} + 32767), (lanes){0} - 32768);
            }
            fired = GREATER(u, level - below);
            if (reset == SNNRT_RESET_SUBTRACT) {
                /* Also in lanes that did not fire, where it may wrap. */
                after = (lanes)((unsigned_lanes)u - (unsigned_lanes)level);
            } else {
                after = load_lanes(reset_to + k);
            }
            u = SELECT(fired, after, u);
            if (narrow) {
                *(narrow_lanes *)state = __builtin_convertvector(u, narrow_lanes);
            } else {
                *(lanes *)state = u;
            }
            word |= FIRED_BITS(fired) << k;
        }
        ((uint32_t *)step->output)[first / SNNRT_BLOCK] = word;
        spikes += snnrt_popcount(word);
        channel += SNNRT_BLOCK;
        channel = channel >= step->channels ? 0u : channel;
    }
    return spikes;
}

static void choose_decay(plain_step *plain) {
    const parameter_walk *walk = &plain->walks.decay;
    uint32_t a = (uint32_t)walk->copies[0];
    plain->decay_kind = BY_PRODUCT;
    plain->shift = 1;
    if (walk->values == walk->copies && a != 0 && (a & (a - 1u)) == 0) {
        plain->shift = 15 - (int)snnrt_lowest_bit(a);
        plain->decay_kind = plain->shift == 0 ? NOT_AT_ALL : BY_SHIFT;
    }
}

static bool is_plain(const snnrt_neuron_step *step) {
    return SNNRT_GRANULARITY(step, SNNRT_NEURON_SYNAPSE) == SNNRT_ABSENT &&
           SNNRT_GRANULARITY(step, SNNRT_NEURON_LOWER_BOUND) == SNNRT_ABSENT &&
           SNNRT_GRANULARITY(step, SNNRT_NEURON_THRESHOLD) != SNNRT_ABSENT &&
           (step->flags & (SNNRT_NEURON_MULTIPLE | SNNRT_NEURON_RESET_NEXT)) == 0 &&
           SNNRT_NEURON_RESET(step->flags) != SNNRT_RESET_NONE;
}

/* One loop for each combination of what is constant. */
#define UPDATE(narrow, kind, biased)                                                               \
    (resets_to_value                                                                               \
         ? update_blocks(step, &plain, end, narrow, kind, biased, SNNRT_RESET_VALUE)               \
         : update_blocks(step, &plain, end, narrow, kind, biased, SNNRT_RESET_SUBTRACT))
#define UPDATE_STATE(kind, biased)                                                                 \
    ((plain.flags & SNNRT_NEURON_STATE_INT16) != 0 ? UPDATE(true, kind, biased)                    \
                                                   : UPDATE(false, kind, biased))
#define UPDATE_BIAS(kind)                                                                          \
    (SNNRT_GRANULARITY(step, SNNRT_NEURON_BIAS) != SNNRT_ABSENT ? UPDATE_STATE(kind, true)    \
                                                                     : UPDATE_STATE(kind, false))

static uint64_t neuron_i32(const snnrt_neuron_step *step) {
    plain_step plain;
    uint32_t end = step->neurons & ~(SNNRT_BLOCK - 1u);
    uint64_t spikes;
    bool resets_to_value = SNNRT_NEURON_RESET(step->flags) == SNNRT_RESET_VALUE;
    plain.flags = step->flags;
    if (!is_plain(step) || !begin_walk(&plain.walks.decay, step, SNNRT_NEURON_MEMBRANE) ||
        !begin_walk(&plain.walks.bias, step, SNNRT_NEURON_BIAS) ||
        !begin_walk(&plain.walks.threshold, step, SNNRT_NEURON_THRESHOLD) ||
        !begin_walk(&plain.walks.reset_to, step, SNNRT_NEURON_RESET_VALUE)) {
        return update_from(step, 0);
    }
    choose_decay(&plain);
    if (plain.decay_kind == BY_SHIFT) {
        spikes = UPDATE_BIAS(BY_SHIFT);
    } else if (plain.decay_kind == NOT_AT_ALL) {
        spikes = UPDATE_BIAS(NOT_AT_ALL);
    } else {
        spikes = UPDATE_BIAS(BY_PRODUCT);
    }
    return spikes + update_from(step, end);
}
