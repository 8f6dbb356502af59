/* Plain neurons in assembler, a word of spikes after another. Internal. */
#ifndef SNNRT_NEURON_WORDS_H
#define SNNRT_NEURON_WORDS_H

#include "../plain_neurons.h"

/* What the loops look up between words, at 0, 4, 8, ... bytes, and where they are. */
typedef struct snnrt_neuron_words {
    const snnrt_int32 *first, *last; /* thresholds begin again where a word ends with the last */
    snnrt_uint32 *output; /* gets a word where 32 neurons or the run end: the last neuron is bit 31 */
    const snnrt_int32 *end; /* of the run's currents */
    int32_t reset_value;
    uint32_t strict;
    const snnrt_int32 *current, *level;
    void *state;
    int32_t decay;
    uint32_t bit; /* of the run's first neuron */
    uint32_t reset; /* SNNRT_RESET_ NONE, SUBTRACT or VALUE: 0, 1 or 2 */
} snnrt_neuron_words;

/* Whether a layer whose thresholds repeat with `period` can be updated so. */
SNNRT_INTERNAL bool snnrt_fits_neuron_words(const snnrt_neuron_step *step, int32_t decay, uint32_t period);

/* From `current` to `end`; `current`, `level`, `state` and `output` go on. */
SNNRT_INTERNAL void snnrt_update_words(snnrt_neuron_words *words, uint32_t flags);

#endif
