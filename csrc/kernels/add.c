#include "../snnrt_kernels.h"

#if SNNRT_WITH_ARM_MVE && SNNRT_WITH_FAST_LOOPS
#include <arm_mve.h>
#endif

#if SNNRT_WITH_INT8
static int32_t integer_at(const snnrt_add_step *step, uint32_t index) {
    if (step->input_dtype == SNNRT_TYPE_INT32) {
        return ((const snnrt_int32 *)step->input)[index];
    }
    if (step->input_dtype == SNNRT_TYPE_INT16) {
        return ((const snnrt_int16 *)step->input)[index];
    }
    return (int32_t)snnrt_bit((const snnrt_uint32 *)step->input, index);
}

#if SNNRT_WITH_FAST_LOOPS
/* `first` is constant in each call. */
SNNRT_INLINE static inline void add_currents(const snnrt_int32 *from, snnrt_int32 *to, uint32_t count,
                                             const bool first) {
    const snnrt_int32 *const end = from + count;
#if SNNRT_WITH_ARM_MVE
    const snnrt_int32 *const whole = from + (count & ~3u);
    for (; from != whole; from += 4, to += 4) {
        const int32x4_t sum = vldrwq_s32(from);
        vstrwq_s32(to, first ? sum : vqaddq_s32(sum, vldrwq_s32(to)));
    }
#endif
    if ((count & 1u) != 0) {
        const int32_t one = *from++;
        *to = first ? one : snnrt_saturating_add(*to, one);
        to++;
    }
    while (from != end) {
        const int32_t one = *from++, two = *from++;
        to[0] = first ? one : snnrt_saturating_add(to[0], one);
        to[1] = first ? two : snnrt_saturating_add(to[1], two);
        to += 2;
    }
}

#if SNNRT_WITH_ADD
/* Sums of spikes, which fit. */
SNNRT_INLINE static inline void add_counts(const snnrt_int16 *from, snnrt_int16 *to, uint32_t count,
                                           const bool first) {
    const snnrt_int16 *const end = from + count;
    while (from != end) {
        *to = (int16_t)(first ? *from : *to + *from);
        from++;
        to++;
    }
}
#endif

#if SNNRT_WITH_ADD
/* Spikes one by one, for most are not there. */
SNNRT_INLINE static inline void count_in_spikes(const snnrt_add_step *step, const bool narrow) {
    const snnrt_uint32 *words = (const snnrt_uint32 *)step->input;
    snnrt_int32 *wide = (snnrt_int32 *)step->output;
    snnrt_int16 *counts = (snnrt_int16 *)step->output;
    if (step->first) {
        for (uint32_t i = 0; i < step->elements; i++) {
            if (narrow) {
                counts[i] = 0;
            } else {
                wide[i] = 0;
            }
        }
    }
    for (uint32_t begin = 0; begin < step->elements; begin += 32u) {
        uint32_t word = *words++;
        for (; word != 0; word &= word - 1u) {
            const uint32_t i = begin + snnrt_lowest_bit(word);
            if (narrow) {
                counts[i]++;
            } else {
                wide[i] = snnrt_saturating_add(wide[i], 1);
            }
        }
    }
}
#endif

/* Whether it was one of the forms that networks have most. */
static bool add_in_a_loop(const snnrt_add_step *step) {
    if (step->input_dtype == SNNRT_TYPE_INT32) {
        const snnrt_int32 *from = (const snnrt_int32 *)step->input;
        snnrt_int32 *to = (snnrt_int32 *)step->output;
        if (step->first) {
            add_currents(from, to, step->elements, true);
        } else {
            add_currents(from, to, step->elements, false);
        }
        return true;
    }
#if SNNRT_WITH_ADD
    if (step->input_dtype == SNNRT_TYPE_BITS) {
        if (step->output_dtype == SNNRT_TYPE_INT16) {
            count_in_spikes(step, true);
        } else {
            count_in_spikes(step, false);
        }
        return true;
    }
    if (step->output_dtype == SNNRT_TYPE_INT16) {
        const snnrt_int16 *from = (const snnrt_int16 *)step->input;
        snnrt_int16 *to = (snnrt_int16 *)step->output;
        if (step->first) {
            add_counts(from, to, step->elements, true);
        } else {
            add_counts(from, to, step->elements, false);
        }
        return true;
    }
#endif
    return false;
}
#endif

static void add_integers(const snnrt_add_step *step) {
#if SNNRT_WITH_FAST_LOOPS
    if (add_in_a_loop(step)) {
        return;
    }
#endif
    for (uint32_t i = 0; i < step->elements; i++) {
        int32_t value = integer_at(step, i);
#if SNNRT_WITH_ADD
        if (step->output_dtype == SNNRT_TYPE_INT16) {
            snnrt_int16 *out = (snnrt_int16 *)step->output + i;
            *out = (int16_t)(step->first ? value : *out + value);
            continue;
        }
#endif
        {
            snnrt_int32 *out = (snnrt_int32 *)step->output + i;
            *out = SNNRT_WITH_ADD && step->first ? value : snnrt_saturating_add(*out, value);
        }
    }
}
#endif

#if SNNRT_WITH_FLOAT32
static void add_floats(const snnrt_add_step *step) {
    snnrt_float32 *out = (snnrt_float32 *)step->output;
    for (uint32_t i = 0; i < step->elements; i++) {
        float value = 1.0f;
        if (step->input_dtype != SNNRT_TYPE_BITS) {
            value = ((const snnrt_float32 *)step->input)[i];
        } else if (!snnrt_bit((const snnrt_uint32 *)step->input, i)) {
            value = 0.0f;
        }
        out[i] = step->first ? value : out[i] + value;
    }
}
#endif

void snnrt_add(const snnrt_add_step *step) {
#if SNNRT_WITH_FLOAT32 && SNNRT_WITH_INT8
    if (step->output_dtype == SNNRT_TYPE_FLOAT32) {
        add_floats(step);
    } else {
        add_integers(step);
    }
#elif SNNRT_WITH_FLOAT32
    add_floats(step);
#else
    add_integers(step);
#endif
}
