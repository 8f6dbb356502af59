/* Sums of int8 weights with the vectors of Cortex-M55 (Helium): in place of ../accumulate_i8.c. */
#include "../event_run.h"

#if SNNRT_WITH_INT8 && SNNRT_WITH_ARM_MVE
#include <arm_mve.h>

SNNRT_NOINLINE static void helium_finish(const snnrt_event_run *run, uint32_t output, int16x8_t sums) {
    int16_t lanes[8];
    vstrhq_s16(lanes, sums);
    for (uint32_t k = 0; k < 8u && output + k < run->outputs; k += 4u) {
        mve_pred16_t there = vctp32q(run->outputs - output - k);
        int32x4_t total = vaddq_s32(vldrwq_z_s32(run->from + output + k, there), vldrhq_s32(lanes + k));
        vstrwq_p_s32(run->to + output + k, total, there);
    }
}

/* The loops over the events are written out: the compiler adds the parts of a row's address anew for each vector. */
#define SNNRT_EACH_EVENT(begin, find, load_and_add) \
    __asm__ volatile( \
        begin "dls lr, %[events]\n" \
              "1:\n\t" \
              "ldr %[row], [%[position]], #4\n\t" find \
              "mla %[row], %[row], %[outputs], %[weights]\n\t" load_and_add "le lr, 1b" \
        : [row] "=&l"(row), [position] "+&r"(position), [values] "+&r"(values), [value] "=&r"(value), \
          [a] "+&w"(a), [b] "+&w"(b), [c] "+&w"(c), [d] "+&w"(d), [x] "=&w"(x) \
        : [events] "r"(run->end - run->position), [outputs] "r"(run->outputs), \
          [weights] "r"(run->weights + output), [left] "r"(left) \
        : "lr", "p0", "memory")
#define SNNRT_LOAD_VALUE "ldrsh %[value], [%[values]], #2\n\t"
#define SNNRT_ADD_WEIGHTS(then, offset, sums) \
    "vldrb" then ".s16 %q[x], [%[row], #" offset "]\n\t" \
    "vadd.i16 %q[" sums "], %q[" sums "], %q[x]\n\t"
#define SNNRT_ADD_PRODUCTS(then, offset, sums) \
    "vldrb" then ".s32 %q[x], [%[row], #" offset "]\n\t" \
    "vmla.s32 %q[" sums "], %q[x], %[value]\n\t"

/* Spikes: bytes widened to 16 bits and added, for 32 outputs. */
static void helium_add_spikes_to_32(const snnrt_event_run *run, uint32_t output) {
    const snnrt_uint32 *position = run->position;
    const snnrt_int16 *values = NULL;
    int16x8_t a = vdupq_n_s16(0), b = a, c = a, d = a, x;
    uint32_t row, value, left = 0;
    SNNRT_EACH_EVENT("", "",
                     SNNRT_ADD_WEIGHTS("", "0", "a") SNNRT_ADD_WEIGHTS("", "8", "b")
                         SNNRT_ADD_WEIGHTS("", "16", "c") SNNRT_ADD_WEIGHTS("", "24", "d"));
    helium_finish(run, output, a);
    helium_finish(run, output + 8u, b);
    helium_finish(run, output + 16u, c);
    helium_finish(run, output + 24u, d);
}

/* The same for 24 outputs or the fewer that are left, in small builds for 8; returns how many. */
static uint32_t helium_add_spikes_to_some(const snnrt_event_run *run, uint32_t output) {
    const snnrt_uint32 *position = run->position;
    const snnrt_int16 *values = NULL;
    int16x8_t a = vdupq_n_s16(0), b = a, c = a, d = a, x;
    uint32_t row, value, left = run->outputs - output;
    if (!SNNRT_WITH_FAST_LOOPS || left <= 8u) {
        SNNRT_EACH_EVENT("vctp.16 %[left]\n\t", "", "vpst\n\t" SNNRT_ADD_WEIGHTS("t", "0", "a"));
        helium_finish(run, output, a);
        return 8u;
    }
    if (left <= 16u) {
        left -= 8u;
        SNNRT_EACH_EVENT("vctp.16 %[left]\n\t", "",
                         SNNRT_ADD_WEIGHTS("", "0", "a") "vpst\n\t" SNNRT_ADD_WEIGHTS("t", "8", "b"));
    } else {
        left -= 16u;
        SNNRT_EACH_EVENT("vctp.16 %[left]\n\t", "",
                         SNNRT_ADD_WEIGHTS("", "0", "a")
                             SNNRT_ADD_WEIGHTS("", "8", "b") "vpst\n\t" SNNRT_ADD_WEIGHTS("t", "16", "c"));
        helium_finish(run, output + 16u, c);
    }
    helium_finish(run, output, a);
    helium_finish(run, output + 8u, b);
    return 24u;
}

/* Any values: bytes widened to 32 bits and multiplied, for 16 outputs. */
static void helium_add_to_16(const snnrt_event_run *run, uint32_t output) {
    const snnrt_uint32 *position = run->position;
    const snnrt_int16 *values = run->value;
    const snnrt_int32 *from = run->from + output;
    snnrt_int32 *to = run->to + output;
    int32x4_t a = vldrwq_s32(from), b = vldrwq_s32(from + 4), c = vldrwq_s32(from + 8),
              d = vldrwq_s32(from + 12), x;
    uint32_t row, value, left = 0;
    SNNRT_EACH_EVENT("", SNNRT_LOAD_VALUE,
                     SNNRT_ADD_PRODUCTS("", "0", "a") SNNRT_ADD_PRODUCTS("", "4", "b")
                         SNNRT_ADD_PRODUCTS("", "8", "c") SNNRT_ADD_PRODUCTS("", "12", "d"));
    vstrwq_s32(to, a);
    vstrwq_s32(to + 4, b);
    vstrwq_s32(to + 8, c);
    vstrwq_s32(to + 12, d);
}

/* The same for 12 outputs or the fewer that are left; small builds take four. */
#define SNNRT_SOME_OUTPUTS (SNNRT_WITH_FAST_LOOPS ? 12u : 4u)
static void helium_add_to_some(const snnrt_event_run *run, uint32_t output) {
    const snnrt_uint32 *position = run->position;
    const snnrt_int16 *values = run->value;
    const snnrt_int32 *from = run->from + output;
    snnrt_int32 *to = run->to + output;
    uint32_t row, value, left = run->outputs - output;
    const mve_pred16_t first = vctp32q(left);
#if SNNRT_WITH_FAST_LOOPS
    const mve_pred16_t second = vctp32q(left > 4u ? left - 4u : 0u),
                       third = vctp32q(left > 8u ? left - 8u : 0u);
    int32x4_t b = vldrwq_z_s32(from + 4, second), c = vldrwq_z_s32(from + 8, third);
#else
    int32x4_t b = vdupq_n_s32(0), c = b;
#endif
    int32x4_t a = vldrwq_z_s32(from, first), d = c, x;
    if (!SNNRT_WITH_FAST_LOOPS || left <= 4u) {
        SNNRT_EACH_EVENT("vctp.32 %[left]\n\t", SNNRT_LOAD_VALUE,
                         "vpst\n\t" SNNRT_ADD_PRODUCTS("t", "0", "a"));
    } else if (left <= 8u) {
        left -= 4u;
        SNNRT_EACH_EVENT("vctp.32 %[left]\n\t", SNNRT_LOAD_VALUE,
                         SNNRT_ADD_PRODUCTS("", "0", "a") "vpst\n\t" SNNRT_ADD_PRODUCTS("t", "4", "b"));
    } else {
        left -= 8u;
        SNNRT_EACH_EVENT("vctp.32 %[left]\n\t", SNNRT_LOAD_VALUE,
                         SNNRT_ADD_PRODUCTS("", "0", "a")
                             SNNRT_ADD_PRODUCTS("", "4", "b") "vpst\n\t" SNNRT_ADD_PRODUCTS("t", "8", "c"));
    }
    vstrwq_p_s32(to, a, first);
#if SNNRT_WITH_FAST_LOOPS
    vstrwq_p_s32(to + 4, b, second);
    vstrwq_p_s32(to + 8, c, third);
#endif
}

static void helium_add_run(const snnrt_event_run *run, bool spikes) {
    uint32_t output = 0;
    if (spikes) {
        for (; output + 32u <= run->outputs; output += 32u) {
            helium_add_spikes_to_32(run, output);
        }
        while (output < run->outputs) {
            output += helium_add_spikes_to_some(run, output);
        }
        return;
    }
    for (; output + 16u <= run->outputs; output += 16u) {
        helium_add_to_16(run, output);
    }
    for (; output < run->outputs; output += SNNRT_SOME_OUTPUTS) {
        helium_add_to_some(run, output);
    }
}

void snnrt_accumulate_i8(const snnrt_accumulation *sum) {
    const snnrt_int32 *start = (const snnrt_int32 *)sum->start;
    snnrt_event_run run;
    run.outputs = sum->outputs;
    run.from = start;
    run.to = (snnrt_int32 *)sum->accumulator;
    if (start == NULL || sum->slice_count == 0) {
        for (uint32_t o = 0; o < run.outputs; o++) {
            run.to[o] = start == NULL ? 0 : start[o];
        }
        run.from = run.to;
    }
    for (uint32_t s = 0; s < sum->slice_count; s++) {
        const snnrt_slice *slice = &sum->slices[s];
        uint32_t left = slice->count;
        run.end = sum->events->position + slice->first;
        run.value = sum->events->value.i16 + slice->first;
        /* A shift is less than 0 where it wraps. */
        run.weights = (uintptr_t)sum->weights + slice->shift * run.outputs;
        do {
            uint32_t count = left < SNNRT_RUN_MAX ? left : SNNRT_RUN_MAX;
            run.position = run.end;
            run.end += count;
            helium_add_run(&run, sum->spikes);
            run.from = run.to;
            run.value += count;
            left -= count;
        } while (left != 0);
    }
}
#else
typedef int snnrt_accumulate_i8_helium_left_out;
#endif
