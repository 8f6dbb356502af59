/* Spikes of neurons with a static current, found in an inference's first timestep and kept for the others. */
#include "../snnrt_core.h"

#if SNNRT_WITH_KERNEL_TABLE && SNNRT_WITH_INT8
/* Where a static current's spikes lie: of each timestep, then how many in each, then of how many timesteps, and whether the
 * membranes were left as they were. */
typedef struct spikes_ahead {
    snnrt_uint32 *words, *spikes, *steps, *whole;
    uint32_t count; /* words of a timestep */
} spikes_ahead;

static spikes_ahead ahead_of(const snnrt_neuron_step *step, snnrt_uint32 *memory) {
    spikes_ahead ahead;
    ahead.count = (step->neurons + 31u) / 32u;
    ahead.words = memory;
    ahead.spikes = memory + (size_t)SNNRT_AHEAD_STEPS * ahead.count;
    ahead.steps = ahead.spikes + SNNRT_AHEAD_STEPS;
    ahead.whole = ahead.steps + 1;
    return ahead;
}

/* Membranes as they are before this timestep, where it has not left them. */
SNNRT_NOINLINE static void find_membranes(const snnrt_network *network, const snnrt_node *node,
                                          const snnrt_neuron_step *step) {
    snnrt_uint32 *words = (snnrt_uint32 *)step->state;
    for (uint32_t left = snnrt_neuron_state_bytes(node) / 4u; left != 0; left--) {
        *words++ = 0;
    }
    snnrt_neuron_start(network, node);
    for (uint32_t timestep = 0; timestep < network->timestep; timestep++) {
        (void)network->kernels->neuron_i32(step);
    }
}

bool snnrt_take_ahead(const snnrt_network *network, const snnrt_node *node, const snnrt_neuron_step *step,
                      snnrt_uint32 *memory, uint64_t *spikes) {
    const spikes_ahead ahead = ahead_of(step, memory);
    const snnrt_uint32 *from = ahead.words + (size_t)network->timestep * ahead.count;
    snnrt_uint32 *to = (snnrt_uint32 *)step->output;
    if (network->timestep == 0) {
        const uint32_t all = network->maximum_timesteps;
        const bool shown = SNNRT_SHOWS(network) || network->kernels->neuron_ahead == NULL || all < 2u;
        const bool whole =
            !shown && all <= SNNRT_AHEAD_STEPS && snnrt_find_array(node, SNNRT_NEURON_INITIAL) == NULL;
        snnrt_neuron_step first = *step;
        first.output = ahead.words;
        *ahead.whole = whole;
        *ahead.steps = all < SNNRT_AHEAD_STEPS ? all : SNNRT_AHEAD_STEPS;
        if (!whole) {
            find_membranes(network, node, step);
        }
        if (shown || !network->kernels->neuron_ahead(&first, *ahead.steps, whole, ahead.spikes)) {
            *ahead.steps = 0;
            if (whole) {
                find_membranes(network, node, step);
            }
        }
    }
    if (network->timestep < *ahead.steps && !SNNRT_SHOWS(network)) {
        for (uint32_t k = 0; k < ahead.count; k++) {
            to[k] = from[k];
        }
        *spikes = ahead.spikes[network->timestep];
        return true;
    }
    if (*ahead.steps != 0 && (*ahead.whole != 0 || network->timestep < *ahead.steps)) {
        find_membranes(network, node, step);
    }
    *ahead.steps = 0;
    return false;
}
#else
typedef int snnrt_neuron_ahead_left_out;
#endif
