/* The neuron step of docs/ir.md in Loihi's integers. */
#include "../snnrt_kernels.h"

#if SNNRT_WITH_LOIHI && SNNRT_WITH_INT8
#define SNNRT_LOIHI_MAX 0x7FFFFF

/* s * factor / 4096 towards zero, |s| below 2^24 and factor 0 ... 4096, without a 64-bit product. */
static int32_t loihi_decay(int32_t s, int32_t factor) {
    const int32_t size = s < 0 ? -s : s;
    const int32_t result = (size >> 12) * factor + (((size & 0xFFF) * factor) >> 12);
    return s < 0 ? -result : result;
}

/* The signed number that the lower 24 bits are. */
static int32_t loihi_wrap(uint32_t value) { return (int32_t)((value & 0xFFFFFFu) ^ 0x800000u) - 0x800000; }

/* Of one neuron; 0 where it is absent. */
static int32_t loihi_value(const snnrt_neuron_step *step, uint32_t parameter, uint32_t neuron,
                           uint32_t channel) {
    const snnrt_int32 *values = (const snnrt_int32 *)step->arrays[parameter];
    switch (SNNRT_GRANULARITY(step, parameter)) {
    case SNNRT_PER_LAYER:
        return values[0];
    case SNNRT_PER_CHANNEL:
        return values[channel];
    case SNNRT_PER_NEURON:
        return values[neuron];
    default:
        return 0;
    }
}

uint64_t snnrt_neuron_loihi(const snnrt_neuron_step *step) {
    const snnrt_int32 *x = (const snnrt_int32 *)step->current;
    snnrt_int32 *v = (snnrt_int32 *)step->state, *c = (snnrt_int32 *)step->synapse_state;
    snnrt_uint32 *output = (snnrt_uint32 *)step->output;
    uint64_t spikes = 0;
    uint32_t word = 0;
    for (uint32_t i = 0, channel = 0; i < step->neurons; i++) {
        int32_t u = loihi_decay(v[i], loihi_value(step, SNNRT_NEURON_MEMBRANE, i, channel));
        c[i] = loihi_wrap((uint32_t)loihi_decay(c[i], loihi_value(step, SNNRT_NEURON_SYNAPSE, i, channel)) +
                          ((uint32_t)x[i] << 6));
        u = snnrt_saturating_add(u + c[i], loihi_value(step, SNNRT_NEURON_BIAS, i, channel));
        u = u > SNNRT_LOIHI_MAX ? SNNRT_LOIHI_MAX : u < -SNNRT_LOIHI_MAX ? -SNNRT_LOIHI_MAX : u;
        if (u > loihi_value(step, SNNRT_NEURON_THRESHOLD, i, channel)) {
            word |= 1u << (i & 31u);
            u = loihi_value(step, SNNRT_NEURON_RESET_VALUE, i, channel);
            spikes++;
        }
        v[i] = u;
        if ((i & 31u) == 31u || i + 1u == step->neurons) {
            *output++ = word;
            word = 0;
        }
        channel = channel + 1u == step->channels ? 0u : channel + 1u;
    }
    return spikes;
}
#undef SNNRT_LOIHI_MAX
#else
typedef int snnrt_neuron_loihi_left_out;
#endif
