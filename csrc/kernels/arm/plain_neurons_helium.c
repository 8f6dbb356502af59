/* Plain neurons with the vectors of Cortex-M55 (Helium): 32 of them in a loop where they fill a word of spikes and have
 * their thresholds side by side, any others four at a time. */
#include "../plain_neurons.h"

#if SNNRT_WITH_INT8 && SNNRT_WITH_FAST_LOOPS && SNNRT_WITH_ARM_MVE
#include <arm_mve.h>

#define SNNRT_WORD 32u
/* Words whose thresholds are narrowed at a time. */
#define SNNRT_NARROWED (SNNRT_COPIES / SNNRT_WORD)
/* Of FPSCR: some instruction saturated. */
#define SNNRT_SATURATED (1u << 27)

/* What a layer's neurons have alike. */
typedef struct snnrt_helium_layer {
    int32_t factor; /* twice the product of it and a membrane, its high half rounded, is what is lost */
    int32_t reset_value;
    uint32_t reset;
    bool strict, narrow;
} snnrt_helium_layer;

/* A run of neurons whose thresholds lie side by side. */
typedef struct snnrt_helium_neurons {
    const snnrt_int32 *current;
    const snnrt_int32 *threshold;
    void *state;
} snnrt_helium_neurons;

/* `reach` is the condition on which a neuron fires, `leave` what is left then. The loops are written out, as GCC carries the
 * predicate to and fro. Spikes of every fourth neuron lie in a lane, four bits apart. */
#define SNNRT_WIDE_FOUR(reach, leave, bit) \
    "vldrw.u32 %q[u], [%[state]]\n\t" \
    "vldrw.u32 %q[x], [%[current]], #16\n\t" \
    "vqrdmlah.s32 %q[u], %q[u], %[factor]\n\t" \
    "vldrw.u32 %q[level], [%[threshold]], #16\n\t" \
    "vqadd.s32 %q[u], %q[u], %q[x]\n\t" \
    "vptt.s32 " reach ", %q[u], %q[level]\n\t" leave "vorrt.i32 %q[bits], #" bit "\n\t" \
    "vstrw.32 %q[u], [%[state]], #16\n\t"
#define SNNRT_WIDE(reach, leave) \
    __asm__ volatile( \
        "dls lr, %[word]\n" \
        "1:\n\t" \
        "vmov.i32 %q[bits], #0\n\t" SNNRT_WIDE_FOUR(reach, leave, "0x1") \
            SNNRT_WIDE_FOUR(reach, leave, "0x10") SNNRT_WIDE_FOUR(reach, leave, "0x100") \
                SNNRT_WIDE_FOUR(reach, leave, "0x1000") SNNRT_WIDE_FOUR(reach, leave, "0x10000") \
                    SNNRT_WIDE_FOUR(reach, leave, "0x100000") SNNRT_WIDE_FOUR(reach, leave, "0x1000000") \
                        SNNRT_WIDE_FOUR(reach, leave, \
                                        "0x10000000") "vshl.u32 %q[bits], %q[bits], %q[lanes]\n\t" \
                                                      "vaddv.u32 %[word], %q[bits]\n\t" \
                                                      "str %[word], [%[output]], #4\n\t" \
                                                      "sub %[threshold], %[threshold], %[back]\n\t" \
                                                      "le lr, 1b" \
        : [current] "+&r"(current), [threshold] "+&r"(threshold), [state] "+&r"(state), \
          [output] "+&r"(output), [word] "+&Te"(word), [u] "=&w"(u), [x] "=&w"(x), [level] "=&w"(level), \
          [bits] "=&w"(bits) \
        : [factor] "r"(layer->factor), [value] "w"(value), [lanes] "w"(lanes), [back] "r"(back) \
        : "lr", "p0", "cc", "memory")

/* Full words of spikes, whose thresholds begin anew after `period` neurons, a whole number of words. */
typedef struct snnrt_helium_words {
    const snnrt_int32 *current;
    void *state;
    snnrt_uint32 *output;
    uint32_t words;
} snnrt_helium_words;

static inline uint64_t helium_count_spikes(const snnrt_helium_words *all) {
    uint64_t spikes = 0;
#if SNNRT_WITH_COUNTERS
    for (uint32_t k = 0; k < all->words; k++) {
        spikes += snnrt_popcount(all->output[k]);
    }
#else
    (void)all;
#endif
    return spikes;
}

SNNRT_NOINLINE static uint64_t helium_wide_words(const snnrt_helium_layer *layer,
                                                 const snnrt_helium_words *all,
                                                 const snnrt_thresholds *thresholds) {
    const bool strict = layer->strict, subtract = layer->reset == SNNRT_RESET_SUBTRACT;
    const uint32x4_t lanes = {0, 1, 2, 3};
    const int32x4_t value = vdupq_n_s32(layer->reset_value);
    /* The thresholds of one word are the same for all; those of several are gone through at a time. */
    const bool one = thresholds->period == SNNRT_WORD;
    const uint32_t back = one ? 4u * SNNRT_WORD : 0u;
    const uint32_t period = one ? all->words : thresholds->period / SNNRT_WORD;
    const snnrt_int32 *current = all->current;
    snnrt_uint32 *output = all->output;
    void *state = all->state;
    for (uint32_t left = all->words; left != 0;) {
        const uint32_t words = left < period ? left : period;
        const snnrt_int32 *threshold = thresholds->first;
        uint32_t word = words; /* as many, until it is one */
        uint32x4_t bits;
        int32x4_t u, x, level;
        if (subtract && strict) {
            SNNRT_WIDE("gt", "vsubt.i32 %q[u], %q[u], %q[level]\n\t");
        } else if (subtract) {
            SNNRT_WIDE("ge", "vsubt.i32 %q[u], %q[u], %q[level]\n\t");
        } else if (strict) {
            SNNRT_WIDE("gt", "vorrt %q[u], %q[value], %q[value]\n\t");
        } else {
            SNNRT_WIDE("ge", "vorrt %q[u], %q[value], %q[value]\n\t");
        }
        left -= words;
    }
    return helium_count_spikes(all);
}

/* Eight at a time, whose currents are narrowed on the way; a word's membranes are stored where nothing saturated, where sums
 * of 16 bits are those of 32. Else ends; `words` says how many are left. */
#define SNNRT_NARROW_EIGHT(reach, leave, u, offset) \
    "vldrh.u16 %q[" u "], [%[state], #" offset "]\n\t" \
    "vld20.32 {q0, q1}, [%[current]]\n\t" \
    "vld21.32 {q0, q1}, [%[current]]!\n\t" \
    "vqrdmlah.s16 %q[" u "], %q[" u "], %[factor]\n\t" \
    "vqmovnb.s32 q0, q0\n\t" \
    "vqmovnt.s32 q0, q1\n\t" \
    "vldrh.u16 %q[level], [%[threshold], #" offset "]\n\t" \
    "vqadd.s16 %q[" u "], %q[" u "], q0\n\t" \
    "vptt.s16 " reach ", %q[" u "], %q[level]\n\t" leave("%q[" u "]") "vaddvat.u16 %[word], %q[bits]\n\t" \
                                                                      "ror %[word], %[word], #8\n\t"
#define SNNRT_NARROW(reach, leave) \
    __asm__ volatile("dls lr, %[word]\n" \
                     "1:\n\t" \
                     "mov %[word], #0\n\t" SNNRT_NARROW_EIGHT(reach, leave, "a", "0") \
                         SNNRT_NARROW_EIGHT(reach, leave, "b", "16") \
                             SNNRT_NARROW_EIGHT(reach, leave, "c", "32") \
                                 SNNRT_NARROW_EIGHT(reach, leave, "d", \
                                                    "48") "str %[word], [%[output]], #4\n\t" \
                                                          "vmrs %[word], fpscr_nzcvqc\n\t" \
                                                          "lsls %[word], %[word], #4\n\t" \
                                                          "bmi 2f\n\t" \
                                                          "vstrh.16 %q[a], [%[state]], #16\n\t" \
                                                          "vstrh.16 %q[b], [%[state]], #16\n\t" \
                                                          "vstrh.16 %q[c], [%[state]], #16\n\t" \
                                                          "vstrh.16 %q[d], [%[state]], #16\n\t" \
                                                          "add %[threshold], %[threshold], %[next]\n\t" \
                                                          "le lr, 1b\n\t" \
                                                          "mov lr, #0\n" \
                                                          "2:\n\t" \
                                                          "mov %[word], lr" \
                     : [current] "+&r"(current), [threshold] "+&l"(threshold), [state] "+&l"(state), \
                       [output] "+&r"(output), [word] "+&Te"(words), [a] "=&w"(a), [b] "=&w"(b), \
                       [c] "=&w"(c), [d] "=&w"(d), [level] "=&w"(level) \
                     : [factor] "r"(layer->factor >> 16), [value] "r"(layer->reset_value), [bits] "w"(bits), \
                       [next] "r"(next) \
                     : "lr", "q0", "q1", "p0", "cc", "memory")
#define SNNRT_NARROW_SUBTRACT(u) "vqsubt.s16 " u ", " u ", %q[level]\n\t"
#define SNNRT_NARROW_VALUE(u) "vdupt.16 " u ", %[value]\n\t"

static inline bool helium_saturated(void) {
    uint32_t status;
    __asm__ volatile("vmrs %0, fpscr_nzcvqc" : "=r"(status) : : "memory");
    return (status & SNNRT_SATURATED) != 0;
}

static inline void helium_forget_saturation(void) {
    uint32_t status;
    __asm__ volatile("vmrs %0, fpscr_nzcvqc" : "=r"(status) : : "memory");
    status &= ~SNNRT_SATURATED;
    __asm__ volatile("vmsr fpscr_nzcvqc, %0" : : "r"(status) : "memory");
}

/* Any number of neurons up to a word, any reset; their spikes from bit 0. */
SNNRT_NOINLINE static uint32_t helium_update_run(const snnrt_helium_layer *layer,
                                                 const snnrt_helium_neurons *first, uint32_t count) {
    const snnrt_int32 *x = first->current, *threshold = first->threshold;
    snnrt_int32 *wide = (snnrt_int32 *)first->state;
    snnrt_int16 *narrow = (snnrt_int16 *)first->state;
    uint32x4_t bits = {1, 2, 4, 8};
    uint32_t word = 0;
    for (uint32_t k = 0; k < count; k += 4u) {
        const mve_pred16_t there = vctp32q(count - k);
        const int32x4_t level = vldrwq_z_s32(threshold + k, there);
        int32x4_t u = layer->narrow ? vldrhq_z_s32(narrow + k, there) : vldrwq_z_s32(wide + k, there);
        mve_pred16_t fired;
        u = vqaddq_s32(vqrdmlahq_n_s32(u, u, layer->factor), vldrwq_z_s32(x + k, there));
        if (layer->narrow) {
            u = vminq_s32(vmaxq_s32(u, vdupq_n_s32(INT16_MIN)), vdupq_n_s32(INT16_MAX));
        }
        fired = layer->strict ? vcmpgtq_m_s32(u, level, there) : vcmpgeq_m_s32(u, level, there);
        word = vaddvaq_p_u32(word, bits, fired);
        bits = vshlq_n_u32(bits, 4);
        if (layer->reset == SNNRT_RESET_SUBTRACT) {
            u = vqsubq_m_s32(u, u, level, fired);
        } else if (layer->reset == SNNRT_RESET_VALUE) {
            u = vdupq_m_n_s32(u, layer->reset_value, fired);
        }
        if (layer->narrow) {
            vstrhq_p_s32(narrow + k, u, there);
        } else {
            vstrwq_p_s32(wide + k, u, there);
        }
    }
    return word;
}

/* The thresholds of some words; false where one does not fit. */
SNNRT_NOINLINE static bool helium_narrow_thresholds(const snnrt_int32 *threshold, snnrt_int16 *narrow,
                                                    uint32_t words) {
    bool fits;
    helium_forget_saturation();
    for (uint32_t k = 0; k < words * SNNRT_WORD; k += 4u) {
        const int32x4_t level = vldrwq_s32(threshold + k);
        vstrhq_s32(narrow + k, vreinterpretq_s32_s16(vqmovnbq_s32(vdupq_n_s16(0), level)));
    }
    fits = !helium_saturated();
    helium_forget_saturation();
    return fits;
}

/* The same of 16 bits. */
SNNRT_NOINLINE static uint64_t helium_narrow_words(const snnrt_helium_layer *layer,
                                                   const snnrt_helium_words *all,
                                                   const snnrt_thresholds *thresholds) {
    const bool strict = layer->strict, subtract = layer->reset == SNNRT_RESET_SUBTRACT;
    const uint16x8_t bits = {1, 2, 4, 8, 16, 32, 64, 128};
    /* The thresholds of one word are the same for all; those of several are narrowed anew where they have no room. */
    const uint32_t period = thresholds->period / SNNRT_WORD;
    const uint32_t next = period == 1u ? 0u : 2u * SNNRT_WORD;
    const uint32_t most = period == 1u ? all->words : period < SNNRT_NARROWED ? period : SNNRT_NARROWED;
    const snnrt_int32 *current = all->current, *wide = thresholds->first;
    const snnrt_int32 *const end = wide + thresholds->period;
    snnrt_uint32 *output = all->output, *const last = output + all->words;
    snnrt_int16 *state = (snnrt_int16 *)all->state;
    snnrt_int16 narrow[SNNRT_NARROWED * SNNRT_WORD];
    bool fits = true, fresh = true;
    while (output != last) {
        const uint32_t here = period == 1u ? most : (uint32_t)(end - wide) / SNNRT_WORD;
        const uint32_t left = (uint32_t)(last - output), some = here < most ? here : most;
        const snnrt_int16 *threshold = narrow;
        uint32_t words = left < some ? left : some;
        if (fresh) {
            fits = helium_narrow_thresholds(wide, narrow, period == 1u ? 1u : words);
            fresh = period > SNNRT_NARROWED;
        }
        while (words != 0) {
            if (fits) {
                int16x8_t a, b, c, d, level;
                if (subtract && strict) {
                    SNNRT_NARROW("gt", SNNRT_NARROW_SUBTRACT);
                } else if (subtract) {
                    SNNRT_NARROW("ge", SNNRT_NARROW_SUBTRACT);
                } else if (strict) {
                    SNNRT_NARROW("gt", SNNRT_NARROW_VALUE);
                } else {
                    SNNRT_NARROW("ge", SNNRT_NARROW_VALUE);
                }
                if (words == 0) {
                    break;
                }
                helium_forget_saturation();
                current -= SNNRT_WORD;
                output--;
            }
            {
                const snnrt_helium_neurons first = {current, next == 0 ? wide : wide + (threshold - narrow),
                                                    state};
                *output++ = helium_update_run(layer, &first, SNNRT_WORD);
                helium_forget_saturation();
            }
            current += SNNRT_WORD;
            state += SNNRT_WORD;
            threshold += next / 2u;
            words--;
        }
        if (period != 1u) {
            wide += some * SNNRT_WORD;
            wide = wide == end ? thresholds->first : wide;
        }
    }
    return helium_count_spikes(all);
}

/* From neuron `done` of the layer on, the first of a word. */
SNNRT_NOINLINE static uint64_t helium_update_words(const snnrt_helium_layer *layer,
                                                   const snnrt_neuron_step *step,
                                                   const snnrt_thresholds *thresholds, uint32_t done,
                                                   uint32_t words) {
    const snnrt_helium_words all = {(const snnrt_int32 *)step->current + done,
                                    (uint8_t *)step->state + done * (layer->narrow ? 2u : 4u),
                                    (snnrt_uint32 *)step->output + done / SNNRT_WORD, words};
    return layer->narrow ? helium_narrow_words(layer, &all, thresholds)
                         : helium_wide_words(layer, &all, thresholds);
}

/* As snnrt_copy_thresholds; what is beyond the last is overwritten by the next, or lies in the room for it. */
static void helium_copy_thresholds(const snnrt_thresholds *thresholds, uint32_t place, snnrt_int32 *copies,
                                   uint32_t count) {
    const snnrt_int32 *from = thresholds->first + place;
    uint32_t behind = thresholds->period - place;
    if (thresholds->period == 1u) {
        const int32x4_t all = vdupq_n_s32(*from);
        for (uint32_t k = 0; k < count; k += 4u) {
            vstrwq_s32(copies + k, all);
        }
        return;
    }
    while (count != 0) {
        const uint32_t some = count < behind ? count : behind;
        for (uint32_t k = 0; k < some; k += 4u) {
            vstrwq_s32(copies + k, vldrwq_z_s32(from + k, vctp32q(some - k)));
        }
        copies += some;
        count -= some;
        from = thresholds->first;
        behind = thresholds->period;
    }
}

/* Thresholds that repeat within a word: copied once where their copies fill words, else anew for some words. Kept apart: the
 * copies are most of the stack. */
SNNRT_NOINLINE static uint64_t helium_update_with_copies(const snnrt_helium_layer *layer,
                                                         const snnrt_neuron_step *step,
                                                         const snnrt_thresholds *thresholds) {
    const uint32_t words = step->neurons / SNNRT_WORD, worth = snnrt_copies_worth(thresholds, step->neurons);
    const bool once = (worth & (SNNRT_WORD - 1u)) == 0 && worth != 0;
    const uint32_t most = once ? words : SNNRT_COPIES / SNNRT_WORD;
    snnrt_int32 copies[SNNRT_COPIES + 3u];
    uint64_t fired = 0;
    snnrt_thresholds copied;
    copied.first = copies;
    for (uint32_t done = 0; done < words; done += most) {
        const uint32_t some = words - done < most ? words - done : most;
        copied.period = once ? worth : some * SNNRT_WORD;
        helium_copy_thresholds(thresholds, done * SNNRT_WORD % thresholds->period, copies, copied.period);
        fired += helium_update_words(layer, step, &copied, done * SNNRT_WORD, some);
    }
    return fired;
}

bool snnrt_update_plain(const snnrt_neuron_step *step, uint64_t *spikes) {
    const uint32_t a = *(const snnrt_uint32 *)step->arrays[SNNRT_NEURON_MEMBRANE];
    snnrt_plain_run run = {step->neurons, 0, 0};
    snnrt_thresholds thresholds;
    snnrt_helium_layer layer;
    snnrt_int32 copies[SNNRT_WORD + 3u];
    uint32_t word = 0, done = 0;
    uint64_t fired = 0;
    bool repeat;
    snnrt_find_thresholds(step, &thresholds);
    repeat = !snnrt_thresholds_fill_words(&thresholds, step->neurons);
    layer.factor = (int32_t)((a - (1u << 15)) << 16);
    layer.reset = SNNRT_NEURON_RESET(step->flags);
    layer.reset_value =
        layer.reset == SNNRT_RESET_VALUE ? *(const snnrt_int32 *)step->arrays[SNNRT_NEURON_RESET_VALUE] : 0;
    layer.strict = (step->flags & SNNRT_NEURON_STRICT) != 0;
    layer.narrow = (step->flags & SNNRT_NEURON_STATE_INT16) != 0;
    if (run.left >= SNNRT_WORD && layer.reset != SNNRT_RESET_NONE) {
        done = run.left & ~(SNNRT_WORD - 1u);
        fired = snnrt_thresholds_fill_words(&thresholds, run.left)
                    ? helium_update_words(&layer, step, &thresholds, 0, done / SNNRT_WORD)
                    : helium_update_with_copies(&layer, step, &thresholds);
        run.left -= done;
        run.place = done % thresholds.period;
    }
    while (run.left != 0) {
        const uint32_t count = snnrt_run_neurons(&run, repeat ? step->neurons : thresholds.period);
        const snnrt_helium_neurons first = {(const snnrt_int32 *)step->current + done,
                                            repeat ? copies : thresholds.first + run.place,
                                            (uint8_t *)step->state + done * (layer.narrow ? 2u : 4u)};
        if (repeat) {
            helium_copy_thresholds(&thresholds, done % thresholds.period, copies, count);
        }
        word |= helium_update_run(&layer, &first, count) << run.bit;
        done += count;
        if (snnrt_end_run(&run, count, thresholds.period)) {
            ((snnrt_uint32 *)step->output)[(done - 1u) / SNNRT_WORD] = word;
#if SNNRT_WITH_COUNTERS
            fired += snnrt_popcount(word);
#endif
            word = 0;
        }
    }
    *spikes = fired;
    return true;
}
#else
typedef int snnrt_plain_neurons_helium_left_out;
#endif
