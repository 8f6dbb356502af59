/* Integer neurons, run by run: what plain ones and variants share. Internal. */
#ifndef SNNRT_NEURON_RUN_H
#define SNNRT_NEURON_RUN_H

#include "../snnrt_kernels.h"

/* Where the step is: a run of neurons whose parameters lie side by side. */
typedef struct snnrt_neuron_run {
    const snnrt_neuron_step *step;
    uint32_t flags;
    uint32_t index[4]; /* of the first neuron's parameters, by their granularity */
    uint32_t count;
    const snnrt_int32 *current; /* of the first neuron */
} snnrt_neuron_run;

/* Of the run's first neuron; NULL where it is absent. */
static inline const snnrt_int32 *snnrt_first_value(const snnrt_neuron_run *run, uint32_t parameter) {
    uint32_t granularity = SNNRT_GRANULARITY(run->step, parameter);
    return granularity == SNNRT_ABSENT
               ? NULL
               : (const snnrt_int32 *)run->step->arrays[parameter] + run->index[granularity];
}

/* 1 where each neuron has a value of its own, else 0. */
static inline uint32_t snnrt_distance(const snnrt_neuron_run *run, uint32_t parameter) {
    return SNNRT_GRANULARITY(run->step, parameter) >> 1;
}

#if SNNRT_WITH_NEURON_VARIANTS || !SNNRT_LONG_PRODUCTS
/* floor((s * a + 2^14) / 2^15) for a in 0 ... 2^15, without a 64-bit product: s = high * 2^15 + low. */
static inline int32_t snnrt_decay_q15(int32_t s, int32_t a) {
    int32_t high = s >> 15;
    int32_t low = s & 0x7FFF;
    return (int32_t)((uint32_t)high * (uint32_t)a) + ((low * a + 0x4000) >> 15);
}
#endif

/* The same decay of all neurons. With 64-bit products it is round(s * a * 2^17 / 2^32), where a * 2^17 is an int32; from
 * a = 2^14 on that is 2^32 less, and s is added. */
typedef struct snnrt_decay {
    int32_t factor;
    int32_t keeps; /* all ones or 0 */
} snnrt_decay;

static inline snnrt_decay snnrt_common_decay(int32_t a) {
    snnrt_decay decay;
    decay.factor = SNNRT_LONG_PRODUCTS ? (int32_t)((uint32_t)a << 17) : a;
    decay.keeps = -(a >> 14 != 0);
    return decay;
}

static inline int32_t snnrt_decay_by(int32_t s, snnrt_decay decay) {
#if SNNRT_WITH_ARM_DSP
    int32_t result;
    __asm__("smmlar %0, %1, %2, %3" : "=r"(result) : "r"(s), "r"(decay.factor), "r"(s & decay.keeps));
    return result;
#elif defined(__thumb2__)
    /* What is added begins in the high word of the sum that the product is added to. */
    const uint64_t start = (uint64_t)(uint32_t)(s & decay.keeps) << 32 | 0x80000000u;
    return (int32_t)((start + (uint64_t)((int64_t)s * decay.factor)) >> 32);
#elif SNNRT_LONG_PRODUCTS && UINTPTR_MAX == 0xFFFFFFFF
    /* The low word only rounds. */
    const uint64_t product = (uint64_t)((int64_t)s * decay.factor);
    return (s & decay.keeps) + (int32_t)(product >> 32) + (int32_t)((uint32_t)product >> 31);
#elif SNNRT_LONG_PRODUCTS
    return (s & decay.keeps) + (int32_t)(((int64_t)s * decay.factor + 0x80000000) >> 32);
#else
    return snnrt_decay_q15(s, decay.factor);
#endif
}

static inline int32_t snnrt_clamp_int16(int32_t value) {
#if SNNRT_WITH_ARM_DSP
    int32_t clamped;
    __asm__("ssat %0, #16, %1" : "=r"(clamped) : "r"(value));
    return clamped;
#else
    return value < -32768 ? -32768 : value > 32767 ? 32767 : value;
#endif
}

#if SNNRT_WITH_NEURON_VARIANTS
/* The spikes of a run of neurons of any kind, from bit 0; adds to `spikes` what is no bit. */
SNNRT_INTERNAL uint32_t snnrt_update_variants(const snnrt_neuron_run *run, uint64_t *spikes);

/* Updates the synaptic currents of a layer and makes the step of its neurons `behind` them, which are plain; false, and nothing
 * done, where these or the currents are of another kind. */
SNNRT_INTERNAL bool snnrt_take_synaptic_currents(const snnrt_neuron_step *step, snnrt_neuron_step *behind);
#endif

#endif
