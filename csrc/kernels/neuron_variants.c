/* The integer neuron step of docs/ir.md with every mechanism, a neuron at a time: what plain kernels leave out is done
 * here. */
#include "neuron_run.h"

#if SNNRT_WITH_INT8 && SNNRT_WITH_NEURON_VARIANTS

/* A decay of a neuron with these flags: a factor, or a shift. */
static int32_t decayed(uint32_t flags, int32_t s, int32_t decay) {
    return (flags & SNNRT_NEURON_SHIFT_DECAY) != 0 ? s - (s >> decay) : snnrt_decay_q15(s, decay);
}

/* The current that a synapse makes of `x`. */
static int32_t synaptic_current(uint32_t flags, snnrt_int32 *c, int32_t x, int32_t decay) {
    const uint32_t order = SNNRT_NEURON_SYNAPSE_ORDER(flags);
    int32_t now = *c, next;
    if (order == SNNRT_SYNAPSE_ADD_THEN_DECAY || order == SNNRT_SYNAPSE_USE_THEN_DECAY) {
        now = snnrt_saturating_add(now, x);
        next = decayed(flags, now, decay);
    } else {
        next = snnrt_saturating_add(decayed(flags, now, decay), x);
    }
    *c = next;
    return order == SNNRT_SYNAPSE_DECAY_THEN_ADD || order == SNNRT_SYNAPSE_ADD_THEN_DECAY ? next : now;
}

/* A parameter of a run: neuron k's is at[k & each]. */
typedef struct snnrt_values {
    const snnrt_int32 *at; /* NULL: absent */
    uint32_t each; /* all ones or 0 */
} snnrt_values;

static snnrt_values values_of(const snnrt_neuron_run *run, uint32_t parameter) {
    snnrt_values values;
    values.at = snnrt_first_value(run, parameter);
    values.each = 0u - snnrt_distance(run, parameter);
    return values;
}

/* What an alpha synapse makes of its two currents. */
static int32_t saturating_difference(int32_t a, int32_t b) {
    int64_t value = (int64_t)a - b;
    return value > INT32_MAX ? INT32_MAX : value < INT32_MIN ? INT32_MIN : (int32_t)value;
}

/* What `count` spikes make of an adaptation. */
static int32_t raised_by(int32_t raised, uint32_t count, int32_t jump) {
    int64_t higher = (int64_t)count * jump + raised;
    return higher > INT32_MAX ? INT32_MAX : (int32_t)higher;
}

/* How many of its `net` spikes a neuron takes back where its membrane is below 0; `count` are those that it fires. */
static uint32_t taken_back(const snnrt_neuron_run *run, snnrt_int16 *net, int32_t u, int32_t threshold,
                           uint32_t count) {
    uint32_t most = (uint32_t)*net < run->step->max_spikes ? (uint32_t)*net : run->step->max_spikes, back = 0;
    if (u < 0) {
        /* -floor(u / threshold), without a negative quotient */
        back = (uint32_t)~u / (uint32_t)threshold + 1u;
        back = back < most ? back : most;
    }
    count = (uint32_t)*net + count - back;
    *net = (int16_t)(count < INT16_MAX ? count : INT16_MAX);
    return back;
}

uint32_t snnrt_update_variants(const snnrt_neuron_run *run, uint64_t *spikes) {
    const snnrt_neuron_step *step = run->step;
    const uint32_t first = run->index[SNNRT_PER_NEURON], flags = run->flags;
    const uint32_t reset = SNNRT_NEURON_RESET(flags);
    const bool next = (flags & SNNRT_NEURON_RESET_NEXT) != 0;
    const bool multiple = (flags & SNNRT_NEURON_MULTIPLE) != 0;
    const snnrt_values membrane = values_of(run, SNNRT_NEURON_MEMBRANE);
    const snnrt_values synapse = values_of(run, SNNRT_NEURON_SYNAPSE);
    const snnrt_values rise = values_of(run, SNNRT_NEURON_SYNAPSE_RISE);
    const snnrt_values bias = values_of(run, SNNRT_NEURON_BIAS);
    const snnrt_values threshold = values_of(run, SNNRT_NEURON_THRESHOLD);
    const snnrt_values reset_to = values_of(run, SNNRT_NEURON_RESET_VALUE);
    const snnrt_values bound = values_of(run, SNNRT_NEURON_LOWER_BOUND);
    const snnrt_values jump = values_of(run, SNNRT_NEURON_ADAPTATION);
    const snnrt_values fade = values_of(run, SNNRT_NEURON_ADAPTATION_DECAY);
    const snnrt_values rest = values_of(run, SNNRT_NEURON_REFRACTORY);
    const snnrt_int32 *current = (const snnrt_int32 *)step->current + first;
    snnrt_int32 *wide = (snnrt_int32 *)step->state + first;
    snnrt_int16 *narrow = (flags & SNNRT_NEURON_STATE_INT16) != 0 ? (snnrt_int16 *)step->state + first : NULL;
    uint32_t word = 0;
    for (uint32_t k = 0; k < run->count; k++) {
        int32_t v = narrow != NULL ? narrow[k] : wide[k];
        int32_t x = current[k], level = INT32_MAX, taken = 0, held = v, raised = 0, fallen = 0, late, u;
        snnrt_int32 *c = NULL, *d = NULL;
        uint32_t count = 1;
        bool fires, resting = false;
        if (synapse.at != NULL) {
            c = (snnrt_int32 *)step->synapse_state + first + k;
            if (rise.at != NULL) {
                d = (snnrt_int32 *)step->rise_state + first + k;
                fallen = *d;
                *d = snnrt_saturating_add(decayed(flags, fallen, rise.at[k & rise.each]), x);
            }
            x = synaptic_current(flags, c, x, synapse.at[k & synapse.each]);
            if (rise.at != NULL) {
                x = saturating_difference(x, *d);
            }
        }
        u = snnrt_saturating_add(decayed(flags, v, membrane.at[k & membrane.each]), x);
        if (bias.at != NULL) {
            u = snnrt_saturating_add(u, bias.at[k & bias.each]);
        }
        if (narrow != NULL && !next) {
            u = snnrt_clamp_int16(u);
        }
        if (threshold.at != NULL) {
            taken = threshold.at[k & threshold.each];
            if (fade.at != NULL) {
                raised = decayed(flags, ((snnrt_int32 *)step->adaptation_state)[first + k],
                                 fade.at[k & fade.each]);
                taken = snnrt_saturating_add(taken, raised);
            }
            /* u >= θ is u > θ - 1: thresholds are 1 at least. */
            level = taken - ((flags & SNNRT_NEURON_STRICT) == 0);
        }
        resting = rest.at != NULL && ((snnrt_int16 *)step->refractory_state)[first + k] != 0;
        fires = !resting && (next ? v : u) > level;
        if ((flags & SNNRT_NEURON_ONE_SPIKE) != 0) {
            snnrt_uint32 *fired = (snnrt_uint32 *)step->fired_state + (first + k) / 32u;
            const uint32_t bit = (uint32_t)fires << (first + k) % 32u & ~*fired;
            *fired |= bit;
            fires = bit != 0;
        }
        if (multiple) {
            count = u > 0 && !resting ? (uint32_t)u / (uint32_t)taken : 0u;
            if (count > step->max_spikes) {
                count = step->max_spikes;
                snnrt_count_capped(step, 1);
            }
            *spikes += count;
            if ((flags & SNNRT_NEURON_TAKES_BACK) != 0) {
                const uint32_t back =
                    taken_back(run, (snnrt_int16 *)step->net_state + first + k, u, taken, count);
                *spikes += back;
                count -= back;
            }
            ((snnrt_int16 *)step->output)[first + k] = (int16_t)count;
            /* Modulo 2^32, which the membrane's next value fits. */
            taken = (int32_t)(count * (uint32_t)taken);
            u = (flags & SNNRT_NEURON_TAKES_BACK) != 0 ? (int32_t)((uint32_t)u - (uint32_t)taken) : u;
            fires = count != 0 && (flags & SNNRT_NEURON_TAKES_BACK) == 0;
        }
        if (fires && reset != SNNRT_RESET_NONE && (flags & SNNRT_NEURON_RESET_SYNAPSE) != 0) {
            const bool subtracts = reset == SNNRT_RESET_SUBTRACT;
            u = subtracts ? saturating_difference(u, fallen) : reset_to.at[k & reset_to.each];
            *c = subtracts ? saturating_difference(*c, taken) : 0;
            *d = 0;
        } else if (fires && reset == SNNRT_RESET_SUBTRACT) {
            u = snnrt_saturating_add(u, -taken);
        } else if (fires && reset == SNNRT_RESET_VALUE) {
            u = reset_to.at[k & reset_to.each];
        }
        if (narrow != NULL) {
            u = snnrt_clamp_int16(u);
        }
        if (next) {
            late = fires;
            fires = u > level;
            if ((flags & SNNRT_NEURON_RESET_AHEAD) != 0 && late != fires) {
                u = snnrt_saturating_add(u, fires ? -taken : taken);
                u = narrow != NULL ? snnrt_clamp_int16(u) : u;
            }
        }
        word |= (uint32_t)(fires && !multiple) << k;
        if (jump.at != NULL) {
            ((snnrt_int32 *)step->adaptation_state)[first + k] =
                fires ? raised_by(raised, count, jump.at[k & jump.each]) : raised;
        }
        if (rest.at != NULL) {
            snnrt_int16 *counter = (snnrt_int16 *)step->refractory_state + first + k;
            if (resting) {
                u = (flags & SNNRT_NEURON_REFRACTORY_INTEGRATES) != 0 ? u : held;
                --*counter;
            } else if (fires) {
                *counter = (int16_t)rest.at[k & rest.each];
            }
        }
        if (bound.at != NULL && u < bound.at[k & bound.each]) {
            u = bound.at[k & bound.each];
        }
        if (narrow != NULL) {
            narrow[k] = (int16_t)u;
        } else {
            wide[k] = u;
        }
        if (threshold.at == NULL) {
            ((snnrt_int32 *)step->output)[first + k] = u;
        }
    }
    return word;
}
#else
typedef int snnrt_neuron_variants_left_out;
#endif
