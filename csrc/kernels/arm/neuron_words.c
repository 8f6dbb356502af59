/* Layers of plain neurons on Cortex-M, cut into runs whose thresholds lie side by side: whole words where they do over all
 * neurons. Layers that do not fit go by ../plain_neurons.c or one by one. */
#include "neuron_words.h"

#if SNNRT_WITH_NEURON_WORDS

SNNRT_NOINLINE static void update_runs(const snnrt_neuron_step *step, const snnrt_thresholds *thresholds,
                                       uint64_t *spikes) {
    snnrt_uint32 *output = (snnrt_uint32 *)step->output;
    const bool whole = snnrt_thresholds_fill_words(thresholds, step->neurons);
    snnrt_plain_run run = {step->neurons & ~(SNNRT_NEURONS_AT_ONCE - 1u), 0, 0};
    uint32_t spread = 0;
    snnrt_neuron_words p;
    p.decay = *(const snnrt_int32 *)step->arrays[SNNRT_NEURON_MEMBRANE];
    p.reset = SNNRT_NEURON_RESET(step->flags);
    p.reset_value =
        p.reset == SNNRT_RESET_VALUE ? *(const snnrt_int32 *)step->arrays[SNNRT_NEURON_RESET_VALUE] : 0;
    p.strict = step->flags & SNNRT_NEURON_STRICT;
    p.current = (const snnrt_int32 *)step->current;
    p.state = step->state;
    p.first = thresholds->first;
    p.last = thresholds->first + thresholds->period;
    *spikes = 0;
    do {
        const bool words = whole && run.left >= 32u;
        const uint32_t count = words ? run.left & ~31u : snnrt_run_neurons(&run, thresholds->period);
        uint32_t part;
        p.level = thresholds->first + run.place;
        p.bit = words ? 1u : 1u << (32u - count);
        p.end = p.current + count;
        p.output = words ? output : &part;
        snnrt_update_words(&p, step->flags);
        if (words) {
#if SNNRT_WITH_COUNTERS
            for (; output != p.output; output++) {
                *spikes += snnrt_popcount(*output);
            }
#endif
            output = p.output;
            run.left -= count;
            run.place = (uint32_t)(p.level - thresholds->first);
            continue;
        }
        spread |= part >> (32u - count - run.bit);
        if (snnrt_end_run(&run, count, thresholds->period)) {
            *output++ = spread;
#if SNNRT_WITH_COUNTERS
            *spikes += snnrt_popcount(spread);
#endif
            spread = 0;
        }
    } while (run.left != 0);
}

/* Kept apart: the copies are most of the stack. */
SNNRT_NOINLINE static void update_with_copies(const snnrt_neuron_step *step, snnrt_thresholds *thresholds,
                                              uint32_t copied, uint64_t *spikes) {
    snnrt_int32 copies[SNNRT_COPIES];
    snnrt_copy_thresholds(thresholds, 0, copies, copied);
    thresholds->first = copies;
    thresholds->period = copied;
    update_runs(step, thresholds, spikes);
}

bool snnrt_update_in_words(const snnrt_neuron_step *step, uint64_t *spikes) {
    const int32_t decay = *(const snnrt_int32 *)step->arrays[SNNRT_NEURON_MEMBRANE];
    snnrt_thresholds thresholds;
    uint32_t copied;
    snnrt_find_thresholds(step, &thresholds);
    copied = snnrt_copies_worth(&thresholds, step->neurons);
    if (!snnrt_fits_neuron_words(step, decay, copied != 0 ? copied : thresholds.period)) {
        return false;
    }
    if (copied != 0) {
        update_with_copies(step, &thresholds, copied, spikes);
    } else {
        update_runs(step, &thresholds, spikes);
    }
    return true;
}
#else
typedef int snnrt_neuron_words_left_out;
#endif
