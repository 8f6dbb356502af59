/* Convolution by units: a few neighbouring input channels of a pixel, as bytes, against their weight rows
 * interleaved, only where one of them is not 0. The units of each pixel are found once; for each row of windows
 * they are listed column by column, so that a window is one run of the list. What a unit is, each instruction set says
 * with a snnrt_unit_form. Internal. */
#ifndef SNNRT_X86_CONV_UNITS_H
#define SNNRT_X86_CONV_UNITS_H

#include "x86.h"

#define SNNRT_UNIT_ALIGN 64u
/* Interleaving the weights again in each call costs as much as about so many windows. */
#define SNNRT_UNIT_WINDOWS_MIN 32u
/* Outputs of a block, and of a vector of int32 accumulators' weights. */
#define SNNRT_BLOCK_OUTPUTS 64u
#define SNNRT_VECTOR_OUTPUTS 16u

typedef struct snnrt_unit_entry {
    uint32_t place; /* byte offset of the unit's weights */
    uint32_t values;
} snnrt_unit_entry;

typedef struct snnrt_unit_plan {
    const snnrt_synapse_step *step;
    uint32_t pixel; /* units of one pixel, the last filled up with channels of 0 */
    uint32_t room; /* entries of one pixel in `found`: 1, or a multiple of 8 */
    uint32_t column; /* units of one input column: kernel_h pixels */
    uint32_t columns; /* of the padded input */
    uint32_t vectors; /* of a block of outputs */
    uint32_t blocks;
    uint32_t unit_bytes; /* of a unit's weights for one block */
    snnrt_unit_entry *found; /* of each pixel, places counted from its first unit's weights */
    snnrt_uint32 *count; /* of each pixel: how many units */
    snnrt_uint32 *active; /* of each pixel: how many elements that are not 0 */
    snnrt_unit_entry *list; /* of one row of windows, places counted from column 0 */
    snnrt_uint32 *start; /* of each column: its first entry in `list`; one more at the end */
    snnrt_uint32 *column_windows; /* of each column: how many windows of a row read it */
    int8_t *weights; /* block by block, then column by column */
} snnrt_unit_plan;

typedef struct snnrt_unit_form {
    uint32_t channels; /* of a unit */
    uint32_t bytes; /* of a unit's weights for one output */
    uint32_t peak_max; /* the largest input that its products can take */
    uint32_t copies; /* what repeats the bytes of a unit as its products want them */
    bool (*find_units)(const snnrt_unit_plan *plan); /* of every pixel; false where an input is no byte */
    void (*interleave)(const snnrt_unit_plan *plan); /* lays out the weights */
    /* Sums a block of outputs of a row of windows. */
    void (*sum_block)(const snnrt_unit_plan *plan, snnrt_int32 *output, uint32_t block);
} snnrt_unit_form;

typedef struct snnrt_unit_room {
    uint8_t *base;
    size_t taken;
} snnrt_unit_room;

SNNRT_AVX2 static inline void *snnrt_take_room(snnrt_unit_room *room, size_t bytes) {
    size_t here = room->taken;
    room->taken += (bytes + SNNRT_UNIT_ALIGN - 1u) & ~(size_t)(SNNRT_UNIT_ALIGN - 1u);
    return room->base + here;
}

/* Lays out the plan from `base` (aligned) on; false where `bytes` are too few. */
SNNRT_AVX2 static bool snnrt_plan_units(snnrt_unit_plan *plan, const snnrt_synapse_step *step,
                                        const snnrt_unit_form *form, uint8_t *base, size_t bytes) {
    const uint32_t unit = form->channels;
    const snnrt_window *conv = step->window;
    const size_t pixels = (size_t)step->in_height * step->in_width;
    const uint32_t outputs = step->out_channels;
    snnrt_unit_room room = {base, 0};
    size_t listed, column_bytes;
    plan->step = step;
    plan->pixel = (step->in_channels + unit - 1u) / unit;
    plan->room = plan->pixel == 1u ? 1u : (plan->pixel + 7u) & ~7u;
    plan->column = conv->kernel_h * plan->pixel;
    plan->columns = (step->out_width - 1u) * conv->stride_x + conv->kernel_w;
    plan->vectors = outputs >= SNNRT_BLOCK_OUTPUTS
                        ? SNNRT_BLOCK_OUTPUTS / SNNRT_VECTOR_OUTPUTS
                        : (outputs + SNNRT_VECTOR_OUTPUTS - 1u) / SNNRT_VECTOR_OUTPUTS;
    plan->blocks = (outputs + SNNRT_BLOCK_OUTPUTS - 1u) / SNNRT_BLOCK_OUTPUTS;
    plan->unit_bytes = plan->vectors * SNNRT_VECTOR_OUTPUTS * form->bytes;
    listed = (size_t)plan->columns * plan->column;
    column_bytes = (size_t)plan->column * plan->unit_bytes;
    plan->found = (snnrt_unit_entry *)snnrt_take_room(&room, pixels * plan->room * sizeof *plan->found);
    plan->count = (snnrt_uint32 *)snnrt_take_room(&room, pixels * sizeof *plan->count);
    plan->active = (snnrt_uint32 *)snnrt_take_room(&room, pixels * sizeof *plan->active);
    /* Eight entries are written for one. */
    plan->list = (snnrt_unit_entry *)snnrt_take_room(&room, (listed + 8u) * sizeof *plan->list);
    plan->start = (snnrt_uint32 *)snnrt_take_room(&room, ((size_t)plan->columns + 1u) * sizeof *plan->start);
    plan->column_windows =
        (snnrt_uint32 *)snnrt_take_room(&room, (size_t)plan->columns * sizeof *plan->column_windows);
    plan->weights = (int8_t *)snnrt_take_room(&room, column_bytes * conv->kernel_w * plan->blocks);
    if (step->kept != NULL) {
        plan->weights = step->kept->weights;
    }
    return room.taken <= bytes && column_bytes * plan->columns <= UINT32_MAX;
}

/* Keeps an address in one register: with two, each product that reads there takes two of a cycle's slots. */
SNNRT_AVX2 static inline const int8_t *snnrt_one_register(const int8_t *pointer) {
    __asm__("" : "+r"(pointer));
    return pointer;
}

/* One channel: a pixel is one unit. */
SNNRT_NOINLINE SNNRT_AVX2 static bool snnrt_find_pixels(const snnrt_unit_plan *plan, uint32_t copies) {
    const snnrt_synapse_step *step = plan->step;
    const bool bits = step->input_dtype == SNNRT_TYPE_BITS;
    const uint32_t pixels = step->in_height * step->in_width;
    snnrt_unit_entry *const found = plan->found;
    snnrt_uint32 *const count = plan->count;
    uint32_t all = 0;
    for (uint32_t k = 0; k < pixels; k++) {
        uint32_t value = bits ? snnrt_bit((const snnrt_uint32 *)step->input, k)
                              : (uint16_t)((const snnrt_int16 *)step->input)[k];
        all |= value;
        found[k].values = value * copies;
        count[k] = value != 0;
    }
    memcpy(plan->active, count, pixels * sizeof *count);
    return all <= 255u;
}

/* Appends the units of `pixels` pixels, one below another; `room` is constant in the calls that matter. */
SNNRT_INLINE SNNRT_AVX2 static inline snnrt_unit_entry *
snnrt_append_pixels(const snnrt_unit_plan *plan, snnrt_unit_entry *list, uint32_t pixel, uint32_t pixels,
                    uint32_t place, const uint32_t room) {
    const size_t pitch = (size_t)plan->step->window->dilation_y * plan->step->in_width;
    const uint32_t bytes = plan->pixel * plan->unit_bytes;
    const snnrt_unit_entry *found = plan->found + (size_t)pixel * room;
    const snnrt_uint32 *count = plan->count + pixel;
    for (; pixels != 0; pixels--) {
        if (room == 1u) {
            list->values = found->values;
            list->place = place;
        } else if (*count != 0) {
            const __m256i from = _mm256_set1_epi64x(place);
            for (uint32_t k = 0; k < *count; k += 4u) {
                const __m256i four = _mm256_loadu_si256((const __m256i *)(const void *)(found + k));
                _mm256_storeu_si256((__m256i *)(void *)(list + k), _mm256_add_epi64(four, from));
            }
        }
        list += *count;
        count += pitch;
        found += pitch * room;
        place += bytes;
    }
    return list;
}

/* Kernel rows [first, end) that fall inside the input. */
SNNRT_AVX2 static void snnrt_rows_inside(const snnrt_synapse_step *step, int32_t top, snnrt_uint32 *first,
                                         snnrt_uint32 *end) {
    const snnrt_window *conv = step->window;
    int32_t dilation = (int32_t)conv->dilation_y;
    *first = 0;
    *end = conv->kernel_h;
    while (*first < *end && top + (int32_t)*first * dilation < 0) {
        ++*first;
    }
    while (*end > *first && top + ((int32_t)*end - 1) * dilation >= (int32_t)step->in_height) {
        --*end;
    }
}

/* Lists the units that row `oy` of windows reads. */
SNNRT_NOINLINE SNNRT_AVX2 static void snnrt_list_units(const snnrt_unit_plan *plan, uint32_t oy) {
    const snnrt_synapse_step *step = plan->step;
    const snnrt_window *conv = step->window;
    const int32_t top = (int32_t)(oy * conv->stride_y) - conv->pad_top;
    const uint32_t columns = plan->columns, width = step->in_width;
    const uint32_t column_bytes = plan->column * plan->unit_bytes;
    snnrt_unit_entry *list = plan->list;
    uint32_t first, end, row, place;
    snnrt_rows_inside(step, top, &first, &end);
    row = (uint32_t)(top + (int32_t)(first * conv->dilation_y)) * width;
    place = first * plan->pixel * plan->unit_bytes;
    for (uint32_t column = 0; column < columns; column++, place += column_bytes) {
        uint32_t x = column - conv->pad_left;
        plan->start[column] = (uint32_t)(list - plan->list);
        if (x >= width) {
            continue;
        }
        if (plan->room == 1u) {
            list = snnrt_append_pixels(plan, list, row + x, end - first, place, 1u);
        } else if (plan->room == 8u) {
            list = snnrt_append_pixels(plan, list, row + x, end - first, place, 8u);
        } else if (plan->room == 16u) {
            list = snnrt_append_pixels(plan, list, row + x, end - first, place, 16u);
        } else {
            list = snnrt_append_pixels(plan, list, row + x, end - first, place, plan->room);
        }
    }
    plan->start[columns] = (uint32_t)(list - plan->list);
}

/* In how many rows of windows line `y` of the input is. */
SNNRT_AVX2 static uint32_t snnrt_window_rows_over(const snnrt_synapse_step *step, uint32_t y) {
    const snnrt_window *conv = step->window;
    uint32_t at = y + (uint32_t)conv->pad_top, rows = 0;
    for (uint32_t ky = 0; ky < conv->kernel_h && (int32_t)at >= 0; ky++, at -= conv->dilation_y) {
        const uint32_t oy = conv->stride_y == 1u ? at : at / conv->stride_y;
        rows += oy < step->out_height && oy * conv->stride_y == at;
    }
    return rows;
}

/* Elements that are not 0, each as often as a window reads it. */
SNNRT_NOINLINE SNNRT_AVX2 static uint64_t snnrt_count_rows(const snnrt_unit_plan *plan) {
    const snnrt_synapse_step *step = plan->step;
    const snnrt_window *conv = step->window;
    const uint32_t width = step->in_width, before = (uint32_t)conv->pad_left, columns = plan->columns;
    const uint32_t inside = before >= columns ? 0u : columns - before >= width ? width : columns - before;
    snnrt_uint32 *const windows = plan->column_windows;
    uint64_t rows = 0;
    memset(windows, 0, columns * sizeof *windows);
    for (uint32_t ox = 0; ox < step->out_width; ox++) {
        for (uint32_t kx = 0; kx < conv->kernel_w; kx++) {
            windows[ox * conv->stride_x + kx]++;
        }
    }
    for (uint32_t y = 0; y < step->in_height; y++) {
        const snnrt_uint32 *active = plan->active + (size_t)y * width;
        const uint32_t over = snnrt_window_rows_over(step, y);
        uint64_t line = 0;
        for (uint32_t x = 0; x < inside; x++) {
            line += (uint64_t)active[x] * windows[before + x];
        }
        rows += line * over;
    }
    return rows;
}

/* Windows of a row that read an element that is not 0: for those a unit is listed. */
SNNRT_AVX2 static uint32_t snnrt_active_windows(const snnrt_unit_plan *plan) {
    const uint32_t stride = plan->step->window->stride_x, windows = plan->step->out_width;
    const snnrt_uint32 *const start = plan->start, *const end = start + plan->step->window->kernel_w;
    uint32_t active = 0;
    for (uint32_t ox = 0; ox < windows; ox++) {
        active += end[ox * stride] != start[ox * stride];
    }
    return active;
}

SNNRT_AVX2 static void snnrt_count_units(const snnrt_unit_plan *plan, uint64_t active) {
    const uint64_t rows = snnrt_count_rows(plan);
    plan->step->counts->row_activations += rows;
    plan->step->counts->synaptic_operations += rows * plan->step->out_channels;
    plan->step->counts->active_windows += active;
}

/* Finds the units of the plan's input; false as find_units. */
SNNRT_INLINE SNNRT_AVX2 static inline bool snnrt_find_all(const snnrt_unit_plan *plan,
                                                          const snnrt_unit_form *form) {
    return plan->step->in_channels == 1u ? snnrt_find_pixels(plan, form->copies) || form->peak_max > 255u
                                         : form->find_units(plan);
}

/* The whole convolution; `form` is constant in each call. */
SNNRT_INLINE SNNRT_AVX2 static inline bool snnrt_convolve_units(const snnrt_synapse_step *step,
                                                                const snnrt_unit_form *form) {
    const snnrt_window *conv = step->window;
    const uintptr_t address = (uintptr_t)step->scratch;
    const uintptr_t skipped = (SNNRT_UNIT_ALIGN - address % SNNRT_UNIT_ALIGN) % SNNRT_UNIT_ALIGN;
    snnrt_kept *const kept = step->kept;
    const bool counted = SNNRT_WITH_COUNTERS && step->counts != NULL;
    snnrt_int32 *output = (snnrt_int32 *)step->output;
    uint64_t active = 0;
    snnrt_unit_plan plan;
    if (step->scratch == NULL || step->scratch_bytes < skipped || conv->groups != 1u ||
        conv->dilation_x != 1u || step->input_peak > form->peak_max || step->by_rows ||
        (uint64_t)step->out_height * step->out_width < SNNRT_UNIT_WINDOWS_MIN ||
        !snnrt_plan_units(&plan, step, form, (uint8_t *)step->scratch + skipped,
                          step->scratch_bytes - skipped)) {
        return false;
    }
    if (!snnrt_find_all(&plan, form)) {
        return false;
    }
    if (kept == NULL || kept->form != form) {
        form->interleave(&plan);
    }
    for (uint32_t oy = 0; oy < step->out_height; oy++) {
        snnrt_list_units(&plan, oy);
        for (uint32_t block = 0; block < plan.blocks; block++) {
            form->sum_block(&plan, output, block);
        }
        active += counted ? snnrt_active_windows(&plan) : 0u;
        output += (size_t)step->out_width * step->out_channels;
    }
    if (kept != NULL) {
        kept->form = form;
    }
    if (counted) {
        snnrt_count_units(&plan, active);
    }
    return true;
}

#endif
