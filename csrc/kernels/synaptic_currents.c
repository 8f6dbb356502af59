/* Neurons with a synaptic current are two loops where the current is what the neurons read: it decays and takes its input for
 * the whole layer, then the neurons are as without one. */
#include "neuron_run.h"

#if SNNRT_WITH_INT8 && SNNRT_WITH_NEURON_VARIANTS && SNNRT_WITH_FAST_LOOPS
#if SNNRT_WITH_ARM_MVE
#include <arm_mve.h>
#endif

/* The fields of neurons' flags that say when a current decays. */
#define SNNRT_ORDER_BITS (3u << 2)

/* `adds_first` is constant in each call. */
SNNRT_INLINE static inline void update_currents(const snnrt_neuron_step *step, const bool adds_first) {
    const int32_t a = *(const snnrt_int32 *)step->arrays[SNNRT_NEURON_SYNAPSE];
    const snnrt_decay decay = snnrt_common_decay(a);
    const snnrt_int32 *x = (const snnrt_int32 *)step->current, *const end = x + step->neurons;
    snnrt_int32 *current = (snnrt_int32 *)step->synapse_state;
#if SNNRT_WITH_ARM_MVE
    const int32_t lost = (int32_t)(((uint32_t)a - (1u << 15)) << 16);
    const snnrt_int32 *const whole = x + (step->neurons & ~3u);
    for (; x != whole; x += 4, current += 4) {
        int32x4_t c = vldrwq_s32(current);
        c = adds_first ? vqaddq_s32(c, vldrwq_s32(x)) : c;
        c = vqrdmlahq_n_s32(c, c, lost);
        vstrwq_s32(current, adds_first ? c : vqaddq_s32(c, vldrwq_s32(x)));
    }
#endif
    while (x != end) {
        int32_t c = *current;
        if (adds_first) {
            c = snnrt_decay_by(snnrt_saturating_add(c, *x), decay);
        } else {
            c = snnrt_saturating_add(snnrt_decay_by(c, decay), *x);
        }
        *current++ = c;
        x++;
    }
}

SNNRT_NOINLINE static void update_currents_after(const snnrt_neuron_step *step) {
    update_currents(step, false);
}

SNNRT_NOINLINE static void update_currents_before(const snnrt_neuron_step *step) {
    update_currents(step, true);
}

bool snnrt_take_synaptic_currents(const snnrt_neuron_step *step, snnrt_neuron_step *behind) {
    const uint32_t order = SNNRT_NEURON_SYNAPSE_ORDER(step->flags);
    const uint32_t flags = step->flags & ~SNNRT_ORDER_BITS;
    const uint32_t granularity = step->granularity & ~(3u << 2 * SNNRT_NEURON_SYNAPSE);
    if (SNNRT_GRANULARITY(step, SNNRT_NEURON_SYNAPSE) != SNNRT_PER_LAYER ||
        !snnrt_neuron_is_plain(flags, granularity) ||
        (order != SNNRT_SYNAPSE_DECAY_THEN_ADD && order != SNNRT_SYNAPSE_ADD_THEN_DECAY)) {
        return false;
    }
    if (order == SNNRT_SYNAPSE_DECAY_THEN_ADD) {
        update_currents_after(step);
    } else {
        update_currents_before(step);
    }
    *behind = *step;
    behind->flags = flags;
    behind->granularity = granularity;
    behind->current = step->synapse_state;
    return true;
}
#else
typedef int snnrt_synaptic_currents_left_out;
#endif
