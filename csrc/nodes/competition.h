/* What inhibition and winners share: spikes that compete for positions. Internal. */
#ifndef SNNRT_COMPETITION_H
#define SNNRT_COMPETITION_H

#include "../snnrt_check.h"

typedef struct snnrt_competition {
    /* arena offset of: a bit an element, which have won; behind it a bit a position, which are closed */
    uint32_t state;
    uint32_t radius;
    uint32_t left; /* winners that may still come */
    snnrt_uint32 *maps; /* a bit a map, which are closed; NULL: no winner closes its map */
} snnrt_competition;

#if SNNRT_WITH_MODEL_CHECK
/* Spikes and, if anything, numbers; a radius that no sum of coordinates overflows with. */
SNNRT_INTERNAL snnrt_status snnrt_competition_check(const snnrt_check *check, uint32_t radius);
#endif

/* Bytes of the two states, the second from a multiple of 8 on. */
SNNRT_INTERNAL uint32_t snnrt_competition_state_bytes(const snnrt_node *node);

/* One step: writes the spikes of winners, and gives how many have won in it. */
SNNRT_INTERNAL uint32_t snnrt_compete(const snnrt_network *network, const snnrt_node *node,
                                      const snnrt_competition *rules);

/* What that takes at most, with so many winners in a step. */
SNNRT_INTERNAL uint64_t snnrt_competition_operations(const snnrt_node *node, uint64_t winners,
                                                     uint32_t radius);

/* The most winners of which none lies in the window of another. */
SNNRT_INTERNAL uint64_t snnrt_winners_apart(const snnrt_node *node, uint32_t radius);

static inline uint32_t snnrt_bytes_of_bits(uint32_t count) { return (count + 31u) / 32u * 4u; }

#endif
