/* Convolution by units: a few neighbouring input channels of a pixel, as bytes, against their weight rows
 * interleaved, only where one of them is not 0. The units of each pixel are found once; for each row of windows
 * they are listed column by column, so that a window is one run of the list. Included by conv_pairs.h and
 * conv_quads.h, which define
 *   UNIT            channels of a unit
 *   UNIT_PEAK_MAX   the largest input that their products can take
 *   UNIT_COPIES     what repeats the bytes of a unit as its products want them
 *   find_units      finds the units of every pixel; false where an input is no byte
 *   interleave      lays out the weights
 *   sum_block       sums a block of outputs of a row of windows
 * and what these use. */

#define ROOM_ALIGN 64u
/* Interleaving the weights again in each call costs as much as about so many windows. */
#define WINDOWS_MIN 32u
/* Outputs of a block, and of a vector of int32 accumulators' weights. */
#define BLOCK_OUTPUTS 64u
#define VECTOR_OUTPUTS 16u

typedef struct unit_entry {
    uint32_t place; /* byte offset of the unit's weights */
    uint32_t values;
} unit_entry;

typedef struct unit_plan {
    const snnrt_synapse_step *step;
    uint32_t pixel;      /* units of one pixel, the last filled up with channels of 0 */
    uint32_t room;       /* entries of one pixel in `found`: 1, or a multiple of 8 */
    uint32_t column;     /* units of one input column: kernel_h pixels */
    uint32_t columns;    /* of the padded input */
    uint32_t vectors;    /* of a block of outputs */
    uint32_t blocks;
    uint32_t unit_bytes; /* of a unit's weights for one block */
    unit_entry *found;   /* of each pixel, places counted from its first unit's weights */
    uint32_t *count;     /* of each pixel: how many units */
    uint32_t *active;    /* of each pixel: how many elements that are not 0 */
    unit_entry *list;    /* of one row of windows, places counted from column 0 */
    uint32_t *start;     /* of each column: its first entry in `list`; one more at the end */
    uint32_t *column_active;
    int8_t *weights;     /* block by block, then column by column */
} unit_plan;

typedef struct unit_room {
    uint8_t *base;
    size_t taken;
} unit_room;

static inline void *take_room(unit_room *room, size_t bytes) {
    size_t here = room->taken;
    room->taken += (bytes + ROOM_ALIGN - 1u) & ~(size_t)(ROOM_ALIGN - 1u);
    return room->base + here;
}

/* Lays out the plan from `base` (aligned) on; false where `bytes` are too few. */
static bool plan_units(unit_plan *plan, const snnrt_synapse_step *step, uint8_t *base, size_t bytes) {
    const snnrt_window *conv = step->window;
    const size_t pixels = (size_t)step->in_height * step->in_width;
    const uint32_t outputs = step->out_channels;
    unit_room room = {base, 0};
    size_t listed, column_bytes;
    plan->step = step;
    plan->pixel = (step->in_channels + UNIT - 1u) / UNIT;
    plan->room = plan->pixel == 1u ? 1u : (plan->pixel + 7u) & ~7u;
    plan->column = conv->kernel_h * plan->pixel;
    plan->columns = (step->out_width - 1u) * conv->stride_x + conv->kernel_w;
    plan->vectors = outputs >= BLOCK_OUTPUTS ? BLOCK_OUTPUTS / VECTOR_OUTPUTS
                                             : (outputs + VECTOR_OUTPUTS - 1u) / VECTOR_OUTPUTS;
    plan->blocks = (outputs + BLOCK_OUTPUTS - 1u) / BLOCK_OUTPUTS;
    plan->unit_bytes = plan->vectors * VECTOR_OUTPUTS * UNIT;
    listed = (size_t)plan->columns * plan->column;
    column_bytes = (size_t)plan->column * plan->unit_bytes;
    plan->found = (unit_entry *)take_room(&room, pixels * plan->room * sizeof *plan->found);
    plan->count = (uint32_t *)take_room(&room, pixels * sizeof *plan->count);
    plan->active = (uint32_t *)take_room(&room, pixels * sizeof *plan->active);
    /* Eight entries are written for one. */
    plan->list = (unit_entry *)take_room(&room, (listed + 8u) * sizeof *plan->list);
    plan->start = (uint32_t *)take_room(&room, ((size_t)plan->columns + 1u) * sizeof *plan->start);
    plan->column_active =
        (uint32_t *)take_room(&room, (size_t)plan->columns * sizeof *plan->column_active);
    plan->weights = (int8_t *)take_room(&room, column_bytes * conv->kernel_w * plan->blocks);
    return room.taken <= bytes && column_bytes * plan->columns <= UINT32_MAX;
}

/* Keeps an address in one register: with two, each product that reads there takes two of a cycle's slots. */
static inline const int8_t *one_register(const int8_t *pointer) {
    __asm__("" : "+r"(pointer));
    return pointer;
}

/* One channel: a pixel is one unit. */
__attribute__((noinline)) static bool find_pixels(const unit_plan *plan) {
    const snnrt_synapse_step *step = plan->step;
    const bool bits = step->input_dtype == SNNRT_TYPE_BITS;
    const uint32_t pixels = step->in_height * step->in_width;
    unit_entry *const found = plan->found;
    uint32_t *const count = plan->count;
    uint32_t all = 0;
    for (uint32_t k = 0; k < pixels; k++) {
        uint32_t value = bits ? snnrt_bit((const uint32_t *)step->input, k)
                              : (uint16_t)((const int16_t *)step->input)[k];
        all |= value;
        found[k].values = value * UNIT_COPIES;
        count[k] = value != 0;
    }
    memcpy(plan->active, count, pixels * sizeof *count);
    return all <= 255u;
}

static bool find_units(const unit_plan *plan);
static void interleave(const unit_plan *plan);
static void sum_block(const unit_plan *plan, int32_t *output, uint32_t block);

/* Appends the units of `pixels` pixels, one below another; `room` is constant in the calls that matter. */
__attribute__((always_inline)) static inline unit_entry *
append_pixels(const unit_plan *plan, unit_entry *list, uint32_t pixel, uint32_t pixels, uint32_t place,
              const uint32_t room) {
    const size_t pitch = (size_t)plan->step->window->dilation_y * plan->step->in_width;
    const uint32_t bytes = plan->pixel * plan->unit_bytes;
    const unit_entry *found = plan->found + (size_t)pixel * room;
    const uint32_t *count = plan->count + pixel;
    for (; pixels != 0; pixels--) {
        if (room == 1u) {
            list->values = found->values;
            list->place = place;
        } else {
            __m256i from = _mm256_set1_epi64x(place);
            for (uint32_t k = 0; k < room; k += 4u) {
                __m256i four = _mm256_loadu_si256((const __m256i *)(const void *)(found + k));
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
static void rows_inside(const snnrt_synapse_step *step, int32_t top, uint32_t *first, uint32_t *end) {
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
__attribute__((noinline)) static void list_units(const unit_plan *plan, uint32_t oy, bool counted) {
    const snnrt_synapse_step *step = plan->step;
    const snnrt_window *conv = step->window;
    const int32_t top = (int32_t)(oy * conv->stride_y) - conv->pad_top;
    const uint32_t columns = plan->columns, width = step->in_width;
    const uint32_t column_bytes = plan->column * plan->unit_bytes;
    unit_entry *list = plan->list;
    uint32_t first, end, row, place;
    rows_inside(step, top, &first, &end);
    row = (uint32_t)(top + (int32_t)(first * conv->dilation_y)) * width;
    place = first * plan->pixel * plan->unit_bytes;
    for (uint32_t column = 0; column < columns; column++, place += column_bytes) {
        uint32_t x = column - conv->pad_left;
        plan->start[column] = (uint32_t)(list - plan->list);
        plan->column_active[column] = 0;
        if (x >= width) {
            continue;
        }
        if (plan->room == 1u) {
            list = append_pixels(plan, list, row + x, end - first, place, 1u);
        } else if (plan->room == 8u) {
            list = append_pixels(plan, list, row + x, end - first, place, 8u);
        } else if (plan->room == 16u) {
            list = append_pixels(plan, list, row + x, end - first, place, 16u);
        } else {
            list = append_pixels(plan, list, row + x, end - first, place, plan->room);
        }
        for (uint32_t k = 0; counted && k < end - first; k++) {
            plan->column_active[column] += plan->active[row + x + k * conv->dilation_y * width];
        }
    }
    plan->start[columns] = (uint32_t)(list - plan->list);
}

static void count_windows(const unit_plan *plan) {
    const snnrt_synapse_step *step = plan->step;
    const snnrt_window *conv = step->window;
    uint64_t rows = 0, active = 0;
    for (uint32_t ox = 0; ox < step->out_width; ox++) {
        uint32_t here = 0;
        for (uint32_t k = 0; k < conv->kernel_w; k++) {
            here += plan->column_active[ox * conv->stride_x + k];
        }
        rows += here;
        active += here != 0;
    }
    step->counts->row_activations += rows;
    step->counts->synaptic_operations += rows * step->out_channels;
    step->counts->active_windows += active;
}

static bool conv2d_i8(const snnrt_synapse_step *step) {
    const snnrt_window *conv = step->window;
    const uintptr_t address = (uintptr_t)step->scratch;
    const uintptr_t skipped = (ROOM_ALIGN - address % ROOM_ALIGN) % ROOM_ALIGN;
    int32_t *output = (int32_t *)step->output;
    bool counted = SNNRT_WITH_COUNTERS && step->counts != NULL;
    unit_plan plan;
    if (step->scratch == NULL || step->scratch_bytes < skipped || conv->groups != 1u ||
        conv->dilation_x != 1u || step->input_peak > UNIT_PEAK_MAX ||
        (uint64_t)step->out_height * step->out_width < WINDOWS_MIN ||
        !plan_units(&plan, step, (uint8_t *)step->scratch + skipped, step->scratch_bytes - skipped) ||
        !(step->in_channels == 1u ? find_pixels(&plan) : find_units(&plan))) {
        return false;
    }
    interleave(&plan);
    for (uint32_t oy = 0; oy < step->out_height; oy++) {
        list_units(&plan, oy, counted);
        for (uint32_t block = 0; block < plan.blocks; block++) {
            sum_block(&plan, output, block);
        }
        if (counted) {
            count_windows(&plan);
        }
        output += (size_t)step->out_width * step->out_channels;
    }
    return true;
}
