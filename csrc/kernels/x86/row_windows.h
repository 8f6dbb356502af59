/* Convolution of an input of one channel: each row of a window is one load of neighbouring inputs, from a copy with the
 * padding's zeros around them. What follows for all instruction sets. Internal. */
#ifndef SNNRT_X86_ROW_WINDOWS_H
#define SNNRT_X86_ROW_WINDOWS_H

#include "conv_units.h"

/* The taps of a row: a vector's products take four bytes, or two and two int16. */
#define SNNRT_ROW_TAPS 4u
#define SNNRT_ROW_KERNEL_MAX 8u

typedef struct snnrt_row_plan {
    const snnrt_synapse_step *step;
    uint32_t outputs; /* as many as are summed at once */
    uint32_t pitch; /* values of a row of the copy */
    int8_t *weights; /* row by row of the kernel */
    snnrt_int16 *values; /* the copy: int16, or bytes in the same room */
} snnrt_row_plan;

/* False where scratch is too small, or the convolution another one. */
SNNRT_AVX2 static bool snnrt_plan_rows(snnrt_row_plan *plan, const snnrt_synapse_step *step) {
    const snnrt_window *conv = step->window;
    const size_t skipped =
        (SNNRT_UNIT_ALIGN - (uintptr_t)step->scratch % SNNRT_UNIT_ALIGN) % SNNRT_UNIT_ALIGN;
    snnrt_unit_room room;
    size_t rows;
    if (step->scratch == NULL || step->scratch_bytes < skipped || step->in_channels != 1u ||
        conv->groups != 1u || conv->dilation_x != 1u || conv->dilation_y != 1u ||
        conv->kernel_w > SNNRT_ROW_TAPS || conv->kernel_h > SNNRT_ROW_KERNEL_MAX || step->by_rows) {
        return false;
    }
    plan->step = step;
    plan->outputs = (step->out_channels + 31u) & ~31u;
    plan->pitch = (step->out_width - 1u) * conv->stride_x + SNNRT_ROW_TAPS;
    plan->pitch =
        plan->pitch < step->in_width + conv->pad_left ? step->in_width + conv->pad_left : plan->pitch;
    rows = (size_t)(step->out_height - 1u) * conv->stride_y + conv->kernel_h;
    rows = rows < (size_t)step->in_height + conv->pad_top ? (size_t)step->in_height + conv->pad_top : rows;
    room.base = (uint8_t *)step->scratch + skipped;
    room.taken = 0;
    plan->weights = (int8_t *)snnrt_take_room(&room, (size_t)conv->kernel_h * plan->outputs * 8u);
    plan->values = (snnrt_int16 *)snnrt_take_room(&room, rows * plan->pitch * sizeof *plan->values);
    if (room.taken > step->scratch_bytes - skipped) {
        return false;
    }
    memset(plan->values, 0, rows * plan->pitch * sizeof *plan->values);
    return true;
}

SNNRT_AVX2 static inline int16_t snnrt_row_value(const snnrt_synapse_step *step, uint32_t element) {
    return step->input_dtype == SNNRT_TYPE_BITS
               ? (int16_t)snnrt_bit((const snnrt_uint32 *)step->input, element)
               : (int16_t)((const snnrt_int16 *)step->input)[element];
}

/* What its windows read that is not 0. */
SNNRT_NOINLINE SNNRT_AVX2 static void snnrt_count_row_windows(const snnrt_synapse_step *step) {
    const snnrt_window *conv = step->window;
    uint64_t rows = 0, active = 0;
    for (uint32_t oy = 0; oy < step->out_height; oy++) {
        for (uint32_t ox = 0; ox < step->out_width; ox++) {
            uint32_t here = 0;
            for (uint32_t ky = 0; ky < conv->kernel_h; ky++) {
                const uint32_t y = oy * conv->stride_y + ky - conv->pad_top;
                for (uint32_t kx = 0; kx < conv->kernel_w && y < step->in_height; kx++) {
                    const uint32_t x = ox * conv->stride_x + kx - conv->pad_left;
                    here += x < step->in_width && snnrt_row_value(step, y * step->in_width + x) != 0;
                }
            }
            rows += here;
            active += here != 0;
        }
    }
    step->counts->row_activations += rows;
    step->counts->synaptic_operations += rows * step->out_channels;
    step->counts->active_windows += active;
}

#endif
