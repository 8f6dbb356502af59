/* Spikes that compete: of those of a step the one with the highest potential wins, closes what is around it, and the
 * next is looked for. */
#include "competition.h"

#if SNNRT_WITH_COMPETITION

#define SNNRT_NO_CANDIDATE UINT32_MAX

#if SNNRT_WITH_MODEL_CHECK
snnrt_status snnrt_competition_check(const snnrt_check *check, uint32_t radius) {
    const snnrt_node *node = check->node;
    if (check->source->type != SNNRT_TYPE_BITS ||
        (node->edge_count > 1u && snnrt_source_of(check->model, node, 1)->type == SNNRT_TYPE_BITS)) {
        return SNNRT_ERROR_NODE_DTYPE;
    }
    return radius > SNNRT_DIMENSION_MAX ? SNNRT_ERROR_NODE_PARAMETER : SNNRT_OK;
}
#endif

static uint32_t won_bytes(const snnrt_node *node) { return (snnrt_output_bytes(node) + 7u) & ~7u; }

uint32_t snnrt_competition_state_bytes(const snnrt_node *node) {
    return won_bytes(node) + snnrt_bytes_of_bits(node->height * node->width);
}

uint64_t snnrt_winners_apart(const snnrt_node *node, uint32_t radius) {
    return (uint64_t)((node->height + radius) / (radius + 1u)) * ((node->width + radius) / (radius + 1u));
}

uint64_t snnrt_competition_operations(const snnrt_node *node, uint64_t winners, uint32_t radius) {
    uint32_t side = 2u * radius + 1u;
    uint64_t rows = side < node->height ? side : node->height;
    uint64_t columns = side < node->width ? side : node->width;
    return snnrt_elements(node) * (winners + 1u) + rows * columns * winners;
}

/* What orders potentials: a float's bits count as a number with a sign, and a NaN is below all. */
static int32_t potential_key(const void *potentials, uint32_t type, uint32_t element) {
    int32_t word;
#if SNNRT_WITH_INT8
    if (type == SNNRT_TYPE_INT16) {
        return ((const snnrt_int16 *)potentials)[element];
    }
#endif
    word = ((const snnrt_int32 *)potentials)[element];
#if SNNRT_WITH_FLOAT32
    if (type == SNNRT_TYPE_FLOAT32) {
        int32_t magnitude = word & INT32_MAX;
        if (magnitude > 0x7F800000) {
            return INT32_MIN;
        }
        return word < 0 ? -magnitude : magnitude;
    }
#endif
    (void)type;
    return word;
}

typedef struct snnrt_contest {
    const void *potentials; /* NULL: all are equal */
    snnrt_uint32 *candidates;
    snnrt_uint32 *closed;
    snnrt_uint32 *maps;
    uint32_t type; /* of the potentials */
    uint32_t words;
    uint32_t channels;
} snnrt_contest;

static void set_bit(snnrt_uint32 *words, uint32_t index) { words[index >> 5] |= 1u << (index & 31u); }

/* The candidate that wins, from word `from` on; `alone` looks at the first open position only. Those that have lost are
 * struck off. */
static uint32_t best_candidate(const snnrt_contest *c, uint32_t from, bool alone) {
    uint32_t best = SNNRT_NO_CANDIDATE, best_position = 0, best_map = 0;
    int32_t highest = 0;
    for (uint32_t word = from; word < c->words; word++) {
        for (uint32_t left = c->candidates[word]; left != 0; left &= left - 1u) {
            uint32_t element = word * 32u + snnrt_lowest_bit(left);
            uint32_t position = element / c->channels;
            uint32_t map = element - position * c->channels;
            int32_t key = 0;
            if (snnrt_bit(c->closed, position) != 0 || (c->maps != NULL && snnrt_bit(c->maps, map) != 0)) {
                c->candidates[word] &= ~(left & (0u - left));
                continue;
            }
            if (alone && best != SNNRT_NO_CANDIDATE && position != best_position) {
                return best;
            }
            if (c->potentials != NULL) {
                key = potential_key(c->potentials, c->type, element);
            }
            /* Within a map the first in the file's order is the lowest (row, column). */
            if (best == SNNRT_NO_CANDIDATE || key > highest || (key == highest && map < best_map)) {
                best = element;
                best_position = position;
                best_map = map;
                highest = key;
            }
        }
    }
    return best;
}

/* No position up to `radius` rows and columns away is open from now on. */
static void close_window(snnrt_uint32 *closed, const snnrt_node *node, uint32_t position, uint32_t radius) {
    uint32_t y = position / node->width;
    uint32_t x = position - y * node->width;
    uint32_t bottom = y + radius < node->height ? y + radius : node->height - 1u;
    uint32_t right = x + radius < node->width ? x + radius : node->width - 1u;
    uint32_t left = x > radius ? x - radius : 0;
    for (uint32_t row = y > radius ? y - radius : 0; row <= bottom; row++) {
        for (uint32_t column = left; column <= right; column++) {
            set_bit(closed, row * node->width + column);
        }
    }
}

uint32_t snnrt_compete(const snnrt_network *network, const snnrt_node *node, const snnrt_competition *rules) {
    const snnrt_uint32 *spikes =
        (const snnrt_uint32 *)snnrt_value_of(network, snnrt_source_of(network->model, node, 0));
    snnrt_uint32 *output = (snnrt_uint32 *)(void *)(network->arena + node->output);
    snnrt_uint32 *won = (snnrt_uint32 *)(void *)(network->arena + rules->state);
    bool windows = rules->maps == NULL || rules->radius != 0;
    /* Where a winner closes its own position and nothing else, no position waits for another. */
    bool alone = rules->maps == NULL && rules->radius == 0;
    uint32_t winners = 0, from = 0;
    snnrt_contest contest;
    contest.potentials = NULL;
    contest.type = 0;
    if (node->edge_count > 1u) {
        const snnrt_node *source = snnrt_source_of(network->model, node, 1);
        contest.potentials = snnrt_value_of(network, source);
        contest.type = source->type;
    }
    contest.candidates = output;
    contest.closed = (snnrt_uint32 *)(void *)(network->arena + rules->state + won_bytes(node));
    contest.maps = rules->maps;
    contest.words = snnrt_output_bytes(node) / 4u;
    contest.channels = node->channels;
    for (uint32_t i = 0; i < contest.words; i++) {
        output[i] = spikes[i] & ~won[i];
    }
    while (winners != rules->left) {
        uint32_t best = best_candidate(&contest, from, alone);
        uint32_t position = best / node->channels;
        if (best == SNNRT_NO_CANDIDATE) {
            break;
        }
        set_bit(won, best);
        if (windows) {
            close_window(contest.closed, node, position, rules->radius);
        }
        if (rules->maps != NULL) {
            set_bit(rules->maps, best - position * node->channels);
        }
        from = alone ? best >> 5 : 0;
        winners++;
    }
    for (uint32_t i = 0; i < contest.words; i++) {
        output[i] = spikes[i] & won[i];
    }
    return winners;
}

#else
typedef int snnrt_competition_left_out;
#endif
