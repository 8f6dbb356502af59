/* Sums of int8 weights with the vectors of Cortex-M55 (Helium): in place of ../accumulate_i8.c. */
#include "../../snnrt_kernels.h"

#if SNNRT_WITH_INT8 && SNNRT_WITH_ARM_MVE
#include <arm_mve.h>

/* No sum of this many weights passes an int16. */
#define SNNRT_HELIUM_RUN_MAX 255u

/* Events of one slice, and where the sums go: to[o] = from[o] + sum. */
typedef struct snnrt_helium_run {
    const snnrt_uint32 *position;
    const snnrt_uint32 *end;
    const snnrt_int16 *value;
    uintptr_t weights; /* address of position 0's row, which may lie outside of the array */
    uint32_t outputs;
    const snnrt_int32 *from;
    snnrt_int32 *to;
} snnrt_helium_run;

static void helium_finish(const snnrt_helium_run *run, uint32_t output, int16x8_t sums) {
    int16_t lanes[8];
    vstrhq_s16(lanes, sums);
    for (uint32_t k = 0; k < 8u && output + k < run->outputs; k += 4u) {
        mve_pred16_t there = vctp32q(run->outputs - output - k);
        int32x4_t total = vaddq_s32(vldrwq_z_s32(run->from + output + k, there), vldrhq_s32(lanes + k));
        vstrwq_p_s32(run->to + output + k, total, there);
    }
}

/* Spikes: bytes widened to 16 bits and added, for 32 outputs. */
static void helium_add_spikes_to_32(const snnrt_helium_run *run, uint32_t output) {
    const snnrt_uint32 *position = run->position, *end = run->end;
    const uintptr_t weights = run->weights + output;
    const uint32_t outputs = run->outputs;
    int16x8_t a = vdupq_n_s16(0), b = a, c = a, d = a;
    do {
        const int8_t *row = (const int8_t *)(weights + *position++ * outputs);
        a = vaddq_s16(a, vldrbq_s16(row));
        b = vaddq_s16(b, vldrbq_s16(row + 8));
        c = vaddq_s16(c, vldrbq_s16(row + 16));
        d = vaddq_s16(d, vldrbq_s16(row + 24));
    } while (position != end);
    helium_finish(run, output, a);
    helium_finish(run, output + 8u, b);
    helium_finish(run, output + 16u, c);
    helium_finish(run, output + 24u, d);
}

/* The same for 8 outputs or the fewer that are left. */
static void helium_add_spikes_to_8(const snnrt_helium_run *run, uint32_t output) {
    const snnrt_uint32 *position = run->position, *end = run->end;
    const uintptr_t weights = run->weights + output;
    const uint32_t outputs = run->outputs;
    const mve_pred16_t there = vctp16q(outputs - output);
    int16x8_t a = vdupq_n_s16(0);
    do {
        a = vaddq_s16(a, vldrbq_z_s16((const int8_t *)(weights + *position++ * outputs), there));
    } while (position != end);
    helium_finish(run, output, a);
}

/* Any values: bytes widened to 32 bits and multiplied, for 16 outputs. */
static void helium_add_to_16(const snnrt_helium_run *run, uint32_t output) {
    const snnrt_uint32 *position = run->position, *end = run->end;
    const snnrt_int16 *values = run->value;
    const uintptr_t weights = run->weights + output;
    const uint32_t outputs = run->outputs;
    const snnrt_int32 *from = run->from + output;
    snnrt_int32 *to = run->to + output;
    int32x4_t a = vldrwq_s32(from), b = vldrwq_s32(from + 4), c = vldrwq_s32(from + 8),
              d = vldrwq_s32(from + 12);
    do {
        const int8_t *row = (const int8_t *)(weights + *position++ * outputs);
        int32_t value = *values++;
        a = vmlaq_n_s32(a, vldrbq_s32(row), value);
        b = vmlaq_n_s32(b, vldrbq_s32(row + 4), value);
        c = vmlaq_n_s32(c, vldrbq_s32(row + 8), value);
        d = vmlaq_n_s32(d, vldrbq_s32(row + 12), value);
    } while (position != end);
    vstrwq_s32(to, a);
    vstrwq_s32(to + 4, b);
    vstrwq_s32(to + 8, c);
    vstrwq_s32(to + 12, d);
}

/* The same for 4 outputs or the fewer that are left. */
static void helium_add_to_4(const snnrt_helium_run *run, uint32_t output) {
    const snnrt_uint32 *position = run->position, *end = run->end;
    const snnrt_int16 *values = run->value;
    const uintptr_t weights = run->weights + output;
    const uint32_t outputs = run->outputs;
    const mve_pred16_t there = vctp32q(outputs - output);
    int32x4_t a = vldrwq_z_s32(run->from + output, there);
    do {
        const int8_t *row = (const int8_t *)(weights + *position++ * outputs);
        a = vmlaq_n_s32(a, vldrbq_z_s32(row, there), *values++);
    } while (position != end);
    vstrwq_p_s32(run->to + output, a, there);
}

static void helium_add_run(const snnrt_helium_run *run, bool spikes) {
    uint32_t output = 0;
    if (spikes) {
        for (; output + 32u <= run->outputs; output += 32u) {
            helium_add_spikes_to_32(run, output);
        }
        for (; output < run->outputs; output += 8u) {
            helium_add_spikes_to_8(run, output);
        }
        return;
    }
    for (; output + 16u <= run->outputs; output += 16u) {
        helium_add_to_16(run, output);
    }
    for (; output < run->outputs; output += 4u) {
        helium_add_to_4(run, output);
    }
}

void snnrt_accumulate_i8(const snnrt_accumulation *sum) {
    const snnrt_int32 *start = (const snnrt_int32 *)sum->start;
    snnrt_helium_run run;
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
            uint32_t count = left < SNNRT_HELIUM_RUN_MAX ? left : SNNRT_HELIUM_RUN_MAX;
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
