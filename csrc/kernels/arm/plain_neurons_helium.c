/* Plain neurons with the vectors of Cortex-M55 (Helium), four at a time. */
#include "../plain_neurons.h"

#if SNNRT_WITH_INT8 && SNNRT_WITH_FAST_LOOPS && SNNRT_WITH_ARM_MVE
#include <arm_mve.h>

/* What a layer's neurons have alike. */
typedef struct snnrt_helium_layer {
    int32_t factor; /* twice the product of it and a membrane, its high half rounded, is what is left */
    int32_t margin; /* a neuron fires above its threshold less this */
    int32_t reset_value;
} snnrt_helium_layer;

/* Neurons that are reset by subtraction, four at a time (half-words are read from low registers); `reach` is the condition on which one fires. GCC's own form of it
 * carries the predicate to and fro. */
#define SNNRT_FOURS(take, narrow, reach, leave) \
    __asm__ volatile("1:\n\t" take "vqrdmulh.s32 %q[u], %q[u], %[factor]\n\t" \
                     "vldrw.u32 %q[other], [%[x]], #16\n\t" \
                     "vqadd.s32 %q[u], %q[u], %q[other]\n\t" narrow \
                     "vldrw.u32 %q[other], [%[level]], #16\n\t" \
                     "vptt.s32 " reach ", %q[u], %q[other]\n\t" \
                     "vsubt.i32 %q[u], %q[u], %q[other]\n\t" \
                     "vaddvat.u32 %[word], %q[bits]\n\t" \
                     "vshl.i32 %q[bits], %q[bits], #4\n\t" leave "cmp %[x], %[end]\n\t" \
                     "bne 1b" \
                     : [x] "+&r"(x), [level] "+&r"(threshold), [state] "+&l"(state), [word] "+&Te"(word), \
                       [bits] "+&w"(bits), [u] "=&w"(u), [other] "=&w"(other) \
                     : [factor] "r"(factor), [end] "r"(x + count) \
                     : "p0", "cc", "memory")
#define SNNRT_TAKE_4 "vldrw.u32 %q[u], [%[state]]\n\t"
#define SNNRT_LEAVE_4 "vstrw.32 %q[u], [%[state]], #16\n\t"
#define SNNRT_TAKE_4_NARROW "vldrh.s32 %q[u], [%[state]]\n\t"
#define SNNRT_CLAMP_4 \
    "vqmovnb.s32 %q[u], %q[u]\n\t" \
    "vmovlb.s16 %q[u], %q[u]\n\t"
#define SNNRT_LEAVE_4_NARROW "vstrh.32 %q[u], [%[state]], #8\n\t"

static uint64_t helium_update_subtracted(const snnrt_neuron_step *step, const int32_t factor,
                                         const snnrt_thresholds *thresholds) {
    const uint32x4_t first_bits = {1, 2, 4, 8};
    const bool strict = (step->flags & SNNRT_NEURON_STRICT) != 0;
    const bool narrow = (step->flags & SNNRT_NEURON_STATE_INT16) != 0;
    const snnrt_int32 *x = (const snnrt_int32 *)step->current;
    uint8_t *state = (uint8_t *)step->state;
    snnrt_uint32 *output = (snnrt_uint32 *)step->output;
    snnrt_plain_run run = {step->neurons, 0, 0};
    uint32_t word = 0;
    uint64_t spikes = 0;
    do {
        const uint32_t count = snnrt_run_neurons(&run, thresholds->period);
        const snnrt_int32 *threshold = thresholds->first + run.place;
        uint32x4_t bits = vshlq_r_u32(first_bits, (int32_t)run.bit);
        int32x4_t u, other;
        if (!narrow && !strict) {
            SNNRT_FOURS(SNNRT_TAKE_4, "", "ge", SNNRT_LEAVE_4);
        } else if (!narrow) {
            SNNRT_FOURS(SNNRT_TAKE_4, "", "gt", SNNRT_LEAVE_4);
        } else if (!strict) {
            SNNRT_FOURS(SNNRT_TAKE_4_NARROW, SNNRT_CLAMP_4, "ge", SNNRT_LEAVE_4_NARROW);
        } else {
            SNNRT_FOURS(SNNRT_TAKE_4_NARROW, SNNRT_CLAMP_4, "gt", SNNRT_LEAVE_4_NARROW);
        }
        if (snnrt_end_run(&run, count, thresholds->period)) {
            *output++ = word;
#if SNNRT_WITH_COUNTERS
            spikes += snnrt_popcount(word);
#endif
            word = 0;
        }
    } while (run.left != 0);
    return spikes;
}

/* Any reset. */
SNNRT_INLINE static inline uint64_t helium_update(const snnrt_neuron_step *step,
                                                  const snnrt_helium_layer *layer,
                                                  const snnrt_thresholds *thresholds, const bool narrow,
                                                  const bool leaks, const uint32_t reset) {
    const uint32x4_t first_bits = {1, 2, 4, 8};
    const int32_t factor = layer->factor, margin = layer->margin, reset_value = layer->reset_value;
    const snnrt_int32 *x = (const snnrt_int32 *)step->current;
    snnrt_int32 *wide = (snnrt_int32 *)step->state;
    snnrt_int16 *short_state = (snnrt_int16 *)step->state;
    snnrt_uint32 *output = (snnrt_uint32 *)step->output;
    snnrt_plain_run run = {step->neurons, 0, 0};
    uint32_t word = 0;
    uint64_t spikes = 0;
    do {
        const uint32_t count = snnrt_run_neurons(&run, thresholds->period);
        const snnrt_int32 *threshold = thresholds->first + run.place;
        uint32x4_t bits = vshlq_r_u32(first_bits, (int32_t)run.bit);
        uint32_t left = count / 4u;
        do {
            const int32x4_t level = vldrwq_s32(threshold);
            int32x4_t u = narrow ? vldrhq_s32(short_state) : vldrwq_s32(wide);
            u = vqaddq_s32(leaks ? vqrdmulhq_n_s32(u, factor) : u, vldrwq_s32(x));
            if (narrow) {
                u = vminq_s32(vmaxq_s32(u, vdupq_n_s32(INT16_MIN)), vdupq_n_s32(INT16_MAX));
            }
            {
                const mve_pred16_t fired = vcmpgtq_s32(u, vsubq_n_s32(level, margin));
                word = vaddvaq_p_u32(word, bits, fired);
                u = reset == SNNRT_RESET_VALUE      ? vdupq_m_n_s32(u, reset_value, fired)
                    : reset == SNNRT_RESET_SUBTRACT ? vsubq_m_s32(u, u, level, fired)
                                                    : u;
            }
            bits = vshlq_n_u32(bits, 4);
            if (narrow) {
                vstrhq_s32(short_state, u);
                short_state += 4;
            } else {
                vstrwq_s32(wide, u);
                wide += 4;
            }
            x += 4;
            threshold += 4;
        } while (--left != 0);
        if (snnrt_end_run(&run, count, thresholds->period)) {
            *output++ = word;
#if SNNRT_WITH_COUNTERS
            spikes += snnrt_popcount(word);
#endif
            word = 0;
        }
    } while (run.left != 0);
    return spikes;
}

SNNRT_NOINLINE static uint64_t helium_update_any(const snnrt_neuron_step *step,
                                                 const snnrt_helium_layer *layer,
                                                 const snnrt_thresholds *thresholds, bool leaks) {
    return helium_update(step, layer, thresholds, (step->flags & SNNRT_NEURON_STATE_INT16) != 0, leaks,
                         SNNRT_NEURON_RESET(step->flags));
}

bool snnrt_update_plain(const snnrt_neuron_step *step, uint64_t *spikes) {
    const int32_t a = *(const snnrt_int32 *)step->arrays[SNNRT_NEURON_MEMBRANE];
    const uint32_t reset = SNNRT_NEURON_RESET(step->flags);
    /* All of a membrane is no factor of 31 bits. */
    const bool leaks = a >> 15 == 0;
    snnrt_thresholds thresholds;
    snnrt_helium_layer layer;
    snnrt_find_thresholds(step, &thresholds);
    if ((thresholds.period | step->neurons) % 4u != 0) {
        return false;
    }
    layer.factor = (int32_t)((uint32_t)a << 16);
    layer.margin = (step->flags & SNNRT_NEURON_STRICT) == 0;
    layer.reset_value =
        reset == SNNRT_RESET_VALUE ? *(const snnrt_int32 *)step->arrays[SNNRT_NEURON_RESET_VALUE] : 0;
    if (!leaks || reset != SNNRT_RESET_SUBTRACT) {
        *spikes = helium_update_any(step, &layer, &thresholds, leaks);
    } else {
        *spikes = helium_update_subtracted(step, layer.factor, &thresholds);
    }
    return true;
}
#else
typedef int snnrt_plain_neurons_helium_left_out;
#endif
